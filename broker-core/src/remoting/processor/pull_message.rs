//! Pulls (11, 361): answered at once, or held until their queue has something new, their time is
//! over or their connection is gone.

use std::rc::Rc;
use std::time::Duration;

use super::{Request, Stop};
use crate::admin::RefusalReason;
use crate::limits::{HOLD_MS_MAX, HOLDS_PER_CONNECTION_MAX};
use crate::metadata::Waiter;
use crate::operations::Caller;
use crate::operations::pull::{Pull, PullAnswer, PullFilter, PullOutcome, PullRequest as PullOperation};
use crate::protocol::message::copy_with_bare_names;
use crate::protocol::remoting::code::response::POLLING_FULL;
use crate::protocol::remoting::command::Value;
use crate::protocol::remoting::request::pull::PullRequest;
use crate::remoting::admission::HoldPlace;
use crate::remoting::answer_code::{self, Failure};
use crate::remoting::connection::{Connection, Phase, ReplyTo, State};
use crate::remoting::event_loop::EventLoop;
use crate::store::Records;

/// A pull that is or may be held.
pub(in crate::remoting) struct HeldPull {
    connection: Rc<Connection>,
    pull: Pull,
    reply: ReplyTo,
    /// The Topic was named without its instance: so are the records.
    bare: bool,
    /// Monotonic time at which it is answered whatever happens; `None`: it is not held.
    deadline: Option<Duration>,
    /// Taken while it is held.
    place: Option<HoldPlace>,
}

impl HeldPull {
    /// Takes it out of its queue.
    pub(in crate::remoting) fn unpark(&self, event_loop: &EventLoop, token: u64) {
        event_loop.ops.unpark(&self.pull, Waiter { loop_no: event_loop.no, token });
    }
}

pub(in crate::remoting) fn pull(request: &Request<'_, '_>, state: &mut State) -> Result<(), Stop> {
    let fields = PullRequest::decode(&request.header.fields)?;
    let group = request.locate_group(state, fields.consumer_group)?.entry;
    let topic = request.locate_topic(state, fields.topic)?;
    let operation = PullOperation {
        group: &group,
        target: &topic.entry,
        queue_id: fields.queue_id,
        offset: fields.queue_offset,
        messages_max: fields.max_msg_nums,
        bytes_max: None,
        commit: fields.commit_offset,
        filter: match fields.subscription {
            Some(expression) => PullFilter::Inline { expression_type: fields.expression_type, expression },
            None => PullFilter::FromHeartbeat { sub_version: fields.subscription_version },
        },
    };
    let event_loop = request.event_loop;
    let pull = event_loop.ops.prepare_pull(&mut state.session, &operation);
    let pull = pull.map_err(|error| Stop::from(error).about(fields.topic))?;
    // A client that wants no answer can't be told anything later either.
    let suspend = fields.suspend_ms.filter(|ms| *ms > 0 && !request.reply.one_way && !event_loop.stopping());
    let deadline = suspend.map(|ms| {
        let hold = Duration::from_millis(u64::try_from(ms.min(HOLD_MS_MAX)).unwrap_or(0));
        event_loop.now() + hold
    });
    let connection = request.connection.clone();
    let held = HeldPull { connection, pull, reply: request.reply, bare: topic.bare, deadline, place: None };
    run_in(event_loop, state, held);
    Ok(())
}

/// Reads, and holds the pull when there is nothing yet and it may be held.
pub(in crate::remoting) fn run(event_loop: &Rc<EventLoop>, connection: &Rc<Connection>, held: HeldPull) {
    let mut state = connection.state.borrow_mut();
    if state.phase == Phase::Open {
        run_in(event_loop, &mut state, held);
        state.account_buffers();
    }
}

/// As [`run`], for a pull that has waited while rights may have been taken.
pub(in crate::remoting) fn run_again(event_loop: &Rc<EventLoop>, connection: &Rc<Connection>, held: HeldPull) {
    let mut state = connection.state.borrow_mut();
    if state.phase != Phase::Open {
        return;
    }
    let key = state.credentials.key().cloned();
    let caller = Caller { door: state.session.door, principal: key.as_ref().map(|key| &key.principal) };
    match event_loop.ops.check_pull_rights(&caller, held.pull.group(), held.pull.target()) {
        Ok(()) => {
            drop(state);
            run(event_loop, connection, held);
        }
        Err(error) => failed(event_loop, &mut state, &held, answer_code::of_locate(&error, false)),
    }
}

