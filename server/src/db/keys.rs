//! AccessKeys with their encrypted secrets, and the data key that encrypts them.

use broker_core::types::UserNo;

use super::{DbError, Tx, execute, fetch_all, fetch_optional, narrow};

/// An AccessKey as stored; the secret is encrypted.
#[derive(Clone)]
pub struct StoredKey {
    pub id: String,
    pub user: UserNo,
    pub version: i64,
    pub sealed_secret: Vec<u8>,
    pub active: bool,
    pub created_at_ms: i64,
    pub last_used_at_ms: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    id: String,
    user_no: i64,
    version: i64,
    secret: Vec<u8>,
    active: bool,
    created_at_ms: i64,
    last_used_at_ms: Option<i64>,
}

impl KeyRow {
    fn key(self) -> Result<StoredKey, DbError> {
        Ok(StoredKey {
            id: self.id,
            user: UserNo(narrow("access_key.user_no", self.user_no)?),
            version: self.version,
            sealed_secret: self.secret,
            active: self.active,
            created_at_ms: self.created_at_ms,
            last_used_at_ms: self.last_used_at_ms,
        })
    }
}

pub async fn all(tx: &mut Tx) -> Result<Vec<StoredKey>, DbError> {
    let rows = fetch_all!(tx, KeyRow, "SELECT * FROM access_key")?;
    rows.into_iter().map(KeyRow::key).collect()
}

/// Oldest first.
pub async fn of_user(tx: &mut Tx, user: UserNo) -> Result<Vec<StoredKey>, DbError> {
    let rows = fetch_all!(
        tx,
        KeyRow,
        "SELECT * FROM access_key WHERE user_no = $1 ORDER BY created_at_ms, id",
        i64::from(user.0)
    )?;
    rows.into_iter().map(KeyRow::key).collect()
}

pub async fn by_id(tx: &mut Tx, id: &str) -> Result<Option<StoredKey>, DbError> {
    let row = fetch_optional!(tx, KeyRow, "SELECT * FROM access_key WHERE id = $1", id)?;
    row.map(KeyRow::key).transpose()
}

pub async fn insert(tx: &mut Tx, key: &StoredKey) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO access_key (id, user_no, version, secret, active, created_at_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        &key.id,
        i64::from(key.user.0),
        key.version,
        &key.sealed_secret,
        key.active,
        key.created_at_ms,
    )?;
    Ok(())
}

pub async fn set_active(tx: &mut Tx, id: &str, active: bool) -> Result<(), DbError> {
    execute!(tx, "UPDATE access_key SET active = $1 WHERE id = $2", active, id)?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM access_key WHERE id = $1", id)?;
    Ok(())
}

/// Never moves a time back.
pub async fn set_last_used(tx: &mut Tx, id: &str, at_ms: i64) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE access_key SET last_used_at_ms = $1 \
         WHERE id = $2 AND (last_used_at_ms IS NULL OR last_used_at_ms < $1)",
        at_ms,
        id
    )?;
    Ok(())
}

/// The newest data key: version and the wrapped key.
pub async fn data_key(tx: &mut Tx) -> Result<Option<(i64, Vec<u8>)>, DbError> {
    Ok(fetch_optional!(tx, (i64, Vec<u8>), "SELECT version, wrapped FROM data_key ORDER BY version DESC LIMIT 1")?)
}

pub async fn insert_data_key(tx: &mut Tx, version: i64, wrapped: &[u8]) -> Result<(), DbError> {
    execute!(tx, "INSERT INTO data_key (version, wrapped) VALUES ($1, $2)", version, wrapped)?;
    Ok(())
}
