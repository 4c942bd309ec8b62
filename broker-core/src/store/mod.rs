//! The only code that touches message files: one commit log for all Topics, what is derived from
//! it, and small durable state beside it. Knows queues by number; no names, no clients, no groups.
//!
//! The log and the state logs are truth; indexes are derived and rebuilt when in doubt. Every byte
//! on disk is described in `docs/store-format.md`.

mod buffers;
mod checkpoint;
mod closing;
mod envelope;
mod files;
mod filling;
mod index_file;
mod key_file;
mod key_index;
mod keys;
mod log;
mod lookup;
pub mod medium;
mod open;
mod queue_index;
mod read;
mod records;
mod recovery;
mod retention;
mod scan;
mod scrub;
mod seal;
mod sealed;
mod segment;
mod space;
mod state_log;
mod sync;
#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use log::Core;
pub use lookup::{KeyQuery, SearchEnd, SearchLimits};
use medium::Medium;
use parking_lot::Mutex;
pub use records::Records;
pub use state_log::StateLog;

use crate::clock::Clock;
use crate::config::StoreConfig;
use crate::types::{AccountNo, InstanceNo, QueueKey, TopicNo};

/// Version of the whole store, in its file `version`.
pub(crate) const STORE_VERSION: u32 = 1;

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
    /// The log can't be written any more (R14); the process ends soon after.
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
    /// Unique id and keys to index, 255 at most; each is found under (instance, key).
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
    #[error("{file} can't be read or written at {offset}: {source}")]
    Io { file: String, offset: u64, source: std::io::Error },
    #[error("{file} is damaged at {offset}: expected {expected}, found {found}")]
    Corrupt { file: String, offset: u64, expected: String, found: String },
}

/// Why a store was not opened. Damage is not among the reasons: it is set aside and reported.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error("the store was written by a newer version ({found}); this version reads up to {supported}")]
    Newer { found: String, supported: String },
    #[error("the store is in use by another process")]
    InUse,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What opening found and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RecoveryReport {
    /// The last run closed the store.
    pub clean: bool,
    /// Bytes of the log that were read to find its end.
    pub scanned_bytes: u64,
    /// Bytes behind the last whole record that were cut; nothing of them was acknowledged as synced.
    pub cut_bytes: u64,
    /// Ranges that were set aside as damaged, in words, oldest first, of earlier starts too.
    pub quarantined: Vec<String>,
    /// Derived files that were built anew, in words.
    pub rebuilt: Vec<String>,
}

/// The store in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreFigures {
    /// Bytes of the store's files.
    pub bytes_used: u64,
    pub disk_bytes: u64,
    pub disk_bytes_free: u64,
    /// Sends are refused because the disk is full.
    pub refusing: bool,
    pub oldest_ms: Option<i64>,
    pub newest_ms: Option<i64>,
    /// Ranges that were set aside as damaged, in words, oldest first.
    pub quarantined: Vec<String>,
}

/// One message as the queue index knows it, without its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexEntry {
    pub queue_offset: i64,
    /// For [`Store::message_at`].
    pub position: u64,
    pub stored_at_ms: i64,
    pub tags_code: i64,
}

/// The store. All methods are synchronous and may be called from any thread; none waits for an
/// fdatasync except [`Store::barrier`].
pub struct Store {
    core: Arc<Core>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    _lock: Box<dyn Send + Sync>,
}

impl Store {
    /// Opens or makes the store in `config.dir`, repairs what the last run left, and starts its
    /// threads. Dropping the store without [`Store::close`] is what a kill would be.
    pub fn open(
        config: &StoreConfig,
        medium: Arc<dyn Medium>,
        clock: Arc<dyn Clock>,
        progress: Arc<dyn Progress>,
    ) -> Result<(Store, RecoveryReport), OpenError> {
        open::open(config, medium, clock, progress)
    }

    /// Opens small durable state kept beside the log. `name` is a file name, one handle each.
    pub fn state_log(&self, name: &str) -> Result<StateLog, StoreError> {
        StateLog::open(&self.core, name)
    }

    /// Says once after opening which Topics existed before: where one of them has no records, its
    /// queues go on above any offset that a crash may have taken (R4). Queues of later
    /// Topics start at 0.
    pub fn topics_existed(&self, up_to: TopicNo) {
        self.core.state.lock().topics_existed = up_to;
    }

    pub fn figures(&self) -> StoreFigures {
        self.core.figures()
    }

    /// Does at once what the background does now and then: files made ready and sealed, retention,
    /// the disk marks. Tests with a clock set by hand call it.
    pub fn maintain(&self) {
        self.core.look_after_files();
        self.core.make_spares(filling::Zeros::AtOnce);
    }

