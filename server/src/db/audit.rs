//! The audit: append only, each row chained to the one before by SHA-256.
//!
//! A row's hash covers the previous row's hash and every field of its own, each with its length,
//! so that a changed, removed, added or reordered row breaks the chain at a place that
//! [`verify`] names. The database refuses UPDATE and DELETE as well.

use broker_core::types::AccountNo;
use sha2::{Digest, Sha256};

use crate::tenant::Caller;

use super::{DbError, Tx, execute, fetch_all, fetch_optional, narrow};

/// One entry, without its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub at_ms: i64,
    /// Whose page shows it; `None`: the operator's only.
    pub account: Option<AccountNo>,
    /// User name, or `system`.
    pub actor: String,
    /// Stable code, for example `topic.create`.
    pub action: String,
    /// Name of the thing.
    pub target: String,
    pub old_value: Option<String>,
    pub new_value: Option<String>,
    /// Address, or the command on the machine itself.
    pub source: String,
    /// Id under which the log knows the request.
    pub request_id: Option<String>,
}

impl Entry {
    /// What a caller did to a thing of its account.
    pub fn of(caller: &Caller, at_ms: i64, action: &str, target: &str) -> Self {
        Self {
            at_ms,
            account: Some(caller.account),
            actor: caller.name.clone(),
            action: action.to_owned(),
            target: target.to_owned(),
            old_value: None,
            new_value: None,
            source: caller.source.clone(),
            request_id: caller.request_id.as_deref().map(str::to_owned),
        }
    }

    /// With what was there before.
    pub fn old(self, old_value: Option<String>) -> Self {
        Self { old_value, ..self }
    }

    /// With what is there now.
    pub fn new(self, new_value: Option<String>) -> Self {
        Self { new_value, ..self }
    }
}

/// An entry with its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub no: i64,
    pub entry: Entry,
}

#[derive(sqlx::FromRow)]
struct AuditRow {
    no: i64,
    at_ms: i64,
    account_no: Option<i64>,
    actor: String,
    action: String,
    target: String,
    old_value: Option<String>,
    new_value: Option<String>,
    source: String,
    request_id: Option<String>,
    previous_hash: String,
    hash: String,
}

const FIRST: &str = "0";

fn chain(previous: &str, no: i64, entry: &Entry) -> String {
    let mut hash = Sha256::new();
    let mut field = |text: Option<&str>| match text {
        None => hash.update([0]),
        Some(text) => {
            hash.update([1]);
            hash.update(u64::try_from(text.len()).unwrap_or(u64::MAX).to_be_bytes());
            hash.update(text.as_bytes());
        }
    };
    field(Some(previous));
    field(Some(&no.to_string()));
    field(Some(&entry.at_ms.to_string()));
    field(entry.account.map(|no| no.to_string()).as_deref());
    field(Some(&entry.actor));
    field(Some(&entry.action));
    field(Some(&entry.target));
    field(entry.old_value.as_deref());
    field(entry.new_value.as_deref());
    field(Some(&entry.source));
    // Entries from before requests were noted have none, and keep their hashes.
    if entry.request_id.is_some() {
        field(entry.request_id.as_deref());
    }
    hex::encode(hash.finalize())
}

/// Appends an entry; it is part of the transaction, so a change and its entry are kept together.
pub async fn append(tx: &mut Tx, entry: &Entry) -> Result<(), DbError> {
    let last = fetch_optional!(tx, (i64, String), "SELECT no, hash FROM audit ORDER BY no DESC LIMIT 1")?;
    let (last_no, previous) = last.unwrap_or((0, FIRST.to_owned()));
    let no = last_no.saturating_add(1);
    let hash = chain(&previous, no, entry);
    execute!(
        tx,
        "INSERT INTO audit (no, at_ms, account_no, actor, action, target, old_value, new_value, source, \
         request_id, previous_hash, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        no,
        entry.at_ms,
        entry.account.map(|no| i64::from(no.0)),
        &entry.actor,
        &entry.action,
        &entry.target,
        entry.old_value.as_deref(),
        entry.new_value.as_deref(),
        &entry.source,
        entry.request_id.as_deref(),
        &previous,
        &hash,
    )?;
    Ok(())
}

fn entry(row: AuditRow) -> Result<(Recorded, String, String), DbError> {
    let account = row.account_no.map(|no| narrow("audit.account_no", no).map(AccountNo)).transpose()?;
    let entry = Entry {
        at_ms: row.at_ms,
        account,
        actor: row.actor,
        action: row.action,
        target: row.target,
        old_value: row.old_value,
        new_value: row.new_value,
        source: row.source,
        request_id: row.request_id,
    };
    Ok((Recorded { no: row.no, entry }, row.previous_hash, row.hash))
}

/// Entries of an account with numbers below `before`, newest first, `count` at most.
pub async fn page(tx: &mut Tx, account: AccountNo, before: i64, count: i64) -> Result<Vec<Recorded>, DbError> {
    let rows = fetch_all!(
        tx,
        AuditRow,
        "SELECT * FROM audit WHERE account_no = $1 AND no < $2 ORDER BY no DESC LIMIT $3",
        i64::from(account.0),
        before,
        count
    )?;
    rows.into_iter().map(|row| entry(row).map(|(recorded, _, _)| recorded)).collect()
}

/// How the chain stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chain {
    Whole {
        entries: i64,
    },
    /// The first entry that does not follow from the one before.
    Broken {
        no: i64,
    },
}

/// An entry up to which the chain was found whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    no: i64,
    hash: String,
}

impl Link {
    /// Before the first entry.
    pub fn first() -> Self {
        Self { no: 0, hash: FIRST.to_owned() }
    }
}

/// Checks up to a thousand entries after `link`, and moves it behind them.
///
/// - returns: `None` when there may be more.
pub async fn verify_on(tx: &mut Tx, link: &mut Link) -> Result<Option<Chain>, DbError> {
    let rows = fetch_all!(tx, AuditRow, "SELECT * FROM audit WHERE no > $1 ORDER BY no LIMIT 1000", link.no)?;
    if rows.is_empty() {
        return Ok(Some(Chain::Whole { entries: link.no }));
    }
    for row in rows {
        let (recorded, previous_hash, hash) = entry(row)?;
        let expected = link.no.saturating_add(1);
        if recorded.no != expected
            || previous_hash != link.hash
            || hash != chain(&link.hash, recorded.no, &recorded.entry)
        {
            return Ok(Some(Chain::Broken { no: expected }));
        }
        *link = Link { no: recorded.no, hash };
    }
    Ok(None)
}

/// Checks the whole chain, a thousand rows at a time.
#[cfg(test)]
pub(crate) async fn verify(tx: &mut Tx) -> Result<Chain, DbError> {
    let mut link = Link::first();
    loop {
        if let Some(chain) = verify_on(tx, &mut link).await? {
            return Ok(chain);
        }
    }
}
