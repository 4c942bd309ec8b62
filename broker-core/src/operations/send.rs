//! Sending: checks, the record, one append for a whole turn of a loop.
//!
//! ```text
//! push (check and encode, any number) → append (all under one lock) → submit → watermark ≥ end → answer
//! ```
//!
//! SEND-1: nothing of a refused message or batch reaches the store. SEND-2: an answer of success
//! waits for the watermark of the Topic's durability.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::{Operations, milestones};
use crate::SendError;
use crate::client_table::Session;
use crate::limits::{self, FLUSH_MAX};
use crate::metadata::{MessageType, TopicEntry};
use crate::protocol::message::{NewMessage, sys_flag};
use crate::protocol::message_batch;
use crate::protocol::properties::{Properties, name};
use crate::store::{Append, Appended, Durability, StoreError};
use crate::types::QueueKey;

mod properties;

use properties::Examined;

/// A send as a client asked for it.
#[derive(Clone, Copy, Debug)]
pub struct SendRequest<'a> {
    pub topic: &'a Arc<TopicEntry>,
    /// Negative: the server takes the next queue.
    pub queue_id: i32,
    pub sys_flag: i32,
    /// The client's clock.
    pub born_at_ms: i64,
    pub flag: i32,
    pub reconsume_times: i32,
    /// Property text. Of a batch: the elements have their own.
    pub properties: &'a str,
    pub body: &'a [u8],
    /// The body is a batch.
    pub batch: bool,
    pub from: SocketAddr,
}

/// What became of one send; its records are stored when the watermark is at or past
/// [`Sent::end`].
#[derive(Clone, Copy, Debug)]
pub struct Sent<'b> {
    pub topic: &'b Arc<TopicEntry>,
    pub queue_id: u16,
    /// One for a message, in order for a batch. Never empty.
    pub records: &'b [Appended],
    /// Unique id of the (first) message.
    pub unique_id: &'b str,
    pub store_host: SocketAddrV4,
}

impl Sent<'_> {
    pub fn durability(&self) -> Durability {
        self.topic.topic.durability
    }

    pub fn end(&self) -> u64 {
        self.records.last().map_or(0, |r| r.end)
    }

    /// Offset in the queue of the first record.
    pub fn queue_offset(&self) -> i64 {
        self.records.first().map_or(0, |r| r.queue_offset)
    }
}

#[derive(Debug)]
struct Record {
    bytes: Range<usize>,
    keys: SmallVec<[Range<usize>; 4]>,
    tags_code: i64,
}

#[derive(Debug)]
struct Send {
    topic: Arc<TopicEntry>,
    queue: QueueKey,
    from: SocketAddr,
    records: Range<usize>,
    unique_id: Range<usize>,
}

/// The sends of one turn of a loop. Kept and used again, so that a send allocates nothing.
#[derive(Default)]
pub struct SendBatch {
    bytes: Vec<u8>,
    keys: String,
    properties: String,
    records: Vec<Record>,
    sends: Vec<Send>,
    appended: Vec<Appended>,
    spare_appends: Vec<Append<'static>>,
    spare_keys: Vec<&'static str>,
}

/// Above this the buffer of a batch is given back after use.
const BUFFER_KEPT_MAX: usize = 1 << 20;

impl SendBatch {
    /// Checks a send and encodes it; returns its number in the batch. On error nothing of it is in
    /// the batch.
    pub fn push(&mut self, ops: &Operations, request: &SendRequest<'_>) -> Result<usize, SendError> {
        if ops.stopping() {
            return Err(SendError::Stopping);
        }
        if !request.topic.alive() {
            // Another entry of the same life: something about the Topic or its instance changed.
            let topic = &ops.metadata.topic(request.topic.topic.no).ok_or(SendError::TopicUnknown)?;
            return self.push_checked(ops, &SendRequest { topic, ..*request });
        }
        self.push_checked(ops, request)
    }

