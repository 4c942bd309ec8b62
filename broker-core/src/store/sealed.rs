//! Searching the sealed part of the log through its index files. Nothing here takes the lock of
//! the log's head for longer than to note damage.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use super::StoreError;
use super::index_file::{self, Directory, ENTRY_BYTES, Row};
use super::log::Core;
use super::queue_index::Entry;
use super::seal;
use super::segment::Segment;
use crate::types::QueueKey;

/// Bytes of entries kept in memory.
const RUN_BYTES_MAX: usize = 8 << 20;
/// Bytes of index rows kept in memory: with tens of thousands of queues one directory takes
/// megabytes, and a search for a queue's place looks into the logarithm of their number.
const DIRECTORY_BYTES_MAX: usize = 64 << 20;
/// One of them counts as this part of all at least, so that their number is bounded too.
const PARTS_MAX: usize = 1_024;
/// Sealed segments whose file stays open.
const HANDLES_MAX: usize = 64;

/// Sealed segments, oldest first.
pub(crate) type SealedSegments = Arc<Vec<Arc<Segment>>>;

/// A run found in an index file.
pub(crate) struct SealedRun {
    pub(crate) segment: Arc<Segment>,
    pub(crate) row: Row,
    pub(crate) entries: Vec<Entry>,
}

impl SealedRun {
    pub(crate) fn first(&self) -> i64 {
        self.row.first
    }

    pub(crate) fn end(&self) -> i64 {
        self.row.run_end()
    }

    /// Records of the queue, ever, before this run.
    pub(crate) fn total_before(&self) -> u64 {
        self.row.end.total.saturating_sub(self.entries.len() as u64)
    }
}

/// Base of the segment and first entry of a run.
type RunKey = (u64, u32);

/// What has been read of index files lately.
pub(crate) struct Caches {
    directories: Mutex<Recent<u64, Arc<Directory>>>,
    runs: Mutex<Recent<RunKey, Arc<SealedRun>>>,
    handles: Mutex<VecDeque<Arc<Segment>>>,
    rebuilding: Mutex<()>,
}

impl Caches {
    pub(crate) fn new() -> Self {
        Self {
            directories: Mutex::new(Recent::new(DIRECTORY_BYTES_MAX)),
            runs: Mutex::new(Recent::new(RUN_BYTES_MAX)),
            handles: Mutex::new(VecDeque::new()),
            rebuilding: Mutex::new(()),
        }
    }

    pub(crate) fn forget(&self, base: u64) {
        self.directories.lock().remove_if(|held| *held == base);
        self.runs.lock().remove_if(|(held, _)| *held == base);
        self.handles.lock().retain(|held| held.base != base);
    }

    /// Notes that a sealed segment's file was opened; closes the one opened longest ago.
    pub(crate) fn opened(&self, segment: &Arc<Segment>) {
        let mut handles = self.handles.lock();
        handles.push_back(Arc::clone(segment));
        if handles.len() > HANDLES_MAX
            && let Some(oldest) = handles.pop_front()
        {
            oldest.release();
        }
    }
}

/// Least recently used values, bounded by bytes.
struct Recent<K, V> {
    /// Newest last.
    held: VecDeque<(K, V, usize)>,
    bytes: usize,
    bytes_max: usize,
}

impl<K: PartialEq + Copy, V: Clone> Recent<K, V> {
    fn new(bytes_max: usize) -> Self {
        Self { held: VecDeque::new(), bytes: 0, bytes_max }
    }

    fn get(&mut self, key: K) -> Option<V> {
        self.find(|held, _| *held == key)
    }

    fn find(&mut self, wanted: impl Fn(&K, &V) -> bool) -> Option<V> {
        let at = self.held.iter().rposition(|(key, value, _)| wanted(key, value))?;
        let found = self.held.remove(at)?;
        let value = found.1.clone();
        self.held.push_back(found);
        Some(value)
    }

    fn put(&mut self, key: K, value: V, bytes: usize) {
        self.remove_if(|held| *held == key);
        let bytes = bytes.max(self.bytes_max / PARTS_MAX);
        self.held.push_back((key, value, bytes));
        self.bytes += bytes;
        while self.bytes > self.bytes_max && self.held.len() > 1 {
            if let Some((_, _, bytes)) = self.held.pop_front() {
                self.bytes -= bytes;
            }
        }
    }

