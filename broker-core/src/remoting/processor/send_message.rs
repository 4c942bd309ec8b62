//! Sends (10, 310, 320), and what is refused until retries are built: send-backs (36) and sends to
//! retry topics.

use super::{Request, Stop};
use crate::access::Action;
use crate::admin::RefusalReason;
use crate::metadata::system_topic::RETRY_PREFIX;
use crate::operations::Target;
use crate::operations::send::{SendRequest as SendOperation, Sent};
use crate::protocol::message_id;
use crate::protocol::remoting::code::response::{MESSAGE_ILLEGAL, REQUEST_CODE_NOT_SUPPORTED, SUCCESS};
use crate::protocol::remoting::command::Value;
use crate::protocol::remoting::fields::FieldError;
use crate::protocol::remoting::request::send::SendRequest;
use crate::remoting::answer_code::Failure;
use crate::remoting::connection::{ReplyTo, State};
use crate::remoting::storing::PendingSend;

/// Said where a client wants the broker to deliver a message again. The clients named do that by
/// themselves when it is refused.
const NO_RETRY: &str = "retry topics are not available yet: the client delivers the message again by itself";

/// What the answer of a send takes, besides what grows with its request.
const ANSWER_BYTES: usize = 512;

pub(in crate::remoting) fn send(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = SendRequest::decode(request.reply.code, &request.header.fields)?;
    if fields.topic.starts_with(RETRY_PREFIX) {
        return send_to_retry(request, state, fields.topic);
    }
    let Target::Topic(topic) = request.locate_topic(state, fields.topic)?.entry else {
        return send_to_retry(request, state, fields.topic);
    };
    let event_loop = request.event_loop;
    event_loop.ops.note_sender(&mut state.session, &topic);
    let operation = SendOperation {
        topic: &topic,
        queue_id: fields.queue_id,
        sys_flag: fields.sys_flag,
        born_at_ms: fields.born_timestamp,
        flag: fields.flag,
        reconsume_times: fields.reconsume_times,
        properties: fields.properties,
        body: request.body,
        batch: fields.batch,
        from: state.session.address,
    };
    let mut sends = event_loop.sends.borrow_mut();
    let number = sends.batch.push(&event_loop.ops, &operation);
    let number = number.map_err(|error| Stop::from(error).about(fields.topic))?;
    let connection = request.connection.clone();
    let request_bytes = request.body.len() + fields.properties.len() + ANSWER_BYTES;
    state.in_flight += request_bytes;
    event_loop.send_pending(&mut sends, PendingSend { connection, reply: request.reply, number, request_bytes });
    Ok(())
}

/// Refused with a code that Java and Go do not try again, so that they go on to deliver locally.
fn send_to_retry(request: &Request<'_, '_>, state: &mut State, topic: &str) -> Result<(), Stop> {
    let caller = request.caller(state);
    state.locate_topic(&request.event_loop.ops, &caller, &[Action::Subscribe], topic)?;
    Err(refused(MESSAGE_ILLEGAL).about(topic))
}

pub(in crate::remoting) fn send_back(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let group = request.header.fields.get("group").ok_or(FieldError::Missing { field: "group" })?;
    request.locate_group(state, group)?;
    Err(refused(REQUEST_CODE_NOT_SUPPORTED).about(group))
}

fn refused(code: i32) -> Stop {
    let refusal = Some(RefusalReason::UnsupportedRequest);
    Failure { code, remark: NO_RETRY.to_owned(), refusal }.into()
}

/// Appends the answer of a send that is stored.
///
/// - `ids`: memory for the message ids, used again
pub(in crate::remoting) fn answer(reply: ReplyTo, sent: &Sent<'_>, ids: &mut String, out: &mut Vec<u8>) {
    ids.clear();
    for record in sent.records {
        if !ids.is_empty() {
            ids.push(',');
        }
        message_id::push_offset_id(ids, sent.store_host, record.position);
    }
    let fields = [
        ("MSG_REGION", Value::Text(&sent.topic.instance.instance.region)),
        // Trace topics do not exist yet.
        ("TRACE_ON", Value::Text("false")),
        ("msgId", Value::Text(ids)),
        ("queueId", Value::Number(i64::from(sent.queue_id))),
        ("queueOffset", Value::Number(sent.queue_offset())),
    ];
    reply.answer(SUCCESS).with_fields(&fields).encode(out);
}
