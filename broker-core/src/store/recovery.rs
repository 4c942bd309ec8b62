//! What the last run left, made whole again: finds the end of the log, tells a torn tail from
//! damage, and builds what is derived. Runs before the first reader, in one thread.
//!
//! - RC-1: a record below the durable floor is never cut. Bad bytes below it are damage: they are
//!   copied to `quarantine/` and named, all other records are kept (R13).
//! - RC-2: what lies above the floor is written and synced again before anybody reads it; after a
//!   failed sync the page cache proves nothing (R3).
//! - RC-3: recovering twice gives what recovering once gives: every ended segment ends with a
//!   record that says how.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::envelope::{self, Ending};
use super::medium::Medium;
use super::queue_index::Queues;
use super::scan::{self, Event, NewerRecord};
use super::seal::{self, ReplayError};
use super::segment::{self, END_BYTES, Head, Segment};
use super::{OpenError, RecoveryReport, StoreError};

/// The log as it is to go on: sealed to its end.
pub(crate) struct Recovered {
    pub(crate) queues: Queues,
    pub(crate) sealed: Vec<Arc<Segment>>,
    /// Bytes of the files of the sealed segments.
    pub(crate) sealed_bytes: u64,
    /// Where the next segment starts.
    pub(crate) next_base: u64,
    /// Number of the last run.
    pub(crate) run: u32,
    pub(crate) newest_ms: Option<i64>,
    pub(crate) report: RecoveryReport,
}

/// Folders of the store.
pub(crate) struct Dirs {
    pub(crate) root: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) index: PathBuf,
    pub(crate) state: PathBuf,
    pub(crate) quarantine: PathBuf,
}

/// `floor`: how far the log was on the disk for certain, from the checkpoint.
pub(crate) fn recover(
    medium: &dyn Medium,
    dirs: &Dirs,
    segment_bytes: u64,
    floor: u64,
) -> Result<Recovered, OpenError> {
    let mut segments = list(medium, &dirs.log, segment_bytes)?;
    let next_base = segments.iter().map(|segment| segment.end()).max().unwrap_or(0).max(floor);
    let run = segments.iter().map(|segment| segment.epoch >> 32).max().unwrap_or(0);
    let indexes: HashSet<String> = names(medium, &dirs.index)?.into_iter().collect();
    remove_orphans(medium, dirs, &segments, &indexes)?;
    let is_sealed = |segment: &Arc<Segment>| indexes.contains(&seal::index_name(segment.base));
    let sealed_count = segments.iter().rposition(is_sealed).map_or(0, |last| last + 1);
    let tail = segments.split_off(sealed_count);
    let mut recovered = Recovered {
        queues: Queues::default(),
        sealed: segments,
        sealed_bytes: 0,
        next_base,
        run: u32::try_from(run).unwrap_or(u32::MAX),
        newest_ms: None,
        report: RecoveryReport { clean: true, ..RecoveryReport::default() },
    };
    let mut last_epoch = None;
    if let Some(last) = recovered.sealed.len().checked_sub(1) {
        let rebuilt = &mut recovered.report.rebuilt;
        let directory = seal::load_or_rebuild(medium, dirs, &recovered.sealed, last, rebuilt)?;
        recovered.queues = seal::queues_at_end(&directory);
        // Not of the directory's segment alone: that one may hold no record.
        recovered.newest_ms = recovered.queues.by_key.values().map(|queue| queue.end.last_stored_at_ms).max();
        last_epoch = ended_run(medium, &recovered.sealed, directory.header.end)?;
    }
    let (floor, unused) = durable_floor(medium, &tail, floor, &mut recovered.report)?;
    let mut replay = Replay { medium, dirs, floor, unused, recovered };
    replay.run(tail, last_epoch)?;
    let mut recovered = replay.recovered;
    set_mins(medium, dirs, &mut recovered)?;
    for segment in &recovered.sealed {
        recovered.sealed_bytes += file_bytes(medium, segment);
        segment.release();
    }
    recovered.report.quarantined = quarantined(medium, dirs)?;
    Ok(recovered)
}

/// The epoch of the last sealed segment when its run ended there.
fn ended_run(medium: &dyn Medium, sealed: &[Arc<Segment>], end: u64) -> Result<Option<u64>, OpenError> {
    let Some(segment) = sealed.last() else { return Ok(None) };
    let Some(position) = end.checked_sub(END_BYTES).filter(|position| *position >= segment.first()) else {
        return Ok(None);
    };
    let file = segment.file(medium).map_err(|source| io_error(&segment.path, source))?;
    let mut record = [0; envelope::HEADER_BYTES];
    let read = file.read_at(&mut record, position - segment.base).unwrap_or(0);
    let content = envelope::verify(record.get(..read).unwrap_or_default(), position, segment.epoch);
    let ended = matches!(content, Ok(envelope::Content::End { ending: Ending::Closed | Ending::Recovered { .. }, .. }));
    Ok(ended.then_some(segment.epoch))
}

