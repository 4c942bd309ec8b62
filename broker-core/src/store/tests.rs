//! Behaviour of the open store, over the medium in memory.

use std::sync::Arc;

use bytes::Bytes;

use super::medium::MemoryMedium;
use super::medium::gated::{Gate, GatedMedium};
use super::*;
use crate::clock::ManualClock;

/// A progress that nobody listens to.
pub(super) struct Quiet;

impl Progress for Quiet {
    fn advanced(&self, _: Watermarks) {}
    fn poisoned(&self, _: &str) {}
}

pub(super) const QUEUE: QueueKey = QueueKey { topic: TopicNo(7), queue: 3 };

/// A V1 record with a body and properties, as the operations would make it.
pub(super) fn message(body: &[u8], properties: &str) -> Vec<u8> {
    let mut record = vec![0; 84];
    record.extend((body.len() as u32).to_be_bytes());
    record.extend(body);
    record.extend(b"\x05topic");
    record.extend((properties.len() as u16).to_be_bytes());
    record.extend(properties.as_bytes());
    let size = record.len() as u32;
    record[..4].copy_from_slice(&size.to_be_bytes());
    record[4..8].copy_from_slice(&0xDAA3_20A7_u32.to_be_bytes());
    record
}

pub(super) fn config(segment_bytes: u64) -> StoreConfig {
    StoreConfig { segment_bytes, ..StoreConfig::new("/store".into()) }
}

pub(super) fn open(medium: &MemoryMedium, clock: &Arc<ManualClock>, segment_bytes: u64) -> (Store, RecoveryReport) {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Store::open(&config(segment_bytes), Arc::new(medium.clone()), clock, Arc::new(Quiet)).expect("the store opens")
}

pub(super) fn append(store: &Store, queue: QueueKey, durability: Durability, body: &[u8], keys: &[&str]) -> Appended {
    let properties: Vec<String> = keys.iter().map(|key| format!("KEYS\u{1}{key}\u{2}")).collect();
    let mut message = message(body, &properties.concat());
    let mut appended = Vec::new();
    let batch = &mut [Append {
        account: AccountNo(1),
        instance: InstanceNo(2),
        queue,
        durability,
        tags_code: i64::from(body.first().copied().unwrap_or_default()),
        keys,
        peer: "192.0.2.1:5000".parse().expect("an address"),
        message: &mut message,
    }];
    store.append(batch, &mut appended).expect("stored");
    appended.pop().expect("one result")
}

pub(super) fn read(store: &Store, queue: QueueKey, offset: i64, messages_max: usize) -> (ReadEnd, Vec<Bytes>) {
    let mut out = Records::default();
    let durability = Durability::Synced;
    let request = ReadRequest { queue, durability, offset, messages_max, bytes_max: 1 << 20, wanted: &|_| true };
    let end = store.read(&request, &mut out).expect("readable");
    (end, out.iter().map(Bytes::copy_from_slice).collect())
}

pub(super) fn body(message: &Bytes) -> Vec<u8> {
    let count = u32::from_be_bytes(message[84..88].try_into().expect("four bytes")) as usize;
    message[88..88 + count].to_vec()
}

pub(super) fn bodies(store: &Store, queue: QueueKey) -> Vec<(i64, Vec<u8>)> {
    let mut found = Vec::new();
    let mut offset = store.bounds(queue, Durability::Synced).min;
    loop {
        let (end, messages) = read(store, queue, offset, 32);
        for message in &messages {
            let offset = i64::from_be_bytes(message[20..28].try_into().expect("eight bytes"));
            found.push((offset, body(message)));
        }
        if end.outcome == ReadOutcome::AtEnd {
            return found;
        }
        assert!(end.next_offset > offset, "a read makes progress: {end:?}");
        offset = end.next_offset;
    }
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(1_700_000_000_000))
}

