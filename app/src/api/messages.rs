//! Finding messages: by Message ID, by Key, by Topic and time; one message in full.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ApiError, Whole};

/// A message as a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRow {
    /// What the send call returned.
    pub message_id: String,
    /// Names this stored copy alone; its page is found by it.
    pub offset_id: String,
    pub topic: String,
    pub tag: Option<String>,
    pub keys: Vec<String>,
    pub stored_at_ms: i64,
    /// Bytes of the body.
    pub body_bytes: u32,
}

/// A message in full.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub row: MessageRow,
    pub instance: String,
    pub queue_id: u16,
    pub queue_offset: Whole,
    /// The client's clock.
    pub born_at_ms: i64,
    /// True address of the sender.
    pub born_from: String,
    pub store_host: String,
    /// Bytes of the whole stored record.
    pub size: u32,
    pub body_crc: u32,
    pub sys_flag: i32,
    pub flag: i32,
    pub reconsume_times: i32,
    /// In stored order, reserved names included.
    pub properties: Vec<(String, String)>,
    /// What `body_base64` is of.
    pub body_form: BodyForm,
    /// The first `body_shown_bytes` of the body, base64. The stored bytes in full are at
    /// `paths::message_body`.
    pub body_base64: String,
    pub body_shown_bytes: u32,
}

/// Clients compress large bodies on their own and mark them in `sys_flag`; the broker stores what it
/// gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BodyForm {
    /// As stored.
    Stored,
    /// Stored compressed (zlib); shown as a consumer gets it. `bytes`: inflated size; at least that
    /// when not `whole`, since inflating stops at 1 MiB and at 100 : 1.
    Inflated { bytes: u32, whole: bool },
    /// Marked as compressed, but not to be inflated: shown as stored.
    NotInflatable,
}

/// Most body bytes that travel with [`Message`].
pub const BODY_SHOWN_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Lookup {
    /// Newest first: one id can have been stored more than once.
    Found(Vec<MessageRow>),
    NotFound(NotFound),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotFound {
    /// Not the form of any Message ID.
    Malformed,
    /// Not among what is kept. `oldest_ms`: store time of the oldest message that the instance keeps,
    /// `None` when it keeps none. `born_ms`: the sender's time in the id, where it carries one.
    NotKept { oldest_ms: Option<i64>, born_ms: Option<i64> },
    /// An offset id of a place older than all that is kept.
    Expired { oldest_ms: Option<i64> },
    /// The search stopped at its limit without finding it.
    Stopped,
    /// In another instance that the caller may read.
    OtherInstance { instance: String, name: String, region: String },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundById {
    pub lookup: Lookup,
    pub took_ms: u32,
    /// Names of the instances that were looked in.
    pub searched: Vec<String>,
}

/// A page of a search, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessagePage {
    pub rows: Vec<MessageRow>,
    /// Give it back for the next older page; `None` on the last.
    pub older: Option<String>,
    /// The search stopped at its limit before the end of the range.
    pub partial: bool,
    /// Oldest and newest message kept: in the Topic when one is named, else in the instance.
    pub oldest_ms: Option<i64>,
    pub newest_ms: Option<i64>,
    pub took_ms: u32,
}

#[async_trait]
pub trait MessagePort {
    async fn message_by_id(&self, instance: String, id: String) -> Result<FoundById, ApiError>;
    /// `topic` empty: all Topics of the instance. At most the 64 newest.
    async fn messages_by_key(
        &self,
        instance: String,
        topic: String,
        key: String,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<MessagePage, ApiError>;
    /// `from_ms <= stored < to_ms`; `count` 1..=100.
    async fn messages_by_time(
        &self,
        instance: String,
        topic: String,
        from_ms: i64,
        to_ms: i64,
        cursor: Option<String>,
        count: u32,
    ) -> Result<MessagePage, ApiError>;
    /// One stored copy in full. Reading a body is written to the audit.
    async fn message(&self, instance: String, offset_id: String) -> Result<Message, ApiError>;
}

#[server(endpoint = "messages/by-id", input = leptos::server_fn::codec::Json)]
pub async fn find_message_by_id(instance: String, id: String) -> Result<FoundById, ApiError> {
    super::port()?.message_by_id(instance, id).await
}

#[server(endpoint = "messages/by-key", input = leptos::server_fn::codec::Json)]
pub async fn find_messages_by_key(
    instance: String,
    topic: String,
    key: String,
    from_ms: i64,
    to_ms: i64,
) -> Result<MessagePage, ApiError> {
    super::port()?.messages_by_key(instance, topic, key, from_ms, to_ms).await
}

#[server(endpoint = "messages/by-time", input = leptos::server_fn::codec::Json)]
pub async fn find_messages_by_time(
    instance: String,
    topic: String,
    from_ms: i64,
    to_ms: i64,
    cursor: Option<String>,
    count: u32,
) -> Result<MessagePage, ApiError> {
    super::port()?.messages_by_time(instance, topic, from_ms, to_ms, cursor, count).await
}

#[server(endpoint = "messages/get", input = leptos::server_fn::codec::Json)]
pub async fn load_message(instance: String, offset_id: String) -> Result<Message, ApiError> {
    super::port()?.message(instance, offset_id).await
}
