//! The overview of a region: the checklist that ticks itself, figures, and what needs attention.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::audit::AuditRow;
use super::{ApiError, Figure, Whole};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    pub checklist: Checklist,
    pub instances: Figure<u32>,
    pub instances_max: u32,
    pub topics: Figure<u32>,
    pub groups_tcp: Figure<u32>,
    pub groups_http: Figure<u32>,
    /// Online producers and consumers.
    pub producers: Figure<u32>,
    pub consumers: Figure<u32>,
    /// Messages kept.
    pub messages: Figure<Whole>,
    /// Messages that online or past consumers have not consumed.
    pub waiting: Figure<Whole>,
    /// Refused connections and requests of the last 24 hours.
    pub refused: Figure<Whole>,
    /// They are counted since this start of the server, which is not 24 hours ago.
    pub refused_since_ms: Option<i64>,
    pub inconsistent: Vec<InconsistentGroup>,
    /// The disk refuses sends.
    pub store_refusing: bool,
    /// Operators only.
    pub disk: Option<Figure<Disk>>,
    /// Newest first, at most 5; empty for members.
    pub changes: Vec<AuditRow>,
}

/// A step is `Some` when done, with what was made first (or the newest that is left).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checklist {
    pub activated: Option<Activated>,
    pub instance: Option<Named>,
    pub topic: Option<Named>,
    pub group: Option<Named>,
    /// AccessKey ID of the caller.
    pub access_key: Option<String>,
    /// A producer has connected.
    pub producer_seen: Figure<bool>,
    /// A message has been stored.
    pub message_stored: Figure<bool>,
    /// A consumer has been online.
    pub consumer_online: Figure<bool>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activated {
    pub at_ms: i64,
    /// User name; `None`: the process itself.
    pub by: Option<String>,
}

/// Something with the instance it is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    pub instance_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InconsistentGroup {
    pub instance_id: String,
    pub group: String,
    pub difference: super::groups::Difference,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disk {
    /// Bytes of the message store.
    pub used: Whole,
    pub disk: Whole,
    pub free: Whole,
}

#[async_trait]
pub trait OverviewPort {
    async fn overview(&self, region: String) -> Result<Overview, ApiError>;
}

#[server(endpoint = "overview", input = leptos::server_fn::codec::Json)]
pub async fn load_overview(region: String) -> Result<Overview, ApiError> {
    super::port()?.overview(region).await
}
