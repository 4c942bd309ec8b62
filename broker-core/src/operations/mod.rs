//! What clients and the console can do, protocol-free: one file for each operation.
//!
//! A door parses a request, locates what it names ([`Operations::locate_topic`] asks `access` on the
//! way), calls one operation and maps its error; no rule lives in a door. Operations are plain
//! synchronous calls. What has to wait for the disk is completed by the watermark: see
//! [`send::SendBatch`] and [`crate::delivery::mailbox::Mailbox`].

pub mod catalogue;
mod find;
pub mod heartbeat;
pub mod locate;
pub mod lookup;
pub(crate) mod milestones;
pub mod offset;
pub mod pull;
pub mod refuse;
pub mod route;
pub mod send;
mod status;
mod view;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};

use crate::access::Access;
use crate::admin::high_water::HighWaterMark;
use crate::admin::refusals::RefusalLog;
use crate::client_table::remembered::RememberedTopics;
use crate::client_table::{ClientTable, Door, Session};
use crate::clock::Clock;
use crate::delivery::consumer_offset::ConsumerOffsets;
use crate::delivery::former_lives::FormerLives;
use crate::delivery::long_polling::LongPolling;
use crate::delivery::mailbox::{ConnectionId, Mailbox};
use crate::metadata::{InstanceEntry, Metadata};
use crate::protocol::message_id::UniqueIds;
use crate::store::{SharedStore, StateLog, StoreError, Watermarks};

pub use locate::{Caller, LocateError, Located, Target};

/// Everything that operations work on. Shared by all loops and by the front door.
pub struct Operations {
    pub store: SharedStore,
    pub metadata: Metadata,
    pub offsets: ConsumerOffsets,
    pub clients: ClientTable,
    pub long_polling: Arc<LongPolling>,
    pub access: Arc<dyn Access>,
    pub clock: Arc<dyn Clock>,
    pub(crate) refusals: RefusalLog,
    pub(crate) state: Arc<StateLog>,
    pub(crate) high_water: HighWaterMark,
    pub(crate) remembered: RememberedTopics,
    pub(crate) former_lives: FormerLives,
    /// Host in routes: an IPv4 address or a name.
    pub advertised_host: String,
    /// Host in stored records and offset ids.
    pub advertised_ipv4: Ipv4Addr,
    pub(crate) shared_port: AtomicU16,
    pub(crate) unique_ids: UniqueIds,
    stopping: AtomicBool,
    connections: AtomicU64,
}

/// What operations are built from.
pub struct Parts {
    pub store: SharedStore,
    /// Committed offsets.
    pub offset_log: Arc<StateLog>,
    /// High-water numbers and milestones.
    pub state: Arc<StateLog>,
    /// The same that the store reports its progress to.
    pub long_polling: Arc<LongPolling>,
    pub metadata: Metadata,
    pub access: Arc<dyn Access>,
    pub clock: Arc<dyn Clock>,
    pub advertised_host: String,
    pub advertised_ipv4: Ipv4Addr,
}

impl Operations {
    pub fn new(parts: Parts) -> Self {
        let offsets = ConsumerOffsets::recover(parts.offset_log);
        let ops = Self {
            high_water: HighWaterMark::recover(&parts.state),
            remembered: RememberedTopics::recover(parts.state.clone()),
            former_lives: FormerLives::recover(parts.state.clone()),
            unique_ids: UniqueIds::new(parts.advertised_ipv4, std::process::id(), rand::random()),
            store: parts.store,
            metadata: parts.metadata,
            offsets,
            clients: ClientTable::default(),
            long_polling: parts.long_polling,
            access: parts.access,
            clock: parts.clock,
            refusals: RefusalLog::default(),
            state: parts.state,
            advertised_host: parts.advertised_host,
            advertised_ipv4: parts.advertised_ipv4,
            shared_port: AtomicU16::new(0),
            stopping: AtomicBool::new(false),
            connections: AtomicU64::new(1),
        };
        ops.recover_milestones();
        ops
    }

    /// Adds an event loop: its number, and the mailbox that wakes it.
    pub fn add_loop(&self) -> (u16, Arc<Mailbox>) {
        self.long_polling.mailboxes.add()
    }

    /// The port that clients without an instance of their own connect to.
    pub fn set_shared_port(&self, port: u16) {
        self.shared_port.store(port, Ordering::Release);
    }

    /// A connection was accepted on the listener at `port`.
    pub fn connect(&self, loop_no: u16, door: Door, port: u16, address: SocketAddr) -> Session {
        let id = ConnectionId(self.connections.fetch_add(1, Ordering::Relaxed));
        Session::new(id, loop_no, door, port, address, self.clock.wall_ms())
    }

    /// A connection is gone. Its held pulls are taken out by the loop ([`Operations::unpark`]).
    pub fn disconnect(&self, session: &Session) {
        let notices = self.clients.disconnect(session.id);
        self.long_polling.mailboxes.notify(notices);
    }

    /// Call once after a turn's appends. When it returns, look at [`Operations::watermarks`].
    pub fn submit(&self) {
        self.store.submit();
    }

    /// How far the log has come; an answer goes out when the mark of its durability is at or past
    /// its end.
    pub fn watermarks(&self) -> Watermarks {
        self.store.watermarks()
    }

    /// Why the log can't be written any more; sends that wait will never be acknowledged.
    pub fn failed(&self) -> Option<&str> {
        self.long_polling.failure().why()
    }

    /// From now on sends are refused; reads, commits and leaves go on until the doors are shut.
    pub fn begin_stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
        self.long_polling.mailboxes.recheck();
    }

    /// Last progress, then the last write and fdatasync of the log.
    pub(crate) fn close(&self) -> Result<(), StoreError> {
        let state = self.offsets.sync().and(self.state.sync());
        self.store.close().and(state)
    }

    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Rises when anything that [`Operations::locate_topic`] and its kin looked at may have
    /// changed: caches are valid while it stays.
    pub fn epochs(&self) -> (u64, u64) {
        (self.metadata.epoch(), self.access.epoch())
    }

    /// `host:port` of an instance's own endpoint.
    pub(crate) fn endpoint(&self, instance: &InstanceEntry) -> String {
        format!("http://{}:{}", self.advertised_host, instance.instance.port)
    }
}

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
