//! The thread that makes written bytes durable. No timer window: the next round starts when the
//! last ends, when somebody waits for it. Bytes nobody waits for are synced 100 ms after the first.

use std::time::Duration;

use parking_lot::MutexGuard;

use super::log::{Core, State};

/// Written bytes are durable this much later at the latest, plus one sync.
const UNSYNCED_MAX: Duration = Duration::from_millis(100);

impl Core {
    /// Runs until the store is poisoned or stopped.
    pub(crate) fn sync_loop(&self) {
        let mut state = self.state.lock();
        while state.poisoned.is_none() {
            if due(&state) {
                self.sync(&mut state);
                continue;
            }
            if state.stopping {
                return;
            }
            match state.unsynced_since {
                Some(since) => {
                    let left = UNSYNCED_MAX.saturating_sub(since.elapsed());
                    self.sync_work.wait_for(&mut state, left);
                }
                None => self.sync_work.wait(&mut state),
            }
        }
    }

    /// One fdatasync over everything written so far.
    fn sync<'a>(&'a self, state: &mut MutexGuard<'a, State>) {
        let written = state.marks.written;
        let files = std::mem::take(&mut state.dirty);
        state.unsynced_since = None;
        let synced = MutexGuard::unlocked(state, || {
            // In order: a later segment is never durable before an earlier one.
            files.iter().try_for_each(|segment| segment.file(&*self.medium)?.sync())
        });
        match synced {
            Ok(()) => {
                state.marks.durable = written;
                let marks = state.marks;
                self.moved.notify_all();
                if state.full_segments.first().is_some_and(|(_, end)| *end <= written) {
                    self.file_work.notify_one();
                }
                MutexGuard::unlocked(state, || self.progress.advanced(marks));
            }
            Err(error) => {
                MutexGuard::unlocked(state, || self.poison(&format!("syncing the log failed: {error}")));
            }
        }
    }
}

fn due(state: &State) -> bool {
    let waited_for = state.sync_wanted > state.marks.durable;
    let old = state.unsynced_since.is_some_and(|since| since.elapsed() >= UNSYNCED_MAX);
    state.marks.written > state.marks.durable && (waited_for || old)
}
