//! One connection: what it has proved, what it waits for, and what is still to be written to it.
//!
//! Everything of a connection lives on one event loop. Bytes are read by its own task into a buffer
//! of the loop, so that an idle connection holds none; answers are written by the loop's turn, all
//! of a connection with one call.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::tcp::OwnedWriteHalf;
use tokio::sync::Notify;
use tokio::task::AbortHandle;

use super::admission::Permit;
use super::authentication::Credentials;
use super::event_loop::EventLoop;
use super::processor::pull_message::HeldPull;
use crate::access::Action;
use crate::client_table::Session;
use crate::delivery::mailbox::ConnectionId;
use crate::metadata::GroupEntry;
use crate::operations::{Caller, LocateError, Located, Operations, Target};
use crate::protocol::remoting::command::Command;
use crate::protocol::remoting::header::{Coding, Header};
use crate::store::Durability;

/// Bytes that wait to be written to one peer; above, nothing more is read from it.
const OUTBOUND_BYTES_MAX: usize = 4 << 20;
/// The same for a peer that has proved nothing.
const OUTBOUND_BYTES_TO_STRANGERS_MAX: usize = 64 << 10;
/// Bytes of requests that wait for the disk; above, nothing more is read.
pub(super) const IN_FLIGHT_BYTES_MAX: usize = 8 << 20;
/// Names that a connection remembers the meaning of.
const NAMES_MAX: usize = 8;
/// Buffers above this are given back once they are empty.
pub(super) const BUFFER_KEPT_MAX: usize = 64 << 10;
/// Answers of so many bytes are not kept until the end of the turn: those of a pull of many messages.
const EARLY_BYTES: usize = 32 << 10;
/// A peer that takes too little for so long is gone.
const STALL_MAX: Duration = Duration::from_secs(30);
/// What a peer takes in that time at least: 1 KiB/s.
const TAKEN_BYTES_MIN: usize = 30 << 10;
/// A frame that takes so long holds up others where buffers are full.
const FRAME_MAX: Duration = Duration::from_secs(10);

/// Since when a peer has not taken all that there was for it, and how much it has taken since.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stall {
    since: Duration,
    taken: usize,
}

impl Stall {
    /// Whether it has lasted so long.
    fn is_older(&self, age: Duration, now: Duration) -> bool {
        now.saturating_sub(self.since) >= age
    }

    /// Whether the peer is given up. One that takes enough is given the same time again.
    pub(super) fn is_over(&mut self, now: Duration) -> bool {
        if now.saturating_sub(self.since) <= STALL_MAX {
            return false;
        }
        let taken = self.taken;
        *self = Self { since: now, taken: 0 };
        taken < TAKEN_BYTES_MIN
    }
}

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ReplyTo {
    pub(super) code: i32,
    pub(super) opaque: i32,
    pub(super) coding: Coding,
    /// No answer is wanted.
    pub(super) one_way: bool,
}

impl ReplyTo {
    pub(super) fn of(header: &Header<'_>) -> Self {
        let one_way = header.is_one_way();
        Self { code: header.code, opaque: header.opaque, coding: header.coding, one_way }
    }

    pub(super) fn answer(&self, code: i32) -> Command<'static> {
        Command::answer(self.coding, self.opaque, code)
    }
}

