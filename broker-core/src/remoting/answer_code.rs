//! From the errors of operations to what a client is told: one exhaustive match for each.
//!
//! Remarks never carry paths or other tenants' names (R47); what the operator needs is
//! logged under the id that the remark names.

use crate::SendError;
use crate::admin::RefusalReason;
use crate::operations::LocateError;
use crate::operations::heartbeat::HeartbeatError;
use crate::operations::pull::{PullError, PullOutcome};
use crate::protocol::remoting::body::BodyError;
use crate::protocol::remoting::code::response::*;
use crate::protocol::remoting::fields::FieldError;
use crate::store::StoreError;

/// What a client is told, and why it is remembered where that is worth it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) code: i32,
    pub(super) remark: String,
    pub(super) refusal: Option<RefusalReason>,
}

/// Why a handler went no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// `resource`: the Topic or group that it is about, for the list of refusals.
    Failed { failure: Failure, resource: Option<Box<str>> },
    /// A name led nowhere. What that is answered with depends on the request.
    Located(LocateError),
}

impl Stop {
    /// Names the Topic or group that it is about.
    pub(super) fn about(self, name: &str) -> Self {
        match self {
            Self::Failed { failure, .. } => Self::Failed { failure, resource: Some(name.into()) },
            Self::Located(error) => Self::Located(error),
        }
    }
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failed { failure, resource: None }
    }
}

impl From<LocateError> for Stop {
    fn from(error: LocateError) -> Self {
        Self::Located(error)
    }
}

impl From<FieldError> for Stop {
    fn from(error: FieldError) -> Self {
        Failure::from(error).into()
    }
}

impl From<BodyError> for Stop {
    fn from(error: BodyError) -> Self {
        Failure::from(error).into()
    }
}

impl From<HeartbeatError> for Stop {
    fn from(error: HeartbeatError) -> Self {
        Failure::from(error).into()
    }
}

impl From<SendError> for Stop {
    fn from(error: SendError) -> Self {
        of_send(error).into()
    }
}

impl From<PullError> for Stop {
    fn from(error: PullError) -> Self {
        of_pull(error).into()
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        of_store(error).into()
    }
}

fn failure(code: i32, remark: impl ToString, refusal: Option<RefusalReason>) -> Failure {
    Failure { code, remark: remark.to_string(), refusal }
}

impl From<FieldError> for Failure {
    fn from(error: FieldError) -> Self {
        failure(INVALID_PARAMETER, error, None)
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLarge { .. } | BodyError::TooDeep | BodyError::TooMany { .. } => {
                failure(INVALID_PARAMETER, error, Some(RefusalReason::LimitReached))
            }
            BodyError::NotJson { .. } | BodyError::Missing { .. } => failure(INVALID_PARAMETER, error, None),
        }
    }
}

impl From<HeartbeatError> for Failure {
    fn from(error: HeartbeatError) -> Self {
        match error {
            HeartbeatError::NoClientId => failure(INVALID_PARAMETER, error, None),
            HeartbeatError::ClientIdTooLong { .. } => {
                failure(INVALID_PARAMETER, error, Some(RefusalReason::LimitReached))
            }
        }
    }
}

/// Why a name leads nowhere. An illegal name is the message's fault where one is sent.
pub(super) fn of_locate(error: &LocateError, sending: bool) -> Failure {
    let code = match error {
        LocateError::Illegal { .. } if sending => MESSAGE_ILLEGAL,
        LocateError::Illegal { .. } => INVALID_PARAMETER,
        LocateError::TopicMissing { .. } => TOPIC_NOT_EXIST,
        LocateError::GroupMissing { .. } => SUBSCRIPTION_GROUP_NOT_EXIST,
        LocateError::NotGranted { .. } => NO_PERMISSION,
    };
    failure(code, error, Some(error.reason()))
}

