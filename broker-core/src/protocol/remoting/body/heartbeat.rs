//! The heartbeat (34): who a client is, and what it produces and consumes.
//!
//! Clients differ widely: lists may be missing, null or empty; enums come as names or ordinals,
//! numbers as texts; codes of tags may be missing or wrong, so they are always computed from the
//! tags. Source: `HeartbeatData` and `SubscriptionData` of Apache RocketMQ and what Go, C++ and ONS
//! clients were seen to send.

use serde_json::Value;

use super::{BodyError, flag, integer, list, parse, text};
use crate::protocol::tag::TagExpression;

/// Bytes of a heartbeat.
pub const BYTES_MAX: usize = 64 << 10;
/// Producer and consumer groups of a heartbeat.
pub const GROUPS_MAX: usize = 64;
/// Subscriptions of a heartbeat, over all its groups.
pub const SUBSCRIPTIONS_MAX: usize = 256;

/// How a consumer gets its messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsumeType {
    /// `CONSUME_ACTIVELY`: pull and lite consumers.
    Actively,
    /// `CONSUME_PASSIVELY`: push consumers.
    Passively,
    /// `CONSUME_POP`
    Pop,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageModel {
    Broadcasting,
    Clustering,
}

/// Where a consumer wants to start in a queue in which its group has no progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsumeFromWhere {
    LastOffset,
    LastOffsetAndFromMinWhenBootFirst,
    MinOffset,
    MaxOffset,
    FirstOffset,
    Timestamp,
}

impl ConsumeFromWhere {
    /// In the order of the clients' ordinals.
    const ALL: [Self; 6] = [
        Self::LastOffset,
        Self::LastOffsetAndFromMinWhenBootFirst,
        Self::MinOffset,
        Self::MaxOffset,
        Self::FirstOffset,
        Self::Timestamp,
    ];

    /// RocketMQ's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::LastOffset => "CONSUME_FROM_LAST_OFFSET",
            Self::LastOffsetAndFromMinWhenBootFirst => "CONSUME_FROM_LAST_OFFSET_AND_FROM_MIN_WHEN_BOOT_FIRST",
            Self::MinOffset => "CONSUME_FROM_MIN_OFFSET",
            Self::MaxOffset => "CONSUME_FROM_MAX_OFFSET",
            Self::FirstOffset => "CONSUME_FROM_FIRST_OFFSET",
            Self::Timestamp => "CONSUME_FROM_TIMESTAMP",
        }
    }
}

/// A heartbeat as sent. Names are complete wire names or bare, as the client uses them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    /// Opaque, and not unique: two processes can have the same.
    pub client_id: String,
    pub producer_groups: Vec<String>,
    pub consumers: Vec<ConsumerData>,
    /// The subscription sets are left out on purpose and must not erase what is known.
    pub without_subscriptions: bool,
}

/// One consumer group of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsumerData {
    pub group: String,
    pub consume_type: ConsumeType,
    pub model: MessageModel,
    pub consume_from: ConsumeFromWhere,
    pub subscriptions: Vec<SubscriptionData>,
}

/// What a client subscribes of one Topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionData {
    pub topic: String,
    /// As the client wrote it.
    pub expression: String,
    /// `TAG` or `SQL92`, or what else the client wrote.
    pub expression_type: String,
    /// The tags wanted; of an expression of another type, everything.
    pub tags: TagExpression,
    /// The client's number; comparable with pulls of the same client only.
    pub version: i64,
}

