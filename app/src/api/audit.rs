//! The audit of the account, for its owners: who did what, from where, old and new.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::ApiError;

/// Where a change came from that came by no request. Stored, so it must not change.
pub const FROM_RESOURCES_FILE: &str = "resources file";
pub const FROM_COMMAND_LINE: &str = "command line";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    pub no: super::Whole,
    pub at_ms: i64,
    /// User name; `None`: the process itself, or somebody who did not get in.
    pub user: Option<String>,
    /// Stable word such as `topic.create`; the pages have a text for each and show unknown ones as
    /// they are.
    pub action: String,
    /// What was acted on.
    pub kind: Option<ResourceKind>,
    /// Its name.
    pub resource: Option<String>,
    pub instance: Option<String>,
    /// Old and new value, in short.
    pub old: Option<String>,
    pub new: Option<String>,
    /// An address, [`FROM_RESOURCES_FILE`] or [`FROM_COMMAND_LINE`].
    pub from: Option<String>,
    pub succeeded: bool,
    pub request_id: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceKind {
    Instance,
    Topic,
    Group,
    AccessKey,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// The server's time at which it was read.
    pub at_ms: i64,
    /// Newest first.
    pub rows: Vec<AuditRow>,
    /// Give it back for the next older page.
    pub older: Option<String>,
    /// The hash chain of the rows holds.
    pub chain_intact: bool,
}

#[async_trait]
pub trait AuditPort {
    /// `search`: part of user, action or resource; empty: all. Errors: `Forbidden` for members.
    async fn audit(&self, search: String, cursor: Option<String>, count: u32) -> Result<AuditPage, ApiError>;
}

#[server(endpoint = "audit/list", input = leptos::server_fn::codec::Json)]
pub async fn load_audit(search: String, cursor: Option<String>, count: u32) -> Result<AuditPage, ApiError> {
    super::port()?.audit(search, cursor, count).await
}
