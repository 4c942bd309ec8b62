//! Accepting: one thread for all ports, which deals connections out to the event loops.
//!
//! No peer is ever waited for here (R29).

use std::collections::HashMap;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::mpsc as std_mpsc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::AbortHandle;

use super::Shared;
use super::event_loop::{Accepted, Order};
use crate::admin::RefusalReason;
use crate::client_table::Door;
use crate::operations::refuse::Refused;
use crate::types::InstanceNo;

/// Connections that wait to be accepted.
const BACKLOG: i32 = 1_024;
/// How long to wait after an accept failed for want of something.
const PAUSE: Duration = Duration::from_millis(50);
/// How long a caller waits until a closed port is free.
const CLOSE_MAX: Duration = Duration::from_secs(1);

/// Whom a port is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entrance {
    Shared,
    Instance(InstanceNo),
    /// Takes clients as they come, for the instance with this id.
    Unsigned(Arc<str>),
}

enum Task {
    Open { key: u64, listener: TcpListener, entrance: Entrance },
    Close { key: u64, done: std_mpsc::Sender<()> },
    Stop { done: std_mpsc::Sender<()> },
}

/// The accepting thread.
pub(super) struct Acceptor {
    tasks: mpsc::UnboundedSender<Task>,
}

/// Binds a port. A port that was just closed can be bound again; one in use can't.
pub(super) fn bind(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = socket2::Socket::new(
        socket2::Domain::for_address(address),
        socket2::Type::STREAM,
        Some(socket2::Protocol::TCP),
    )?;
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

impl Acceptor {
    pub(super) fn start(shared: Arc<Shared>, loops: Vec<mpsc::UnboundedSender<Order>>) -> std::io::Result<Self> {
        let (tasks, inbox) = mpsc::unbounded_channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new()
            .name("tcp-accept".to_owned())
            .spawn(move || runtime.block_on(serve(shared, loops.into(), inbox)))?;
        Ok(Self { tasks })
    }

    /// Begins to accept on a bound port.
    pub(super) fn open(&self, key: u64, listener: TcpListener, entrance: Entrance) {
        self.post(Task::Open { key, listener, entrance });
    }

    /// Closes a port; it is free when this returns.
    pub(super) fn close(&self, key: u64) {
        self.post_and_wait(|done| Task::Close { key, done });
    }

    /// Closes all ports.
    pub(super) fn stop(&self) {
        self.post_and_wait(|done| Task::Stop { done });
    }

    fn post_and_wait(&self, task: impl FnOnce(std_mpsc::Sender<()>) -> Task) {
        let (done, wait) = std_mpsc::channel();
        self.post(task(done));
        // At worst the port is free a moment later.
        let _ = wait.recv_timeout(CLOSE_MAX);
    }

    fn post(&self, task: Task) {
        // After a stop there is nobody to open or close a port, and none is open.
        let _ = self.tasks.send(task);
    }
}

async fn serve(
    shared: Arc<Shared>,
    loops: Arc<[mpsc::UnboundedSender<Order>]>,
    mut inbox: mpsc::UnboundedReceiver<Task>,
) {
    let mut open: HashMap<u64, (AbortHandle, tokio::task::JoinHandle<()>)> = HashMap::new();
    while let Some(task) = inbox.recv().await {
        match task {
            Task::Open { key, listener, entrance } => match tokio::net::TcpListener::from_std(listener) {
                Ok(listener) => {
                    let task = tokio::spawn(accept(shared.clone(), loops.clone(), listener, entrance));
                    open.insert(key, (task.abort_handle(), task));
                }
                Err(error) => tracing::error!(%error, ?entrance, "a port can't be listened on"),
            },
            Task::Close { key, done } => {
                if let Some((abort, task)) = open.remove(&key) {
                    abort.abort();
                    // It ends by the abort; the listener is closed then.
                    let _ = task.await;
                }
                let _ = done.send(());
            }
            Task::Stop { done } => {
                for (abort, task) in open.into_values() {
                    abort.abort();
                    let _ = task.await;
                }
                let _ = done.send(());
                return;
            }
        }
    }
}

/// Whether only the one connection is concerned, which its peer gave up.
fn is_of_the_peer(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | Interrupted)
}

async fn accept(
    shared: Arc<Shared>,
    loops: Arc<[mpsc::UnboundedSender<Order>]>,
    listener: tokio::net::TcpListener,
    entrance: Entrance,
) {
    let port = listener.local_addr().map_or(0, |address| address.port());
    let mut accepts = true;
    loop {
        let (socket, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) if is_of_the_peer(&error) => continue,
            Err(error) => {
                // Out of descriptors, most likely: the next try would fail at once as well.
                if std::mem::take(&mut accepts) {
                    tracing::warn!(%error, port, "no connection can be accepted");
                }
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        accepts = true;
        if let Err(error) = deal_out(&shared, &loops, socket, peer, port, &entrance) {
            tracing::debug!(%error, %peer, port, "a connection was not served");
        }
    }
}

fn deal_out(
    shared: &Arc<Shared>,
    loops: &[mpsc::UnboundedSender<Order>],
    socket: tokio::net::TcpStream,
    peer: SocketAddr,
    port: u16,
    entrance: &Entrance,
) -> std::io::Result<()> {
    let (door, unsigned) = match entrance {
        Entrance::Shared => (Door::Shared, false),
        Entrance::Instance(no) => (Door::Instance(*no), false),
        Entrance::Unsigned(id) => match shared.ops.metadata.instance_by_id(id) {
            Some(instance) => (Door::Instance(instance.instance.no), true),
            None => return Ok(()),
        },
    };
    let permit = match shared.admission.admit(peer.ip()) {
        Ok(permit) => permit,
        Err(remark) => {
            let session = shared.ops.connect(0, door, port, peer);
            let refused = Refused {
                reason: RefusalReason::LimitReached,
                key_id: None,
                account: None,
                instance: None,
                named_instance: None,
                request_code: None,
                resource: None,
                remark,
            };
            shared.ops.refuse(&session, &refused);
            return Ok(());
        }
    };
    socket.set_nodelay(true)?;
    let socket = socket.into_std()?;
    let number = shared.next_loop();
    let chosen = number.checked_rem(loops.len()).and_then(|at| loops.get(at));
    if let Some(event_loop) = chosen {
        // A loop that has ended is in the middle of a stop.
        let _ = event_loop.send(Order::Serve(Accepted { socket, peer, door, port, unsigned, permit }));
    }
    Ok(())
}
