//! An event loop: one thread that serves its connections alone.
//!
//! Requests that are read in one turn end in one turn: all sends go to the store with one append and
//! one submit, then every connection gets its answers with one write. What other threads have for
//! the loop comes with one ring of its mailbox.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::admission::{Admission, Permit};
use super::connection::{Connection, Phase, ReplyTo, State};
use super::processor::pull_message::{self, HeldPull};
use super::processor::send_message;
use super::reading::{READ_BYTES_MAX, serve};
use crate::client_table::Door;
use crate::delivery::long_polling::HeldPulls;
use crate::delivery::mailbox::{ChangeNotice, ConnectionId, Mail, Mailbox};
use crate::operations::Operations;
use crate::operations::send::SendBatch;
use crate::protocol::remoting::code::request::NOTIFY_CONSUMER_IDS_CHANGED;
use crate::protocol::remoting::command::{Command, Value};
use crate::store::Durability;

/// How often deadlines are looked at.
const TICK: Duration = Duration::from_millis(200);
/// A connection whose first frame is not whole by then is closed.
const FIRST_FRAME_MAX: Duration = Duration::from_secs(10);
/// A connection without a whole frame for so long is closed.
const IDLE_MAX: Duration = Duration::from_secs(120);
/// A peer that takes nothing for so long is gone.
const STALL_MAX: Duration = Duration::from_secs(30);
/// How long a stop waits for answers that wait for the disk, and for peers that take them.
const STOP_MAX: Duration = Duration::from_secs(2);
/// Bytes of requests that are gathered before the store gets them.
const TURN_BYTES_MAX: usize = 8 << 20;

/// What a loop is told from outside.
pub(super) enum Order {
    Serve(Accepted),
    /// Let go of held pulls, write what is due, close everything, end.
    Stop(oneshot::Sender<()>),
}

/// A connection that was accepted and has its place.
pub(super) struct Accepted {
    pub(super) socket: std::net::TcpStream,
    pub(super) peer: SocketAddr,
    pub(super) door: Door,
    /// Port of the listener.
    pub(super) port: u16,
    pub(super) unsigned: bool,
    pub(super) permit: Permit,
}

/// A send that is in the batch of this turn.
pub(super) struct PendingSend {
    pub(super) connection: Rc<Connection>,
    pub(super) reply: ReplyTo,
    /// Its number in the batch.
    pub(super) number: usize,
    pub(super) request_bytes: usize,
}

/// The sends of a turn.
#[derive(Default)]
pub(super) struct Sends {
    pub(super) batch: SendBatch,
    pub(super) pending: Vec<PendingSend>,
    pub(super) request_bytes: usize,
    /// Text of the message ids of the answer that is being written.
    pub(super) ids: String,
}

/// Answers of one connection from one turn, until the watermark is at `end`.
struct Waiting {
    end: u64,
    turn: u64,
    connection: Rc<Connection>,
    answer_bytes: usize,
    request_bytes: usize,
}

/// Wakes the loop's turn from its own tasks.
#[derive(Default)]
struct Signal {
    set: Cell<bool>,
    waker: RefCell<Option<Waker>>,
}

impl Signal {
    fn raise(&self) {
        if !self.set.replace(true)
            && let Some(waker) = self.waker.borrow_mut().take()
        {
            waker.wake();
        }
    }

