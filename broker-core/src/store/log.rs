//! The head of the log: appending, writing, the tail that readers find in memory. One short lock
//! guards it all; no file is touched while it is held.
//!
//! ```text
//! append ─► open chunk ─► pending pieces ─► pwrite ─► tail pieces ─► (dropped, oldest first)
//!                                             written mark ─► fdatasync ─► durable mark
//! ```
//!
//! - CL-1: a position is given out once, also over crashes.
//! - CL-2: nothing is readable before the mark of its durability passes its end.
//! - CL-3: after the first failed write or sync nothing is written or synced any more.

use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use parking_lot::{Condvar, Mutex, MutexGuard};

use super::buffers::Buffers;
use super::checkpoint::Checkpoint;
use super::envelope::{self, Ending, HEADER_BYTES, KEYS_MAX, MESSAGE_BYTES_MAX, MESSAGE_BYTES_MIN, MessageHeader};
use super::filling::Zeros;
use super::key_index::OpenKeys;
use super::medium::Medium;
use super::queue_index::{Entry, Queues, Skip};
use super::recovery::Dirs;
use super::retention::ClockWatch;
use super::scrub::Scrub;
use super::sealed::{Caches, SealedSegments};
use super::segment::{END_BYTES, Fill, HEADER_PAGE, Place, Segment};
use super::{Append, Appended, Durability, Progress, StoreError, Watermarks, keys};
use crate::clock::Clock;
use crate::config::StoreConfig;
use crate::protocol::message::{PHYSICAL_OFFSET_AT, QUEUE_OFFSET_AT, STORE_TIMESTAMP_AT};
use crate::types::TopicNo;

/// Appended and not yet written: beyond it appenders wait for the disk.
const UNWRITTEN_BYTES_MAX: usize = 32 << 20;
const CHUNK_BYTES: usize = 1 << 20;

/// Who asks first holds back from here on, so that what several have gathered still finds room.
const CONGESTED_BYTES: usize = UNWRITTEN_BYTES_MAX / 2;

/// Zeros that are written behind the log at once where it was only reserved.
pub(crate) const ZEROS_BYTES: usize = 256 << 10;
/// A write from which on the log is busy enough for that.
const ZEROS_FROM_BYTES: usize = 4 << 10;

/// Bytes of one segment that lie together.
pub(crate) struct Piece {
    pub(crate) segment: Arc<Segment>,
    pub(crate) position: u64,
    pub(crate) bytes: Bytes,
}

impl Piece {
    pub(crate) fn end(&self) -> u64 {
        self.position + self.bytes.len() as u64
    }
}

/// Everything that the lock guards.
pub(crate) struct State {
    pub(crate) active: Arc<Segment>,
    /// Monotonic time at which the active segment got its first record.
    pub(crate) active_since: Option<std::time::Duration>,
    /// Where the next record goes.
    pub(crate) next: u64,
    /// Where the last record ends; `next` is further behind a new segment's header.
    pub(crate) last_end: u64,
    /// Made ready, follow the active one.
    pub(crate) ready: VecDeque<Arc<Segment>>,
    pub(crate) making: bool,
    /// Somebody waits for the segment that is being made.
    pub(crate) segment_wanted: bool,
    /// Full and without an index file, oldest first, with the position behind their last record.
    pub(crate) full_segments: Vec<(Arc<Segment>, u64)>,
    /// With index files, oldest first.
    pub(crate) sealed: SealedSegments,
    pub(crate) sealed_bytes: u64,
    pub(crate) queues: Queues,
    /// Of the full segments and the active one, oldest first.
    pub(crate) keys: Vec<OpenKeys>,
    /// Topics up to this number may have had records before the start.
    pub(crate) topics_existed: TopicNo,

    chunk: BytesMut,
    chunk_position: u64,
    pending: Vec<Piece>,
    pending_bytes: usize,
    spare: Vec<Piece>,
    writing: bool,
    pub(crate) tail: VecDeque<Piece>,
    tail_bytes: usize,

    pub(crate) marks: Watermarks,
    /// End of the last record that waits for a sync.
    pub(crate) sync_wanted: u64,
    /// When the first written byte that is not durable was written.
    pub(crate) unsynced_since: Option<Instant>,
    /// Written since the last sync.
    pub(crate) dirty: Vec<Arc<Segment>>,