/// What a name was found to mean, while nothing has changed.
#[derive(Default)]
struct Names {
    epochs: (u64, u64),
    topics: Vec<(Box<str>, &'static [Action], Located<Target>)>,
    groups: Vec<(Box<str>, Action, Located<Arc<GroupEntry>>)>,
}

impl Names {
    fn refresh(&mut self, ops: &Operations) {
        let epochs = ops.epochs();
        if self.epochs != epochs {
            *self = Self { epochs, ..Self::default() };
        }
    }
}

fn remember<T>(known: &mut Vec<T>, new: T) {
    if known.len() >= NAMES_MAX {
        known.remove(0);
    }
    known.push(new);
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Open,
    /// What is to be written is written, nothing more is served, then it is closed.
    Closing,
    Closed,
}

/// The part of a connection that requests change.
pub(super) struct State {
    pub(super) session: Session,
    pub(super) credentials: Credentials,
    /// The listener takes clients as they come.
    pub(super) unsigned: bool,
    /// Some name came without its instance: records go out with bare names.
    pub(super) bare_names: bool,
    pub(super) permit: Permit,
    pub(super) phase: Phase,
    /// Monotonic time of the last whole frame, at first of the accept.
    pub(super) last_frame: Duration,
    pub(super) first_frame_seen: bool,
    /// Answers ready to be written, from `out_at` on.
    pub(super) out: Vec<u8>,
    pub(super) out_at: usize,
    /// Answers of sends that wait for the watermark of their durability.
    pub(super) waiting: [Vec<u8>; 2],
    /// Bytes of sends that are not answered yet.
    pub(super) in_flight: usize,
    /// Tokens of held pulls.
    pub(super) held: Vec<u64>,
    /// Pulls to be run when the peer has taken what is ready for it.
    pub(super) deferred: VecDeque<HeldPull>,
    /// The peer does not take all that there is for it.
    pub(super) stall: Option<Stall>,
    /// Bytes that were read and are not served yet.
    pub(super) reading_bytes: usize,
    /// Since when a frame has not been whole.
    pub(super) frame_since: Option<Duration>,
    /// It may send no more until the store has taken what came before.
    pub(super) held_up: bool,
    /// Groups with a notice of change among what is to be written.
    notices: Vec<Arc<str>>,
    names: Names,
}

impl State {
    pub(super) fn new(session: Session, unsigned: bool, mut permit: Permit, now: Duration) -> Self {
        if unsigned {
            permit.without_keys();
        }
        Self {
            session,
            credentials: Credentials::default(),
            unsigned,
            bare_names: false,
            permit,
            phase: Phase::Open,
            last_frame: now,
            first_frame_seen: false,
            out: Vec::new(),
            out_at: 0,
            waiting: [Vec::new(), Vec::new()],
            in_flight: 0,
            held: Vec::new(),
            deferred: VecDeque::new(),
            stall: None,
            reading_bytes: 0,
            frame_since: None,
            held_up: false,
            notices: Vec::new(),
            names: Names::default(),
        }
    }

    /// Appends an answer without a body.
    pub(super) fn answer(&mut self, reply: ReplyTo, command: &Command<'_>) {
        if !reply.one_way {
            command.encode(&mut self.out);
        }
    }

    pub(super) fn unwritten(&self) -> usize {
        self.out.len() - self.out_at
    }

    /// Whether the peer has to take answers before it gets more.
    pub(super) fn outbound_is_full(&self) -> bool {
        let stranger = !self.unsigned && self.credentials.key().is_none();
        let bytes_max = if stranger { OUTBOUND_BYTES_TO_STRANGERS_MAX } else { OUTBOUND_BYTES_MAX };
        self.unwritten() > bytes_max
    }

    /// Whether nothing more is to be read for now.
    pub(super) fn must_pause(&self) -> bool {
        self.held_up || self.outbound_is_full() || self.in_flight > IN_FLIGHT_BYTES_MAX
    }

    /// Whether the peer keeps buffers from becoming free: it has not taken what there is for it for
    /// `age`, or not ended a frame for longer than one takes.
    pub(super) fn is_slow(&self, age: Duration, now: Duration) -> bool {
        self.stall.is_some_and(|stall| stall.is_older(age, now))
            || self.frame_since.is_some_and(|since| now.saturating_sub(since) >= FRAME_MAX)
    }

    /// Whether a notice of change of the group is worth writing: none waits for the peer already,
    /// and it takes what there is for it (consumers look for changes by themselves every 20 s).
    pub(super) fn wants_notice(&mut self, group: &Arc<str>) -> bool {
        let wanted = self.phase == Phase::Open
            && !self.outbound_is_full()
            && !self.permit.buffers_are_full()
            && !self.notices.contains(group);
        if wanted {
            self.notices.push(group.clone());
        }
        wanted
    }

    pub(super) fn waiting_mut(&mut self, durability: Durability) -> &mut Vec<u8> {
        let [written, durable] = &mut self.waiting;
        match durability {
            Durability::Written => written,
            Durability::Synced => durable,
        }
    }

