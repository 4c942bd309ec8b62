//! From a segment's records to its index files: replaying, writing, and building anew what is
//! missing or damaged. Used by recovery, by the sealer and by readers that find damage.

use std::path::PathBuf;
use std::sync::Arc;

use super::StoreError;
use super::envelope::{Ending, MessageHeader, RECORD_BYTES_MIN};
use super::index_file::{self, Directory, HEADER_BYTES, ROW_BYTES, RowSource};
use super::key_file;
use super::key_index::KeyEntry;
use super::medium::Medium;
use super::open::write_whole;
use super::queue_index::{Entry, Queue, Queues, Skip};
use super::recovery::{self, Dirs};
use super::scan::{self, Event, NewerRecord};
use super::segment::{END_BYTES, Place, Segment};

/// What replaying a segment found.
pub(crate) struct Replayed {
    pub(crate) keys: Vec<KeyEntry>,
    pub(crate) damaged: Vec<(u64, u64)>,
    /// Behind the last record that counts.
    pub(crate) end: u64,
    pub(crate) ending: Option<Ending>,
    /// The log ends in the segment, before bytes that are no record.
    pub(crate) cut: bool,
    /// Bytes behind the cut that are not zeros.
    pub(crate) cut_bytes: u64,
    pub(crate) scanned_bytes: u64,
    pub(crate) newest_ms: Option<i64>,
}

/// Adds a segment's records to the queues. Bad bytes below `floor` are damage and passed; at the
/// first above it the log ends.
pub(crate) fn replay(
    medium: &dyn Medium,
    segment: &Arc<Segment>,
    floor: u64,
    queues: &mut Queues,
) -> Result<Replayed, ReplayError> {
    let file = segment.file(medium).map_err(|source| segment.error(segment.base, source))?;
    let mut found = Replayed {
        keys: Vec::new(),
        damaged: Vec::new(),
        end: segment.first(),
        ending: None,
        cut: false,
        cut_bytes: 0,
        scanned_bytes: 0,
        newest_ms: None,
    };
    let scanned = scan::scan(&*file, segment, &mut |event| found.take(segment, floor, queues, event));
    found.scanned_bytes = scanned.map_err(ReplayError::Newer)?;
    Ok(found)
}

/// Why a segment could not be replayed.
pub(crate) enum ReplayError {
    Newer(NewerRecord),
    Store(StoreError),
}

impl From<StoreError> for ReplayError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Replayed {
    fn take(&mut self, segment: &Arc<Segment>, floor: u64, queues: &mut Queues, event: Event<'_>) {
        match event {
            Event::Message { message_bytes, hashes, .. } if self.cut => {
                self.cut_bytes += (super::envelope::HEADER_BYTES + message_bytes + 8 * hashes.len()) as u64;
            }
            Event::Bad { from, until, zeros, .. } if self.cut => {
                self.cut_bytes += if zeros { 0 } else { until - from };
            }
            Event::End { .. } if self.cut => self.cut_bytes += END_BYTES,
            Event::Message { position, header, message_bytes, hashes } => {
                self.message(segment, queues, position, &header, message_bytes, hashes);
            }
            Event::Bad { from, until, last, .. } if from < floor => {
                // Nothing was promised behind the floor.
                let until = if last { until.min(floor) } else { until };
                self.damaged.push((from, until));
                self.end = until;
                queues.skip(Skip { any: records_in(until - from), written: 0 });
            }
            Event::Bad { from, until, zeros, .. } => {
                self.end = from;
                self.cut = true;
                self.cut_bytes += if zeros { 0 } else { until - from };
            }
            Event::End { position, ending, .. } => {
                self.end = position + END_BYTES;
                self.ending = Some(ending);
                if let Ending::Recovered { given_out } = ending {
                    queues.skip(lost(position, given_out));
                }
            }
        }
    }

