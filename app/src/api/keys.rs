//! The AccessKeys of the signed-in user. A secret is answered once, by the call that made it.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::ApiError;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKey {
    /// `TN` and 22 characters.
    pub id: String,
    pub active: bool,
    pub created_at_ms: i64,
    /// `None`: never.
    pub last_used_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessKeys {
    /// Oldest first.
    pub rows: Vec<AccessKey>,
    pub max: u32,
}

/// Given out once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewAccessKey {
    pub id: String,
    /// 30 characters.
    pub secret: String,
}

#[async_trait]
pub trait KeyPort {
    async fn access_keys(&self) -> Result<AccessKeys, ApiError>;
    /// Errors: `LimitReached`.
    async fn create_access_key(&self) -> Result<NewAccessKey, ApiError>;
    /// Acts on the next request of every client.
    async fn set_access_key_active(&self, id: String, active: bool) -> Result<(), ApiError>;
    /// `confirm`: its ID, typed.
    async fn delete_access_key(&self, id: String, confirm: String) -> Result<(), ApiError>;
}

#[server(endpoint = "access-keys/list", input = leptos::server_fn::codec::Json)]
pub async fn load_access_keys() -> Result<AccessKeys, ApiError> {
    super::port()?.access_keys().await
}

#[server(endpoint = "access-keys/create", input = leptos::server_fn::codec::Json)]
pub async fn create_access_key() -> Result<NewAccessKey, ApiError> {
    super::port()?.create_access_key().await
}

#[server(endpoint = "access-keys/set-active", input = leptos::server_fn::codec::Json)]
pub async fn set_access_key_active(id: String, active: bool) -> Result<(), ApiError> {
    super::port()?.set_access_key_active(id, active).await
}

#[server(endpoint = "access-keys/delete", input = leptos::server_fn::codec::Json)]
pub async fn delete_access_key(id: String, confirm: String) -> Result<(), ApiError> {
    super::port()?.delete_access_key(id, confirm).await
}
