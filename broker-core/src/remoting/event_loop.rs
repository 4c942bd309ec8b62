//! An event loop: one thread that serves its connections alone.
//!
//! Requests that are read in one turn end in one turn: all sends go to the store with one append and
//! one submit, then every connection gets its answers with one write (large ones before that),
//! consumers first. What other threads have for the loop comes with one ring of its mailbox.

use std::cell::{Cell, RefCell, RefMut};
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};

use super::Shared;
use super::acknowledging::Waiting;
use super::admission::Permit;
use super::connection::{Connection, Phase, State};
use super::processor::pull_message::{self, HeldPull};
use super::reading::{READ_BYTES_MAX, serve};
use super::storing::Sends;
use super::upkeep::TICK;
use crate::client_table::Door;
use crate::delivery::long_polling::HeldPulls;
use crate::delivery::mailbox::{ChangeNotice, ConnectionId, Mail, Mailbox};
use crate::operations::Operations;
use crate::protocol::remoting::code::request::NOTIFY_CONSUMER_IDS_CHANGED;
use crate::protocol::remoting::command::{Command, Value};
use crate::store::Records;

/// How long a stop waits for answers that wait for the disk, and for peers that take them.
const STOP_MAX: Duration = Duration::from_secs(2);

/// Memory of written answers that a loop keeps for the next ones: that of a few pulls. A fresh piece for
/// each would be mapped, grown by copying and unmapped.
const LARGE_BUFFER_BYTES_MAX: usize = 1 << 20;

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
    pub(super) held: RefCell<HeldPulls<HeldPull>>,
    pub(super) sends: RefCell<Sends>,
    /// Records of the pull that is being answered.
    pub(super) records: RefCell<Records>,
    pub(super) mailbox: Arc<Mailbox>,
    mail: RefCell<Mail>,
    connections: RefCell<HashMap<ConnectionId, Rc<Connection>>>,
    /// Connections with something to write.
    output: RefCell<Vec<Rc<Connection>>>,
    /// By durability: written, durable.
    pub(super) waiting: [RefCell<VecDeque<Waiting>>; 2],
    signal: Signal,
    read_buffer: RefCell<Vec<u8>>,
    /// Empty, with memory; of the connection that was written last.
    large_buffer: RefCell<Vec<u8>>,
    now: Cell<Duration>,
    pub(super) next_tick: Cell<Duration>,
    /// Since when buffers have been full at every look.
    pub(super) full_since: Cell<Option<Duration>>,
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
            let event_loop = Rc::new(EventLoop::new(no, mailbox, shared.ops.clone()));
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
    fn new(no: u16, mailbox: Arc<Mailbox>, ops: Arc<Operations>) -> Self {
        let now = ops.clock.monotonic();
        Self {
            no,
            ops,
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
            large_buffer: RefCell::default(),
            now: Cell::new(now),
            next_tick: Cell::new(now),
            full_since: Cell::new(None),
            turn: Cell::new(0),
            stopping: Cell::new(false),
        }
    }

    /// Monotonic time of this turn.
    pub(super) fn now(&self) -> Duration {
        self.now.get()
    }

    /// Number of this turn.
    pub(super) fn turn_no(&self) -> u64 {
        self.turn.get()
    }

    /// Asks for another turn.
    pub(super) fn raise(&self) {
        self.signal.raise();
    }

    pub(super) fn stopping(&self) -> bool {
        self.stopping.get()
    }

    /// Every connection of the loop, in no order.
    pub(super) fn all_connections(&self) -> Vec<Rc<Connection>> {
        self.connections.borrow().values().cloned().collect()
    }

    /// The buffer that all connections of the loop are read into.
    pub(super) fn read_buffer(&self) -> RefMut<'_, Vec<u8>> {
        self.read_buffer.borrow_mut()
    }

    /// Keeps the memory of an empty buffer.
    pub(super) fn keep_large_buffer(&self, buffer: Vec<u8>) {
        if buffer.capacity() <= LARGE_BUFFER_BYTES_MAX {
            self.large_buffer.replace(buffer);
        }
    }

    /// Memory for a large answer, where some is kept.
    pub(super) fn take_large_buffer(&self) -> Vec<u8> {
        self.large_buffer.take()
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
            state.close();
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

    /// A turn. What it panics over is lost with the loop's connections; the loop goes on with new
    /// ones (R28).
    fn guarded_turn(self: &Rc<Self>) {
        let turn = std::panic::AssertUnwindSafe(|| self.turn());
        if std::panic::catch_unwind(turn).is_err() {
            tracing::error!(event_loop = self.no, "a turn failed: the connections of this event loop are closed");
            self.forget_sends();
            self.waiting.iter().for_each(|queue| queue.borrow_mut().clear());
            self.output.borrow_mut().clear();
            self.all_connections().iter().for_each(|connection| self.end(connection));
        }
    }

    fn turn(self: &Rc<Self>) {
        self.turn.set(self.turn.get() + 1);
        self.tick();
        self.store_sends();
        self.read_mail();
        self.release_answers();
        self.time_out_answers();
        self.write_output();
        // The store may have caught up before this loop asked to be told.
        if self.is_held_up() && self.ops.watermarks().written >= self.held_until() {
            self.raise();
        }
    }

    /// Serves what other threads have for the loop, and the pulls that wait for what this turn stored. Those are
    /// written before all else: a write may hand the core to the peer that it wakes, and a message is under way until
    /// its consumer has it, while an answer to its producer is only waited for.
    fn read_mail(self: &Rc<Self>) {
        let others = self.output.borrow().len();
        self.take_mail();
        let mut output = self.output.borrow_mut();
        let others = others.min(output.len());
        output.rotate_left(others);
    }

    fn take_mail(self: &Rc<Self>) {
        let mut mail = self.mail.borrow_mut();
        self.mailbox.take(&mut mail);
        for notice in mail.notices.drain() {
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
        if state.wants_notice(&notice.group) {
            Command::one_way(NOTIFY_CONSUMER_IDS_CHANGED, 0, &fields).encode(&mut state.out);
            drop(state);
            self.has_output(&connection);
        }
    }

    /// Keys, rights, Topics or groups changed, or the log failed.
    fn recheck(self: &Rc<Self>) {
        let failed = self.ops.failed().is_some();
        for connection in self.all_connections() {
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

    fn write_output(self: &Rc<Self>) {
        let mut list = std::mem::take(&mut *self.output.borrow_mut());
        for connection in list.drain(..) {
            connection.listed.set(false);
            let mut state = connection.state.borrow_mut();
            let open = state.phase != Phase::Closed;
            if open {
                state.account_buffers();
            }
            drop(state);
            if open {
                connection.flush(self);
            }
        }
        let mut output = self.output.borrow_mut();
        if output.is_empty() {
            *output = list;
        }
        // What was raised while writing is in the list again, or needs nothing.
        if output.is_empty() && !self.has_sends() {
            self.signal.set.set(false);
        }
    }

    /// Runs a pull that waited until its peer had taken earlier answers.
    pub(super) fn run_deferred(self: &Rc<Self>, connection: &Rc<Connection>, pull: HeldPull) {
        pull_message::run_again(self, connection, pull);
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
        for connection in self.all_connections() {
            connection.shut_down();
            self.end(&connection);
        }
    }
}
