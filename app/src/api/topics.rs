//! Topics of an instance: list, create, edit, delete, status, subscriptions, and the test message.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ApiError, Figure, Listing, NamedList, Rights, Whole};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageType {
    Normal,
    PartitionOrder,
    GlobalOrder,
    Scheduled,
    Transaction,
}

impl MessageType {
    pub const ALL: [Self; 5] =
        [Self::Normal, Self::PartitionOrder, Self::GlobalOrder, Self::Scheduled, Self::Transaction];

    /// Sending of this type is built, so that a Topic of it can be created.
    pub fn can_be_created(self) -> bool {
        matches!(self, Self::Normal)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Topic {
    pub name: String,
    pub message_type: MessageType,
    /// Empty: none.
    pub description: String,
    pub created_at_ms: i64,
    pub queues: u16,
    /// Messages kept.
    pub messages: Figure<Whole>,
    /// `None`: none is kept.
    pub last_stored_at_ms: Figure<Option<i64>>,
    pub rights: Rights,
}

/// A page of Topics. Sort columns: `name` (default), `created`, `type`.
pub type Topics = NamedList<Topic>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicStatus {
    pub topic: Topic,
    pub queues: Figure<Vec<QueueStatus>>,
    /// One row for each Group ID.
    pub subscriptions: Figure<Vec<TopicSubscription>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStatus {
    pub queue_id: u16,
    /// First offset kept.
    pub min_offset: Whole,
    /// One past the last.
    pub max_offset: Whole,
    pub last_stored_at_ms: Option<i64>,
}

/// One Group ID that subscribes the Topic, now or by its progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicSubscription {
    pub group: String,
    /// Clients of the group that subscribe the Topic now; 0 means not online.
    pub clients: u32,
    /// Each different expression once; empty when not online.
    pub expressions: Vec<String>,
    pub broadcasting: bool,
    /// All its online clients subscribe alike.
    pub consistent: bool,
    /// Messages of the Topic it has not consumed.
    pub waiting: Figure<Whole>,
}

/// What a deletion would stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopicImpact {
    pub producers: Figure<u32>,
    pub consumers: Figure<u32>,
    /// Group IDs with online clients that subscribe it.
    pub groups: Figure<Vec<String>>,
    pub messages: Figure<Whole>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    pub message_id: String,
    pub stored_at_ms: i64,
    pub took_ms: u32,
}

/// Most bytes of a message body.
pub const BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most bytes of the test message's tag, and of all its keys together.
pub const TAG_BYTES_MAX: usize = 128;
pub const KEYS_BYTES_MAX: usize = 1024;

#[async_trait]
pub trait TopicPort {
    async fn topics(&self, instance: String, listing: Listing) -> Result<Topics, ApiError>;
    /// Errors: `Fields` (TopicName, MessageType, Queues, Description), `LimitReached`.
    async fn create_topic(
        &self,
        instance: String,
        name: String,
        message_type: MessageType,
        queues: Option<u16>,
        description: String,
    ) -> Result<Topic, ApiError>;
    async fn edit_topic(&self, instance: String, name: String, description: String) -> Result<Topic, ApiError>;
    /// `confirm`: its name, typed.
    async fn delete_topic(&self, instance: String, name: String, confirm: String) -> Result<(), ApiError>;
    async fn topic_impact(&self, instance: String, name: String) -> Result<TopicImpact, ApiError>;
    async fn topic_status(&self, instance: String, name: String) -> Result<TopicStatus, ApiError>;
    /// Empty tag and key mean none. Errors: `Fields` (Body, Tag, Key), `StoreFull`, `Unconfirmed`,
    /// `Forbidden`.
    async fn send_message(
        &self,
        instance: String,
        topic: String,
        body: String,
        tag: String,
        key: String,
    ) -> Result<Sent, ApiError>;
}

#[server(endpoint = "topics/list", input = leptos::server_fn::codec::Json)]
pub async fn load_topics(instance: String, listing: Listing) -> Result<Topics, ApiError> {
    super::port()?.topics(instance, listing).await
}

#[server(endpoint = "topics/create", input = leptos::server_fn::codec::Json)]
pub async fn create_topic(
    instance: String,
    name: String,
    message_type: MessageType,
    queues: Option<u16>,
    description: String,
) -> Result<Topic, ApiError> {
    super::port()?.create_topic(instance, name, message_type, queues, description).await
}

#[server(endpoint = "topics/edit", input = leptos::server_fn::codec::Json)]
pub async fn edit_topic(instance: String, name: String, description: String) -> Result<Topic, ApiError> {
    super::port()?.edit_topic(instance, name, description).await
}

#[server(endpoint = "topics/delete", input = leptos::server_fn::codec::Json)]
pub async fn delete_topic(instance: String, name: String, confirm: String) -> Result<(), ApiError> {
    super::port()?.delete_topic(instance, name, confirm).await
}

#[server(endpoint = "topics/impact", input = leptos::server_fn::codec::Json)]
pub async fn load_topic_impact(instance: String, name: String) -> Result<TopicImpact, ApiError> {
    super::port()?.topic_impact(instance, name).await
}

#[server(endpoint = "topics/status", input = leptos::server_fn::codec::Json)]
pub async fn load_topic_status(instance: String, name: String) -> Result<TopicStatus, ApiError> {
    super::port()?.topic_status(instance, name).await
}

#[server(endpoint = "topics/send", input = leptos::server_fn::codec::Json)]
pub async fn send_message(
    instance: String,
    topic: String,
    body: String,
    tag: String,
    key: String,
) -> Result<Sent, ApiError> {
    super::port()?.send_message(instance, topic, body, tag, key).await
}
