//! Committed progress of each group in each queue.
//!
//! Truth, kept in a [`StateLog`]: a crash loses at most one second of commits (R5), so
//! progress can go back, never forward. Keyed by the numbers of one life of a group and one life of
//! a Topic, so progress of an earlier life can't be read.
//!
//! CO-1: a commit above the end of its queue changes nothing; the caller checks the end.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use parking_lot::RwLock;

use crate::store::{StateLog, StoreError};
use crate::types::{GroupNo, QueueKey, TopicNo};

/// Queues that a Topic can have.
const QUEUES_MAX: usize = 64;

/// First byte of this state's keys; another kind of state in the same log has another.
const KIND: u8 = b'o';

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    pub offset: i64,
    pub at_ms: i64,
}

#[derive(Debug)]
struct Cell {
    /// −1: nothing committed.
    offset: AtomicI64,
    at_ms: AtomicI64,
}

type Cells = Arc<[Cell; QUEUES_MAX]>;

fn cells() -> Cells {
    Arc::new(std::array::from_fn(|_| Cell { offset: AtomicI64::new(-1), at_ms: AtomicI64::new(0) }))
}

/// Progress of all groups.
pub struct ConsumerOffsets {
    table: RwLock<HashMap<GroupNo, HashMap<TopicNo, Cells>>>,
    log: Arc<StateLog>,
}

impl ConsumerOffsets {
    /// Takes over what the log has.
    pub fn recover(log: Arc<StateLog>) -> Self {
        let mut table: HashMap<GroupNo, HashMap<TopicNo, Cells>> = HashMap::new();
        for (key, value) in log.entries() {
            let (Some((group, queue)), Some(committed)) = (read_key(&key), read_value(&value)) else { continue };
            let row = table.entry(group).or_default().entry(queue.topic).or_insert_with(cells);
            if let Some(cell) = row.get(usize::from(queue.queue)) {
                cell.offset.store(committed.offset, Ordering::Relaxed);
                cell.at_ms.store(committed.at_ms, Ordering::Relaxed);
            }
        }
        Self { table: RwLock::new(table), log }
    }

    pub fn get(&self, group: GroupNo, queue: QueueKey) -> Option<Committed> {
        let table = self.table.read();
        let cell = table.get(&group)?.get(&queue.topic)?.get(usize::from(queue.queue))?;
        let offset = cell.offset.load(Ordering::Acquire);
        (offset >= 0).then(|| Committed { offset, at_ms: cell.at_ms.load(Ordering::Relaxed) })
    }

    /// Remembers progress, also backwards. Durable within a second.
    ///
    /// - `offset`: 0 or more, at most the end of the queue (CO-1)
    pub fn commit(&self, group: GroupNo, queue: QueueKey, offset: i64, now_ms: i64) {
        let row = self.table.read().get(&group).and_then(|g| g.get(&queue.topic)).cloned();
        let row = row.unwrap_or_else(|| {
            let mut table = self.table.write();
            table.entry(group).or_default().entry(queue.topic).or_insert_with(cells).clone()
        });
        let Some(cell) = row.get(usize::from(queue.queue)) else { return };
        cell.at_ms.store(now_ms, Ordering::Relaxed);
        // Clients commit every queue every few seconds, changed or not; the same again costs nothing.
        if cell.offset.load(Ordering::Acquire) != offset {
            // Two connections may commit at once: memory and log end with the same of the two.
            self.log.put_with(&key(group, queue), || {
                cell.offset.store(offset, Ordering::Release);
                value(Committed { offset, at_ms: now_ms })
            });
        }
    }

    /// Topics that the group has progress in.
    pub fn topics(&self, group: GroupNo) -> Vec<TopicNo> {
        let table = self.table.read();
        let mut topics: Vec<_> = table.get(&group).map(|g| g.keys().copied().collect()).unwrap_or_default();
        topics.sort();
        topics
    }

    /// Groups that have progress in the Topic.
    pub fn groups(&self, topic: TopicNo) -> Vec<GroupNo> {
        let table = self.table.read();
        let mut groups: Vec<_> = table.iter().filter(|(_, g)| g.contains_key(&topic)).map(|(no, _)| *no).collect();
        groups.sort();
        groups
    }

    /// Makes everything committed so far durable.
    pub fn sync(&self) -> Result<(), StoreError> {
        self.log.sync()
    }

    pub fn forget_group(&self, group: GroupNo) {
        let Some(topics) = self.table.write().remove(&group) else { return };
        for (topic, cells) in topics {
            self.remove(group, topic, &cells);
        }
    }

    pub fn forget_topic(&self, topic: TopicNo) {
        let mut gone = Vec::new();
        self.table.write().retain(|group, topics| {
            gone.extend(topics.remove(&topic).map(|cells| (*group, cells)));
            !topics.is_empty()
        });
        for (group, cells) in gone {
            self.remove(group, topic, &cells);
        }
    }

    fn remove(&self, group: GroupNo, topic: TopicNo, cells: &Cells) {
        for (queue, cell) in (0u16..).zip(cells.iter()) {
            if cell.offset.load(Ordering::Acquire) >= 0 {
                self.log.remove(&key(group, QueueKey { topic, queue }));
            }
        }
    }
}

fn key(group: GroupNo, queue: QueueKey) -> [u8; 19] {
    let mut key = [KIND; 19];
    let (numbers, queue_no) = key[1..].split_at_mut(16);
    let (group_no, topic_no) = numbers.split_at_mut(8);
    group_no.copy_from_slice(&group.0.to_be_bytes());
    topic_no.copy_from_slice(&queue.topic.0.to_be_bytes());
    queue_no.copy_from_slice(&queue.queue.to_be_bytes());
    key
}

fn read_key(key: &[u8]) -> Option<(GroupNo, QueueKey)> {
    let (kind, rest) = key.split_first()?;
    let (group, rest) = rest.split_first_chunk()?;
    let (topic, rest) = rest.split_first_chunk()?;
    let queue = rest.try_into().ok()?;
    let topic = TopicNo(u64::from_be_bytes(*topic));
    let queue = QueueKey { topic, queue: u16::from_be_bytes(queue) };
    (*kind == KIND).then(|| (GroupNo(u64::from_be_bytes(*group)), queue))
}

fn value(committed: Committed) -> [u8; 16] {
    let mut value = [0; 16];
    let (offset, at_ms) = value.split_at_mut(8);
    offset.copy_from_slice(&committed.offset.to_be_bytes());
    at_ms.copy_from_slice(&committed.at_ms.to_be_bytes());
    value
}

fn read_value(value: &Bytes) -> Option<Committed> {
    let (offset, rest) = value.split_first_chunk()?;
    let committed = Committed { offset: i64::from_be_bytes(*offset), at_ms: i64::from_be_bytes(rest.try_into().ok()?) };
    (committed.offset >= 0).then_some(committed)
}
