//! What the broker knows of instances, Topics and groups: in memory, fed by the server, which keeps
//! the truth in its catalogue.

mod names;
pub mod system_topic;
mod tables;

pub use names::{NameError, NameKind, WireName, legal_local_name};
pub use tables::{GroupEntry, InstanceEntry, Metadata, QueueSlot, TopicEntry, Waiter};

use std::sync::Arc;

use crate::store::Durability;
use crate::types::{AccountNo, GroupNo, InstanceNo, TopicNo};

/// A tenant's namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub no: InstanceNo,
    pub account: AccountNo,
    /// `MQ_INST_<uid>_<8>`: the prefix of its names on the wire and the broker name of its routes.
    pub id: Arc<str>,
    /// `MSG_REGION` of its send answers.
    pub region: Arc<str>,
    /// Its own TCP port; a connection to it belongs to this instance.
    pub port: u16,
}

/// Decided by the Topic, the delay and the transaction properties alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MessageType {
    Normal,
    PartitionOrder,
    GlobalOrder,
    Scheduled,
    Transaction,
}

/// One life of a Topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub no: TopicNo,
    pub instance: InstanceNo,
    /// Local name, 3–64 characters.
    pub name: Arc<str>,
    pub message_type: MessageType,
    /// 1..=64
    pub queues: u16,
    pub durability: Durability,
    pub created_at_ms: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupProtocol {
    Tcp,
    Http,
}

/// One life of a Group ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub no: GroupNo,
    pub instance: InstanceNo,
    /// Local name with its `GID_` or `GID-` prefix.
    pub name: Arc<str>,
    pub protocol: GroupProtocol,
    pub created_at_ms: i64,
    /// Log position at creation ([`crate::Broker::log_mark`]): the group starts with what was
    /// stored at or after it (R23a).
    pub start_position: u64,
}

/// Everything of the catalogue that the broker holds.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    pub instances: Vec<Instance>,
    pub topics: Vec<Topic>,
    pub groups: Vec<Group>,
}

/// Highest numbers ever given out, kept by the store so that a catalogue restored from an older
/// backup can't give one out again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HighWater {
    pub account: u32,
    pub instance: u32,
    pub topic: u64,
    pub group: u64,
}
