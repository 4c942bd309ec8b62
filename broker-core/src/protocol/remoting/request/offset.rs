//! Offsets: 14, 15, 29, 30, 31 and 32.

use crate::protocol::remoting::fields::{FieldError, Fields, int, text};

/// 14: where a group goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryConsumerOffset<'a> {
    pub consumer_group: &'a str,
    pub topic: &'a str,
    pub queue_id: i32,
}

impl<'a> QueryConsumerOffset<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [group, topic, queue] = fields.pick(["consumerGroup", "topic", "queueId"]);
        Ok(Self {
            consumer_group: text("consumerGroup", group)?,
            topic: text("topic", topic)?,
            queue_id: int("queueId", queue)?,
        })
    }
}

/// 15: how far a group has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UpdateConsumerOffset<'a> {
    pub consumer_group: &'a str,
    pub topic: &'a str,
    pub queue_id: i32,
    pub commit_offset: i64,
}

impl<'a> UpdateConsumerOffset<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [group, topic, queue, offset] = fields.pick(["consumerGroup", "topic", "queueId", "commitOffset"]);
        Ok(Self {
            consumer_group: text("consumerGroup", group)?,
            topic: text("topic", topic)?,
            queue_id: int("queueId", queue)?,
            commit_offset: int("commitOffset", offset)?,
        })
    }
}

/// 30, 31 and 32: one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueRequest<'a> {
    pub topic: &'a str,
    pub queue_id: i32,
}

impl<'a> QueueRequest<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [topic, queue] = fields.pick(["topic", "queueId"]);
        Ok(Self { topic: text("topic", topic)?, queue_id: int("queueId", queue)? })
    }
}

/// 29: the offset that belongs to a store time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SearchOffset<'a> {
    pub topic: &'a str,
    pub queue_id: i32,
    pub timestamp_ms: i64,
    /// The last message stored at or before the time, instead of the first at or after it.
    pub upper: bool,
}

impl<'a> SearchOffset<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [topic, queue, timestamp, boundary, ons_boundary] =
            fields.pick(["topic", "queueId", "timestamp", "boundaryType", "boundary"]);
        let boundary = boundary.or(ons_boundary).unwrap_or_default();
        Ok(Self {
            topic: text("topic", topic)?,
            queue_id: int("queueId", queue)?,
            timestamp_ms: int("timestamp", timestamp)?,
            upper: boundary.eq_ignore_ascii_case("upper"),
        })
    }
}
