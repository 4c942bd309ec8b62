//! The audit of the account, and what the console itself adds to it: that a person read a message.

use app::api::audit::{AuditPage, AuditPort, AuditRow, ResourceKind};
use app::api::{ApiError, Problem, Whole};
use async_trait::async_trait;
use broker_core::admin::MessageView;

use super::CallerPort;
use super::refusal::{Answer, refused};
use crate::db::resources::{Instance, Topic};
use crate::tenant::audit::{Chain, Recorded};
use crate::tenant::denials::ACTION as ACTION_DENIED;

/// Changes that the overview names.
const LATEST: usize = 5;

impl CallerPort {
    async fn list_audit(&self, search: &str, cursor: Option<String>, count: u32) -> Answer<AuditPage> {
        let who = self.who()?;
        let platform = self.console.platform();
        let before = match cursor {
            Some(cursor) => Some(cursor.parse::<i64>().map_err(|_| Problem::NotFound)?),
            None => None,
        };
        let count_max = usize::try_from(count).unwrap_or(usize::MAX);
        let at_ms = self.console.now_ms();
        let page = platform.audit_page(&who, search, before, count_max).await.map_err(refused)?;
        Ok(AuditPage {
            at_ms,
            rows: page.entries.into_iter().map(row).collect(),
            older: page.older.map(|no| no.to_string()),
            chain_intact: matches!(platform.audit_chain().await.map_err(refused)?, Chain::Whole { .. }),
        })
    }

    /// Newest first; nothing for members, who may not read the audit.
    pub(super) async fn latest_changes(&self) -> Answer<Vec<AuditRow>> {
        if !self.is_owner() {
            return Ok(Vec::new());
        }
        let changes = self.console.platform().audit_changes(&self.who()?, LATEST).await.map_err(refused)?;
        Ok(changes.into_iter().map(row).collect())
    }

    /// Writes down that the caller sent a message from the console. It is sent whether this succeeds or not.
    pub(super) async fn record_sent(&self, instance: &Instance, topic: &Topic, message_id: &str) {
        let target = format!("{}%{}", instance.of_broker.id, topic.of_broker.name);
        let Ok(who) = self.who() else { return };
        let told = Some(format!("message={message_id}"));
        if let Err(error) = self.console.platform().note(&who, "message.send", &target, told).await {
            tracing::error!(%error, target, "a message sent from the console is missing in the audit");
        }
    }

    /// Writes down that the caller read a stored message.
    pub(super) async fn record_read(&self, instance: &Instance, view: &MessageView) -> Answer<()> {
        let target = format!("{}%{}", instance.of_broker.id, view.topic_name);
        let told = Some(format!("message={} offset_id={}", view.message_id, view.offset_id));
        self.console.platform().note(&self.who()?, "message.read", &target, told).await.map_err(refused)
    }
}

fn row(recorded: Recorded) -> AuditRow {
    let entry = recorded.entry;
    let (instance, name) = match entry.target.split_once('%') {
        Some((instance, name)) => (Some(instance.to_owned()), name.to_owned()),
        None => (None, entry.target),
    };
    AuditRow {
        no: Whole(u64::try_from(recorded.no).unwrap_or(0)),
        at_ms: entry.at_ms,
        user: person(entry.actor),
        kind: kind_of(&entry.action),
        resource: Some(name),
        instance,
        old: entry.old_value,
        new: entry.new_value,
        from: Some(entry.source),
        succeeded: !entry.action.ends_with("_failed") && entry.action != ACTION_DENIED,
        action: entry.action,
        request_id: entry.request_id,
    }
}

/// Actors that are no user.
const NOBODY: [&str; 2] = ["system", "unknown"];

/// The user that an actor is.
pub(super) fn person(actor: String) -> Option<String> {
    (!NOBODY.contains(&actor.as_str())).then_some(actor)
}

fn kind_of(action: &str) -> Option<ResourceKind> {
    match action.split_once('.')?.0 {
        "topic" | "message" => Some(ResourceKind::Topic),
        "group" => Some(ResourceKind::Group),
        "instance" => Some(ResourceKind::Instance),
        "access_key" => Some(ResourceKind::AccessKey),
        _ => None,
    }
}

#[async_trait]
impl AuditPort for CallerPort {
    async fn audit(&self, search: String, cursor: Option<String>, count: u32) -> Result<AuditPage, ApiError> {
        self.finish(self.list_audit(&search, cursor, count).await)
    }
}
