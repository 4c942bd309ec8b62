//! What the console and the management platform ask the broker: figures and findings, protocol-free.
//! The data is here; the operations that find it are in [`crate::operations`].
//!
//! Every figure is read when it is asked for; nothing here is a default. What can't be read comes
//! back as an error, never as zero.

pub(crate) mod high_water;
pub(crate) mod refusals;

use std::net::SocketAddr;
use std::sync::Arc;

use crate::types::{AccountNo, GroupNo, InstanceNo, TopicNo};

/// A message as found, without its body: properties parsed.
#[derive(Clone, Debug)]
pub struct MessageView {
    pub account: AccountNo,
    pub instance: InstanceNo,
    pub topic: TopicNo,
    /// Local Topic name, as stored in the record.
    pub topic_name: String,
    pub queue_id: u16,
    pub queue_offset: i64,
    /// What the send call returned: the client's unique id, else the offset id.
    pub message_id: String,
    pub offset_id: String,
    pub tag: Option<String>,
    pub keys: Vec<String>,
    /// In stored order, reserved names included.
    pub properties: Vec<(String, String)>,
    pub body_bytes: u32,
    pub body_crc: u32,
    pub sys_flag: i32,
    pub flag: i32,
    pub reconsume_times: i32,
    /// The client's clock.
    pub born_at_ms: i64,
    pub stored_at_ms: i64,
    /// True address of the sender.
    pub born_from: SocketAddr,
    pub store_host: String,
    /// Bytes of the whole stored record.
    pub size: u32,
}

/// Why a search by id found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotFound {
    /// Not the form of any Message ID.
    Malformed,
    /// Well formed, not among what is kept. `oldest_ms` is the store time of the oldest message that
    /// the instance asked for keeps, `None` when it has none. Sent after that: never stored.
    NotKept { oldest_ms: Option<i64> },
    /// An offset id that names a place in the log older than all that is kept, or a message of a
    /// Topic that was deleted.
    Expired { oldest_ms: Option<i64> },
    /// It is in another instance of the same account. `oldest_ms` is of the instance asked for.
    OtherInstance { instance: InstanceNo, oldest_ms: Option<i64> },
    /// The search stopped at its limit (1,000,000 records or 5 s) without finding it.
    Stopped,
}

#[derive(Clone, Debug)]
pub enum Lookup {
    /// Newest first: a unique id can have been stored more than once (a client's retry).
    Found(Vec<MessageView>),
    NotFound(NotFound),
}

/// A page of a search. Pages are stable while new messages arrive: the cursor is a place in the log.
#[derive(Clone, Debug)]
pub struct MessagePage {
    /// Newest first.
    pub messages: Vec<MessageView>,
    /// Give it back for the next older page; `None` on the last.
    pub older: Option<String>,
    /// The search stopped at its limit (1,000,000 records or 5 s) before the end of the range.
    pub partial: bool,
    /// Oldest and newest message kept of the Topic, or of the instance when none is named. A search
    /// by key fills both only when it found nothing.
    pub oldest_ms: Option<i64>,
    pub newest_ms: Option<i64>,
}

/// Search by Topic and store time, `from_ms <= stored < to_ms`.
#[derive(Clone, Debug)]
pub struct TimeSearch {
    pub topic: TopicNo,
    pub from_ms: i64,
    pub to_ms: i64,
    pub cursor: Option<String>,
    /// 1..=100
    pub count_max: usize,
}