    /// The disk has no room: appends are refused.
    pub(crate) refusing: bool,
    pub(crate) poisoned: Option<Arc<str>>,
    pub(crate) closed: bool,
    /// The threads are to end.
    pub(crate) stopping: bool,
    pub(crate) quarantined: Vec<String>,
    pub(crate) newest_ms: Option<i64>,
}

impl State {
    /// A log whose next record goes to the start of `active`.
    pub(crate) fn new(active: Arc<Segment>, queues: Queues) -> Self {
        let next = active.first();
        Self {
            keys: vec![OpenKeys::new(Arc::clone(&active))],
            active,
            active_since: None,
            next,
            last_end: next,
            ready: VecDeque::new(),
            making: false,
            segment_wanted: false,
            full_segments: Vec::new(),
            sealed: SealedSegments::default(),
            sealed_bytes: 0,
            queues,
            topics_existed: TopicNo(0),
            chunk: BytesMut::new(),
            chunk_position: next,
            pending: Vec::new(),
            pending_bytes: 0,
            spare: Vec::new(),
            writing: false,
            tail: VecDeque::new(),
            tail_bytes: 0,
            marks: Watermarks { written: next, durable: next },
            sync_wanted: next,
            unsynced_since: None,
            dirty: Vec::new(),
            refusing: false,
            poisoned: None,
            closed: false,
            stopping: false,
            quarantined: Vec::new(),
            newest_ms: None,
        }
    }

    /// Where the part of the log begins that is in memory; `u64::MAX`: none is.
    pub(crate) fn tail_from(&self) -> u64 {
        self.tail.front().map_or(u64::MAX, |piece| piece.position)
    }

    /// The memory that holds `[position, position + count)`, and its place there.
    pub(crate) fn in_tail(&self, position: u64, count: usize) -> Option<(&Bytes, Range<usize>)> {
        let after = self.tail.partition_point(|piece| piece.position <= position);
        let piece = self.tail.get(after.checked_sub(1)?)?;
        let from = usize::try_from(position - piece.position).ok()?;
        let until = from.checked_add(count)?;
        (until <= piece.bytes.len()).then_some((&piece.bytes, from..until))
    }

    fn unwritten(&self) -> usize {
        self.pending_bytes + self.chunk.len()
    }

    /// Moves what the open chunk holds to the pending pieces.
    fn close_piece(&mut self) {
        if self.chunk.is_empty() {
            return;
        }
        let bytes = self.chunk.split().freeze();
        self.pending_bytes += bytes.len();
        let piece = Piece { segment: Arc::clone(&self.active), position: self.chunk_position, bytes };
        self.chunk_position = piece.end();
        self.pending.push(piece);
    }

    fn make_room(&mut self, bytes: usize) {
        if self.chunk.capacity() - self.chunk.len() < bytes {
            self.close_piece();
            self.chunk = BytesMut::with_capacity(bytes.max(CHUNK_BYTES));
        }
    }

    fn trim_tail(&mut self, bytes_max: usize) {
        while self.tail_bytes > bytes_max {
            let Some(piece) = self.tail.pop_front() else { break };
            self.tail_bytes -= piece.bytes.len();
        }
    }

    /// Where a record of `bytes` would end up: whether the active segment still takes it.
    fn fits(&self, bytes: usize) -> bool {
        self.next + bytes as u64 + END_BYTES <= self.active.end()
    }

    /// Ends the active segment and goes on in the next, which is ready.
    pub(crate) fn roll(&mut self) {
        self.end_segment(Ending::Rolled);
        let next = self.ready.pop_front().expect("a segment was made ready before rolling");
        let full = std::mem::replace(&mut self.active, next);
        self.full_segments.push((full, self.next));
        self.keys.push(OpenKeys::new(Arc::clone(&self.active)));
        self.next = self.active.first();
        self.chunk_position = self.next;
        self.active_since = None;
    }