#[test]
fn what_is_stored_is_read_in_order() {
    let (store, report) = open(&MemoryMedium::new(), &clock(), 1 << 16);
    assert_eq!(report, RecoveryReport { clean: true, ..RecoveryReport::default() });
    for number in 0..100_u8 {
        let appended = append(&store, QUEUE, Durability::Synced, &[number; 900], &[]);
        assert_eq!(appended.queue_offset, i64::from(number));
    }
    store.barrier().expect("synced");
    let found = bodies(&store, QUEUE);
    assert_eq!(found.len(), 100);
    assert!(found.iter().enumerate().all(|(index, (offset, body))| *offset == index as i64 && body[0] == index as u8));
}

#[test]
fn nothing_is_readable_before_its_durability_is_reached() {
    let (store, _) = open(&MemoryMedium::new(), &clock(), 1 << 16);
    append(&store, QUEUE, Durability::Synced, b"a", &["k"]);
    assert_eq!(store.bounds(QUEUE, Durability::Written).max, 0);
    store.submit();
    assert_eq!(store.bounds(QUEUE, Durability::Written).max, 1);
    store.barrier().expect("synced");
    assert_eq!(store.bounds(QUEUE, Durability::Synced).max, 1);
}

#[test]
fn c11_reads_outside_the_bounds_say_where_to_go_on() {
    let (store, _) = open(&MemoryMedium::new(), &clock(), 1 << 16);
    for _ in 0..10 {
        append(&store, QUEUE, Durability::Synced, b"a", &[]);
    }
    store.barrier().expect("synced");
    let at = |offset| {
        let (end, _) = read(&store, QUEUE, offset, 32);
        (end.outcome, end.next_offset)
    };
    assert_eq!(at(10), (ReadOutcome::AtEnd, 10));
    assert_eq!(at(11), (ReadOutcome::PastEnd, 10));
    assert_eq!(at(1 << 62), (ReadOutcome::PastEnd, 10));
    assert_eq!(at(-1), (ReadOutcome::BeforeStart, 0));
    assert_eq!(at(9), (ReadOutcome::Found, 10));
}

#[test]
fn a_closed_store_opens_clean_and_goes_on() {
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 16);
    append(&store, QUEUE, Durability::Written, b"a", &[]);
    store.close().expect("closed");
    drop(store);
    let (store, report) = open(&medium, &clock(), 1 << 16);
    assert!(report.clean);
    assert_eq!(append(&store, QUEUE, Durability::Written, b"b", &[]).queue_offset, 1);
    store.barrier().expect("synced");
    assert_eq!(bodies(&store, QUEUE), [(0, b"a".to_vec()), (1, b"b".to_vec())]);
}

#[test]
fn after_a_crash_written_queues_go_on_above_what_was_given_out() {
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 16);
    append(&store, QUEUE, Durability::Written, b"a", &[]);
    let barrier = store.barrier().expect("synced");
    let lost = append(&store, QUEUE, Durability::Written, b"lost", &[]);
    drop(store);
    let (store, report) = open(&medium.after_power_cut(1), &clock(), 1 << 16);
    assert!(!report.clean);
    let next = append(&store, QUEUE, Durability::Written, b"b", &[]);
    assert!(next.queue_offset > lost.queue_offset && next.position > lost.position.max(barrier));
    store.barrier().expect("synced");
    assert_eq!(bodies(&store, QUEUE), [(0, b"a".to_vec()), (next.queue_offset, b"b".to_vec())]);
    let (end, _) = read(&store, QUEUE, 1, 32);
    assert_eq!((end.outcome, end.next_offset), (ReadOutcome::PastEnd, next.queue_offset));
    assert_eq!(store.count(QUEUE, Durability::Synced, 0, i64::MAX).expect("counted"), 2);
    let synced = QueueKey { queue: 4, ..QUEUE };
    assert_eq!(append(&store, synced, Durability::Synced, b"c", &[]).queue_offset, 0);
}

