#![no_main]

#[path = "../../tests/protocol/invariants.rs"]
#[expect(dead_code, reason = "each target feeds one of them")]
mod invariants;

use broker_core::protocol::remoting::header::Coding;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| invariants::header(Coding::Json, bytes));
