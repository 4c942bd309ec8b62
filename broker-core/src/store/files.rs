//! The thread that looks after the files: seals, rolls by time, expires, watches the disk. And the one that makes
//! segments ready: filling one waits for a quiet log, and nothing else may wait with it.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Condvar;

use super::filling::Zeros;
use super::key_index::OpenKeys;
use super::log::{Core, State};
use super::segment::Segment;
use super::{recovery, seal};

/// Between two looks when nothing calls.
const PAUSE: Duration = Duration::from_secs(1);

impl Core {
    pub(crate) fn file_loop(&self) {
        self.work_loop(&self.file_work, ready_to_seal, &|| self.look_after_files());
    }

    pub(crate) fn spare_loop(&self) {
        self.work_loop(&self.spare_work, |state| self.wants_segment(state), &|| self.make_spares(Zeros::Paced));
    }

    /// Works whenever there is work, when called, and a while after work that did not go well.
    fn work_loop(&self, call: &Condvar, is_due: impl Fn(&State) -> bool, work: &dyn Fn() -> bool) {
        let ended = |state: &State| state.stopping || state.poisoned.is_some();
        let mut went_well = true;
        loop {
            {
                let mut state = self.state.lock();
                let at_once = went_well && is_due(&state);
                if !at_once && !ended(&state) {
                    call.wait_for(&mut state, PAUSE);
                }
                if ended(&state) {
                    return;
                }
            }
            went_well = work();
        }
    }

    /// False when something could not be done and is worth another try later.
    pub(crate) fn look_after_files(&self) -> bool {
        self.note_durable();
        self.watch_space();
        self.roll_when_old();
        let sealed = self.seal_full();
        self.expire();
        self.scrub();
        sealed
    }

    /// False when one could not be made and is worth another try later.
    pub(crate) fn make_spares(&self, zeros: Zeros) -> bool {
        let mut state = self.state.lock();
        while self.wants_segment(&state) {
            if let Err(error) = self.make_segment(&mut state, zeros) {
                if !state.stopping {
                    tracing::warn!(%error, "no segment could be made ready");
                }
                return false;
            }
        }
        true
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

    /// Writes the index files of full segments once they are on the disk.
    pub(crate) fn seal_full(&self) -> bool {
        let _one_at_a_time = self.sealing.lock();
        loop {
            let (segment, end, rows, unknown, keys) = {
                let state = self.state.lock();
                let Some((segment, end)) = state.full_segments.first().cloned() else { return true };
                if state.marks.durable < end || state.poisoned.is_some() {
                    return true;
                }
                let keys = state.keys.first().map(OpenKeys::blocks).unwrap_or_default();
                (Arc::clone(&segment), end, seal::rows(&state.queues, segment.base), state.queues.unknown, keys)
            };
            let keys = keys.iter().flat_map(|block| block.iter().copied()).collect();
            if let Err(error) = seal::write(&*self.medium, &self.dirs, &segment, end, unknown, rows, keys) {
                tracing::error!(%error, "the index files of a segment could not be written");
                return false;
            }
            self.give_back_unused(&segment, end);
            let bytes = recovery::file_bytes(&*self.medium, &segment);
            segment.release();
            let mut state = self.state.lock();
            for queue in state.queues.by_key.values_mut() {
                queue.seal(segment.base);
            }
            state.full_segments.remove(0);
            state.keys.remove(0);
            state.sealed_bytes += bytes;
            Arc::make_mut(&mut state.sealed).push(segment);
        }
    }

    /// A segment that ended early needs no more room than it uses.
    fn give_back_unused(&self, segment: &Segment, end: u64) {
        const WORTH_IT: u64 = 64 << 10;
        if segment.end() - end < WORTH_IT {
            return;
        }
        let given = segment.file(&*self.medium).and_then(|file| file.truncate(end - segment.base));
        if let Err(error) = given {
            tracing::warn!(%error, base = segment.base, "the unused part of a segment could not be given back");
        }
    }

    fn roll_when_old(&self) {
        let mut state = self.state.lock();
        let old = |since: Duration| self.clock.monotonic().saturating_sub(since) >= self.config.roll_after;
        if state.active_since.is_some_and(old) && !state.closed {
            while state.making && state.ready.is_empty() {
                self.wait_for_segment(&mut state);
            }
            if !state.ready.is_empty() && state.active_since.is_some_and(old) && !state.closed {
                state.roll();
                self.write_pending(&mut state);
            }
        }
    }

    /// Names a record that can't be read and goes on without it.
    pub(crate) fn set_aside(&self, segment: &Segment, position: u64, bytes: u64) {
        let words = format!("segment {:016x}: {bytes} bytes damaged at position {position}", segment.base);
        if self.state.lock().quarantined.contains(&words) {
            return;
        }
        let copied = recovery::quarantine(&*self.medium, &self.dirs, segment, position, position + bytes);
        if let Err(error) = copied {
            tracing::error!(%error, position, "damaged bytes could not be copied to the quarantine");
        }
        self.note_quarantined(words);
    }
}

fn ready_to_seal(state: &State) -> bool {
    state.full_segments.first().is_some_and(|(_, end)| *end <= state.marks.durable)
}
