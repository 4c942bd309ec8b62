//! Topics that a group has subscribed by tags, remembered over restarts.
//!
//! After a restart, or on a new connection, a client pulls up to 30 s before it sends its next
//! heartbeat. A pull of a group that is known to subscribe the Topic by tags is served without a
//! filter meanwhile: clients compare tags themselves, so that nothing is lost and nobody waits.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::RwLock;

use crate::store::StateLog;
use crate::types::GroupNo;

/// First byte of this state's keys.
const KIND: u8 = b's';
/// As many as one heartbeat can name.
const TOPICS_MAX: usize = 256;

pub(crate) struct RememberedTopics {
    known: RwLock<HashMap<GroupNo, HashSet<Arc<str>>>>,
    log: Arc<StateLog>,
}

impl RememberedTopics {
    /// Takes over what the log has, also of groups that the catalogue does not have: it may be
    /// another one, for once.
    pub(crate) fn recover(log: Arc<StateLog>) -> Self {
        let mut known: HashMap<GroupNo, HashSet<Arc<str>>> = HashMap::new();
        for (entry, _) in log.entries() {
            let Some((group, topic)) = read_key(&entry) else { continue };
            known.entry(group).or_default().insert(topic.into());
        }
        Self { known: RwLock::new(known), log }
    }

    /// A heartbeat named the Topic; `by_tags`: with a filter that the client checks again.
    pub(crate) fn note(&self, group: GroupNo, topic: &Arc<str>, by_tags: bool) {
        if self.knows(group, topic) == by_tags {
            return;
        }
        let mut known = self.known.write();
        let topics = known.entry(group).or_default();
        if !by_tags {
            topics.remove(topic);
            self.log.remove(&key(group, topic));
        } else if topics.len() < TOPICS_MAX {
            topics.insert(topic.clone());
            self.log.put(&key(group, topic), b"");
        }
    }

    pub(crate) fn knows(&self, group: GroupNo, topic: &str) -> bool {
        self.known.read().get(&group).is_some_and(|topics| topics.contains(topic))
    }

    pub(crate) fn forget_group(&self, group: GroupNo) {
        for topic in self.known.write().remove(&group).unwrap_or_default() {
            self.log.remove(&key(group, &topic));
        }
    }
}

fn key(group: GroupNo, topic: &str) -> Vec<u8> {
    let mut key = vec![KIND];
    key.extend_from_slice(&group.0.to_be_bytes());
    key.extend_from_slice(topic.as_bytes());
    key
}

fn read_key(key: &[u8]) -> Option<(GroupNo, &str)> {
    let (kind, rest) = key.split_first()?;
    let (group, topic) = rest.split_first_chunk()?;
    let topic = std::str::from_utf8(topic).ok()?;
    (*kind == KIND).then(|| (GroupNo(u64::from_be_bytes(*group)), topic))
}
