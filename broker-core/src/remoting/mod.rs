//! The TCP door: listeners, event loops, connections, and request processors.
//!
//! A door parses, asks who is calling, calls one operation and writes the answer. It knows no rule,
//! no file and no SQL. Connections are dealt out to the loops when they are accepted and stay there;
//! nothing of a connection is shared between threads.

mod acknowledging;
mod admission;
mod answer_code;
mod authentication;
mod connection;
mod event_loop;
mod listener;
mod processor;
mod reading;
mod rights;
mod storing;
#[cfg(test)]
mod tests;
mod upkeep;

use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use admission::{Admission, Limits};
use event_loop::Order;
use listener::{Acceptor, Entrance};

use crate::admin::ListenerState;
use crate::config::TcpConfig;
use crate::operations::Operations;
use crate::types::InstanceNo;

/// What all loops share.
struct Shared {
    ops: Arc<Operations>,
    admission: Arc<Admission>,
    accepted: AtomicUsize,
}

impl Shared {
    fn next_loop(&self) -> usize {
        self.accepted.fetch_add(1, Ordering::Relaxed)
    }
}

/// The door did not open.
#[derive(Debug, thiserror::Error)]
#[error("TCP port {address} can't be listened on: {source}")]
pub struct ListenError {
    pub address: SocketAddr,
    pub source: std::io::Error,
}

/// Keys of listeners that belong to no instance.
const SHARED_KEY: u64 = 0;
const UNSIGNED_KEY: u64 = 1;
/// Keys of instances' listeners begin here.
const INSTANCE_KEYS: u64 = 1 << 32;

fn key_of(instance: InstanceNo) -> u64 {
    INSTANCE_KEYS + u64::from(instance.0)
}

/// The open TCP door.
pub struct Remoting {
    listen: IpAddr,
    shared_address: SocketAddr,
    acceptor: Acceptor,
    loops: Vec<mpsc::UnboundedSender<Order>>,
    ports: Mutex<HashMap<InstanceNo, (u16, ListenerState)>>,
    shared: Arc<Shared>,
}

impl Remoting {
    /// Listens on the shared port, and on the one for unsigned clients where it is configured, and
    /// starts the event loops. Ports of instances are opened one by one ([`Remoting::open`]).
    pub fn start(ops: Arc<Operations>, config: &TcpConfig) -> Result<Self, ListenError> {
        let limits = Limits { connections: config.connections_max, ..Limits::default() };
        Self::start_within(ops, config, limits)
    }

    fn start_within(ops: Arc<Operations>, config: &TcpConfig, limits: Limits) -> Result<Self, ListenError> {
        let bind = |port| {
            let address = SocketAddr::new(config.listen, port);
            listener::bind(address).map_err(|source| ListenError { address, source })
        };
        let shared_listener = bind(config.port)?;
        let unsigned = match &config.unsigned_listener {
            Some(unsigned) => Some((bind(unsigned.port)?, unsigned.instance.as_str())),
            None => None,
        };
        let wanted = SocketAddr::new(config.listen, config.port);
        let failed = |source| ListenError { address: wanted, source };
        let shared_address = shared_listener.local_addr().map_err(failed)?;
        ops.set_shared_port(shared_address.port());
        let shared =
            Arc::new(Shared { ops, admission: Arc::new(Admission::new(limits)), accepted: AtomicUsize::new(0) });
        let loops: Result<Vec<_>, _> = (0..loop_count(config)).map(|_| event_loop::start(shared.clone())).collect();
        let loops = loops.map_err(failed)?;
        let acceptor = Acceptor::start(shared.clone(), loops.clone()).map_err(failed)?;
        acceptor.open(SHARED_KEY, shared_listener, Entrance::Shared);
        if let Some((listener, instance)) = unsigned {
            acceptor.open(UNSIGNED_KEY, listener, Entrance::Unsigned(instance.into()));
        }
        Ok(Self { listen: config.listen, shared_address, acceptor, loops, ports: Mutex::default(), shared })
    }

    /// Address of the shared port.
    pub fn shared_address(&self) -> SocketAddr {
        self.shared_address
    }

    /// Opens an instance's own port, or moves it to another. A port that is busy is the state of that
    /// instance, not an error of the broker.
    pub fn open(&self, instance: InstanceNo, port: u16) -> ListenerState {
        let mut ports = self.ports.lock();
        if let Some((open, state @ ListenerState::Listening(_))) = ports.get(&instance) {
            if *open == port {
                return state.clone();
            }
            self.acceptor.close(key_of(instance));
        }
        let address = SocketAddr::new(self.listen, port);
        let bound = listener::bind(address).and_then(|listener| Ok((listener.local_addr()?, listener)));
        let state = match bound {
            Ok((address, listener)) => {
                self.acceptor.open(key_of(instance), listener, Entrance::Instance(instance));
                ListenerState::Listening(address)
            }
            Err(error) => {
                tracing::warn!(%error, %address, %instance, "the port of an instance can't be listened on");
                ListenerState::Unavailable(format!("port {port}: {error}"))
            }
        };
        ports.insert(instance, (port, state.clone()));
        state
    }

    /// Closes an instance's port. Its connections end with the instance itself, at the recheck that
    /// follows every change of the metadata.
    pub fn close(&self, instance: InstanceNo) {
        if let Some((_, ListenerState::Listening(_))) = self.ports.lock().remove(&instance) {
            self.acceptor.close(key_of(instance));
        }
    }

    /// `None`: the instance has no port here.
    pub fn state(&self, instance: InstanceNo) -> Option<ListenerState> {
        self.ports.lock().get(&instance).map(|(_, state)| state.clone())
    }

    /// Pulls that are held now.
    pub fn held_pulls(&self) -> usize {
        self.shared.admission.held_pulls()
    }

    /// Connections that are open now.
    pub fn connections(&self) -> usize {
        self.shared.admission.connections()
    }

    /// Ports first, then held pulls, then what is still to be answered, then all connections.
    /// [`Operations::begin_stop`] comes before it, so that sends are refused in the meantime.
    pub async fn stop(&self) {
        self.acceptor.stop();
        let stops: Vec<_> = self
            .loops
            .iter()
            .filter_map(|event_loop| {
                let (done, stopped) = oneshot::channel();
                event_loop.send(Order::Stop(done)).ok().map(|()| stopped)
            })
            .collect();
        for stopped in stops {
            // A loop that is gone already has stopped as well.
            let _ = stopped.await;
        }
    }
}

fn loop_count(config: &TcpConfig) -> usize {
    if config.loops > 0 {
        return config.loops;
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    cores.saturating_sub(1).max(1)
}
