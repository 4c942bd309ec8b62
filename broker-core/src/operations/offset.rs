//! Offsets of a queue and progress of a group in it.

use super::pull::PullError;
use super::{Operations, Target};
use crate::client_table::Session;
use crate::metadata::{GroupEntry, TopicEntry};
use crate::protocol::remoting::body::heartbeat::ConsumeFromWhere;
use crate::store::{Boundary, QueueBounds, StoreError};
use crate::types::QueueKey;

impl Operations {
    /// Where the group goes on in the queue. `None`: it has no progress there and the client,
    /// which asked for its own start (first offset or a time) in its heartbeat, works it out.
    ///
    /// A group without progress starts at what was stored since its Group ID was created, whatever
    /// is in memory (C14, R23a).
    pub fn query_offset(
        &self,
        session: &Session,
        group: &GroupEntry,
        target: &Target,
        queue_id: i32,
    ) -> Result<Option<i64>, PullError> {
        let queue_no = self.check_queue(group, target, queue_id)?;
        let Target::Topic(topic) = target else { return Ok(Some(0)) };
        let queue = QueueKey { topic: topic.topic.no, queue: queue_no };
        let has_progress = self.offsets.get(group.group.no, queue).is_some();
        if !has_progress && client_decides(self.consume_from(session, group)) {
            return Ok(None);
        }
        Ok(Some(self.position(group, topic, queue)?))
    }

    fn consume_from(&self, session: &Session, group: &GroupEntry) -> ConsumeFromWhere {
        self.clients.consume_from(group.group.no, session.id).unwrap_or(ConsumeFromWhere::LastOffset)
    }

    /// Committed progress, else the group's start; never below the queue's first offset.
    pub(crate) fn position(&self, group: &GroupEntry, topic: &TopicEntry, queue: QueueKey) -> Result<i64, StoreError> {
        let durability = topic.topic.durability;
        if let Some(committed) = self.offsets.get(group.group.no, queue) {
            return Ok(committed.offset.max(self.store.bounds(queue, durability).min));
        }
        self.store.offset_by_position(queue, durability, group.group.start_position)
    }

    /// Commits progress. Changes nothing when `offset` is negative, above the end of the queue (it
    /// is of an earlier life, or a fault: never clamped forward over unread messages), or of a
    /// connection whose position is, or may be, of an earlier life. May go backwards.
    pub fn commit_offset(
        &self,
        session: &mut Session,
        group: &GroupEntry,
        target: &Target,
        queue_id: i32,
        offset: i64,
    ) -> Result<(), PullError> {
        let queue_no = self.check_queue(group, target, queue_id)?;
        let Target::Topic(topic) = target else { return Ok(()) };
        let queue = QueueKey { topic: topic.topic.no, queue: queue_no };
        if offset < 0 || self.is_of_earlier_life(session, group, topic, queue) {
            return Ok(());
        }
        let bounds = self.store.bounds(queue, topic.topic.durability);
        if offset <= bounds.max {
            self.offsets.commit(group.group.no, queue, offset.max(bounds.min), self.clock.wall_ms());
        }
        Ok(())
    }

    /// First valid offset, and one past the last readable one.
    pub fn queue_bounds(&self, target: &Target, queue_id: i32) -> Result<QueueBounds, PullError> {
        let Some((topic, queue)) = self.queue_of(target, queue_id)? else { return Ok(QueueBounds::default()) };
        Ok(self.store.bounds(queue, topic.topic.durability))
    }

    /// Offset by store time (C35). Negative times count as 0.
    pub fn search_offset(
        &self,
        target: &Target,
        queue_id: i32,
        at_ms: i64,
        boundary: Boundary,
    ) -> Result<i64, PullError> {
        let Some((topic, queue)) = self.queue_of(target, queue_id)? else { return Ok(0) };
        Ok(self.store.offset_by_time(queue, topic.topic.durability, at_ms.max(0), boundary)?)
    }

    /// Store time of the oldest message of the queue. `None`: it is empty.
    pub fn earliest_store_time(&self, target: &Target, queue_id: i32) -> Result<Option<i64>, PullError> {
        let Some((topic, queue)) = self.queue_of(target, queue_id)? else { return Ok(None) };
        let bounds = self.store.bounds(queue, topic.topic.durability);
        Ok(self.store.stored_at(queue, topic.topic.durability, bounds.min)?)
    }
}

/// Whether the client works its start out by itself and wants to hear "nothing committed". All
/// older settings mean the last offset, as in the clients.
fn client_decides(from: ConsumeFromWhere) -> bool {
    matches!(from, ConsumeFromWhere::FirstOffset | ConsumeFromWhere::Timestamp)
}