fn run_in(event_loop: &Rc<EventLoop>, state: &mut State, mut held: HeldPull) {
    if state.outbound_is_full() || state.permit.buffers_are_full() {
        // The peer does not take what it asked for, or others don't; this one waits until they have.
        return state.deferred.push_back(held);
    }
    let ops = &event_loop.ops;
    let mut records = event_loop.records.borrow_mut();
    let Some(deadline) = held.deadline.filter(|deadline| *deadline > event_loop.now()) else {
        let done = ops.pull(&mut state.session, &held.pull, &mut records);
        return match done {
            Ok(answer) => write(event_loop, state, &held, &answer, &mut records),
            Err(error) => failed(event_loop, state, &held, answer_code::of_pull(error)),
        };
    };
    let room = state.held.len() < HOLDS_PER_CONNECTION_MAX;
    held.place = if room { state.permit.hold_pull() } else { None };
    if held.place.is_none() {
        let done = ops.pull(&mut state.session, &held.pull, &mut records);
        return match done {
            Ok(answer) if answer.outcome != PullOutcome::NothingYet => {
                write(event_loop, state, &held, &answer, &mut records)
            }
            Ok(_) => {
                let remark = "as many pulls are held as may be".to_owned();
                let refusal = Some(RefusalReason::LimitReached);
                failed(event_loop, state, &held, Failure { code: POLLING_FULL, remark, refusal });
            }
            Err(error) => failed(event_loop, state, &held, answer_code::of_pull(error)),
        };
    }
    let token = event_loop.held.borrow_mut().token();
    let waiter = Waiter { loop_no: event_loop.no, token };
    match ops.pull_or_hold(&mut state.session, &mut held.pull, waiter, &mut records) {
        Ok(Some(answer)) => write(event_loop, state, &held, &answer, &mut records),
        Ok(None) => {
            state.held.push(token);
            event_loop.held.borrow_mut().hold(token, deadline, held);
        }
        Err(error) => failed(event_loop, state, &held, answer_code::of_pull(error)),
    }
}

/// Takes a held pull; its connection forgets its token.
fn take(event_loop: &EventLoop, token: u64) -> Option<HeldPull> {
    let (_, mut held) = event_loop.held.borrow_mut().take(token)?;
    held.place = None;
    held.connection.state.borrow_mut().held.retain(|other| *other != token);
    Some(held)
}

/// Its queue has something new, and has let it go.
pub(in crate::remoting) fn wake(event_loop: &Rc<EventLoop>, token: u64) {
    // It may have been answered since.
    let Some(held) = take(event_loop, token) else { return };
    let connection = held.connection.clone();
    run(event_loop, &connection, held);
    event_loop.has_output(&connection);
}

/// Rights, Topics or groups changed: asks again, as if it had just come.
pub(in crate::remoting) fn reconsider(event_loop: &Rc<EventLoop>, token: u64) {
    let Some(held) = take(event_loop, token) else { return };
    held.unpark(event_loop, token);
    let connection = held.connection.clone();
    run_again(event_loop, &connection, held);
    event_loop.has_output(&connection);
}

/// Its time is over.
pub(in crate::remoting) fn give_up(event_loop: &Rc<EventLoop>, token: u64) {
    let Some(held) = take(event_loop, token) else { return };
    held.unpark(event_loop, token);
    let answer = event_loop.ops.give_up(&held.pull);
    write(event_loop, &mut held.connection.state.borrow_mut(), &held, &answer, &mut Records::default());
    event_loop.has_output(&held.connection);
}

fn failed(event_loop: &EventLoop, state: &mut State, held: &HeldPull, failure: Failure) {
    super::fail(event_loop, state, held.reply, &failure, None);
}

/// Appends the answer; the four numbers are in each, found or not.
fn write(event_loop: &EventLoop, state: &mut State, held: &HeldPull, answer: &PullAnswer, records: &mut Records) {
    if held.reply.one_way {
        return;
    }
    if state.out.capacity() == 0 && answer.outcome == PullOutcome::Found {
        state.out = event_loop.take_large_buffer();
    }
    let fields = [
        ("maxOffset", Value::Number(answer.max_offset)),
        ("minOffset", Value::Number(answer.min_offset)),
        ("nextBeginOffset", Value::Number(answer.next_offset)),
        ("suggestWhichBrokerId", Value::Number(0)),
    ];
    let (code, remark) = answer_code::of_outcome(answer.outcome);
    let frame = held.reply.answer(code).with_remark(remark).with_fields(&fields).open(&mut state.out);
    if answer.outcome == PullOutcome::Found {
        let prefix = held.bare.then(|| format!("{}%", held.pull.target().instance().instance.id));
        state.out.reserve(records.bytes());
        for record in records.iter() {
            let whole = match &prefix {
                Some(prefix) => copy_with_bare_names(record, prefix, &mut state.out).is_err(),
                None => true,
            };
            if whole {
                state.out.extend_from_slice(record);
            }
        }
        // They hold memory of the store.
        records.clear();
    }
    frame.close(&mut state.out);
    held.connection.write_early(state, event_loop.now());
}