    fn message(
        &mut self,
        segment: &Arc<Segment>,
        queues: &mut Queues,
        position: u64,
        header: &MessageHeader,
        message_bytes: usize,
        hashes: &[u64],
    ) {
        let at = u32::try_from(position - segment.base).unwrap_or(u32::MAX);
        let entry = Entry::new(at, message_bytes, hashes.len(), header.tags_code, header.stored_at_ms);
        self.end = segment.base + entry.end();
        let queue = queues.by_key.entry(header.queue).or_default();
        if header.queue_offset < queue.end.next {
            tracing::error!(position, offset = header.queue_offset, "a second record for an offset is left out");
            return;
        }
        queue.push(segment, header.queue_offset, entry);
        self.keys.extend(hashes.iter().map(|hash| KeyEntry { hash: *hash, at }));
        self.newest_ms = self.newest_ms.max(Some(header.stored_at_ms));
    }
}

/// Records from `from` on may have been read by somebody, up to `given_out`, and are gone.
pub(crate) fn lost(from: u64, given_out: u64) -> Skip {
    Skip { any: 0, written: records_in(given_out.saturating_sub(from)) }
}

/// More records than can lie in so many bytes.
fn records_in(bytes: u64) -> i64 {
    i64::try_from(bytes / RECORD_BYTES_MIN + 1).unwrap_or(i64::MAX)
}

/// Where every queue stood when a segment ended, with its runs in the segment.
pub(crate) fn rows(queues: &Queues, base: u64) -> Vec<RowSource> {
    let mut rows = Vec::with_capacity(queues.by_key.len());
    for (key, queue) in &queues.by_key {
        add_rows(*key, queue, base, &mut rows);
    }
    rows
}

fn add_rows(key: crate::types::QueueKey, queue: &Queue, base: u64, rows: &mut Vec<RowSource>) {
    let end = queue.end_of(base);
    let mut total = queue.sealed.total;
    let runs = queue.runs.iter().take_while(|run| run.segment.base <= base).filter(|run| run.segment.base == base);
    let mut last = None;
    for run in runs {
        total += run.entries.len() as u64;
        let end = super::queue_index::QueueEnd {
            next: run.end(),
            skip: Skip::default(),
            last_stored_at_ms: run.entries.last().map_or(0, |entry| entry.stored_at_ms),
            total,
        };
        last = Some(rows.len());
        rows.push(RowSource { queue: key, first: run.first, entries: Some(Arc::clone(&run.entries)), end });
    }
    match last.and_then(|last| rows.get_mut(last)) {
        Some(row) => row.end = end,
        None => rows.push(RowSource { queue: key, first: end.next, entries: None, end }),
    }
}

/// Writes the index files of a segment, which is the oldest of the queues without them.
pub(crate) fn seal(
    medium: &dyn Medium,
    dirs: &Dirs,
    segment: &Segment,
    end: u64,
    queues: &Queues,
    keys: Vec<KeyEntry>,
) -> Result<(), StoreError> {
    write(medium, dirs, segment, end, queues.unknown, rows(queues, segment.base), keys)
}

/// Writes both index files of a segment.
pub(crate) fn write(
    medium: &dyn Medium,
    dirs: &Dirs,
    segment: &Segment,
    end: u64,
    unknown: Skip,
    rows: Vec<RowSource>,
    keys: Vec<KeyEntry>,
) -> Result<(), StoreError> {
    let Segment { base, epoch, capacity, .. } = *segment;
    // The index file comes last: where it is, both are.
    write_whole(medium, &dirs.index, &key_name(base), &key_file::encode(base, keys))?;
    let bytes = index_file::encode(Place { base, epoch, capacity }, end, unknown, rows);
    write_whole(medium, &dirs.index, &index_name(base), &bytes)
}

pub(crate) fn index_name(base: u64) -> String {
    format!("{base:016x}.idx")
}

pub(crate) fn key_name(base: u64) -> String {
    format!("{base:016x}.key")
}

pub(crate) fn index_path(dirs: &Dirs, base: u64) -> PathBuf {
    dirs.index.join(index_name(base))
}

/// The header of a segment's index file; `None`: missing, damaged or not to be read.
pub(crate) fn load_header(medium: &dyn Medium, dirs: &Dirs, segment: &Segment) -> Option<index_file::Header> {
    let file = medium.open(&index_path(dirs, segment.base)).ok()?;
    let mut bytes = [0; HEADER_BYTES];
    let read = file.read_at(&mut bytes, 0).ok()?;
    let header = index_file::decode_header(bytes.get(..read)?)?;
    ((header.base, header.epoch) == (segment.base, segment.epoch)).then_some(header)
}