/// The first offset of each queue that is still there.
fn set_mins(medium: &dyn Medium, dirs: &Dirs, recovered: &mut Recovered) -> Result<(), OpenError> {
    if recovered.sealed.is_empty() {
        return Ok(());
    }
    let oldest = seal::load_or_rebuild(medium, dirs, &recovered.sealed, 0, &mut recovered.report.rebuilt)?;
    recovered.queues.set_mins(&oldest);
    Ok(())
}

/// The highest durable floor that the log names; it rises along the log, so the newest segment
/// with records has it. And the bases of the segments behind that, where they hold nothing.
fn durable_floor(
    medium: &dyn Medium,
    tail: &[Arc<Segment>],
    mut floor: u64,
    report: &mut RecoveryReport,
) -> Result<(u64, Vec<u64>), OpenError> {
    let mut unused = Vec::new();
    for segment in tail.iter().rev() {
        let file = segment.file(medium).map_err(|source| io_error(&segment.path, source))?;
        let (mut records, mut bytes) = (false, false);
        let scanned = scan::scan(&*file, segment, &mut |event| match event {
            Event::Message { header, .. } => {
                records = true;
                floor = floor.max(header.durable_floor);
            }
            Event::End { durable_floor, .. } => {
                records = true;
                floor = floor.max(durable_floor);
            }
            Event::Bad { zeros, .. } => bytes |= !zeros,
        });
        report.scanned_bytes += scanned.map_err(|record| newer_record(segment, &record))?;
        if records {
            break;
        }
        if !bytes {
            unused.push(segment.base);
        }
    }
    Ok((floor, unused))
}

/// The segments of a folder, oldest first. Files that were being made are removed.
fn list(medium: &dyn Medium, dir: &Path, segment_bytes: u64) -> Result<Vec<Arc<Segment>>, OpenError> {
    let mut places = Vec::new();
    for name in medium.list(dir).map_err(|source| io_error(dir, source))? {
        if let Some(place) = segment::parse_name(&name) {
            places.push(place);
        } else if name.ends_with(".tmp") {
            let path = dir.join(name);
            medium.remove(&path).map_err(|source| io_error(&path, source))?;
        }
    }
    places.sort_unstable();
    let mut segments = Vec::with_capacity(places.len());
    for (index, (base, epoch)) in places.iter().copied().enumerate() {
        let probe = Segment::existing(dir, base, epoch, segment_bytes);
        let file = probe.file(medium).map_err(|source| io_error(&probe.path, source))?;
        let capacity = match segment::read_head(&*file, base, epoch) {
            Head::Valid { capacity } => capacity,
            Head::Newer { version } => {
                return Err(newer(format!("segment version {version} in {}", segment::name(&probe.path))));
            }
            // The name says the same, but for the capacity: the next segment starts where it ends.
            Head::Damaged => {
                let following = places.get(index + 1).map(|(next, _)| next.saturating_sub(base));
                let size = file.size().unwrap_or(0);
                tracing::warn!(segment = %segment::name(&probe.path), "the header page is damaged: the name is used");
                following.unwrap_or(segment_bytes).max(size).max(segment::HEADER_PAGE + END_BYTES)
            }
        };
        segments.push(Arc::new(Segment::existing(dir, base, epoch, capacity)));
    }
    Ok(segments)
}

struct Replay<'a> {
    medium: &'a dyn Medium,
    dirs: &'a Dirs,
    floor: u64,
    /// Bases of segments known to hold nothing.
    unused: Vec<u64>,
    recovered: Recovered,
}

/// How far the replay of the tail has come.
enum Reached {
    /// More segments may follow.
    Open,
    /// A run ended here in order; later segments of its epoch hold nothing.
    Ended { epoch: u64 },
    /// The log ends here; nothing behind it is kept.
    Cut,
}