#[test]
fn c35_offset_by_time() {
    let clock = clock();
    let (store, _) = open(&MemoryMedium::new(), &clock, 1 << 16);
    for at in [100, 200, 200, 200, 300] {
        clock.set_wall_ms(at);
        append(&store, QUEUE, Durability::Synced, b"a", &[]);
    }
    store.barrier().expect("synced");
    let find = |at, boundary| store.offset_by_time(QUEUE, Durability::Synced, at, boundary).expect("found");
    for (at, lower) in
        [(99, 0), (100, 0), (150, 1), (200, 1), (201, 4), (300, 4), (301, 5), (0, 0), (-1, 0), (i64::MAX, 5)]
    {
        assert_eq!(find(at, Boundary::Lower), lower, "at {at}");
    }
    for (at, upper) in [(99, 0), (100, 0), (150, 0), (200, 3), (201, 3), (300, 4), (301, 4)] {
        assert_eq!(find(at, Boundary::Upper), upper, "at {at}");
    }
    let empty = QueueKey { queue: 9, ..QUEUE };
    assert_eq!(store.offset_by_time(empty, Durability::Synced, 5, Boundary::Upper).expect("found"), 0);
}

#[test]
fn a_message_is_found_by_its_position_only() {
    let (store, _) = open(&MemoryMedium::new(), &clock(), 1 << 16);
    let appended = append(&store, QUEUE, Durability::Synced, b"abc", &[]);
    assert!(store.message_at(appended.position).expect("read").is_none(), "not durable yet");
    store.barrier().expect("synced");
    let found = store.message_at(appended.position).expect("read").expect("found");
    assert_eq!((found.queue, found.queue_offset, body(&found.message)), (QUEUE, 0, b"abc".to_vec()));
    for wrong in [0, appended.position - 1, appended.position + 1, u64::MAX] {
        assert!(store.message_at(wrong).expect("read").is_none());
    }
}

#[test]
fn small_state_is_found_again() {
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 16);
    let state = store.state_log("offsets").expect("opened");
    state.put(b"a", b"1");
    state.put(b"b", b"2");
    state.put(b"a", b"3");
    state.remove(b"b");
    state.sync().expect("synced");
    state.put(b"c", b"perhaps lost");
    drop((state, store));
    let (store, _) = open(&medium.after_power_cut(5), &clock(), 1 << 16);
    let entries = store.state_log("offsets").expect("opened").entries();
    assert!(entries.contains(&(Bytes::from_static(b"a"), Bytes::from_static(b"3"))), "{entries:?}");
    assert!(!entries.iter().any(|(key, _)| key == "b"));
}

#[test]
fn a_full_disk_refuses_messages_and_keeps_small_state() {
    let medium = MemoryMedium::new();
    medium.set_size(200 << 20);
    let (store, _) = open(&medium, &clock(), 1 << 16);
    store.maintain();
    append(&store, QUEUE, Durability::Synced, b"a", &[]);
    store.barrier().expect("synced");
    let state = store.state_log("offsets").expect("opened");
    medium.set_taken_by_others(199 << 20);
    store.maintain();
    assert!(store.figures().refusing);
    let mut record = message(b"b", "");
    let batch = &mut [Append {
        account: AccountNo(1),
        instance: InstanceNo(2),
        queue: QUEUE,
        durability: Durability::Synced,
        tags_code: 0,
        keys: &[],
        peer: "192.0.2.1:5000".parse().expect("an address"),
        message: &mut record,
    }];
    assert!(matches!(store.append(batch, &mut Vec::new()), Err(StoreError::Full)));
    assert_eq!(bodies(&store, QUEUE).len(), 1);
    state.put(b"a", &[1; 100_000]);
    state.sync().expect("the reserve takes it");
    medium.set_taken_by_others(0);
    store.maintain();
    append(&store, QUEUE, Durability::Synced, b"b", &[]);
}

/// Remembers why the store was poisoned.
#[derive(Default)]
struct Poison(parking_lot::Mutex<Vec<String>>);

impl Progress for Poison {
    fn advanced(&self, _: Watermarks) {}
    fn poisoned(&self, why: &str) {
        self.0.lock().push(why.to_owned());
    }
}

