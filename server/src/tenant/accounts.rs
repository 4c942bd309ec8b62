//! Accounts, their users, the service's enablement, one-time links.

use std::net::IpAddr;
use std::time::Duration;

use broker_core::types::{AccountNo, UserNo};

use super::rules::Rule;
use super::{Caller, Kind, Platform, TenantError, names};
use crate::auth::password;
use crate::auth::rights::Grant;
use crate::auth::token;
use crate::db::accounts::{self, Account, Role, User};
use crate::db::links::{self, Purpose};
use crate::db::{Db, DbError, Sequence, Tx, audit as audit_table};

/// How long a set-up link opens.
pub const SETUP_LINK_AGE_MAX: Duration = Duration::from_secs(30 * 60);
/// How long a link for setting a password opens.
pub const PASSWORD_LINK_AGE_MAX: Duration = Duration::from_secs(24 * 3600);

/// A user to make.
#[derive(Clone, Debug)]
pub struct NewUser {
    pub name: String,
    pub role: Role,
    pub operator: bool,
}

/// A link that still opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkView {
    pub opens: Opens,
    pub expires_at_ms: i64,
}

/// What a link opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opens {
    Setup,
    Password { account: String, user: String },
}

fn age(link_age: Duration) -> i64 {
    i64::try_from(link_age.as_millis()).unwrap_or(i64::MAX)
}

/// Puts a new link for `purpose` into the catalogue, replacing the one before; gives its token.
pub(crate) async fn make_link(tx: &mut Tx, purpose: Purpose, now_ms: i64) -> Result<String, DbError> {
    let token = token::link();
    let lives = match purpose {
        Purpose::Setup => SETUP_LINK_AGE_MAX,
        Purpose::Password(_) => PASSWORD_LINK_AGE_MAX,
    };
    links::remove_expired(tx, now_ms).await?;
    links::remove(tx, purpose).await?;
    links::insert(tx, &token::hash(&token), purpose, now_ms, now_ms.saturating_add(age(lives))).await?;
    Ok(token)
}

/// A new link that creates the first account. Works beside a running server.
pub async fn new_setup_link(db: &Db, now_ms: i64) -> Result<String, TenantError> {
    let mut tx = db.write().await?;
    if accounts::any(&mut tx).await? {
        return Err(Rule::AlreadySetUp.into());
    }
    let token = make_link(&mut tx, Purpose::Setup, now_ms).await?;
    tx.commit().await?;
    Ok(token)
}

/// A link that sets a user's password; on the machine itself only. Works beside a running server.
pub async fn new_password_link(
    db: &Db,
    account: &str,
    user: &str,
    now_ms: i64,
    source: &str,
) -> Result<String, TenantError> {
    let mut tx = db.write().await?;
    let account = accounts::by_name(&mut tx, account).await?.ok_or(TenantError::NotFound(Kind::Account))?;
    let found = accounts::user_by_name(&mut tx, account.no, user).await?.ok_or(TenantError::NotFound(Kind::User))?;
    let token = make_link(&mut tx, Purpose::Password(found.no), now_ms).await?;
    let entry = entry(now_ms, account.no, source, "password.link", user, None);
    audit_table::append(&mut tx, &entry).await?;
    tx.commit().await?;
    Ok(token)
}

fn entry(
    at_ms: i64,
    account: AccountNo,
    source: &str,
    action: &str,
    target: &str,
    new_value: Option<String>,
) -> audit_table::Entry {
    audit_table::Entry {
        at_ms,
        account: Some(account),
        actor: "system".to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        old_value: None,
        new_value,
        source: source.to_owned(),
    }
}

/// Makes an account with its owner, who gets a link. Works beside a running server.
pub async fn create_account(
    db: &Db,
    name: &str,
    owner: &str,
    operator: bool,
    now_ms: i64,
    source: &str,
) -> Result<(Account, String), TenantError> {
    let mut tx = db.write().await?;
    let account = insert_account(&mut tx, name, None, now_ms, source).await?;
    let new = NewUser { name: owner.to_owned(), role: Role::Owner, operator };
    let user = insert_user(&mut tx, &account, new, now_ms, source).await?;
    let token = make_link(&mut tx, Purpose::Password(user.no), now_ms).await?;
    tx.commit().await?;
    Ok((account, token))
}

async fn insert_account(
    tx: &mut Tx,
    name: &str,
    uid: Option<&str>,
    now_ms: i64,
    source: &str,
) -> Result<Account, TenantError> {
    names::account(name)?;
    if accounts::by_name(tx, name).await?.is_some() {
        return Err(Rule::NameTaken { name: name.to_owned(), by: Kind::Account }.into());
    }
    let uid = match uid {
        Some(uid) => {
            names::uid(uid)?;
            if accounts::by_uid(tx, uid).await?.is_some() {
                return Err(Rule::NameTaken { name: uid.to_owned(), by: Kind::Account }.into());
            }
            uid.to_owned()
        }
        None => loop {
            let uid = token::uid();
            if accounts::by_uid(tx, &uid).await?.is_none() {
                break uid;
            }
        },
    };
    let no = AccountNo(crate::db::narrow("account.no", Sequence::Account.next(tx).await?)?);
    let account = Account { no, name: name.to_owned(), uid, created_at_ms: now_ms, service_enabled: None };
    accounts::insert(tx, &account).await?;
    let told = Some(format!("uid={}", account.uid));
    audit_table::append(tx, &entry(now_ms, no, source, "account.create", name, told)).await?;
    Ok(account)
}