    fn push_checked(&mut self, ops: &Operations, request: &SendRequest<'_>) -> Result<usize, SendError> {
        let topic = request.topic;
        let queue = pick_queue(topic, request.queue_id)?;
        let sys_flag = check_sys_flag(request)?;
        let (bytes_before, keys_before, records_before) = (self.bytes.len(), self.keys.len(), self.records.len());
        let done = if request.batch {
            self.push_elements(ops, request, queue, sys_flag)
        } else {
            self.push_record(ops, request, queue, sys_flag, request.flag, request.body, request.properties)
        };
        match done {
            Ok(unique_id) => {
                self.sends.push(Send {
                    topic: topic.clone(),
                    queue,
                    from: request.from,
                    records: records_before..self.records.len(),
                    unique_id,
                });
                Ok(self.sends.len() - 1)
            }
            Err(error) => {
                self.bytes.truncate(bytes_before);
                self.keys.truncate(keys_before);
                self.records.truncate(records_before);
                Err(error)
            }
        }
    }

    fn push_elements(
        &mut self,
        ops: &Operations,
        request: &SendRequest<'_>,
        queue: QueueKey,
        sys_flag: i32,
    ) -> Result<Range<usize>, SendError> {
        if request.body.len() > limits::BATCH_BYTES_MAX {
            return Err(too_large("batch", request.body.len(), limits::BATCH_BYTES_MAX));
        }
        if sys_flag & sys_flag::COMPRESSED != 0 {
            return illegal("a batch can't be compressed as a whole");
        }
        let elements = message_batch::decode(request.body).map_err(|e| SendError::Illegal { what: e.to_string() })?;
        if request.topic.topic.message_type != MessageType::Normal
            && request.topic.topic.message_type != MessageType::PartitionOrder
            && request.topic.topic.message_type != MessageType::GlobalOrder
        {
            return illegal("scheduled and transaction messages can't be sent in a batch");
        }
        let mut first = None;
        for element in elements {
            let unique_id = self.push_record(
                ops,
                request,
                queue,
                sys_flag,
                element.flag,
                element.body,
                element.properties.as_str(),
            )?;
            first.get_or_insert(unique_id);
        }
        first.ok_or_else(|| SendError::Illegal { what: "the batch is empty".to_owned() })
    }

    /// Returns where the unique id lies among the keys.
    #[expect(clippy::too_many_arguments, reason = "a message and an element of a batch differ in three of them")]
    fn push_record(
        &mut self,
        ops: &Operations,
        request: &SendRequest<'_>,
        queue: QueueKey,
        sys_flag: i32,
        flag: i32,
        body: &[u8],
        properties: &str,
    ) -> Result<Range<usize>, SendError> {
        let topic = request.topic;
        if body.is_empty() {
            return illegal("the message body is empty");
        }
        if body.len() > limits::BODY_BYTES_MAX {
            return Err(too_large("message body", body.len(), limits::BODY_BYTES_MAX));
        }
        self.properties.clear();
        let examined =
            properties::examine(Properties::new(properties), &topic.instance.instance.id, &mut self.properties)?;
        check_type(topic.topic.message_type, examined.actual_type(sys_flag))?;
        let unique_id = self.note_keys(ops, &examined);
        let region = &topic.instance.instance.region;
        for (name, value) in [(name::MSG_REGION, &**region), (name::TRACE_ON, "false")] {
            properties::append(&mut self.properties, name, value);
        }
        let keys = self.key_ranges(&examined, &unique_id);
        let start = self.bytes.len();
        let message = NewMessage {
            queue_id: i32::from(queue.queue),
            flag,
            sys_flag,
            born_timestamp: request.born_at_ms,
            born_host: v4(request.from),
            store_host: store_host(ops, topic),
            reconsume_times: request.reconsume_times,
            prepared_transaction_offset: 0,
            body,
            topic: &topic.wire_name,
            properties: &self.properties,
        };
        message.encode(&mut self.bytes).map_err(|e| SendError::Illegal { what: e.to_string() })?;
        self.records.push(Record { bytes: start..self.bytes.len(), keys, tags_code: examined.tags_code() });
        Ok(unique_id)
    }

    /// Puts the unique id into the key text, made up where the client sent none.
    fn note_keys(&mut self, ops: &Operations, examined: &Examined<'_>) -> Range<usize> {
        let start = self.keys.len();
        match examined.unique_id {
            Some(id) => self.keys.push_str(id),
            None => {
                ops.unique_ids.push_next(&mut self.keys, ops.clock.wall_ms());
                let id = self.keys.get(start..).unwrap_or_default();
                properties::append(&mut self.properties, name::UNIQUE_KEY, id);
            }
        }
        start..self.keys.len()
    }