impl Heartbeat {
    pub fn decode(body: &[u8]) -> Result<Self, BodyError> {
        let json = parse(body, BYTES_MAX)?;
        let client_id = text(&json, "clientID").filter(|id| !id.is_empty());
        let client_id = client_id.ok_or(BodyError::Missing { field: "clientID" })?;
        let (producers, consumers) = (list(&json, "producerDataSet"), list(&json, "consumerDataSet"));
        if producers.len() + consumers.len() > GROUPS_MAX {
            return Err(BodyError::TooMany { what: "groups", count_max: GROUPS_MAX });
        }
        let subscriptions = consumers.iter().map(|consumer| list(consumer, "subscriptionDataSet").len());
        if subscriptions.sum::<usize>() > SUBSCRIPTIONS_MAX {
            return Err(BodyError::TooMany { what: "subscriptions", count_max: SUBSCRIPTIONS_MAX });
        }
        Ok(Self {
            client_id,
            producer_groups: producers.iter().filter_map(group_name).collect(),
            consumers: consumers.iter().filter_map(consumer).collect(),
            without_subscriptions: flag(&json, "withoutSub"),
        })
    }
}

fn group_name(data: &Value) -> Option<String> {
    text(data, "groupName").filter(|name| !name.is_empty())
}

fn consumer(data: &Value) -> Option<ConsumerData> {
    let consume_type = match member(data, "consumeType") {
        Member::Name("CONSUME_PASSIVELY") | Member::Ordinal(1) => ConsumeType::Passively,
        Member::Name("CONSUME_POP") | Member::Ordinal(2) => ConsumeType::Pop,
        _ => ConsumeType::Actively,
    };
    let model = match member(data, "messageModel") {
        Member::Name("BROADCASTING") | Member::Ordinal(0) => MessageModel::Broadcasting,
        _ => MessageModel::Clustering,
    };
    let consume_from = match member(data, "consumeFromWhere") {
        Member::Name(name) => ConsumeFromWhere::ALL.into_iter().find(|from| from.name() == name),
        Member::Ordinal(ordinal) => usize::try_from(ordinal).ok().and_then(|at| ConsumeFromWhere::ALL.get(at).copied()),
        Member::Missing => None,
    };
    Some(ConsumerData {
        group: group_name(data)?,
        consume_type,
        model,
        consume_from: consume_from.unwrap_or(ConsumeFromWhere::LastOffset),
        subscriptions: list(data, "subscriptionDataSet").iter().filter_map(SubscriptionData::read).collect(),
    })
}

enum Member<'a> {
    Name(&'a str),
    Ordinal(i64),
    Missing,
}

fn member<'a>(data: &'a Value, name: &str) -> Member<'a> {
    match data.get(name) {
        Some(Value::String(text)) => text.parse().map_or(Member::Name(text), Member::Ordinal),
        Some(Value::Number(number)) => number.as_i64().map_or(Member::Missing, Member::Ordinal),
        _ => Member::Missing,
    }
}