async fn insert_user(
    tx: &mut Tx,
    account: &Account,
    new: NewUser,
    now_ms: i64,
    source: &str,
) -> Result<User, TenantError> {
    names::user(&new.name)?;
    if accounts::user_by_name(tx, account.no, &new.name).await?.is_some() {
        return Err(Rule::NameTaken { name: new.name, by: Kind::User }.into());
    }
    let user = User {
        no: UserNo(crate::db::narrow("account_user.no", Sequence::User.next(tx).await?)?),
        account: account.no,
        name: new.name,
        role: new.role,
        operator: new.operator,
        active: true,
        has_password: false,
        created_at_ms: now_ms,
    };
    accounts::insert_user(tx, &user).await?;
    let told = Some(format!("role={} operator={}", user.role.as_str(), user.operator));
    audit_table::append(tx, &entry(now_ms, account.no, source, "user.create", &user.name, told)).await?;
    Ok(user)
}

impl Platform {
    /// Whether there is an account; before, only the set-up page works.
    pub async fn is_set_up(&self) -> Result<bool, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(accounts::any(&mut tx).await?)
    }

    /// The token of a new set-up link; the one before it does not open any more.
    pub async fn new_setup_link(&self) -> Result<String, TenantError> {
        new_setup_link(&self.db, self.clock.wall_ms()).await
    }

    /// What a link opens; `None`: nothing (any more).
    pub async fn link(&self, token: &str) -> Result<Option<LinkView>, TenantError> {
        let mut tx = self.db.read().await?;
        let Some(link) = links::find(&mut tx, &token::hash(token), self.clock.wall_ms()).await? else {
            return Ok(None);
        };
        let opens = match link.purpose {
            Purpose::Setup if accounts::any(&mut tx).await? => return Ok(None),
            Purpose::Setup => Opens::Setup,
            Purpose::Password(user) => {
                let user = accounts::user(&mut tx, user).await?.ok_or(TenantError::NotFound(Kind::User))?;
                let account = accounts::by_no(&mut tx, user.account).await?;
                let account = account.ok_or(TenantError::NotFound(Kind::Account))?;
                Opens::Password { account: account.name, user: user.name }
            }
        };
        Ok(Some(LinkView { opens, expires_at_ms: link.expires_at_ms }))
    }

    /// Makes the first account and its owner, who is the operator.
    ///
    /// - `address`: must be this machine.
    pub async fn set_up(
        &self,
        token: &str,
        address: IpAddr,
        account: &str,
        user: &str,
        password: &str,
    ) -> Result<UserNo, TenantError> {
        if !address.to_canonical().is_loopback() {
            return Err(Rule::LoopbackOnly.into());
        }
        if self.link(token).await?.map(|link| link.opens) != Some(Opens::Setup) {
            return Err(Rule::LinkInvalid.into());
        }
        names::account(account)?;
        names::user(user)?;
        password::check(password, &[account, user]).map_err(Rule::from)?;
        let hash = self.hasher.hash(password).await?;
        let _one = self.changes.lock().await;
        let now = self.clock.wall_ms();
        let mut tx = self.db.write().await?;
        // Asked again inside the transaction: of two people with the link one is first.
        if accounts::any(&mut tx).await? {
            return Err(Rule::AlreadySetUp.into());
        }
        let link = links::find(&mut tx, &token::hash(token), now).await?;
        if link.map(|link| link.purpose) != Some(Purpose::Setup) {
            return Err(Rule::LinkInvalid.into());
        }
        let source = address.to_string();
        let account = insert_account(&mut tx, account, None, now, &source).await?;
        let owner = NewUser { name: user.to_owned(), role: Role::Owner, operator: true };
        let user = insert_user(&mut tx, &account, owner, now, &source).await?;
        accounts::set_password_hash(&mut tx, user.no, &hash, now).await?;
        links::remove(&mut tx, Purpose::Setup).await?;
        self.remember_numbers(&mut tx).await?;
        tx.commit().await?;
        self.access_changed().await?;
        Ok(user.no)
    }

    /// Sets the password that a link is for. Every session of the user ends.
    pub async fn redeem_password_link(
        &self,
        token: &str,
        password: &str,
        address: IpAddr,
    ) -> Result<UserNo, TenantError> {
        let Some(Opens::Password { account, user }) = self.link(token).await?.map(|link| link.opens) else {
            return Err(Rule::LinkInvalid.into());
        };
        password::check(password, &[&account, &user]).map_err(Rule::from)?;
        let hash = self.hasher.hash(password).await?;
        let _one = self.changes.lock().await;
        let now = self.clock.wall_ms();
        let mut tx = self.db.write().await?;
        let link = links::find(&mut tx, &token::hash(token), now).await?;
        let Some(Purpose::Password(no)) = link.map(|link| link.purpose) else {
            return Err(Rule::LinkInvalid.into());
        };
        let found = accounts::user(&mut tx, no).await?.ok_or(TenantError::NotFound(Kind::User))?;
        accounts::set_password_hash(&mut tx, no, &hash, now).await?;
        links::remove(&mut tx, Purpose::Password(no)).await?;
        crate::db::sessions::remove_of_user(&mut tx, no, None).await?;
        let changed = audit_table::Entry {
            actor: user.clone(),
            ..entry(now, found.account, &address.to_string(), "password.set", &user, Some("by link".to_owned()))
        };
        audit_table::append(&mut tx, &changed).await?;
        self.remember_numbers(&mut tx).await?;
        tx.commit().await?;
        self.access_changed().await?;
        Ok(no)
    }

    /// Makes an account (resources file).
    pub async fn add_account(&self, name: &str, uid: Option<&str>, source: &str) -> Result<Account, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let account = insert_account(&mut tx, name, uid, self.clock.wall_ms(), source).await?;
        self.remember_numbers(&mut tx).await?;
        tx.commit().await?;
        self.access_changed().await?;
        Ok(account)
    }

    /// Makes a user of the caller's account.
    pub async fn add_user(&self, caller: &Caller, new: NewUser) -> Result<User, TenantError> {
        if !self.is_owner(caller) {
            return Err(TenantError::Forbidden { action: "manage" });
        }
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let account = accounts::by_no(&mut tx, caller.account).await?.ok_or(TenantError::NotFound(Kind::Account))?;
        let user = insert_user(&mut tx, &account, new, self.clock.wall_ms(), &caller.source).await?;
        tx.commit().await?;
        self.access_changed().await?;
        Ok(user)
    }

    /// Allows a user to act, or not; takes effect on the next request.
    pub async fn set_user_active(&self, caller: &Caller, user: &str, active: bool) -> Result<(), TenantError> {
        if !self.is_owner(caller) {
            return Err(TenantError::Forbidden { action: "manage" });
        }
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let found = accounts::user_by_name(&mut tx, caller.account, user).await?;
        let found = found.ok_or(TenantError::NotFound(Kind::User))?;
        accounts::set_user_active(&mut tx, found.no, active).await?;
        let action = if active { "user.enable" } else { "user.disable" };
        self.audit(&mut tx, caller, action, user, None, None).await?;
        if !active {
            crate::db::sessions::remove_of_user(&mut tx, found.no, None).await?;
        }
        tx.commit().await?;
        self.access_changed().await
    }

    /// Replaces the grants of a member.
    pub async fn set_grants(&self, caller: &Caller, user: &str, grants: &[Grant]) -> Result<(), TenantError> {
        if !self.is_owner(caller) {
            return Err(TenantError::Forbidden { action: "manage" });
        }
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
        tx.commit().await?;
        self.access_changed().await
    }

    /// Sets a password without the old one (resources file). The rules of passwords hold.
    pub(crate) async fn give_password(&self, caller: &Caller, user: &User, password: &str) -> Result<(), TenantError> {
        password::check(password, &[&user.name]).map_err(Rule::from)?;
        let hash = self.hasher.hash(password).await?;
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        accounts::set_password_hash(&mut tx, user.no, &hash, self.clock.wall_ms()).await?;
        self.audit(&mut tx, caller, "password.set", &user.name, None, None).await?;
        tx.commit().await?;
        self.access_changed().await
    }

    /// The caller's account, with whether and since when the service is enabled.
    pub async fn account(&self, caller: &Caller) -> Result<Account, TenantError> {
        let mut tx = self.db.read().await?;
        accounts::by_no(&mut tx, caller.account).await?.ok_or(TenantError::NotFound(Kind::Account))
    }

    /// Enables the service, once and for good. `false`: it was enabled before.
    pub async fn enable_service(&self, caller: &Caller) -> Result<bool, TenantError> {
        if !self.is_owner(caller) {
            return Err(TenantError::Forbidden { action: "manage" });
        }
        let _one = self.changes.lock().await;
        let now = self.clock.wall_ms();
        let mut tx = self.db.write().await?;
        let account = accounts::by_no(&mut tx, caller.account).await?.ok_or(TenantError::NotFound(Kind::Account))?;
        let changed = accounts::enable_service(&mut tx, account.no, now, &caller.name).await?;
        if changed {
            self.audit(&mut tx, caller, "service.enable", &account.name, None, None).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }
}

/// Looking things up without a person: for the resources file.
impl Platform {
    pub(crate) async fn account_by_name(&self, name: &str) -> Result<Option<Account>, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(accounts::by_name(&mut tx, name).await?)
    }

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
