//! How fast zeros are written into segments ahead of the log: in small steps with pauses, not while
//! the log itself needs the disk, and never so that an append waits. What is not filled stays
//! reserved, which is as safe; only its first sync costs more.

use std::time::Duration;

use parking_lot::MutexGuard;

use super::log::{Core, State};

/// Zeros written at once. One step a pause are 16 MiB/s.
pub(crate) const STEP_BYTES: usize = 256 << 10;
const PAUSE: Duration = Duration::from_millis(16);
/// In one pause the log writes more than this: it has the disk for itself. Filling pays for syncs
/// that a sender waits for, so it gives way sooner where nobody does.
const BUSY_SYNCED: u64 = STEP_BYTES as u64;
const BUSY_WRITTEN: u64 = 16 << 10;

/// Whether a new segment is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Zeros {
    None,
    /// In the background.
    Paced,
    /// For a caller who waits for it.
    AtOnce,
}

/// What the filler of a segment does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Fill,
    /// The log is busy and has another segment ahead.
    Wait,
    /// The segment is needed: the rest stays reserved.
    Enough,
    /// The store ends: no segment is needed.
    Stop,
}

/// What has happened to the log in one pause.
struct Seen {
    stopping: bool,
    /// Somebody waits for the segment.
    wanted: bool,
    /// No other segment is ready.
    last: bool,
    grown: u64,
    synced: bool,
}

fn pace(seen: &Seen) -> Pace {
    let busy = seen.grown > if seen.synced { BUSY_SYNCED } else { BUSY_WRITTEN };
    match seen {
        Seen { stopping: true, .. } => Pace::Stop,
        Seen { wanted: true, .. } => Pace::Enough,
        Seen { last: true, .. } if busy => Pace::Enough,
        _ if busy => Pace::Wait,
        _ => Pace::Fill,
    }
}

impl Core {
    /// Has the thread that makes a segment end it as it is, and waits for something to move.
    pub(crate) fn wait_for_segment(&self, state: &mut MutexGuard<'_, State>) {
        state.segment_wanted = true;
        self.spare_work.notify_all();
        self.moved.wait(state);
    }

    /// One pause between two steps of filling.
    pub(crate) fn pause_filling(&self, zeros: Zeros) -> Pace {
        let mut state = self.state.lock();
        let (next, sync_wanted) = (state.next, state.sync_wanted);
        if zeros == Zeros::Paced && !state.stopping && !state.segment_wanted {
            self.spare_work.wait_for(&mut state, PAUSE);
        }
        pace(&Seen {
            stopping: state.stopping || state.poisoned.is_some(),
            wanted: state.segment_wanted,
            last: state.ready.is_empty(),
            grown: state.next - next,
            synced: state.sync_wanted > sync_wanted,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: Seen = Seen { stopping: false, wanted: false, last: true, grown: 0, synced: false };

    #[test]
    fn a_quiet_log_has_its_segments_filled() {
        assert_eq!(pace(&QUIET), Pace::Fill);
        assert_eq!(pace(&Seen { grown: BUSY_SYNCED, synced: true, ..QUIET }), Pace::Fill);
    }

    #[test]
    fn a_busy_log_is_given_a_reserved_segment_and_then_left_alone() {
        let busy = Seen { grown: BUSY_WRITTEN + 1, ..QUIET };
        assert_eq!(pace(&busy), Pace::Enough);
        assert_eq!(pace(&Seen { last: false, ..busy }), Pace::Wait);
        assert_eq!(pace(&Seen { grown: BUSY_SYNCED + 1, synced: true, ..QUIET }), Pace::Enough);
    }

    #[test]
    fn nobody_waits_for_zeros() {
        assert_eq!(pace(&Seen { wanted: true, last: false, ..QUIET }), Pace::Enough);
        assert_eq!(pace(&Seen { wanted: true, stopping: true, ..QUIET }), Pace::Stop);
    }

    #[test]
    fn an_append_takes_the_segment_that_is_being_filled() {
        use crate::store::Durability::Written;
        use crate::store::medium::MemoryMedium;
        use crate::store::tests::{QUEUE, append, bodies, open};

        let clock = std::sync::Arc::new(crate::clock::ManualClock::new(1_700_000_000_000));
        let (store, _) = open(&MemoryMedium::new(), &clock, 64 << 20);
        let body = vec![5; 4_000_000];
        // Two segments' worth: filling one takes seconds, the third is needed at once.
        for _ in 0..40 {
            append(&store, QUEUE, Written, &body, &[]);
        }
        store.barrier().expect("synced");
        assert_eq!(bodies(&store, QUEUE).len(), 40);
    }
}
