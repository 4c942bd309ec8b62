//! The account's audit, for its owner.

use std::time::Duration;

use super::{Caller, Platform, TenantError};
use crate::db::audit as table;

pub use crate::db::audit::{Chain, Entry, Recorded};

/// Rows read at once.
const CHUNK: i64 = 500;
/// How old an answer about the chain may be.
const CHAIN_EVERY: Duration = Duration::from_secs(60);

/// A page of the audit.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// Newest first.
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
        if !self.is_owner(caller) {
            return Err(TenantError::Forbidden { action: "audit" });
        }
        let count = count_max.clamp(1, super::limits::PAGE_MAX);
        let mut tx = self.db.read().await?;
        let search = search.trim().to_lowercase();
        let matches = |entry: &Entry| {
            search.is_empty()
                || [&entry.actor, &entry.action, &entry.target].iter().any(|text| text.to_lowercase().contains(&search))
        };
        let mut entries = Vec::new();
        let mut before = before.unwrap_or(i64::MAX);
        loop {
            let rows = table::page(&mut tx, caller.account, before, CHUNK).await?;
            let last = rows.last().map(|row| row.no);
            entries.extend(rows.into_iter().filter(|row| matches(&row.entry)));
            match last {
                Some(last) if entries.len() <= count => before = last,
                _ => break,
            }
        }
        let more = entries.len() > count;
        entries.truncate(count);
        let older = if more { entries.last().map(|entry| entry.no) } else { None };
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

    /// Whether the hash chain of the whole audit holds; looked at once a minute at most.
    pub async fn audit_chain(&self) -> Result<Chain, TenantError> {
        let now = self.clock.monotonic();
        if let Some((at, chain)) = &*self.chain_seen.lock()
            && now.saturating_sub(*at) < CHAIN_EVERY
        {
            return Ok(chain.clone());
        }
        let chain = self.verify_audit().await?;
        *self.chain_seen.lock() = Some((now, chain.clone()));
        Ok(chain)
    }

    /// Checks the hash chain of the whole audit.
    pub async fn verify_audit(&self) -> Result<Chain, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(table::verify(&mut tx).await?)
    }
}
