//! Pulls: 11 and 361, alike.

use crate::protocol::remoting::fields::{FieldError, Fields, int, int_or, text};

/// Bits of a pull's system flag.
mod bit {
    pub(super) const COMMIT_OFFSET: i32 = 1;
    pub(super) const SUSPEND: i32 = 2;
    pub(super) const SUBSCRIPTION: i32 = 4;
}

/// The fields of a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullRequest<'a> {
    pub consumer_group: &'a str,
    pub topic: &'a str,
    pub queue_id: i32,
    pub queue_offset: i64,
    pub max_msg_nums: i32,
    /// Progress to remember, where the client asks for it.
    pub commit_offset: Option<i64>,
    /// How long the pull may be held, in milliseconds; `None`: answer at once.
    pub suspend_ms: Option<i64>,
    /// The filter, where the client sends it along; else that of the heartbeat counts.
    pub subscription: Option<&'a str>,
    /// `TAG` where the client sends none.
    pub expression_type: &'a str,
    pub subscription_version: i64,
}

impl<'a> PullRequest<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [group, topic, queue, offset, count, sys_flag, commit, suspend, subscription, version, kind] =
            fields.pick([
                "consumerGroup",
                "topic",
                "queueId",
                "queueOffset",
                "maxMsgNums",
                "sysFlag",
                "commitOffset",
                "suspendTimeoutMillis",
                "subscription",
                "subVersion",
                "expressionType",
            ]);
        let consumer_group = text("consumerGroup", group)?;
        let topic = text("topic", topic)?;
        let queue_id = int("queueId", queue)?;
        let queue_offset = int("queueOffset", offset)?;
        let max_msg_nums = int("maxMsgNums", count)?;
        let sys_flag: i32 = int("sysFlag", sys_flag)?;
        let has = |bit| sys_flag & bit != 0;
        let commit_offset: i64 = int_or("commitOffset", commit, -1)?;
        let suspend_ms = int_or("suspendTimeoutMillis", suspend, 0)?;
        Ok(Self {
            consumer_group,
            topic,
            queue_id,
            queue_offset,
            max_msg_nums,
            // -1 says that there is nothing to remember yet.
            commit_offset: (has(bit::COMMIT_OFFSET) && commit_offset >= 0).then_some(commit_offset),
            suspend_ms: has(bit::SUSPEND).then_some(suspend_ms),
            subscription: has(bit::SUBSCRIPTION).then_some(subscription.unwrap_or_default()),
            expression_type: kind.filter(|kind| !kind.is_empty()).unwrap_or("TAG"),
            subscription_version: int_or("subVersion", version, 0)?,
        })
    }
}
