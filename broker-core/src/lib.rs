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
pub mod limits;
pub mod metadata;
pub mod namesrv;
pub mod operations;
pub mod protocol;
pub mod remoting;
pub mod store;
pub mod types;

mod broker;

use std::net::SocketAddr;

pub use broker::Broker;
use store::StoreError;
use types::TopicNo;

/// Why the broker did not start. A damaged store is not among the reasons.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the store in {dir} was written by a newer version ({found}); this version reads up to {supported}")]
    NewerStore { dir: String, found: String, supported: String },
    #[error("the store in {dir} is in use by another process; stop that one, or give this one another data folder")]
    InUse { dir: String },
    #[error("the store in {dir} can't be opened: {source}")]
    Store { dir: String, source: StoreError },
    #[error(
        "TCP port {address} can't be listened on: {source}; stop what listens there, or set another port in tcp.listen"
    )]
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
    #[error("the disk did not confirm the message in time: it may or may not be kept")]
    Unconfirmed,
    #[error("{0}")]
    Store(#[from] StoreError),
}
