//! Finding messages by position and by key. What a search may cost is bounded, and it keeps nothing:
//! each message goes to the caller as it is found.

use std::ops::{ControlFlow, RangeInclusive};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::envelope::{self, Content, HEADER_BYTES, MessageHeader};
use super::key_file::{self, Failure};
use super::log::{Core, State};
use super::read::is_gone;
use super::segment::Segment;
use super::{Found, StoreError, keys, seal};
use crate::types::{InstanceNo, TopicNo};

/// A search for the messages of an instance that name a key, newest first.
pub struct KeyQuery<'a> {
    pub instance: InstanceNo,
    pub key: &'a str,
    /// Store times, ms.
    pub times: RangeInclusive<i64>,
    /// Whether messages of a Topic are wanted; asked before the message is read.
    pub wanted: &'a dyn Fn(TopicNo) -> bool,
    pub limits: SearchLimits,
}

/// What a search may cost; at the first limit it stops and says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchLimits {
    /// Records that the index proposes, wanted or not.
    pub records: usize,
    /// Bytes of the records read whole; the first is read whatever its size.
    pub bytes: usize,
    /// Index files opened.
    pub files: usize,
    pub time: Duration,
}

/// How a search ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchEnd {
    /// Everything was looked at.
    Complete,
    /// The caller had enough.
    Stopped,
    /// There may be more.
    LimitReached,
}

/// A search as far as it has come.
struct Search<'a> {
    core: &'a Core,
    query: &'a KeyQuery<'a>,
    each: &'a mut dyn FnMut(Found) -> ControlFlow<()>,
    records: usize,
    bytes: usize,
    files: usize,
    until: Duration,
}

impl Core {
    pub(crate) fn find_by_key(
        &self,
        query: &KeyQuery<'_>,
        each: &mut dyn FnMut(Found) -> ControlFlow<()>,
    ) -> Result<SearchEnd, StoreError> {
        let until = self.clock.monotonic().saturating_add(query.limits.time);
        let mut search = Search { core: self, query, each, records: 0, bytes: 0, files: 0, until };
        match search.run()? {
            ControlFlow::Break(end) => Ok(end),
            ControlFlow::Continue(()) => Ok(SearchEnd::Complete),
        }
    }

    /// Whether none of a sealed segment's messages was stored in a range of times.
    fn stored_outside(&self, segment: &Segment, times: &RangeInclusive<i64>) -> bool {
        let read = || seal::load_header(&*self.medium, &self.dirs, segment).map(|header| header.times());
        segment.times(read).is_some_and(|stored| {
            stored.is_none_or(|(oldest, newest)| newest < *times.start() || oldest > *times.end())
        })
    }

    /// Places in a sealed segment that may have a key, newest first.
    fn sealed_keys(
        &self,
        sealed: &[Arc<Segment>],
        index: usize,
        hash: u64,
        count_max: usize,
    ) -> Result<Vec<u32>, StoreError> {
        let Some(segment) = sealed.get(index) else { return Ok(Vec::new()) };
        let name = seal::key_name(segment.base);
        let look = || {
            let file = self.medium.open(&self.dirs.index.join(&name))?;
            key_file::find(&*file, segment.base, hash, count_max)
        };
        match look() {
            Ok(found) => return Ok(found),
            // The segment has expired meanwhile, with its files.
            Err(_) if !self.state.lock().sealed.iter().any(|kept| kept.base == segment.base) => return Ok(Vec::new()),
            Err(_) => {}
        }
        self.rebuild(sealed, index)?;
        look().map_err(|failure| match failure {
            Failure::Io(source) => StoreError::Io { file: name.clone(), offset: 0, source },
            Failure::Damaged => StoreError::Corrupt {
                file: name.clone(),
                offset: 0,
                expected: "the key file just written".to_owned(),
                found: "another".to_owned(),
            },
        })
    }

    /// The record that starts exactly at a position, checked; `None` where none does or where it
    /// may not be read yet. `wanted` gets what the record's header says and the bytes of the record
    /// before the rest is read.
    pub(crate) fn record_at(
        &self,
        position: u64,
        wanted: &mut dyn FnMut(&MessageHeader, usize) -> bool,
    ) -> Result<Option<Found>, StoreError> {
        match self.record_at_once(position, wanted) {
            Err(error) if is_gone(&error) => Ok(None),
            other => other,
        }
    }

    fn record_at_once(
        &self,
        position: u64,
        wanted: &mut dyn FnMut(&MessageHeader, usize) -> bool,
    ) -> Result<Option<Found>, StoreError> {
        let (segment, marks, head) = {
            let state = self.state.lock();
            let Some(segment) = segment_of(&state, position) else { return Ok(None) };
            (segment, state.marks, in_tail(&state, position, HEADER_BYTES))
        };
        let from = position - segment.base;
        let head = match head {
            Some(head) => head,
            None => self.read_file(&segment, from, HEADER_BYTES)?,
        };
        let Some((header, extent)) = envelope::message_header(&head, position, segment.epoch) else {
            return Ok(None);
        };
        let durable = position + extent.total() as u64 <= marks.of(header.durability);
        if !durable || !wanted(&header, extent.total()) {
            return Ok(None);
        }
        // Bound by itself, so that the file is read without the lock.
        let in_memory = in_tail(&self.state.lock(), position, extent.total());
        let record = match in_memory {
            Some(record) => record,
            None => self.read_file(&segment, from, extent.total())?,
        };
        let Ok(Content::Message(header)) = envelope::verify(&record, position, segment.epoch) else {
            return Ok(None);
        };
        Ok(Some(found(&header, position, record.slice(HEADER_BYTES..HEADER_BYTES + extent.message_bytes))))
    }
}