    async fn raised(&self) {
        std::future::poll_fn(|cx| {
            if self.set.replace(false) {
                return Poll::Ready(());
            }
            *self.waker.borrow_mut() = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }
}

/// See the module.
pub(super) struct EventLoop {
    pub(super) no: u16,
    pub(super) ops: Arc<Operations>,
    pub(super) shared: Arc<Shared>,
    pub(super) held: RefCell<HeldPulls<HeldPull>>,
    pub(super) sends: RefCell<Sends>,
    /// Records of the pull that is being answered.
    pub(super) records: RefCell<Vec<Bytes>>,
    mailbox: Arc<Mailbox>,
    mail: RefCell<Mail>,
    connections: RefCell<HashMap<ConnectionId, Rc<Connection>>>,
    /// Connections with something to write.
    output: RefCell<Vec<Rc<Connection>>>,
    waiting: [RefCell<VecDeque<Waiting>>; 2],
    signal: Signal,
    read_buffer: RefCell<Vec<u8>>,
    now: Cell<Duration>,
    next_tick: Cell<Duration>,
    turn: Cell<u64>,
    stopping: Cell<bool>,
}

/// Starts the thread of a loop.
pub(super) fn start(shared: Arc<Shared>) -> std::io::Result<mpsc::UnboundedSender<Order>> {
    let (no, mailbox) = shared.ops.add_loop();
    let (orders, inbox) = mpsc::unbounded_channel();
    // The runtime is made on the thread that it stays on.
    let (ready, made) = std::sync::mpsc::channel();
    std::thread::Builder::new().name(format!("tcp-{no}")).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build_local(tokio::runtime::LocalOptions::default());
        let runtime = match runtime {
            Ok(runtime) => {
                let _ = ready.send(Ok(()));
                runtime
            }
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        runtime.block_on(async move {
            let event_loop = Rc::new(EventLoop::new(no, mailbox, shared));
            // As a task, not as the runtime's main future: waking that one costs a system call.
            let turns = tokio::task::spawn_local(run(event_loop, inbox));
            if let Err(error) = turns.await {
                tracing::error!(%error, event_loop = no, "an event loop ended");
            }
        });
    })?;
    made.recv().map_err(std::io::Error::other)??;
    Ok(orders)
}

async fn run(event_loop: Rc<EventLoop>, mut inbox: mpsc::UnboundedReceiver<Order>) {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let stopped = loop {
        let mut order = None;
        let mut orphaned = false;
        tokio::select! {
            biased;
            () = event_loop.signal.raised() => {}
            () = event_loop.mailbox.ring() => {}
            received = inbox.recv() => {
                orphaned = received.is_none();
                order = received;
            }
            _ = tick.tick() => {}
        }
        event_loop.now.set(event_loop.ops.clock.monotonic());
        let mut stop = None;
        while let Some(next) = order.take().or_else(|| inbox.try_recv().ok()) {
            match next {
                Order::Serve(accepted) => event_loop.accept(accepted),
                Order::Stop(done) => stop = Some(done),
            }
        }
        event_loop.guarded_turn();
        // Without anybody to give orders there is nothing to be served for.
        if stop.is_some() || orphaned {
            break stop;
        }
    };
    event_loop.stop().await;
    if let Some(done) = stopped {
        // Nobody waits for it any more when this fails.
        let _ = done.send(());
    }
}

impl EventLoop {
    fn new(no: u16, mailbox: Arc<Mailbox>, shared: Arc<Shared>) -> Self {
        let now = shared.ops.clock.monotonic();
        Self {
            no,
            ops: shared.ops.clone(),
            shared,
            held: RefCell::default(),
            sends: RefCell::default(),
            records: RefCell::default(),
            mailbox,
            mail: RefCell::default(),
            connections: RefCell::default(),
            output: RefCell::default(),
            waiting: Default::default(),
            signal: Signal::default(),
            read_buffer: RefCell::new(vec![0; READ_BYTES_MAX]),
            now: Cell::new(now),
            next_tick: Cell::new(now),
            turn: Cell::new(0),
            stopping: Cell::new(false),
        }
    }

    /// Monotonic time of this turn.
    pub(super) fn now(&self) -> Duration {
        self.now.get()
    }

    pub(super) fn stopping(&self) -> bool {
        self.stopping.get()
    }

    pub(super) fn admission(&self) -> &Arc<Admission> {
        &self.shared.admission
    }

    /// The buffer that all connections of the loop are read into.
    pub(super) fn read_buffer(&self) -> RefMut<'_, Vec<u8>> {
        self.read_buffer.borrow_mut()
    }

