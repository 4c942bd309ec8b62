//! Slows down guessing (R40): after five failures for one name the next try waits 1 s,
//! doubling to 15 min, never locked for good; 30 tries a minute from one address; and no more tries in
//! all than passwords can be checked. What an address is refused counts for nobody else.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use broker_core::clock::Clock;
use broker_core::types::host_of;
use parking_lot::Mutex;

use crate::config::is_loopback;

/// Failures without a wait.
const FREE_FAILURES: u32 = 5;
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Tries of one address in a [`WINDOW`].
const TRIES_MAX: u32 = 30;
const WINDOW: Duration = Duration::from_secs(60);
/// Tries of all addresses but this machine's own in a [`WINDOW`]: about what two password checks at
/// once can do.
const TRIES_IN_ALL_MAX: u32 = 3_000;
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

impl Tries {
    /// Counts one try, unless `max` are counted in this window.
    fn admit(&mut self, now: Duration, max: u32) -> Result<(), Wait> {
        if now.saturating_sub(self.since) >= WINDOW {
            *self = Tries { count: 0, since: now };
        }
        if self.count >= max {
            return Err(Wait(WINDOW.saturating_sub(now.saturating_sub(self.since))));
        }
        self.count += 1;
        Ok(())
    }
}

/// A failure that was counted, to take it back.
#[must_use]
pub struct Counted {
    name: String,
    /// When this name failed before.
    before: Option<Duration>,
    at: Duration,
}

struct State {
    names: HashMap<String, Failures>,
    addresses: HashMap<IpAddr, Tries>,
    all: Tries,
}

