//! Expiry by time, and by nothing else: a segment goes when its newest record is older than the
//! retention. Room on the disk is never a reason (R19). A wall clock that went wrong is none
//! either: after a jump forward, and after a start at which everything would expire at once, nothing
//! goes for an hour, in which the clock can be put right.

use std::sync::Arc;
use std::time::Duration;

use super::filling::Zeros;
use super::log::Core;
use super::sealed::SealedSegments;
use super::segment::{END_BYTES, Segment};
use super::{StoreError, seal};

/// A wall clock that moves this much against the monotonic one has jumped (R25).
const JUMP_MS: i64 = 5_000;
/// Nothing expires for this long after a jump forward, or after a start that would expire everything.
const HOLD: Duration = Duration::from_secs(3600);

/// How the two clocks stood to each other.
#[derive(Default)]
pub(crate) struct ClockWatch {
    apart_ms: Option<i64>,
    held_until: Option<Duration>,
}

impl Core {
    /// Removes what has expired.
    pub(crate) fn expire(&self) {
        let _one_at_a_time = self.sealing.lock();
        if self.watch_clock() {
            return;
        }
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

    /// Whether the wall clock can't be trusted for now: it has lately jumped forward, or the store
    /// was opened at a time at which nothing in it would be kept. Called first when the store opens.
    pub(crate) fn watch_clock(&self) -> bool {
        let (wall_ms, monotonic) = (self.clock.wall_ms(), self.clock.monotonic());
        let apart_ms = wall_ms.saturating_sub(i64::try_from(monotonic.as_millis()).unwrap_or(i64::MAX));
        let newest_ms = self.state.lock().newest_ms;
        let mut watch = self.clock_watch.lock();
        if watch.apart_ms.is_none() && newest_ms.is_some_and(|newest_ms| self.is_expired(newest_ms, wall_ms)) {
            tracing::warn!(newest_ms, wall_ms, "all messages are past the retention: nothing expires for an hour");
            watch.held_until = Some(monotonic + HOLD);
        }
        let by_ms = watch.apart_ms.map_or(0, |before| apart_ms.saturating_sub(before));
        watch.apart_ms = Some(apart_ms);
        if by_ms.abs() > JUMP_MS {
            tracing::warn!(by_ms, "the wall clock jumped");
        }
        if by_ms > JUMP_MS {
            watch.held_until = Some(monotonic + HOLD);
        }
        watch.held_until.is_some_and(|until| monotonic < until)
    }

    fn is_expired(&self, stored_at_ms: i64, wall_ms: i64) -> bool {
        let retention_ms = i64::try_from(self.config.retention.as_millis()).unwrap_or(i64::MAX);
        stored_at_ms.saturating_add(retention_ms) < wall_ms
    }

    /// Whether a segment was removed.
    fn expire_oldest(&self) -> Result<bool, StoreError> {
        let sealed = Arc::clone(&self.state.lock().sealed);
        let Some(oldest) = sealed.first() else { return Ok(false) };
        let header = self.directory(&sealed, 0)?.header;
        let newest_ms = if header.records > 0 { Some(header.newest_ms) } else { self.bound_of_lost(&sealed)? };
        let expired = newest_ms.is_none_or(|newest_ms| self.is_expired(newest_ms, self.clock.wall_ms()));
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

    /// A time that whatever was lost to damage in the oldest segment, which has no record left, is
    /// not newer than: that of the next record there is. `None`: nothing was lost in it.
    fn bound_of_lost(&self, sealed: &SealedSegments) -> Result<Option<i64>, StoreError> {
        let Some(oldest) = sealed.first() else { return Ok(None) };
        let names = self.medium.list(&self.dirs.quarantine).map_err(|source| oldest.error(oldest.base, source))?;
        if !names.iter().any(|name| name.starts_with(&format!("{:016x}-", oldest.base))) {
            return Ok(None);
        }
        for index in 1..sealed.len() {
            let header = self.directory(sealed, index)?.header;
            if header.records > 0 {
                return Ok(Some(header.oldest_ms));
            }
        }
        Ok(Some(i64::MAX))
    }

    fn roll_for_expiry(&self) {
        let mut state = self.state.lock();
        let empty_already = state.full_segments.iter().any(|(segment, end)| segment.first() + END_BYTES >= *end);
        if state.closed || state.poisoned.is_some() || empty_already {
            return;
        }
        while state.making && state.ready.is_empty() {
            self.wait_for_segment(&mut state);
        }
        if state.closed || state.poisoned.is_some() {
            return;
        }
        if state.ready.is_empty() && self.make_segment(&mut state, Zeros::None).is_err() {
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
        // Whoever was reading here may have opened it again: a file that is open keeps its space.
        segment.release();
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
