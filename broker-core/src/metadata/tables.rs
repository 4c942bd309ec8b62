//! Lookup tables over the catalogue: by number, and by instance and local name.
//!
//! An entry is one life of a Topic or a group. Holders of an entry (a connection's cache, a held
//! pull) ask [`TopicEntry::alive`]; a removed entry never comes back, because a number never does.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use super::{Catalogue, Group, HighWater, Instance, Topic};
use crate::types::{AccountNo, GroupNo, InstanceNo, QueueKey, TopicNo};

/// An instance and what it has been seen to do.
#[derive(Debug)]
pub struct InstanceEntry {
    pub instance: Instance,
    /// Bits of [`crate::admin::Milestones`]; only ever set.
    pub(crate) milestones: Arc<AtomicU8>,
}

/// One pull that waits for a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiter {
    /// Which event loop holds the pull.
    pub loop_no: u16,
    /// What that loop calls it.
    pub token: u64,
}

/// What the broker keeps of a queue beside the store: who waits for it.
#[derive(Debug, Default)]
pub struct QueueSlot {
    /// End of the last record appended; readable once the watermark is there.
    pub(crate) last_end: AtomicU64,
    /// Number of waiters, so that a send to a queue without any takes no lock.
    pub(crate) waiting: AtomicU32,
    pub(crate) waiters: Mutex<Vec<Waiter>>,
}

/// One life of a Topic.
#[derive(Debug)]
pub struct TopicEntry {
    pub topic: Topic,
    pub instance: Arc<InstanceEntry>,
    /// `<instance id>%<name>`: the Topic as stored and as delivered.
    pub wire_name: Arc<str>,
    pub(crate) slots: Arc<[QueueSlot]>,
    pub(crate) next_queue: AtomicU32,
    alive: AtomicBool,
}

impl TopicEntry {
    /// False once the Topic was removed or replaced by a changed entry.
    pub fn alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }

    /// `None`: the Topic has no such queue.
    pub fn queue(&self, queue_id: i32) -> Option<QueueKey> {
        let queue = u16::try_from(queue_id).ok().filter(|q| *q < self.topic.queues)?;
        Some(QueueKey { topic: self.topic.no, queue })
    }

    pub fn queues(&self) -> impl Iterator<Item = QueueKey> + '_ {
        (0..self.topic.queues).map(|queue| QueueKey { topic: self.topic.no, queue })
    }
}

/// One life of a Group ID.
#[derive(Debug)]
pub struct GroupEntry {
    pub group: Group,
    pub instance: Arc<InstanceEntry>,
    /// `<instance id>%<name>`
    pub wire_name: Arc<str>,
    alive: AtomicBool,
}

