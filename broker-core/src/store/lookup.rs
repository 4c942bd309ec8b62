//! Finding messages by key, closing, and figures.

use std::sync::Arc;

use super::envelope::Ending;
use super::log::Core;
use super::{Found, StoreError, StoreFigures, keys};
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
        let open: Vec<_> = {
            let state = self.state.lock();
            state.keys.iter().map(|keys| (Arc::clone(&keys.segment), keys.blocks())).collect()
        };
        let mut found = Vec::new();
        for (segment, blocks) in open.iter().rev() {
            let mut last = None;
            for entry in blocks.iter().rev().flat_map(|block| block.iter().rev()) {
                if entry.hash != hash || last == Some(entry.at) {
                    continue;
                }
                last = Some(entry.at);
                let Some(message) = self.record_at(segment.base + u64::from(entry.at))? else { continue };
                let wanted = message.instance == instance
                    && (from_ms..=to_ms).contains(&message.stored_at_ms)
                    && keys::names(&message.message, key);
                if wanted && found.len() == count_max {
                    return Ok((found, true));
                }
                if wanted {
                    found.push(message);
                }
            }
        }
        Ok((found, false))
    }

    pub(crate) fn oldest(&self) -> Option<(i64, u64)> {
        let state = self.state.lock();
        let runs = state.queues.by_key.values().filter_map(|queue| queue.runs.first());
        let oldest = runs.min_by_key(|run| run.segment.base)?;
        Some((oldest.entries.first()?.stored_at_ms, oldest.segment.base))
    }

    pub(crate) fn figures(&self) -> StoreFigures {
        let space = self.medium.space(&self.dirs.root).ok();
        let oldest_ms = self.oldest().map(|(at, _)| at);
        let state = self.state.lock();
        let full: u64 = state.full_segments.iter().map(|(segment, end)| end - segment.base).sum();
        let ready = state.ready.iter().chain([&state.active]).map(|segment| segment.capacity).sum::<u64>();
        StoreFigures {
            bytes_used: full + ready,
            disk_bytes: space.map_or(0, |space| space.bytes),
            disk_bytes_free: space.map_or(0, |space| space.bytes_free),
            refusing: state.refusing,
            oldest_ms,
            newest_ms: state.newest_ms,
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
        self.state.lock().end_segment(Ending::Closed);
        self.barrier()?;
        Ok(())
    }
}
