//! From a header to its handler: the signature, the row of rights, then one file per request family.
//!
//! A handler parses, locates what is named, calls one operation and writes the answer. No rule lives
//! here.

pub(super) mod client;
pub(super) mod offset;
pub(super) mod pull_message;
pub(super) mod query_message;
pub(super) mod route;
pub(super) mod send_message;

use std::rc::Rc;

use super::answer_code::{self, Failure, Stop};
use super::authentication::Rejection;
use super::connection::{Connection, Phase, ReplyTo, State};
use super::event_loop::EventLoop;
use super::rights::{self, Rights, Signature};
use crate::access::Principal;
use crate::admin::RefusalReason;
use crate::metadata::{GroupEntry, WireName};
use crate::operations::refuse::Refused;
use crate::operations::{Caller, LocateError, Located, Target};
use crate::protocol::remoting::code::request::GET_ROUTEINFO_BY_TOPIC;
use crate::protocol::remoting::code::response::{NO_PERMISSION, REQUEST_CODE_NOT_SUPPORTED};
use crate::protocol::remoting::header::{Header, REMARK_BYTES_MAX};
use crate::protocol::remoting::signature::ACCESS_KEY;
use crate::types::AccountNo;

/// Bytes of a body of a request that needs no signature: clients send none there, and whoever checks
/// a signature hashes all of it.
const UNSIGNED_BODY_BYTES_MAX: usize = 4 << 10;

/// A request on its way through its handler.
pub(super) struct Request<'r, 'h> {
    pub(super) event_loop: &'r Rc<EventLoop>,
    pub(super) connection: &'r Rc<Connection>,
    pub(super) header: &'r Header<'h>,
    pub(super) body: &'r [u8],
    pub(super) reply: ReplyTo,
    pub(super) rights: &'static Rights,
    /// `None`: the listener takes clients as they come.
    pub(super) principal: Option<&'r Principal>,
}

impl Request<'_, '_> {
    pub(super) fn caller(&self, state: &State) -> Caller<'_> {
        Caller { door: state.session.door, principal: self.principal }
    }

    /// What a topic name means, for a caller that may do what this request does.
    pub(super) fn locate_topic(&self, state: &mut State, name: &str) -> Result<Located<Target>, LocateError> {
        let caller = self.caller(state);
        state.locate_topic(&self.event_loop.ops, &caller, self.rights.topic, name)
    }

    pub(super) fn locate_group(
        &self,
        state: &mut State,
        name: &str,
    ) -> Result<Located<std::sync::Arc<GroupEntry>>, LocateError> {
        let caller = self.caller(state);
        // Every row of a request that names a group has one.
        let action = self.rights.group.unwrap_or(crate::access::Action::Manage);
        state.locate_group(&self.event_loop.ops, &caller, action, name)
    }

    /// Answers a request that was stopped, and remembers it where that is worth it.
    fn answer_stop(&self, state: &mut State, stop: &Stop) {
        match stop {
            Stop::Failed { failure, resource } => {
                fail_for(self.event_loop, state, self.reply, failure, resource.as_deref(), self.principal);
            }
            Stop::Located(error) => {
                let caller = Caller { door: state.session.door, principal: self.principal };
                self.event_loop.ops.refuse_located(&state.session, &caller, self.reply.code, error);
                let failure = answer_code::of_locate(error, rights::sends(self.reply.code));
                answer_failure(state, self.reply, &failure);
            }
        }
    }
}

/// Serves one request. Its answer may come later.
pub(super) fn serve(
    event_loop: &Rc<EventLoop>,
    connection: &Rc<Connection>,
    state: &mut State,
    header: &Header<'_>,
    body: &[u8],
) {
    // Clients may answer our notices; nothing waits for that.
    if header.is_response() {
        return;
    }
    state.session.note_software(header.language, header.version);
    let reply = ReplyTo::of(header);
    let rights = rights::of(header.code);
    if is_optional(rights) && body.len() > UNSIGNED_BODY_BYTES_MAX {
        return refuse_large(event_loop, state);
    }
    let key = if state.unsigned {
        None
    } else {
        match state.credentials.check(&*event_loop.ops.access, event_loop.now(), header.code, &header.fields, body) {
            Ok(key) => Some(key),
            Err(rejection) => return unsigned(event_loop, state, header, reply, rights, &rejection),
        }
    };
    let principal = key.as_ref().map(|key| &key.principal);
    if let Some(principal) = principal
        && let Err(remark) = state.permit.tie(&principal.key_id, principal.account)
    {
        note(event_loop, state, RefusalReason::LimitReached, Some(reply.code), Some(principal), None, remark);
        state.phase = Phase::Closing;
        return;
    }
    let Some(rights) = rights else {
        let remark = format!(" request type {} not supported", header.code);
        let refusal = Some(RefusalReason::UnsupportedRequest);
        let failure = Failure { code: REQUEST_CODE_NOT_SUPPORTED, remark, refusal };
        return fail_for(event_loop, state, reply, &failure, None, principal);
    };
    let request = Request { event_loop, connection, header, body, reply, rights, principal };
    if let Err(stop) = (rights.handler)(&request, state) {
        request.answer_stop(state, &stop);
    }
}

