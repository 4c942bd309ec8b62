//! Offsets of queues and progress of groups: 14, 15, 29, 30, 31, 32.

use super::{Request, Stop};
use crate::operations::Target;
use crate::operations::pull::PullError;
use crate::protocol::remoting::code::response::{QUERY_NOT_FOUND, SUCCESS};
use crate::protocol::remoting::command::Value;
use crate::protocol::remoting::request::offset::{
    QueryConsumerOffset, QueueRequest, SearchOffset, UpdateConsumerOffset,
};
use crate::remoting::answer_code::Failure;
use crate::remoting::connection::State;
use crate::store::Boundary;

pub(in crate::remoting) fn query(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = QueryConsumerOffset::decode(&request.header.fields)?;
    let group = request.locate_group(state, fields.consumer_group)?.entry;
    let topic = request.locate_topic(state, fields.topic)?.entry;
    let offset = request.event_loop.ops.query_offset(&state.session, &group, &topic, fields.queue_id);
    let Some(offset) = offset.map_err(|error| Stop::from(error).about(fields.topic))? else {
        // Clients take exactly this code as: begin where you are configured to.
        let remark = "Not found, V3_0_6_SNAPSHOT maybe this group consumer boot first".to_owned();
        return Err(Failure { code: QUERY_NOT_FOUND, remark, refusal: None }.into());
    };
    number(request, state, "offset", offset);
    Ok(())
}

pub(in crate::remoting) fn update(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = UpdateConsumerOffset::decode(&request.header.fields)?;
    let group = request.locate_group(state, fields.consumer_group)?.entry;
    let topic = request.locate_topic(state, fields.topic)?.entry;
    let ops = &request.event_loop.ops;
    ops.commit_offset(&mut state.session, &group, &topic, fields.queue_id, fields.commit_offset)
        .map_err(|error| Stop::from(error).about(fields.topic))?;
    state.answer(request.reply, &request.reply.answer(SUCCESS));
    Ok(())
}

pub(in crate::remoting) fn search(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = SearchOffset::decode(&request.header.fields)?;
    let boundary = if fields.upper { Boundary::Upper } else { Boundary::Lower };
    of_queue(request, state, fields.topic, "offset", |topic| {
        request.event_loop.ops.search_offset(topic, fields.queue_id, fields.timestamp_ms, boundary)
    })
}

pub(in crate::remoting) fn max(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    with_queue(request, state, "offset", |topic, queue_id| {
        request.event_loop.ops.queue_bounds(topic, queue_id).map(|bounds| bounds.max)
    })
}

pub(in crate::remoting) fn min(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    with_queue(request, state, "offset", |topic, queue_id| {
        request.event_loop.ops.queue_bounds(topic, queue_id).map(|bounds| bounds.min)
    })
}

pub(in crate::remoting) fn earliest(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    with_queue(request, state, "timestamp", |topic, queue_id| {
        request.event_loop.ops.earliest_store_time(topic, queue_id).map(|time| time.unwrap_or(-1))
    })
}

fn with_queue(
    request: &Request<'_, '_>,
    state: &mut State,
    field: &'static str,
    ask: impl FnOnce(&Target, i32) -> Result<i64, PullError>,
) -> Result<(), Stop> {
    let fields = QueueRequest::decode(&request.header.fields)?;
    of_queue(request, state, fields.topic, field, |topic| ask(topic, fields.queue_id))
}

fn of_queue(
    request: &Request<'_, '_>,
    state: &mut State,
    topic: &str,
    field: &'static str,
    ask: impl FnOnce(&Target) -> Result<i64, PullError>,
) -> Result<(), Stop> {
    let located = request.locate_topic(state, topic)?.entry;
    let value = ask(&located).map_err(|error| Stop::from(error).about(topic))?;
    number(request, state, field, value);
    Ok(())
}

fn number(request: &Request<'_, '_>, state: &mut State, field: &'static str, value: i64) {
    let fields = [(field, Value::Number(value))];
    state.answer(request.reply, &request.reply.answer(SUCCESS).with_fields(&fields));
}
