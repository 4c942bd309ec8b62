//! The account's audit, for its owner.

use std::time::Duration;

use super::{Caller, Platform, TenantError};
use crate::db::audit as table;

pub use crate::db::audit::{Chain, Entry, Recorded};

/// Rows read at once.
const CHUNK: i64 = 500;
/// Rows looked through for one page; what a search has not found then is on the pages after it.
const LOOKED_MAX: i64 = 10 * CHUNK;
/// The chain is checked from its first entry again after this time.
const ALL_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);

/// A page of the audit.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// Newest first. Fewer than asked for, or none, when a search has looked long enough.
    pub entries: Vec<Recorded>,
    /// Give it back for the next older page; `None` on the last.
    pub older: Option<i64>,
}

impl Platform {
    /// - `search`: part of actor, action or target, whatever the case; empty: all.
    /// - `before`: numbers below it; `None`: from the newest.
    /// - `count_max`: 1..=100
    pub async fn audit_page(
        &self,
        caller: &Caller,
        search: &str,
        before: Option<i64>,
        count_max: usize,
    ) -> Result<AuditPage, TenantError> {
        let search = search.trim().to_lowercase();
        let matches = |entry: &Entry| {
            search.is_empty()
                || [&entry.actor, &entry.action, &entry.target].iter().any(|text| text.to_lowercase().contains(&search))
        };
        self.audit_where(caller, matches, before, count_max).await
    }

    /// The newest changes: what people only did to look or to come in is left out.
    pub async fn audit_changes(&self, caller: &Caller, count_max: usize) -> Result<Vec<Recorded>, TenantError> {
        let changed = |entry: &Entry| {
            !entry.action.starts_with("session.")
                && !["message.read", "message.send", super::denials::ACTION].contains(&&*entry.action)
        };
        Ok(self.audit_where(caller, changed, None, count_max).await?.entries)
    }

    async fn audit_where(
        &self,
        caller: &Caller,
        matches: impl Fn(&Entry) -> bool,
        before: Option<i64>,
        count_max: usize,
    ) -> Result<AuditPage, TenantError> {
        self.require_owner(caller)?;
        let count = count_max.clamp(1, super::limits::PAGE_MAX);
        let mut tx = self.db.read().await?;
        let mut entries = Vec::new();
        let mut before = before.unwrap_or(i64::MAX);
        let mut looked = 0;
        let looked_enough = loop {
            let rows = table::page(&mut tx, caller.account, before, CHUNK).await?;
            let Some(last) = rows.last().map(|row| row.no) else { break false };
            entries.extend(rows.into_iter().filter(|row| matches(&row.entry)));
            before = last;
            looked += CHUNK;
            if entries.len() > count {
                break false;
            }
            if looked >= LOOKED_MAX {
                break true;
            }
        };
        let more = entries.len() > count;
        entries.truncate(count);
        let older = match entries.last() {
            Some(last) if more => Some(last.no),
            _ => looked_enough.then_some(before),
        };
        Ok(AuditPage { entries, older })
    }

    /// Writes down what a person did that changes nothing in the catalogue: reading a message.
    pub async fn note(
        &self,
        caller: &Caller,
        action: &str,
        target: &str,
        told: Option<String>,
    ) -> Result<(), TenantError> {
        let mut tx = self.db.write().await?;
        self.audit(&mut tx, caller, action, target, None, told).await?;
        Ok(tx.commit().await?)
    }

    /// Whether the hash chain of the audit holds, as last checked; checks it now when it never was.
    pub async fn audit_chain(&self) -> Result<Chain, TenantError> {
        let known = self.chain.lock().found.clone();
        match known {
            Some(chain) => Ok(chain),
            None => self.check_audit().await,
        }
    }

    /// Checks what came since the last time, once a day everything; called now and then.
    pub async fn check_audit(&self) -> Result<Chain, TenantError> {
        let now = self.clock.monotonic();
        let mut checked = self.chain.lock().clone();
        let all_again = now.saturating_sub(checked.all_at) >= ALL_AGAIN_AFTER;
        match &checked.found {
            // It does not mend by itself.
            Some(broken @ Chain::Broken { .. }) if !all_again => return Ok(broken.clone()),
            _ if all_again => checked = Checked { all_at: now, ..Checked::default() },
            _ => {}
        }
        let chain = loop {
            // Each part by itself, so that no reader stands for the length of the whole.
            let mut tx = self.db.read().await?;
            if let Some(chain) = table::verify_on(&mut tx, &mut checked.up_to).await? {
                break chain;
            }
        };
        if let Chain::Broken { no } = chain {
            tracing::error!(no, "the audit was changed: this entry does not follow from the one before");
        }
        checked.found = Some(chain.clone());
        *self.chain.lock() = checked;
        Ok(chain)
    }
}

/// How far the chain was checked.
#[derive(Clone)]
pub(super) struct Checked {
    up_to: table::Link,
    /// When the check from the first entry began.
    all_at: Duration,
    found: Option<Chain>,
}

impl Default for Checked {
    fn default() -> Self {
        Self { up_to: table::Link::first(), all_at: Duration::ZERO, found: None }
    }
}
