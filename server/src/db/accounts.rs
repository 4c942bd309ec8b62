//! Accounts, users and their grants.

use broker_core::types::{AccountNo, InstanceNo, UserNo};

use super::{DbError, Sequence, Tx, execute, fetch_all, fetch_optional, narrow};
use crate::auth::rights::{Actions, Grant};

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    pub no: AccountNo,
    pub name: String,
    /// 16 digits.
    pub uid: String,
    pub created_at_ms: i64,
    /// `None`: the service is not enabled yet.
    pub service_enabled: Option<ServiceEnabled>,
}

/// When and by whom the service was enabled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceEnabled {
    pub at_ms: i64,
    pub by: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything in the account.
    Owner,
    /// Only what its grants allow.
    Member,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Member => "member",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "owner" => Some(Role::Owner),
            "member" => Some(Role::Member),
            _ => None,
        }
    }
}

/// A user, without its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub no: UserNo,
    pub account: AccountNo,
    pub name: String,
    pub role: Role,
    pub operator: bool,
    pub active: bool,
    pub has_password: bool,
    pub created_at_ms: i64,
}

#[derive(sqlx::FromRow)]
struct AccountRow {
    no: i64,
    name: String,
    uid: String,
    created_at_ms: i64,
    service_enabled_at_ms: Option<i64>,
    service_enabled_by: Option<String>,
}

impl AccountRow {
    fn account(self) -> Result<Account, DbError> {
        Ok(Account {
            no: AccountNo(narrow("account.no", self.no)?),
            name: self.name,
            uid: self.uid,
            created_at_ms: self.created_at_ms,
            service_enabled: self
                .service_enabled_at_ms
                .map(|at_ms| ServiceEnabled { at_ms, by: self.service_enabled_by.unwrap_or_default() }),
        })
    }
}

#[derive(sqlx::FromRow)]
struct UserRow {
    no: i64,
    account_no: i64,
    name: String,
    role: String,
    operator: bool,
    active: bool,
    has_password: bool,
    created_at_ms: i64,
}

impl UserRow {
    fn user(self) -> Result<User, DbError> {
        Ok(User {
            no: UserNo(narrow("account_user.no", self.no)?),
            account: AccountNo(narrow("account_user.account_no", self.account_no)?),
            role: Role::parse(&self.role).ok_or(DbError::Unknown { column: "account_user.role", found: self.role })?,
            name: self.name,
            operator: self.operator,
            active: self.active,
            has_password: self.has_password,
            created_at_ms: self.created_at_ms,
        })
    }
}

pub async fn all(tx: &mut Tx) -> Result<Vec<Account>, DbError> {
    let rows = fetch_all!(tx, AccountRow, "SELECT * FROM account ORDER BY no")?;
    rows.into_iter().map(AccountRow::account).collect()
}

pub async fn by_no(tx: &mut Tx, no: AccountNo) -> Result<Option<Account>, DbError> {
    let row = fetch_optional!(tx, AccountRow, "SELECT * FROM account WHERE no = $1", i64::from(no.0))?;
    row.map(AccountRow::account).transpose()
}

pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<Account>, DbError> {
    let row = fetch_optional!(tx, AccountRow, "SELECT * FROM account WHERE name = $1", name)?;
    row.map(AccountRow::account).transpose()
}

pub async fn by_uid(tx: &mut Tx, uid: &str) -> Result<Option<Account>, DbError> {
    let row = fetch_optional!(tx, AccountRow, "SELECT * FROM account WHERE uid = $1", uid)?;
    row.map(AccountRow::account).transpose()
}

pub async fn any(tx: &mut Tx) -> Result<bool, DbError> {
    Ok(fetch_optional!(tx, (i64,), "SELECT no FROM account LIMIT 1")?.is_some())
}

pub async fn insert(tx: &mut Tx, account: &Account) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO account (no, name, uid, created_at_ms, service_enabled_at_ms, service_enabled_by) \
         VALUES ($1, $2, $3, $4, $5, $6)",
        i64::from(account.no.0),
        &account.name,
        &account.uid,
        account.created_at_ms,
        account.service_enabled.as_ref().map(|s| s.at_ms),
        account.service_enabled.as_ref().map(|s| s.by.as_str()),
    )?;
    Ok(())
}

