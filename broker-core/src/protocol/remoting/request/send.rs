//! Sends: 10 with long field names, 310 and 320 with letters.

use crate::protocol::remoting::code::request::{SEND_BATCH_MESSAGE, SEND_MESSAGE};
use crate::protocol::remoting::fields::{FieldError, Fields, int, int_or, text, truth};

/// The fields of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SendRequest<'a> {
    pub producer_group: &'a str,
    pub topic: &'a str,
    /// Negative: the broker chooses.
    pub queue_id: i32,
    pub sys_flag: i32,
    /// Milliseconds, the client's clock; any number.
    pub born_timestamp: i64,
    /// The user's flag.
    pub flag: i32,
    /// As received: the last separator may be missing.
    pub properties: &'a str,
    pub reconsume_times: i32,
    pub max_reconsume_times: Option<i32>,
    /// The body is a batch, whatever the code.
    pub batch: bool,
}

/// Long names in the order of the letters a to n.
const NAMES: [&str; 14] = [
    "producerGroup",
    "topic",
    "defaultTopic",
    "defaultTopicQueueNums",
    "queueId",
    "sysFlag",
    "bornTimestamp",
    "flag",
    "properties",
    "reconsumeTimes",
    "unitMode",
    "maxReconsumeTimes",
    "batch",
    "bname",
];

impl<'a> SendRequest<'a> {
    /// Reads long names for code 10 and letters for the others; the other spelling is ignored.
    pub fn decode(code: i32, fields: &Fields<'a>) -> Result<Self, FieldError> {
        let values = if code == SEND_MESSAGE { fields.pick(NAMES) } else { letters(fields) };
        let [group, topic, _, _, queue, sys_flag, born, flag, properties, times, _, times_max, batch, _] = values;
        let times_max = match times_max {
            None | Some("") => None,
            present => Some(int("maxReconsumeTimes", present)?),
        };
        Ok(Self {
            producer_group: text("producerGroup", group)?,
            topic: text("topic", topic)?,
            queue_id: int("queueId", queue)?,
            sys_flag: int("sysFlag", sys_flag)?,
            born_timestamp: int("bornTimestamp", born)?,
            flag: int("flag", flag)?,
            properties: properties.unwrap_or_default(),
            reconsume_times: int_or("reconsumeTimes", times, 0)?,
            max_reconsume_times: times_max,
            batch: truth("batch", batch)? || code == SEND_BATCH_MESSAGE,
        })
    }
}

fn letters<'a>(fields: &Fields<'a>) -> [Option<&'a str>; 14] {
    let mut values = [None; 14];
    for field in fields.iter() {
        if let [letter @ b'a'..=b'n'] = field.name.as_bytes()
            && let Some(value) = values.get_mut(usize::from(letter - b'a'))
        {
            *value = field.value;
        }
    }
    values
}
