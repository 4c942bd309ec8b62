//! Slows down guessing (threats R40): after five failures for one name the next try waits 1 s,
//! doubling to 15 min, never locked for good; and 30 tries a minute from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use broker_core::clock::Clock;
use parking_lot::Mutex;

/// Failures without a wait.
const FREE_FAILURES: u32 = 5;
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Tries of one address in a [`WINDOW`].
const TRIES_MAX: u32 = 30;
const WINDOW: Duration = Duration::from_secs(60);
/// Entries of each table; the oldest leave first.
const ENTRIES_MAX: usize = 10_000;
/// A name is forgotten when nobody has failed with it for so long.
const FORGET_AFTER: Duration = Duration::from_secs(24 * 3600);

struct Failures {
    count: u32,
    last: Duration,
}

struct Tries {
    count: u32,
    since: Duration,
}

#[derive(Default)]
struct State {
    names: HashMap<String, Failures>,
    addresses: HashMap<IpAddr, Tries>,
}

/// Counts per name and per address.
pub struct Throttle {
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

/// Try again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

fn wait_after(failures: u32) -> Duration {
    match failures.checked_sub(FREE_FAILURES) {
        None => Duration::ZERO,
        Some(doublings) => Duration::from_secs(1_u64.checked_shl(doublings).unwrap_or(u64::MAX)).min(WAIT_MAX),
    }
}

impl Throttle {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, state: Mutex::default() }
    }

    /// Whether this name may be tried from this address now. A try counts for the address.
    ///
    /// - `name`: account and user name as typed; unknown ones count alike.
    pub fn admit(&self, name: &str, address: IpAddr) -> Result<(), Wait> {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        if let Some(failures) = state.names.get(name) {
            let over = failures.last.saturating_add(wait_after(failures.count));
            if over > now {
                return Err(Wait(over.saturating_sub(now)));
            }
        }
        if state.addresses.len() >= ENTRIES_MAX && !state.addresses.contains_key(&address) {
            state.addresses.retain(|_, tries| now.saturating_sub(tries.since) < WINDOW);
            if state.addresses.len() >= ENTRIES_MAX {
                return Err(Wait(WINDOW));
            }
        }
        let tries = state.addresses.entry(address).or_insert(Tries { count: 0, since: now });
        if now.saturating_sub(tries.since) >= WINDOW {
            *tries = Tries { count: 0, since: now };
        }
        if tries.count >= TRIES_MAX {
            return Err(Wait(WINDOW.saturating_sub(now.saturating_sub(tries.since))));
        }
        tries.count += 1;
        Ok(())
    }

    /// Counted before the password is looked at and taken back by [`Throttle::succeeded`], so that
    /// parallel tries can't share one free failure.
    pub fn failed(&self, name: &str) {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        if state.names.len() >= ENTRIES_MAX && !state.names.contains_key(name) {
            state.names.retain(|_, failures| now.saturating_sub(failures.last) < FORGET_AFTER);
            if state.names.len() >= ENTRIES_MAX {
                let oldest = state.names.iter().min_by_key(|(_, failures)| failures.last).map(|(name, _)| name.clone());
                oldest.map(|name| state.names.remove(&name));
            }
        }
        let failures = state.names.entry(name.to_owned()).or_insert(Failures { count: 0, last: now });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
    }

    pub fn succeeded(&self, name: &str) {
        self.state.lock().names.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use broker_core::clock::ManualClock;

    use super::*;

    fn throttle() -> (Arc<ManualClock>, Throttle) {
        let clock = Arc::new(ManualClock::new(0));
        (clock.clone(), Throttle::new(clock))
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn five_failures_are_free_then_the_wait_doubles_to_fifteen_minutes() {
        let (clock, throttle) = throttle();
        for _ in 0..5 {
            assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
            throttle.failed("acme/dev");
        }
        let mut waits = Vec::new();
        for _ in 0..13 {
            let Err(Wait(wait)) = throttle.admit("acme/dev", address(1)) else { panic!("admitted") };
            waits.push(wait.as_secs());
            clock.advance(wait);
            assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
            throttle.failed("acme/dev");
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    }

    #[test]
    fn another_name_does_not_wait_and_a_success_ends_the_wait() {
        let (clock, throttle) = throttle();
        for _ in 0..6 {
            throttle.failed("acme/dev");
        }
        assert!(throttle.admit("acme/dev", address(1)).is_err());
        assert_eq!(throttle.admit("acme/ops", address(1)), Ok(()));
        clock.advance(Duration::from_secs(2));
        assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
        throttle.succeeded("acme/dev");
        throttle.failed("acme/dev");
        assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
    }

    #[test]
    fn an_address_has_thirty_tries_a_minute() {
        let (clock, throttle) = throttle();
        for n in 0..30 {
            assert_eq!(throttle.admit(&format!("acme/{n}"), address(1)), Ok(()));
        }
        clock.advance(Duration::from_secs(20));
        assert_eq!(throttle.admit("acme/x", address(1)), Err(Wait(Duration::from_secs(40))));
        assert_eq!(throttle.admit("acme/x", address(2)), Ok(()));
        clock.advance(Duration::from_secs(40));
        assert_eq!(throttle.admit("acme/x", address(1)), Ok(()));
    }

    #[test]
    fn the_tables_stay_bounded() {
        let (clock, throttle) = throttle();
        for n in 0..(ENTRIES_MAX + 10) {
            clock.advance(Duration::from_millis(1));
            throttle.failed(&n.to_string());
        }
        assert_eq!(throttle.state.lock().names.len(), ENTRIES_MAX);
        assert!(!throttle.state.lock().names.contains_key("0"));
    }
}
