//! How many connections, bytes and held pulls strangers and tenants may take.
//! Nobody may take all there is: strangers together and each account have their share.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::config::TcpConfig;
use crate::limits::{HOLDS_MAX, HOLDS_PER_ACCOUNT_MAX};
use crate::types::{AccountNo, host_of};

const SECOND: Duration = Duration::from_secs(1);

/// Limits of one process; smaller ones in tests.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    pub(super) connections: usize,
    /// Not on loopback.
    pub(super) connections_per_address: usize,
    pub(super) connections_per_key: usize,
    pub(super) connections_per_account: usize,
    /// Bytes of unfinished frames of connections without a valid signature.
    pub(super) stranger_bytes: usize,
    pub(super) stranger_bytes_per_address: usize,
    /// Bytes of all network buffers.
    pub(super) buffer_bytes: usize,
    /// Of these, one account's; as many for all clients of the listener without keys.
    pub(super) buffer_bytes_per_account: usize,
    /// Of these, those of all connections without a valid signature.
    pub(super) buffer_bytes_of_strangers: usize,
    pub(super) held_pulls: usize,
    pub(super) held_pulls_per_account: usize,
    /// What an account's searches may take of each second of the event loops together.
    pub(super) search_time_per_account: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: TcpConfig::CONNECTIONS_MAX,
            connections_per_address: 512,
            connections_per_key: 1_024,
            connections_per_account: 4_096,
            stranger_bytes: 64 << 20,
            stranger_bytes_per_address: 8 << 20,
            buffer_bytes: 256 << 20,
            buffer_bytes_per_account: 128 << 20,
            buffer_bytes_of_strangers: 96 << 20,
            held_pulls: HOLDS_MAX,
            held_pulls_per_account: HOLDS_PER_ACCOUNT_MAX,
            search_time_per_account: Duration::from_millis(200),
        }
    }
}

/// What an account, or all strangers, have taken of what is shared.
#[derive(Debug, Default)]
struct Share {
    buffer_bytes: AtomicUsize,
    buffer_bytes_max: usize,
    held_pulls: AtomicUsize,
    searches: Mutex<Searches>,
}

/// Time that searches took since a second began.
#[derive(Debug, Default)]
struct Searches {
    since: Duration,
    took: Duration,
}

impl Share {
    fn new(buffer_bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { buffer_bytes_max, ..Self::default() })
    }
}

/// Counts of what is taken. Entries go with the last that took something.
#[derive(Debug, Default)]
struct Counts {
    connections: usize,
    addresses: HashMap<IpAddr, usize>,
    keys: HashMap<Arc<str>, usize>,
    accounts: HashMap<AccountNo, usize>,
    /// As long as the account has a connection.
    shares: HashMap<AccountNo, Arc<Share>>,
    stranger_bytes: usize,
    stranger_bytes_of: HashMap<IpAddr, usize>,
}

/// The counts of a process.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Limits,
    counts: Mutex<Counts>,
    buffer_bytes: AtomicUsize,
    held_pulls: AtomicUsize,
    strangers: Arc<Share>,
    without_keys: Arc<Share>,
}

impl Admission {
    pub(super) fn new(limits: Limits) -> Self {
        Self {
            limits,
            counts: Mutex::default(),
            buffer_bytes: AtomicUsize::new(0),
            held_pulls: AtomicUsize::new(0),
            strangers: Share::new(limits.buffer_bytes_of_strangers),
            without_keys: Share::new(limits.buffer_bytes_per_account),
        }
    }

    /// A place for a connection, or the limit that is reached.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Permit, &'static str> {
        let address = host_of(address);
        let mut counts = self.counts.lock();
        if counts.connections >= self.limits.connections {
            return Err("the broker has as many connections as it takes");
        }
        if !address.is_loopback() && !take(&mut counts.addresses, address, 1, self.limits.connections_per_address) {
            return Err("the address has as many connections as one may have");
        }
        counts.connections += 1;
        let share = self.strangers.clone();
        Ok(Permit { admission: self.clone(), address, tie: None, share, stranger_bytes: 0, buffer_bytes: 0 })
    }

    pub(super) fn connections(&self) -> usize {
        self.counts.lock().connections
    }

    /// Bytes that the buffers of all connections hold now.
    pub(super) fn buffer_bytes(&self) -> usize {
        self.buffer_bytes.load(Ordering::Relaxed)
    }

    /// Pulls that are held now.
    pub(super) fn held_pulls(&self) -> usize {
        self.held_pulls.load(Ordering::Relaxed)
    }
}