    /// Appends records, all under one lock, in order. Nothing is readable or acknowledged before
    /// the watermark of its durability passes its end. All or nothing: on error none is stored.
    pub fn append(&self, batch: &mut [Append<'_>], appended: &mut Vec<Appended>) -> Result<(), StoreError> {
        self.core.append(batch, appended)
    }

    /// Call once after a turn's appends: hands what was appended to the file and wakes the syncer.
    /// On return the written mark covers everything appended before, unless another thread is
    /// writing; then [`Progress::advanced`] tells.
    pub fn submit(&self) {
        self.core.submit();
    }

    /// Whether so much is not written yet that an append may have to wait for the disk. Cheap; asked
    /// by callers that must not wait. Another thread is writing then, and
    /// [`Progress::advanced`] tells when it has.
    pub fn is_congested(&self) -> bool {
        self.core.is_congested()
    }

    pub fn watermarks(&self) -> Watermarks {
        self.core.state.lock().marks
    }

    /// Makes everything appended so far durable and returns the position it reaches: records
    /// appended later have a greater one, also after a crash.
    pub fn barrier(&self) -> Result<u64, StoreError> {
        self.core.barrier()
    }

    pub fn bounds(&self, queue: QueueKey, durability: Durability) -> QueueBounds {
        self.core.bounds(queue, durability)
    }

    /// Reads forward from an offset; `out` holds the V1 records then, and nothing else.
    pub fn read(&self, request: &ReadRequest<'_>, out: &mut Records) -> Result<ReadEnd, StoreError> {
        self.core.read(request, out)
    }

    /// Offset of the message that a time (ms) points to, as [`Boundary`] says; a time before all messages
    /// is the first offset, one behind all is one past the last. Reads index files; errors are theirs.
    pub fn offset_by_time(
        &self,
        queue: QueueKey,
        durability: Durability,
        at_ms: i64,
        boundary: Boundary,
    ) -> Result<i64, StoreError> {
        self.core.again(|| self.core.offset_by_time(queue, durability, at_ms, boundary))
    }

    /// First offset whose record lies at or after a log position (see [`Store::barrier`]).
    pub fn offset_by_position(
        &self,
        queue: QueueKey,
        durability: Durability,
        position: u64,
    ) -> Result<i64, StoreError> {
        self.core.again(|| self.core.offset_by_position(queue, durability, position))
    }

    /// Messages with `from <= offset < to`: holes and expired messages are not counted.
    pub fn count(&self, queue: QueueKey, durability: Durability, from: i64, to: i64) -> Result<u64, StoreError> {
        self.core.again(|| self.core.count(queue, durability, from, to))
    }

    /// Index entries with `from <= offset < to`, oldest first, `count_max` at most. Reads no
    /// records, so a search newest first can merge queues cheaply.
    pub fn entries(
        &self,
        queue: QueueKey,
        durability: Durability,
        from: i64,
        to: i64,
        count_max: usize,
        out: &mut Vec<IndexEntry>,
    ) -> Result<(), StoreError> {
        let kept = out.len();
        self.core.again(|| {
            out.truncate(kept);
            self.core.entries(queue, durability, from..to, count_max, out)
        })
    }

    /// Store time of the record at an offset, `None` outside the bounds.
    pub fn stored_at(&self, queue: QueueKey, durability: Durability, offset: i64) -> Result<Option<i64>, StoreError> {
        self.core.again(|| self.core.stored_at(queue, durability, offset))
    }

    /// The message whose V1 record starts exactly at `position`. Checks the record, never trusts
    /// the number. `None`: no message starts there, or it has expired.
    pub fn message_at(&self, position: u64) -> Result<Option<Found>, StoreError> {
        match position.checked_sub(envelope::HEADER_BYTES as u64) {
            Some(record) => self.core.record_at(record, &mut |_, _| true),
            None => Ok(None),
        }
    }

    /// Hands each message that a query wants to `each`, newest first, until it breaks. Hash
    /// collisions are resolved by the record. Nothing is kept, so memory is `each`'s business.
    pub fn find_by_key(
        &self,
        query: &KeyQuery<'_>,
        each: &mut dyn FnMut(Found) -> ControlFlow<()>,
    ) -> Result<SearchEnd, StoreError> {
        self.core.find_by_key(query, each)
    }

    /// Store time of the oldest record kept, and the log position of its segment.
    pub fn oldest(&self) -> Option<(i64, u64)> {
        self.core.oldest()
    }

    /// Drops what is in memory for a Topic's life; its records go with their segments.
    pub fn forget_topic(&self, topic: TopicNo) {
        self.core.state.lock().queues.by_key.retain(|queue, _| queue.topic != topic);
    }

    /// Last writes, last fdatasync, clean mark. No append succeeds afterwards.
    pub fn close(&self) -> Result<(), StoreError> {
        let closed = self.core.close();
        self.stop_threads();
        if closed.is_ok() {
            self.core.tidy();
        }
        closed
    }
}

impl Store {
    fn stop_threads(&self) {
        self.core.state.lock().stopping = true;
        self.core.sync_work.notify_all();
        self.core.file_work.notify_all();
        self.core.spare_work.notify_all();
        self.core.state_work.notify_all();
        for thread in self.threads.lock().drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the store had ended by a panic");
            }
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.stop_threads();
    }
}

/// Shared handles, so that callers can hold the store cheaply.
pub type SharedStore = Arc<Store>;