fn is_optional(rights: Option<&Rights>) -> bool {
    rights.is_some_and(|rights| rights.signature == Signature::Optional)
}

/// A request that anybody may send is as large as none is.
fn refuse_large(event_loop: &EventLoop, state: &mut State) {
    let remark = "a request that needs no signature has a large body";
    refuse_connection(event_loop, state, RefusalReason::LimitReached, remark);
    state.phase = Phase::Closing;
}

/// A request without a valid signature.
fn unsigned(
    event_loop: &Rc<EventLoop>,
    state: &mut State,
    header: &Header<'_>,
    reply: ReplyTo,
    rights: Option<&'static Rights>,
    rejection: &Rejection,
) {
    let key_id = header.fields.get(ACCESS_KEY).filter(|id| !id.is_empty());
    // Whose refusal it is can be told by the names only where neither key nor port tell.
    let named = ["topic", "b", "consumerGroup", "group", "producerGroup", "a"];
    let named = header.fields.pick(named).into_iter().flatten().next();
    let named_instance = named.and_then(|name| match WireName::parse(name) {
        Ok(WireName::Full { instance, .. }) => Some(instance),
        _ => None,
    });
    let refused = Refused {
        reason: rejection.reason,
        key_id,
        account: rejection.account,
        instance: None,
        named_instance,
        request_code: Some(header.code),
        resource: named,
        remark: rejection.remark,
    };
    if is_optional(rights) {
        // Many clients ask for routes unsigned; only a signature that is wrong is worth a note.
        let badly_signed = rejection.reason != RefusalReason::NoSignature;
        if badly_signed {
            event_loop.ops.refuse(&state.session, &refused);
        }
        match header.code {
            GET_ROUTEINFO_BY_TOPIC => route::constant(event_loop, state, header, reply),
            _ => route::cluster_of(event_loop, state, reply),
        }
        if rejection.reason == RefusalReason::KeyChanged || badly_signed && state.credentials.route_failed() {
            state.phase = Phase::Closing;
        }
        return;
    }
    event_loop.ops.refuse(&state.session, &refused);
    state.answer(reply, &reply.answer(NO_PERMISSION).with_remark(rejection.remark));
    if state.credentials.failed(rejection) {
        state.phase = Phase::Closing;
    }
}

/// Whether a large request of a connection that has proved nothing may be read to its end. It is
/// answered if not.
pub(super) fn vet_large(state: &mut State, event_loop: &Rc<EventLoop>, header: &Header<'_>) -> bool {
    if is_optional(rights::of(header.code)) {
        refuse_large(event_loop, state);
        return false;
    }
    if state.credentials.names_a_key(&*event_loop.ops.access, &header.fields) {
        return true;
    }
    // The same words as for a signature that was checked.
    let rejection =
        state.credentials.check(&*event_loop.ops.access, event_loop.now(), header.code, &header.fields, &[]);
    if let Err(rejection) = rejection {
        let reply = ReplyTo::of(header);
        unsigned(event_loop, state, header, reply, rights::of(header.code), &rejection);
    }
    false
}

/// Remembers why a connection is closed.
pub(super) fn refuse_connection(event_loop: &EventLoop, state: &State, reason: RefusalReason, remark: &str) {
    let principal = state.credentials.key().map(|key| &key.principal);
    note(event_loop, state, reason, None, principal, None, remark);
}

/// Answers a request that failed, and remembers it where that is worth it.
pub(super) fn fail(
    event_loop: &EventLoop,
    state: &mut State,
    reply: ReplyTo,
    failure: &Failure,
    resource: Option<&str>,
) {
    let key = state.credentials.key().cloned();
    fail_for(event_loop, state, reply, failure, resource, key.as_ref().map(|key| &key.principal));
}

fn fail_for(
    event_loop: &EventLoop,
    state: &mut State,
    reply: ReplyTo,
    failure: &Failure,
    resource: Option<&str>,
    principal: Option<&Principal>,
) {
    if let Some(reason) = failure.refusal {
        note(event_loop, state, reason, Some(reply.code), principal, resource, &failure.remark);
    }
    answer_failure(state, reply, failure);
}

fn answer_failure(state: &mut State, reply: ReplyTo, failure: &Failure) {
    let mut remark = failure.remark.as_str();
    if remark.len() > REMARK_BYTES_MAX {
        let end = (0..=REMARK_BYTES_MAX).rev().find(|at| remark.is_char_boundary(*at)).unwrap_or(0);
        remark = remark.get(..end).unwrap_or_default();
    }
    state.answer(reply, &reply.answer(failure.code).with_remark(remark));
}

fn note(
    event_loop: &EventLoop,
    state: &State,
    reason: RefusalReason,
    request_code: Option<i32>,
    principal: Option<&Principal>,
    resource: Option<&str>,
    remark: &str,
) {
    let account: Option<AccountNo> = principal.map(|principal| principal.account);
    let refused = Refused {
        reason,
        key_id: principal.map(|principal| &*principal.key_id),
        account,
        instance: None,
        named_instance: None,
        request_code,
        resource,
        remark,
    };
    event_loop.ops.refuse(&state.session, &refused);
}
