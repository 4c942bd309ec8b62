//! The properties of a message on its way in: limits, what belongs to the broker taken out, what
//! the broker needs read.

use super::{MessageType, SendError, illegal, sys_flag};
use crate::limits;
use crate::metadata::WireName;
use crate::protocol::properties::{NAME_SEPARATOR, PROPERTY_SEPARATOR, Properties, close, name};
use crate::protocol::tag::tags_code;

/// What the properties of one message say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Examined<'a> {
    tag: Option<&'a str>,
    keys: Option<&'a str>,
    pub(super) unique_id: Option<&'a str>,
    scheduled: bool,
    transaction: bool,
}

impl<'a> Examined<'a> {
    pub(super) fn tags_code(&self) -> i64 {
        tags_code(self.tag)
    }

    pub(super) fn key_tokens(&self) -> impl Iterator<Item = &'a str> {
        self.keys.unwrap_or_default().split(' ').filter(|token| !token.is_empty())
    }

    pub(super) fn actual_type(&self, flag: i32) -> MessageType {
        if self.transaction || flag & sys_flag::TRANSACTION_PREPARED != 0 {
            MessageType::Transaction
        } else if self.scheduled {
            MessageType::Scheduled
        } else {
            MessageType::Normal
        }
    }
}

/// Reads the properties and appends those that are stored to `out`.
pub(super) fn examine<'a>(
    properties: Properties<'a>,
    instance_id: &str,
    out: &mut String,
) -> Result<Examined<'a>, SendError> {
    let bytes = properties.as_str().len();
    if bytes > limits::PROPERTY_BYTES_MAX {
        return Err(super::too_large("property text", bytes, limits::PROPERTY_BYTES_MAX));
    }
    let mut examined = Examined::default();
    let mut count = 0;
    for (name, value) in properties {
        count += 1;
        if count > limits::PROPERTIES_MAX {
            return illegal("the message has more than 256 properties");
        }
        if memchr::memchr(1, value.as_bytes()).is_some() {
            // Go and C++ clients could not read such a property, nor any that follows.
            return illegal("a property value contains the character U+0001");
        }
        if names_topic(name) && foreign(value, instance_id) {
            return Err(SendError::Illegal { what: format!("property {name} names another instance") });
        }
        if is_internal(name) {
            continue;
        }
        append(out, name, value);
        read(&mut examined, name, value)?;
    }
    check_lengths(&examined)?;
    Ok(examined)
}

fn read<'a>(examined: &mut Examined<'a>, name: &str, value: &'a str) -> Result<(), SendError> {
    // A value may be empty (ONS writes `KEYS` without one): then it says nothing.
    if value.is_empty() {
        return Ok(());
    }
    match name {
        name::TAGS => examined.tag = Some(value),
        name::KEYS => examined.keys = Some(value),
        name::UNIQUE_KEY => examined.unique_id = Some(value),
        name::TRANSACTION_PREPARED => examined.transaction = value.eq_ignore_ascii_case("true"),
        name::DELAY => match value.parse::<i32>() {
            Ok(level) => examined.scheduled |= level > 0,
            Err(_) => return Err(SendError::Illegal { what: format!("delay level [{value}] is not a number") }),
        },
        name::TIMER_DELAY_SEC | name::TIMER_DELAY_MS | name::TIMER_DELIVER_MS | name::START_DELIVER_TIME => {
            examined.scheduled = true;
        }
        _ => {}
    }
    Ok(())
}

fn check_lengths(examined: &Examined<'_>) -> Result<(), SendError> {
    let too_long = |what: &str, bytes: usize, bytes_max: usize| Err(super::too_large(what, bytes, bytes_max));
    if let Some(tag) = examined.tag.filter(|t| t.len() > limits::TAG_BYTES_MAX) {
        return too_long("tag", tag.len(), limits::TAG_BYTES_MAX);
    }
    if let Some(keys) = examined.keys.filter(|k| k.len() > limits::KEYS_BYTES_MAX) {
        return too_long("key text", keys.len(), limits::KEYS_BYTES_MAX);
    }
    if examined.key_tokens().count() > limits::KEYS_MAX {
        return illegal("the message has more than 64 keys");
    }
    if let Some(id) = examined.unique_id.filter(|i| i.len() > limits::UNIQUE_ID_BYTES_MAX) {
        return too_long("unique id", id.len(), limits::UNIQUE_ID_BYTES_MAX);
    }
    Ok(())
}

/// As [`crate::protocol::properties::push`], for what is known to have no separators.
pub(super) fn append(out: &mut String, name: &str, value: &str) {
    close(out);
    out.push_str(name);
    out.push(NAME_SEPARATOR);
    out.push_str(value);
    out.push(PROPERTY_SEPARATOR);
}

/// Properties whose value is a Topic or group name on the wire.
fn names_topic(name: &str) -> bool {
    matches!(name, name::REAL_TOPIC | name::RETRY_TOPIC | name::PRODUCER_GROUP | "INNER_MULTI_DISPATCH")
        || name == "DLQ_ORIGIN_TOPIC"
}

fn foreign(value: &str, instance_id: &str) -> bool {
    // `INNER_MULTI_DISPATCH` is a list.
    value
        .split(',')
        .any(|n| matches!(WireName::parse(n), Ok(WireName::Full { instance, .. }) if instance != instance_id))
}

/// Set by brokers, or by clients on arrival; honest forwarders carry leftovers of them, so they are
/// taken out and not refused (R52).
fn is_internal(name: &str) -> bool {
    matches!(
        name,
        name::REAL_TOPIC
            | name::REAL_QUEUE_ID
            | name::POP_CK
            | name::RETRY_TOPIC
            | name::ORIGIN_MESSAGE_ID
            | name::RECONSUME_TIME
            | name::MAX_RECONSUME_TIMES
            | name::MSG_REGION
            | name::TRACE_ON
            | name::CLUSTER
            | "POP_CK_OFFSET"
            | "1ST_POP_TIME"
            | "TIMER_ENQUEUE_MS"
            | "TIMER_DEQUEUE_MS"
            | "TIMER_ROLL_TIMES"
            | "TIMER_OUT_MS"
            | "TIMER_DEL_UNIQKEY"
            | "TIMER_DELAY_LEVEL"
            | "INNER_NUM"
            | "INNER_BASE"
            | "INNER_MULTI_DISPATCH"
            | "INNER_MULTI_QUEUE_OFFSET"
            | "__CRC32#"
            | "DLQ_ORIGIN_TOPIC"
            | "DLQ_ORIGIN_MESSAGE_ID"
            | "TRANSACTION_CHECK_TIMES"
            | "TRAN_PREPARED_QUEUE_OFFSET"
            | "MIN_OFFSET"
            | "MAX_OFFSET"
            | "CONSUME_START_TIME"
            | "__MESSAGE_DECODED_TIME"
            | "__FQN_TOPIC"
            | "__BORNHOST"
            | "BORN_TIMESTAMP"
            | "ARRIVE_TIME"
            | "PUSH_REPLY_TIME"
            | "PROPERTY_FORWARD_QUEUE_ID"
            | "REDIRECT"
            | "TRANSFER_FLAG"
            | "CORRECTION_FLAG"
            | "MQ2_FLAG"
            | "DUP_INFO"
    ) || name.starts_with("__RMQ.TRANSIENT.")
}
