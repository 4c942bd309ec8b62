//! Group IDs of an instance: list, create, edit, delete, who is online and what they subscribe.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ApiError, Figure, Listing, NamedList, Rights, Whole};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    Tcp,
    Http,
}

impl Protocol {
    /// Its word in addresses.
    pub fn slug(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Http => "http",
        }
    }

    /// From the word in an address.
    pub fn of_slug(text: &str) -> Option<Self> {
        [Self::Tcp, Self::Http].into_iter().find(|protocol| protocol.slug() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub protocol: Protocol,
    /// Empty: none.
    pub description: String,
    pub created_at_ms: i64,
    /// Online clients; 0 means not online.
    pub clients: Figure<u32>,
    /// `None`: nobody is online, nothing to compare.
    pub consistent: Figure<Option<bool>>,
    pub waiting: Figure<Whole>,
    pub rights: Rights,
}

/// A page of the Groups of one protocol. Sort columns: `name` (default), `created`.
pub type Groups = NamedList<Group, ProtocolCounts>;

/// Groups of an instance under each protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProtocolCounts {
    pub tcp: u32,
    pub http: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupStatus {
    pub group: Group,
    pub clients: Figure<Vec<Client>>,
    /// One row for each client and Topic.
    pub subscriptions: Figure<Vec<SubscriptionRow>>,
    /// Who differs from most of the group. Empty: consistent, or nobody online.
    pub differences: Vec<Difference>,
    pub progress: Figure<Vec<QueueProgress>>,
    /// Where it starts where it has no progress: store time of the mark taken at its creation.
    pub starts_from_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub client_id: String,
    pub address: String,
    pub language: String,
    pub version: String,
    pub last_heartbeat_ms: i64,
    pub connected_at_ms: i64,
    pub broadcasting: bool,
    pub kind: ClientKind,
    /// RocketMQ's name, for example `CONSUME_FROM_LAST_OFFSET`.
    pub consume_from: String,
    /// Another live connection of the group uses the same client id.
    pub id_shared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ClientKind {
    Push,
    Pull,
    Pop,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRow {
    pub client_id: String,
    pub address: String,
    pub language: String,
    pub version: String,
    pub topic: String,
    /// No such Topic in the instance.
    pub topic_missing: bool,
    /// `TAG` or `SQL92`
    pub expression_type: String,
    pub expression: String,
    pub broadcasting: bool,
    pub last_heartbeat_ms: i64,
    /// This row is what differs.
    pub odd: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    pub client_id: String,
    pub address: String,
    /// `None`: the consumption model differs; `has` and `others` are `CLUSTERING` or `BROADCASTING`.
    pub topic: Option<String>,
    /// `None`: it does not subscribe to the Topic.
    pub has: Option<String>,
    /// `None`: the others do not subscribe to it.
    pub others: Option<String>,
    /// How many others there are.
    pub others_count: u32,
    pub since_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueProgress {
    pub topic: String,
    pub queue_id: u16,
    /// `None`: nothing committed yet.
    pub committed: Option<Whole>,
    pub position: Whole,
    pub max_offset: Whole,
    pub waiting: Whole,
    pub last_committed_ms: Option<i64>,
}

/// What a deletion would stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupImpact {
    pub clients: Figure<u32>,
    pub topics: Figure<Vec<String>>,
    pub waiting: Figure<Whole>,
}

#[async_trait]
pub trait GroupPort {
    async fn groups(&self, instance: String, protocol: Protocol, listing: Listing) -> Result<Groups, ApiError>;
    /// Errors: `Fields` (GroupId, Description), `LimitReached`.
    async fn create_group(
        &self,
        instance: String,
        name: String,
        protocol: Protocol,
        description: String,
    ) -> Result<Group, ApiError>;
    async fn edit_group(&self, instance: String, name: String, description: String) -> Result<Group, ApiError>;
    /// `confirm`: its name, typed.
    async fn delete_group(&self, instance: String, name: String, confirm: String) -> Result<(), ApiError>;
    async fn group_impact(&self, instance: String, name: String) -> Result<GroupImpact, ApiError>;
    async fn group_status(&self, instance: String, name: String) -> Result<GroupStatus, ApiError>;
}

#[server(endpoint = "groups/list", input = leptos::server_fn::codec::Json)]
pub async fn load_groups(instance: String, protocol: Protocol, listing: Listing) -> Result<Groups, ApiError> {
    super::port()?.groups(instance, protocol, listing).await
}

#[server(endpoint = "groups/create", input = leptos::server_fn::codec::Json)]
pub async fn create_group(
    instance: String,
    name: String,
    protocol: Protocol,
    description: String,
) -> Result<Group, ApiError> {
    super::port()?.create_group(instance, name, protocol, description).await
}

#[server(endpoint = "groups/edit", input = leptos::server_fn::codec::Json)]
pub async fn edit_group(instance: String, name: String, description: String) -> Result<Group, ApiError> {
    super::port()?.edit_group(instance, name, description).await
}

#[server(endpoint = "groups/delete", input = leptos::server_fn::codec::Json)]
pub async fn delete_group(instance: String, name: String, confirm: String) -> Result<(), ApiError> {
    super::port()?.delete_group(instance, name, confirm).await
}

#[server(endpoint = "groups/impact", input = leptos::server_fn::codec::Json)]
pub async fn load_group_impact(instance: String, name: String) -> Result<GroupImpact, ApiError> {
    super::port()?.group_impact(instance, name).await
}

#[server(endpoint = "groups/status", input = leptos::server_fn::codec::Json)]
pub async fn load_group_status(instance: String, name: String) -> Result<GroupStatus, ApiError> {
    super::port()?.group_status(instance, name).await
}
