//! The queue index in memory: every queue's next offset, and where the records of the segments
//! lie that have no index file yet. Derived: recovery builds it from the log.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::Durability;
use super::index_file::Directory;
use super::segment::Segment;
use crate::types::QueueKey;

/// Where one message lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Bytes from the segment's base to the record.
    pub(crate) at: u32,
    /// Bytes of the message, 24 bits, and number of keys, 8 bits.
    size: u32,
    pub(crate) tags_code: i64,
    pub(crate) stored_at_ms: i64,
}

impl Entry {
    pub(crate) fn new(at: u32, message_bytes: usize, keys: usize, tags_code: i64, stored_at_ms: i64) -> Self {
        Self { at, size: (message_bytes as u32) << 8 | keys as u32, tags_code, stored_at_ms }
    }

    pub(crate) fn from_parts(at: u32, size: u32, tags_code: i64, stored_at_ms: i64) -> Self {
        Self { at, size, tags_code, stored_at_ms }
    }

    pub(crate) fn size(self) -> u32 {
        self.size
    }

    pub(crate) fn message_bytes(self) -> usize {
        (self.size >> 8) as usize
    }

    pub(crate) fn record_bytes(self) -> usize {
        super::envelope::HEADER_BYTES + self.message_bytes() + 8 * (self.size & 0xff) as usize
    }

    /// Bytes from the segment's base to behind the record.
    pub(crate) fn end(self) -> u64 {
        u64::from(self.at) + self.record_bytes() as u64
    }
}

/// Records of one queue in one segment whose offsets follow each other.
pub(crate) struct Run {
    pub(crate) segment: Arc<Segment>,
    pub(crate) first: i64,
    /// Shared with the sealer once the segment is full; alone while it grows.
    pub(crate) entries: Arc<Vec<Entry>>,
}

impl Run {
    /// One past the last offset.
    pub(crate) fn end(&self) -> i64 {
        self.first + self.entries.len() as i64
    }

    /// How many of its first records lie before `mark`.
    pub(crate) fn covered(&self, mark: u64) -> usize {
        let covered = |entry: &Entry| self.segment.base + entry.end() <= mark;
        match self.entries.last() {
            Some(last) if covered(last) => self.entries.len(),
            // Only the newest few are ever not covered.
            _ => self.entries.partition_point(covered),
        }
    }
}

/// What is known of a queue at the end of a segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct QueueEnd {
    /// One past the last offset stored.
    pub(crate) next: i64,
    /// Offsets above `next` that may have been given out, to be left out by the next record.
    pub(crate) skip: Skip,
    pub(crate) last_stored_at_ms: i64,
    /// Records it ever had.
    pub(crate) total: u64,
}

/// Offsets to leave out after a crash (R4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(crate) struct Skip {
    /// By a record of any durability: records below the durable floor were lost.
    pub(crate) any: i64,
    /// By a record of Written durability, besides: such records may have been lost.
    pub(crate) written: i64,
}

impl Skip {
    pub(crate) fn before(self, durability: Durability) -> i64 {
        match durability {
            Durability::Synced => self.any,
            Durability::Written => self.any.saturating_add(self.written),
        }
    }

    pub(crate) fn add(&mut self, more: Skip) {
        self.any = self.any.saturating_add(more.any);
        self.written = self.written.saturating_add(more.written);
    }
}

/// A queue, idle or not.
#[derive(Default)]
pub(crate) struct Queue {
    /// First offset that may still be there.
    pub(crate) min: i64,
    /// Now.
    pub(crate) end: QueueEnd,
    /// At the end of the last segment that has an index file.
    pub(crate) sealed: QueueEnd,
    /// Of the segments without an index file, oldest first.
    pub(crate) runs: Vec<Run>,
}

impl Queue {
    pub(crate) fn at_end_of_sealed(sealed: QueueEnd) -> Self {
        Self { min: 0, end: sealed, sealed, runs: Vec::new() }
    }