#[test]
fn a_failed_call_on_the_log_ends_all_writing() {
    use super::medium::Fault;
    // The first changing call of a submit is the write, the second the sync.
    for (nth, what) in [(1, "writing the log failed"), (2, "syncing the log failed")] {
        let (medium, poison) = (MemoryMedium::new(), Arc::new(Poison::default()));
        let config = StoreConfig { spare_segments: 0, ..config(1 << 16) };
        let (store, _) =
            Store::open(&config, Arc::new(medium.clone()), clock(), Arc::clone(&poison) as _).expect("the store opens");
        // The checkpoint is written, so that the log's calls are the next.
        store.maintain();
        medium.set_fault(nth, Fault::Fail);
        append(&store, QUEUE, Durability::Synced, b"a", &[]);
        assert!(matches!(store.barrier(), Err(StoreError::Poisoned { .. })));
        let calls = medium.calls();
        let mut record = message(b"b", "");
        let batch = &mut [Append {
            account: AccountNo(1),
            instance: InstanceNo(2),
            queue: QUEUE,
            durability: Durability::Synced,
            tags_code: 0,
            keys: &[],
            peer: "192.0.2.1:5000".parse().expect("an address"),
            message: &mut record,
        }];
        assert!(matches!(store.append(batch, &mut Vec::new()), Err(StoreError::Poisoned { .. })));
        store.submit();
        assert!(store.barrier().is_err() && store.close().is_err());
        assert_eq!(medium.calls(), calls, "nothing is written or synced any more");
        assert_eq!(poison.0.lock().len(), 1);
        assert!(poison.0.lock()[0].starts_with(what), "{:?}", poison.0.lock());
        assert_eq!(store.bounds(QUEUE, Durability::Synced).max, 0, "nobody sees it");
    }
}

#[test]
fn queues_of_topics_that_existed_leave_out_what_may_have_been_lost() {
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 16);
    let lost = append(&store, QUEUE, Durability::Written, b"lost", &[]);
    store.submit();
    let disks: Vec<_> = (0..16).map(|seed| medium.after_power_cut(seed)).collect();
    drop(store);
    let mut losses = 0;
    for disk in disks {
        let (store, report) = open(&disk, &clock(), 1 << 16);
        assert!(!report.clean);
        losses += i32::from(store.bounds(QUEUE, Durability::Written).max == 0);
        store.topics_existed(TopicNo(7));
        assert!(append(&store, QUEUE, Durability::Written, b"b", &[]).queue_offset > lost.queue_offset);
        let later = QueueKey { topic: TopicNo(8), queue: 0 };
        assert_eq!(append(&store, later, Durability::Written, b"c", &[]).queue_offset, 0);
    }
    assert!(losses > 0);
}

/// Generations of state logs, oldest first, with their sizes.
fn state_files(medium: &MemoryMedium) -> Vec<(std::path::PathBuf, u64)> {
    let is_state = |path: &std::path::Path| {
        path.starts_with("/store/state") && path.extension().is_some_and(|extension| extension == "log")
    };
    medium.paths().into_iter().filter(|(path, _)| is_state(path)).collect()
}

#[test]
fn state_that_grew_is_written_anew_and_found_again() {
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 16);
    let state = store.state_log("offsets").expect("opened");
    for round in 0..60_u32 {
        for key in 0..100_u32 {
            state.put(&key.to_be_bytes(), &vec![round as u8; 400]);
        }
        state.sync().expect("synced");
    }
    let files = state_files(&medium);
    assert!(files.len() <= 2 && files.iter().all(|(_, bytes)| *bytes < 2 << 20), "{files:?}");
    drop((state, store));
    let (store, _) = open(&medium.after_power_cut(1), &clock(), 1 << 16);
    let entries = store.state_log("offsets").expect("opened").entries();
    assert!(entries.len() == 100 && entries.iter().all(|(_, value)| value[..] == [59; 400]));
}