impl State {
    /// The count of an address; a new one takes the place of the oldest when the table is full.
    fn tries_of(&mut self, place: IpAddr, now: Duration) -> &mut Tries {
        if self.addresses.len() >= ENTRIES_MAX && !self.addresses.contains_key(&place) {
            self.addresses.retain(|_, tries| now.saturating_sub(tries.since) < WINDOW);
            if self.addresses.len() >= ENTRIES_MAX {
                let oldest = self.addresses.iter().min_by_key(|(_, tries)| tries.since).map(|(place, _)| *place);
                oldest.map(|place| self.addresses.remove(&place));
            }
        }
        self.addresses.entry(place).or_insert(Tries { count: 0, since: now })
    }
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
        let all = Tries { count: 0, since: clock.monotonic() };
        let state = State { names: HashMap::new(), addresses: HashMap::new(), all };
        Self { clock, state: Mutex::new(state) }
    }

    /// Whether this name may be tried from this address now. A try counts for the address, and for
    /// all of them when the address itself may: a flood from one place leaves the others theirs.
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
        state.tries_of(host_of(address), now).admit(now, TRIES_MAX)?;
        if is_loopback(address) {
            // Who is on the machine gets in while the network floods it; its own limit bounds it.
            return Ok(());
        }
        state.all.admit(now, TRIES_IN_ALL_MAX)
    }

    /// Counted before the password is looked at, so that parallel tries can't share one free failure:
    /// forgotten by [`Throttle::succeeded`], taken back by [`Throttle::take_back`].
    pub fn failed(&self, name: &str) -> Counted {
        let now = self.clock.monotonic();
        let mut state = self.state.lock();
        if state.names.len() >= ENTRIES_MAX && !state.names.contains_key(name) {
            state.names.retain(|_, failures| now.saturating_sub(failures.last) < FORGET_AFTER);
            if state.names.len() >= ENTRIES_MAX {
                // A name with many failures stays: made-up names can't push it out.
                let least = state.names.iter().min_by_key(|(_, failures)| (failures.count, failures.last));
                let least = least.map(|(name, _)| name.clone());
                least.map(|name| state.names.remove(&name));
            }
        }
        let before = state.names.get(name).map(|failures| failures.last);
        let failures = state.names.entry(name.to_owned()).or_insert(Failures { count: 0, last: now });
        failures.count = failures.count.saturating_add(1);
        failures.last = now;
        Counted { name: name.to_owned(), before, at: now }
    }

    /// Nobody looked at the password: this try counts no more, those before it do.
    pub fn take_back(&self, counted: Counted) {
        let mut state = self.state.lock();
        let Some(failures) = state.names.get_mut(&counted.name) else { return };
        failures.count = failures.count.saturating_sub(1);
        if let Some(before) = counted.before
            && failures.last == counted.at
        {
            failures.last = before;
        }
        if failures.count == 0 {
            state.names.remove(&counted.name);
        }
    }

    /// The right password: the name has no failures.
    pub fn succeeded(&self, name: &str) {
        self.state.lock().names.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use broker_core::clock::ManualClock;

    use std::net::{Ipv4Addr, Ipv6Addr};

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
            let _ = throttle.failed("acme/dev");
        }
        let mut waits = Vec::new();
        for _ in 0..13 {
            let Err(Wait(wait)) = throttle.admit("acme/dev", address(1)) else { panic!("admitted") };
            waits.push(wait.as_secs());
            clock.advance(wait);
            assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
            let _ = throttle.failed("acme/dev");
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    }

    #[test]
    fn another_name_does_not_wait_and_a_success_ends_the_wait() {
        let (clock, throttle) = throttle();
        for _ in 0..6 {
            let _ = throttle.failed("acme/dev");
        }
        assert!(throttle.admit("acme/dev", address(1)).is_err());
        assert_eq!(throttle.admit("acme/ops", address(1)), Ok(()));
        clock.advance(Duration::from_secs(2));
        assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
        throttle.succeeded("acme/dev");
        let _ = throttle.failed("acme/dev");
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
            let _ = throttle.failed(&n.to_string());
        }
        assert_eq!(throttle.state.lock().names.len(), ENTRIES_MAX);
        assert!(!throttle.state.lock().names.contains_key("0"));
    }

    #[test]
    fn a_try_that_nobody_looked_at_is_taken_back_and_those_before_it_stay() {
        let (clock, throttle) = throttle();
        for _ in 0..7 {
            let _ = throttle.failed("acme/dev");
        }
        clock.advance(Duration::from_secs(4));
        assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
        let busy = throttle.failed("acme/dev");
        assert!(throttle.admit("acme/dev", address(1)).is_err());
        throttle.take_back(busy);
        // As it was: seven failures, the wait after them over, and the next one waits longer.
        assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
        let _ = throttle.failed("acme/dev");
        assert_eq!(throttle.admit("acme/dev", address(1)), Err(Wait(Duration::from_secs(8))));
        let only = throttle.failed("acme/ops");
        throttle.take_back(only);
        assert!(!throttle.state.lock().names.contains_key("acme/ops"));
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_their_tries() {
        let (_, throttle) = throttle();
        let host = |n: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, n]);
        for n in 0..30 {
            assert_eq!(throttle.admit("acme/dev", host(n)), Ok(()));
        }
        assert!(throttle.admit("acme/dev", host(99)).is_err());
        assert_eq!(throttle.admit("acme/dev", IpAddr::from([0x2001, 0xdb8, 0, 2, 0, 0, 0, 1])), Ok(()));
    }

    #[test]
    fn a_flood_of_addresses_does_not_lock_a_new_one_out() {
        let (clock, throttle) = throttle();
        for n in 0..ENTRIES_MAX {
            clock.advance(Duration::from_millis(5));
            let [_, _, a, b] = u32::try_from(n).unwrap().to_be_bytes();
            let _ = throttle.admit("acme/dev", IpAddr::from([10, 0, a, b]));
        }
        clock.advance(Duration::from_secs(60));
        assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
        // All of them within one window: the oldest gives its place.
        let mut state = throttle.state.lock();
        let now = clock.monotonic();
        for n in 0..ENTRIES_MAX {
            let [_, _, a, b] = u32::try_from(n).unwrap().to_be_bytes();
            state.addresses.insert(IpAddr::from([10, 0, a, b]), Tries { count: 1, since: now });
        }
        drop(state);
        assert_eq!(throttle.admit("acme/dev", address(2)), Ok(()));
    }

    #[test]
    fn all_addresses_together_have_as_many_tries_as_can_be_checked() {
        let (clock, throttle) = throttle();
        for n in 0..TRIES_IN_ALL_MAX {
            let [_, _, a, b] = n.to_be_bytes();
            assert_eq!(throttle.admit("acme/dev", IpAddr::from([10, 0, a, b])), Ok(()));
        }
        assert!(throttle.admit("acme/dev", address(1)).is_err());
        // Who is on the machine is not of them.
        assert_eq!(throttle.admit("acme/dev", Ipv4Addr::LOCALHOST.into()), Ok(()));
        clock.advance(WINDOW);
        assert_eq!(throttle.admit("acme/dev", address(1)), Ok(()));
    }

    /// The tries that an address is refused used to count for all, so one address kept everybody out.
    #[test]
    fn a_flood_from_one_address_leaves_the_others_their_tries() {
        let (clock, throttle) = throttle();
        for _ in 0..3 {
            for n in 0..2 * TRIES_IN_ALL_MAX {
                let tried = throttle.admit(&format!("acme/{n}"), address(1));
                assert_eq!(tried.is_ok(), n < TRIES_MAX, "{n}: {tried:?}");
            }
            assert_eq!(throttle.admit("acme/dev", address(2)), Ok(()));
            clock.advance(WINDOW);
        }
    }

    #[test]
    fn all_of_loopback_is_one_address() {
        let (_, throttle) = throttle();
        for n in 0..30 {
            assert_eq!(throttle.admit("acme/dev", IpAddr::from([127, 0, 0, n + 1])), Ok(()));
        }
        for own in [IpAddr::from([127, 9, 9, 9]), Ipv6Addr::LOCALHOST.into(), "::ffff:127.0.0.1".parse().unwrap()] {
            assert!(throttle.admit("acme/dev", own).is_err(), "{own}");
        }
    }
}
