//! What was refused for want of a right, on its way into the audit (R46, R50).
//!
//! A refusal is noted in memory, since it is found in the middle of reading, and written by
//! [`Platform::write_denials`] soon after. The same refusal of the same person is written once in ten
//! minutes: a page that asks every second does not fill the audit. What belongs to another account is
//! written for the operator only, since the person's own account may not learn that it exists.

use std::collections::HashMap;
use std::time::Duration;

use broker_core::access::{Action, Decision, Resource};
use broker_core::types::UserNo;
use tokio::sync::Notify;

use super::{Caller, Kind, Platform, TenantError};
use crate::db::{audit as audit_table, resources};

/// The action of these entries.
pub const ACTION: &str = "access.denied";
/// Not written again within this time.
const AGAIN_AFTER: Duration = Duration::from_secs(600);
/// Refusals that are remembered so as not to be written again.
const REMEMBERED_MAX: usize = 1_024;
/// Refusals that wait to be written.
const WAITING_MAX: usize = 256;

#[derive(Default)]
struct Notes {
    lately: HashMap<(UserNo, String), Duration>,
    waiting: Vec<audit_table::Entry>,
}

impl Notes {
    /// Whether this one is written; remembers it.
    fn take(&mut self, key: (UserNo, String), now: Duration) -> bool {
        let fresh = |at: &Duration| now.saturating_sub(*at) < AGAIN_AFTER;
        if self.waiting.len() >= WAITING_MAX || self.lately.get(&key).is_some_and(fresh) {
            return false;
        }
        if self.lately.len() >= REMEMBERED_MAX {
            self.lately.retain(|_, at| fresh(at));
        }
        if self.lately.len() >= REMEMBERED_MAX {
            return false;
        }
        self.lately.insert(key, now);
        true
    }
}

/// Refusals of this process.
#[derive(Default)]
pub(super) struct Denials {
    notes: parking_lot::Mutex<Notes>,
    came: Notify,
}

impl Platform {
    /// Notes that something visible to a person was refused.
    ///
    /// - `wanted`: the right that is missing.
    /// - `target`: name of the thing.
    pub(super) fn denied(&self, caller: &Caller, wanted: &str, target: &str) {
        self.note_denial(caller, wanted, target, false);
    }

    /// Notes that a person asked for something that it may not know of.
    pub(super) fn hidden(&self, caller: &Caller, instance: &resources::Instance, target: &str) {
        self.note_denial(caller, "sight", target, instance.of_broker.account != caller.account);
    }

    fn note_denial(&self, caller: &Caller, wanted: &str, target: &str, foreign: bool) {
        // The machine itself may do everything in its account.
        let Some(user) = caller.user else { return };
        let mut entry = audit_table::Entry::of(caller, self.clock.wall_ms(), ACTION, target);
        entry.new_value = Some(format!("wanted={wanted}"));
        if foreign {
            let account = self.user(user).map_or_else(String::new, |entry| entry.account_name.clone());
            entry.actor = format!("{account}/{}", caller.name);
            entry.account = None;
        }
        let mut notes = self.denials.notes.lock();
        if notes.take((user, format!("{wanted} {target}")), self.clock.monotonic()) {
            tracing::info!(actor = entry.actor, source = entry.source, wanted, target, "access denied");
            notes.waiting.push(entry);
            self.denials.came.notify_one();
        }
    }

    /// Resolves when a refusal waits to be written.
    pub async fn denials_came(&self) {
        self.denials.came.notified().await;
    }

    /// Writes the refusals noted so far into the audit.
    pub async fn write_denials(&self) -> Result<(), TenantError> {
        let waiting = std::mem::take(&mut self.denials.notes.lock().waiting);
        if waiting.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        for entry in &waiting {
            audit_table::append(&mut tx, entry).await?;
        }
        Ok(tx.commit().await?)
    }

    /// Whether `action` is granted; what is hidden is "not there".
    pub fn demand(
        &self,
        caller: &Caller,
        action: Action,
        instance: &resources::Instance,
        on: Resource<'_>,
    ) -> Result<(), TenantError> {
        let of_broker = &instance.of_broker;
        let (kind, target) = match on {
            Resource::Instance => (Kind::Instance, of_broker.id.to_string()),
            Resource::Topic(name) => (Kind::Topic, super::named::target(instance, name)),
            Resource::Group(name) => (Kind::Group, super::named::target(instance, name)),
        };
        match self.decide(caller, action, of_broker.no, of_broker.account, on) {
            Decision::Allow => Ok(()),
            Decision::Denied => {
                let action = word(action);
                self.denied(caller, action, &target);
                Err(TenantError::Forbidden { action })
            }
            Decision::Hidden => {
                self.hidden(caller, instance, &target);
                Err(TenantError::NotFound(kind))
            }
        }
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Publish => "publish",
        Action::Subscribe => "subscribe",
        Action::Query => "query",
        Action::Manage => "manage",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_refusal_is_written_once_in_ten_minutes_and_the_tables_stay_bounded() {
        let mut notes = Notes::default();
        let key = |n: usize| (UserNo(1), n.to_string());
        assert!(notes.take(key(0), Duration::ZERO));
        assert!(!notes.take(key(0), Duration::from_secs(599)));
        assert!(notes.take(key(0), Duration::from_secs(600)));
        for n in 0..2 * REMEMBERED_MAX {
            notes.take(key(n), Duration::from_secs(601));
        }
        assert_eq!(notes.lately.len(), REMEMBERED_MAX);
        assert!(notes.take(key(0), Duration::from_secs(2_000)));
    }
}