impl Replay<'_> {
    fn run(&mut self, tail: Vec<Arc<Segment>>, ended: Option<u64>) -> Result<(), OpenError> {
        let mut reached = ended.map_or(Reached::Open, |epoch| Reached::Ended { epoch });
        for segment in tail {
            let leftover = match reached {
                Reached::Open => false,
                Reached::Ended { epoch } => epoch == segment.epoch,
                Reached::Cut => true,
            };
            if leftover {
                self.drop_segment(&segment)?;
            } else {
                reached = self.segment(segment)?;
            }
        }
        Ok(())
    }

    fn segment(&mut self, segment: Arc<Segment>) -> Result<Reached, OpenError> {
        let queues = &mut self.recovered.queues;
        let replayed = seal::replay(self.medium, &segment, self.floor, queues).map_err(|error| match error {
            ReplayError::Newer(record) => newer_record(&segment, &record),
            ReplayError::Store(error) => OpenError::Store(error),
        })?;
        let report = &mut self.recovered.report;
        report.scanned_bytes += replayed.scanned_bytes;
        report.cut_bytes += replayed.cut_bytes;
        self.recovered.newest_ms = self.recovered.newest_ms.max(replayed.newest_ms);
        for (from, until) in &replayed.damaged {
            quarantine(self.medium, self.dirs, &segment, *from, *until)?;
        }
        let mut end = replayed.end;
        write_again(self.medium, &segment, self.floor, end)?;
        let reached = match replayed.ending {
            Some(Ending::Rolled) => Reached::Open,
            Some(Ending::Closed) => Reached::Ended { epoch: segment.epoch },
            Some(Ending::Recovered { .. }) => {
                // A start got this far and no further.
                report.clean = false;
                Reached::Ended { epoch: segment.epoch }
            }
            // The end record is damaged, but the log went on behind this segment.
            None if !replayed.cut && self.floor >= segment.end() => Reached::Open,
            None => {
                self.end_here(&segment, &mut end)?;
                Reached::Cut
            }
        };
        seal::seal(self.medium, self.dirs, &segment, end, &self.recovered.queues, replayed.keys)?;
        for queue in self.recovered.queues.by_key.values_mut() {
            queue.seal(segment.base);
        }
        self.recovered.sealed.push(segment);
        Ok(reached)
    }

    /// Ends the log in this segment, at `end`.
    fn end_here(&mut self, segment: &Segment, end: &mut u64) -> Result<(), OpenError> {
        self.recovered.report.clean = false;
        let given_out = self.recovered.next_base;
        self.recovered.queues.skip(seal::lost(*end, given_out));
        let offset = *end - segment.base;
        let file = segment.file(self.medium).map_err(|source| io_error(&segment.path, source))?;
        // The end record is written first: a crash in between leaves an end, not a shorter file
        // whose end nobody knows.
        let record = envelope::encode_end(Ending::Recovered { given_out }, *end, *end, segment.epoch);
        file.write_all_at(&record, offset)
            .and_then(|()| file.sync())
            .and_then(|()| file.truncate(offset + END_BYTES))
            .and_then(|()| file.sync())
            .map_err(|source| segment.error(*end, source))?;
        *end += END_BYTES;
        Ok(())
    }

    /// Bytes of records and of what is none in a segment.
    fn held(&mut self, segment: &Segment) -> Result<u64, OpenError> {
        let file = segment.file(self.medium).map_err(|source| io_error(&segment.path, source))?;
        let mut held = 0;
        let scanned = scan::scan(&*file, segment, &mut |event| match event {
            Event::Message { message_bytes, hashes, .. } => {
                held += (envelope::HEADER_BYTES + message_bytes + 8 * hashes.len()) as u64;
            }
            Event::Bad { from, until, zeros: false, .. } => held += until - from,
            Event::Bad { .. } | Event::End { .. } => {}
        });
        self.recovered.report.scanned_bytes += scanned.map_err(|record| newer_record(segment, &record))?;
        Ok(held)
    }

    /// A segment behind the end of the log: removed when it holds nothing, kept aside otherwise.
    fn drop_segment(&mut self, segment: &Segment) -> Result<(), OpenError> {
        let held = if self.unused.contains(&segment.base) { 0 } else { self.held(segment)? };
        self.recovered.report.cut_bytes += held;
        segment.release();
        let done = if held == 0 {
            self.medium.remove(&segment.path)
        } else {
            let aside = self.dirs.quarantine.join(format!("cut-{}", segment::name(&segment.path)));
            self.medium.rename(&segment.path, &aside).and_then(|()| self.medium.sync_dir(&self.dirs.quarantine))
        };
        done.and_then(|()| self.medium.sync_dir(&self.dirs.log)).map_err(|source| io_error(&segment.path, source))
    }
}

/// Read at once where a longer read failed.
const BLOCK: usize = 4096;
/// Copied at once to the quarantine.
const COPY_BYTES: usize = 64 << 10;

