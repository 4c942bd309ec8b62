//! The n-th write, sync or rename fails, tears or never happens, for every n.

use broker_core::store::medium::{Fault, MemoryMedium};

use crate::world::{Told, config, new_clock, open, try_open};

const SEGMENT_BYTES: u64 = 16 << 10;

/// Runs the work into a fault, then looks at what the next process finds. False: the fault did not
/// strike any more.
fn run(nth: u64, fault: Fault, power: Option<u64>) -> bool {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(SEGMENT_BYTES));
    medium.set_fault(nth, fault);
    let mut told = Told::default();
    let mut must = Vec::new();
    if let Ok((store, _)) = try_open(&medium, &clock, &config) {
        let worked = told.work(&store, 7);
        let closed = worked.and_then(|()| store.close());
        // The threads have come to rest before the marks are read.
        let marks = store.watermarks();
        must = told.acknowledged(marks, 0, power.is_some());
        if closed.is_ok() {
            assert!(must.iter().all(|must| *must) || power.is_some(), "a closed store has acknowledged everything");
        }
    }
    let struck = medium.struck();
    let left = power.map_or_else(|| medium.killed(), |seed| medium.after_power_cut(seed ^ nth));

    let first_kept = {
        let (store, _) = open(&left, &clock, &config);
        told.check_state(&store);
        told.check(&store, &must)
    };
    told.check_suffix(&first_kept);
    // P6, and what a recovery showed to a reader is on the disk (R3): the power fails.
    let again = left.after_power_cut(nth);
    let (store, _) = open(&again, &clock, &config);
    let second_kept = told.check(&store, &must);
    assert_eq!(
        first_kept.iter().map(|sent| sent.at).collect::<Vec<_>>(),
        second_kept.iter().map(|sent| sent.at).collect::<Vec<_>>(),
        "P6"
    );

    // P4, P5: the store goes on, above everything that could be read.
    let before = told.sent.len();
    told.work(&store, 2).expect("the store works again");
    for new in &told.sent[before..] {
        let clash = told.sent[..before]
            .iter()
            .zip(&must)
            .find(|(old, must)| **must && old.key == new.key && old.at.queue_offset == new.at.queue_offset);
        assert!(clash.is_none(), "P4: {new:?} takes the offset of {clash:?}");
    }
    store.close().expect("closed");
    drop(store);
    let mut must: Vec<bool> =
        told.sent[..before].iter().map(|sent| second_kept.iter().any(|kept| kept.at == sent.at)).collect();
    must.resize(told.sent.len(), true);
    let (store, report) = open(&again, &clock, &config);
    assert!(report.clean && report.rebuilt.is_empty(), "{report:?}");
    told.check(&store, &must);
    struck
}

fn until_it_passes(fault: Fault, power: bool) {
    for nth in 1.. {
        if !run(nth, fault, power.then_some(nth.wrapping_mul(0x9e37_79b9))) {
            assert!(nth > 50, "the work makes many changing calls");
            return;
        }
    }
}

#[test]
fn a_failing_call_loses_nothing_acknowledged_to_a_kill() {
    until_it_passes(Fault::Fail, false);
}

#[test]
fn a_failing_call_loses_nothing_synced_to_a_power_cut() {
    until_it_passes(Fault::Fail, true);
}

#[test]
fn a_torn_write_loses_nothing_acknowledged_to_a_kill() {
    until_it_passes(Fault::Tear, false);
}

#[test]
fn a_torn_write_loses_nothing_synced_to_a_power_cut() {
    until_it_passes(Fault::Tear, true);
}

#[test]
fn a_stop_at_any_call_loses_nothing_acknowledged_to_a_kill() {
    until_it_passes(Fault::Stop, false);
}

#[test]
fn a_stop_at_any_call_loses_nothing_synced_to_a_power_cut() {
    until_it_passes(Fault::Stop, true);
}

#[test]
fn power_cuts_while_working_lose_nothing_synced() {
    for seed in 0..60 {
        let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(SEGMENT_BYTES));
        let mut told = Told::default();
        let (store, _) = open(&medium, &clock, &config);
        told.work(&store, 3 + seed as usize % 9).expect("it works");
        let marks = store.watermarks();
        let left = medium.after_power_cut(seed);
        let must = told.acknowledged(marks, 0, true);
        drop(store);
        let (store, _) = open(&left, &clock, &config);
        told.check_suffix(&told.check(&store, &must));
        told.check_state(&store);
    }
}

#[test]
fn a_recovery_that_fails_at_any_call_is_made_good_by_the_next() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(SEGMENT_BYTES));
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 8).expect("it works");
    let marks = store.watermarks();
    let must = told.acknowledged(marks, 0, true);
    let left = medium.after_power_cut(7);
    drop(store);
    for nth in 1.. {
        let disk = left.killed();
        disk.set_fault(nth, Fault::Stop);
        drop(try_open(&disk, &clock, &config));
        if !disk.struck() {
            assert!(nth > 5);
            return;
        }
        let (store, _) = open(&disk.after_power_cut(nth), &clock, &config);
        told.check(&store, &must);
    }
}
