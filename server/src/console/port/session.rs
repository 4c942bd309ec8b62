//! Who is there: sign-in, sign-out, first set-up, one-time password links.
//!
//! These are the functions that somebody without a session may call; what they tell is the same for
//! an unknown account, an unknown user and a wrong password.

use app::api::session::{LinkPurpose, OneTimeLink, Region, SessionPort, Welcome, Whoami};
use app::api::{ApiError, Field, FieldError, Problem, Rule};
use async_trait::async_trait;

use super::CallerPort;
use super::convert::capped;
use super::refusal::{Answer, field, refused};
use crate::auth::password;
use crate::auth::session::{SOURCE, USER};
use crate::db::accounts::Role;
use crate::tenant::links::Opens;
use crate::tenant::sign_in::SignInError;
use crate::tenant::{Asker, Internal, TenantError, names, rules};

const MINUTE_MS: i64 = 60_000;

impl CallerPort {
    fn asker(&self) -> Asker {
        Asker { address: self.caller.peer.address.ip(), request_id: Some(self.caller.request_id.0.clone()) }
    }

    async fn tell_who(&self) -> Answer<Whoami> {
        let who = self.who()?;
        let user = &self.user()?.user;
        let account = self.console.platform().account(&who).await.map_err(refused)?;
        let regions = self.console.platform().reach().regions.iter();
        Ok(Whoami {
            account: account.name,
            uid: account.uid,
            user: user.name.clone(),
            owner: user.role == Role::Owner,
            operator: user.operator,
            activated: account.service_enabled.is_some(),
            regions: regions
                .map(|one| Region { id: one.id.clone(), name_zh: one.name_zh.clone(), name_en: one.name_en.clone() })
                .collect(),
            http: false,
        })
    }

    async fn greet(&self) -> Answer<Welcome> {
        Ok(Welcome {
            host: self.caller.host.clone(),
            needs_setup: !self.console.platform().is_set_up().await.map_err(refused)?,
            signed_in: self.caller.user.is_some(),
        })
    }

    async fn open_session(&self, account: &str, user: &str, password: &str) -> Answer<()> {
        let address = self.caller.peer.address.ip();
        let entry = match self.console.platform().sign_in(account, user, password, self.asker()).await {
            Ok(entry) => entry,
            Err(SignInError::Wrong) => return Err(Problem::WrongCredentials { wait_s: 0 }),
            Err(SignInError::Wait { wait }) => {
                let wait_s = capped(wait.as_secs()).max(1);
                return Err(Problem::WrongCredentials { wait_s });
            }
            Err(SignInError::Busy) => return Err(Problem::Busy { wait_s: 1 }),
            Err(SignInError::Internal(error)) => return Err(refused(TenantError::Internal(error))),
        };
        let session = &self.caller.session;
        session.clear().await;
        let opened = async {
            // A new id, so that one planted before signing in is worth nothing.
            session.cycle_id().await?;
            session.insert(USER, entry.user.no.0).await?;
            session.insert(SOURCE, address.to_string()).await
        };
        opened.await.map_err(lost)
    }

    async fn close_session(&self) -> Answer<()> {
        let who = self.who()?;
        self.caller.session.flush().await.map_err(lost)?;
        self.console.platform().signed_out(&who).await.map_err(refused)
    }

    async fn look_at_link(&self, token: &str) -> Answer<OneTimeLink> {
        let link = self.console.platform().link(token).await.map_err(refused)?.ok_or(Problem::LinkInvalid)?;
        let purpose = match link.opens {
            Opens::Setup if !self.caller.peer.local => return Err(Problem::LinkNotLocal),
            Opens::Setup => LinkPurpose::Setup,
            Opens::Password { account, user } => LinkPurpose::Password { account, user },
        };
        let left_ms = link.expires_at_ms.saturating_sub(self.console.now_ms()).max(0);
        Ok(OneTimeLink { purpose, expires_at_ms: link.expires_at_ms, minutes_left: capped(left_ms / MINUTE_MS) })
    }

    async fn make_first_account(&self, token: &str, account: &str, user: &str, passwords: [&str; 2]) -> Answer<()> {
        if !self.caller.peer.local {
            return Err(Problem::LinkNotLocal);
        }
        let [password, again] = passwords;
        let wrong = wrong_fields(account, user, password, again);
        if !wrong.is_empty() {
            return Err(Problem::Fields(wrong));
        }
        let made = self.console.platform().set_up(token, self.asker(), account, user, password).await;
        made.map(|_| ()).map_err(refused)
    }

    async fn set_password(&self, token: &str, password: &str, again: &str) -> Answer<()> {
        same(password, again)?;
        let set = self.console.platform().redeem_password_link(token, password, self.asker()).await;
        set.map(|_| ()).map_err(refused)
    }
}

/// Everything that is wrong with the form of the first account, in the order of its fields, so that it can be mended in
/// one go.
fn wrong_fields(account: &str, user: &str, password: &str, again: &str) -> Vec<FieldError> {
    let rules = [
        names::account(account).err(),
        names::user(user).err(),
        password::check(password, &[account, user]).map_err(rules::Rule::from).err(),
    ];
    let broken = rules.into_iter().flatten().map(|rule| refused(TenantError::Rule(rule)));
    let differ = same(password, again).err();
    let fields = broken.chain(differ).map(|problem| match problem {
        Problem::Fields(fields) => fields,
        _ => Vec::new(),
    });
    fields.flatten().collect()
}

fn same(password: &str, again: &str) -> Answer<()> {
    if password == again { Ok(()) } else { Err(field(Field::PasswordAgain, Rule::Differs)) }
}

fn lost(error: tower_sessions::session::Error) -> Problem {
    refused(TenantError::Internal(Internal::Task(error.to_string())))
}

#[async_trait]
impl SessionPort for CallerPort {
    async fn whoami(&self) -> Result<Whoami, ApiError> {
        self.finish(self.tell_who().await)
    }

    async fn welcome(&self) -> Result<Welcome, ApiError> {
        self.finish(self.greet().await)
    }

    async fn sign_in(&self, account: String, user: String, password: String) -> Result<(), ApiError> {
        self.finish(self.open_session(&account, &user, &password).await)
    }

    async fn sign_out(&self) -> Result<(), ApiError> {
        self.finish(self.close_session().await)
    }

    async fn link(&self, token: String) -> Result<OneTimeLink, ApiError> {
        self.finish(self.look_at_link(&token).await)
    }

    async fn set_up(
        &self,
        token: String,
        account: String,
        user: String,
        password: String,
        password_again: String,
    ) -> Result<(), ApiError> {
        self.finish(self.make_first_account(&token, &account, &user, [&password, &password_again]).await)
    }

    async fn choose_password(&self, token: String, password: String, password_again: String) -> Result<(), ApiError> {
        self.finish(self.set_password(&token, &password, &password_again).await)
    }
}
