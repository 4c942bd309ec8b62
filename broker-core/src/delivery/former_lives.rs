//! Groups that had progress in a Topic of which one of the two has been deleted since.
//!
//! A client that was running then may come back with a position of that life, on a new connection
//! or after a restart of the server. Nothing in its request tells it from one of this life; that
//! there was another does (R23, C16, C17). Names, since the client knows nothing else.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::RwLock;

use crate::store::StateLog;
use crate::types::InstanceNo;

/// First byte of this state's keys.
const KIND: u8 = b'f';
/// Pairs of an instance. Beyond that a pair is not remembered: its clients are told apart by their
/// connection alone.
const PAIRS_MAX: usize = 4_096;

/// Topics by the name of the group.
type Pairs = HashMap<Arc<str>, HashSet<Arc<str>>>;

pub(crate) struct FormerLives {
    of: RwLock<HashMap<InstanceNo, Pairs>>,
    /// Pairs of all instances: where there is none, nobody has to look.
    count: AtomicUsize,
    log: Arc<StateLog>,
}

impl FormerLives {
    /// Takes over what the log has.
    pub(crate) fn recover(log: Arc<StateLog>) -> Self {
        let lives = Self { of: RwLock::default(), count: AtomicUsize::new(0), log };
        for (entry, _) in lives.log.entries() {
            if let Some((instance, group, topic)) = read_key(&entry) {
                lives.insert(instance, &group.into(), &topic.into());
            }
        }
        lives
    }

    /// The group had progress in the Topic, and one of the two goes.
    pub(crate) fn note(&self, instance: InstanceNo, group: &Arc<str>, topic: &Arc<str>) {
        if self.insert(instance, group, topic) {
            self.log.put(&key(instance, group, topic), b"");
        }
    }

    /// False: it is known, or there are too many.
    fn insert(&self, instance: InstanceNo, group: &Arc<str>, topic: &Arc<str>) -> bool {
        let mut of = self.of.write();
        let pairs = of.entry(instance).or_default();
        if pairs.values().map(HashSet::len).sum::<usize>() >= PAIRS_MAX {
            return false;
        }
        let new = pairs.entry(group.clone()).or_default().insert(topic.clone());
        self.count.fetch_add(usize::from(new), Ordering::Release);
        new
    }

    pub(crate) fn knows(&self, instance: InstanceNo, group: &str, topic: &str) -> bool {
        self.count.load(Ordering::Acquire) > 0
            && self.of.read().get(&instance).and_then(|of| of.get(group)).is_some_and(|topics| topics.contains(topic))
    }

    pub(crate) fn forget_instance(&self, instance: InstanceNo) {
        for (group, topics) in self.of.write().remove(&instance).unwrap_or_default() {
            self.count.fetch_sub(topics.len(), Ordering::Release);
            topics.iter().for_each(|topic| self.log.remove(&key(instance, &group, topic)));
        }
    }
}

/// `f`, instance (4), the group's name, 0, the Topic's name.
fn key(instance: InstanceNo, group: &str, topic: &str) -> Vec<u8> {
    let mut key = vec![KIND];
    key.extend_from_slice(&instance.0.to_be_bytes());
    key.extend_from_slice(group.as_bytes());
    key.push(0);
    key.extend_from_slice(topic.as_bytes());
    key
}

fn read_key(key: &[u8]) -> Option<(InstanceNo, &str, &str)> {
    let (&KIND, rest) = key.split_first()? else { return None };
    let (instance, names) = rest.split_first_chunk()?;
    let (group, topic) = std::str::from_utf8(names).ok()?.split_once('\0')?;
    Some((InstanceNo(u32::from_be_bytes(*instance)), group, topic))
}