    /// Notes a record; its offset is not below `end.next`.
    pub(crate) fn push(&mut self, segment: &Arc<Segment>, offset: i64, entry: Entry) {
        match self.runs.last_mut() {
            Some(run) if run.segment.base == segment.base && run.end() == offset => {
                Arc::make_mut(&mut run.entries).push(entry);
            }
            _ => {
                let entries = Arc::new(vec![entry]);
                self.runs.push(Run { segment: Arc::clone(segment), first: offset, entries });
            }
        }
        self.end = QueueEnd {
            next: offset + 1,
            skip: Skip::default(),
            last_stored_at_ms: entry.stored_at_ms,
            total: self.end.total + 1,
        };
    }

    /// Where the queue stood at the end of a segment, which is the oldest without an index file.
    pub(crate) fn end_of(&self, base: u64) -> QueueEnd {
        if self.runs.last().is_none_or(|last| last.segment.base <= base) {
            return self.end;
        }
        let mut end = self.sealed;
        for run in self.runs.iter().take_while(|run| run.segment.base <= base) {
            end = QueueEnd {
                next: run.end(),
                skip: Skip::default(),
                last_stored_at_ms: run.entries.last().map_or(0, |entry| entry.stored_at_ms),
                total: end.total + run.entries.len() as u64,
            };
        }
        end
    }

    /// The segment has its index file now.
    pub(crate) fn seal(&mut self, base: u64) {
        self.sealed = self.end_of(base);
        self.runs.retain(|run| run.segment.base > base);
        self.runs.shrink_to_fit();
    }

    /// One past the last offset whose record lies before `mark`.
    pub(crate) fn max(&self, mark: u64) -> i64 {
        for run in self.runs.iter().rev() {
            let covered = run.covered(mark);
            if covered > 0 {
                return run.first + covered as i64;
            }
        }
        self.sealed.next
    }
}

/// All queues with records.
#[derive(Default)]
pub(crate) struct Queues {
    pub(crate) by_key: HashMap<QueueKey, Queue, BuildHasherDefault<QueueHasher>>,
    /// For queues without records.
    pub(crate) unknown: Skip,
}

impl Queues {
    /// After records were lost.
    pub(crate) fn skip(&mut self, more: Skip) {
        self.unknown.add(more);
        for queue in self.by_key.values_mut() {
            queue.end.skip.add(more);
        }
    }
}

impl Queues {
    /// Sets every queue's first offset from the oldest segment kept.
    pub(crate) fn set_mins(&mut self, oldest: &Directory) {
        let mut before = None;
        for row in &oldest.rows {
            // The first row of a queue counts.
            if before.replace(row.queue) != Some(row.queue)
                && let Some(queue) = self.by_key.get_mut(&row.queue)
            {
                queue.min = queue.min.max(row.first);
            }
        }
    }
}

/// Keys are numbers that the catalogue gives out, so a mix is enough.
#[derive(Default)]
pub(crate) struct QueueHasher(u64);

impl Hasher for QueueHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        let mixed = (self.0 ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ (mixed >> 29);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::TopicNo;

    #[test]
    fn an_idle_queue_takes_less_than_a_kibibyte() {
        // A table is half empty at worst, and one byte a place is its own.
        assert!(2 * (size_of::<(QueueKey, Queue)>() + 1) < 1024);
    }

    #[test]
    fn queue_keys_spread_over_a_table() {
        let hash = |topic, queue| {
            use std::hash::Hash;
            let mut hasher = QueueHasher::default();
            QueueKey { topic: TopicNo(topic), queue }.hash(&mut hasher);
            hasher.finish()
        };
        let hashes = || (1..1000).flat_map(|topic| (0..8).map(move |queue| hash(topic, queue)));
        let low: std::collections::HashSet<_> = hashes().map(|hash| hash & 0x3fff).collect();
        let high: std::collections::HashSet<_> = hashes().map(|hash| hash >> 50).collect();
        // 7,992 keys over 16,384 places fill about 6,300 of them when they are spread well.
        assert!(low.len() > 5_500 && high.len() > 5_500, "{} {}", low.len(), high.len());
    }
}
