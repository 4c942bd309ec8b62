//! Requests about clients and Topics with few fields: 35, 38 and 105.

use crate::protocol::remoting::fields::{FieldError, Fields, text};

/// 35: a client leaves its groups. C++ sends the group it does not mean as an empty text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnregisterClient<'a> {
    pub client_id: &'a str,
    pub producer_group: Option<&'a str>,
    pub consumer_group: Option<&'a str>,
}

impl<'a> UnregisterClient<'a> {
    pub fn decode(fields: &Fields<'a>) -> Result<Self, FieldError> {
        let [client, producer, consumer] = fields.pick(["clientID", "producerGroup", "consumerGroup"]);
        let named = |group: Option<&'a str>| group.filter(|group| !group.is_empty());
        Ok(Self {
            client_id: text("clientID", client)?,
            producer_group: named(producer),
            consumer_group: named(consumer),
        })
    }
}

/// 38: the group whose members are asked for.
pub fn consumer_group<'a>(fields: &Fields<'a>) -> Result<&'a str, FieldError> {
    text("consumerGroup", fields.get("consumerGroup"))
}

/// 105: the Topic whose route is asked for.
pub fn topic<'a>(fields: &Fields<'a>) -> Result<&'a str, FieldError> {
    text("topic", fields.get("topic"))
}
