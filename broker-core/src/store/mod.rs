//! The only code that touches message files. (Signatures agreed; bodies are being written.)

use std::sync::Arc;

use bytes::Bytes;

use crate::types::{AccountNo, InstanceNo, QueueKey, TopicNo};

/// When a record counts as stored. A property of the Topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// An fdatasync that covers the record has returned.
    Synced,
    /// A kill of the process can't take the record; a power cut may take the last 200 ms.
    Written,
}

/// How far the log has come; both only rise. A record is acknowledged when the mark of its
/// durability is at or past [`Appended::end`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Watermarks {
    pub written: u64,
    pub durable: u64,
}

impl Watermarks {
    pub fn of(&self, durability: Durability) -> u64 {
        match durability {
            Durability::Synced => self.durable,
            Durability::Written => self.written,
        }
    }
}

/// Told of every rise of a watermark, from whichever thread made it rise. Must be quick and must
/// not call back into the store's append path.
pub trait Progress: Send + Sync + 'static {
    fn advanced(&self, marks: Watermarks);
    /// The log can't be written any more (threats R14); the process ends soon after.
    fn poisoned(&self, why: &str);
}

/// One message to store: a V1 message record with IPv4 hosts whose queue offset (bytes 20..28),
/// physical offset (28..36) and store time (56..64) the store fills in.
pub struct Append<'a> {
    pub account: AccountNo,
    pub instance: InstanceNo,
    pub queue: QueueKey,
    pub durability: Durability,
    /// Java hash of the tag, 0 without one.
    pub tags_code: i64,
    /// Unique id and keys to index; each is found under (instance, key).
    pub keys: &'a [&'a str],
    /// The true address of the sender, also where the record can only carry IPv4.
    pub peer: std::net::SocketAddr,
    pub message: &'a mut [u8],
}

/// Where a message went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Appended {
    /// Position in the log of the first byte of the V1 message record: the "physical offset" of
    /// offset message ids.
    pub position: u64,
    /// Acknowledge when the watermark is at or past this.
    pub end: u64,
    pub queue_offset: i64,
    pub stored_at_ms: i64,
}

/// `min` is the first valid offset, `max` one past the last readable one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct QueueBounds {
    pub min: i64,
    pub max: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReadOutcome {
    Found,
    /// Records were passed, none was wanted; `next_offset` is past them.
    NoneWanted,
    /// `offset == max`: nothing yet.
    AtEnd,
    /// `offset > max`, or in a hole that recovery left; go on at `next_offset`.
    PastEnd,
    /// `offset < min`; go on at `next_offset`.
    BeforeStart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadEnd {
    pub outcome: ReadOutcome,
    pub next_offset: i64,
    pub bounds: QueueBounds,
}

/// What to read of a queue. `wanted` gets the tags code of each record.
pub struct ReadRequest<'a> {
    pub queue: QueueKey,
    pub durability: Durability,
    pub offset: i64,
    pub messages_max: usize,
    /// At least one message is returned whatever its size.
    pub bytes_max: usize,
    pub wanted: &'a dyn Fn(i64) -> bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// First message stored at or after the time.
    Lower,
    /// Last message stored at or before the time.
    Upper,
}

/// A message found by position or key: the V1 record and whose it is.
#[derive(Clone, Debug)]
pub struct Found {
    pub account: AccountNo,
    pub instance: InstanceNo,
    pub queue: QueueKey,
    pub queue_offset: i64,
    pub position: u64,
    pub stored_at_ms: i64,
    pub peer: std::net::SocketAddr,
    pub message: Bytes,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full: sends are refused until space returns")]
    Full,
    #[error("a record of {bytes} bytes is over the limit of {bytes_max}")]
    TooLarge { bytes: usize, bytes_max: usize },
    #[error("the log can't be written: {why}")]
    Poisoned { why: String },
    #[error("reading {file} at {offset} failed: {source}")]
    Io { file: String, offset: u64, source: std::io::Error },
    #[error("{file} is damaged at {offset}: expected {expected}, found {found}")]
    Corrupt { file: String, offset: u64, expected: String, found: String },
}