    /// Writes the record that ends the active segment.
    pub(crate) fn end_segment(&mut self, ending: Ending) {
        self.make_room(HEADER_BYTES);
        let record = envelope::encode_end(ending, self.marks.durable, self.next, self.active.epoch);
        self.chunk.extend_from_slice(&record);
        self.next += END_BYTES;
        self.last_end = self.next;
        self.close_piece();
        // So that the ended segment is synced and can be sealed even when nothing else comes.
        self.sync_wanted = self.next;
    }
}

/// The store behind its front door; shared with its threads.
pub(crate) struct Core {
    pub(crate) medium: Arc<dyn Medium>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) progress: Arc<dyn Progress>,
    pub(crate) config: StoreConfig,
    pub(crate) dirs: Dirs,
    pub(crate) epoch: u64,
    pub(crate) state: Mutex<State>,
    /// A mark rose, a segment is ready, the store was poisoned.
    pub(crate) moved: Condvar,
    pub(crate) sync_work: Condvar,
    /// A segment can be sealed.
    pub(crate) file_work: Condvar,
    /// A segment is wanted.
    pub(crate) spare_work: Condvar,
    pub(crate) state_work: Condvar,
    pub(crate) state_logs: Mutex<Vec<Arc<super::state_log::Shared>>>,
    /// The reserve lies on the disk.
    pub(crate) reserve: Mutex<bool>,
    pub(crate) checkpoint: Mutex<Checkpoint>,
    pub(crate) caches: Caches,
    pub(crate) buffers: Buffers,
    pub(crate) clock_watch: Mutex<ClockWatch>,
    pub(crate) scrub: Mutex<Scrub>,
    pub(crate) zeros: Box<[u8]>,
    /// One thread at a time seals and expires segments.
    pub(crate) sealing: Mutex<()>,
}