pub(super) fn of_send(error: SendError) -> Failure {
    match error {
        SendError::TopicUnknown => failure(TOPIC_NOT_EXIST, error, Some(RefusalReason::TopicUnknown)),
        SendError::WrongType { .. } => failure(MESSAGE_ILLEGAL, error, Some(RefusalReason::WrongMessageType)),
        SendError::Illegal { .. } => failure(MESSAGE_ILLEGAL, error, Some(RefusalReason::MessageIllegal)),
        SendError::QueueUnknown { .. } => failure(INVALID_PARAMETER, error, Some(RefusalReason::MessageIllegal)),
        SendError::Full => failure(SERVICE_NOT_AVAILABLE, error, Some(RefusalReason::StoreFull)),
        SendError::Stopping => failure(SERVICE_NOT_AVAILABLE, error, None),
        SendError::Unconfirmed => failure(FLUSH_DISK_TIMEOUT, error, None),
        SendError::Store(error @ StoreError::Io { .. }) => {
            untold("the message was not stored: writing the store failed", &error)
        }
        SendError::Store(error) => of_store(error),
    }
}

pub(super) fn of_pull(error: PullError) -> Failure {
    match error {
        PullError::GroupUnknown { .. } => {
            failure(SUBSCRIPTION_GROUP_NOT_EXIST, error, Some(RefusalReason::GroupUnknown))
        }
        PullError::TopicUnknown { .. } => failure(TOPIC_NOT_EXIST, error, Some(RefusalReason::TopicUnknown)),
        PullError::QueueUnknown { .. } => failure(INVALID_PARAMETER, error, None),
        PullError::SubscriptionMissing => failure(SUBSCRIPTION_NOT_EXIST, error, None),
        PullError::SubscriptionNotLatest => failure(SUBSCRIPTION_NOT_LATEST, error, None),
        PullError::FilterIllegal(_) => failure(SUBSCRIPTION_PARSE_FAILED, error, None),
        PullError::FilterUnsupported => failure(SYSTEM_ERROR, error, Some(RefusalReason::UnsupportedRequest)),
        PullError::Store(error) => of_store(error),
    }
}

pub(super) fn of_store(error: StoreError) -> Failure {
    match error {
        StoreError::Full => failure(SERVICE_NOT_AVAILABLE, error, Some(RefusalReason::StoreFull)),
        StoreError::TooLarge { .. } => failure(MESSAGE_ILLEGAL, error, Some(RefusalReason::MessageIllegal)),
        StoreError::Poisoned { .. } => {
            failure(SERVICE_NOT_AVAILABLE, "the store can't be written: the broker stops", None)
        }
        StoreError::Io { .. } | StoreError::Corrupt { .. } => untold("reading the store failed", &error),
    }
}

/// A failure whose reason is the operator's alone: it names files.
fn untold(what: &str, error: &StoreError) -> Failure {
    let id: u32 = rand::random();
    tracing::error!(error_id = format_args!("{id:08x}"), %error, "{what}");
    failure(SYSTEM_ERROR, format_args!("{what}; the operator finds the reason under {id:08x}"), None)
}

/// Code and remark of an answer to a pull. Clients look at the code only.
pub(super) fn of_outcome(outcome: PullOutcome) -> (i32, &'static str) {
    match outcome {
        PullOutcome::Found => (SUCCESS, "FOUND"),
        PullOutcome::NoneMatched => (PULL_RETRY_IMMEDIATELY, "NO_MATCHED_MESSAGE"),
        PullOutcome::NothingYet => (PULL_NOT_FOUND, "OFFSET_OVERFLOW_ONE"),
        PullOutcome::Moved => (PULL_OFFSET_MOVED, "OFFSET_OVERFLOW_BADLY"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c11_a_failed_read_is_an_error_and_a_store_that_takes_nothing_is_not_available() {
        let io = || StoreError::Io {
            file: "/data/store/1.log".to_owned(),
            offset: 7,
            source: std::io::Error::other("no such sector"),
        };
        for failure in [of_store(io()), of_pull(PullError::Store(io())), of_send(SendError::Store(io()))] {
            assert_eq!((failure.code, failure.refusal), (SYSTEM_ERROR, None), "never 19 or 21");
            assert!(!failure.remark.contains("/data"), "{}", failure.remark);
        }
        let poisoned = StoreError::Poisoned { why: "/data/store/1.log".to_owned() };
        for failure in [of_store(StoreError::Full), of_send(SendError::Full), of_store(poisoned)] {
            assert_eq!(failure.code, SERVICE_NOT_AVAILABLE);
            assert!(!failure.remark.contains("/data"), "{}", failure.remark);
        }
    }
}