/// `false`: it was enabled before and nothing changed.
pub async fn enable_service(tx: &mut Tx, no: AccountNo, at_ms: i64, by: &str) -> Result<bool, DbError> {
    let changed = execute!(
        tx,
        "UPDATE account SET service_enabled_at_ms = $1, service_enabled_by = $2 \
         WHERE no = $3 AND service_enabled_at_ms IS NULL",
        at_ms,
        by,
        i64::from(no.0),
    )?;
    Ok(changed > 0)
}

const USER: &str = "SELECT no, account_no, name, role, operator, active, \
                    password_hash IS NOT NULL AS has_password, created_at_ms FROM account_user";

pub async fn users(tx: &mut Tx) -> Result<Vec<User>, DbError> {
    let rows = fetch_all!(tx, UserRow, USER)?;
    rows.into_iter().map(UserRow::user).collect()
}

pub async fn user(tx: &mut Tx, no: UserNo) -> Result<Option<User>, DbError> {
    let row = fetch_optional!(
        tx,
        UserRow,
        "SELECT no, account_no, name, role, operator, active, password_hash IS NOT NULL AS has_password, \
         created_at_ms FROM account_user WHERE no = $1",
        i64::from(no.0)
    )?;
    row.map(UserRow::user).transpose()
}

pub async fn user_by_name(tx: &mut Tx, account: AccountNo, name: &str) -> Result<Option<User>, DbError> {
    let row = fetch_optional!(
        tx,
        UserRow,
        "SELECT no, account_no, name, role, operator, active, password_hash IS NOT NULL AS has_password, \
         created_at_ms FROM account_user WHERE account_no = $1 AND name = $2",
        i64::from(account.0),
        name
    )?;
    row.map(UserRow::user).transpose()
}

pub async fn insert_user(tx: &mut Tx, user: &User) -> Result<(), DbError> {
    execute!(
        tx,
        "INSERT INTO account_user (no, account_no, name, role, operator, active, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        i64::from(user.no.0),
        i64::from(user.account.0),
        &user.name,
        user.role.as_str(),
        user.operator,
        user.active,
        user.created_at_ms,
    )?;
    Ok(())
}

/// Changes whether the user may do anything at all.
pub async fn set_user_active(tx: &mut Tx, no: UserNo, active: bool) -> Result<(), DbError> {
    execute!(tx, "UPDATE account_user SET active = $1 WHERE no = $2", active, i64::from(no.0))?;
    Ok(())
}

/// The argon2id hash in PHC form, `None` when the user has no password.
pub async fn password_hash(tx: &mut Tx, no: UserNo) -> Result<Option<String>, DbError> {
    let row = fetch_optional!(
        tx,
        (Option<String>,),
        "SELECT password_hash FROM account_user WHERE no = $1",
        i64::from(no.0)
    )?;
    Ok(row.and_then(|row| row.0))
}

pub async fn set_password_hash(tx: &mut Tx, no: UserNo, hash: &str, at_ms: i64) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE account_user SET password_hash = $1, password_changed_at_ms = $2 WHERE no = $3",
        hash,
        at_ms,
        i64::from(no.0)
    )?;
    Ok(())
}

/// Every grant with the user that has it.
pub async fn grants(tx: &mut Tx) -> Result<Vec<(UserNo, Grant)>, DbError> {
    let rows = fetch_all!(
        tx,
        (i64, Option<i64>, String, String),
        "SELECT user_no, instance_no, resource, actions FROM user_grant ORDER BY no"
    )?;
    rows.into_iter()
        .map(|(user, instance, resource, actions)| {
            let instance = instance.map(|no| narrow("user_grant.instance_no", no).map(InstanceNo)).transpose()?;
            let actions =
                Actions::parse(&actions).ok_or(DbError::Unknown { column: "user_grant.actions", found: actions })?;
            Ok((UserNo(narrow("user_grant.user_no", user)?), Grant { instance, resource, actions }))
        })
        .collect()
}

/// Replaces all grants of a user.
pub async fn set_grants(tx: &mut Tx, user: UserNo, grants: &[Grant]) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM user_grant WHERE user_no = $1", i64::from(user.0))?;
    for grant in grants {
        let no = Sequence::Grant.next(tx).await?;
        execute!(
            tx,
            "INSERT INTO user_grant (no, user_no, instance_no, resource, actions) VALUES ($1, $2, $3, $4, $5)",
            no,
            i64::from(user.0),
            grant.instance.map(|no| i64::from(no.0)),
            &grant.resource,
            grant.actions.to_string(),
        )?;
    }
    Ok(())
}
