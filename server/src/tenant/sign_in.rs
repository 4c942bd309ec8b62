//! Signing in with account name, user name and password (R40).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use broker_core::types::UserNo;

use super::{Asker, Caller, Internal, Platform, TenantError};
use crate::auth::access::UserEntry;
use crate::auth::hashing::HashError;
use crate::auth::password;
use crate::db::accounts::{self, User};
use crate::db::{DbError, audit as audit_table};

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// Unknown account, unknown user, no password, not active and wrong password alike.
    #[error("account, user or password is wrong")]
    Wrong,
    #[error("too many tries: again in {} s", .wait.as_secs().max(1))]
    Wait { wait: Duration },
    #[error("busy: try again in a moment")]
    Busy,
    #[error(transparent)]
    Internal(#[from] Internal),
}

impl From<DbError> for SignInError {
    fn from(error: DbError) -> Self {
        SignInError::Internal(error.into())
    }
}

impl From<HashError> for SignInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => SignInError::Busy,
            HashError::Failed(why) => SignInError::Internal(Internal::Hash(why)),
        }
    }
}

impl Platform {
    /// Checks a password. The session is the door's business: give it a new id and put the user's
    /// number into it ([`crate::auth::session::USER`]).
    pub async fn sign_in(
        &self,
        account: &str,
        user: &str,
        password: &str,
        from: impl Into<Asker>,
    ) -> Result<Arc<UserEntry>, SignInError> {
        let from = from.into();
        let name = format!("{account}/{user}");
        if name.len() > 200 || password.len() > 4 * password::LENGTH_MAX {
            return Err(SignInError::Wrong);
        }
        self.throttle.admit(&name, from.address).map_err(|wait| SignInError::Wait { wait: wait.0 })?;
        let mut tx = self.db.read().await?;
        let account_row = accounts::by_name(&mut tx, account).await?;
        let user_row = match &account_row {
            Some(account) => accounts::user_by_name(&mut tx, account.no, user).await?,
            None => None,
        };
        let hash = match &user_row {
            Some(user) if user.active => accounts::password_hash(&mut tx, user.no).await?,
            _ => None,
        };
        drop(tx);
        let failure = self.throttle.failed(&name);
        let right = match self.hasher.verify(password, hash).await {
            Ok(right) => right,
            Err(error) => {
                // Nobody looked at the password: that is no failure of the person.
                if matches!(error, HashError::Busy) {
                    self.throttle.take_back(failure);
                }
                return Err(error.into());
            }
        };
        let signed_in = right.then_some(user_row).flatten();
        tracing::info!(account, user, address = %from.address, signed_in = signed_in.is_some(), "sign-in");
        let Some(User { no, account, .. }) = signed_in else {
            self.sign_in_failed(account_row.map(|account| account.no), &name, &from);
            return Err(SignInError::Wrong);
        };
        let person = from.is(account, Some(no), user);
        let mut tx = self.db.write().await?;
        audit_table::append(&mut tx, &audit_table::Entry::of(&person, self.clock.wall_ms(), "session.sign_in", &name))
            .await?;
        tx.commit().await?;
        self.throttle.succeeded(&name);
        if self.user(no).is_none() {
            // Made by the command line beside this process.
            self.refresh_access().await.map_err(|error| match error {
                TenantError::Internal(internal) => SignInError::Internal(internal),
                _ => SignInError::Wrong,
            })?;
        }
        self.user(no).ok_or(SignInError::Wrong)
    }

    /// Who a session's user is now. `None`: gone or not active; the session must end.
    pub fn caller(&self, user: UserNo, address: IpAddr) -> Option<Caller> {
        let entry = self.user(user)?;
        Some(Caller {
            account: entry.user.account,
            user: Some(user),
            name: entry.user.name.clone(),
            source: address.to_string(),
            request_id: None,
        })
    }

    /// Notes that a person signed out.
    pub async fn signed_out(&self, caller: &Caller) -> Result<(), TenantError> {
        let mut tx = self.db.write().await?;
        self.audit(&mut tx, caller, "session.sign_out", &caller.name, None, None).await?;
        Ok(tx.commit().await?)
    }
}
