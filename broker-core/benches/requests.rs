//! Time of what every request passes through before it does anything: `cargo bench -p broker-core --bench requests`.
//!
//! A send of 1 KiB as Java clients write it, in both codings of the header. The best of several rounds, since whatever
//! else runs on the machine only ever adds.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::hint::black_box;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use broker_core::protocol::remoting::code::request::SEND_MESSAGE_V2;
use broker_core::protocol::remoting::command::{Command, Value};
use broker_core::protocol::remoting::frame::{Peek, peek};
use broker_core::protocol::remoting::header::{Coding, Header};
use broker_core::protocol::remoting::request::send::SendRequest;
use broker_core::protocol::remoting::signature::{ACCESS_KEY, SIGNATURE, verify};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

const ROUNDS: usize = 50;
const REQUESTS: u32 = 20_000;

/// In the order of Java: the letters, then what the signing hook adds.
const FIELDS: [(&str, &str); 16] = [
    ("a", "GID_bench"),
    ("b", "MQ_INST_1000000000000001_Babcdefg%orders"),
    ("c", "TBW102"),
    ("d", "4"),
    ("e", "2"),
    ("f", "0"),
    ("g", "1700000000000"),
    ("h", "0"),
    (
        "i",
        "KEYS\u{1}ORDERID_100\u{2}UNIQ_KEY\u{1}0A0B0C0D0E0F00010203040506070809\u{2}WAIT\u{1}true\u{2}TAGS\u{1}TagA\u{2}",
    ),
    ("j", "0"),
    ("k", "false"),
    ("l", "16"),
    ("m", "false"),
    ("n", "broker-a"),
    (ACCESS_KEY, "TNbenchbenchbenchbench00"),
    (SIGNATURE, ""),
];

fn request(coding: Coding, mac: &Hmac<Sha1>, body: &[u8]) -> Vec<u8> {
    let mut signed = FIELDS;
    signed.sort_unstable();
    let mut signer = mac.clone();
    signed.iter().for_each(|(_, value)| signer.update(value.as_bytes()));
    signer.update(body);
    let signature = STANDARD.encode(signer.finalize().into_bytes());
    let with_signature = |name| if name == SIGNATURE { Some(&*signature) } else { None };
    let fields = FIELDS.map(|(name, value)| (name, Value::Text(with_signature(name).unwrap_or(value))));
    let command = Command { coding, code: SEND_MESSAGE_V2, opaque: 7, flag: 0, remark: None, fields: &fields };
    let mut out = Vec::new();
    let frame = command.open(&mut out);
    out.extend_from_slice(body);
    frame.close(&mut out);
    out
}

fn best(what: &str, mut work: impl FnMut()) {
    let round = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..REQUESTS).for_each(|_| work());
        start.elapsed().as_nanos() as f64 / f64::from(REQUESTS)
    };
    let best = (0..ROUNDS).map(|_| round(&mut work)).fold(f64::INFINITY, f64::min);
    println!("{what:<44} {best:>6.0} ns");
}

fn main() {
    let mac = Hmac::<Sha1>::new_from_slice(b"benchbenchbenchbenchbenchbench").expect("HMAC takes keys of any length");
    let body = vec![b'x'; 1 << 10];
    for (name, coding) in [("binary", Coding::Binary), ("JSON", Coding::Json)] {
        let frame = request(coding, &mac, &body);
        let Ok(Peek::Whole(parts)) = peek(&frame) else { panic!("a whole frame") };
        let header = &frame[parts.header.clone()];
        // A header is read in place, so every read needs it as it came.
        let mut room = header.to_vec();
        best(&format!("header, {name}"), || {
            room.copy_from_slice(header);
            let decoded = Header::decode(coding, &mut room).expect("well formed");
            black_box(SendRequest::decode(decoded.code, &decoded.fields).expect("a send"));
        });
        room.copy_from_slice(header);
        let decoded = Header::decode(coding, &mut room).expect("well formed");
        assert!(verify(decoded.code, &decoded.fields, &body, Some(&mac)), "signed as clients do");
        best(&format!("signature over 1 KiB, {name}"), || {
            black_box(verify(decoded.code, &decoded.fields, black_box(&body), Some(&mac)));
        });
        best(&format!("signature over nothing, {name}"), || {
            black_box(verify(decoded.code, &decoded.fields, black_box(&[]), Some(&mac)));
        });
    }
    let mut plain = mac.clone();
    best("HMAC-SHA1 over 1 KiB alone", || {
        plain.clone_from(&mac);
        plain.update(black_box(&body));
        black_box(plain.clone().finalize());
    });
}