    /// What a topic name means to this caller.
    pub(super) fn locate_topic(
        &mut self,
        ops: &Operations,
        caller: &Caller<'_>,
        actions: &'static [Action],
        name: &str,
    ) -> Result<Located<Target>, LocateError> {
        self.names.refresh(ops);
        let known = self.names.topics.iter().find(|(known, asked, _)| **known == *name && *asked == actions);
        if let Some((_, _, located)) = known {
            return Ok(located.clone());
        }
        let located = ops.locate_topic(caller, actions, name)?;
        self.bare_names |= located.bare;
        remember(&mut self.names.topics, (name.into(), actions, located.clone()));
        Ok(located)
    }

    /// What a group name means to this caller.
    pub(super) fn locate_group(
        &mut self,
        ops: &Operations,
        caller: &Caller<'_>,
        action: Action,
        name: &str,
    ) -> Result<Located<Arc<GroupEntry>>, LocateError> {
        self.names.refresh(ops);
        let known = self.names.groups.iter().find(|(known, asked, _)| **known == *name && *asked == action);
        if let Some((_, _, located)) = known {
            return Ok(located.clone());
        }
        let located = ops.locate_group(caller, action, name)?;
        self.bare_names |= located.bare;
        remember(&mut self.names.groups, (name.into(), action, located.clone()));
        Ok(located)
    }

    /// Tells the process what the buffers hold.
    pub(super) fn account_buffers(&mut self) {
        let [written, durable] = &self.waiting;
        let bytes = self.out.capacity() + written.capacity() + durable.capacity() + self.reading_bytes;
        self.permit.hold_buffers(bytes);
    }

    /// Nothing more is served, unless it is over already.
    pub(super) fn begin_close(&mut self) {
        if self.phase == Phase::Open {
            self.phase = Phase::Closing;
        }
    }

    /// The connection is over: nothing is kept of what it was owed.
    pub(super) fn close(&mut self) {
        self.phase = Phase::Closed;
        self.deferred.clear();
        (self.out, self.out_at, self.waiting) = (Vec::new(), 0, Default::default());
        self.reading_bytes = 0;
        self.account_buffers();
    }