/// Search by key in an instance, in one Topic when named.
#[derive(Clone, Debug)]
pub struct KeySearch {
    pub instance: InstanceNo,
    pub topic: Option<TopicNo>,
    pub key: String,
    pub from_ms: i64,
    pub to_ms: i64,
    /// 1..=64
    pub count_max: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueStatus {
    pub queue_id: u16,
    pub min_offset: i64,
    pub max_offset: i64,
    pub last_stored_at_ms: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicStatus {
    pub topic: TopicNo,
    /// Messages kept over all queues.
    pub messages: u64,
    pub last_stored_at_ms: Option<i64>,
    pub queues: Vec<QueueStatus>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsumeModel {
    Clustering,
    Broadcasting,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsumeKind {
    Push,
    Pull,
    Pop,
}

/// One connected client of a group.
#[derive(Clone, Debug)]
pub struct ConsumerClient {
    pub client_id: String,
    pub address: SocketAddr,
    pub language: String,
    /// `4.9.8`, or the number the client sent where it is of no known release.
    pub version: String,
    pub last_heartbeat_ms: i64,
    pub connected_at_ms: i64,
    pub model: ConsumeModel,
    pub kind: ConsumeKind,
    /// RocketMQ's name, for example `CONSUME_FROM_LAST_OFFSET`.
    pub consume_from: String,
    pub subscriptions: Vec<Subscription>,
    /// Another live connection of the group uses the same client id.
    pub id_shared: bool,
}

/// What one client subscribes of one Topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Local name, as the client wrote it after removing the instance prefix.
    pub topic_name: String,
    /// `None`: no such Topic in the instance.
    pub topic: Option<TopicNo>,
    /// `TAG` or `SQL92`
    pub expression_type: String,
    pub expression: String,
}

/// Whether the online clients of a group subscribe alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consistency {
    /// Nobody is online: nothing to compare.
    NoClients,
    Consistent,
    Inconsistent(Vec<Difference>),
}

/// One client that differs from what most of its group does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    pub client_id: String,
    pub address: SocketAddr,
    /// Empty: the consumption model differs; `has` and `others` are `CLUSTERING` or `BROADCASTING`.
    pub topic_name: String,
    /// What this client subscribes of the Topic, `None`: it does not subscribe it.
    pub has: Option<String>,
    /// What the others subscribe of it, `None`: they do not subscribe it.
    pub others: Option<String>,
    /// How many clients do what `others` says; further ones may do yet something else.
    pub others_count: usize,
    /// Wall time since when it differs.
    pub since_ms: i64,
}

#[derive(Clone, Debug)]
pub struct GroupStatus {
    pub group: GroupNo,
    pub clients: Vec<ConsumerClient>,
    pub consistency: Consistency,
    /// One row for each queue of each Topic that the group has committed or subscribes.
    pub progress: Vec<QueueProgress>,
    /// Where it starts where it has no progress: store time of the mark taken at its creation.
    pub starts_from_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueProgress {
    pub topic: TopicNo,
    pub topic_name: String,
    pub queue_id: u16,
    /// `None`: nothing committed yet.
    pub committed: Option<i64>,
    /// Where the group goes on: committed, else its start.
    pub position: i64,
    pub max_offset: i64,
    /// Messages between position and end. Holes and expired messages are left out.
    pub waiting: u64,
    pub last_committed_ms: Option<i64>,
}

/// One connected producer of an instance.
#[derive(Clone, Debug)]
pub struct ProducerClient {
    /// As registered, without the instance prefix; not necessarily a Group ID of the catalogue.
    pub group_name: String,
    pub client_id: String,
    pub address: SocketAddr,
    pub language: String,
    pub version: String,
    pub last_heartbeat_ms: i64,
}

/// Who can be shown a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalOwner {
    Account(AccountNo),
    Operator,
}

/// Why a connection or a request was refused. The console has a text and a cure for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RefusalReason {
    NoSignature,
    /// Unknown key, disabled key and wrong signature look alike to the client; here they differ.
    UnknownKey,
    DisabledKey,
    WrongSignature,
    KeyChanged,
    TopicUnknown,
    GroupUnknown,
    GroupIsHttp,
    OtherInstance,
    NotGranted,
    BareNameOnSharedPort,
    WrongMessageType,
    MessageIllegal,
    UnsupportedRequest,
    MalformedFrame,
    FrameTooLarge,
    LimitReached,
    StoreFull,
}

/// Refusals of one kind from one place, counted together.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub owner: RefusalOwner,
    pub instance: Option<InstanceNo>,
    pub reason: RefusalReason,
    /// IP without port.
    pub from: std::net::IpAddr,
    pub key_id: Option<Arc<str>>,
    pub client_id: Option<String>,
    pub language: String,
    pub version: String,
    pub request_code: Option<i32>,
    /// Topic or Group ID that was named.
    pub resource: Option<String>,
    /// The remark that the client got.
    pub remark: String,
    pub first_ms: i64,
    pub last_ms: i64,
    pub count: u64,
    /// Of `count`, those of the last 24 hours.
    pub count_of_day: u64,
}

/// First times of an instance, for the checklist of the overview.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Milestones {
    pub producer_seen: bool,
    pub message_stored: bool,
    pub consumer_online: bool,
}

/// State of an instance's own port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListenerState {
    Listening(SocketAddr),
    /// The operating system's reason, in words.
    Unavailable(String),
}

/// The store, for the system page and readiness.
#[derive(Clone, Debug)]
pub struct StoreStatus {
    pub bytes_used: u64,
    pub disk_bytes: u64,
    pub disk_bytes_free: u64,
    /// Sends are refused because the disk is full.
    pub refusing: bool,
    pub retention_ms: i64,
    pub oldest_ms: Option<i64>,
    pub newest_ms: Option<i64>,
    /// Ranges that were set aside as damaged, in words, oldest first.
    pub quarantined: Vec<String>,
}