    /// The unique id and each token of the keys, each once.
    fn key_ranges(&mut self, examined: &Examined<'_>, unique_id: &Range<usize>) -> SmallVec<[Range<usize>; 4]> {
        let mut ranges = SmallVec::new();
        ranges.push(unique_id.clone());
        for token in examined.key_tokens() {
            let known = ranges.iter().any(|r: &Range<usize>| self.keys.get(r.clone()) == Some(token));
            if !known {
                let start = self.keys.len();
                self.keys.push_str(token);
                ranges.push(start..self.keys.len());
            }
        }
        ranges
    }

    pub fn len(&self) -> usize {
        self.sends.len()
    }

    pub fn is_empty(&self) -> bool {
        self.sends.is_empty()
    }

    /// Appends everything pushed, under one lock. On error nothing of the batch is stored. Follow it
    /// by one [`Operations::submit`] for the turn.
    pub fn append(&mut self, ops: &Operations) -> Result<(), SendError> {
        self.appended.clear();
        if self.sends.is_empty() {
            return Ok(());
        }
        let result = self.append_records(ops);
        if let Err(error) = result {
            return Err(match error {
                StoreError::Full => SendError::Full,
                other => SendError::Store(other),
            });
        }
        for send in &self.sends {
            let end = self.appended.get(send.records.clone()).and_then(<[_]>::last).map_or(0, |r| r.end);
            ops.long_polling.appended(&send.topic, send.queue.queue, end);
            ops.reach(&send.topic.instance, milestones::MESSAGE_STORED);
        }
        Ok(())
    }

    fn append_records(&mut self, ops: &Operations) -> Result<(), StoreError> {
        let mut keys: Vec<&str> = reuse(std::mem::take(&mut self.spare_keys));
        for range in self.records.iter().flat_map(|r| &r.keys) {
            keys.push(self.keys.get(range.clone()).unwrap_or_default());
        }
        let mut appends: Vec<Append<'_>> = reuse(std::mem::take(&mut self.spare_appends));
        let (mut keys_rest, mut bytes_rest) = (keys.as_slice(), self.bytes.as_mut_slice());
        for send in &self.sends {
            let instance = &send.topic.instance.instance;
            for record in self.records.get(send.records.clone()).unwrap_or_default() {
                let (own_keys, rest) = keys_rest.split_at(record.keys.len());
                keys_rest = rest;
                let (message, rest) = std::mem::take(&mut bytes_rest).split_at_mut(record.bytes.len());
                bytes_rest = rest;
                appends.push(Append {
                    account: instance.account,
                    instance: instance.no,
                    queue: send.queue,
                    durability: send.topic.topic.durability,
                    tags_code: record.tags_code,
                    keys: own_keys,
                    peer: send.from,
                    message,
                });
            }
        }
        let result = ops.store.append(&mut appends, &mut self.appended);
        self.spare_appends = reuse(appends);
        self.spare_keys = reuse(keys);
        result
    }

    /// A send after [`SendBatch::append`], by the number that [`SendBatch::push`] gave.
    pub fn sent(&self, ops: &Operations, number: usize) -> Option<Sent<'_>> {
        let send = self.sends.get(number)?;
        Some(Sent {
            topic: &send.topic,
            queue_id: send.queue.queue,
            records: self.appended.get(send.records.clone())?,
            unique_id: self.keys.get(send.unique_id.clone())?,
            store_host: store_host(ops, &send.topic),
        })
    }

    /// Empties the batch for the next turn.
    pub fn clear(&mut self) {
        if self.bytes.capacity() > BUFFER_KEPT_MAX {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        self.keys.clear();
        self.records.clear();
        self.sends.clear();
        self.appended.clear();
    }
}

/// An empty vector of another lifetime over the same memory.
fn reuse<T, U>(mut spare: Vec<T>) -> Vec<U> {
    spare.clear();
    spare.into_iter().map(|_| unreachable!("the vector was emptied")).collect()
}

impl Operations {
    /// Something was sent over this connection: its producers belong to the Topic's instance.
    pub fn note_sender(&self, session: &mut Session, topic: &TopicEntry) {
        let instance = topic.topic.instance;
        if session.sends_to != Some(instance) {
            session.sends_to = Some(instance);
            self.reach(&topic.instance, milestones::PRODUCER_SEEN);
            self.place_bare_producers(session, instance);
        }
    }