impl GroupEntry {
    pub fn alive(&self) -> bool {
        self.alive.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
struct InstanceTables {
    entry: Arc<InstanceEntry>,
    topics: HashMap<Arc<str>, Arc<TopicEntry>>,
    groups: HashMap<Arc<str>, Arc<GroupEntry>>,
}

#[derive(Debug, Default)]
struct Tables {
    instances: HashMap<InstanceNo, InstanceTables>,
    instance_ids: HashMap<Arc<str>, InstanceNo>,
    topics: HashMap<TopicNo, Arc<TopicEntry>>,
    groups: HashMap<GroupNo, Arc<GroupEntry>>,
}

/// The broker's copy of the catalogue.
#[derive(Debug, Default)]
pub struct Metadata {
    tables: RwLock<Tables>,
    epoch: AtomicU64,
}

impl Metadata {
    /// Rises with every change: what was looked up under an older epoch is looked up again.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    fn changed(&self) {
        self.epoch.fetch_add(1, Ordering::AcqRel);
    }

    pub fn instance(&self, no: InstanceNo) -> Option<Arc<InstanceEntry>> {
        self.tables.read().instances.get(&no).map(|t| t.entry.clone())
    }

    pub fn instance_by_id(&self, id: &str) -> Option<Arc<InstanceEntry>> {
        let tables = self.tables.read();
        tables.instance_ids.get(id).and_then(|no| tables.instances.get(no)).map(|t| t.entry.clone())
    }

    pub fn instances_of(&self, account: AccountNo) -> Vec<Arc<InstanceEntry>> {
        let tables = self.tables.read();
        let mut found: Vec<_> = tables.instances.values().map(|t| t.entry.clone()).collect();
        found.retain(|e| e.instance.account == account);
        found.sort_by_key(|e| e.instance.no);
        found
    }

    pub fn topic(&self, no: TopicNo) -> Option<Arc<TopicEntry>> {
        self.tables.read().topics.get(&no).cloned()
    }

    pub fn topic_named(&self, instance: InstanceNo, name: &str) -> Option<Arc<TopicEntry>> {
        self.tables.read().instances.get(&instance)?.topics.get(name).cloned()
    }

    pub fn topics_of(&self, instance: InstanceNo) -> Vec<Arc<TopicEntry>> {
        let tables = self.tables.read();
        tables.instances.get(&instance).map(|t| t.topics.values().cloned().collect()).unwrap_or_default()
    }

    pub fn group(&self, no: GroupNo) -> Option<Arc<GroupEntry>> {
        self.tables.read().groups.get(&no).cloned()
    }

    pub fn group_named(&self, instance: InstanceNo, name: &str) -> Option<Arc<GroupEntry>> {
        self.tables.read().instances.get(&instance)?.groups.get(name).cloned()
    }

    pub fn put_instance(&self, instance: Instance) -> Arc<InstanceEntry> {
        let mut tables = self.tables.write();
        let no = instance.no;
        if let Some(old) = tables.instances.get(&no).map(|t| t.entry.clone()) {
            if old.instance == instance {
                return old;
            }
            tables.instance_ids.remove(&old.instance.id);
        }
        tables.instance_ids.insert(instance.id.clone(), no);
        let milestones = tables.instances.get(&no).map(|t| t.entry.milestones.clone()).unwrap_or_default();
        let entry = Arc::new(InstanceEntry { instance, milestones });
        let (topics, groups) = match tables.instances.get_mut(&no) {
            Some(old) => {
                old.entry = entry.clone();
                (
                    old.topics.values().map(|t| t.topic.clone()).collect(),
                    old.groups.values().map(|g| g.group.clone()).collect(),
                )
            }
            None => {
                let empty = InstanceTables { entry: entry.clone(), topics: HashMap::new(), groups: HashMap::new() };
                tables.instances.insert(no, empty);
                (Vec::new(), Vec::new())
            }
        };
        // Entries carry their instance, so those of a changed instance are made again.
        for topic in topics {
            tables.insert_topic(topic);
        }
        for group in groups {
            tables.insert_group(group);
        }
        drop(tables);
        self.changed();
        entry
    }

    /// Removes the instance with what is in it; returns its Topics and groups.
    pub fn remove_instance(&self, no: InstanceNo) -> (Vec<Arc<TopicEntry>>, Vec<Arc<GroupEntry>>) {
        let mut tables = self.tables.write();
        let Some(old) = tables.instances.remove(&no) else { return Default::default() };
        tables.instance_ids.remove(&old.entry.instance.id);
        for topic in old.topics.values() {
            topic.alive.store(false, Ordering::Release);
            tables.topics.remove(&topic.topic.no);
        }
        for group in old.groups.values() {
            group.alive.store(false, Ordering::Release);
            tables.groups.remove(&group.group.no);
        }
        drop(tables);
        self.changed();
        (old.topics.into_values().collect(), old.groups.into_values().collect())
    }

    /// `None`: its instance is not known. The second value is an entry of another life that bore
    /// the name until now.
    pub fn put_topic(&self, topic: Topic) -> Option<(Arc<TopicEntry>, Option<Arc<TopicEntry>>)> {
        let done = self.tables.write().insert_topic(topic);
        self.changed();
        done
    }

    pub fn remove_topic(&self, no: TopicNo) -> Option<Arc<TopicEntry>> {
        let mut tables = self.tables.write();
        let entry = tables.topics.remove(&no)?;
        entry.alive.store(false, Ordering::Release);
        if let Some(instance) = tables.instances.get_mut(&entry.topic.instance)
            && instance.topics.get(&entry.topic.name).is_some_and(|t| t.topic.no == no)
        {
            instance.topics.remove(&entry.topic.name);
        }
        drop(tables);
        self.changed();
        Some(entry)
    }

    /// As [`Metadata::put_topic`].
    pub fn put_group(&self, group: Group) -> Option<(Arc<GroupEntry>, Option<Arc<GroupEntry>>)> {
        let done = self.tables.write().insert_group(group);
        self.changed();
        done
    }

    pub fn remove_group(&self, no: GroupNo) -> Option<Arc<GroupEntry>> {
        let mut tables = self.tables.write();
        let entry = tables.groups.remove(&no)?;
        entry.alive.store(false, Ordering::Release);
        if let Some(instance) = tables.instances.get_mut(&entry.group.instance)
            && instance.groups.get(&entry.group.name).is_some_and(|g| g.group.no == no)
        {
            instance.groups.remove(&entry.group.name);
        }
        drop(tables);
        self.changed();
        Some(entry)
    }

    /// Everything in the tables, for comparing with the catalogue.
    pub fn snapshot(&self) -> Catalogue {
        let tables = self.tables.read();
        let mut all = Catalogue {
            instances: tables.instances.values().map(|t| t.entry.instance.clone()).collect(),
            topics: tables.topics.values().map(|t| t.topic.clone()).collect(),
            groups: tables.groups.values().map(|g| g.group.clone()).collect(),
        };
        all.instances.sort_by_key(|i| i.no);
        all.topics.sort_by_key(|t| t.no);
        all.groups.sort_by_key(|g| g.no);
        all
    }

    /// Highest numbers in the tables.
    pub fn numbers(&self) -> HighWater {
        let all = self.snapshot();
        HighWater {
            account: all.instances.iter().map(|i| i.account.0).max().unwrap_or(0),
            instance: all.instances.iter().map(|i| i.no.0).max().unwrap_or(0),
            topic: all.topics.iter().map(|t| t.no.0).max().unwrap_or(0),
            group: all.groups.iter().map(|g| g.no.0).max().unwrap_or(0),
        }
    }
}

impl Tables {
    fn insert_topic(&mut self, topic: Topic) -> Option<(Arc<TopicEntry>, Option<Arc<TopicEntry>>)> {
        let instance = self.instances.get_mut(&topic.instance)?;
        let old = self.topics.get(&topic.no).cloned();
        // Whoever waits for a queue goes on waiting when only something else of the Topic changes.
        let slots = match &old {
            Some(old) if old.topic.queues == topic.queues => old.slots.clone(),
            _ => (0..topic.queues).map(|_| QueueSlot::default()).collect(),
        };
        let entry = Arc::new(TopicEntry {
            wire_name: format!("{}%{}", instance.entry.instance.id, topic.name).into(),
            instance: instance.entry.clone(),
            slots,
            next_queue: AtomicU32::new(0),
            alive: AtomicBool::new(true),
            topic,
        });
        if let Some(old) = old {
            old.alive.store(false, Ordering::Release);
        }
        let replaced = instance.topics.insert(entry.topic.name.clone(), entry.clone());
        let other_life = replaced.filter(|old| old.topic.no != entry.topic.no);
        if let Some(other) = &other_life {
            other.alive.store(false, Ordering::Release);
            self.topics.remove(&other.topic.no);
        }
        self.topics.insert(entry.topic.no, entry.clone());
        Some((entry, other_life))
    }

    fn insert_group(&mut self, group: Group) -> Option<(Arc<GroupEntry>, Option<Arc<GroupEntry>>)> {
        let instance = self.instances.get_mut(&group.instance)?;
        let entry = Arc::new(GroupEntry {
            wire_name: format!("{}%{}", instance.entry.instance.id, group.name).into(),
            instance: instance.entry.clone(),
            alive: AtomicBool::new(true),
            group,
        });
        if let Some(old) = self.groups.insert(entry.group.no, entry.clone()) {
            old.alive.store(false, Ordering::Release);
        }
        let replaced = instance.groups.insert(entry.group.name.clone(), entry.clone());
        let other_life = replaced.filter(|old| old.group.no != entry.group.no);
        if let Some(other) = &other_life {
            other.alive.store(false, Ordering::Release);
            self.groups.remove(&other.group.no);
        }
        Some((entry, other_life))
    }
}