/// Two generations of state: the older says "old" of a, b and c; the newer too, in three records of
/// 20 bytes, and then "new" in three more. With the newer's path.
fn old_and_new_state() -> (MemoryMedium, std::path::PathBuf) {
    let medium = MemoryMedium::new();
    for value in [b"old", b"new"] {
        let (store, _) = open(&medium, &clock(), 1 << 16);
        let state = store.state_log("offsets").expect("opened");
        for key in [b"a", b"b", b"c"] {
            state.put(key, value);
            state.sync().expect("synced");
        }
    }
    let newest = state_files(&medium).pop().expect("a file").0;
    (medium.killed(), newest)
}

/// Values of a, b and c, and how many ranges are named as damaged.
fn state_values(disk: &MemoryMedium) -> (Vec<Bytes>, usize) {
    let (store, _) = open(disk, &clock(), 1 << 16);
    let mut entries = store.state_log("offsets").expect("opened").entries();
    entries.sort();
    (entries.into_iter().map(|(_, value)| value).collect(), store.figures().quarantined.len())
}

#[test]
fn damaged_state_falls_back_on_older_values_and_is_named() {
    // The last record too: its end was noted, so it is no torn one.
    for (damaged, values) in [(4, ["new", "old", "new"]), (5, ["new", "new", "old"])] {
        let (disk, newest) = old_and_new_state();
        disk.damage(&newest, 0, &|page| page[damaged * 20 + 18] ^= 1);
        assert_eq!(state_values(&disk), (values.map(Bytes::from).to_vec(), 1), "record {damaged}");
    }
}

#[test]
fn state_that_lost_its_end_or_can_not_be_read_never_stops_a_start() {
    let old = ["old"; 3].map(Bytes::from).to_vec();
    let (disk, newest) = old_and_new_state();
    disk.damage(&newest, 0, &|page| page.fill(0));
    assert_eq!(state_values(&disk), (old.clone(), 1), "zeroed");
    let (disk, newest) = old_and_new_state();
    disk.make_unreadable(&newest, 0);
    assert_eq!(state_values(&disk), (old, 1), "unreadable");
    let (disk, _) = old_and_new_state();
    for (path, _) in state_files(&disk) {
        disk.make_unreadable(&path, 0);
    }
    assert_eq!(state_values(&disk), (vec![], 1), "neither can be read");
}

#[test]
fn a_new_generation_that_may_be_in_place_or_not_ends_all_writing() {
    use super::medium::Fault;
    // A flush: write, sync, note of the end; the new generation: create, write, sync, rename, sync
    // of the folder.
    for (nth, goes_on) in [(4, true), (5, true), (6, true), (7, false), (8, false)] {
        let medium = MemoryMedium::new();
        let (store, _) = open(&medium, &clock(), 1 << 16);
        let state = store.state_log("offsets").expect("opened");
        store.maintain();
        medium.set_fault(nth, Fault::Fail);
        state.put(b"a", &[7; (1 << 20) + 1]);
        let synced = state.sync();
        assert_eq!(synced.is_ok(), goes_on, "call {nth}: {synced:?}");
        state.put(b"a", b"later");
        assert_eq!(state.sync().is_ok(), goes_on, "call {nth}");
        drop((state, store));
        let (store, _) = open(&medium.killed(), &clock(), 1 << 16);
        let found = store.state_log("offsets").expect("opened").entries();
        let expected = if goes_on { Bytes::from_static(b"later") } else { Bytes::from(vec![7; (1 << 20) + 1]) };
        assert!(found == [(Bytes::from_static(b"a"), expected)], "call {nth}: {} bytes", found[0].1.len());
    }
}

#[test]
fn a_block_of_the_tail_that_can_not_be_read_never_stops_a_start() {
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 16);
    for number in 0..40_u8 {
        append(&store, QUEUE, Durability::Synced, &[number; 900], &[]);
    }
    store.barrier().expect("synced");
    let disk = medium.killed();
    drop(store);
    let log = disk.paths().into_iter().find(|(path, _)| path.starts_with("/store/log")).expect("a segment").0;
    disk.make_unreadable(&log, 5 * 4096);
    let (store, _) = open(&disk, &clock(), 1 << 16);
    let found = bodies(&store, QUEUE);
    assert!(!found.is_empty() && found.iter().all(|(offset, body)| body[..] == [*offset as u8; 900]));
}

