//! Enabling the service: explicit, once per account, idempotent, not to be undone.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::ApiError;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Service {
    NotActivated,
    Activated { at_ms: i64, by: Option<String> },
}

/// What the order page names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    pub service: Service,
    /// The caller may order (owners only).
    pub may_activate: bool,
    pub instances_per_region: u32,
    /// How long messages are kept.
    pub retention_hours: u32,
}

#[async_trait]
pub trait ServicePort {
    async fn offer(&self) -> Result<Offer, ApiError>;
    /// Ordering again is harmless and answers the first order. Errors: `Fields(Terms)`, `Forbidden`.
    async fn activate(&self, agreed: bool) -> Result<Service, ApiError>;
}

#[server(endpoint = "service/offer", input = leptos::server_fn::codec::Json)]
pub async fn load_offer() -> Result<Offer, ApiError> {
    super::port()?.offer().await
}

/// A form without scripts sends `agreed` only when it is ticked.
#[server(endpoint = "service/activate")]
pub async fn activate(#[server(default)] agreed: bool) -> Result<Service, ApiError> {
    super::port()?.activate(agreed).await
}
