//! Routes (105) and the brokers of the cluster (106). The address is always that of the door that
//! the client came through.

use super::{Request, Stop};
use crate::client_table::Door;
use crate::metadata::system_topic::AUTO_CREATE;
use crate::namesrv::Route;
use crate::operations::LocateError;
use crate::protocol::remoting::body::{cluster_info, route};
use crate::protocol::remoting::code::response::{SUCCESS, TOPIC_NOT_EXIST};
use crate::protocol::remoting::header::Header;
use crate::protocol::remoting::request::client::topic as topic_field;
use crate::remoting::answer_code::Failure;
use crate::remoting::connection::{ReplyTo, State};
use crate::remoting::event_loop::EventLoop;

pub(in crate::remoting) fn topic(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let name = topic_field(&request.header.fields)?;
    let caller = request.caller(state);
    match request.event_loop.ops.route(&state.session, &caller, name) {
        Ok(route) => write(state, request.reply, &route),
        // Every Java client asks for this one again and again.
        Err(_) if name == AUTO_CREATE => missing(state, request.reply, name, ""),
        Err(error) => {
            request.event_loop.ops.refuse_located(&state.session, &caller, request.reply.code, &error);
            let hint = match &error {
                LocateError::TopicMissing { hint, .. } => hint.as_str(),
                _ => "",
            };
            missing(state, request.reply, name, hint);
        }
    }
    Ok(())
}

/// What a request without a valid signature gets, whatever it names (R38): a refusal here
/// would look like a missing Topic to the user, and a true answer would tell strangers what exists.
pub(in crate::remoting) fn constant(event_loop: &EventLoop, state: &mut State, header: &Header<'_>, reply: ReplyTo) {
    match topic_field(&header.fields) {
        Ok(AUTO_CREATE) => missing(state, reply, AUTO_CREATE, ""),
        Ok(name) => {
            let route = event_loop.ops.constant_route(&state.session, name);
            write(state, reply, &route);
        }
        Err(error) => {
            let failure = Failure::from(error);
            state.answer(reply, &reply.answer(failure.code).with_remark(&failure.remark));
        }
    }
}

pub(in crate::remoting) fn cluster(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    cluster_of(request.event_loop, state, request.reply);
    Ok(())
}

/// The one broker that there is, under the address of this door; the same for everybody.
pub(in crate::remoting) fn cluster_of(event_loop: &EventLoop, state: &mut State, reply: ReplyTo) {
    if reply.one_way {
        return;
    }
    let ops = &event_loop.ops;
    let instance = match state.session.door {
        Door::Instance(no) => ops.metadata.instance(no),
        Door::Shared => None,
    };
    let name = instance.as_ref().map_or("ternmq", |instance| &*instance.instance.id);
    let address = ops.place(&state.session).address();
    let frame = reply.answer(SUCCESS).open(&mut state.out);
    cluster_info::encode(name, name, &address, &mut state.out);
    frame.close(&mut state.out);
}

fn write(state: &mut State, reply: ReplyTo, found: &Route) {
    if reply.one_way {
        return;
    }
    let frame = reply.answer(SUCCESS).open(&mut state.out);
    let body = route::Route {
        broker_name: &found.broker_name,
        cluster: &found.broker_name,
        address: &found.address,
        read_queues: found.queues,
        write_queues: found.queues,
        perm: route::PERM_READ | route::PERM_WRITE,
    };
    body.encode(&mut state.out);
    frame.close(&mut state.out);
}

fn missing(state: &mut State, reply: ReplyTo, name: &str, hint: &str) {
    let remark = format!("No topic route info in name server for the topic: {name}.{hint}");
    state.answer(reply, &reply.answer(TOPIC_NOT_EXIST).with_remark(&remark));
}
