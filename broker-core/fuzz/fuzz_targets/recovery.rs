#![no_main]

#[path = "../../tests/protocol/invariants.rs"]
#[expect(dead_code, reason = "each target feeds one of them")]
mod invariants;

use std::sync::LazyLock;

use broker_core::store::medium::MemoryMedium;

static STORED: LazyLock<MemoryMedium> = LazyLock::new(invariants::stored);

libfuzzer_sys::fuzz_target!(|changes: Vec<(u8, u16, u8)>| invariants::recovery(&STORED, &changes));
