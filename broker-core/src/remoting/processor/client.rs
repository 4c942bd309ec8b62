//! Clients and their groups: heartbeat (34), leave (35), member list (38), check of settings (46).

use super::{Request, Stop};
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
pub(in crate::remoting) fn heartbeat(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let heartbeat = Heartbeat::decode(request.body).inspect_err(|error| {
        if !matches!(error, BodyError::NotJson { .. } | BodyError::Missing { .. }) {
            // Closed once this is answered.
            state.phase = Phase::Closing;
        }
    })?;
    let caller = request.caller(state);
    let ops = &request.event_loop.ops;
    let left_out = ops.heartbeat(&mut state.session, &caller, &heartbeat)?;
    for error in &left_out {
        ops.refuse_left_out(&state.session, &caller, request.reply.code, error);
    }
    state.answer(request.reply, &request.reply.answer(SUCCESS));
    Ok(())
}

pub(in crate::remoting) fn unregister(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = UnregisterClient::decode(&request.header.fields)?;
    let caller = request.caller(state);
    request.event_loop.ops.unregister(
        &mut state.session,
        &caller,
        fields.client_id,
        fields.producer_group,
        fields.consumer_group,
    );
    state.answer(request.reply, &request.reply.answer(SUCCESS));
    Ok(())
}

pub(in crate::remoting) fn members(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let name = consumer_group(&request.header.fields)?;
    let group = request.locate_group(state, name)?.entry;
    let ids = request.event_loop.ops.member_ids(&group);
    if ids.is_empty() {
        let remark = format!("no consumer for this group, {name}");
        return Err(Failure { code: SYSTEM_ERROR, remark, refusal: None }.into());
    }
    if !request.reply.one_way {
        let frame = request.reply.answer(SUCCESS).open(&mut state.out);
        consumer_list::encode(ids.iter().map(|id| &**id), &mut state.out);
        frame.close(&mut state.out);
    }
    Ok(())
}

/// Java asks this before a consumer with another filter than tags starts; a refusal fails its start.
pub(in crate::remoting) fn check_config(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let config = ClientConfig::decode(request.body)?;
    request.locate_group(state, &config.group)?;
    let other = config.subscription.filter(|subscription| subscription.expression_type != "TAG");
    if let Some(subscription) = other {
        let kind = subscription.expression_type;
        let remark = format!("The broker does not support consumer to filter message by {kind}");
        let refusal = Some(RefusalReason::UnsupportedRequest);
        return Err(Stop::from(Failure { code: SYSTEM_ERROR, remark, refusal }).about(&subscription.topic));
    }
    state.answer(request.reply, &request.reply.answer(SUCCESS));
    Ok(())
}