    /// Writes what the peer takes.
    fn write_to(&mut self, writer: &OwnedWriteHalf, now: Duration) -> Written {
        loop {
            let rest = self.out.get(self.out_at..).unwrap_or_default();
            if rest.is_empty() {
                self.out_at = 0;
                self.out.clear();
                self.stall = None;
                self.notices.clear();
                return Written::All;
            }
            match writer.try_write(rest) {
                Ok(0) => return Written::Gone,
                Ok(count) => {
                    self.out_at += count;
                    if let Some(stall) = &mut self.stall {
                        stall.taken += count;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    self.stall.get_or_insert(Stall { since: now, taken: 0 });
                    self.forget_written();
                    return Written::Stalled;
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Written::Gone,
            }
        }
    }

    /// Gives back the memory of what is written where that is most of it: what never ends to be
    /// written would grow for ever otherwise.
    fn forget_written(&mut self) {
        if self.out_at > BUFFER_KEPT_MAX && self.out_at > self.out.len() / 2 {
            self.out.drain(..self.out_at);
            self.out_at = 0;
            self.out.shrink_to(2 * self.out.len());
        }
    }
}

/// A connection as its loop knows it.
pub(super) struct Connection {
    pub(super) id: ConnectionId,
    writer: OwnedWriteHalf,
    pub(super) state: RefCell<State>,
    /// Rung when reading may go on, or when the connection is to end.
    pub(super) resume: Notify,
    /// It is in the loop's list of those with something to write.
    pub(super) listed: Cell<bool>,
    /// A task waits until the peer takes more.
    writing: Cell<bool>,
    tasks: RefCell<Vec<AbortHandle>>,
}

impl Connection {
    pub(super) fn new(writer: OwnedWriteHalf, state: State) -> Self {
        Self {
            id: state.session.id,
            writer,
            state: RefCell::new(state),
            resume: Notify::new(),
            listed: Cell::new(false),
            writing: Cell::new(false),
            tasks: RefCell::default(),
        }
    }

    /// Ends with the connection.
    pub(super) fn own(&self, task: AbortHandle) {
        self.tasks.borrow_mut().push(task);
    }

    /// Stops its tasks; the socket closes when the last of them lets go of it.
    pub(super) fn abort(&self) {
        for task in self.tasks.borrow_mut().drain(..) {
            task.abort();
        }
    }

    /// Tells the peer that nothing more comes.
    pub(super) fn shut_down(&self) {
        let socket = socket2::SockRef::from(self.writer.as_ref());
        // It fails only where the peer is gone already.
        let _ = socket.shutdown(std::net::Shutdown::Write);
    }

    /// Writes what is ready. What the peer does not take is written by a task of its own when it
    /// does.
    pub(super) fn flush(self: &Rc<Self>, event_loop: &Rc<EventLoop>) {
        if self.writing.get() {
            return;
        }
        match self.write_some(event_loop) {
            Written::All => self.written_all(event_loop),
            Written::Gone => event_loop.end(self),
            Written::Stalled => {
                self.writing.set(true);
                let (connection, event_loop) = (self.clone(), event_loop.clone());
                let task = tokio::task::spawn_local(async move {
                    loop {
                        if connection.writer.writable().await.is_err() {
                            return event_loop.end(&connection);
                        }
                        match connection.write_some(&event_loop) {
                            Written::All => break,
                            Written::Gone => return event_loop.end(&connection),
                            Written::Stalled => {}
                        }
                    }
                    connection.writing.set(false);
                    connection.written_all(&event_loop);
                });
                self.tasks.borrow_mut().retain(|task| !task.is_finished());
                self.own(task.abort_handle());
            }
        }
    }

    /// Writes a large part of the answers before the turn is over, so that the peer takes it while the next
    /// is put together. What that comes to shows when the rest is written.
    pub(super) fn write_early(&self, state: &mut State, now: Duration) {
        if state.unwritten() >= EARLY_BYTES && !self.writing.get() {
            state.write_to(&self.writer, now);
        }
    }

    fn write_some(&self, event_loop: &EventLoop) -> Written {
        let mut state = self.state.borrow_mut();
        let written = state.write_to(&self.writer, event_loop.now());
        if let Some(buffer) = give_up_large(&mut state.out) {
            event_loop.keep_large_buffer(buffer);
        }
        state.account_buffers();
        written
    }

    /// Whether a task waits until the peer takes more.
    pub(super) fn is_writing(&self) -> bool {
        self.writing.get()
    }

    fn written_all(self: &Rc<Self>, event_loop: &Rc<EventLoop>) {
        // While buffers are full it stays put off; the loop looks again now and then.
        let deferred = {
            let mut state = self.state.borrow_mut();
            if state.permit.buffers_are_full() { None } else { state.deferred.pop_front() }
        };
        if let Some(pull) = deferred {
            event_loop.run_deferred(self, pull);
        }
        let state = self.state.borrow();
        let ends = state.phase == Phase::Closing && state.in_flight == 0;
        if ends || !state.must_pause() {
            self.resume.notify_one();
        }
    }
}

/// The memory of a buffer whose bytes are all written, where it is more than a connection keeps.
fn give_up_large(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    (buffer.is_empty() && buffer.capacity() > BUFFER_KEPT_MAX).then(|| std::mem::take(buffer))
}

enum Written {
    All,
    /// The peer takes no more for now.
    Stalled,
    /// The peer has closed.
    Gone,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_large_buffer_with_nothing_in_it_is_given_up() {
        let mut small = Vec::with_capacity(BUFFER_KEPT_MAX);
        assert_eq!(give_up_large(&mut small), None);
        let mut large = vec![1; BUFFER_KEPT_MAX + 1];
        assert_eq!(give_up_large(&mut large), None, "a part is not written");
        large.clear();
        let given = give_up_large(&mut large).map(|buffer| buffer.capacity());
        assert!(given > Some(BUFFER_KEPT_MAX) && large.capacity() == 0);
    }

    #[test]
    fn r31_a_peer_that_takes_a_byte_now_and_then_is_given_up() {
        let at = Duration::from_secs;
        let mut stall = Stall { since: at(100), taken: 0 };
        assert!(!stall.is_over(at(130)));
        assert!(stall.is_over(at(131)), "it took nothing");
        let mut trickle = Stall { since: at(100), taken: 29 };
        assert!(trickle.is_over(at(131)), "a byte a second");
        let mut slow = Stall { since: at(100), taken: 31 << 10 };
        assert!(!slow.is_over(at(131)), "more than 1 KiB/s");
        slow.taken += 1 << 10;
        assert!(!slow.is_over(at(161)));
        assert!(slow.is_over(at(162)), "what it took before does not count again");
    }
}
