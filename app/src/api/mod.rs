//! What the console shows and does: per area plain data, the port that the server implements, and
//! the `#[server]` functions the pages call.
//!
//! Must not know: the broker, SQL, cookies. A server function does nothing but call the port; the
//! port is made for one request, knows its caller, and checks every call itself (every function
//! here is a public endpoint). What the caller may not know about is [`Problem::NotFound`].

pub mod audit;
pub mod connections;
pub mod error;
pub mod figure;
pub mod groups;
pub mod instances;
pub mod keys;
pub mod list;
pub mod live;
pub mod messages;
pub mod overview;
pub mod service;
pub mod session;
pub mod topics;

pub use error::{ApiError, Field, FieldError, Limit, Problem, Rule, Source};
pub use figure::{Figure, Unknown, Whole};
pub use list::{Listing, NamedList, Page};

/// Everything the console asks of the server, for one caller. The server makes one per request (and
/// one per event stream) and puts it into the Leptos context as [`Port`].
pub trait ConsolePort:
    session::SessionPort
    + service::ServicePort
    + instances::InstancePort
    + topics::TopicPort
    + groups::GroupPort
    + keys::KeyPort
    + messages::MessagePort
    + connections::ConnectionPort
    + audit::AuditPort
    + overview::OverviewPort
    + Send
    + Sync
    + 'static
{
}

/// As it lies in the Leptos context.
pub type Port = std::sync::Arc<dyn ConsolePort>;

/// The port of the running request.
#[cfg(feature = "ssr")]
pub(crate) fn port() -> Result<Port, ApiError> {
    leptos::prelude::use_context::<Port>().ok_or_else(|| Problem::Internal.into())
}

/// What the caller may do with one resource; the pages disable what is not allowed and say why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rights {
    pub publish: bool,
    pub subscribe: bool,
    pub query: bool,
    pub manage: bool,
}
