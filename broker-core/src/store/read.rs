//! Reading by queue and offset. Finds entries under the lock, takes what the tail holds as slices,
//! and reads the rest from the files without the lock, checking every record.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::buffers::{KEPT_BYTES_MIN, Span};
use super::envelope::{self, Content, HEADER_BYTES};
use super::log::{Core, State};
use super::queue_index::{Entry, Queue};
use super::sealed::SealedSegments;
use super::segment::Segment;
use super::{Boundary, Durability, IndexEntry, QueueBounds, ReadEnd, ReadOutcome, ReadRequest, Records, StoreError};
use crate::types::QueueKey;

/// Entries looked at in one read, wanted or not.
const PASSED_MAX: usize = 8192;
/// Records this near each other are read from the disk with one call.
const GAP_BYTES: u64 = 16 << 10;
const SPAN_BYTES: u64 = 1 << 20;
/// What is read at least where many records are wanted: queues of one Topic lie between each other, and
/// whoever reads much reads on.
const AHEAD_BYTES: u64 = 256 << 10;

/// A record that a read wants and where it lies in its segment.
struct Wanted {
    entry: Entry,
    offset: i64,
}

/// A read as far as it has come.
struct Taking<'a> {
    request: &'a ReadRequest<'a>,
    next: i64,
    bytes: usize,
    count: usize,
    passed: usize,
    /// To be read from files.
    wanted: smallvec::SmallVec<[Wanted; 32]>,
    /// The log up to here is in the files and does not change any more.
    written: u64,
    /// Whose they are: a segment, and how many of `wanted` there are up to its last.
    segments: smallvec::SmallVec<[(Arc<Segment>, usize); 2]>,
}

impl<'a> Taking<'a> {
    fn new(request: &'a ReadRequest<'a>) -> Self {
        Self {
            request,
            next: request.offset,
            bytes: 0,
            count: 0,
            passed: 0,
            written: 0,
            wanted: smallvec::SmallVec::new(),
            segments: smallvec::SmallVec::new(),
        }
    }

    /// Takes entries of a run from `next` on; true when the read has enough.
    fn take(
        &mut self,
        segment: &Arc<Segment>,
        first: i64,
        entries: &[Entry],
        tail: Option<&State>,
        out: &mut Records,
    ) -> bool {
        let enough = self.take_entries(segment.base, first, entries, tail, out);
        if self.wanted.len() > self.segments.last().map_or(0, |(_, end)| *end) {
            self.segments.push((Arc::clone(segment), self.wanted.len()));
        }
        enough
    }

    fn take_entries(
        &mut self,
        base: u64,
        first: i64,
        entries: &[Entry],
        tail: Option<&State>,
        out: &mut Records,
    ) -> bool {
        let tail_from = tail.map_or(u64::MAX, State::tail_from);
        let from = usize::try_from(self.next - first).unwrap_or(usize::MAX);
        for entry in entries.get(from..).unwrap_or_default() {
            if self.passed == PASSED_MAX || self.count >= self.request.messages_max {
                return true;
            }
            if (self.request.wanted)(entry.tags_code) {
                if self.count > 0 && self.bytes + entry.message_bytes() > self.request.bytes_max {
                    return true;
                }
                self.bytes += entry.message_bytes();
                self.count += 1;
                let at = base + u64::from(entry.at) + HEADER_BYTES as u64;
                let tail = tail.filter(|_| at >= tail_from);
                match tail.and_then(|state| state.in_tail(at, entry.message_bytes())) {
                    Some((memory, part)) => out.push(memory, part),
                    None => self.wanted.push(Wanted { entry: *entry, offset: self.next }),
                }
            }
            self.passed += 1;
            self.next += 1;
        }
        false
    }

