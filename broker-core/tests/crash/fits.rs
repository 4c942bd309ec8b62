//! C41: records that just fit, or just do not.

use broker_core::store::medium::MemoryMedium;

use crate::world::{Told, config, new_clock, open, queue, record_bytes};

const SEGMENT_BYTES: u64 = 16 << 10;
/// Header page and end record.
const OVERHEAD: u64 = 4096 + 88;

#[test]
fn c41_a_record_that_just_fits() {
    let room = SEGMENT_BYTES - OVERHEAD;
    let key = queue(1, 0);
    // A first record leaves exactly `left` bytes; the second is around that.
    let left = 2000;
    let first = (room - left - record_bytes(0)) as usize;
    for difference in [-9, -8, -7, -1, 0, 1] {
        let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(SEGMENT_BYTES));
        let mut told = Told::default();
        let mut disk = medium;
        let second = usize::try_from(left as i64 + difference - record_bytes(0) as i64).expect("positive");
        let largest = (room - record_bytes(0)) as usize;
        for body in [first, second, largest, 8, largest] {
            let (store, _) = open(&disk, &clock, &config);
            told.send(&store, key, body).expect("stored");
            store.barrier().expect("synced");
            let must = vec![true; told.sent.len()];
            told.check(&store, &must);
            drop(store);
            disk = disk.killed();
        }
        let (store, report) = open(&disk, &clock, &config);
        told.check(&store, &vec![true; told.sent.len()]);
        assert!(report.quarantined.is_empty());
        let offsets: Vec<_> = told.sent.iter().map(|sent| sent.at.queue_offset).collect();
        assert_eq!(offsets, [0, 1, 2, 3, 4], "a queue of a synced topic has no gap");
    }
}

#[test]
fn c41_records_that_just_fit_in_one_run() {
    let room = SEGMENT_BYTES - OVERHEAD;
    for difference in [-9_i64, -8, -7, -1, 0, 1] {
        let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(SEGMENT_BYTES));
        let mut told = Told::default();
        let (store, _) = open(&medium, &clock, &config);
        let first = (room - 2000 - record_bytes(0)) as usize;
        let second = usize::try_from(2000 + difference - record_bytes(0) as i64).expect("positive");
        let largest = (room - record_bytes(0)) as usize;
        for body in [first, second, 8, largest, largest, 8] {
            told.send(&store, queue(1, 0), body).expect("stored");
        }
        store.barrier().expect("synced");
        told.check(&store, &[true; 6]);
        let left = medium.killed();
        drop(store);
        let (store, report) = open(&left, &clock, &config);
        told.check(&store, &[true; 6]);
        assert!(report.quarantined.is_empty());
        assert!(told.send(&store, queue(1, 0), largest + 1).is_err(), "no segment has room for it");
    }
}