impl Search<'_> {
    fn run(&mut self) -> Result<ControlFlow<SearchEnd>, StoreError> {
        let hash = keys::hash(self.query.instance, self.query.key);
        let (open, sealed) = {
            let state = self.core.state.lock();
            // Nothing that is still in memory was stored after this.
            let in_memory = state.newest_ms.is_some_and(|newest| newest >= *self.query.times.start());
            let open = state.keys.iter().filter(|_| in_memory).map(|keys| (keys.segment.base, keys.blocks()));
            (open.collect::<Vec<_>>(), Arc::clone(&state.sealed))
        };
        for (base, blocks) in open.iter().rev() {
            for block in blocks.iter().rev() {
                let places = block.iter().rev().filter(|entry| entry.hash == hash).map(|entry| entry.at);
                if let ControlFlow::Break(end) = self.look_at(*base, places)? {
                    return Ok(ControlFlow::Break(end));
                }
            }
        }
        for (index, segment) in sealed.iter().enumerate().rev() {
            if self.is_late() || !segment.times_known() && !self.may_open() {
                return Ok(ControlFlow::Break(SearchEnd::LimitReached));
            }
            if self.core.stored_outside(segment, &self.query.times) {
                continue;
            }
            if !self.may_open() {
                return Ok(ControlFlow::Break(SearchEnd::LimitReached));
            }
            let left = self.query.limits.records.saturating_sub(self.records);
            // One more than may be looked at, to know that there is one.
            let places = self.core.sealed_keys(&sealed, index, hash, left.saturating_add(1))?;
            if let ControlFlow::Break(end) = self.look_at(segment.base, places.into_iter())? {
                return Ok(ControlFlow::Break(end));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Looks at records of a segment, newest first.
    fn look_at(&mut self, base: u64, places: impl Iterator<Item = u32>) -> Result<ControlFlow<SearchEnd>, StoreError> {
        if self.is_late() {
            return Ok(ControlFlow::Break(SearchEnd::LimitReached));
        }
        let limits = self.query.limits;
        let mut last = None;
        for at in places {
            // A message that names a key twice.
            if last.replace(at) == Some(at) {
                continue;
            }
            if self.records == limits.records || self.is_late() {
                return Ok(ControlFlow::Break(SearchEnd::LimitReached));
            }
            self.records += 1;
            let mut too_many_bytes = false;
            let (query, bytes) = (self.query, &mut self.bytes);
            let message = self.core.record_at(base + u64::from(at), &mut |header, record_bytes| {
                let wanted = header.instance == query.instance
                    && query.times.contains(&header.stored_at_ms)
                    && (query.wanted)(header.queue.topic);
                too_many_bytes = wanted && *bytes > 0 && *bytes + record_bytes > limits.bytes;
                let read = wanted && !too_many_bytes;
                *bytes += if read { record_bytes } else { 0 };
                read
            })?;
            if too_many_bytes {
                return Ok(ControlFlow::Break(SearchEnd::LimitReached));
            }
            // A hash only proposes (KI-1).
            let named = message.filter(|message| keys::names(&message.message, self.query.key));
            if let Some(message) = named
                && (self.each)(message).is_break()
            {
                return Ok(ControlFlow::Break(SearchEnd::Stopped));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Counts an index file that is to be opened.
    fn may_open(&mut self) -> bool {
        let may = self.files < self.query.limits.files;
        self.files += usize::from(may);
        may
    }

    fn is_late(&self) -> bool {
        self.core.clock.monotonic() > self.until
    }
}

fn found(header: &MessageHeader, position: u64, message: Bytes) -> Found {
    Found {
        account: header.account,
        instance: header.instance,
        queue: header.queue,
        queue_offset: header.queue_offset,
        position: position + HEADER_BYTES as u64,
        stored_at_ms: header.stored_at_ms,
        peer: header.peer,
        message,
    }
}

fn in_tail(state: &State, position: u64, count: usize) -> Option<Bytes> {
    state.in_tail(position, count).map(|(memory, part)| memory.slice(part))
}

/// The segment that a position lies in.
fn segment_of(state: &State, position: u64) -> Option<Arc<Segment>> {
    let within = |segment: &Segment| segment.first() <= position && position < segment.end();
    let after = state.sealed.partition_point(|segment| segment.base <= position);
    if let Some(segment) = after.checked_sub(1).and_then(|index| state.sealed.get(index))
        && within(segment)
    {
        return Some(Arc::clone(segment));
    }
    state
        .full_segments
        .iter()
        .map(|(segment, _)| segment)
        .chain([&state.active])
        .find(|segment| within(segment))
        .map(Arc::clone)
}

#[cfg(test)]
mod tests;