/// RC-2: what lies above the floor.
fn write_again(medium: &dyn Medium, segment: &Segment, floor: u64, end: u64) -> Result<(), OpenError> {
    let mut at = segment.first().max(floor);
    if at >= end {
        return Ok(());
    }
    let file = segment.file(medium).map_err(|source| io_error(&segment.path, source))?;
    let mut bytes = vec![0; 1 << 20];
    while at < end {
        let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(bytes.len());
        let part = bytes.get_mut(..count).unwrap_or_default();
        let offset = at - segment.base;
        let read = match file.read_at(part, offset) {
            Ok(read) => read,
            // All of it could be read a moment ago. Block by block; one that can't is left as it is:
            // its readers are told.
            Err(_) if count > BLOCK => {
                bytes.truncate(BLOCK);
                continue;
            }
            Err(error) => {
                tracing::error!(%error, at, "a block of the log can't be read and is not written again");
                0
            }
        };
        let part = part.get(..read).unwrap_or_default();
        file.write_all_at(part, offset).map_err(|source| segment.error(at, source))?;
        at += count as u64;
    }
    Ok(file.sync().map_err(|source| segment.error(end, source))?)
}

pub(crate) fn file_bytes(medium: &dyn Medium, segment: &Segment) -> u64 {
    segment.file(medium).and_then(|file| file.size()).unwrap_or(segment.capacity)
}

/// Removes derived files that were being written and those of segments that have expired.
fn remove_orphans(
    medium: &dyn Medium,
    dirs: &Dirs,
    segments: &[Arc<Segment>],
    indexes: &HashSet<String>,
) -> Result<(), OpenError> {
    let belonging: HashSet<String> =
        segments.iter().flat_map(|segment| [seal::index_name(segment.base), seal::key_name(segment.base)]).collect();
    for name in indexes.difference(&belonging) {
        let path = dirs.index.join(name);
        medium.remove(&path).map_err(|source| io_error(&path, source))?;
    }
    Ok(())
}

fn names(medium: &dyn Medium, dir: &Path) -> Result<Vec<String>, OpenError> {
    medium.list(dir).map_err(|source| io_error(dir, source))
}

fn newer_record(segment: &Segment, record: &NewerRecord) -> OpenError {
    let NewerRecord { position, version, kind } = record;
    let file = segment::name(&segment.path);
    newer(format!("record of kind {kind} and version {version} at {position} in {file}"))
}

/// Copies a range to a file of its own, named for its place; the log keeps it too.
pub(crate) fn quarantine(
    medium: &dyn Medium,
    dirs: &Dirs,
    segment: &Segment,
    from: u64,
    until: u64,
) -> Result<(), StoreError> {
    let name = format!("{:016x}-{from:016x}-{until:016x}.bin", segment.base);
    let path = dirs.quarantine.join(&name);
    let failed = |source| StoreError::Io { file: name.clone(), offset: 0, source };
    if medium.list(&dirs.quarantine).map_err(failed)?.contains(&name) {
        return Ok(());
    }
    tracing::error!(segment = %segment::name(&segment.path), from, until, "damaged bytes are set aside");
    let file = segment.file(medium).map_err(failed)?;
    let copy = medium.create(&path).map_err(failed)?;
    let mut bytes = vec![0; COPY_BYTES];
    for at in (from..until).step_by(COPY_BYTES) {
        let bytes =
            bytes.get_mut(..usize::try_from(until - at).unwrap_or(COPY_BYTES).min(COPY_BYTES)).unwrap_or_default();
        bytes.fill(0);
        // What can't be read stays zero in the copy: the range counts, not its bytes.
        let _ = file.read_at(bytes, at - segment.base);
        copy.write_all_at(bytes, at - from).map_err(failed)?;
    }
    copy.sync().map_err(failed)?;
    medium.sync_dir(&dirs.quarantine).map_err(failed)
}

/// The ranges set aside so far, in words.
pub(crate) fn quarantined(medium: &dyn Medium, dirs: &Dirs) -> Result<Vec<String>, OpenError> {
    let mut names = medium.list(&dirs.quarantine).map_err(|source| io_error(&dirs.quarantine, source))?;
    names.sort_unstable();
    Ok(names.iter().filter_map(|name| in_words(name)).collect())
}

/// What a file of the quarantine holds.
pub(crate) fn in_words(name: &str) -> Option<String> {
    if let Some(segment) = name.strip_prefix("cut-") {
        return Some(format!("segment {segment}: records behind the end of the log, never synced"));
    }
    let mut numbers = name.strip_suffix(".bin")?.split('-').map(|hex| u64::from_str_radix(hex, 16).ok());
    let (base, from, until) = (numbers.next()??, numbers.next()??, numbers.next()??);
    Some(format!("segment {base:016x}: {} bytes damaged at position {from}", until.checked_sub(from)?))
}

pub(crate) fn io_error(path: &Path, source: std::io::Error) -> OpenError {
    OpenError::Store(StoreError::Io { file: segment::name(path), offset: 0, source })
}

pub(crate) fn newer(found: String) -> OpenError {
    OpenError::Newer { found, supported: format!("store version {}", super::STORE_VERSION) }
}
