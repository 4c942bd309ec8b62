//! Offsets of queues and progress of groups: 14, 15, 29, 30, 31, 32.

use super::Request;
use crate::operations::Target;
use crate::operations::pull::PullError;
use crate::protocol::remoting::code::response::{QUERY_NOT_FOUND, SUCCESS};
use crate::protocol::remoting::command::Value;
use crate::protocol::remoting::request::offset::{
    QueryConsumerOffset, QueueRequest, SearchOffset, UpdateConsumerOffset,
};
use crate::remoting::answer_code::{self, Failure};
use crate::remoting::connection::State;
use crate::store::Boundary;

pub(in crate::remoting) fn query(request: &Request<'_, '_>, state: &mut State) {
    let fields = match QueryConsumerOffset::decode(&request.header.fields) {
        Ok(fields) => fields,
        Err(error) => return request.fail(state, &error.into(), None),
    };
    let group = match request.locate_group(state, fields.consumer_group) {
        Ok(located) => located.entry,
        Err(error) => return request.fail_located(state, &error),
    };
    let topic = match request.locate_topic(state, fields.topic) {
        Ok(located) => located.entry,
        Err(error) => return request.fail_located(state, &error),
    };
    match request.event_loop.ops.query_offset(&state.session, &group, &topic, fields.queue_id) {
        Ok(Some(offset)) => number(request, state, "offset", offset),
        Ok(None) => {
            // Clients take exactly this code as: begin where you are configured to.
            let remark = "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first".to_owned();
            request.fail(state, &Failure { code: QUERY_NOT_FOUND, remark, refusal: None }, None);
        }
        Err(error) => request.fail(state, &answer_code::of_pull(error), Some(fields.topic)),
    }
}

pub(in crate::remoting) fn update(request: &Request<'_, '_>, state: &mut State) {
    let fields = match UpdateConsumerOffset::decode(&request.header.fields) {
        Ok(fields) => fields,
        Err(error) => return request.fail(state, &error.into(), None),
    };
    let group = match request.locate_group(state, fields.consumer_group) {
        Ok(located) => located.entry,
        Err(error) => return request.fail_located(state, &error),
    };
    let topic = match request.locate_topic(state, fields.topic) {
        Ok(located) => located.entry,
        Err(error) => return request.fail_located(state, &error),
    };
    let ops = &request.event_loop.ops;
    match ops.commit_offset(&mut state.session, &group, &topic, fields.queue_id, fields.commit_offset) {
        Ok(()) => state.answer(request.reply, &request.reply.answer(SUCCESS)),
        Err(error) => request.fail(state, &answer_code::of_pull(error), Some(fields.topic)),
    }
}

pub(in crate::remoting) fn search(request: &Request<'_, '_>, state: &mut State) {
    let fields = match SearchOffset::decode(&request.header.fields) {
        Ok(fields) => fields,
        Err(error) => return request.fail(state, &error.into(), None),
    };
    let boundary = if fields.upper { Boundary::Upper } else { Boundary::Lower };
    of_queue(request, state, fields.topic, "offset", |topic| {
        request.event_loop.ops.search_offset(topic, fields.queue_id, fields.timestamp_ms, boundary)
    });
}

pub(in crate::remoting) fn max(request: &Request<'_, '_>, state: &mut State) {
    with_queue(request, state, "offset", |topic, queue_id| {
        request.event_loop.ops.queue_bounds(topic, queue_id).map(|bounds| bounds.max)
    });
}

pub(in crate::remoting) fn min(request: &Request<'_, '_>, state: &mut State) {
    with_queue(request, state, "offset", |topic, queue_id| {
        request.event_loop.ops.queue_bounds(topic, queue_id).map(|bounds| bounds.min)
    });
}

pub(in crate::remoting) fn earliest(request: &Request<'_, '_>, state: &mut State) {
    with_queue(request, state, "timestamp", |topic, queue_id| {
        request.event_loop.ops.earliest_store_time(topic, queue_id).map(|time| time.unwrap_or(-1))
    });
}

fn with_queue(
    request: &Request<'_, '_>,
    state: &mut State,
    field: &'static str,
    ask: impl FnOnce(&Target, i32) -> Result<i64, PullError>,
) {
    match QueueRequest::decode(&request.header.fields) {
        Ok(fields) => of_queue(request, state, fields.topic, field, |topic| ask(topic, fields.queue_id)),
        Err(error) => request.fail(state, &error.into(), None),
    }
}

fn of_queue(
    request: &Request<'_, '_>,
    state: &mut State,
    topic: &str,
    field: &'static str,
    ask: impl FnOnce(&Target) -> Result<i64, PullError>,
) {
    let located = match request.locate_topic(state, topic) {
        Ok(located) => located.entry,
        Err(error) => return request.fail_located(state, &error),
    };
    match ask(&located) {
        Ok(value) => number(request, state, field, value),
        Err(error) => request.fail(state, &answer_code::of_pull(error), Some(topic)),
    }
}

fn number(request: &Request<'_, '_>, state: &mut State, field: &'static str, value: i64) {
    let fields = [(field, Value::Number(value))];
    state.answer(request.reply, &request.reply.answer(SUCCESS).with_fields(&fields));
}
