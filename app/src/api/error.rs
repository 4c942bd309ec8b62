//! One error for all functions: a problem with its parameters, translated by the pages, with a
//! stable code and the id of the request. No text of the server reaches the user through it.

use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    pub problem: Problem,
    /// To be given to an administrator; `None` when the request did not reach the server.
    pub request_id: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Problem {
    /// No session, or it has ended.
    SignedOut,
    /// Account, user name or password: never says which. `wait_s`: seconds until the next try.
    WrongCredentials { wait_s: u32 },
    /// A one-time link that is unknown, used or expired.
    LinkInvalid,
    /// The link is good, but not from another machine.
    LinkNotLocal,
    /// The service is not enabled for the account.
    NotActivated,
    /// In the caller's own account, but not granted.
    Forbidden,
    /// Does not exist, or is not the caller's.
    NotFound,
    /// The form was refused, with the reason for each field.
    Fields(Vec<FieldError>),
    /// A count of the model is used up.
    LimitReached { limit: Limit, max: u32 },
    /// An instance with Topics or Groups in it (at most 20 names of each) can't be deleted.
    NotEmpty { topics: Vec<String>, groups: Vec<String>, topics_total: u32, groups_total: u32 },
    /// The instance has no free TCP port left in the configured range.
    NoPortFree,
    /// Sends are refused because the disk is full.
    StoreFull,
    /// The disk did not confirm the message in time: it may or may not be kept.
    Unconfirmed,
    /// Too many calls; try again after `wait_s`.
    Busy { wait_s: u32 },
    /// The process is stopping.
    Stopping,
    /// Something could not be read in time or at all.
    Unavailable(Source),
    /// The server was not reached.
    Offline,
    /// A fault of ours; the log has it under the request id.
    Internal,
}

/// What could not be read or written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    Catalogue,
    Store,
}

/// Counts of the model (`max` comes with the error).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Limit {
    InstancesPerRegion,
    TopicsPerInstance,
    GroupsPerInstance,
    KeysPerUser,
}

/// One field of a form and the rule it breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldError {
    pub field: Field,
    pub rule: Rule,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Field {
    Account,
    User,
    Password,
    PasswordAgain,
    Terms,
    Region,
    InstanceName,
    Description,
    TopicName,
    MessageType,
    Queues,
    GroupId,
    Protocol,
    /// The name typed to confirm a deletion.
    Confirm,
    Body,
    Tag,
    Key,
    MessageId,
    Topic,
    From,
    To,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    Required,
    /// `min` and `max` characters; `actual` as counted.
    Length {
        min: u32,
        max: u32,
        actual: u32,
    },
    /// Bytes (a message body).
    TooLarge {
        max: u32,
        actual: u32,
    },
    /// A character outside the set of the field. The first one is named.
    Characters {
        found: String,
    },
    /// A Topic may not start with `CID` or `GID`.
    TopicPrefix,
    /// A Group ID starts with `GID_` or `GID-`.
    GroupPrefix,
    /// A name of RocketMQ's own.
    Reserved,
    /// Taken by a resource of the same kind.
    Taken,
    /// A Topic wants the name of a Group ID of the instance.
    TakenByGroup,
    /// A Group ID wants the name of a Topic of the instance.
    TakenByTopic,
    /// The Group ID exists under the other protocol; TCP and HTTP can't share one.
    OtherProtocol,
    /// Below `min` characters.
    PasswordShort {
        min: u32,
    },
    /// Among well-known passwords, or contains the name.
    PasswordWeak,
    /// The two passwords differ.
    Differs,
    /// Not ticked.
    NotAgreed,
    /// This message type can't be sent yet.
    TypeNotBuilt,
    /// Outside `min..=max`.
    Range {
        min: u32,
        max: u32,
    },
    /// The end of a time range is not after its start.
    RangeEmpty,
    /// Not readable as what the field holds.
    Malformed,
}

impl Problem {
    /// Stable, shown to the user and used by tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::SignedOut => "SIGNED_OUT",
            Self::WrongCredentials { .. } => "WRONG_CREDENTIALS",
            Self::LinkInvalid => "LINK_INVALID",
            Self::LinkNotLocal => "LINK_NOT_LOCAL",
            Self::NotActivated => "NOT_ACTIVATED",
            Self::Forbidden => "FORBIDDEN",
            Self::NotFound => "NOT_FOUND",
            Self::Fields(_) => "FIELDS_INVALID",
            Self::LimitReached { .. } => "LIMIT_REACHED",
            Self::NotEmpty { .. } => "NOT_EMPTY",
            Self::NoPortFree => "NO_PORT_FREE",
            Self::StoreFull => "STORE_FULL",
            Self::Unconfirmed => "UNCONFIRMED",
            Self::Busy { .. } => "BUSY",
            Self::Stopping => "STOPPING",
            Self::Unavailable(Source::Catalogue) => "METADATA_UNAVAILABLE",
            Self::Unavailable(Source::Store) => "STORE_UNAVAILABLE",
            Self::Offline => "OFFLINE",
            Self::Internal => "INTERNAL",
        }
    }
}

impl ApiError {
    /// One refused field.
    pub fn field(field: Field, rule: Rule) -> Self {
        Problem::Fields(vec![FieldError { field, rule }]).into()
    }

    /// The rule that `field` breaks, if it does.
    pub fn rule(&self, field: Field) -> Option<&Rule> {
        match &self.problem {
            Problem::Fields(all) => all.iter().find(|e| e.field == field).map(|e| &e.rule),
            _ => None,
        }
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self { problem, request_id: None }
    }
}

impl std::fmt::Display for ApiError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.problem.code())
    }
}

impl std::error::Error for ApiError {}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match value {
            ServerFnErrorErr::Request(_) => Problem::Offline,
            _ => Problem::Internal,
        }
        .into()
    }
}
