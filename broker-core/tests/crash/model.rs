//! Random operations against a plain map.

use std::collections::BTreeMap;
use std::time::Duration;

use broker_core::store::medium::MemoryMedium;
use broker_core::store::{Boundary, Durability, IndexEntry, ReadRequest, Records};
use broker_core::types::QueueKey;
use proptest::prelude::*;

use crate::world::{QUEUES, Told, config, contents, durability_of, new_clock, open, queue};

#[derive(Clone, Debug)]
enum Step {
    Send { queue: usize, body: usize },
    Advance { ms: u64 },
    Submit,
    Barrier,
    Maintain,
    Restart,
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        12 => (0..QUEUES.len(), 8_usize..3000).prop_map(|(queue, body)| Step::Send { queue, body }),
        2 => (0_u64..50).prop_map(|ms| Step::Advance { ms }),
        2 => Just(Step::Submit),
        1 => Just(Step::Barrier),
        1 => Just(Step::Maintain),
        1 => Just(Step::Restart),
        1 => Just(Step::Kill),
    ]
}

/// By queue and offset: body, store time, position.
type Model = BTreeMap<QueueKey, BTreeMap<i64, (Vec<u8>, i64, u64)>>;

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_store_agrees_with_a_map(steps in proptest::collection::vec(step(), 1..120)) {
        let (mut medium, clock, config) = (MemoryMedium::new(), new_clock(), config(16 << 10));
        let mut told = Told::default();
        let mut model = Model::new();
        let mut store = open(&medium, &clock, &config).0;
        for step in steps {
            match step {
                Step::Send { queue: index, body } => {
                    let (topic, number) = QUEUES[index];
                    let key = queue(topic, number);
                    told.send(&store, key, body).expect("stored");
                    let sent = told.sent.last().expect("sent");
                    let of_queue = model.entry(key).or_default();
                    let next = of_queue.last_key_value().map_or(0, |(offset, _)| offset + 1);
                    prop_assert!(sent.at.queue_offset >= next);
                    let place = (sent.body.clone(), sent.at.stored_at_ms, sent.at.position);
                    of_queue.insert(sent.at.queue_offset, place);
                }
                Step::Advance { ms } => clock.advance(Duration::from_millis(ms)),
                Step::Submit => store.submit(),
                Step::Barrier => drop(store.barrier().expect("synced")),
                Step::Maintain => store.maintain(),
                Step::Restart => {
                    store.close().expect("closed");
                    drop(store);
                    store = open(&medium, &clock, &config).0;
                }
                Step::Kill => {
                    store.submit();
                    store.barrier().expect("synced");
                    drop(store);
                    medium = medium.killed();
                    store = open(&medium, &clock, &config).0;
                }
            }
        }
        store.barrier().expect("synced");
        for (topic, number) in QUEUES {
            let key = queue(topic, number);
            let expected = model.remove(&key).unwrap_or_default();
            let found = contents(&store, key);
            let bodies: BTreeMap<i64, Vec<u8>> =
                expected.iter().map(|(offset, (body, _, _))| (*offset, body.clone())).collect();
            prop_assert_eq!(&found, &bodies);
            agrees(&store, key, &expected)?;
        }
    }
}

fn agrees(
    store: &broker_core::store::Store,
    key: QueueKey,
    expected: &BTreeMap<i64, (Vec<u8>, i64, u64)>,
) -> Result<(), TestCaseError> {
    let durability = durability_of(key);
    let bounds = store.bounds(key, durability);
    let end = expected.last_key_value().map_or(0, |(offset, _)| offset + 1);
    prop_assert_eq!(bounds.max, end);
    let mut listed: Vec<IndexEntry> = Vec::new();
    store.entries(key, durability, 0, i64::MAX, usize::MAX, &mut listed).expect("listed");
    let places: Vec<_> = listed.iter().map(|entry| (entry.queue_offset, entry.stored_at_ms, entry.position)).collect();
    let wanted: Vec<_> = expected.iter().map(|(offset, (_, at, position))| (*offset, *at, *position)).collect();
    prop_assert_eq!(places, wanted);
    for (offset, (_, at_ms, position)) in expected {
        let lower = expected.iter().find(|(_, (_, at, _))| at >= at_ms).map(|(offset, _)| *offset);
        let upper = expected.iter().rev().find(|(_, (_, at, _))| at <= at_ms).map(|(offset, _)| *offset);
        let by_time = |boundary| store.offset_by_time(key, durability, *at_ms, boundary).expect("found");
        prop_assert_eq!(Some(by_time(Boundary::Lower)), lower);
        prop_assert_eq!(Some(by_time(Boundary::Upper)), upper);
        prop_assert_eq!(store.offset_by_position(key, durability, *position).expect("found"), *offset);
        prop_assert_eq!(store.stored_at(key, durability, *offset).expect("found"), Some(*at_ms));
        let before = expected.range(..offset).count() as u64;
        prop_assert_eq!(store.count(key, durability, 0, *offset).expect("counted"), before);
    }
    // A filter passes over what it does not want.
    let request = ReadRequest {
        queue: key,
        durability: Durability::Synced,
        offset: bounds.min,
        messages_max: 32,
        bytes_max: 1 << 20,
        wanted: &|_| false,
    };
    let mut out = Records::default();
    let end = store.read(&request, &mut out).expect("readable");
    prop_assert!(out.is_empty() && (expected.is_empty() || end.next_offset > bounds.min));
    Ok(())
}
