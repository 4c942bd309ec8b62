use std::sync::Arc;

use super::*;
use crate::clock::ManualClock;
use crate::store::medium::MemoryMedium;
use crate::store::tests::{QUEUE, append, body, message, open};
use crate::store::{Append, Durability, Store};
use crate::types::{AccountNo, QueueKey};

const NO_LIMITS: SearchLimits =
    SearchLimits { records: usize::MAX, bytes: usize::MAX, files: usize::MAX, time: Duration::MAX };
/// Of the helper that appends.
const INSTANCE: InstanceNo = InstanceNo(2);

fn new_store() -> (Store, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(1_000));
    (open(&MemoryMedium::new(), &clock, 1 << 14).0, clock)
}

/// First bytes of the bodies found, newest first.
fn find(
    store: &Store,
    key: &str,
    times: RangeInclusive<i64>,
    limits: SearchLimits,
    count_max: usize,
) -> (Vec<u8>, SearchEnd) {
    let query = KeyQuery { instance: INSTANCE, key, times, wanted: &|topic| topic == QUEUE.topic, limits };
    let mut found = Vec::new();
    let end = store.find_by_key(&query, &mut |message| {
        if found.len() == count_max {
            return ControlFlow::Break(());
        }
        found.push(body(&message.message)[0]);
        ControlFlow::Continue(())
    });
    (found, end.expect("read"))
}

/// One message a second from 1,000 ms on, in some sealed segments and the open one.
fn filled(store: &Store, clock: &ManualClock) {
    for number in 0..100 {
        append(store, QUEUE, Durability::Synced, &[number; 500], &["OrderID188"]);
        clock.advance(Duration::from_secs(1));
    }
    store.barrier().expect("synced");
    store.maintain();
    assert!(store.core.state.lock().sealed.len() > 2);
}

#[test]
fn c33_keys_find_their_messages_newest_first() {
    let (store, clock) = new_store();
    filled(&store, &clock);
    append(&store, QUEUE, Durability::Synced, b"x", &["订单"]);
    assert_eq!(find(&store, "订单", 0..=i64::MAX, NO_LIMITS, 9), (vec![], SearchEnd::Complete), "R3: not durable yet");
    store.barrier().expect("synced");
    let all: Vec<u8> = (0..100).rev().collect();
    assert_eq!(find(&store, "OrderID188", 0..=i64::MAX, NO_LIMITS, 100), (all.clone(), SearchEnd::Complete));
    assert_eq!(find(&store, "OrderID188", 0..=i64::MAX, NO_LIMITS, 64), (all[..64].to_vec(), SearchEnd::Stopped));
    assert_eq!(find(&store, "OrderID188", 6_000..=8_000, NO_LIMITS, 9), (vec![7, 6, 5], SearchEnd::Complete));
    assert_eq!(find(&store, "订单", 0..=i64::MAX, NO_LIMITS, 9).0, b"x");
    assert_eq!(find(&store, "", 0..=i64::MAX, NO_LIMITS, 9), (vec![], SearchEnd::Complete));
}

#[test]
fn times_outside_what_is_kept_cost_no_look_at_a_record() {
    let (store, clock) = new_store();
    filled(&store, &clock);
    let none = SearchLimits { records: 0, ..NO_LIMITS };
    for times in [200_000..=i64::MAX, 100_001..=150_000] {
        assert_eq!(find(&store, "OrderID188", times, none, 9), (vec![], SearchEnd::Complete));
    }
    // The open segment knows no times of its own; the sealed ones do, after the first look.
    let open = store
        .core
        .state
        .lock()
        .keys
        .iter()
        .map(|keys| keys.blocks().iter().map(|block| block.len()).sum::<usize>())
        .sum();
    let some = SearchLimits { records: open, ..NO_LIMITS };
    assert_eq!(find(&store, "OrderID188", 0..=999, some, 9), (vec![], SearchEnd::Complete));
    assert_eq!(find(&store, "OrderID188", 0..=999, SearchLimits { files: 0, ..some }, 9).1, SearchEnd::Complete);
}

