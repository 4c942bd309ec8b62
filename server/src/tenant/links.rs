//! One-time links: to set up the first account, to set a user's password.

use std::time::Duration;

use broker_core::types::UserNo;

use super::rules::Rule;
use super::{Asker, Caller, Kind, Platform, TenantError};
use crate::auth::{password, token};
use crate::db::links::{self, Purpose};
use crate::db::{Db, DbError, Tx, accounts, audit as audit_table};

/// How long a set-up link opens.
pub const SETUP_LINK_AGE_MAX: Duration = Duration::from_secs(30 * 60);
/// How long a link for setting a password opens.
pub const PASSWORD_LINK_AGE_MAX: Duration = Duration::from_secs(24 * 3600);

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
    let machine = Caller::machine(account.no, source);
    audit_table::append(&mut tx, &audit_table::Entry::of(&machine, now_ms, "password.link", user)).await?;
    tx.commit().await?;
    Ok(token)
}

impl Platform {
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

    /// Sets the password that a link is for. Every session of the user ends.
    pub async fn redeem_password_link(
        &self,
        token: &str,
        password: &str,
        from: impl Into<Asker>,
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
        crate::db::sessions::remove_of_user(&mut tx, no).await?;
        let person = from.into().is(found.account, Some(no), &user);
        self.audit(&mut tx, &person, "password.set", &user, None, Some("by link".to_owned())).await?;
        self.commit_access(tx).await?;
        Ok(no)
    }
}
