//! Flipped bits and zeroed pages over every file: P8.

use std::sync::Arc;

use broker_core::clock::ManualClock;
use broker_core::store::medium::MemoryMedium;

use crate::world::{QUEUES, Told, config, contents, log_files, new_clock, open, queue};

const SEGMENT_BYTES: u64 = 16 << 10;

/// A store with three ended segments and more, closed or killed with everything synced.
fn filled(closed: bool) -> (MemoryMedium, Arc<ManualClock>, Told) {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(SEGMENT_BYTES));
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 12).expect("it works");
    store.barrier().expect("synced");
    if closed {
        store.close().expect("closed");
    } else {
        store.maintain();
    }
    let left = medium.killed();
    drop(store);
    (left, clock, told)
}

/// Opens the damaged store; returns how many records are missing, none of which may be wrong.
fn missing(disk: &MemoryMedium, clock: &Arc<ManualClock>, told: &Told, what: &str) -> (usize, Vec<String>) {
    let (store, report) = open(disk, clock, &config(SEGMENT_BYTES));
    let found: usize = QUEUES
        .iter()
        .map(|(topic, number)| {
            let key = queue(*topic, *number);
            let found = contents(&store, key);
            for (offset, body) in &found {
                let right = told
                    .sent
                    .iter()
                    .any(|sent| sent.key == key && sent.at.queue_offset == *offset && sent.body == *body);
                assert!(right, "P3: {what}: a wrong record at {offset} of {key:?}");
            }
            found.len()
        })
        .sum();
    let mut named = report.quarantined;
    named.extend(store.figures().quarantined);
    (told.sent.len() - found, named)
}

#[test]
fn a_flipped_bit_in_a_synced_record_costs_that_record_and_is_named() {
    for closed in [true, false] {
        let (left, clock, told) = filled(closed);
        for (index, sent) in told.sent.iter().enumerate() {
            let disk = left.killed();
            let files = log_files(&disk);
            let segment = files.iter().rev().find_map(|(path, _)| {
                let name = path.file_name()?.to_str()?;
                let base = u64::from_str_radix(name.get(..16)?, 16).ok()?;
                (base <= sent.at.position).then(|| (path.clone(), base))
            });
            let (path, base) = segment.expect("a segment holds it");
            let offset = sent.at.position - base + 50 + index as u64 % 7;
            disk.damage(&path, offset, &|page| page[(offset % 4096) as usize] ^= 1 << (index % 8));
            let (missing, named) = missing(&disk, &clock, &told, "a flipped bit");
            assert_eq!(missing, 1, "closed {closed}: record {index} of {} is lost, no other", told.sent.len());
            assert!(!named.is_empty(), "the damage is named");
        }
    }
}

#[test]
fn zeroed_pages_of_the_log_cost_what_lies_in_them_and_are_named() {
    for closed in [true, false] {
        let (left, clock, told) = filled(closed);
        for (path, size) in log_files(&left) {
            for page in 0..size / 4096 {
                let disk = left.killed();
                disk.damage(&path, page * 4096, &|page| page.fill(0));
                let (missing, named) = missing(&disk, &clock, &told, &format!("page {page} of {}", path.display()));
                assert!(missing <= 4096 / 179 + 2, "{missing} records are lost with page {page}");
                assert!(missing == 0 || !named.is_empty(), "the damage is named");
            }
        }
    }
}

#[test]
fn damage_in_any_other_file_costs_no_record() {
    for closed in [true, false] {
        let (left, clock, told) = filled(closed);
        for (path, size) in left.paths() {
            if path.starts_with("/store/log") {
                continue;
            }
            // The reserve is long and holds nothing.
            for page in 0..size.div_ceil(4096).min(40) {
                for bit in [Some(7_usize), Some(8 * 77 + 3), Some(8 * 131), Some(8 * 300 + 1), None] {
                    let disk = left.killed();
                    disk.damage(&path, page * 4096, &|page| match bit {
                        Some(bit) => page[bit / 8] ^= 1 << (bit % 8),
                        None => page.fill(0),
                    });
                    // The version file tells a newer store by its number alone.
                    let (missing, _) = missing(&disk, &clock, &told, &path.display().to_string());
                    assert_eq!(missing, 0, "{} page {page} bit {bit:?}", path.display());
                }
            }
        }
    }
}

#[test]
fn missing_index_files_are_built_anew() {
    let (left, clock, told) = filled(true);
    for (path, _) in left.paths() {
        if path.starts_with("/store/index") {
            use broker_core::store::medium::Medium;
            left.remove(&path).expect("removed");
        }
    }
    let (missing, named) = missing(&left, &clock, &told, "no index");
    assert_eq!((missing, named.len()), (0, 0));
    let (store, _) = open(&left.killed(), &clock, &config(SEGMENT_BYTES));
    told.check(&store, &vec![true; told.sent.len()]);
}

/// The durable-floor rule: damage at the very end of what was synced is damage, not a torn tail.
#[test]
fn damage_below_the_durable_floor_is_never_cut() {
    let (left, clock, told) = filled(false);
    let last = told.sent.last().expect("records");
    let path = log_files(&left).into_iter().rev().find_map(|(path, _)| {
        let base = u64::from_str_radix(path.file_name()?.to_str()?.get(..16)?, 16).ok()?;
        (base <= last.at.position).then_some((path, base))
    });
    let (path, base) = path.expect("a segment holds it");
    // The record before the last names a floor above the first of its batch.
    let first_of_run = told.sent.iter().find(|sent| sent.at.position > base).expect("a record in the segment");
    let offset = first_of_run.at.position - base + 60;
    left.damage(&path, offset, &|page| page[(offset % 4096) as usize] ^= 4);
    let (store, report) = open(&left, &clock, &config(SEGMENT_BYTES));
    assert_eq!(report.cut_bytes, 0, "nothing synced is cut: {report:?}");
    assert_eq!(report.quarantined.len(), 1, "{report:?}");
    let mut must = vec![true; told.sent.len()];
    for (must, sent) in must.iter_mut().zip(&told.sent) {
        *must = sent.at != first_of_run.at;
    }
    told.check(&store, &must);
    // P4: the offset of the lost record stays empty.
    let mut more = told;
    more.work(&store, 2).expect("it works");
    let clash = more.sent.iter().filter(|sent| {
        sent.key == first_of_run_key(&more.sent, base) && sent.at.queue_offset == offset_of(&more.sent, base)
    });
    assert_eq!(clash.count(), 1);
}

fn first_of_run_key(sent: &[crate::world::Sent], base: u64) -> broker_core::types::QueueKey {
    sent.iter().find(|sent| sent.at.position > base).expect("a record").key
}

fn offset_of(sent: &[crate::world::Sent], base: u64) -> i64 {
    sent.iter().find(|sent| sent.at.position > base).expect("a record").at.queue_offset
}

#[test]
fn the_scrub_finds_damage_that_nobody_reads() {
    let (left, clock, told) = filled(true);
    let (store, report) = open(&left, &clock, &config(SEGMENT_BYTES));
    assert!(report.quarantined.is_empty());
    let sent = &told.sent[3];
    let (path, _) = log_files(&left).into_iter().next().expect("a segment");
    let offset = sent.at.position + 10;
    left.damage(&path, offset, &|page| page[(offset % 4096) as usize] ^= 1);
    for _ in 0..20 {
        store.maintain();
        clock.advance(std::time::Duration::from_secs(61));
    }
    let named = store.figures().quarantined;
    assert_eq!(named.len(), 1, "{named:?}");
    assert_eq!(contents(&store, sent.key).get(&sent.at.queue_offset), None);
}