    fn accept(self: &Rc<Self>, accepted: Accepted) {
        let socket = match TcpStream::from_std(accepted.socket) {
            Ok(socket) => socket,
            Err(error) => return tracing::warn!(%error, peer = %accepted.peer, "a connection can't be served"),
        };
        let (reader, writer) = socket.into_split();
        let session = self.ops.connect(self.no, accepted.door, accepted.port, accepted.peer);
        let state = State::new(session, accepted.unsigned, accepted.permit, self.now());
        let connection = Rc::new(Connection::new(writer, state));
        self.connections.borrow_mut().insert(connection.id, connection.clone());
        let task = tokio::task::spawn_local(serve(self.clone(), connection.clone(), reader));
        connection.own(task.abort_handle());
    }

    /// A connection is over: whatever it held is let go.
    pub(super) fn end(&self, connection: &Rc<Connection>) {
        if self.connections.borrow_mut().remove(&connection.id).is_none() {
            return;
        }
        let held = {
            let mut state = connection.state.borrow_mut();
            state.phase = Phase::Closed;
            state.deferred.clear();
            state.account_buffers(0);
            self.ops.disconnect(&state.session);
            std::mem::take(&mut state.held)
        };
        for token in held {
            let pull = self.held.borrow_mut().take(token);
            if let Some((_, pull)) = pull {
                pull.unpark(self, token);
            }
        }
        connection.abort();
    }

    /// The connection has, or may have, something to write; it is looked at in this loop's turn.
    pub(super) fn has_output(&self, connection: &Rc<Connection>) {
        if !connection.listed.replace(true) {
            self.output.borrow_mut().push(connection.clone());
        }
        self.signal.raise();
    }

    /// A send was put into the batch of this turn.
    pub(super) fn send_pending(&self, sends: &mut Sends, pending: PendingSend) {
        sends.request_bytes += pending.request_bytes;
        sends.pending.push(pending);
        self.signal.raise();
    }

    /// Whether the batch has taken enough; its sends should be stored before more is read.
    pub(super) fn batch_is_large(&self) -> bool {
        self.sends.borrow().request_bytes > TURN_BYTES_MAX
    }

    /// A turn. What it panics over is lost with the loop's connections; the loop goes on with new
    /// ones (threats R28).
    fn guarded_turn(self: &Rc<Self>) {
        let turn = std::panic::AssertUnwindSafe(|| self.turn());
        if std::panic::catch_unwind(turn).is_err() {
            tracing::error!(event_loop = self.no, "a turn failed: the connections of this event loop are closed");
            *self.sends.borrow_mut() = Sends::default();
            self.waiting.iter().for_each(|queue| queue.borrow_mut().clear());
            self.output.borrow_mut().clear();
            let connections: Vec<_> = self.connections.borrow().values().cloned().collect();
            connections.iter().for_each(|connection| self.end(connection));
        }
    }

    fn turn(self: &Rc<Self>) {
        self.turn.set(self.turn.get() + 1);
        self.read_mail();
        self.tick();
        self.store_sends();
        self.release_answers();
        self.write_output();
    }

    fn read_mail(self: &Rc<Self>) {
        let mut mail = self.mail.borrow_mut();
        self.mailbox.take(&mut mail);
        for notice in mail.notices.drain(..) {
            self.notify(&notice);
        }
        let woken = std::mem::take(&mut mail.woken);
        let recheck = mail.recheck;
        drop(mail);
        if recheck {
            self.recheck();
        }
        for token in &woken {
            pull_message::wake(self, *token);
        }
        // The list's memory is used again.
        self.mail.borrow_mut().woken = woken;
    }

    /// Tells a client that the members of its group changed.
    fn notify(self: &Rc<Self>, notice: &ChangeNotice) {
        let connection = self.connections.borrow().get(&notice.connection).cloned();
        let Some(connection) = connection else { return };
        let fields = [("consumerGroup", Value::Text(&notice.group))];
        let mut state = connection.state.borrow_mut();
        if state.phase == Phase::Open {
            Command::one_way(NOTIFY_CONSUMER_IDS_CHANGED, 0, &fields).encode(&mut state.out);
            drop(state);
            self.has_output(&connection);
        }
    }

