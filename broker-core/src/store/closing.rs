//! Figures of the store, and its end.

use std::sync::Arc;

use super::envelope::Ending;
use super::log::Core;
use super::{StoreError, StoreFigures};

impl Core {
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