/// Two queues that lie between each other in a file, opened anew so that nothing is in memory.
fn two_queues_in_a_file() -> (MemoryMedium, Store, [QueueKey; 2]) {
    let queues = [QUEUE, QueueKey { queue: QUEUE.queue + 1, ..QUEUE }];
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 20);
    for number in 0..200_u8 {
        append(&store, queues[usize::from(number % 2)], Durability::Synced, &[number; 900], &[]);
    }
    store.barrier().expect("synced");
    let disk = medium.killed();
    drop(store);
    let (store, _) = open(&disk, &clock(), 1 << 20);
    (disk, store, queues)
}

fn make_unreadable(disk: &MemoryMedium, page: u64) {
    let segments = disk.paths().into_iter().map(|(path, _)| path).filter(|path| path.starts_with("/store/log"));
    disk.make_unreadable(&segments.min().expect("a segment"), page * 4096);
}

#[test]
fn much_that_is_read_is_read_ahead_for_the_queues_beside_it() {
    let (disk, store, [first, second]) = two_queues_in_a_file();
    assert_eq!(read(&store, first, 0, 32).1.len(), 32);
    // About record 150 of 200, far behind what was asked for.
    make_unreadable(&disk, 41);
    let (end, messages) = read(&store, second, 70, 20);
    assert_eq!((messages.len(), end.next_offset), (20, 90));
    assert!(messages.iter().zip((141..).step_by(2)).all(|(message, number)| body(message) == [number; 900]));
}

#[test]
fn a_block_that_can_not_be_read_behind_what_is_asked_for_does_not_matter() {
    let (disk, store, [first, _]) = two_queues_in_a_file();
    make_unreadable(&disk, 41);
    let (end, messages) = read(&store, first, 0, 32);
    assert_eq!((messages.len(), end.next_offset), (32, 32));
}

/// A busy log writes zeros ahead of itself; a crash between the two finds what it would find without.
#[test]
fn zeros_ahead_of_the_log_never_cover_a_record() {
    let body_of = |number: u8| vec![number; 5_000 + 37 * usize::from(number)];
    for seed in 0..20 {
        let medium = MemoryMedium::new();
        let (store, _) = open(&medium, &clock(), 1 << 18);
        let mut synced = 0;
        for number in 0..90 {
            append(&store, QUEUE, Durability::Written, &body_of(number), &[]);
            store.submit();
            if u64::from(number) % 20 == seed {
                store.barrier().expect("synced");
                synced = usize::from(number) + 1;
            }
        }
        let disks = [(medium.killed(), 90), (medium.after_power_cut(seed), synced)];
        drop(store);
        for (disk, kept) in disks {
            let found = bodies(&open(&disk, &clock(), 1 << 18).0, QUEUE);
            assert!(found.len() >= kept, "seed {seed}: {} of {kept}", found.len());
            let as_sent = |(number, (offset, body)): (u8, &(i64, Vec<u8>))| {
                *offset == i64::from(number) && *body == body_of(number)
            };
            assert!((0..).zip(&found).all(as_sent), "seed {seed}");
        }
    }
}

/// A panic must not leave a head of the log that is half changed, nor anybody waiting for ever.
#[test]
fn a_panic_ends_all_writing_and_everybody_is_told() {
    use super::medium::Fault;
    // The first changing call of a barrier is the write in this thread, the second the sync in the
    // syncer's.
    for nth in [1, 2] {
        let (medium, poison) = (MemoryMedium::new(), Arc::new(Poison::default()));
        let config = StoreConfig { spare_segments: 0, ..config(1 << 16) };
        let (store, _) =
            Store::open(&config, Arc::new(medium.clone()), clock(), Arc::clone(&poison) as _).expect("the store opens");
        store.maintain();
        append(&store, QUEUE, Durability::Synced, b"a", &[]);
        medium.set_fault(nth, Fault::Panic);
        let barrier = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| store.barrier()));
        assert!(matches!((nth, barrier), (1, Err(_)) | (2, Ok(Err(StoreError::Poisoned { .. })))), "call {nth}");
        assert!(matches!(store.barrier(), Err(StoreError::Poisoned { .. })));
        // Its threads have ended then, the one that panicked too.
        drop(store);
        assert_eq!(poison.0.lock().len(), 1);
        assert!(poison.0.lock()[0].contains("panicked"), "{:?}", poison.0.lock());
    }
}

