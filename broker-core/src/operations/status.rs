//! Figures of Topics, groups and clients, read when they are asked for.

use std::collections::BTreeSet;

use super::Operations;
use crate::admin::{
    ConsumerClient, GroupStatus, ProducerClient, QueueProgress, QueueStatus, StoreStatus, Subscription, TopicStatus,
};
use crate::client_table::{Member, consistency, version_text};
use crate::metadata::{GroupEntry, TopicEntry};
use crate::store::StoreError;
use crate::types::{GroupNo, InstanceNo, QueueKey, TopicNo};

impl Operations {
    pub(crate) fn topic_status(&self, topic: TopicNo) -> Option<Result<TopicStatus, StoreError>> {
        let entry = self.metadata.topic(topic)?;
        Some(self.status_of_topic(&entry))
    }

    fn status_of_topic(&self, entry: &TopicEntry) -> Result<TopicStatus, StoreError> {
        let durability = entry.topic.durability;
        let (mut messages, mut queues) = (0, Vec::new());
        for queue in entry.queues() {
            let bounds = self.store.bounds(queue, durability);
            messages += self.store.count(queue, durability, bounds.min, bounds.max)?;
            queues.push(QueueStatus {
                queue_id: queue.queue,
                min_offset: bounds.min,
                max_offset: bounds.max,
                last_stored_at_ms: self.last_stored(queue, durability)?,
            });
        }
        let last_stored_at_ms = queues.iter().filter_map(|q| q.last_stored_at_ms).max();
        Ok(TopicStatus { topic: entry.topic.no, messages, last_stored_at_ms, queues })
    }

    pub(crate) fn topic_groups(&self, topic: TopicNo) -> Vec<GroupNo> {
        let Some(entry) = self.metadata.topic(topic) else { return Vec::new() };
        let online = self.clients.groups_subscribing(&entry.topic.name);
        let of_instance =
            |no: &GroupNo| self.metadata.group(*no).is_some_and(|g| g.group.instance == entry.topic.instance);
        let all: BTreeSet<_> = online.into_iter().chain(self.offsets.groups(topic)).filter(of_instance).collect();
        all.into_iter().collect()
    }

    pub(crate) fn group_status(&self, group: GroupNo) -> Option<Result<GroupStatus, StoreError>> {
        let entry = self.metadata.group(group)?;
        Some(self.status_of_group(&entry))
    }

    fn status_of_group(&self, entry: &GroupEntry) -> Result<GroupStatus, StoreError> {
        let members = self.clients.members(entry.group.no);
        let mut topics: BTreeSet<TopicNo> = self.offsets.topics(entry.group.no).into_iter().collect();
        let subscribed = members.iter().flat_map(|m| &m.subscriptions).filter(|s| !s.retry);
        topics.extend(
            subscribed.filter_map(|s| Some(self.metadata.topic_named(entry.group.instance, &s.topic)?.topic.no)),
        );
        let mut progress = Vec::new();
        for topic in topics.iter().filter_map(|no| self.metadata.topic(*no)) {
            for queue in topic.queues() {
                progress.push(self.queue_progress(entry, &topic, queue)?);
            }
        }
        progress.sort_by(|a, b| (&a.topic_name, a.queue_id).cmp(&(&b.topic_name, b.queue_id)));
        Ok(GroupStatus {
            group: entry.group.no,
            consistency: consistency(&members),
            clients: members.iter().map(|m| self.consumer_client(entry.group.instance, m, &members)).collect(),
            progress,
            starts_from_ms: entry.group.created_at_ms,
        })
    }

    fn queue_progress(
        &self,
        group: &GroupEntry,
        topic: &TopicEntry,
        queue: QueueKey,
    ) -> Result<QueueProgress, StoreError> {
        let durability = topic.topic.durability;
        let committed = self.offsets.get(group.group.no, queue);
        let position = self.position(group, topic, queue)?;
        let max_offset = self.store.bounds(queue, durability).max;
        Ok(QueueProgress {
            topic: topic.topic.no,
            topic_name: topic.topic.name.to_string(),
            queue_id: queue.queue,
            committed: committed.map(|c| c.offset),
            position,
            max_offset,
            waiting: self.store.count(queue, durability, position, max_offset)?,
            last_committed_ms: committed.map(|c| c.at_ms),
        })
    }

    fn consumer_client(&self, instance: InstanceNo, member: &Member, members: &[Member]) -> ConsumerClient {
        let shares = |other: &&Member| other.client_id == member.client_id && other.connection != member.connection;
        let subscriptions = member.subscriptions.iter().filter(|s| !s.retry).map(|s| Subscription {
            topic_name: s.topic.to_string(),
            topic: self.metadata.topic_named(instance, &s.topic).map(|t| t.topic.no),
            expression_type: s.expression_type.clone(),
            expression: s.expression.clone(),
        });
        ConsumerClient {
            client_id: member.client_id.to_string(),
            address: member.address,
            language: member.language.to_string(),
            version: version_text(member.version),
            last_heartbeat_ms: member.last_heartbeat_ms,
            connected_at_ms: member.connected_at_ms,
            model: member.model,
            kind: member.kind,
            consume_from: member.consume_from.name().to_owned(),
            subscriptions: subscriptions.collect(),
            id_shared: members.iter().any(|m| shares(&m)),
        }
    }

    pub(crate) fn producer_clients(&self, instance: InstanceNo) -> Vec<ProducerClient> {
        let producers = self.clients.producers(instance).into_iter();
        producers
            .map(|p| ProducerClient {
                group_name: p.group_name.to_string(),
                client_id: p.client_id.to_string(),
                address: p.address,
                language: p.language.to_string(),
                version: version_text(p.version),
                last_heartbeat_ms: p.last_heartbeat_ms,
            })
            .collect()
    }

    pub(crate) fn store_status(&self, retention: std::time::Duration) -> StoreStatus {
        let figures = self.store.figures();
        StoreStatus {
            bytes_used: figures.bytes_used,
            disk_bytes: figures.disk_bytes,
            disk_bytes_free: figures.disk_bytes_free,
            refusing: figures.refusing,
            retention_ms: i64::try_from(retention.as_millis()).unwrap_or(i64::MAX),
            oldest_ms: figures.oldest_ms,
            newest_ms: figures.newest_ms,
            quarantined: figures.quarantined,
        }
    }
}
