//! A store on a disk in memory, and what its callers were told.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use broker_core::clock::{Clock, ManualClock};
use broker_core::config::StoreConfig;
use broker_core::store::medium::MemoryMedium;
use broker_core::store::{
    Append, Appended, Durability, Found, KeyQuery, OpenError, Progress, ReadOutcome, ReadRequest, Records,
    RecoveryReport, SearchEnd, SearchLimits, Store, StoreError, Watermarks,
};
use broker_core::types::{AccountNo, InstanceNo, QueueKey, TopicNo};

pub(crate) struct Quiet;

impl Progress for Quiet {
    fn advanced(&self, _: Watermarks) {}
    fn poisoned(&self, _: &str) {}
}

pub(crate) const INSTANCE: InstanceNo = InstanceNo(9);

pub(crate) fn queue(topic: u64, queue: u16) -> QueueKey {
    QueueKey { topic: TopicNo(topic), queue }
}

/// Topic 1 is Synced, topic 2 is Written.
pub(crate) fn durability_of(key: QueueKey) -> Durability {
    if key.topic == TopicNo(1) { Durability::Synced } else { Durability::Written }
}

pub(crate) fn config(segment_bytes: u64) -> StoreConfig {
    StoreConfig { segment_bytes, spare_segments: 1, tail_bytes: 4096, ..StoreConfig::new("/store".into()) }
}

pub(crate) fn try_open(
    medium: &MemoryMedium,
    clock: &Arc<ManualClock>,
    config: &StoreConfig,
) -> Result<(Store, RecoveryReport), OpenError> {
    let clock: Arc<dyn Clock> = Arc::clone(clock) as _;
    Store::open(config, Arc::new(medium.clone()), clock, Arc::new(Quiet))
}

pub(crate) fn open(medium: &MemoryMedium, clock: &Arc<ManualClock>, config: &StoreConfig) -> (Store, RecoveryReport) {
    try_open(medium, clock, config).unwrap_or_else(|error| panic!("a store opens whatever happened: {error}"))
}

pub(crate) fn new_clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::new(1_700_000_000_000))
}

/// A V1 record with IPv4 hosts.
pub(crate) fn message(body: &[u8], key: &str) -> Vec<u8> {
    let properties = format!("KEYS\u{1}{key}\u{2}");
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

/// Bytes that a record takes in the log with a body of `body` bytes and one key of 6 bytes.
pub(crate) fn record_bytes(body: usize) -> u64 {
    (88 + message(&vec![0; body], "key000").len() + 8) as u64
}

pub(crate) fn try_append(store: &Store, key: QueueKey, body: &[u8], name: &str) -> Result<Appended, StoreError> {
    let mut message = message(body, name);
    let mut appended = Vec::new();
    let batch = &mut [Append {
        account: AccountNo(3),
        instance: INSTANCE,
        queue: key,
        durability: durability_of(key),
        tags_code: 5,
        keys: &[name],
        peer: "192.0.2.1:5000".parse().expect("an address"),
        message: &mut message,
    }];
    store.append(batch, &mut appended)?;
    Ok(appended[0])
}

/// Everything readable of a queue, by offset.
pub(crate) fn contents(store: &Store, key: QueueKey) -> BTreeMap<i64, Vec<u8>> {
    let durability = durability_of(key);
    let mut found = BTreeMap::new();
    let mut offset = store.bounds(key, durability).min;
    loop {
        let mut out = Records::default();
        let request =
            ReadRequest { queue: key, durability, offset, messages_max: 7, bytes_max: 1 << 20, wanted: &|_| true };
        let end = store.read(&request, &mut out).expect("readable");
        for message in out.iter() {
            let at = i64::from_be_bytes(message[20..28].try_into().expect("eight bytes"));
            let count = u32::from_be_bytes(message[84..88].try_into().expect("four bytes")) as usize;
            let twice = found.insert(at, message[88..88 + count].to_vec());
            assert!(twice.is_none(), "P3: offset {at} of {key:?} is found twice");
        }
        if end.outcome == ReadOutcome::AtEnd {
            return found;
        }
        assert!(end.next_offset > offset, "a read makes progress: {end:?} at {offset}");
        offset = end.next_offset;
    }
}

/// Every message that names a key, newest first.
pub(crate) fn found_by_key(store: &Store, key: &str) -> Vec<Found> {
    let limits = SearchLimits { records: 10_000, bytes: usize::MAX, files: 10_000, time: Duration::from_secs(5) };
    let query = KeyQuery { instance: INSTANCE, key, times: 0..=i64::MAX, wanted: &|_| true, limits };
    let mut messages = Vec::new();
    let end = store.find_by_key(&query, &mut |found| {
        messages.push(found);
        ControlFlow::Continue(())
    });
    assert_eq!(end.expect("readable"), SearchEnd::Complete);
    messages
}

/// One record that a store took.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) key: QueueKey,
    pub(crate) body: Vec<u8>,
    pub(crate) name: String,
    pub(crate) at: Appended,
}

