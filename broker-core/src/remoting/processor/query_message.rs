//! Look-up of messages by key (12) and by offset id (33).

use super::{Request, Stop};
use crate::client_table::Door;
use crate::metadata::InstanceEntry;
use crate::operations::lookup::QueryMessages;
use crate::protocol::message::copy_with_bare_names;
use crate::protocol::remoting::code::response::{QUERY_NOT_FOUND, SUCCESS, SYSTEM_BUSY};
use crate::protocol::remoting::command::Value;
use crate::protocol::remoting::request::query::{QueryMessage, ViewMessage};
use crate::remoting::answer_code::Failure;
use crate::remoting::connection::State;
use crate::store::SearchEnd;

pub(in crate::remoting) fn by_key(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = QueryMessage::decode(&request.header.fields)?;
    let topic = request.locate_topic(state, fields.topic)?;
    let ops = &request.event_loop.ops;
    let query = QueryMessages {
        key: fields.key,
        by_unique_id: fields.unique_key,
        from_ms: fields.begin_ms,
        to_ms: fields.end_ms,
        count_max: fields.max_num,
    };
    let began = ops.clock.monotonic();
    if !state.permit.may_search(began) {
        let remark = "the searches of the account have taken their time of this second: try again in the next";
        return Err(Failure { code: SYSTEM_BUSY, remark: remark.to_owned(), refusal: None }.into());
    }
    let found = ops.query_messages(&topic.entry, &query);
    state.permit.searched(ops.clock.monotonic().saturating_sub(began));
    let found = found?;
    if found.messages.is_empty() {
        let remark = if fields.key.contains(' ') {
            "can not find message: a key is a single word, and the one asked for has blanks in it"
        } else if fields.key.is_empty() {
            "can not find message: the key is empty, and keys are single words"
        } else if found.end == SearchEnd::LimitReached {
            "can not find message: the search stopped at its limit, ask for a shorter time range"
        } else {
            "can not find message, maybe time range not correct"
        };
        return Err(Failure { code: QUERY_NOT_FOUND, remark: remark.to_owned(), refusal: None }.into());
    }
    if request.reply.one_way {
        return Ok(());
    }
    // Everything that is readable is in the index.
    let indexed_to = i64::try_from(ops.watermarks().written).unwrap_or(i64::MAX);
    let fields = [
        ("indexLastUpdatePhyoffset", Value::Number(indexed_to)),
        ("indexLastUpdateTimestamp", Value::Number(ops.clock.wall_ms())),
    ];
    let bare = topic.bare.then(|| topic.entry.instance());
    let answer = request.reply.answer(SUCCESS).with_fields(&fields);
    let answer = match found.end {
        SearchEnd::Complete => answer,
        SearchEnd::Stopped => answer.with_remark("more messages exist than one answer holds"),
        SearchEnd::LimitReached => answer.with_remark("the search stopped at its limit: more messages may exist"),
    };
    let frame = answer.open(&mut state.out);
    for record in &found.messages {
        push(record, bare.map(|instance| &**instance), &mut state.out);
    }
    frame.close(&mut state.out);
    Ok(())
}

pub(in crate::remoting) fn by_position(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = ViewMessage::decode(&request.header.fields)?;
    let ops = &request.event_loop.ops;
    let caller = request.caller(state);
    let found = match u64::try_from(fields.offset) {
        Ok(position) => ops.view_message(&caller, position),
        Err(_) => Ok(None),
    };
    let Some(found) = found? else {
        let remark = format!("can not find message by the offset, {}", fields.offset);
        return Err(Failure { code: QUERY_NOT_FOUND, remark, refusal: None }.into());
    };
    if request.reply.one_way {
        return Ok(());
    }
    let own = matches!(state.session.door, Door::Instance(no) if no == found.instance) && state.bare_names;
    let instance = if own { ops.metadata.instance(found.instance) } else { None };
    let frame = request.reply.answer(SUCCESS).open(&mut state.out);
    push(&found.message, instance.as_deref(), &mut state.out);
    frame.close(&mut state.out);
    Ok(())
}

/// Appends a record, without the prefix of an instance where the client uses none.
fn push(record: &[u8], bare_in: Option<&InstanceEntry>, out: &mut Vec<u8>) {
    let copied = bare_in.is_some_and(|instance| {
        let prefix = format!("{}%", instance.instance.id);
        copy_with_bare_names(record, &prefix, out).is_ok()
    });
    if !copied {
        out.extend_from_slice(record);
    }
}
