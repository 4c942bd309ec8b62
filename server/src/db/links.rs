//! One-time links. Only the hash of a token is stored.

use broker_core::types::UserNo;

use super::{DbError, Tx, execute, fetch_optional, narrow};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Creates the first account.
    Setup,
    /// Sets the password of this user.
    Password(UserNo),
}

pub async fn insert(
    tx: &mut Tx,
    token_hash: &str,
    purpose: Purpose,
    created_at_ms: i64,
    expires_at_ms: i64,
) -> Result<(), DbError> {
    let (name, user) = match purpose {
        Purpose::Setup => ("setup", None),
        Purpose::Password(user) => ("password", Some(i64::from(user.0))),
    };
    execute!(
        tx,
        "INSERT INTO one_time_link (token_hash, purpose, user_no, created_at_ms, expires_at_ms) \
         VALUES ($1, $2, $3, $4, $5)",
        token_hash,
        name,
        user,
        created_at_ms,
        expires_at_ms,
    )?;
    Ok(())
}

/// A link that still opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub purpose: Purpose,
    pub expires_at_ms: i64,
}

/// The link, unless it is used, replaced or older than allowed.
pub async fn find(tx: &mut Tx, token_hash: &str, now_ms: i64) -> Result<Option<Link>, DbError> {
    let row = fetch_optional!(
        tx,
        (String, Option<i64>, i64),
        "SELECT purpose, user_no, expires_at_ms FROM one_time_link WHERE token_hash = $1 AND expires_at_ms > $2",
        token_hash,
        now_ms
    )?;
    let Some((purpose, user, expires_at_ms)) = row else { return Ok(None) };
    let purpose = match (purpose.as_str(), user) {
        ("setup", _) => Purpose::Setup,
        ("password", Some(user)) => Purpose::Password(UserNo(narrow("one_time_link.user_no", user)?)),
        _ => return Err(DbError::Unknown { column: "one_time_link.purpose", found: purpose }),
    };
    Ok(Some(Link { purpose, expires_at_ms }))
}

/// Removes every link of this purpose: a new one replaces the old, a used one is gone.
pub async fn remove(tx: &mut Tx, purpose: Purpose) -> Result<(), DbError> {
    match purpose {
        Purpose::Setup => execute!(tx, "DELETE FROM one_time_link WHERE purpose = 'setup'")?,
        Purpose::Password(user) => {
            execute!(tx, "DELETE FROM one_time_link WHERE purpose = 'password' AND user_no = $1", i64::from(user.0))?
        }
    };
    Ok(())
}

pub async fn remove_expired(tx: &mut Tx, now_ms: i64) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM one_time_link WHERE expires_at_ms <= $1", now_ms)?;
    Ok(())
}
