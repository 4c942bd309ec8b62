//! Behaviour of the open store, over the medium in memory.

use std::sync::Arc;

use bytes::Bytes;

use super::medium::MemoryMedium;
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
fn c33_keys_find_their_messages_newest_first() {
    let (store, _) = open(&MemoryMedium::new(), &clock(), 1 << 16);
    for number in 0..128_u8 {
        append(&store, QUEUE, Durability::Synced, &[number], &["OrderID188"]);
    }
    append(&store, QUEUE, Durability::Synced, b"x", &["订单"]);
    store.barrier().expect("synced");
    let find = |key: &str| store.messages_by_key(InstanceNo(2), key, 0, i64::MAX, 64).expect("read");
    let (found, more) = find("OrderID188");
    assert_eq!((found.len(), more, body(&found[0].message)), (64, true, vec![127]));
    assert_eq!(find("订单").0.len(), 1);
    assert_eq!(find("").0.len(), 0);
    assert_eq!(store.messages_by_key(InstanceNo(3), "订单", 0, i64::MAX, 64).expect("read").0.len(), 0);
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
    let files: Vec<_> = medium.paths().into_iter().filter(|(path, _)| path.starts_with("/store/state")).collect();
    assert!(files.len() <= 2 && files.iter().all(|(_, bytes)| *bytes < 2 << 20), "{files:?}");
    drop((state, store));
    let (store, _) = open(&medium.after_power_cut(1), &clock(), 1 << 16);
    let entries = store.state_log("offsets").expect("opened").entries();
    assert!(entries.len() == 100 && entries.iter().all(|(_, value)| value[..] == [59; 400]));
}

#[test]
fn damaged_state_falls_back_on_older_values_and_is_named() {
    let medium = MemoryMedium::new();
    let (store, _) = open(&medium, &clock(), 1 << 16);
    let state = store.state_log("offsets").expect("opened");
    for key in [b"a", b"b", b"c"] {
        state.put(key, b"old");
        state.sync().expect("synced");
    }
    drop((state, store));
    let disk = medium.killed();
    let (store, _) = open(&disk, &clock(), 1 << 16);
    let state = store.state_log("offsets").expect("opened");
    for key in [b"a", b"b", b"c"] {
        state.put(key, b"new");
        state.sync().expect("synced");
    }
    drop((state, store));
    let newest = disk.paths().into_iter().rfind(|(path, _)| path.starts_with("/store/state")).expect("a file").0;
    // Three records of 20 bytes that say "old", then three that say "new": the second of these.
    disk.damage(&newest, 0, &|page| page[4 * 20 + 18] ^= 1);
    let (store, _) = open(&disk.killed(), &clock(), 1 << 16);
    let mut entries = store.state_log("offsets").expect("opened").entries();
    entries.sort();
    let values: Vec<_> = entries.iter().map(|(_, value)| &value[..]).collect();
    assert_eq!(values, [&b"new"[..], b"old", b"new"]);
    assert_eq!(store.figures().quarantined.len(), 1);
}