#[test]
fn a_search_stops_at_each_of_its_limits_and_says_so() {
    let (store, clock) = new_store();
    filled(&store, &clock);
    let newest = |count: u8| (100 - count..100).rev().collect::<Vec<u8>>();
    let search = |limits| find(&store, "OrderID188", 0..=i64::MAX, limits, 1000);
    for records in [0, 1, 40, 99] {
        let limits = SearchLimits { records: usize::from(records), ..NO_LIMITS };
        assert_eq!(search(limits), (newest(records), SearchEnd::LimitReached));
    }
    assert_eq!(search(SearchLimits { records: 100, ..NO_LIMITS }), (newest(100), SearchEnd::Complete));
    assert_eq!(search(SearchLimits { bytes: 1, ..NO_LIMITS }), (newest(1), SearchEnd::LimitReached));
    assert_eq!(search(SearchLimits { bytes: 3 * 750, ..NO_LIMITS }), (newest(3), SearchEnd::LimitReached));
    let (found, end) = search(SearchLimits { files: 2, ..NO_LIMITS });
    assert!(end == SearchEnd::LimitReached && found.len() < 80, "{}", found.len());
    clock.set_step(Duration::from_secs(1));
    let (found, end) = search(SearchLimits { time: Duration::from_secs(5), ..NO_LIMITS });
    assert!(end == SearchEnd::LimitReached && found.len() < 6, "{}", found.len());
}

#[test]
fn what_no_query_wants_is_looked_at_by_its_header_only() {
    let (store, clock) = new_store();
    filled(&store, &clock);
    let no_bytes = SearchLimits { bytes: 0, ..NO_LIMITS };
    let query =
        KeyQuery { instance: INSTANCE, key: "OrderID188", times: 0..=i64::MAX, wanted: &|_| false, limits: no_bytes };
    assert_eq!(store.find_by_key(&query, &mut |_| panic!("not wanted")).expect("read"), SearchEnd::Complete);
}

/// A word and its twin whose hashes are equal in the two instances.
fn twins(instance: InstanceNo) -> (InstanceNo, String, String) {
    let seed = |no: u32| (u64::from(no) ^ 0x6a09_e667_f3bc_c908).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let word = |bytes: [u8; 8]| String::from_utf8(bytes.to_vec()).expect("ASCII");
    for no in 3.. {
        let apart = (seed(instance.0) ^ seed(no)).to_le_bytes();
        let pairs = apart.map(|byte| (b'!'..b'~').map(|a| (a, a ^ byte)).find(|(_, b)| (b'!'..b'~').contains(b)));
        if pairs.iter().all(Option::is_some) {
            let pairs = pairs.map(Option::unwrap_or_default);
            return (InstanceNo(no), word(pairs.map(|(a, _)| a)), word(pairs.map(|(_, b)| b)));
        }
    }
    unreachable!("some pair of instances has twins")
}

#[test]
fn a_colliding_hash_shows_nothing_of_another_tenant() {
    let (store, clock) = new_store();
    let (other, own_key, other_key) = twins(INSTANCE);
    assert_eq!(keys::hash(INSTANCE, &own_key), keys::hash(other, &other_key));
    assert_ne!(own_key, other_key);
    for keys in [&*own_key, &*other_key] {
        // What the other tenant stores may even name the key that is asked for.
        let mut record = message(b"secret", &format!("KEYS\u{1}{own_key} {keys}\u{2}"));
        let batch = &mut [Append {
            account: AccountNo(7),
            instance: other,
            queue: QueueKey { queue: 9, ..QUEUE },
            durability: Durability::Synced,
            tags_code: 0,
            keys: &[&other_key],
            peer: "192.0.2.1:5000".parse().expect("an address"),
            message: &mut record,
        }];
        store.append(batch, &mut Vec::new()).expect("stored");
    }
    store.barrier().expect("synced");
    assert_eq!(find(&store, &own_key, 0..=i64::MAX, NO_LIMITS, 9), (vec![], SearchEnd::Complete));
    filled(&store, &clock);
    assert_eq!(find(&store, &own_key, 0..=i64::MAX, NO_LIMITS, 9), (vec![], SearchEnd::Complete), "sealed");
    append(&store, QUEUE, Durability::Synced, b"o", &[&own_key]);
    store.barrier().expect("synced");
    assert_eq!(find(&store, &own_key, 0..=i64::MAX, NO_LIMITS, 9).0, b"o");
}