impl Core {
    pub(crate) fn append(&self, batch: &mut [Append<'_>], appended: &mut Vec<Appended>) -> Result<(), StoreError> {
        let bytes_max = usize::try_from(self.config.segment_bytes - HEADER_PAGE - END_BYTES)
            .unwrap_or(usize::MAX)
            .min(MESSAGE_BYTES_MAX);
        for item in &*batch {
            assert!(item.message.len() >= MESSAGE_BYTES_MIN, "a message to store is a whole V1 record");
            assert!(item.keys.len() <= KEYS_MAX, "keys are limited where messages are taken");
            let bytes = record_bytes(item);
            if bytes > bytes_max {
                return Err(StoreError::TooLarge { bytes, bytes_max });
            }
        }
        let now_ms = self.clock.wall_ms();
        let _whole = PoisonOnPanic::new(self, "an append");
        let mut state = self.state.lock();
        self.admit(&mut state, batch)?;
        if state.active_since.is_none() {
            state.active_since = Some(self.clock.monotonic());
            self.spare_work.notify_one();
        }
        for item in batch {
            appended.push(self.append_one(&mut state, item, now_ms));
        }
        Ok(())
    }

    /// Whether so much waits for another thread's write that an append may have to wait as well.
    pub(crate) fn is_congested(&self) -> bool {
        let state = self.state.lock();
        state.writing && state.unwritten() > CONGESTED_BYTES
    }

    /// Waits until the batch can be taken whole.
    fn admit<'a>(&'a self, state: &mut MutexGuard<'a, State>, batch: &[Append<'_>]) -> Result<(), StoreError> {
        loop {
            if let Some(why) = &state.poisoned {
                return Err(StoreError::Poisoned { why: why.to_string() });
            }
            if state.closed {
                return Err(StoreError::Poisoned { why: "the store is closed".to_owned() });
            }
            if state.refusing {
                return Err(StoreError::Full);
            }
            if state.unwritten() > UNWRITTEN_BYTES_MAX {
                if state.writing { self.moved.wait(state) } else { self.write_pending(state) }
            } else if state.ready.len() >= self.rolls(state, batch) {
                return Ok(());
            } else if state.making {
                self.wait_for_segment(state);
            } else {
                self.make_segment(state, Zeros::None)?;
            }
        }
    }

    /// How many more segments the batch needs.
    fn rolls(&self, state: &State, batch: &[Append<'_>]) -> usize {
        let (mut next, mut end, mut rolls) = (state.next, state.active.end(), 0);
        for item in batch {
            let bytes = record_bytes(item) as u64;
            if next + bytes + END_BYTES > end {
                (next, end) = (HEADER_PAGE, self.config.segment_bytes);
                rolls += 1;
            }
            next += bytes;
        }
        rolls
    }

    fn append_one(&self, state: &mut State, item: &mut Append<'_>, now_ms: i64) -> Appended {
        let bytes = record_bytes(item);
        if !state.fits(bytes) {
            state.roll();
            state.active_since = Some(self.clock.monotonic());
            self.spare_work.notify_one();
        }
        state.make_room(bytes);
        let record_position = state.next;
        let position = record_position + HEADER_BYTES as u64;
        let unknown = if item.queue.topic <= state.topics_existed { state.queues.unknown } else { Skip::default() };
        let queue = state.queues.by_key.entry(item.queue).or_insert_with(|| {
            let mut queue = super::queue_index::Queue::default();
            queue.end.skip = unknown;
            queue
        });
        let queue_offset = queue.end.next.saturating_add(queue.end.skip.before(item.durability));
        // Stored times never fall within a queue (R25).
        let stored_at_ms = now_ms.max(queue.end.last_stored_at_ms);
        fill_in(item.message, QUEUE_OFFSET_AT, queue_offset);
        fill_in(item.message, PHYSICAL_OFFSET_AT, position as i64);
        fill_in(item.message, STORE_TIMESTAMP_AT, stored_at_ms);
        let at = u32::try_from(record_position - state.active.base).expect("a segment is under 4 GiB");
        queue.push(
            &state.active,
            queue_offset,
            Entry::new(at, item.message.len(), item.keys.len(), item.tags_code, stored_at_ms),
        );
        let mut hashes = smallvec::SmallVec::<[u64; 8]>::new();
        hashes.extend(item.keys.iter().map(|key| keys::hash(item.instance, key)));
        if let Some(open) = state.keys.last_mut() {
            open.extend(&hashes, at);
        }
        let header = MessageHeader {
            account: item.account,
            instance: item.instance,
            queue: item.queue,
            durability: item.durability,
            durable_floor: state.marks.durable,
            queue_offset,
            stored_at_ms,
            tags_code: item.tags_code,
            peer: item.peer,
        };
        envelope::encode_message(&header, item.message, &hashes, record_position, state.active.epoch, &mut state.chunk);
        state.next += bytes as u64;
        state.last_end = state.next;
        if item.durability == Durability::Synced {
            state.sync_wanted = state.next;
        }
        state.newest_ms = state.newest_ms.max(Some(stored_at_ms));
        Appended { position, end: state.next, queue_offset, stored_at_ms }
    }

    /// Hands what is pending to the files, unless another thread is at it: then that one goes on
    /// with it.
    pub(crate) fn submit(&self) {
        let _whole = PoisonOnPanic::new(self, "a write");
        self.write_pending(&mut self.state.lock());
    }

    pub(crate) fn write_pending<'a>(&'a self, state: &mut MutexGuard<'a, State>) {
        if state.writing {
            return;
        }
        state.writing = true;
        while state.poisoned.is_none() {
            state.close_piece();
            if state.pending.is_empty() {
                break;
            }
            let spare = std::mem::take(&mut state.spare);
            let mut pieces = std::mem::replace(&mut state.pending, spare);
            state.pending_bytes = 0;
            // A sender who waits for a sync doesn't wait for zeros with it.
            let zeros = state.sync_wanted <= state.marks.durable;
            let written = MutexGuard::unlocked(state, || self.write_pieces(&pieces, zeros));
            if let Err(error) = written {
                MutexGuard::unlocked(state, || self.poison(&format!("writing the log failed: {error}")));
                break;
            }
            for piece in pieces.drain(..) {
                state.marks.written = piece.end();
                if !state.dirty.last().is_some_and(|last| Arc::ptr_eq(last, &piece.segment)) {
                    state.dirty.push(Arc::clone(&piece.segment));
                }
                state.tail_bytes += piece.bytes.len();
                state.tail.push_back(piece);
            }
            state.spare = pieces;
            state.trim_tail(self.config.tail_bytes);
            let first_unsynced = state.unsynced_since.is_none();
            if first_unsynced {
                state.unsynced_since = Some(Instant::now());
            }
            if first_unsynced || state.sync_wanted > state.marks.durable {
                self.sync_work.notify_one();
            }
            let marks = state.marks;
            MutexGuard::unlocked(state, || self.progress.advanced(marks));
        }
        state.writing = false;
        self.moved.notify_all();
    }

    fn write_pieces(&self, pieces: &[Piece], zeros: bool) -> io::Result<()> {
        for piece in pieces {
            let ahead = (zeros && piece.bytes.len() >= ZEROS_FROM_BYTES).then_some(&*self.zeros);
            piece.segment.write(&*self.medium, piece.position, &piece.bytes, ahead)?;
        }
        Ok(())
    }

    /// The log can't be written any more (R14).
    pub(crate) fn poison(&self, why: &str) {
        {
            let mut state = self.state.lock();
            if state.poisoned.is_some() {
                return;
            }
            state.poisoned = Some(Arc::from(why));
        }
        tracing::error!(why, "the log can't be written any more");
        self.moved.notify_all();
        self.sync_work.notify_all();
        self.file_work.notify_all();
        self.spare_work.notify_all();
        self.progress.poisoned(why);
    }

    pub(crate) fn poisoned(state: &State) -> Option<StoreError> {
        state.poisoned.as_ref().map(|why| StoreError::Poisoned { why: why.to_string() })
    }

    /// Makes the next segment ready. `making` keeps it to one thread at a time.
    pub(crate) fn make_segment<'a>(
        &'a self,
        state: &mut MutexGuard<'a, State>,
        zeros: Zeros,
    ) -> Result<(), StoreError> {
        let base = state.ready.back().unwrap_or(&state.active).end();
        let place = Place { base, epoch: self.epoch, capacity: self.config.segment_bytes };
        state.making = true;
        let pause = || self.pause_filling(zeros);
        let fill = if zeros == Zeros::None { Fill::Reserved } else { Fill::Zeros { pause: &pause } };
        let made = MutexGuard::unlocked(state, || {
            Segment::create(&*self.medium, &self.dirs.log, place, fill, self.clock.wall_ms())
        });
        state.making = false;
        state.segment_wanted = false;
        self.moved.notify_all();
        match made {
            Ok(segment) => {
                state.ready.push_back(Arc::new(segment));
                Ok(())
            }
            Err(error) if is_full(&error) => {
                state.refusing = true;
                Err(StoreError::Full)
            }
            Err(source) => {
                let file = format!("{base:016x}.log");
                Err(StoreError::Io { file, offset: 0, source })
            }
        }
    }

    /// Writes and syncs everything appended so far; returns the position it reaches.
    pub(crate) fn barrier(&self) -> Result<u64, StoreError> {
        let _whole = PoisonOnPanic::new(self, "a write");
        let mut state = self.state.lock();
        let (reached, end) = (state.next, state.last_end);
        self.write_pending(&mut state);
        state.sync_wanted = state.sync_wanted.max(end);
        self.sync_work.notify_one();
        while state.marks.durable < end {
            if let Some(error) = Self::poisoned(&state) {
                return Err(error);
            }
            self.moved.wait(&mut state);
        }
        Self::poisoned(&state).map_or(Ok(reached), Err)
    }
}

/// Poisons the store when its holder panics: what it was changing may be half changed, and nobody
/// would go on with it (R14, R28). Made before the lock is taken, so that it is free again.
pub(crate) struct PoisonOnPanic<'a> {
    core: &'a Core,
    what: &'static str,
    /// Called while another panic unwinds, which is nothing of ours.
    panicking: bool,
}

impl<'a> PoisonOnPanic<'a> {
    pub(crate) fn new(core: &'a Core, what: &'static str) -> Self {
        Self { core, what, panicking: std::thread::panicking() }
    }
}

impl Drop for PoisonOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() && !self.panicking {
            self.core.poison(&format!("{} of the store panicked", self.what));
        }
    }
}

pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn record_bytes(item: &Append<'_>) -> usize {
    HEADER_BYTES + item.message.len() + 8 * item.keys.len()
}

fn fill_in(message: &mut [u8], at: usize, number: i64) {
    if let Some(place) = message.get_mut(at..at + 8) {
        place.copy_from_slice(&number.to_be_bytes());
    }
}
