//! Users of an account and their grants.

use broker_core::types::UserNo;

use super::rules::Rule;
use super::{Caller, Kind, Platform, TenantError, names};
use crate::auth::password;
use crate::auth::rights::Grant;
use crate::db::accounts::{self, Role, User};
use crate::db::{Sequence, Tx, audit as audit_table};

/// A user to make.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: String,
    pub role: Role,
    pub operator: bool,
}

/// Writes a new user of the caller's account down.
pub(super) async fn insert_user(tx: &mut Tx, caller: &Caller, new: NewUser, now_ms: i64) -> Result<User, TenantError> {
    names::user(&new.name)?;
    if accounts::user_by_name(tx, caller.account, &new.name).await?.is_some() {
        return Err(Rule::NameTaken { name: new.name, by: Kind::User }.into());
    }
    let user = User {
        no: UserNo(crate::db::narrow("account_user.no", Sequence::User.next(tx).await?)?),
        account: caller.account,
        name: new.name,
        role: new.role,
        operator: new.operator,
        active: true,
        has_password: false,
        created_at_ms: now_ms,
    };
    accounts::insert_user(tx, &user).await?;
    let told = Some(format!("role={} operator={}", user.role.as_str(), user.operator));
    audit_table::append(tx, &audit_table::Entry::of(caller, now_ms, "user.create", &user.name).new(told)).await?;
    Ok(user)
}

impl Platform {
    /// Makes a user of the caller's account.
    pub async fn add_user(&self, caller: &Caller, new: NewUser) -> Result<User, TenantError> {
        self.require_owner(caller)?;
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let user = insert_user(&mut tx, caller, new, self.clock.wall_ms()).await?;
        self.commit_access(tx).await?;
        Ok(user)
    }

    /// Allows a user to act, or not; takes effect on the next request.
    pub async fn set_user_active(&self, caller: &Caller, user: &str, active: bool) -> Result<(), TenantError> {
        self.require_owner(caller)?;
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let found = accounts::user_by_name(&mut tx, caller.account, user).await?;
        let found = found.ok_or(TenantError::NotFound(Kind::User))?;
        accounts::set_user_active(&mut tx, found.no, active).await?;
        let action = if active { "user.enable" } else { "user.disable" };
        self.audit(&mut tx, caller, action, user, None, None).await?;
        if !active {
            crate::db::sessions::remove_of_user(&mut tx, found.no).await?;
        }
        self.commit_access(tx).await
    }

    /// Replaces the grants of a member.
    pub async fn set_grants(&self, caller: &Caller, user: &str, grants: &[Grant]) -> Result<(), TenantError> {
        self.require_owner(caller)?;
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let found = accounts::user_by_name(&mut tx, caller.account, user).await?;
        let found = found.ok_or(TenantError::NotFound(Kind::User))?;
        accounts::set_grants(&mut tx, found.no, grants).await?;
        let told = grants.iter().map(|grant| {
            let instance = grant.instance.map_or("*".to_owned(), |no| no.to_string());
            format!("{instance}/{}: {}", grant.resource, grant.actions)
        });
        let told = told.collect::<Vec<_>>().join("; ");
        self.audit(&mut tx, caller, "user.grants", user, None, Some(told)).await?;
        self.commit_access(tx).await
    }

    /// Sets a password without the old one (resources file). The rules of passwords hold.
    pub(crate) async fn give_password(&self, caller: &Caller, user: &User, password: &str) -> Result<(), TenantError> {
        password::check(password, &[&user.name]).map_err(Rule::from)?;
        let hash = self.hasher.hash(password).await?;
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        accounts::set_password_hash(&mut tx, user.no, &hash, self.clock.wall_ms()).await?;
        self.audit(&mut tx, caller, "password.set", &user.name, None, None).await?;
        self.commit_access(tx).await
    }
}

/// Looking things up without a person: for the resources file.
impl Platform {
    pub(crate) async fn user_by_name(&self, caller: &Caller, name: &str) -> Result<Option<User>, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(accounts::user_by_name(&mut tx, caller.account, name).await?)
    }

    pub(crate) async fn grants_of(&self, user: UserNo) -> Result<Vec<Grant>, TenantError> {
        let mut tx = self.db.read().await?;
        let all = accounts::grants(&mut tx).await?;
        Ok(all.into_iter().filter(|(no, _)| *no == user).map(|(_, grant)| grant).collect())
    }

    pub(crate) async fn password_is(&self, user: UserNo, password: &str) -> Result<bool, TenantError> {
        let mut tx = self.db.read().await?;
        let hash = accounts::password_hash(&mut tx, user).await?;
        drop(tx);
        Ok(self.hasher.verify(password, hash).await?)
    }
}