    /// Takes from the runs that have no index file yet.
    fn take_from_memory(&mut self, state: &State, queue: &Queue, out: &mut Records) -> ReadOutcome {
        let mark = state.marks.of(self.request.durability);
        for run in &queue.runs {
            if run.end() <= self.next {
                continue;
            }
            if self.next < run.first {
                if self.passed == 0 {
                    self.next = run.first;
                    return ReadOutcome::PastEnd;
                }
                break;
            }
            let visible = run.entries.get(..run.covered(mark)).unwrap_or_default();
            if self.take(&run.segment, run.first, visible, Some(state), out) || visible.len() < run.entries.len() {
                break;
            }
        }
        ReadOutcome::NoneWanted
    }
}

/// Whether a file was not there: it has expired since it was looked up.
pub(super) fn is_gone(error: &StoreError) -> bool {
    matches!(error, StoreError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
}

impl Core {
    pub(crate) fn bounds(&self, key: QueueKey, durability: Durability) -> QueueBounds {
        let state = self.state.lock();
        state.queues.by_key.get(&key).map_or_else(QueueBounds::default, |queue| bounds_of(&state, queue, durability))
    }

    pub(crate) fn read(&self, request: &ReadRequest<'_>, out: &mut Records) -> Result<ReadEnd, StoreError> {
        self.again(|| {
            out.clear();
            self.read_once(request, out)
        })
    }

    /// Asks once more where a segment expired in between: the bounds say so then.
    pub(crate) fn again<T>(&self, mut ask: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
        match ask() {
            Err(error) if is_gone(&error) => ask(),
            other => other,
        }
    }

    fn read_once(&self, request: &ReadRequest<'_>, out: &mut Records) -> Result<ReadEnd, StoreError> {
        let mut taking = Taking::new(request);
        let (bounds, mut outcome) = loop {
            let (bounds, sealed) = {
                let state = self.state.lock();
                taking.written = state.marks.written;
                let Some(queue) = state.queues.by_key.get(&request.queue) else {
                    return Ok(outside(request.offset, QueueBounds::default()));
                };
                let bounds = bounds_of(&state, queue, request.durability);
                if request.offset < bounds.min || request.offset >= bounds.max {
                    return Ok(outside(request.offset, bounds));
                }
                if taking.next >= queue.sealed.next {
                    break (bounds, taking.take_from_memory(&state, queue, out));
                }
                (bounds, Arc::clone(&state.sealed))
            };
            match self.sealed_run(&sealed, request.queue, taking.next)? {
                None => taking.next = self.sealed_end(request.queue),
                Some(run) if run.first() > taking.next => {
                    if taking.passed > 0 {
                        break (bounds, ReadOutcome::NoneWanted);
                    }
                    taking.next = run.first();
                    break (bounds, ReadOutcome::PastEnd);
                }
                Some(run) => {
                    if taking.take(&run.segment, run.first(), &run.entries, None, out) {
                        break (bounds, ReadOutcome::NoneWanted);
                    }
                }
            }
        };
        let (in_memory, mut from) = (out.len(), 0);
        for (segment, end) in &taking.segments {
            let wanted = taking.wanted.get(from..*end).unwrap_or_default();
            self.read_wanted(request.queue, segment, wanted, taking.written.saturating_sub(segment.base), out)?;
            from = *end;
        }
        if from > 0 {
            // The tail is the newest part, so what came from memory is last.
            out.move_to_end(in_memory);
        }
        if !out.is_empty() {
            outcome = ReadOutcome::Found;
        }
        Ok(ReadEnd { outcome, next_offset: taking.next, bounds })
    }

    /// Where the sealed part of a queue ends.
    fn sealed_end(&self, key: QueueKey) -> i64 {
        self.state.lock().queues.by_key.get(&key).map_or(0, |queue| queue.sealed.next)
    }

    /// Reads records from their file, neighbours together. Before `written` the file does not change.
    fn read_wanted(
        &self,
        queue: QueueKey,
        segment: &Arc<Segment>,
        wanted: &[Wanted],
        written: u64,
        out: &mut Records,
    ) -> Result<(), StoreError> {
        let mut rest = wanted;
        while let Some(first) = rest.first() {
            let from = u64::from(first.entry.at);
            if let Some(span) = self.buffers.find(segment.base, from, first.entry.end()) {
                let within = |next: &&Wanted| span.from <= u64::from(next.entry.at) && next.entry.end() <= span.end();
                let (group, others) = rest.split_at(rest.iter().take_while(within).count().max(1));
                rest = others;
                if !self.take_from_span(queue, segment, &span, group, out) {
                    self.buffers.forget(&span);
                }
                continue;
            }
            let mut until = first.entry.end();
            let held_from = self.buffers.next_from(segment.base, from).unwrap_or(u64::MAX);
            let together = rest
                .iter()
                .take_while(|next| {
                    let joins = u64::from(next.entry.at) <= until + GAP_BYTES
                        && u64::from(next.entry.at) < held_from
                        && (next.entry.end() - from <= SPAN_BYTES || next.offset == first.offset);
                    if joins {
                        until = until.max(next.entry.end());
                    }
                    joins
                })
                .count()
                .max(1);
            let (group, others) = rest.split_at(together);
            rest = others;
            let ahead = written.min(held_from).min(from + AHEAD_BYTES);
            let ahead = if until - from >= KEPT_BYTES_MIN as u64 { ahead.max(until) } else { until };
            let (buffer, bytes) = match self.read_part(segment, from, ahead) {
                // What nobody asked for may be what can't be read.
                Err(_) if ahead > until => self.read_part(segment, from, until)?,
                other => other?,
            };
            let span = Span { base: segment.base, from, bytes };
            // All of it was written, so it stays as it is.
            if self.take_from_span(queue, segment, &span, group, out) {
                self.buffers.keep(span, buffer);
            }
        }
        Ok(())
    }

    /// Takes records, checked, from what was read; false when one was wrong.
    fn take_from_span(
        &self,
        queue: QueueKey,
        segment: &Arc<Segment>,
        span: &Span,
        group: &[Wanted],
        out: &mut Records,
    ) -> bool {
        let mut right = true;
        for item in group {
            let start = usize::try_from(u64::from(item.entry.at) - span.from).unwrap_or(usize::MAX);
            let position = segment.base + u64::from(item.entry.at);
            let record = span.bytes.get(start..start.saturating_add(item.entry.record_bytes()));
            let content = record.map(|record| envelope::verify(record, position, segment.epoch));
            match content {
                Some(Ok(Content::Message(header))) if header.queue == queue && header.queue_offset == item.offset => {
                    let message = start + HEADER_BYTES;
                    out.push(&span.bytes, message..message + item.entry.message_bytes());
                }
                // Never a wrong byte: the record is left out and named (R13).
                _ => {
                    right = false;
                    self.set_aside(segment, position, item.entry.record_bytes() as u64);
                }
            }
        }
        right
    }

    /// Reads a part of a segment's file into memory that is used again; as [`Core::read_into`].
    fn read_part(&self, segment: &Arc<Segment>, from: u64, until: u64) -> Result<(Bytes, Bytes), StoreError> {
        let count = usize::try_from(until - from).unwrap_or(usize::MAX);
        self.read_into(self.buffers.take(count), segment, from, count)
    }

    /// Bytes of a segment's file; fewer at its end.
    pub(crate) fn read_file(&self, segment: &Arc<Segment>, from: u64, count: usize) -> Result<Bytes, StoreError> {
        Ok(self.read_into(BytesMut::zeroed(count), segment, from, count)?.1)
    }

    /// Reads into the start of a buffer; returns all of it and what was read.
    fn read_into(
        &self,
        mut buffer: BytesMut,
        segment: &Arc<Segment>,
        from: u64,
        count: usize,
    ) -> Result<(Bytes, Bytes), StoreError> {
        let position = segment.base + from;
        if !segment.is_open() {
            self.caches.opened(segment);
        }
        let file = segment.file(&*self.medium).map_err(|source| segment.error(position, source))?;
        let into = buffer.get_mut(..count).expect("the buffer is as long as was asked for");
        let read = file.read_at(into, from).map_err(|source| segment.error(position, source))?;
        let buffer = buffer.freeze();
        let bytes = buffer.slice(..read);
        Ok((buffer, bytes))
    }

    pub(crate) fn entries(
        &self,
        key: QueueKey,
        durability: Durability,
        range: std::ops::Range<i64>,
        count_max: usize,
        out: &mut Vec<IndexEntry>,
    ) -> Result<(), StoreError> {
        let bounds = self.bounds(key, durability);
        let (mut next, end) = (range.start.max(bounds.min), range.end.min(bounds.max));
        let mut left = count_max;
        let mut list = |segment: &Segment, first: i64, entries: &[Entry], next: i64, left: usize| {
            let from = usize::try_from(next - first).unwrap_or(0);
            let until = usize::try_from(end.saturating_sub(first)).unwrap_or(0);
            let here = entries.iter().enumerate().take(until).skip(from).take(left);
            let listed = here.map(|(index, entry)| out.push(index_entry(segment, first + index as i64, entry))).count();
            left - listed
        };
        while next < end && left > 0 {
            let sealed = {
                let state = self.state.lock();
                let Some(queue) = state.queues.by_key.get(&key) else { return Ok(()) };
                if next >= queue.sealed.next {
                    let mark = state.marks.of(durability);
                    for run in &queue.runs {
                        let visible = run.entries.get(..run.covered(mark)).unwrap_or_default();
                        left = list(&run.segment, run.first, visible, next.max(run.first), left);
                    }
                    return Ok(());
                }
                Arc::clone(&state.sealed)
            };
            match self.sealed_run(&sealed, key, next)? {
                Some(run) => {
                    left = list(&run.segment, run.first(), &run.entries, next.max(run.first()), left);
                    next = run.end();
                }
                None => next = self.sealed_end(key),
            }
        }
        Ok(())
    }

    pub(crate) fn count(&self, key: QueueKey, durability: Durability, from: i64, to: i64) -> Result<u64, StoreError> {
        let bounds = self.bounds(key, durability);
        let (from, to) = (from.max(bounds.min), to.min(bounds.max));
        if from >= to {
            return Ok(0);
        }
        Ok(self.records_before(key, to)?.saturating_sub(self.records_before(key, from)?))
    }

    /// How many records of the queue, ever, have an offset below this one.
    fn records_before(&self, key: QueueKey, offset: i64) -> Result<u64, StoreError> {
        let before = |first: i64, count: usize| (offset - first).clamp(0, count as i64) as u64;
        let sealed = {
            let state = self.state.lock();
            let Some(queue) = state.queues.by_key.get(&key) else { return Ok(0) };
            if offset >= queue.sealed.next {
                let here = queue.runs.iter().map(|run| before(run.first, run.entries.len())).sum::<u64>();
                return Ok(queue.sealed.total + here);
            }
            Arc::clone(&state.sealed)
        };
        let run = self.sealed_run(&sealed, key, offset)?;
        Ok(run.map_or(0, |run| run.total_before() + before(run.first(), run.entries.len())))
    }

    pub(crate) fn offset_by_time(
        &self,
        key: QueueKey,
        durability: Durability,
        at_ms: i64,
        boundary: Boundary,
    ) -> Result<i64, StoreError> {
        let bounds = self.bounds(key, durability);
        if bounds.min == bounds.max {
            return Ok(bounds.max);
        }
        match boundary {
            Boundary::Lower => self.first_stored(key, durability, |stored_at_ms| stored_at_ms >= at_ms),
            Boundary::Upper => {
                let after = self.first_stored(key, durability, |stored_at_ms| stored_at_ms > at_ms)?;
                self.last_before(key, durability, after)
            }
        }
    }

    /// First offset whose store time passes a test that all later ones pass too; the end of the
    /// queue when none does.
    fn first_stored(
        &self,
        key: QueueKey,
        durability: Durability,
        passes: impl Fn(i64) -> bool + Copy,
    ) -> Result<i64, StoreError> {
        loop {
            let sealed = Arc::clone(&self.state.lock().sealed);
            if let Some(offset) = self.sealed_by_time(&sealed, key, passes)? {
                return Ok(offset.max(self.bounds(key, durability).min));
            }
            let passes_here = |_, entry: &Entry| passes(entry.stored_at_ms);
            if let Some(offset) = self.first_in_memory(&sealed, key, durability, passes_here) {
                return Ok(offset);
            }
        }
    }

    pub(crate) fn offset_by_position(
        &self,
        key: QueueKey,
        durability: Durability,
        position: u64,
    ) -> Result<i64, StoreError> {
        let at = |base: u64, entry: &Entry| base + u64::from(entry.at) + HEADER_BYTES as u64;
        loop {
            let sealed = Arc::clone(&self.state.lock().sealed);
            if let Some(offset) = self.sealed_by_position(&sealed, key, position)? {
                return Ok(offset);
            }
            let passes = |base, entry: &Entry| at(base, entry) >= position;
            if let Some(offset) = self.first_in_memory(&sealed, key, durability, passes) {
                return Ok(offset);
            }
        }
    }

    /// Among the records without an index file; `None` when a segment got its index file since
    /// `sealed` was searched: what moved there was seen in neither place.
    fn first_in_memory(
        &self,
        sealed: &SealedSegments,
        key: QueueKey,
        durability: Durability,
        passes: impl Fn(u64, &Entry) -> bool,
    ) -> Option<i64> {
        let state = self.state.lock();
        if !Arc::ptr_eq(&state.sealed, sealed) {
            return None;
        }
        let Some(queue) = state.queues.by_key.get(&key) else { return Some(0) };
        let mark = state.marks.of(durability);
        for run in &queue.runs {
            let visible = run.entries.get(..run.covered(mark)).unwrap_or_default();
            if visible.last().is_some_and(|last| passes(run.segment.base, last)) {
                let index = visible.partition_point(|entry| !passes(run.segment.base, entry));
                return Some(run.first + index as i64);
            }
        }
        Some(queue.max(mark))
    }

    /// Last offset with a record before `offset`, the first of the queue when none is.
    fn last_before(&self, key: QueueKey, durability: Durability, offset: i64) -> Result<i64, StoreError> {
        let (bounds, sealed) = {
            let state = self.state.lock();
            let Some(queue) = state.queues.by_key.get(&key) else { return Ok(0) };
            let mark = state.marks.of(durability);
            for run in queue.runs.iter().rev() {
                let end = offset.min(run.first + run.covered(mark) as i64);
                if end > run.first {
                    return Ok(end - 1);
                }
            }
            (bounds_of(&state, queue, durability), Arc::clone(&state.sealed))
        };
        let found = self.sealed_before(&sealed, key, offset)?;
        Ok(found.unwrap_or(bounds.min).max(bounds.min))
    }

    pub(crate) fn stored_at(
        &self,
        key: QueueKey,
        durability: Durability,
        offset: i64,
    ) -> Result<Option<i64>, StoreError> {
        let mut entry = Vec::new();
        self.entries(key, durability, offset..offset.saturating_add(1), 1, &mut entry)?;
        Ok(entry.first().map(|entry| entry.stored_at_ms))
    }
}

fn bounds_of(state: &State, queue: &Queue, durability: Durability) -> QueueBounds {
    let max = queue.max(state.marks.of(durability));
    QueueBounds { min: queue.min.min(max), max }
}

/// The answer to an offset that no record can have.
fn outside(offset: i64, bounds: QueueBounds) -> ReadEnd {
    let (outcome, next_offset) = if offset == bounds.max {
        (ReadOutcome::AtEnd, bounds.max)
    } else if offset > bounds.max {
        (ReadOutcome::PastEnd, bounds.max)
    } else {
        (ReadOutcome::BeforeStart, bounds.min)
    };
    ReadEnd { outcome, next_offset, bounds }
}

fn index_entry(segment: &Segment, offset: i64, entry: &Entry) -> IndexEntry {
    IndexEntry {
        queue_offset: offset,
        position: segment.base + u64::from(entry.at) + HEADER_BYTES as u64,
        stored_at_ms: entry.stored_at_ms,
        tags_code: entry.tags_code,
    }
}
