//! Who is there: sign-in, sign-out, first set-up, one-time password links.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::ApiError;

/// The signed-in user, and what every page needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whoami {
    pub account: String,
    /// 16 digits.
    pub uid: String,
    pub user: String,
    pub owner: bool,
    pub operator: bool,
    pub activated: bool,
    /// At least one, in configured order.
    pub regions: Vec<Region>,
    /// The HTTP data listener exists: endpoints and samples for it are shown.
    pub http: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Region {
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
}

/// Who is signed in, in the context of a page that the server renders: read before it starts to.
#[derive(Clone, Debug)]
pub struct KnownCaller(pub Result<Whoami, ApiError>);

/// What the pages before sign-in show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Welcome {
    /// Host under which the console is reached.
    pub host: String,
    /// No account exists yet: the setup link is the only way in.
    pub needs_setup: bool,
    pub signed_in: bool,
}

/// A one-time link that is still good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneTimeLink {
    pub purpose: LinkPurpose,
    pub expires_at_ms: i64,
    pub minutes_left: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LinkPurpose {
    /// Makes the first account and its owner.
    Setup,
    /// Sets the password of an existing user.
    Password { account: String, user: String },
}

#[async_trait]
pub trait SessionPort {
    /// Errors: `SignedOut`.
    async fn whoami(&self) -> Result<Whoami, ApiError>;
    /// Public.
    async fn welcome(&self) -> Result<Welcome, ApiError>;
    /// Public. Opens a session. Errors: `WrongCredentials`, `Busy`.
    async fn sign_in(&self, account: String, user: String, password: String) -> Result<(), ApiError>;
    /// Ends this session, on every open tab.
    async fn sign_out(&self) -> Result<(), ApiError>;
    /// Public. Looks at a link without using it up. Errors: `LinkInvalid`, `LinkNotLocal`.
    async fn link(&self, token: String) -> Result<OneTimeLink, ApiError>;
    /// Public. Makes the first account and its owner, who is the operator, and uses the link up.
    /// Errors: `LinkInvalid`, `LinkNotLocal`, `Fields` (Account, User, Password, PasswordAgain).
    async fn set_up(
        &self,
        token: String,
        account: String,
        user: String,
        password: String,
        password_again: String,
    ) -> Result<(), ApiError>;
    /// Public. Sets a user's password by a link of that purpose and ends the user's sessions.
    async fn choose_password(&self, token: String, password: String, password_again: String) -> Result<(), ApiError>;
}

#[server(endpoint = "session/whoami", input = leptos::server_fn::codec::Json)]
pub async fn load_whoami() -> Result<Whoami, ApiError> {
    super::port()?.whoami().await
}

#[server(endpoint = "session/welcome", input = leptos::server_fn::codec::Json)]
pub async fn load_welcome() -> Result<Welcome, ApiError> {
    super::port()?.welcome().await
}

/// `next`: path to go on to; anything that is not a path of this console is ignored.
#[server(endpoint = "session/sign-in")]
pub async fn sign_in(account: String, user: String, password: String, next: String) -> Result<(), ApiError> {
    super::port()?.sign_in(account, user, password).await?;
    leptos_axum::redirect(crate::paths::safe_next(&next));
    Ok(())
}

#[server(endpoint = "session/sign-out")]
pub async fn sign_out() -> Result<(), ApiError> {
    super::port()?.sign_out().await?;
    leptos_axum::redirect(crate::paths::SIGN_IN);
    Ok(())
}

#[server(endpoint = "session/link", input = leptos::server_fn::codec::Json)]
pub async fn load_link(token: String) -> Result<OneTimeLink, ApiError> {
    super::port()?.link(token).await
}

#[server(endpoint = "session/set-up")]
pub async fn set_up(
    token: String,
    account: String,
    user: String,
    password: String,
    password_again: String,
) -> Result<(), ApiError> {
    super::port()?.set_up(token, account, user, password, password_again).await?;
    leptos_axum::redirect(crate::paths::SIGN_IN_AFTER_SETUP);
    Ok(())
}

#[server(endpoint = "session/choose-password")]
pub async fn choose_password(token: String, password: String, password_again: String) -> Result<(), ApiError> {
    super::port()?.choose_password(token, password, password_again).await?;
    leptos_axum::redirect(crate::paths::SIGN_IN);
    Ok(())
}
