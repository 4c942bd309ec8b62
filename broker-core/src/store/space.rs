//! Room on the disk: when to refuse, when to go on, and the reserve that keeps offsets and other
//! small state writable on a full disk (R19).

use std::time::Duration;

use super::log::Core;

const RESERVE_BYTES: u64 = 8 << 20;
pub(crate) const RESERVE: &str = "reserve";
/// Between two flushes of the small state and looks at the disk.
const PAUSE: Duration = Duration::from_millis(400);

impl Core {
    /// The thread that keeps small state durable and watches the disk.
    pub(crate) fn state_loop(&self) {
        loop {
            {
                let mut state = self.state.lock();
                if !state.stopping {
                    self.state_work.wait_for(&mut state, PAUSE);
                }
                if state.stopping || state.poisoned.is_some() {
                    return;
                }
            }
            self.flush_states();
            self.note_durable();
            self.watch_space();
        }
    }

    /// Notes how far the log is on the disk, when that has changed.
    pub(crate) fn note_durable(&self) {
        let durable = self.state.lock().marks.durable;
        let mut checkpoint = self.checkpoint.lock();
        if checkpoint.floor < durable
            && let Err(error) = checkpoint.write(durable)
        {
            // The log names its floor itself; the note is only nearer.
            tracing::warn!(%error, "the checkpoint could not be written");
        }
    }

    pub(crate) fn flush_states(&self) {
        let logs = self.state_logs.lock().clone();
        for log in logs {
            if let Err(error) = self.flush_state(&log) {
                tracing::error!(%error, "small state could not be written");
            }
        }
    }

    /// Refuses from the mark on, and takes messages again below it.
    pub(crate) fn watch_space(&self) {
        let space = match self.medium.space(&self.dirs.root) {
            Ok(space) => space,
            Err(error) => {
                tracing::warn!(%error, "the disk's free space can't be read");
                return;
            }
        };
        let used = space.bytes.saturating_sub(space.bytes_free);
        let over = used.saturating_mul(100) >= space.bytes.saturating_mul(u64::from(self.config.disk_used_percent_max));
        // Refused for want of a segment: there must be room for one again.
        let room = space.bytes_free > self.config.segment_bytes + 2 * RESERVE_BYTES;
        let mut state = self.state.lock();
        let was = state.refusing;
        state.refusing = over || (was && !room);
        let refusing = state.refusing;
        drop(state);
        if was != refusing {
            tracing::warn!(refusing, used, bytes = space.bytes, "the disk's fill level passed its mark");
        }
        if !refusing {
            self.spare_work.notify_one();
            if room {
                self.make_reserve();
            }
        }
    }

    /// Gives the reserve's bytes to whoever writes next.
    pub(crate) fn release_reserve(&self) {
        let mut held = self.reserve.lock();
        if *held {
            *held = false;
            match self.medium.remove(&self.dirs.root.join(RESERVE)) {
                Ok(()) => tracing::warn!("the disk is full: the reserve for small state is used"),
                Err(error) => tracing::error!(%error, "the reserve could not be given back"),
            }
        }
    }

    pub(crate) fn make_reserve(&self) {
        let mut held = self.reserve.lock();
        if *held {
            return;
        }
        let path = self.dirs.root.join(RESERVE);
        let made = self.medium.create(&path).and_then(|file| file.allocate(RESERVE_BYTES));
        match made {
            Ok(()) => *held = true,
            Err(error) => tracing::warn!(%error, "no reserve for small state could be made"),
        }
    }

    pub(crate) fn note_quarantined(&self, words: String) {
        let mut state = self.state.lock();
        if !state.quarantined.contains(&words) {
            state.quarantined.push(words);
        }
    }
}