    /// Keys, rights, Topics or groups changed, or the log failed.
    fn recheck(self: &Rc<Self>) {
        let failed = self.ops.failed().is_some();
        let connections: Vec<_> = self.connections.borrow().values().cloned().collect();
        for connection in connections {
            let mut state = connection.state.borrow_mut();
            let door_gone = match state.session.door {
                Door::Instance(no) => self.ops.metadata.instance(no).is_none(),
                Door::Shared => false,
            };
            let lost = failed && state.waiting.iter().any(|bytes| !bytes.is_empty());
            if lost {
                // What waits will never be acknowledged, so it must not be answered as if it were.
                state.waiting.iter_mut().for_each(Vec::clear);
            }
            let over = door_gone || lost || !state.credentials.still_valid(&*self.ops.access);
            drop(state);
            if over {
                self.end(&connection);
            }
        }
        let tokens = self.held.borrow().tokens();
        for token in tokens {
            pull_message::reconsider(self, token);
        }
    }

    fn tick(self: &Rc<Self>) {
        let now = self.now();
        if now < self.next_tick.get() {
            return;
        }
        self.next_tick.set(now + TICK);
        loop {
            let due = self.held.borrow().due(now);
            let Some(token) = due else { break };
            pull_message::give_up(self, token);
        }
        let late = |state: &State| {
            let silent = now.saturating_sub(state.last_frame);
            let stalled = state.stalled_since.is_some_and(|since| now.saturating_sub(since) > STALL_MAX);
            // Held pulls are answered in time, so a client that waits for one is not idle.
            silent > IDLE_MAX && state.held.is_empty() || !state.first_frame_seen && silent > FIRST_FRAME_MAX || stalled
        };
        let connections = self.connections.borrow();
        let late: Vec<_> = connections.values().filter(|c| late(&c.state.borrow())).cloned().collect();
        drop(connections);
        for connection in late {
            self.end(&connection);
        }
    }

    /// Hands the sends of this turn to the store and writes their answers to where they wait.
    fn store_sends(self: &Rc<Self>) {
        let mut sends = self.sends.borrow_mut();
        let sends = &mut *sends;
        if sends.pending.is_empty() {
            return;
        }
        let appended = sends.batch.append(&self.ops);
        let failure = appended.err().map(super::answer_code::of_send);
        for pending in sends.pending.drain(..) {
            let mut state = pending.connection.state.borrow_mut();
            if state.phase == Phase::Closed {
                continue;
            }
            if let Some(failure) = &failure {
                state.in_flight = state.in_flight.saturating_sub(pending.request_bytes);
                super::processor::fail(self, &mut state, pending.reply, failure, None);
                drop(state);
                self.has_output(&pending.connection);
                continue;
            }
            let sent = sends.batch.sent(&self.ops, pending.number);
            let Some(sent) = sent.filter(|_| !pending.reply.one_way) else {
                state.in_flight = state.in_flight.saturating_sub(pending.request_bytes);
                drop(state);
                self.has_output(&pending.connection);
                continue;
            };
            let durability = sent.durability();
            let out = state.waiting_mut(durability);
            let before = out.len();
            send_message::answer(pending.reply, &sent, &mut sends.ids, out);
            let answer_bytes = out.len() - before;
            drop(state);
            self.wait(durability, sent.end(), pending.connection, answer_bytes, pending.request_bytes);
        }
        sends.batch.clear();
        sends.request_bytes = 0;
        self.ops.submit();
    }

