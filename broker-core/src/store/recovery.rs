//! What the last run left, made whole again: finds the end of the log, tells a torn tail from
//! damage, and builds what is derived. Runs before the first reader, in one thread.
//!
//! - RC-1: a record below the durable floor is never cut. Bad bytes below it are damage: they are
//!   copied to `quarantine/` and named, all other records are kept (threats R13).
//! - RC-2: what lies above the floor is written and synced again before anybody reads it; after a
//!   failed sync the page cache proves nothing (threats R3).
//! - RC-3: recovering twice gives what recovering once gives: every ended segment ends with a
//!   record that says how.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use smallvec::SmallVec;

use super::envelope::{self, Ending, MessageHeader, RECORD_BYTES_MIN};
use super::key_index::OpenKeys;
use super::medium::Medium;
use super::queue_index::{Entry, Queues, Skip};
use super::scan::{self, Event};
use super::segment::{self, END_BYTES, Head, Segment};
use super::{OpenError, RecoveryReport, StoreError};

/// The log as it is to go on.
pub(crate) struct Recovered {
    pub(crate) queues: Queues,
    pub(crate) keys: Vec<OpenKeys>,
    /// Segments without an index file, and where each ends.
    pub(crate) full: Vec<(Arc<Segment>, u64)>,
    /// Where the next segment starts.
    pub(crate) next_base: u64,
    /// Half of the next epoch.
    pub(crate) run: u32,
    pub(crate) newest_ms: Option<i64>,
    pub(crate) report: RecoveryReport,
}

/// An [`Event`] that outlives the scan.
enum Item {
    Message { position: u64, header: MessageHeader, message_bytes: usize, hashes: SmallVec<[u64; 4]> },
    Bad { from: u64, until: u64, zeros: bool, last: bool },
    End { position: u64, ending: Ending },
}

struct Scanned {
    segment: Arc<Segment>,
    items: Vec<Item>,
}

/// Folders of the store.
pub(crate) struct Dirs {
    pub(crate) root: PathBuf,
    pub(crate) log: PathBuf,
    pub(crate) quarantine: PathBuf,
}

pub(crate) fn recover(medium: &dyn Medium, dirs: &Dirs, segment_bytes: u64) -> Result<Recovered, OpenError> {
    let segments = list(medium, &dirs.log, segment_bytes)?;
    let next_base = segments.iter().map(|segment| segment.end()).max().unwrap_or(0);
    let run = segments.iter().map(|segment| segment.epoch >> 32).max().unwrap_or(0);
    let mut report = RecoveryReport { clean: true, ..RecoveryReport::default() };
    let mut floor = 0;
    let mut scanned = Vec::with_capacity(segments.len());
    for segment in segments {
        let mut items = Vec::new();
        report.scanned_bytes += scan_into(medium, &segment, &mut items, &mut floor)?;
        scanned.push(Scanned { segment, items });
    }
    let mut replay = Replay {
        medium,
        dirs,
        floor,
        recovered: Recovered {
            queues: Queues::default(),
            keys: Vec::new(),
            full: Vec::new(),
            next_base,
            run: u32::try_from(run).unwrap_or(u32::MAX),
            newest_ms: None,
            report,
        },
    };
    replay.run(scanned)?;
    replay.recovered.report.quarantined = quarantined(medium, dirs)?;
    Ok(replay.recovered)
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

fn scan_into(
    medium: &dyn Medium,
    segment: &Arc<Segment>,
    items: &mut Vec<Item>,
    floor: &mut u64,
) -> Result<u64, OpenError> {
    let file = segment.file(medium).map_err(|source| io_error(&segment.path, source))?;
    let scanned = scan::scan(&*file, segment, &mut |event| match event {
        Event::Message { position, header, message_bytes, hashes } => {
            *floor = (*floor).max(header.durable_floor);
            items.push(Item::Message { position, header, message_bytes, hashes: SmallVec::from_slice(hashes) });
        }
        Event::Bad { from, until, zeros, last } => items.push(Item::Bad { from, until, zeros, last }),
        Event::End { position, ending, durable_floor } => {
            *floor = (*floor).max(durable_floor);
            items.push(Item::End { position, ending });
        }
    });
    scanned.map_err(|record| {
        newer(format!(
            "record of kind {} and version {} at {} in {}",
            record.kind,
            record.version,
            record.position,
            segment::name(&segment.path)
        ))
    })
}

struct Replay<'a> {
    medium: &'a dyn Medium,
    dirs: &'a Dirs,
    floor: u64,
    recovered: Recovered,
}

