//! Sessions. The id is stored hashed: a copy of the table signs nobody in.

use broker_core::types::UserNo;

use super::{DbError, Tx, execute, fetch_optional};

/// A session as stored.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct StoredSession {
    pub id_hash: String,
    pub user_no: Option<i64>,
    /// JSON object of the session's values.
    pub data: String,
    pub created_at_ms: i64,
    pub active_at_ms: i64,
    pub source: Option<String>,
}

/// `false`: the id is taken.
pub async fn insert(tx: &mut Tx, session: &StoredSession) -> Result<bool, DbError> {
    let inserted = execute!(
        tx,
        "INSERT INTO session (id_hash, user_no, data, created_at_ms, active_at_ms, source) \
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        &session.id_hash,
        session.user_no,
        &session.data,
        session.created_at_ms,
        session.active_at_ms,
        session.source.as_deref(),
    )?;
    Ok(inserted > 0)
}

/// Replaces the values; `false`: no such session.
pub async fn update(tx: &mut Tx, session: &StoredSession) -> Result<bool, DbError> {
    let updated = execute!(
        tx,
        "UPDATE session SET user_no = $1, data = $2, active_at_ms = $3, source = $4 WHERE id_hash = $5",
        session.user_no,
        &session.data,
        session.active_at_ms,
        session.source.as_deref(),
        &session.id_hash,
    )?;
    Ok(updated > 0)
}

pub async fn find(tx: &mut Tx, id_hash: &str) -> Result<Option<StoredSession>, DbError> {
    Ok(fetch_optional!(tx, StoredSession, "SELECT * FROM session WHERE id_hash = $1", id_hash)?)
}

pub async fn touch(tx: &mut Tx, id_hash: &str, at_ms: i64) -> Result<(), DbError> {
    execute!(tx, "UPDATE session SET active_at_ms = $1 WHERE id_hash = $2", at_ms, id_hash)?;
    Ok(())
}

pub async fn remove(tx: &mut Tx, id_hash: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM session WHERE id_hash = $1", id_hash)?;
    Ok(())
}

/// Ends all sessions of a user.
pub async fn remove_of_user(tx: &mut Tx, user: UserNo) -> Result<u64, DbError> {
    Ok(execute!(tx, "DELETE FROM session WHERE user_no = $1", i64::from(user.0))?)
}

/// Removes what was made at or before `created_ms` or last active at or before `active_ms`.
pub async fn remove_ended(tx: &mut Tx, created_ms: i64, active_ms: i64) -> Result<u64, DbError> {
    Ok(execute!(tx, "DELETE FROM session WHERE created_at_ms <= $1 OR active_at_ms <= $2", created_ms, active_ms)?)
}