/// Takes `count` of a limit, if that many are left.
fn take<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K, count: usize, count_max: usize) -> bool {
    match counts.entry(key) {
        Entry::Occupied(mut taken) if *taken.get() + count <= count_max => {
            *taken.get_mut() += count;
            true
        }
        Entry::Vacant(free) if count <= count_max => {
            free.insert(count);
            true
        }
        _ => false,
    }
}

fn give_back<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: K, count: usize) {
    if let Entry::Occupied(mut taken) = counts.entry(key) {
        *taken.get_mut() = taken.get().saturating_sub(count);
        if *taken.get() == 0 {
            taken.remove();
        }
    }
}

/// The place of one connection; what it took is given back when it is dropped.
#[derive(Debug)]
pub(super) struct Permit {
    admission: Arc<Admission>,
    address: IpAddr,
    tie: Option<(Arc<str>, AccountNo)>,
    share: Arc<Share>,
    stranger_bytes: usize,
    buffer_bytes: usize,
}

/// The place of one held pull, given back when it is dropped.
#[derive(Debug)]
pub(super) struct HoldPlace {
    admission: Arc<Admission>,
    share: Arc<Share>,
}

impl Drop for HoldPlace {
    fn drop(&mut self) {
        self.admission.held_pulls.fetch_sub(1, Ordering::Relaxed);
        self.share.held_pulls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Permit {
    /// The listener takes its clients as they come: they are no strangers there.
    pub(super) fn without_keys(&mut self) {
        self.join(self.admission.without_keys.clone());
    }

    /// What the connection has taken counts for another share from now on.
    fn join(&mut self, share: Arc<Share>) {
        let bytes = self.buffer_bytes;
        self.hold_buffers(0);
        self.share = share;
        self.hold_buffers(bytes);
    }

    /// Counts the connection for its key and account, from its first valid signature on.
    pub(super) fn tie(&mut self, key: &Arc<str>, account: AccountNo) -> Result<(), &'static str> {
        if self.tie.is_some() {
            return Ok(());
        }
        self.keep_stranger_bytes(0);
        let limits = self.admission.limits;
        let mut counts = self.admission.counts.lock();
        if !take(&mut counts.keys, key.clone(), 1, limits.connections_per_key) {
            return Err("the AccessKey has as many connections as one may have");
        }
        if !take(&mut counts.accounts, account, 1, limits.connections_per_account) {
            give_back(&mut counts.keys, key.clone(), 1);
            return Err("the account has as many connections as one may have");
        }
        let new = || Share::new(limits.buffer_bytes_per_account);
        let share = counts.shares.entry(account).or_insert_with(new).clone();
        drop(counts);
        self.tie = Some((key.clone(), account));
        self.join(share);
        Ok(())
    }

    /// Sets how many bytes of an unfinished frame this connection needs while nobody has vouched
    /// for it. False: strangers have taken all that there is for them.
    pub(super) fn keep_stranger_bytes(&mut self, bytes: usize) -> bool {
        let bytes = if self.tie.is_some() { 0 } else { bytes };
        if bytes == self.stranger_bytes {
            return true;
        }
        let limits = self.admission.limits;
        let mut counts = self.admission.counts.lock();
        let counts = &mut *counts;
        counts.stranger_bytes = counts.stranger_bytes.saturating_sub(self.stranger_bytes);
        give_back(&mut counts.stranger_bytes_of, self.address, self.stranger_bytes);
        self.stranger_bytes = 0;
        if bytes > 0 {
            let fits = counts.stranger_bytes + bytes <= limits.stranger_bytes
                && take(&mut counts.stranger_bytes_of, self.address, bytes, limits.stranger_bytes_per_address);
            if !fits {
                return false;
            }
            counts.stranger_bytes += bytes;
            self.stranger_bytes = bytes;
        }
        true
    }

    /// Says how many bytes the connection's buffers hold now.
    pub(super) fn hold_buffers(&mut self, bytes: usize) {
        for total in [&self.admission.buffer_bytes, &self.share.buffer_bytes] {
            if bytes > self.buffer_bytes {
                total.fetch_add(bytes - self.buffer_bytes, Ordering::Relaxed);
            } else if bytes < self.buffer_bytes {
                total.fetch_sub(self.buffer_bytes - bytes, Ordering::Relaxed);
            }
        }
        self.buffer_bytes = bytes;
    }

    /// Bytes that the connection's buffers hold, as last said.
    pub(super) fn buffer_bytes(&self) -> usize {
        self.buffer_bytes
    }

    /// Whether the buffers of all connections hold more than they may.
    pub(super) fn all_buffers_are_full(&self) -> bool {
        self.admission.buffer_bytes() > self.admission.limits.buffer_bytes
    }

    /// Whether all buffers, or those of the connection's share, hold more than they may: then
    /// nothing new is read or answered here.
    pub(super) fn buffers_are_full(&self) -> bool {
        self.all_buffers_are_full() || self.share.buffer_bytes.load(Ordering::Relaxed) > self.share.buffer_bytes_max
    }

    /// Whether the share has time left for a search. `now`: monotonic.
    pub(super) fn may_search(&self, now: Duration) -> bool {
        let mut searches = self.share.searches.lock();
        if now.saturating_sub(searches.since) >= SECOND {
            *searches = Searches { since: now, took: Duration::ZERO };
        }
        searches.took < self.admission.limits.search_time_per_account
    }

    /// Counts what a search took.
    pub(super) fn searched(&self, took: Duration) {
        self.share.searches.lock().took += took;
    }

    /// A place for a pull to be held. `None`: all, or the account, have as many as may be.
    pub(super) fn hold_pull(&self) -> Option<HoldPlace> {
        let (admission, share) = (&self.admission, &self.share);
        let place = HoldPlace { admission: admission.clone(), share: share.clone() };
        let all = admission.held_pulls.fetch_add(1, Ordering::Relaxed);
        let own = share.held_pulls.fetch_add(1, Ordering::Relaxed);
        let free = all < admission.limits.held_pulls && own < admission.limits.held_pulls_per_account;
        free.then_some(place)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.hold_buffers(0);
        self.keep_stranger_bytes(0);
        let mut counts = self.admission.counts.lock();
        counts.connections = counts.connections.saturating_sub(1);
        give_back(&mut counts.addresses, self.address, 1);
        if let Some((key, account)) = self.tie.take() {
            give_back(&mut counts.keys, key, 1);
            give_back(&mut counts.accounts, account, 1);
            if !counts.accounts.contains_key(&account) {
                counts.shares.remove(&account);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission() -> Arc<Admission> {
        Arc::new(Admission::new(Limits {
            connections: 4,
            connections_per_address: 2,
            connections_per_key: 1,
            connections_per_account: 2,
            stranger_bytes: 100,
            stranger_bytes_per_address: 60,
            buffer_bytes: 100,
            buffer_bytes_per_account: 60,
            buffer_bytes_of_strangers: 30,
            held_pulls: 5,
            held_pulls_per_account: 3,
            search_time_per_account: Duration::from_millis(200),
        }))
    }

    const NEAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const FAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    #[test]
    fn loopback_is_loopback_in_either_form() {
        let admission = admission();
        let mapped = IpAddr::V6(std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        let own = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);
        let places: Vec<_> = [mapped, own, own, own].into_iter().map(|at| admission.admit(at)).collect();
        assert!(places.iter().all(Result::is_ok), "only the limit of the process");
    }

    #[test]
    fn an_address_has_its_limit_and_loopback_only_that_of_the_process() {
        let admission = admission();
        let first = admission.admit(FAR).expect("a place");
        let _second = admission.admit(FAR).expect("a place");
        assert!(admission.admit(FAR).is_err());
        drop(first);
        let _first = admission.admit(FAR).expect("the place is given back");
        let near: Vec<_> = (0..2).map(|_| admission.admit(NEAR)).collect();
        assert!(near.iter().all(Result::is_ok));
        assert!(admission.admit(NEAR).is_err(), "the process has no more");
    }

    #[test]
    fn a_key_has_its_limit_and_an_account_another() {
        let admission = admission();
        let keys: Vec<Arc<str>> = ["a", "b", "c"].map(Arc::from).to_vec();
        let mut permits: Vec<_> = (0..4).map(|_| admission.admit(NEAR).expect("a place")).collect();
        assert!(permits[0].tie(&keys[0], AccountNo(1)).is_ok());
        assert!(permits[1].tie(&keys[0], AccountNo(1)).is_err(), "the key is used up");
        assert!(permits[1].tie(&keys[1], AccountNo(1)).is_ok());
        assert!(permits[2].tie(&keys[2], AccountNo(1)).is_err(), "the account is used up");
        assert!(permits[2].tie(&keys[2], AccountNo(2)).is_ok(), "nothing stays taken after a refusal");
        permits.remove(0);
        assert!(permits[2].tie(&keys[0], AccountNo(1)).is_ok());
    }

    #[test]
    fn bytes_of_strangers_are_bounded_until_somebody_vouches() {
        let admission = admission();
        let mut first = admission.admit(FAR).expect("a place");
        let mut second = admission.admit(FAR).expect("a place");
        let mut other = admission.admit(NEAR).expect("a place");
        assert!(first.keep_stranger_bytes(50));
        assert!(!second.keep_stranger_bytes(20), "the address has no more");
        assert!(second.keep_stranger_bytes(10));
        assert!(!other.keep_stranger_bytes(50), "strangers have no more");
        first.tie(&"a".into(), AccountNo(1)).expect("a place");
        assert!(first.keep_stranger_bytes(1_000), "no stranger any more");
        assert!(other.keep_stranger_bytes(50));
        drop((first, second, other));
        assert_eq!(admission.counts.lock().stranger_bytes, 0);
        assert!(admission.counts.lock().stranger_bytes_of.is_empty());
    }

    #[test]
    fn buffers_are_full_above_their_limit_and_that_of_their_share() {
        let admission = admission();
        let mut places: Vec<_> = (0..4).map(|_| admission.admit(NEAR).expect("a place")).collect();
        places[0].hold_buffers(31);
        assert!(places[0].buffers_are_full() && places[3].buffers_are_full(), "strangers have no more");
        for (at, account) in [(0, 1), (1, 1), (2, 2)] {
            places[at].tie(&format!("key of {at}").into(), AccountNo(account)).expect("a place");
        }
        assert!(!places[0].buffers_are_full() && !places[3].buffers_are_full(), "it is its account's now");
        places[1].hold_buffers(30);
        assert!(places[0].buffers_are_full(), "the account has no more");
        assert!(!places[2].buffers_are_full() && !places[3].buffers_are_full(), "others go on");
        places[2].hold_buffers(40);
        assert!(places.iter().all(Permit::buffers_are_full), "there is no more");
        drop(places);
        assert_eq!(admission.buffer_bytes(), 0);
        assert!(admission.counts.lock().shares.is_empty());
    }

    #[test]
    fn an_account_does_not_hold_all_pulls() {
        let admission = admission();
        let mut places: Vec<_> = (0..2).map(|_| admission.admit(NEAR).expect("a place")).collect();
        for (at, account) in [(0, 1), (1, 2)] {
            places[at].tie(&format!("key of {at}").into(), AccountNo(account)).expect("a place");
        }
        let mut held: Vec<_> = (0..3).map(|_| places[0].hold_pull()).collect();
        assert!(held.iter().all(Option::is_some) && places[0].hold_pull().is_none());
        held.extend((0..2).map(|_| places[1].hold_pull()));
        assert!(held.iter().all(Option::is_some) && places[1].hold_pull().is_none(), "there is no more");
        held.pop();
        assert!(places[0].hold_pull().is_none() && places[1].hold_pull().is_some());
        drop(held);
        assert_eq!(admission.held_pulls(), 0);
    }

    #[test]
    fn a_host_of_ipv6_is_one_address_with_all_that_it_may_choose() {
        let admission = admission();
        let of = |last: u16| IpAddr::V6(std::net::Ipv6Addr::new(0x2001, 0xdb8, 0, 1, 0, 0, 0, last));
        let _places = (admission.admit(of(1)).expect("a place"), admission.admit(of(2)).expect("a place"));
        assert!(admission.admit(of(3)).is_err());
    }

    #[test]
    fn searches_of_an_account_take_their_share_of_each_second() {
        let admission = admission();
        let mut places: Vec<_> = (0..3).map(|_| admission.admit(NEAR).expect("a place")).collect();
        for (at, account) in [(0, 1), (1, 1), (2, 2)] {
            places[at].tie(&format!("key of {at}").into(), AccountNo(account)).expect("a place");
        }
        let at = |ms| Duration::from_millis(ms);
        assert!(places[0].may_search(at(5_000)));
        places[0].searched(at(150));
        assert!(places[1].may_search(at(5_150)), "there is time left");
        places[1].searched(at(100));
        assert!(!places[0].may_search(at(5_999)) && !places[1].may_search(at(5_999)), "none for the account");
        assert!(places[2].may_search(at(5_999)), "others have their own");
        assert!(places[0].may_search(at(6_000)), "a new second");
    }
}