/// What callers were told over all runs.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) sent: Vec<Sent>,
    /// Records before this index are of runs that have ended; the marks tell of the others.
    pub(crate) barrier: u64,
    pub(crate) state_synced: u64,
    number: u64,
}

pub(crate) const QUEUES: [(u64, u16); 4] = [(1, 0), (1, 1), (2, 0), (2, 1)];

impl Told {
    pub(crate) fn send(&mut self, store: &Store, key: QueueKey, body_bytes: usize) -> Result<(), StoreError> {
        self.number += 1;
        let mut body = self.number.to_be_bytes().to_vec();
        body.resize(body_bytes.max(8), self.number as u8);
        let name = format!("key{:03}", self.number % 1000);
        let at = try_append(store, key, &body, &name)?;
        let last = self.sent.iter().map(|sent| sent.at.position).max().unwrap_or(0);
        assert!(at.position > last.max(self.barrier), "P5: position {} after {last}", at.position);
        self.sent.push(Sent { key, body, name, at });
        Ok(())
    }

    /// A mixed piece of work with some rolls of the segment.
    pub(crate) fn work(&mut self, store: &Store, rounds: usize) -> Result<(), StoreError> {
        let state = store.state_log("numbers")?;
        for round in 0..rounds {
            for (index, (topic, number)) in QUEUES.iter().enumerate() {
                self.send(store, queue(*topic, *number), 40 + (round * 131 + index * 57) % 1200)?;
            }
            store.submit();
            state.put(b"round", &self.number.to_be_bytes());
            if round % 3 == 2 {
                self.barrier = store.barrier()?;
                state.sync()?;
                self.state_synced = self.number;
            }
        }
        Ok(())
    }

    /// Which records a crash may not take.
    pub(crate) fn acknowledged(&self, marks: Watermarks, from: usize, power: bool) -> Vec<bool> {
        self.sent
            .iter()
            .enumerate()
            .map(|(index, sent)| {
                let durability = if power { Durability::Synced } else { durability_of(sent.key) };
                index >= from && sent.at.end <= marks.of(durability)
            })
            .collect()
    }

    /// Checks an opened store against what was told: `must` of the records are there.
    pub(crate) fn check(&self, store: &Store, must: &[bool]) -> Vec<Sent> {
        let mut kept = Vec::new();
        for (topic, number) in QUEUES {
            let key = queue(topic, number);
            let found = contents(store, key);
            for (offset, body) in &found {
                let sent = self.sent.iter().find(|sent| sent.key == key && sent.body == *body);
                let sent = sent.unwrap_or_else(|| panic!("P3: {key:?} {offset} was never sent"));
                assert_eq!(sent.at.queue_offset, *offset, "P3: a record keeps its offset");
                let by_position = store.message_at(sent.at.position).expect("readable").expect("found by position");
                assert_eq!(by_position.queue_offset, *offset);
                let by_key = found_by_key(store, &sent.name);
                assert!(by_key.iter().any(|found| found.position == sent.at.position), "found by key");
                kept.push(sent.clone());
            }
            for (sent, must) in self.sent.iter().zip(must) {
                if *must && sent.key == key {
                    assert_eq!(found.get(&sent.at.queue_offset), Some(&sent.body), "P1, P2: {sent:?} is kept");
                }
            }
            let count = store.count(key, durability_of(key), 0, i64::MAX).expect("counted");
            assert_eq!(count, found.len() as u64, "{key:?}");
        }
        kept
    }

    /// P2: what one crash took of a queue is its end, without holes before it.
    pub(crate) fn check_suffix(&self, kept: &[Sent]) {
        for (topic, number) in QUEUES {
            let of_queue = self.sent.iter().filter(|sent| sent.key == queue(topic, number));
            let kept = of_queue.map(|sent| kept.iter().any(|kept| kept.at == sent.at));
            let after_a_loss = kept.skip_while(|kept| *kept).any(|kept| kept);
            assert!(!after_a_loss, "P2: queue {number} of Topic {topic} has a hole");
        }
    }

    pub(crate) fn check_state(&self, store: &Store) {
        let state = store.state_log("numbers").expect("opened");
        let value = state.entries().iter().find(|(key, _)| key == "round").map(|(_, value)| value.clone());
        let number = value.map_or(0, |value| u64::from_be_bytes(value[..].try_into().expect("eight bytes")));
        assert!(number >= self.state_synced, "P7: {number} is at least {}", self.state_synced);
    }
}

pub(crate) fn log_files(disk: &MemoryMedium) -> Vec<(PathBuf, u64)> {
    disk.paths().into_iter().filter(|(path, _)| path.starts_with("/store/log")).collect()
}
