//! Rejected connections and requests: who, from where, why, how often.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ApiError, Listing, Page, Whole};

/// The pages have a text and a cure for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum RefusalReason {
    NoSignature,
    UnknownKey,
    DisabledKey,
    WrongSignature,
    KeyChanged,
    TopicUnknown,
    GroupUnknown,
    GroupIsHttp,
    OtherInstance,
    NotGranted,
    BareNameOnSharedPort,
    WrongMessageType,
    MessageIllegal,
    UnsupportedRequest,
    MalformedFrame,
    FrameTooLarge,
    LimitReached,
    StoreFull,
}

/// Refusals of one kind from one place, counted together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub reason: RefusalReason,
    /// Name of the instance it belongs to, where one is known.
    pub instance: Option<String>,
    /// IP without port.
    pub from: String,
    pub key_id: Option<String>,
    pub client_id: Option<String>,
    pub language: String,
    pub version: String,
    pub request_code: Option<i32>,
    /// Topic or Group ID that was named.
    pub resource: Option<String>,
    /// A Topic or Group ID of the instance that differs from `resource` in case only.
    pub similar: Option<String>,
    /// The remark that the client got.
    pub remark: String,
    pub first_ms: i64,
    pub last_ms: i64,
    pub count: Whole,
}

#[async_trait]
pub trait ConnectionPort {
    /// Those of the instance and those of the account without an instance; newest first. Operators
    /// also see those that belong to nobody.
    async fn refusals(&self, instance: String, listing: Listing) -> Result<Page<Refusal>, ApiError>;
}

#[server(endpoint = "connections/refusals", input = leptos::server_fn::codec::Json)]
pub async fn load_refusals(instance: String, listing: Listing) -> Result<Page<Refusal>, ApiError> {
    super::port()?.refusals(instance, listing).await
}
