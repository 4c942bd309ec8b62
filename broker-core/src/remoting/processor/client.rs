//! Clients and their groups: heartbeat (34), leave (35), member list (38), check of settings (46).

use super::Request;
use crate::admin::RefusalReason;
use crate::protocol::remoting::body::BodyError;
use crate::protocol::remoting::body::client_config::ClientConfig;
use crate::protocol::remoting::body::consumer_list;
use crate::protocol::remoting::body::heartbeat::Heartbeat;
use crate::protocol::remoting::code::response::{SUCCESS, SYSTEM_ERROR};
use crate::protocol::remoting::request::client::{UnregisterClient, consumer_group};
use crate::remoting::answer_code::Failure;
use crate::remoting::connection::{Phase, State};

/// Answered 0 also where entries were left out: the others count, and the console shows these.
pub(in crate::remoting) fn heartbeat(request: &Request<'_, '_>, state: &mut State) {
    let heartbeat = match Heartbeat::decode(request.body) {
        Ok(heartbeat) => heartbeat,
        Err(error) => {
            let over = !matches!(error, BodyError::NotJson { .. } | BodyError::Missing { .. });
            request.fail(state, &error.into(), None);
            if over {
                state.phase = Phase::Closing;
            }
            return;
        }
    };
    let caller = request.caller(state);
    let ops = &request.event_loop.ops;
    match ops.heartbeat(&mut state.session, &caller, &heartbeat) {
        Ok(left_out) => {
            for error in &left_out {
                ops.refuse_left_out(&state.session, &caller, request.reply.code, error);
            }
            state.answer(request.reply, &request.reply.answer(SUCCESS));
        }
        Err(error) => request.fail(state, &error.into(), None),
    }
}

pub(in crate::remoting) fn unregister(request: &Request<'_, '_>, state: &mut State) {
    let fields = match UnregisterClient::decode(&request.header.fields) {
        Ok(fields) => fields,
        Err(error) => return request.fail(state, &error.into(), None),
    };
    let caller = request.caller(state);
    request.event_loop.ops.unregister(
        &mut state.session,
        &caller,
        fields.client_id,
        fields.producer_group,
        fields.consumer_group,
    );
    state.answer(request.reply, &request.reply.answer(SUCCESS));
}

pub(in crate::remoting) fn members(request: &Request<'_, '_>, state: &mut State) {
    let name = match consumer_group(&request.header.fields) {
        Ok(name) => name,
        Err(error) => return request.fail(state, &error.into(), None),
    };
    let group = match request.locate_group(state, name) {
        Ok(located) => located.entry,
        Err(error) => return request.fail_located(state, &error),
    };
    let ids = request.event_loop.ops.member_ids(&group);
    if ids.is_empty() {
        let remark = format!("no consumer for this group, {name}");
        return request.fail(state, &Failure { code: SYSTEM_ERROR, remark, refusal: None }, None);
    }
    if !request.reply.one_way {
        let frame = request.reply.answer(SUCCESS).open(&mut state.out);
        consumer_list::encode(ids.iter().map(|id| &**id), &mut state.out);
        frame.close(&mut state.out);
    }
}

/// Java asks this before a consumer with another filter than tags starts; a refusal fails its start.
pub(in crate::remoting) fn check_config(request: &Request<'_, '_>, state: &mut State) {
    let config = match ClientConfig::decode(request.body) {
        Ok(config) => config,
        Err(error) => return request.fail(state, &error.into(), None),
    };
    if let Err(error) = request.locate_group(state, &config.group) {
        return request.fail_located(state, &error);
    }
    let other = config.subscription.filter(|subscription| subscription.expression_type != "TAG");
    if let Some(subscription) = other {
        let kind = subscription.expression_type;
        let remark = format!("The broker does not support consumer to filter message by {kind}");
        let refusal = Some(RefusalReason::UnsupportedRequest);
        let failure = Failure { code: SYSTEM_ERROR, remark, refusal };
        return request.fail(state, &failure, Some(&subscription.topic));
    }
    state.answer(request.reply, &request.reply.answer(SUCCESS));
}
