//! Finding messages by key, closing, and figures.

use std::sync::Arc;

use super::envelope::Ending;
use super::key_file::{self, Failure};
use super::log::Core;
use super::segment::Segment;
use super::{Found, StoreError, StoreFigures, keys, seal};
use crate::types::InstanceNo;

impl Core {
    pub(crate) fn messages_by_key(
        &self,
        instance: InstanceNo,
        key: &str,
        from_ms: i64,
        to_ms: i64,
        count_max: usize,
    ) -> Result<(Vec<Found>, bool), StoreError> {
        let hash = keys::hash(instance, key);
        let (open, sealed) = {
            let state = self.state.lock();
            let open: Vec<_> = state.keys.iter().map(|keys| (keys.segment.base, keys.blocks())).collect();
            (open, Arc::clone(&state.sealed))
        };
        let mut search = Search { core: self, instance, key, times: from_ms..=to_ms, count_max, found: Vec::new() };
        for (base, blocks) in open.iter().rev() {
            let matches = blocks.iter().rev().flat_map(|block| block.iter().rev()).filter(|entry| entry.hash == hash);
            if search.take(*base, matches.map(|entry| entry.at))? {
                return Ok((search.found, true));
            }
        }
        for index in (0..sealed.len()).rev() {
            let Some(segment) = sealed.get(index) else { continue };
            if search.take(segment.base, self.sealed_keys(&sealed, index, hash)?.into_iter())? {
                return Ok((search.found, true));
            }
        }
        Ok((search.found, false))
    }

    /// Places in a sealed segment that may have a key, newest first.
    fn sealed_keys(&self, sealed: &[Arc<Segment>], index: usize, hash: u64) -> Result<Vec<u32>, StoreError> {
        let Some(segment) = sealed.get(index) else { return Ok(Vec::new()) };
        let name = seal::key_name(segment.base);
        let look = || {
            let file = self.medium.open(&self.dirs.index.join(&name))?;
            key_file::find(&*file, segment.base, hash)
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

    pub(crate) fn oldest(&self) -> Option<(i64, u64)> {
        let sealed = Arc::clone(&self.state.lock().sealed);
        for (index, segment) in sealed.iter().enumerate() {
            match self.directory(&sealed, index) {
                Ok(directory) if directory.header.records > 0 => {
                    return Some((directory.header.oldest_ms, segment.base));
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(%error, "the age of the oldest segment can't be read");
                    return None;
                }
            }
        }
        let state = self.state.lock();
        let runs = state.queues.by_key.values().filter_map(|queue| queue.runs.first());
        let base = runs.clone().map(|run| run.segment.base).min()?;
        let first = runs.filter(|run| run.segment.base == base).filter_map(|run| run.entries.first());
        Some((first.map(|entry| entry.stored_at_ms).min()?, base))
    }

    pub(crate) fn figures(&self) -> StoreFigures {
        let space = self.medium.space(&self.dirs.root).ok();
        let oldest_ms = self.oldest().map(|(at, _)| at);
        let state = self.state.lock();
        let full: u64 = state.full_segments.iter().map(|(segment, end)| end - segment.base).sum();
        let ready = state.ready.iter().chain([&state.active]).map(|segment| segment.capacity).sum::<u64>();
        StoreFigures {
            bytes_used: state.sealed_bytes + full + ready,
            disk_bytes: space.map_or(0, |space| space.bytes),
            disk_bytes_free: space.map_or(0, |space| space.bytes_free),
            refusing: state.refusing,
            oldest_ms,
            newest_ms: oldest_ms.and(state.newest_ms),
            quarantined: state.quarantined.clone(),
        }
    }

    /// Syncs everything, then writes the record that says so.
    pub(crate) fn close(&self) -> Result<(), StoreError> {
        {
            let mut state = self.state.lock();
            if state.closed {
                return Core::poisoned(&state).map_or(Ok(()), Err);
            }
            state.closed = true;
        }
        self.flush_states();
        self.barrier()?;
        {
            let mut state = self.state.lock();
            state.end_segment(Ending::Closed);
            let (active, end) = (Arc::clone(&state.active), state.last_end);
            state.full_segments.push((active, end));
        }
        self.barrier()?;
        Ok(())
    }

    /// After the threads have ended: the next start finds everything sealed and nothing to do.
    pub(crate) fn tidy(&self) {
        self.seal_full();
        self.note_durable();
        let ready = std::mem::take(&mut self.state.lock().ready);
        for segment in &ready {
            segment.release();
            if let Err(error) = self.medium.remove(&segment.path) {
                tracing::warn!(%error, base = segment.base, "a spare segment could not be removed");
            }
        }
    }
}

/// A search for a key as far as it has come.
struct Search<'a> {
    core: &'a Core,
    instance: InstanceNo,
    key: &'a str,
    times: std::ops::RangeInclusive<i64>,
    count_max: usize,
    found: Vec<Found>,
}

impl Search<'_> {
    /// Looks at records of a segment, newest first; true when more match than are wanted.
    fn take(&mut self, base: u64, places: impl Iterator<Item = u32>) -> Result<bool, StoreError> {
        let mut last = None;
        for at in places {
            // A message that names a key twice.
            if last.replace(at) == Some(at) {
                continue;
            }
            let Some(message) = self.core.record_at(base + u64::from(at))? else { continue };
            let wanted = message.instance == self.instance
                && self.times.contains(&message.stored_at_ms)
                && keys::names(&message.message, self.key);
            if wanted && self.found.len() == self.count_max {
                return Ok(true);
            }
            if wanted {
                self.found.push(message);
            }
        }
        Ok(false)
    }
}
