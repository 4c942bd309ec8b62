//! Signatures of requests: base64 of HMAC-SHA1 over the values of the signed fields in the order of
//! their names, then the body.
//!
//! Clients differ in what they sign, so a few sets of fields are tried. The code, the opaque and
//! the remark are signed by nobody. Source: `AclClientRPCHook` of Apache RocketMQ, the Go and C++
//! clients, and captured frames of the ONS client.

use std::cmp::Ordering;
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

/// How what a client signs differs from all the fields of its frame. Every client that was seen
/// differs in one way at most, so no two are tried together: each try hashes the whole request.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Deviation {
    None,
    WithoutUniqueKeyQuery,
    WithoutToken,
    WithoutZone,
    NullAsText,
    OnsRoute,
}

impl Deviation {
    const ALL: [Self; 6] = [
        Self::None,
        Self::WithoutUniqueKeyQuery,
        Self::WithoutToken,
        Self::WithoutZone,
        Self::NullAsText,
        Self::OnsRoute,
    ];

    /// Only what is there can be left out.
    fn is_possible(self, code: i32, sorted: &[Field<'_>]) -> bool {
        let has = |name: &str| sorted.iter().any(|field| field.name == name);
        match self {
            Self::None => true,
            Self::WithoutUniqueKeyQuery => has(UNIQUE_KEY_QUERY),
            Self::WithoutToken => has(SECURITY_TOKEN),
            Self::WithoutZone => ZONE.iter().any(|name| has(name)),
            Self::NullAsText => sorted.iter().any(|field| field.value.is_none()),
            Self::OnsRoute => code == GET_ROUTEINFO_BY_TOPIC,
        }
    }

    fn leaves_out(self, name: &str) -> bool {
        match self {
            Self::WithoutUniqueKeyQuery => name == UNIQUE_KEY_QUERY,
            Self::WithoutToken => name == SECURITY_TOKEN,
            Self::WithoutZone => ZONE.contains(&name),
            Self::None | Self::NullAsText | Self::OnsRoute => false,
        }
    }
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
    let mut matches = false;
    for deviation in Deviation::ALL.into_iter().filter(|deviation| deviation.is_possible(code, &sorted)) {
        matches |= bool::from(digest(mac, &sorted, deviation, body).ct_eq(&expected));
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
    let mut sorted: SmallVec<[Field<'f>; 24]> = SmallVec::new();
    for field in fields.iter().filter(|field| field.name != SIGNATURE) {
        // Clients write nearly all of them in order.
        let in_order = sorted.last().is_none_or(|last| order(last, field).is_lt());
        if in_order {
            sorted.push(*field);
            continue;
        }
        match sorted.binary_search_by(|known| order(known, field)) {
            Ok(double) => sorted[double] = *field,
            Err(at) => sorted.insert(at, *field),
        }
    }
    sorted
}

/// By name. Most names are one letter, and different: that takes no call.
fn order(a: &Field<'_>, b: &Field<'_>) -> Ordering {
    match (a.name.as_bytes(), b.name.as_bytes()) {
        ([first, ..], [second, ..]) if first != second => first.cmp(second),
        (a, b) => a.cmp(b),
    }
}

fn digest(mac: &Hmac<Sha1>, sorted: &[Field<'_>], deviation: Deviation, body: &[u8]) -> [u8; 20] {
    let mut mac = mac.clone();
    let mut ons_route = (deviation == Deviation::OnsRoute).then_some(ONS_ROUTE_FIELD);
    for field in sorted {
        if let Some(extra) = ons_route.filter(|extra| extra.name <= field.name) {
            mac.update(extra.value.unwrap_or_default().as_bytes());
            ons_route = None;
        }
        if !deviation.leaves_out(field.name) {
            let null = if deviation == Deviation::NullAsText { "null" } else { "" };
            mac.update(field.value.unwrap_or(null).as_bytes());
        }
    }
    if let Some(extra) = ons_route {
        mac.update(extra.value.unwrap_or_default().as_bytes());
    }
    mac.update(body);
    mac.finalize().into_bytes().into()
}
