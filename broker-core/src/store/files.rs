//! The thread that looks after the files: makes segments ready, rolls by time.

use std::time::Duration;

use super::StoreError;
use super::log::{Core, State};
use super::recovery;
use super::segment::Segment;

/// Between two looks when nothing calls.
const PAUSE: Duration = Duration::from_secs(1);

impl Core {
    pub(crate) fn file_loop(&self) {
        loop {
            {
                let mut state = self.state.lock();
                if state.stopping || state.poisoned.is_some() {
                    return;
                }
                if !self.wants_segment(&state) {
                    self.file_work.wait_for(&mut state, PAUSE);
                }
                if state.stopping || state.poisoned.is_some() {
                    return;
                }
            }
            self.maintain();
        }
    }

    pub(crate) fn maintain(&self) {
        self.watch_space();
        self.roll_when_old();
        let mut state = self.state.lock();
        while self.wants_segment(&state) {
            if let Err(error) = self.make_segment(&mut state, true) {
                tracing::warn!(%error, "no segment could be made ready");
                break;
            }
        }
    }

    /// Spares are made once the log is in use.
    fn wants_segment(&self, state: &State) -> bool {
        state.active_since.is_some()
            && !state.making
            && !state.closed
            && !state.refusing
            && state.poisoned.is_none()
            && state.ready.len() < self.config.spare_segments
    }

    fn roll_when_old(&self) {
        let mut state = self.state.lock();
        let old = |since: Duration| self.clock.monotonic().saturating_sub(since) >= self.config.roll_after;
        if state.active_since.is_some_and(old) && !state.ready.is_empty() && !state.closed {
            state.roll();
            self.write_pending(&mut state);
        }
    }

    /// Names a record that can't be read and goes on without it.
    pub(crate) fn set_aside(&self, segment: &Segment, position: u64, bytes: u64) {
        let until = position + bytes;
        let copied: Result<(), StoreError> = recovery::quarantine(&*self.medium, &self.dirs, segment, position, until);
        if let Err(error) = copied {
            tracing::error!(%error, position, "damaged bytes could not be copied to the quarantine");
        }
        let words = format!("segment {:016x}: {bytes} bytes damaged at position {position}", segment.base);
        self.note_quarantined(words);
    }
}
