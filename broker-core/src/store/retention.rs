//! Expiry by time, and by nothing else: a segment goes when its newest record is older than the
//! retention. Room on the disk is never a reason (threats R19).

use std::sync::Arc;

use super::log::Core;
use super::segment::Segment;
use super::{StoreError, seal};

impl Core {
    /// Removes what has expired.
    pub(crate) fn expire(&self) {
        let _one_at_a_time = self.sealing.lock();
        loop {
            match self.expire_oldest() {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "an expired segment could not be removed");
                    return;
                }
            }
        }
    }

    /// Whether a segment was removed.
    fn expire_oldest(&self) -> Result<bool, StoreError> {
        let sealed = Arc::clone(&self.state.lock().sealed);
        let Some(oldest) = sealed.first() else { return Ok(false) };
        let header = self.directory(&sealed, 0)?.header;
        let retention_ms = i64::try_from(self.config.retention.as_millis()).unwrap_or(i64::MAX);
        let expired = header.records == 0 || header.newest_ms.saturating_add(retention_ms) < self.clock.wall_ms();
        if !expired {
            return Ok(false);
        }
        if sealed.len() == 1 {
            // The newest index file says where each queue goes on: another must follow first.
            if header.records > 0 {
                self.roll_for_expiry();
            }
            return Ok(false);
        }
        let next = self.directory(&sealed, 1)?;
        let bytes = super::recovery::file_bytes(&*self.medium, oldest);
        {
            let mut state = self.state.lock();
            let mut left = (*state.sealed).clone();
            left.remove(0);
            state.sealed = Arc::new(left);
            state.sealed_bytes = state.sealed_bytes.saturating_sub(bytes);
            state.queues.set_mins(&next);
        }
        self.caches.forget(oldest.base);
        self.remove_files(oldest)?;
        Ok(true)
    }

    fn roll_for_expiry(&self) {
        let mut state = self.state.lock();
        let empty_already = state.full_segments.iter().any(|(segment, end)| segment.first() + 88 >= *end);
        if state.closed || state.poisoned.is_some() || empty_already {
            return;
        }
        if state.ready.is_empty() && (state.making || self.make_segment(&mut state, false).is_err()) {
            return;
        }
        state.roll();
        self.write_pending(&mut state);
    }

    /// The log file first: an index without its segment means nothing.
    fn remove_files(&self, segment: &Segment) -> Result<(), StoreError> {
        let failed = |source| segment.error(segment.base, source);
        segment.release();
        self.medium.remove(&segment.path).map_err(failed)?;
        self.medium.sync_dir(&self.dirs.log).map_err(failed)?;
        for name in [seal::index_name(segment.base), seal::key_name(segment.base)] {
            match self.medium.remove(&self.dirs.index.join(name)) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
                _ => {}
            }
        }
        self.medium.sync_dir(&self.dirs.index).map_err(failed)
    }
}
