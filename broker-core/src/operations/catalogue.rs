//! Taking over changes of the catalogue, with everything that hangs on a life of a Topic or group.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::Operations;
use crate::metadata::{Catalogue, Group, GroupEntry, Instance, Topic, TopicEntry};
use crate::types::{GroupNo, InstanceNo, TopicNo};

impl Operations {
    pub(crate) fn put_instance(&self, instance: Instance) {
        self.metadata.put_instance(instance);
    }

    pub(crate) fn remove_instance(&self, instance: InstanceNo) {
        let (topics, groups) = self.metadata.remove_instance(instance);
        topics.iter().for_each(|t| self.end_topic(t));
        groups.iter().for_each(|g| self.end_group(g));
        self.clients.forget_instance(instance);
        self.forget_milestones(instance);
        self.former_lives.forget_instance(instance);
        // Connections through its port end.
        self.long_polling.mailboxes.recheck();
    }

    /// False: its instance is not known.
    pub(crate) fn put_topic(&self, topic: Topic) -> bool {
        let before = self.metadata.topic(topic.no);
        let Some((entry, other_life)) = self.metadata.put_topic(topic) else { return false };
        if let Some(other) = other_life {
            self.end_topic(&other);
        }
        // Whoever waits for queues of the old entry looks at the new one.
        if let Some(before) = before.filter(|b| b.topic != entry.topic) {
            self.long_polling.wake_topic(&before);
        }
        true
    }

    pub(crate) fn remove_topic(&self, topic: TopicNo) {
        if let Some(entry) = self.metadata.remove_topic(topic) {
            self.end_topic(&entry);
        }
    }

    /// False: its instance is not known.
    pub(crate) fn put_group(&self, group: Group) -> bool {
        let Some((_, other_life)) = self.metadata.put_group(group) else { return false };
        if let Some(other) = other_life {
            self.end_group(&other);
        }
        true
    }

    pub(crate) fn remove_group(&self, group: GroupNo) {
        if let Some(entry) = self.metadata.remove_group(group) {
            self.end_group(&entry);
        }
    }

    /// Held pulls are answered "unknown", progress is forgotten, records can't be reached any more.
    fn end_topic(&self, topic: &Arc<TopicEntry>) {
        self.long_polling.wake_topic(topic);
        for group in self.offsets.groups(topic.topic.no).into_iter().filter_map(|no| self.metadata.group(no)) {
            self.former_lives.note(topic.topic.instance, &group.group.name, &topic.topic.name);
        }
        self.offsets.forget_topic(topic.topic.no);
        self.store.forget_topic(topic.topic.no);
    }

    fn end_group(&self, group: &Arc<GroupEntry>) {
        self.clients.forget_group(group.group.no);
        self.remembered.forget_group(group.group.no);
        for topic in self.offsets.topics(group.group.no).into_iter().filter_map(|no| self.metadata.topic(no)) {
            self.former_lives.note(group.group.instance, &group.group.name, &topic.topic.name);
        }
        self.offsets.forget_group(group.group.no);
        self.long_polling.mailboxes.recheck();
    }

    /// Makes the tables equal to the catalogue. Returns what differed, in words, and whether the
    /// ports have to follow: instances to open or change, instances to close.
    pub(crate) fn reconcile(&self, catalogue: &Catalogue) -> Reconciled {
        let mut done = Reconciled::default();
        let have = self.metadata.snapshot();
        let instances: HashSet<_> = catalogue.instances.iter().map(|i| i.no).collect();
        let topics: HashSet<_> = catalogue.topics.iter().map(|t| t.no).collect();
        let groups: HashSet<_> = catalogue.groups.iter().map(|g| g.no).collect();
        for topic in have.topics.iter().filter(|t| !topics.contains(&t.no)) {
            done.differences.push(format!("Topic {} ({}) is not in the catalogue: removed", topic.name, topic.no));
            self.remove_topic(topic.no);
        }
        for group in have.groups.iter().filter(|g| !groups.contains(&g.no)) {
            done.differences.push(format!("group {} ({}) is not in the catalogue: removed", group.name, group.no));
            self.remove_group(group.no);
        }
        for instance in have.instances.iter().filter(|i| !instances.contains(&i.no)) {
            done.differences.push(format!("instance {} is not in the catalogue: removed", instance.id));
            self.remove_instance(instance.no);
            done.gone.push(instance.no);
        }
        let known: HashMap<_, _> = have.instances.iter().map(|i| (i.no, i)).collect();
        for instance in &catalogue.instances {
            if known.get(&instance.no) != Some(&instance) {
                done.differences.push(format!("instance {} was missing or different: taken over", instance.id));
                self.put_instance(instance.clone());
                done.opened.push(instance.clone());
            }
        }
        let known: HashMap<_, _> = have.topics.iter().map(|t| (t.no, t)).collect();
        for topic in &catalogue.topics {
            if known.get(&topic.no) != Some(&topic) {
                let taken = if self.put_topic(topic.clone()) { "taken over" } else { "its instance is unknown" };
                done.differences.push(format!("Topic {} ({}) was missing or different: {taken}", topic.name, topic.no));
            }
        }
        let known: HashMap<_, _> = have.groups.iter().map(|g| (g.no, g)).collect();
        for group in &catalogue.groups {
            if known.get(&group.no) != Some(&group) {
                let taken = if self.put_group(group.clone()) { "taken over" } else { "its instance is unknown" };
                done.differences.push(format!("group {} ({}) was missing or different: {taken}", group.name, group.no));
            }
        }
        done
    }
}

/// What [`Operations::reconcile`] found and did.
#[derive(Debug, Default)]
pub(crate) struct Reconciled {
    pub(crate) differences: Vec<String>,
    pub(crate) opened: Vec<Instance>,
    pub(crate) gone: Vec<InstanceNo>,
}