/// The store. All methods are synchronous and may be called from any thread; none waits for an
/// fdatasync except [`Store::barrier`].
pub struct Store {}

#[expect(clippy::unimplemented, unused_variables, reason = "signatures agreed first")]
impl Store {
    /// Appends records, all under one lock, in order. Nothing is readable or acknowledged before
    /// the watermark of its durability passes its end. All or nothing: on error none is stored.
    pub fn append(&self, batch: &mut [Append<'_>], appended: &mut Vec<Appended>) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// Call once after a turn's appends: hands what was appended to the file and wakes the syncer.
    /// On return the written mark covers everything appended before, unless another thread is
    /// writing; then [`Progress::advanced`] tells.
    pub fn submit(&self) {
        unimplemented!()
    }

    pub fn watermarks(&self) -> Watermarks {
        unimplemented!()
    }

    /// Makes everything appended so far durable and returns the position it reaches: records
    /// appended later have a greater one, also after a crash.
    pub fn barrier(&self) -> Result<u64, StoreError> {
        unimplemented!()
    }

    pub fn bounds(&self, queue: QueueKey, durability: Durability) -> QueueBounds {
        unimplemented!()
    }

    /// Reads forward from an offset; the V1 records are pushed to `out`.
    pub fn read(&self, request: &ReadRequest<'_>, out: &mut Vec<Bytes>) -> Result<ReadEnd, StoreError> {
        unimplemented!()
    }

    /// Case C35 of the field cases has the values.
    pub fn offset_by_time(
        &self,
        queue: QueueKey,
        durability: Durability,
        at_ms: i64,
        boundary: Boundary,
    ) -> Result<i64, StoreError> {
        unimplemented!()
    }

    /// First offset whose record lies at or after a log position (see [`Store::barrier`]).
    pub fn offset_by_position(
        &self,
        queue: QueueKey,
        durability: Durability,
        position: u64,
    ) -> Result<i64, StoreError> {
        unimplemented!()
    }

    /// Store time of the record at an offset, `None` outside the bounds.
    pub fn stored_at(&self, queue: QueueKey, durability: Durability, offset: i64) -> Result<Option<i64>, StoreError> {
        unimplemented!()
    }

    /// The message whose V1 record starts exactly at `position`. Checks the record, never trusts
    /// the number. `None`: no message starts there, or it has expired.
    pub fn message_at(&self, position: u64) -> Result<Option<Found>, StoreError> {
        unimplemented!()
    }

    /// Messages of an instance that name `key`, newest first, `count_max` at most; the flag says
    /// whether more exist. Hash collisions are resolved by the record.
    pub fn messages_by_key(
        &self,
        instance: InstanceNo,
        key: &str,
        from_ms: i64,
        to_ms: i64,
        count_max: usize,
    ) -> Result<(Vec<Found>, bool), StoreError> {
        unimplemented!()
    }

    /// Store time of the oldest record kept, and the log position of its segment.
    pub fn oldest(&self) -> Option<(i64, u64)> {
        unimplemented!()
    }

    /// Drops what is in memory for a Topic's life; its records go with their segments.
    pub fn forget_topic(&self, topic: TopicNo) {
        unimplemented!()
    }

    /// Last writes, last fdatasync, clean mark. No append succeeds afterwards.
    pub fn close(&self) -> Result<(), StoreError> {
        unimplemented!()
    }
}

/// Small durable state (committed offsets, high-water numbers): a checksummed append log with
/// snapshots (threats R17), one instance per kind of state.
pub struct StateLog {}

#[expect(clippy::unimplemented, unused_variables, reason = "signatures agreed first")]
impl StateLog {
    /// Current value of every key, as recovered.
    pub fn entries(&self) -> Vec<(Bytes, Bytes)> {
        unimplemented!()
    }

    /// Remembers a value; durable within a second, or at once after [`StateLog::sync`].
    pub fn put(&self, key: &[u8], value: &[u8]) {
        unimplemented!()
    }

    pub fn remove(&self, key: &[u8]) {
        unimplemented!()
    }

    pub fn sync(&self) -> Result<(), StoreError> {
        unimplemented!()
    }
}

/// Shared handles, so that callers can hold the store cheaply.
pub type SharedStore = Arc<Store>;
