//! Which right each request code needs and who serves it. Default deny: a code without a row is not
//! served, and there is no handler without a row, since the row is what names it (R48).
//!
//! The rights themselves are judged in one place ([`crate::access::Access::authorize`], asked by the
//! operations); this table says which one is asked for.

use super::answer_code::Stop;
use super::connection::State;
use super::processor::{Request, client, offset, pull_message, query_message, route, send_message};
use crate::access::Action;
use crate::protocol::remoting::code::request::*;

/// Whether a request must carry a valid signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signature {
    Required,
    /// Without a valid one the answer is the same for everybody and tells nothing (R38).
    Optional,
}

/// Serves one kind of request: writes its answer, now or later, unless it is stopped.
pub(super) type Handler = fn(&Request<'_, '_>, &mut State) -> Result<(), Stop>;

/// What a request code needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rights {
    pub(super) code: i32,
    pub(super) signature: Signature,
    /// Any of these on the Topic that is named, or on the group of a retry topic.
    pub(super) topic: &'static [Action],
    /// This on the group that is named.
    pub(super) group: Option<Action>,
    pub(super) handler: Handler,
}

const fn row(code: i32, topic: &'static [Action], group: Option<Action>, handler: Handler) -> Rights {
    Rights { code, signature: Signature::Required, topic, group, handler }
}

const fn open(code: i32, handler: Handler) -> Rights {
    Rights { code, signature: Signature::Optional, topic: &[], group: None, handler }
}

const PUBLISH: &[Action] = &[Action::Publish];
const SUBSCRIBE: &[Action] = &[Action::Subscribe];
const QUERY: &[Action] = &[Action::Query];
const READ: &[Action] = &[Action::Subscribe, Action::Query];

/// Every code that is served.
pub(super) static TABLE: &[Rights] = &[
    row(SEND_MESSAGE, PUBLISH, None, send_message::send),
    row(SEND_MESSAGE_V2, PUBLISH, None, send_message::send),
    row(SEND_BATCH_MESSAGE, PUBLISH, None, send_message::send),
    row(PULL_MESSAGE, SUBSCRIBE, Some(Action::Subscribe), pull_message::pull),
    row(LITE_PULL_MESSAGE, SUBSCRIBE, Some(Action::Subscribe), pull_message::pull),
    row(QUERY_MESSAGE, QUERY, None, query_message::by_key),
    // Judged by the record that is found, since the request need not name a Topic.
    row(VIEW_MESSAGE_BY_ID, QUERY, None, query_message::by_position),
    row(QUERY_CONSUMER_OFFSET, SUBSCRIBE, Some(Action::Subscribe), offset::query),
    row(UPDATE_CONSUMER_OFFSET, SUBSCRIBE, Some(Action::Subscribe), offset::update),
    row(SEARCH_OFFSET_BY_TIMESTAMP, READ, None, offset::search),
    row(GET_MAX_OFFSET, READ, None, offset::max),
    row(GET_MIN_OFFSET, READ, None, offset::min),
    row(GET_EARLIEST_MSG_STORETIME, READ, None, offset::earliest),
    // Each group of a heartbeat is judged by itself; those that may not be used are left out.
    row(HEART_BEAT, &[], Some(Action::Subscribe), client::heartbeat),
    row(UNREGISTER_CLIENT, &[], Some(Action::Subscribe), client::unregister),
    row(CONSUMER_SEND_MSG_BACK, &[], Some(Action::Subscribe), send_message::send_back),
    row(GET_CONSUMER_LIST_BY_GROUP, &[], Some(Action::Subscribe), client::members),
    row(CHECK_CLIENT_CONFIG, &[], Some(Action::Subscribe), client::check_config),
    open(GET_ROUTEINFO_BY_TOPIC, route::topic),
    open(GET_BROKER_CLUSTER_INFO, route::cluster),
];

/// The row of a code. `None`: the code is not served.
pub(super) fn of(code: i32) -> Option<&'static Rights> {
    TABLE.iter().find(|row| row.code == code)
}

/// Whether a code sends messages.
pub(super) fn sends(code: i32) -> bool {
    matches!(code, SEND_MESSAGE | SEND_MESSAGE_V2 | SEND_BATCH_MESSAGE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::remoting::code::request::name;

    #[test]
    fn every_code_has_one_row_and_a_name() {
        for row in TABLE {
            assert_eq!(TABLE.iter().filter(|other| other.code == row.code).count(), 1, "{}", row.code);
            assert!(name(row.code).is_some(), "{}", row.code);
        }
    }

    #[test]
    fn whatever_needs_a_signature_asks_for_a_right() {
        for row in TABLE {
            let asks = !row.topic.is_empty() || row.group.is_some();
            assert_eq!(asks, row.signature == Signature::Required, "{}", row.code);
        }
    }
}
