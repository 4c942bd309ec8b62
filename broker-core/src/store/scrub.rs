//! Reads sealed segments again, one a minute, so that damage is found while it is small and other
//! copies of the data still exist elsewhere. Repairs only what is derived.

use std::sync::Arc;
use std::time::Duration;

use super::log::Core;
use super::scan::{self, Event};
use super::seal;

const PAUSE: Duration = Duration::from_secs(60);

/// Where the scrub is.
#[derive(Default)]
pub(crate) struct Scrub {
    /// Base of the segment that was read last.
    last: Option<u64>,
    next_at: Option<Duration>,
}

impl Core {
    /// Reads the next sealed segment when it is time, round and round.
    pub(crate) fn scrub(&self) {
        let mut scrub = self.scrub.lock();
        let now = self.clock.monotonic();
        if scrub.next_at.is_some_and(|at| now < at) {
            return;
        }
        // The first waits too: a start has better things to do.
        if scrub.next_at.replace(now + PAUSE).is_none() {
            return;
        }
        let sealed = Arc::clone(&self.state.lock().sealed);
        let after = scrub.last.map_or(0, |last| sealed.partition_point(|segment| segment.base <= last));
        let index = if after < sealed.len() { after } else { 0 };
        let Some(segment) = sealed.get(index) else { return };
        scrub.last = Some(segment.base);
        let mut bad = Vec::new();
        let read = self.medium.open(&segment.path).map(|file| {
            scan::scan(&*file, segment, &mut |event| {
                if let Event::Bad { from, until, .. } = event {
                    bad.push((from, until));
                }
            })
        });
        match read {
            Err(error) => tracing::warn!(%error, base = segment.base, "a segment could not be read again"),
            Ok(Err(record)) => tracing::warn!(?record, base = segment.base, "a segment has a record of a newer kind"),
            Ok(Ok(_)) => {}
        }
        for (from, until) in bad {
            self.set_aside(segment, from, until - from);
        }
        if let Ok(None) = seal::load(&*self.medium, &self.dirs, segment)
            && let Err(error) = self.rebuild(&sealed, index)
        {
            tracing::error!(%error, base = segment.base, "a damaged index could not be built anew");
        }
    }
}
