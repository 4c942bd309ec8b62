//! Expiry by time.

use std::time::Duration;

use broker_core::store::medium::MemoryMedium;
use broker_core::store::{Boundary, Durability, ReadOutcome, ReadRequest, Records};

use crate::world::{Told, config, contents, log_files, new_clock, open, queue};

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn expired_segments_go_and_offsets_stay() {
    let (medium, clock, mut config) = (MemoryMedium::new(), new_clock(), config(16 << 10));
    config.retention = 72 * HOUR;
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 20).expect("it works");
    store.barrier().expect("synced");
    store.maintain();
    clock.advance(71 * HOUR);
    store.maintain();
    told.check(&store, &vec![true; told.sent.len()]);
    told.work(&store, 20).expect("it works");
    store.barrier().expect("synced");
    clock.advance(2 * HOUR);
    for _ in 0..3 {
        store.maintain();
        store.barrier().expect("synced");
    }
    let key = queue(1, 0);
    let bounds = store.bounds(key, Durability::Synced);
    assert!(bounds.min > 0 && bounds.min <= 20 && bounds.max == 40, "{bounds:?}");
    let found = contents(&store, key);
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), (bounds.min..40).collect::<Vec<_>>());
    let request = ReadRequest {
        queue: key,
        durability: Durability::Synced,
        offset: 0,
        messages_max: 32,
        bytes_max: 1 << 20,
        wanted: &|_| true,
    };
    let end = store.read(&request, &mut Records::default()).expect("readable");
    assert_eq!((end.outcome, end.next_offset), (ReadOutcome::BeforeStart, bounds.min), "C11");
    assert_eq!(store.message_at(told.sent[0].at.position).expect("readable").map(|found| found.position), None);
    assert_eq!(store.offset_by_time(key, Durability::Synced, 0, Boundary::Lower).expect("found"), bounds.min, "C35");
    drop(store);
    let (store, _) = open(&medium.killed(), &clock, &config);
    assert_eq!(store.bounds(key, Durability::Synced), bounds, "the same after a start");
}

/// R9, R19: what was damaged is set aside and kept as long as what lay beside it.
#[test]
fn a_segment_whose_records_are_all_damaged_goes_by_time_as_well() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(16 << 10));
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 1).expect("it works");
    store.barrier().expect("synced");
    store.maintain();
    drop(store);
    let left = medium.killed();
    let path = log_files(&left).into_iter().next().expect("a segment").0;
    let base = path.file_name().and_then(|name| u64::from_str_radix(name.to_str()?.get(..16)?, 16).ok());
    for sent in &told.sent {
        let at = sent.at.position + 60 - base.expect("its name says where it begins");
        left.damage(&path, at, &|page| page[(at % 4096) as usize] ^= 4);
    }
    let is_there = || log_files(&left).iter().any(|(held, _)| *held == path);
    let (store, report) = open(&left, &clock, &config);
    assert!(!report.quarantined.is_empty(), "{report:?}");
    told.work(&store, 20).expect("it works");
    store.barrier().expect("synced");
    for hours in [0, 71] {
        clock.advance(hours * HOUR);
        store.maintain();
        store.barrier().expect("synced");
        assert!(is_there(), "after {hours} hours");
    }
    clock.advance(2 * HOUR);
    for _ in 0..3 {
        store.maintain();
        store.barrier().expect("synced");
    }
    assert!(!is_there(), "its time is over");
}

#[test]
fn an_idle_store_lets_everything_go_and_never_uses_an_offset_again() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(16 << 10));
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 20).expect("it works");
    store.barrier().expect("synced");
    let max = store.bounds(queue(1, 0), Durability::Synced).max;
    clock.advance(80 * HOUR);
    for _ in 0..4 {
        store.maintain();
        store.barrier().expect("synced");
    }
    let bounds = store.bounds(queue(1, 0), Durability::Synced);
    assert_eq!((bounds.min, bounds.max), (max, max));
    assert_eq!(store.oldest(), None);
    drop(store);
    let (store, _) = open(&medium.killed(), &clock, &config);
    told.send(&store, queue(1, 0), 50).expect("stored");
    assert_eq!(told.sent.last().expect("sent").at.queue_offset, max);
}

#[test]
fn a_wall_clock_that_jumps_ahead_expires_nothing_for_an_hour() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(16 << 10));
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 20).expect("it works");
    store.barrier().expect("synced");
    store.maintain();
    clock.set_wall_ms(1_800_000_000_000);
    clock.advance(HOUR / 2);
    store.maintain();
    told.check(&store, &vec![true; told.sent.len()]);
    clock.advance(HOUR);
    store.maintain();
    assert!(store.bounds(queue(1, 0), Durability::Synced).min > 0);
}

/// A start with a clock that is days ahead: nobody saw it jump.
#[test]
fn a_start_at_which_everything_would_expire_lets_nothing_go_for_an_hour() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(16 << 10));
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 20).expect("it works");
    store.close().expect("closed");
    drop(store);
    let right_ms = 1_700_000_000_000;
    clock.set_wall_ms(right_ms + 100 * 3_600_000);
    let (store, _) = open(&medium, &clock, &config);
    store.maintain();
    clock.advance(HOUR / 2);
    store.maintain();
    told.check(&store, &vec![true; told.sent.len()]);
    // Put right in time: nothing is lost. Else, what has expired goes.
    let left = medium.killed();
    clock.advance(HOUR);
    store.maintain();
    assert!(store.bounds(queue(1, 0), Durability::Synced).min > 0);
    drop(store);
    clock.set_wall_ms(right_ms + 3_600_000);
    let (store, _) = open(&left, &clock, &config);
    store.maintain();
    told.check(&store, &vec![true; told.sent.len()]);
}

/// C14: what was stored since a mark, in memory, sealed, and after expiry.
#[test]
fn c14_a_mark_separates_before_from_after() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(16 << 10));
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    let key = queue(1, 0);
    for _ in 0..10 {
        told.send(&store, key, 900).expect("stored");
    }
    let mark = store.barrier().expect("synced");
    let at = |store: &broker_core::store::Store, mark| {
        store.offset_by_position(key, Durability::Synced, mark).expect("found")
    };
    assert_eq!(at(&store, mark), 10, "nothing was stored since");
    for _ in 0..3 {
        told.send(&store, key, 900).expect("stored");
    }
    store.barrier().expect("synced");
    assert_eq!((at(&store, mark), at(&store, 0)), (10, 0));
    told.work(&store, 30).expect("it works");
    store.barrier().expect("synced");
    store.maintain();
    assert_eq!((at(&store, mark), at(&store, 0)), (10, 0), "sealed");
    drop(store);
    let (store, _) = open(&medium.killed(), &clock, &config);
    assert_eq!((at(&store, mark), at(&store, 0)), (10, 0), "after a start");
    assert_eq!(at(&store, store.barrier().expect("synced")), store.bounds(key, Durability::Synced).max);
}