    fn remove_if(&mut self, gone: impl Fn(&K) -> bool) {
        let bytes = &mut self.bytes;
        self.held.retain(|(key, _, size)| {
            let stays = !gone(key);
            if !stays {
                *bytes -= size;
            }
            stays
        });
    }
}

impl Core {
    pub(crate) fn directory(&self, sealed: &[Arc<Segment>], index: usize) -> Result<Arc<Directory>, StoreError> {
        let Some(segment) = sealed.get(index) else { return Err(no_segment(index)) };
        if let Some(directory) = self.caches.directories.lock().get(segment.base) {
            return Ok(directory);
        }
        let mut rebuilt = Vec::new();
        let directory = match seal::load(&*self.medium, &self.dirs, segment)? {
            Some(directory) => directory,
            None => {
                let _one_at_a_time = self.caches.rebuilding.lock();
                seal::load_or_rebuild(&*self.medium, &self.dirs, sealed, index, &mut rebuilt)?
            }
        };
        Ok(self.keep(directory))
    }

    fn keep(&self, directory: Directory) -> Arc<Directory> {
        let directory = Arc::new(directory);
        let bytes = directory.rows.len() * std::mem::size_of::<Row>() + 128;
        self.caches.directories.lock().put(directory.header.base, Arc::clone(&directory), bytes);
        directory
    }

    /// Builds the index files of a sealed segment anew.
    pub(crate) fn rebuild(&self, sealed: &[Arc<Segment>], index: usize) -> Result<Arc<Directory>, StoreError> {
        let Some(segment) = sealed.get(index) else { return Err(no_segment(index)) };
        let before = match index.checked_sub(1) {
            Some(before) => Some(self.directory(sealed, before)?),
            None => None,
        };
        let _one_at_a_time = self.caches.rebuilding.lock();
        self.caches.forget(segment.base);
        let directory = seal::rebuild(&*self.medium, &self.dirs, before.as_deref(), segment)?;
        Ok(self.keep(directory))
    }

    fn entries_of(&self, sealed: &[Arc<Segment>], index: usize, row: &Row) -> Result<Arc<SealedRun>, StoreError> {
        let Some(segment) = sealed.get(index) else { return Err(no_segment(index)) };
        if let Some(run) = self.caches.runs.lock().get((segment.base, row.first_entry)) {
            return Ok(run);
        }
        if let Some(entries) = self.load_entries(segment, row) {
            return Ok(self.keep_run(segment, *row, entries));
        }
        let directory = self.rebuild(sealed, index)?;
        let again = directory.of(row.queue).iter().find(|again| again.run_end() > row.first);
        let entries = again.and_then(|again| Some((*again, self.load_entries(segment, again)?)));
        entries.map(|(row, entries)| self.keep_run(segment, row, entries)).ok_or_else(|| StoreError::Corrupt {
            file: seal::index_name(segment.base),
            offset: 0,
            expected: format!("entries of queue {:?} from {}", row.queue, row.first),
            found: "none after building the file anew".to_owned(),
        })
    }

    fn keep_run(&self, segment: &Arc<Segment>, row: Row, entries: Vec<Entry>) -> Arc<SealedRun> {
        let bytes = entries.len() * ENTRY_BYTES;
        let run = Arc::new(SealedRun { segment: Arc::clone(segment), row, entries });
        self.caches.runs.lock().put((segment.base, row.first_entry), Arc::clone(&run), bytes);
        run
    }

    fn load_entries(&self, segment: &Segment, row: &Row) -> Option<Vec<Entry>> {
        let file = self.medium.open(&seal::index_path(&self.dirs, segment.base)).ok()?;
        let mut header = [0; index_file::HEADER_BYTES];
        file.read_at(&mut header, 0).ok()?;
        let header = index_file::decode_header(&header)?;
        let mut bytes = vec![0; row.count as usize * ENTRY_BYTES];
        let read = file.read_at(&mut bytes, index_file::entries_at(&header, row)).ok()?;
        bytes.truncate(read);
        index_file::decode_entries(row, &bytes)
    }