    /// Stores messages without a connection: the console's test message.
    pub(crate) fn send_now(&self, request: &SendRequest<'_>) -> Result<(crate::Receipt, Durability, u64), SendError> {
        let mut batch = SendBatch::default();
        let number = batch.push(self, request)?;
        batch.append(self)?;
        let sent = batch.sent(self, number).ok_or(SendError::TopicUnknown)?;
        let record = sent.records.first().copied().ok_or(SendError::TopicUnknown)?;
        let receipt = crate::Receipt {
            message_id: sent.unique_id.to_owned(),
            offset_id: crate::protocol::message_id::offset_id(sent.store_host, record.position),
            queue_id: sent.queue_id,
            queue_offset: record.queue_offset,
            stored_at_ms: record.stored_at_ms,
        };
        let (durability, end) = (sent.durability(), sent.end());
        self.submit();
        Ok((receipt, durability, end))
    }

    /// Resolves when the store has what [`Self::send_now`] appended up to `end`.
    ///
    /// - errors: [`SendError::Unconfirmed`] when the disk does not answer within [`FLUSH_MAX`].
    pub(crate) async fn confirm(&self, durability: Durability, end: u64) -> Result<(), SendError> {
        let reached = tokio::time::timeout(FLUSH_MAX, self.long_polling.reached(durability, end)).await;
        Ok(reached.map_err(|_| SendError::Unconfirmed)?.map_err(|why| StoreError::Poisoned { why })?)
    }
}

fn store_host(ops: &Operations, topic: &TopicEntry) -> SocketAddrV4 {
    SocketAddrV4::new(ops.advertised_ipv4, topic.instance.instance.port)
}

fn v4(address: SocketAddr) -> SocketAddrV4 {
    let ip = match address.ip() {
        IpAddr::V4(ip) => ip,
        IpAddr::V6(ip) => ip.to_ipv4_mapped().unwrap_or(Ipv4Addr::UNSPECIFIED),
    };
    SocketAddrV4::new(ip, address.port())
}

fn pick_queue(topic: &TopicEntry, queue_id: i32) -> Result<QueueKey, SendError> {
    let queues = topic.topic.queues;
    let wanted = if queue_id < 0 {
        let next = topic.next_queue.fetch_add(1, Ordering::Relaxed);
        i32::try_from(next % u32::from(queues.max(1))).unwrap_or(0)
    } else {
        queue_id
    };
    topic.queue(wanted).ok_or(SendError::QueueUnknown { queue_id, queues })
}

fn check_sys_flag(request: &SendRequest<'_>) -> Result<i32, SendError> {
    let flag = request.sys_flag;
    if flag & (sys_flag::NEED_UNWRAP | sys_flag::INNER_BATCH) != 0 {
        return illegal("the system flag has bits that only brokers set");
    }
    // Both of these bits together are a rollback; only a prepared message can be sent.
    if flag & sys_flag::TRANSACTION_COMMIT != 0 {
        return illegal("a commit or rollback can't be sent as a message");
    }
    Ok(flag & !(sys_flag::BORN_HOST_V6 | sys_flag::STORE_HOST_V6))
}

/// The one rule of message types: decided by the Topic, the delay and the transaction properties.
fn check_type(expected: MessageType, actual: MessageType) -> Result<(), SendError> {
    let wrong = || SendError::WrongType { expected: type_name(expected), actual: type_name(actual) };
    match (expected, actual) {
        // On an ordered Topic the client's queue is the order; a sharding key is not required.
        (MessageType::Normal | MessageType::PartitionOrder | MessageType::GlobalOrder, MessageType::Normal) => Ok(()),
        (MessageType::Scheduled, MessageType::Scheduled) => illegal("scheduled messages are not available yet"),
        (MessageType::Transaction, MessageType::Transaction) => illegal("transaction messages are not available yet"),
        _ => Err(wrong()),
    }
}

fn type_name(message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Normal => "normal",
        MessageType::PartitionOrder => "partitionally ordered",
        MessageType::GlobalOrder => "globally ordered",
        MessageType::Scheduled => "scheduled",
        MessageType::Transaction => "transaction",
    }
}

fn illegal<T>(what: &str) -> Result<T, SendError> {
    Err(SendError::Illegal { what: what.to_owned() })
}

fn too_large(what: &str, bytes: usize, bytes_max: usize) -> SendError {
    SendError::Illegal { what: format!("the {what} has {bytes} bytes, at most {bytes_max} are allowed") }
}