impl SubscriptionData {
    /// One entry of a subscription set. `None` without a Topic.
    pub(super) fn read(data: &Value) -> Option<Self> {
        let topic = text(data, "topic").filter(|topic| !topic.is_empty())?;
        let expression = text(data, "subString").unwrap_or_default();
        let expression_type = text(data, "expressionType").filter(|kind| !kind.is_empty());
        let expression_type = expression_type.unwrap_or_else(|| "TAG".to_owned());
        let tags = if expression_type != "TAG" {
            TagExpression::All
        } else {
            match list(data, "tagsSet") {
                [] => TagExpression::parse(&expression),
                _ if expression.trim() == "*" => TagExpression::All,
                tags => TagExpression::of_tags(tags.iter().filter_map(Value::as_str)),
            }
        };
        let version = integer(data, "subVersion").unwrap_or(0);
        Some(Self { topic, expression, expression_type, tags, version })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(json: &str) -> ConsumerData {
        let heartbeat = Heartbeat::decode(json.as_bytes()).expect("a good heartbeat");
        assert_eq!(heartbeat.consumers.len(), 1, "{json}");
        heartbeat.consumers.into_iter().next().expect("one")
    }

    #[test]
    fn java_heartbeats_are_read() {
        let consumer = one(r#"{"clientID":"10.0.0.1@123#456","heartbeatFingerprint":0,"withoutSub":false,
            "producerDataSet":[{"groupName":"GID_p"},{"groupName":"CLIENT_INNER_PRODUCER"}],
            "consumerDataSet":[{"groupName":"GID_c","consumeType":"CONSUME_PASSIVELY","messageModel":"CLUSTERING",
            "consumeFromWhere":"CONSUME_FROM_TIMESTAMP","unitMode":false,
            "subscriptionDataSet":[{"classFilterMode":false,"topic":"T","subString":"A || B","tagsSet":["A","B"],
            "codeSet":[65,66],"subVersion":1700000000000,"expressionType":"TAG"}]}]}"#);
        assert_eq!(consumer.consume_type, ConsumeType::Passively);
        assert_eq!(consumer.consume_from, ConsumeFromWhere::Timestamp);
        assert_eq!(consumer.subscriptions[0].tags, TagExpression::parse("A||B"));
        assert_eq!(consumer.subscriptions[0].version, 1_700_000_000_000);
    }

    #[test]
    fn ordinals_texts_and_left_out_members_are_read_as_cpp_sends_them() {
        let consumer =
            one("{\"clientID\":\"ip@1#DEFAULT\",\"consumerDataSet\":[{\"groupName\":\"G\",\"consumeType\":1,\
            \"messageModel\":0,\"consumeFromWhere\":4,\"subscriptionDataSet\":[{\"topic\":\"T\",\
            \"subString\":\"TagA\",\"codeSet\":[\"65\"],\"subVersion\":\"1700000000000\"}]}]}\n");
        assert_eq!(consumer.model, MessageModel::Broadcasting);
        assert_eq!(consumer.consume_from, ConsumeFromWhere::FirstOffset);
        assert_eq!(consumer.subscriptions[0].version, 1_700_000_000_000);
        assert_eq!(consumer.subscriptions[0].tags, TagExpression::parse("TagA"));
    }

    #[test]
    fn c30_a_wrong_code_set_never_loses_what_the_tag_set_names() {
        let consumer = one(r#"{"clientID":"c","consumerDataSet":[{"groupName":"G","subscriptionDataSet":[
            {"topic":"T","subString":"标签","tagsSet":["标签"],"codeSet":["-1234"]}]}]}"#);
        assert!(consumer.subscriptions[0].tags.wants_code(857_175));
    }

    #[test]
    fn null_and_missing_lists_are_empty() {
        let heartbeat = Heartbeat::decode(br#"{"clientID":"c","consumerDataSet":null}"#).expect("good");
        assert!(heartbeat.consumers.is_empty() && heartbeat.producer_groups.is_empty());
    }

    #[test]
    fn what_is_beyond_the_limits_or_no_heartbeat_is_refused() {
        let groups = vec![r#"{"groupName":"G"}"#; GROUPS_MAX + 1].join(",");
        let many = format!(r#"{{"clientID":"c","producerDataSet":[{groups}]}}"#);
        assert!(matches!(Heartbeat::decode(many.as_bytes()), Err(BodyError::TooMany { .. })));
        let topics = vec![r#"{"topic":"T"}"#; SUBSCRIPTIONS_MAX + 1].join(",");
        let many =
            format!(r#"{{"clientID":"c","consumerDataSet":[{{"groupName":"G","subscriptionDataSet":[{topics}]}}]}}"#);
        assert!(matches!(Heartbeat::decode(many.as_bytes()), Err(BodyError::TooMany { .. })));
        assert!(matches!(Heartbeat::decode(&vec![b' '; BYTES_MAX + 1]), Err(BodyError::TooLarge { .. })));
        assert!(matches!(Heartbeat::decode(b"{}"), Err(BodyError::Missing { field: "clientID" })));
        assert!(matches!(Heartbeat::decode(b"\xFF"), Err(BodyError::NotJson { .. })));
    }
}