    /// The first sealed segment at whose end `beyond` holds for the queue; it holds for all later
    /// ones then.
    fn first_segment(
        &self,
        sealed: &[Arc<Segment>],
        queue: QueueKey,
        beyond: impl Fn(&Row) -> bool,
    ) -> Result<usize, StoreError> {
        let (mut low, mut high) = (0, sealed.len());
        while low < high {
            let middle = low + (high - low) / 2;
            let directory = self.directory(sealed, middle)?;
            if directory.of(queue).last().is_some_and(&beyond) { high = middle } else { low = middle + 1 }
        }
        Ok(low)
    }

    /// The run that holds an offset, or the first behind it.
    pub(crate) fn sealed_run(
        &self,
        sealed: &[Arc<Segment>],
        queue: QueueKey,
        offset: i64,
    ) -> Result<Option<Arc<SealedRun>>, StoreError> {
        // Whoever reads on finds the run it was in.
        let holds =
            |_: &RunKey, run: &Arc<SealedRun>| run.row.queue == queue && run.first() <= offset && offset < run.end();
        if let Some(run) = self.caches.runs.lock().find(holds) {
            return Ok(Some(run));
        }
        let from = self.first_segment(sealed, queue, |row| row.end.next > offset)?;
        for index in from..sealed.len() {
            let directory = self.directory(sealed, index)?;
            if let Some(row) = directory.of(queue).iter().find(|row| row.count > 0 && row.run_end() > offset) {
                return self.entries_of(sealed, index, row).map(Some);
            }
        }
        Ok(None)
    }

    /// The first sealed record of a queue stored at or after a time, with its run.
    pub(crate) fn sealed_by_time(
        &self,
        sealed: &[Arc<Segment>],
        queue: QueueKey,
        passes: impl Fn(i64) -> bool,
    ) -> Result<Option<i64>, StoreError> {
        let from = self.first_segment(sealed, queue, |row| passes(row.end.last_stored_at_ms))?;
        for index in from..sealed.len() {
            let directory = self.directory(sealed, index)?;
            let passing = |row: &&Row| row.count > 0 && passes(row.end.last_stored_at_ms);
            if let Some(row) = directory.of(queue).iter().find(passing) {
                let run = self.entries_of(sealed, index, row)?;
                let at = run.entries.partition_point(|entry| !passes(entry.stored_at_ms));
                return Ok(Some(run.first() + at as i64));
            }
        }
        Ok(None)
    }

    /// The first sealed record of a queue whose message lies at or after a position.
    pub(crate) fn sealed_by_position(
        &self,
        sealed: &[Arc<Segment>],
        queue: QueueKey,
        position: u64,
    ) -> Result<Option<i64>, StoreError> {
        let from = sealed.partition_point(|segment| segment.end() <= position);
        let Some(segment) = sealed.get(from) else { return Ok(None) };
        let directory = self.directory(sealed, from)?;
        for row in directory.of(queue).iter().filter(|row| row.count > 0) {
            let run = self.entries_of(sealed, from, row)?;
            let before =
                |entry: &Entry| segment.base + u64::from(entry.at) + (super::envelope::HEADER_BYTES as u64) < position;
            let at = run.entries.partition_point(before);
            if at < run.entries.len() {
                return Ok(Some(run.first() + at as i64));
            }
        }
        let next = directory.of(queue).last().map_or(0, |row| row.end.next);
        Ok(self.sealed_run(sealed, queue, next)?.map(|run| run.first()))
    }

    /// The last sealed offset with a record before `offset`.
    pub(crate) fn sealed_before(
        &self,
        sealed: &[Arc<Segment>],
        queue: QueueKey,
        offset: i64,
    ) -> Result<Option<i64>, StoreError> {
        let index = self.first_segment(sealed, queue, |row| row.end.next > offset)?;
        if index < sealed.len() {
            let directory = self.directory(sealed, index)?;
            let row = directory.of(queue).iter().rev().find(|row| row.count > 0 && row.first < offset);
            if let Some(row) = row {
                return Ok(Some(row.run_end().min(offset) - 1));
            }
        }
        let Some(before) = index.checked_sub(1) else { return Ok(None) };
        let directory = self.directory(sealed, before)?;
        Ok(directory.of(queue).last().filter(|row| row.end.total > 0).map(|row| row.end.next - 1))
    }
}

fn no_segment(index: usize) -> StoreError {
    StoreError::Corrupt {
        file: "index".to_owned(),
        offset: 0,
        expected: format!("a sealed segment number {index}"),
        found: "none".to_owned(),
    }
}
