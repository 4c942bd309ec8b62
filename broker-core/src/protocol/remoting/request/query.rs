//! Look-up of messages: 12 by key, 33 by offset id.

use crate::protocol::remoting::fields::{FieldError, Fields, int, text, truth};

/// 12: messages of a Topic with a key, or with a unique id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueryMessage<'a> {
    pub topic: &'a str,
    pub key: &'a str,
    pub max_num: i32,
    /// Store times, in milliseconds.
    pub begin_ms: i64,
    pub end_ms: i64,
    /// The key is a unique id. Not every client signs this field, so it must grant nothing.
    pub unique_key: bool,
}

impl<'a> QueryMessage<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [topic, key, count, begin, end, unique] =
            fields.pick(["topic", "key", "maxNum", "beginTimestamp", "endTimestamp", "_UNIQUE_KEY_QUERY"]);
        Ok(Self {
            topic: text("topic", topic)?,
            key: text("key", key)?,
            max_num: int("maxNum", count)?,
            begin_ms: int("beginTimestamp", begin)?,
            end_ms: int("endTimestamp", end)?,
            unique_key: truth("_UNIQUE_KEY_QUERY", unique)?,
        })
    }
}

/// 33: the message at a place in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewMessage<'a> {
    pub offset: i64,
    /// Only 5.x clients name it.
    pub topic: Option<&'a str>,
}

impl<'a> ViewMessage<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [offset, topic] = fields.pick(["offset", "topic"]);
        Ok(Self { offset: int("offset", offset)?, topic: topic.filter(|topic| !topic.is_empty()) })
    }
}
