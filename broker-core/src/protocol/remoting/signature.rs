//! Signatures of requests: base64 of HMAC-SHA1 over the values of the signed fields in the order of
//! their names, then the body.
//!
//! Clients differ in what they sign, so several sets of fields are tried. The code, the opaque and
//! the remark are signed by nobody. Source: `AclClientRPCHook` of Apache RocketMQ, the Go and C++
//! clients, and captured frames of the ONS client.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use smallvec::SmallVec;
use subtle::ConstantTimeEq;

use super::code::request::GET_ROUTEINFO_BY_TOPIC;
use super::fields::{Field, Fields};

pub const ACCESS_KEY: &str = "AccessKey";
pub const SIGNATURE: &str = "Signature";
/// Go leaves it out.
const SECURITY_TOKEN: &str = "SecurityToken";
/// Old Java clients and brokers leave it out.
const UNIQUE_KEY_QUERY: &str = "_UNIQUE_KEY_QUERY";
/// Added after signing by Java 5.x clients.
const ZONE: [&str; 2] = ["__ZONE_NAME", "__ZONE_MODE"];
/// The ONS client signs a byte at 105 that is in no field, as if a field of this name held it.
const ONS_ROUTE_FIELD: Field<'static> = Field { name: "split", value: Some("\u{1}") };

/// What requests of unknown keys are checked against, so that they take as long as others.
static NOBODY: LazyLock<Hmac<Sha1>> =
    LazyLock::new(|| Hmac::new_from_slice(b"nobody").expect("HMAC takes keys of any length"));

/// What may be left out of the signed set or read in another way.
#[derive(Clone, Copy)]
struct Variant {
    without_unique_key_query: bool,
    without_token: bool,
    without_zone: bool,
    null_as_text: bool,
    ons_route: bool,
}

/// Whether the request's signature is that of the key. With a key that nobody has, the same work is
/// done and the answer is always no.
///
/// `mac` is keyed with the secret; `None` stands for an unknown key.
pub fn verify(code: i32, fields: &Fields<'_>, body: &[u8], mac: Option<&Hmac<Sha1>>) -> bool {
    let mut expected = [0; 20];
    let well_formed = fields.get(SIGNATURE).is_some_and(|text| decode(text, &mut expected));
    let known = mac.is_some();
    let mac = mac.unwrap_or(&NOBODY);
    let sorted = sorted(fields);
    let has = |name: &str| sorted.iter().any(|field| field.name == name);
    let bits = [
        has(UNIQUE_KEY_QUERY),
        has(SECURITY_TOKEN),
        ZONE.iter().any(|name| has(name)),
        sorted.iter().any(|field| field.value.is_none()),
        code == GET_ROUTEINFO_BY_TOPIC,
    ];
    let mut matches = false;
    for number in 0_u8..32 {
        let wants = |bit: usize| number >> bit & 1 == 1;
        // Only what is there can be left out.
        if bits.iter().enumerate().any(|(bit, possible)| wants(bit) && !possible) {
            continue;
        }
        let variant = Variant {
            without_unique_key_query: wants(0),
            without_token: wants(1),
            without_zone: wants(2),
            null_as_text: wants(3),
            ons_route: wants(4),
        };
        matches |= bool::from(digest(mac, &sorted, variant, body).ct_eq(&expected));
        if matches && known && well_formed {
            break;
        }
    }
    matches && known && well_formed
}

fn decode(text: &str, out: &mut [u8; 20]) -> bool {
    // 20 bytes are 28 characters; anything else is not looked at.
    let mut bytes = [0; 21];
    text.len() == 28
        && STANDARD.decode_slice(text, &mut bytes) == Ok(20)
        && bytes.first_chunk().is_some_and(|digest| {
            *out = *digest;
            true
        })
}

/// The fields but the signature itself in the order of their names, each once, the last of doubles.
fn sorted<'f>(fields: &Fields<'f>) -> SmallVec<[Field<'f>; 24]> {
    let mut sorted: SmallVec<[Field<'f>; 24]> =
        fields.iter().filter(|field| field.name != SIGNATURE).copied().collect();
    sorted.sort_by(|a, b| a.name.cmp(b.name));
    sorted.dedup_by(|later, kept| {
        let double = later.name == kept.name;
        if double {
            *kept = *later;
        }
        double
    });
    sorted
}

fn digest(mac: &Hmac<Sha1>, sorted: &[Field<'_>], variant: Variant, body: &[u8]) -> [u8; 20] {
    let mut mac = mac.clone();
    let mut ons_route = variant.ons_route.then_some(ONS_ROUTE_FIELD);
    for field in sorted {
        if let Some(extra) = ons_route.filter(|extra| extra.name <= field.name) {
            mac.update(extra.value.unwrap_or_default().as_bytes());
            ons_route = None;
        }
        let left_out = match field.name {
            UNIQUE_KEY_QUERY => variant.without_unique_key_query,
            SECURITY_TOKEN => variant.without_token,
            name => variant.without_zone && ZONE.contains(&name),
        };
        if !left_out {
            let null = if variant.null_as_text { "null" } else { "" };
            mac.update(field.value.unwrap_or(null).as_bytes());
        }
    }
    if let Some(extra) = ons_route {
        mac.update(extra.value.unwrap_or_default().as_bytes());
    }
    mac.update(body);
    mac.finalize().into_bytes().into()
}