/// Header and rows of a segment's index file; `None`: missing or damaged.
pub(crate) fn load(medium: &dyn Medium, dirs: &Dirs, segment: &Segment) -> Result<Option<Directory>, StoreError> {
    let path = index_path(dirs, segment.base);
    let failed = |source| StoreError::Io { file: index_name(segment.base), offset: 0, source };
    let file = match medium.open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    // An index that can't be read is as good as a damaged one: it is built anew.
    let read = |offset: u64, count: usize| {
        let mut bytes = vec![0; count];
        let read = file.read_at(&mut bytes, offset).unwrap_or(0);
        bytes.truncate(read);
        bytes
    };
    let header = index_file::decode_header(&read(0, HEADER_BYTES));
    let Some(header) = header.filter(|header| (header.base, header.epoch) == (segment.base, segment.epoch)) else {
        return Ok(None);
    };
    let count = header.rows as usize * ROW_BYTES;
    if count as u64 > file.size().unwrap_or(0) {
        return Ok(None);
    }
    let rows = index_file::decode_rows(&header, &read(HEADER_BYTES as u64, count));
    Ok(rows.map(|rows| Directory { header, rows }))
}

/// The index of one of the sealed segments, built anew when it is missing or damaged, and with it
/// those before it that are.
pub(crate) fn load_or_rebuild(
    medium: &dyn Medium,
    dirs: &Dirs,
    sealed: &[Arc<Segment>],
    index: usize,
    rebuilt: &mut Vec<String>,
) -> Result<Directory, StoreError> {
    let mut sound = None;
    let mut from = index + 1;
    while let Some(segment) = from.checked_sub(1).and_then(|before| sealed.get(before)) {
        sound = load(medium, dirs, segment)?;
        if sound.is_some() {
            break;
        }
        from -= 1;
    }
    for segment in sealed.get(from..=index).unwrap_or_default() {
        rebuilt.push(format!("index files of segment {:016x}", segment.base));
        sound = Some(rebuild(medium, dirs, sound.as_ref(), segment)?);
    }
    sound.ok_or_else(|| StoreError::Corrupt {
        file: "index".to_owned(),
        offset: 0,
        expected: format!("more than {index} sealed segments"),
        found: format!("{}", sealed.len()),
    })
}

/// Builds the index files of a segment from its records and the index before it.
pub(crate) fn rebuild(
    medium: &dyn Medium,
    dirs: &Dirs,
    before: Option<&Directory>,
    segment: &Arc<Segment>,
) -> Result<Directory, StoreError> {
    tracing::warn!(base = segment.base, "the index files of a segment are built anew");
    let mut queues = before.map(queues_at_end).unwrap_or_default();
    // All of a sealed segment was on the disk: whatever is no record is damage.
    let replayed = replay(medium, segment, u64::MAX, &mut queues).map_err(|error| match error {
        ReplayError::Store(error) => error,
        ReplayError::Newer(record) => StoreError::Corrupt {
            file: super::segment::name(&segment.path),
            offset: record.position - segment.base,
            expected: "a kind of record this version knows".to_owned(),
            found: format!("kind {}, version {}", record.kind, record.version),
        },
    })?;
    for (from, until) in &replayed.damaged {
        recovery::quarantine(medium, dirs, segment, *from, *until)?;
    }
    seal(medium, dirs, segment, replayed.end, &queues, replayed.keys)?;
    load(medium, dirs, segment)?.ok_or_else(|| StoreError::Corrupt {
        file: index_name(segment.base),
        offset: 0,
        expected: "the index file just written".to_owned(),
        found: "another".to_owned(),
    })
}

/// The queues as an index file leaves them.
pub(crate) fn queues_at_end(directory: &Directory) -> Queues {
    let mut queues = Queues { unknown: directory.header.unknown, ..Queues::default() };
    for row in &directory.rows {
        // The last row of a queue counts.
        queues.by_key.insert(row.queue, Queue::at_end_of_sealed(row.end));
    }
    queues
}
