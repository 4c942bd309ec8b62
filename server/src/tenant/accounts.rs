//! Accounts: the first one, those of the command line and of the resources file.

use broker_core::types::{AccountNo, UserNo};

use super::links::{Opens, make_link};
use super::rules::Rule;
use super::users::{NewUser, insert_user};
use super::{Asker, Caller, Kind, Platform, TenantError, names};
use crate::auth::{password, token};
use crate::config::is_loopback;
use crate::db::accounts::{self, Account, Role};
use crate::db::links::{self, Purpose};
use crate::db::{Db, Sequence, Tx, audit as audit_table};

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
    let machine = Caller::machine(AccountNo(0), source);
    let account = insert_account(&mut tx, &machine, name, None, now_ms).await?;
    let new = NewUser { name: owner.to_owned(), role: Role::Owner, operator };
    let user = insert_user(&mut tx, &Caller { account: account.no, ..machine }, new, now_ms).await?;
    let token = make_link(&mut tx, Purpose::Password(user.no), now_ms).await?;
    tx.commit().await?;
    Ok((account, token))
}

/// - `caller`: who makes it; its own account is not looked at.
async fn insert_account(
    tx: &mut Tx,
    caller: &Caller,
    name: &str,
    uid: Option<&str>,
    now_ms: i64,
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
    let caller = Caller { account: no, ..caller.clone() };
    audit_table::append(tx, &audit_table::Entry::of(&caller, now_ms, "account.create", name).new(told)).await?;
    Ok(account)
}

impl Platform {
    /// Whether there is an account; before, only the set-up page works.
    pub async fn is_set_up(&self) -> Result<bool, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(accounts::any(&mut tx).await?)
    }

    /// Makes the first account and its owner, who is the operator.
    ///
    /// - `from`: must be this machine.
    pub async fn set_up(
        &self,
        token: &str,
        from: impl Into<Asker>,
        account: &str,
        user: &str,
        password: &str,
    ) -> Result<UserNo, TenantError> {
        let from = from.into();
        if !is_loopback(from.address) {
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
        let person = from.is(AccountNo(0), None, user);
        let account = insert_account(&mut tx, &person, account, None, now).await?;
        let owner = NewUser { name: user.to_owned(), role: Role::Owner, operator: true };
        let user = insert_user(&mut tx, &Caller { account: account.no, ..person }, owner, now).await?;
        accounts::set_password_hash(&mut tx, user.no, &hash, now).await?;
        links::remove(&mut tx, Purpose::Setup).await?;
        self.remember_numbers(&mut tx).await?;
        self.commit_access(tx).await?;
        Ok(user.no)
    }

    /// Makes an account (resources file).
    pub async fn add_account(&self, name: &str, uid: Option<&str>, source: &str) -> Result<Account, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let account =
            insert_account(&mut tx, &Caller::machine(AccountNo(0), source), name, uid, self.clock.wall_ms()).await?;
        self.remember_numbers(&mut tx).await?;
        self.commit_access(tx).await?;
        Ok(account)
    }

    /// The caller's account, with whether and since when the service is enabled.
    pub async fn account(&self, caller: &Caller) -> Result<Account, TenantError> {
        let mut tx = self.db.read().await?;
        accounts::by_no(&mut tx, caller.account).await?.ok_or(TenantError::NotFound(Kind::Account))
    }

    pub(crate) async fn account_by_name(&self, name: &str) -> Result<Option<Account>, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(accounts::by_name(&mut tx, name).await?)
    }

    pub(crate) async fn account_has_uid(&self, uid: &str) -> Result<bool, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(accounts::by_uid(&mut tx, uid).await?.is_some())
    }
}
