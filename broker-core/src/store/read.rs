//! Reading by queue and offset. Finds entries under the lock, takes what the tail holds as slices,
//! and reads the rest from the files without the lock, checking every record.

use std::sync::Arc;

use bytes::Bytes;

use super::envelope::{self, Content, HEADER_BYTES};
use super::log::{Core, State};
use super::queue_index::{Entry, Queue};
use super::segment::Segment;
use super::{Boundary, Durability, Found, IndexEntry, QueueBounds, ReadEnd, ReadOutcome, ReadRequest, StoreError};
use crate::types::QueueKey;

/// Entries looked at in one read, wanted or not.
const PASSED_MAX: usize = 8192;
/// Records this near each other are read from the disk with one call.
const GAP_BYTES: u64 = 64 << 10;
const SPAN_BYTES: u64 = 1 << 20;

/// A record that a read wants and where it lies.
struct Wanted {
    segment: Arc<Segment>,
    entry: Entry,
    offset: i64,
}

impl Core {
    pub(crate) fn bounds(&self, key: QueueKey, durability: Durability) -> QueueBounds {
        let state = self.state.lock();
        state.queues.by_key.get(&key).map_or_else(QueueBounds::default, |queue| bounds_of(&state, queue, durability))
    }

    pub(crate) fn read(&self, request: &ReadRequest<'_>, out: &mut Vec<Bytes>) -> Result<ReadEnd, StoreError> {
        let mut wanted: smallvec::SmallVec<[Wanted; 32]> = smallvec::SmallVec::new();
        let mut end = {
            let state = self.state.lock();
            let Some(queue) = state.queues.by_key.get(&request.queue) else {
                return Ok(outside(request.offset, QueueBounds::default()));
            };
            let bounds = bounds_of(&state, queue, request.durability);
            if request.offset < bounds.min || request.offset >= bounds.max {
                return Ok(outside(request.offset, bounds));
            }
            let mark = state.marks.of(request.durability);
            let mut end = ReadEnd { outcome: ReadOutcome::NoneWanted, next_offset: request.offset, bounds };
            let (mut bytes, mut count, mut passed) = (0, 0, 0);
            'runs: for run in queue.runs.iter().skip_while(|run| run.end() <= request.offset) {
                if end.next_offset < run.first {
                    if passed == 0 {
                        end = ReadEnd { outcome: ReadOutcome::PastEnd, next_offset: run.first, ..end };
                    }
                    break;
                }
                let from = usize::try_from(end.next_offset - run.first).unwrap_or(usize::MAX);
                for entry in run.entries.get(from..run.covered(mark)).unwrap_or_default() {
                    if passed == PASSED_MAX || count == request.messages_max {
                        break 'runs;
                    }
                    if (request.wanted)(entry.tags_code) {
                        if count > 0 && bytes + entry.message_bytes() > request.bytes_max {
                            break 'runs;
                        }
                        bytes += entry.message_bytes();
                        count += 1;
                        let at = run.segment.base + u64::from(entry.at) + HEADER_BYTES as u64;
                        // The tail is the newest part, so what is in memory comes last.
                        match state.in_tail(at, entry.message_bytes()) {
                            Some(message) => out.push(message),
                            None => wanted.push(Wanted {
                                segment: Arc::clone(&run.segment),
                                entry: *entry,
                                offset: end.next_offset,
                            }),
                        }
                    }
                    passed += 1;
                    end.next_offset += 1;
                }
            }
            if count > 0 {
                end.outcome = ReadOutcome::Found;
            }
            end
        };
        if !wanted.is_empty() {
            let in_memory = std::mem::take(out);
            self.read_wanted(request.queue, &wanted, out)?;
            out.extend(in_memory);
            if out.is_empty() && end.outcome == ReadOutcome::Found {
                end.outcome = ReadOutcome::NoneWanted;
            }
        }
        Ok(end)
    }

    /// Reads records from their files, neighbours together.
    fn read_wanted(&self, queue: QueueKey, wanted: &[Wanted], out: &mut Vec<Bytes>) -> Result<(), StoreError> {
        let mut rest = wanted;
        while let Some(first) = rest.first() {
            let from = u64::from(first.entry.at);
            let mut until = first.entry.end();
            let together = rest
                .iter()
                .take_while(|next| {
                    let joins = Arc::ptr_eq(&next.segment, &first.segment)
                        && u64::from(next.entry.at) <= until + GAP_BYTES
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
            let span = self.read_file(&first.segment, from, usize::try_from(until - from).unwrap_or(usize::MAX))?;
            for item in group {
                let start = usize::try_from(u64::from(item.entry.at) - from).unwrap_or(usize::MAX);
                let position = item.segment.base + u64::from(item.entry.at);
                let record = span.get(start..start.saturating_add(item.entry.record_bytes()));
                let content = record.map(|record| envelope::verify(record, position, item.segment.epoch));
                match content {
                    Some(Ok(Content::Message(header)))
                        if header.queue == queue && header.queue_offset == item.offset =>
                    {
                        let message = start + HEADER_BYTES;
                        out.push(span.slice(message..message + item.entry.message_bytes()));
                    }
                    // Never a wrong byte: the record is left out and named (threats R13).
                    _ => self.set_aside(&item.segment, position, item.entry.record_bytes() as u64),
                }
            }
        }
        Ok(())
    }

    /// Bytes of a segment's file; fewer at its end.
    pub(crate) fn read_file(&self, segment: &Segment, from: u64, count: usize) -> Result<Bytes, StoreError> {
        let position = segment.base + from;
        let file = segment.file(&*self.medium).map_err(|source| segment.error(position, source))?;
        let mut bytes = vec![0; count];
        let read = file.read_at(&mut bytes, from).map_err(|source| segment.error(position, source))?;
        bytes.truncate(read);
        Ok(Bytes::from(bytes))
    }

    /// The record that starts exactly at a position, checked; `None` where none does or where it
    /// may not be read yet.
    pub(crate) fn record_at(&self, position: u64) -> Result<Option<Found>, StoreError> {
        let (segment, marks, in_memory) = {
            let state = self.state.lock();
            let Some(segment) = segment_of(&state, position) else { return Ok(None) };
            let extent = state.in_tail(position, HEADER_BYTES).and_then(|head| envelope::extent(&head));
            (segment, state.marks, extent.and_then(|extent| state.in_tail(position, extent.total())))
        };
        let record = match in_memory {
            Some(record) => record,
            None => {
                let from = position - segment.base;
                let head = self.read_file(&segment, from, HEADER_BYTES)?;
                let Some(extent) = envelope::extent(&head) else { return Ok(None) };
                self.read_file(&segment, from, extent.total())?
            }
        };
        let Ok(Content::Message(header)) = envelope::verify(&record, position, segment.epoch) else {
            return Ok(None);
        };
        let Some(extent) = envelope::extent(&record) else { return Ok(None) };
        if position + extent.total() as u64 > marks.of(header.durability) {
            return Ok(None);
        }
        Ok(Some(Found {
            account: header.account,
            instance: header.instance,
            queue: header.queue,
            queue_offset: header.queue_offset,
            position: position + HEADER_BYTES as u64,
            stored_at_ms: header.stored_at_ms,
            peer: header.peer,
            message: record.slice(HEADER_BYTES..HEADER_BYTES + extent.message_bytes),
        }))
    }

    pub(crate) fn entries(
        &self,
        key: QueueKey,
        durability: Durability,
        range: std::ops::Range<i64>,
        count_max: usize,
        out: &mut Vec<IndexEntry>,
    ) -> Result<(), StoreError> {
        let state = self.state.lock();
        let Some(queue) = state.queues.by_key.get(&key) else { return Ok(()) };
        let mark = state.marks.of(durability);
        let mut left = count_max;
        for run in &queue.runs {
            let from = usize::try_from(range.start.saturating_sub(run.first)).unwrap_or(0);
            let until = usize::try_from(range.end.saturating_sub(run.first)).unwrap_or(0).min(run.covered(mark));
            for (index, entry) in run.entries.iter().enumerate().take(until).skip(from).take(left) {
                left -= 1;
                out.push(IndexEntry {
                    queue_offset: run.first + index as i64,
                    position: run.segment.base + u64::from(entry.at) + HEADER_BYTES as u64,
                    stored_at_ms: entry.stored_at_ms,
                    tags_code: entry.tags_code,
                });
            }
        }
        Ok(())
    }

    pub(crate) fn count(&self, key: QueueKey, durability: Durability, from: i64, to: i64) -> Result<u64, StoreError> {
        let state = self.state.lock();
        let Some(queue) = state.queues.by_key.get(&key) else { return Ok(0) };
        let mark = state.marks.of(durability);
        Ok(queue
            .runs
            .iter()
            .map(|run| {
                let end = to.min(run.first + run.covered(mark) as i64);
                u64::try_from(end.saturating_sub(from.max(run.first))).unwrap_or(0)
            })
            .sum())
    }

    pub(crate) fn offset_by_time(
        &self,
        key: QueueKey,
        durability: Durability,
        at_ms: i64,
        boundary: Boundary,
    ) -> Result<i64, StoreError> {
        match boundary {
            Boundary::Lower => self.first_where(key, durability, |_, entry| entry.stored_at_ms >= at_ms),
            Boundary::Upper => {
                let after = self.first_where(key, durability, |_, entry| entry.stored_at_ms > at_ms)?;
                let bounds = self.bounds(key, durability);
                if bounds.min == bounds.max {
                    return Ok(bounds.max);
                }
                self.last_before(key, durability, after)
            }
        }
    }

    pub(crate) fn offset_by_position(
        &self,
        key: QueueKey,
        durability: Durability,
        position: u64,
    ) -> Result<i64, StoreError> {
        self.first_where(key, durability, |base, entry| base + u64::from(entry.at) + HEADER_BYTES as u64 >= position)
    }

    /// First offset whose entry passes a test that, once passed, all later ones pass; the end of
    /// the queue when none does.
    fn first_where(
        &self,
        key: QueueKey,
        durability: Durability,
        passes: impl Fn(u64, &Entry) -> bool,
    ) -> Result<i64, StoreError> {
        let state = self.state.lock();
        let Some(queue) = state.queues.by_key.get(&key) else { return Ok(0) };
        let mark = state.marks.of(durability);
        for run in &queue.runs {
            let visible = run.entries.get(..run.covered(mark)).unwrap_or_default();
            if visible.last().is_some_and(|last| passes(run.segment.base, last)) {
                let index = visible.partition_point(|entry| !passes(run.segment.base, entry));
                return Ok(run.first + index as i64);
            }
        }
        Ok(queue.max(mark))
    }

    /// Last offset with a record before `offset`, the first of the queue when none is.
    fn last_before(&self, key: QueueKey, durability: Durability, offset: i64) -> Result<i64, StoreError> {
        let state = self.state.lock();
        let Some(queue) = state.queues.by_key.get(&key) else { return Ok(0) };
        let mark = state.marks.of(durability);
        for run in queue.runs.iter().rev() {
            let end = offset.min(run.first + run.covered(mark) as i64);
            if end > run.first {
                return Ok(end - 1);
            }
        }
        Ok(queue.min)
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

/// The segment that a position lies in.
fn segment_of(state: &State, position: u64) -> Option<Arc<Segment>> {
    let within = |segment: &Segment| segment.first() <= position && position < segment.end();
    state
        .full_segments
        .iter()
        .map(|(segment, _)| segment)
        .chain([&state.active])
        .find(|segment| within(segment))
        .map(Arc::clone)
}
