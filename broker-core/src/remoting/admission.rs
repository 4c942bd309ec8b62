//! How many connections and how many bytes strangers and tenants may take (threats section 5).

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::types::AccountNo;

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
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 16_384,
            connections_per_address: 512,
            connections_per_key: 1_024,
            connections_per_account: 4_096,
            stranger_bytes: 64 << 20,
            stranger_bytes_per_address: 8 << 20,
            buffer_bytes: 256 << 20,
        }
    }
}

/// Counts of what is taken. Entries go with the last that took something.
#[derive(Debug, Default)]
struct Counts {
    connections: usize,
    addresses: HashMap<IpAddr, usize>,
    keys: HashMap<Arc<str>, usize>,
    accounts: HashMap<AccountNo, usize>,
    stranger_bytes: usize,
    stranger_bytes_of: HashMap<IpAddr, usize>,
}

/// The counts of a process.
#[derive(Debug)]
pub(super) struct Admission {
    limits: Limits,
    counts: Mutex<Counts>,
    buffer_bytes: AtomicUsize,
}

impl Admission {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, counts: Mutex::default(), buffer_bytes: AtomicUsize::new(0) }
    }

    /// A place for a connection, or the limit that is reached.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Permit, &'static str> {
        let address = address.to_canonical();
        let mut counts = self.counts.lock();
        if counts.connections >= self.limits.connections {
            return Err("the broker has as many connections as it takes");
        }
        if !address.is_loopback() && !take(&mut counts.addresses, address, 1, self.limits.connections_per_address) {
            return Err("the address has as many connections as one may have");
        }
        counts.connections += 1;
        Ok(Permit { admission: self.clone(), address, tie: None, stranger_bytes: 0, buffer_bytes: 0 })
    }

    pub(super) fn connections(&self) -> usize {
        self.counts.lock().connections
    }

    /// Bytes that the buffers of all connections hold now.
    pub(super) fn buffer_bytes(&self) -> usize {
        self.buffer_bytes.load(Ordering::Relaxed)
    }

    /// Whether buffers hold more than they may: then nothing new is read.
    pub(super) fn buffers_are_full(&self) -> bool {
        self.buffer_bytes() > self.limits.buffer_bytes
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
    stranger_bytes: usize,
    buffer_bytes: usize,
}

impl Permit {
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
        self.tie = Some((key.clone(), account));
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
        let total = &self.admission.buffer_bytes;
        if bytes >= self.buffer_bytes {
            total.fetch_add(bytes - self.buffer_bytes, Ordering::Relaxed);
        } else {
            total.fetch_sub(self.buffer_bytes - bytes, Ordering::Relaxed);
        }
        self.buffer_bytes = bytes;
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
            buffer_bytes: 10,
        }))
    }

    const NEAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const FAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    #[test]
    fn loopback_is_loopback_in_either_form() {
        let admission = admission();
        let mapped = IpAddr::V6(std::net::Ipv4Addr::LOCALHOST.to_ipv6_mapped());
        let places: Vec<_> = (0..4).map(|_| admission.admit(mapped)).collect();
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
    fn buffers_are_full_above_their_limit() {
        let admission = admission();
        let mut permit = admission.admit(NEAR).expect("a place");
        permit.hold_buffers(10);
        assert!(!admission.buffers_are_full());
        permit.hold_buffers(11);
        assert!(admission.buffers_are_full());
        drop(permit);
        assert!(!admission.buffers_are_full());
    }
}
