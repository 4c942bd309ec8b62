//! The broker as a library: no SQL, no console, no browser-facing HTTP.
//!
//! [`Broker`] is the front door. The server feeds it the catalogue, asks it for figures, and lets
//! its TCP doors serve clients; another engine could answer the same operations.

pub mod access;
pub mod admin;
pub mod client_table;
pub mod clock;
pub mod config;
pub mod delivery;
pub mod metadata;
pub mod namesrv;
pub mod operations;
pub mod protocol;
pub mod store;
pub mod types;

use std::net::SocketAddr;
use std::sync::Arc;

use access::Access;
use admin::{
    GroupStatus, KeySearch, ListenerState, Lookup, MessagePage, Milestones, ProducerClient, Refusal, RefusalOwner,
    StoreStatus, TimeSearch, TopicStatus,
};
use clock::Clock;
use config::Config;
use metadata::{Catalogue, Group, HighWater, Instance, Topic};
use store::StoreError;
use types::{AccountNo, GroupNo, InstanceNo, TopicNo};

/// A running broker. Cheap to clone; all clones are the same broker.
#[derive(Clone)]
pub struct Broker {}

/// Why the broker did not start. A damaged store is not among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store in {dir} was written by a newer version ({found}); this version reads up to {supported}")]
    NewerStore { dir: String, found: String, supported: String },
    #[error("the store in {dir} is in use by another process")]
    InUse { dir: String },
    #[error("the store in {dir} can't be opened: {source}")]
    Store { dir: String, source: StoreError },
    #[error("TCP port {address} can't be listened on: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
}

/// A message that the server itself sends: the console's test message.
#[derive(Clone, Debug)]
pub struct OutgoingMessage {
    pub topic: TopicNo,
    pub tag: Option<String>,
    /// Words separated by spaces.
    pub keys: Option<String>,
    /// Further properties.
    pub properties: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// Where the person who sends it sits.
    pub from: SocketAddr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    pub message_id: String,
    pub offset_id: String,
    pub queue_id: u16,
    pub queue_offset: i64,
    pub stored_at_ms: i64,
}

/// Why a message was not stored. Nothing of it is kept.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    #[error("no such Topic")]
    TopicUnknown,
    #[error("the Topic takes {expected} messages, this one is {actual}")]
    WrongType { expected: &'static str, actual: &'static str },
    #[error("{what}")]
    Illegal { what: String },
    #[error("queue {queue_id} does not exist: the Topic has {queues}")]
    QueueUnknown { queue_id: i32, queues: u16 },
    #[error("the disk is full: nothing is stored until space returns")]
    Full,
    #[error("the broker is stopping")]
    Stopping,
    #[error("{0}")]
    Store(#[from] StoreError),
}

#[expect(clippy::unimplemented, unused_variables, reason = "signatures agreed first")]
impl Broker {
    /// Opens the store, recovers it and listens on the shared port and the ports of `catalogue`.
    pub async fn start(
        config: Config,
        catalogue: Catalogue,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
    ) -> Result<Broker, StartError> {
        unimplemented!()
    }

    /// Doors first, then held pulls, then the last flush. Returns when all is on disk.
    pub async fn stop(&self) {
        unimplemented!()
    }

    /// Resolves when the log can't be written any more (threats R14): the process must end.
    pub async fn failed(&self) -> String {
        unimplemented!()
    }

    /// Address of the shared port.
    pub fn tcp_address(&self) -> SocketAddr {
        unimplemented!()
    }

    /// Adds or changes an instance and opens its port.
    pub fn put_instance(&self, instance: Instance) -> ListenerState {
        unimplemented!()
    }

    /// Closes its port and its connections.
    pub fn remove_instance(&self, instance: InstanceNo) {
        unimplemented!()
    }

    /// Usable by the very next request.
    pub fn put_topic(&self, topic: Topic) {
        unimplemented!()
    }

    pub fn remove_topic(&self, topic: TopicNo) {
        unimplemented!()
    }

    pub fn put_group(&self, group: Group) {
        unimplemented!()
    }

    pub fn remove_group(&self, group: GroupNo) {
        unimplemented!()
    }

    /// Makes the broker's tables equal to the catalogue; returns what differed, in words.
    pub fn reconcile(&self, catalogue: Catalogue) -> Vec<String> {
        unimplemented!()
    }

    /// Highest numbers that the store has seen.
    pub fn high_water(&self) -> HighWater {
        unimplemented!()
    }

    /// Remembers numbers durably before they are used.
    pub fn raise_high_water(&self, numbers: HighWater) -> Result<(), StoreError> {
        unimplemented!()
    }

    /// A durable place in the log: later messages lie behind it, also after a crash. Taken when a
    /// Group ID is made.
    pub fn log_mark(&self) -> Result<u64, StoreError> {
        unimplemented!()
    }

    /// Keys, users or grants changed: open connections are checked again and closed within 5 s
    /// where their key is gone.
    pub fn access_changed(&self) {
        unimplemented!()
    }

    pub fn listener(&self, instance: InstanceNo) -> Option<ListenerState> {
        unimplemented!()
    }

    /// Stores a message; resolves when it is acknowledged.
    pub async fn send(&self, message: OutgoingMessage) -> Result<Receipt, SendError> {
        unimplemented!()
    }

    /// Any form of Message ID, without naming a Topic. Searches all instances of the account, so
    /// that one of another instance can be named.
    pub fn find_by_id(&self, account: AccountNo, instance: InstanceNo, id: &str) -> Result<Lookup, StoreError> {
        unimplemented!()
    }

    pub fn find_by_key(&self, search: &KeySearch) -> Result<MessagePage, StoreError> {
        unimplemented!()
    }

    pub fn find_by_time(&self, search: &TimeSearch) -> Result<MessagePage, StoreError> {
        unimplemented!()
    }

    /// `None`: no such Topic.
    pub fn topic_status(&self, topic: TopicNo) -> Option<Result<TopicStatus, StoreError>> {
        unimplemented!()
    }

    /// Groups with a client online that subscribes the Topic, or with progress in it.
    pub fn topic_groups(&self, topic: TopicNo) -> Vec<GroupNo> {
        unimplemented!()
    }

    /// `None`: no such group.
    pub fn group_status(&self, group: GroupNo) -> Option<Result<GroupStatus, StoreError>> {
        unimplemented!()
    }

    pub fn producers(&self, instance: InstanceNo) -> Vec<ProducerClient> {
        unimplemented!()
    }

    /// Newest first.
    pub fn refusals(&self, owner: RefusalOwner) -> Vec<Refusal> {
        unimplemented!()
    }

    pub fn milestones(&self, instance: InstanceNo) -> Milestones {
        unimplemented!()
    }

    pub fn store_status(&self) -> StoreStatus {
        unimplemented!()
    }
}