    fn wait(
        &self,
        durability: Durability,
        end: u64,
        connection: Rc<Connection>,
        answer_bytes: usize,
        request_bytes: usize,
    ) {
        let turn = self.turn.get();
        let [written, durable] = &self.waiting;
        let mut queue = match durability {
            Durability::Written => written.borrow_mut(),
            Durability::Synced => durable.borrow_mut(),
        };
        if let Some(last) = queue.back_mut()
            && last.turn == turn
            && Rc::ptr_eq(&last.connection, &connection)
        {
            last.end = end;
            last.answer_bytes += answer_bytes;
            last.request_bytes += request_bytes;
            return;
        }
        queue.push_back(Waiting { end, turn, connection, answer_bytes, request_bytes });
    }

    /// Moves answers whose records the watermarks cover to where they are written from.
    fn release_answers(self: &Rc<Self>) {
        loop {
            let marks = self.ops.watermarks();
            let [written, durable] = &self.waiting;
            let next_written = self.release(&mut written.borrow_mut(), Durability::Written, marks.written);
            let next_durable = self.release(&mut durable.borrow_mut(), Durability::Synced, marks.durable);
            self.mailbox.want(next_written, next_durable);
            // A rise before the line above does not ring.
            let now = self.ops.watermarks();
            if now.written < next_written && now.durable < next_durable {
                break;
            }
        }
    }

    /// Returns the end that the next answer waits for.
    fn release(self: &Rc<Self>, queue: &mut VecDeque<Waiting>, durability: Durability, mark: u64) -> u64 {
        loop {
            let Some(first) = queue.front() else { return u64::MAX };
            if first.end > mark {
                return first.end;
            }
            let Some(done) = queue.pop_front() else { return u64::MAX };
            let mut state = done.connection.state.borrow_mut();
            let state = &mut *state;
            if state.phase != Phase::Closed {
                let [written, durable] = &mut state.waiting;
                let waiting = if durability == Durability::Written { written } else { durable };
                if done.answer_bytes >= waiting.len() && state.out.is_empty() {
                    std::mem::swap(&mut state.out, waiting);
                } else {
                    state.out.extend(waiting.drain(..done.answer_bytes.min(waiting.len())));
                }
                state.in_flight = state.in_flight.saturating_sub(done.request_bytes);
                self.has_output(&done.connection);
            }
        }
    }

    fn write_output(self: &Rc<Self>) {
        let mut list = std::mem::take(&mut *self.output.borrow_mut());
        for connection in list.drain(..) {
            connection.listed.set(false);
            if connection.state.borrow().phase != Phase::Closed {
                connection.flush(self);
            }
        }
        let mut output = self.output.borrow_mut();
        if output.is_empty() {
            *output = list;
        }
        // What was raised while writing is in the list again, or needs nothing.
        if output.is_empty() && self.sends.borrow().pending.is_empty() {
            self.signal.set.set(false);
        }
    }

    /// Runs a pull that waited until its peer had taken earlier answers.
    pub(super) fn run_deferred(self: &Rc<Self>, connection: &Rc<Connection>, pull: HeldPull) {
        pull_message::run(self, connection, pull);
        self.has_output(connection);
    }

    async fn stop(self: &Rc<Self>) {
        self.stopping.set(true);
        let tokens = self.held.borrow().tokens();
        for token in tokens {
            pull_message::give_up(self, token);
        }
        let deadline = tokio::time::Instant::now() + STOP_MAX;
        loop {
            self.now.set(self.ops.clock.monotonic());
            self.turn();
            let busy = self.connections.borrow().values().any(|connection| {
                let state = connection.state.borrow();
                state.unwritten() > 0 || state.waiting.iter().any(|bytes| !bytes.is_empty())
            });
            if !busy || tokio::time::Instant::now() >= deadline || self.ops.failed().is_some() {
                break;
            }
            let some_time = tokio::time::timeout(Duration::from_millis(10), self.mailbox.ring());
            // A ring and the end of the wait both mean: look again.
            let _ = some_time.await;
        }
        let connections: Vec<_> = self.connections.borrow().values().cloned().collect();
        for connection in connections {
            connection.shut_down();
            self.end(&connection);
        }
    }
}