/// Panics where the first append of a segment asks for the time, under the lock of the head.
#[derive(Default)]
struct Trap(std::sync::atomic::AtomicBool);

impl Clock for Trap {
    fn wall_ms(&self) -> i64 {
        1_700_000_000_000
    }

    fn monotonic(&self) -> std::time::Duration {
        assert!(!self.0.load(std::sync::atomic::Ordering::SeqCst), "the clock is trapped");
        std::time::Duration::ZERO
    }
}

#[test]
fn a_panic_inside_an_append_ends_all_writing() {
    let (trap, poison) = (Arc::new(Trap::default()), Arc::new(Poison::default()));
    let (store, _) =
        Store::open(&config(1 << 16), Arc::new(MemoryMedium::new()), Arc::clone(&trap) as _, Arc::clone(&poison) as _)
            .expect("the store opens");
    store.maintain();
    trap.0.store(true, std::sync::atomic::Ordering::SeqCst);
    let appended = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        append(&store, QUEUE, Durability::Synced, b"a", &[]);
    }));
    assert!(appended.is_err() && poison.0.lock().len() == 1);
    trap.0.store(false, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(store.barrier(), Err(StoreError::Poisoned { .. })), "nothing goes on");
}

/// Stored times never fall within a queue, so a search by time stays a bisection (R25).
#[test]
fn c35_times_stay_in_order_when_the_clock_jumps_back() {
    let clock = clock();
    let (store, _) = open(&MemoryMedium::new(), &clock, 1 << 13);
    for at in [100, 200, 300, 50, 60, 310] {
        clock.set_wall_ms(at);
        append(&store, QUEUE, Durability::Synced, &[1; 3000], &[]);
    }
    store.barrier().expect("synced");
    let find = |at| store.offset_by_time(QUEUE, Durability::Synced, at, Boundary::Lower).expect("found");
    for sealed in [false, true] {
        assert_eq!([50, 100, 201, 300, 301, 311].map(find), [0, 0, 2, 2, 5, 6], "sealed {sealed}");
        store.maintain();
    }
}

#[test]
fn full_segments_are_sealed_while_the_next_one_is_not_ready() {
    let medium = GatedMedium::default();
    let count = |extension: &str| {
        medium.paths().iter().filter(|(path, _)| path.extension().is_some_and(|known| known == extension)).count()
    };
    let wait_for = |what: &str, holds: &dyn Fn() -> bool| {
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while !holds() {
            if std::time::Instant::now() > deadline {
                // Else the store would wait at its end for the thread at the gate.
                medium.set(Gate::Open);
                panic!("{what}");
            }
            std::thread::yield_now();
        }
    };
    let config = config(1 << 16);
    let (store, _) = Store::open(&config, Arc::new(medium.clone()), clock(), Arc::new(Quiet)).expect("the store opens");
    append(&store, QUEUE, Durability::Synced, &[1; 900], &[]);
    wait_for("spare segments", &|| count("log") == 1 + config.spare_segments);
    medium.set(Gate::NoSegments);
    // More than one segment, less than the spares hold.
    for _ in 0..80 {
        append(&store, QUEUE, Durability::Synced, &[2; 900], &[]);
    }
    wait_for("a thread that makes the next spare", &|| medium.standing() > 0);
    store.barrier().expect("synced");
    wait_for("an index of the first segment", &|| count("idx") == 1);
    medium.set(Gate::Open);
}