/// How far the replay of the log has come.
enum Progress {
    /// More segments may follow.
    Open,
    /// A run ended here in order; later segments of its epoch hold nothing.
    Ended { epoch: u64 },
    /// The log ends here; nothing behind it is kept.
    Cut,
}

impl Replay<'_> {
    fn run(&mut self, scanned: Vec<Scanned>) -> Result<(), OpenError> {
        let mut progress = Progress::Open;
        for Scanned { segment, items } in scanned {
            let leftover = match progress {
                Progress::Open => false,
                Progress::Ended { epoch } => epoch == segment.epoch,
                Progress::Cut => true,
            };
            if leftover {
                self.drop_segment(&segment, &items)?;
            } else {
                progress = self.segment(segment, items)?;
            }
        }
        Ok(())
    }

    fn segment(&mut self, segment: Arc<Segment>, items: Vec<Item>) -> Result<Progress, OpenError> {
        let mut keys = OpenKeys::new(Arc::clone(&segment));
        let mut end = segment.first();
        let mut ending = None;
        let mut cut = false;
        for item in items {
            if cut {
                self.recovered.report.cut_bytes += item.bytes();
                continue;
            }
            match item {
                Item::Message { position, header, message_bytes, hashes } => {
                    end = self.message(&segment, &mut keys, position, &header, message_bytes, &hashes);
                }
                Item::Bad { from, until, last, .. } if from < self.floor => {
                    // Nothing was promised behind the floor.
                    let until = if last { until.min(self.floor) } else { until };
                    self.damage(&segment, from, until)?;
                    end = until;
                }
                Item::Bad { from, until, zeros, .. } => {
                    end = from;
                    cut = true;
                    if !zeros {
                        self.recovered.report.cut_bytes += until - from;
                    }
                }
                Item::End { position, ending: how } => {
                    end = position + END_BYTES;
                    ending = Some(how);
                    if let Ending::Recovered { given_out } = how {
                        self.lost(position, given_out);
                    }
                }
            }
        }
        self.write_again(&segment, end)?;
        let progress = match ending {
            Some(Ending::Rolled) => Progress::Open,
            Some(Ending::Closed | Ending::Recovered { .. }) => Progress::Ended { epoch: segment.epoch },
            // The end record is damaged, but the log went on behind this segment.
            None if !cut && self.floor >= segment.end() => Progress::Open,
            None => {
                self.end_here(&segment, &mut end)?;
                Progress::Cut
            }
        };
        self.recovered.keys.push(keys);
        self.recovered.full.push((segment, end));
        Ok(progress)
    }

    fn message(
        &mut self,
        segment: &Arc<Segment>,
        keys: &mut OpenKeys,
        position: u64,
        header: &MessageHeader,
        message_bytes: usize,
        hashes: &[u64],
    ) -> u64 {
        let at = u32::try_from(position - segment.base).unwrap_or(u32::MAX);
        let entry = Entry::new(at, message_bytes, hashes.len(), header.tags_code, header.stored_at_ms);
        let queue = self.recovered.queues.by_key.entry(header.queue).or_default();
        if header.queue_offset >= queue.end.next {
            if queue.runs.is_empty() && queue.end.next == 0 {
                queue.min = header.queue_offset;
            }
            queue.push(segment, header.queue_offset, entry);
            keys.extend(hashes, at);
            self.recovered.newest_ms = self.recovered.newest_ms.max(Some(header.stored_at_ms));
        } else {
            tracing::warn!(position, offset = header.queue_offset, "a second record for an offset is left out");
        }
        segment.base + entry.end()
    }

    /// Sets a damaged range aside; every queue may have had a record in it.
    fn damage(&mut self, segment: &Segment, from: u64, until: u64) -> Result<(), OpenError> {
        quarantine(self.medium, self.dirs, segment, from, until)?;
        let lost = i64::try_from((until - from) / RECORD_BYTES_MIN + 1).unwrap_or(i64::MAX);
        self.recovered.queues.skip(Skip { any: lost, written: 0 });
        Ok(())
    }

    /// Records from `from` on may have been read by somebody, up to `given_out`, and are gone.
    fn lost(&mut self, from: u64, given_out: u64) {
        let lost = i64::try_from(given_out.saturating_sub(from) / RECORD_BYTES_MIN + 1).unwrap_or(i64::MAX);
        self.recovered.queues.skip(Skip { any: 0, written: lost });
    }

    /// RC-2.
    fn write_again(&self, segment: &Segment, end: u64) -> Result<(), OpenError> {
        let mut at = segment.first().max(self.floor);
        if at >= end {
            return Ok(());
        }
        let file = segment.file(self.medium).map_err(|source| io_error(&segment.path, source))?;
        let mut bytes = vec![0; 1 << 20];
        while at < end {
            let count = usize::try_from(end - at).unwrap_or(usize::MAX).min(bytes.len());
            let part = bytes.get_mut(..count).unwrap_or_default();
            let offset = at - segment.base;
            let read = file.read_at(part, offset).map_err(|source| segment.error(at, source))?;
            file.write_all_at(part.get(..read).unwrap_or_default(), offset)
                .map_err(|source| segment.error(at, source))?;
            at += count as u64;
        }
        Ok(file.sync().map_err(|source| segment.error(end, source))?)
    }

    /// Ends the log in this segment, at `end`.
    fn end_here(&mut self, segment: &Segment, end: &mut u64) -> Result<(), OpenError> {
        self.recovered.report.clean = false;
        let given_out = self.recovered.next_base;
        self.lost(*end, given_out);
        let offset = *end - segment.base;
        let file = segment.file(self.medium).map_err(|source| io_error(&segment.path, source))?;
        file.truncate(offset).map_err(|source| segment.error(*end, source))?;
        let record = envelope::encode_end(Ending::Recovered { given_out }, *end, *end, segment.epoch);
        file.write_all_at(&record, offset).map_err(|source| segment.error(*end, source))?;
        file.sync().map_err(|source| segment.error(*end, source))?;
        *end += END_BYTES;
        Ok(())
    }

    /// A segment behind the end of the log: removed when it holds nothing, kept aside otherwise.
    fn drop_segment(&mut self, segment: &Segment, items: &[Item]) -> Result<(), OpenError> {
        segment.release();
        let empty = items.iter().all(|item| matches!(item, Item::Bad { zeros: true, .. }));
        let done = if empty {
            self.medium.remove(&segment.path)
        } else {
            self.recovered.report.cut_bytes += items.iter().map(Item::bytes).sum::<u64>();
            let aside = self.dirs.quarantine.join(format!("cut-{}", segment::name(&segment.path)));
            self.medium.rename(&segment.path, &aside).and_then(|()| self.medium.sync_dir(&self.dirs.quarantine))
        };
        done.and_then(|()| self.medium.sync_dir(&self.dirs.log)).map_err(|source| io_error(&segment.path, source))
    }
}

impl Item {
    fn bytes(&self) -> u64 {
        match self {
            Item::Message { message_bytes, hashes, .. } => {
                (envelope::HEADER_BYTES + message_bytes + 8 * hashes.len()) as u64
            }
            Item::Bad { zeros: true, .. } => 0,
            Item::Bad { from, until, .. } => until - from,
            Item::End { .. } => END_BYTES,
        }
    }
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
    let mut bytes = vec![0; usize::try_from(until.saturating_sub(from)).unwrap_or(0)];
    // What can't be read stays zero in the copy: the range counts, not its bytes.
    let _ = file.read_at(&mut bytes, from - segment.base);
    let copy = medium.create(&path).map_err(failed)?;
    copy.write_all_at(&bytes, 0).and_then(|()| copy.sync()).map_err(failed)?;
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
