#![no_main]

#[path = "../../tests/protocol/invariants.rs"]
#[expect(dead_code, reason = "each target feeds one of them")]
mod invariants;

libfuzzer_sys::fuzz_target!(|text: &str| invariants::property_text(text));
