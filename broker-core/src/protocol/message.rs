//! The message record that clients receive and that the commit log stores (format V1).
//!
//! ```text
//!  0 total size 4     20 queue offset 8      48 born host 4+4    76 prepared offset 8
//!  4 magic 4          28 physical offset 8   56 store time 8     84 body length 4, body
//!  8 body CRC 4       36 sys flag 4          64 store host 4+4      topic length 1, topic
//! 12 queue id 4       40 born time 8         72 reconsumed 4        properties length 2, properties
//! 16 flag 4
//! ```
//!
//! Written records are always V1 with IPv4 hosts, since Go and C++ clients read nothing else. The
//! reader also takes V2 (two-byte topic length) and IPv6 hosts, which other brokers write.
//! Source: Apache RocketMQ, `MessageDecoder` and `MessageExtEncoder`; vectors in
//! `tests/vectors/message/`.

use std::net::{SocketAddr, SocketAddrV4};
use std::sync::LazyLock;

use super::bytes::Reader;
use super::properties::Properties;

/// One-byte topic length.
pub const MAGIC_V1: u32 = 0xDAA3_20A7;
/// Two-byte topic length.
pub const MAGIC_V2: u32 = 0xDAA3_20AB;

/// Where the store fills in the offset in the queue.
pub const QUEUE_OFFSET_AT: usize = 20;
/// Where the store fills in the position in the log.
pub const PHYSICAL_OFFSET_AT: usize = 28;
/// Where the store fills in the store time.
pub const STORE_TIMESTAMP_AT: usize = 56;

/// Bytes of a V1 record with IPv4 hosts besides body, topic and properties.
pub const FIXED_BYTES: usize = 91;
/// The V1 length of a topic is read as a signed byte by Java clients.
pub const TOPIC_BYTES_MAX: usize = 127;
/// The length of the properties is a signed 16-bit number.
pub const PROPERTIES_BYTES_MAX: usize = 32_767;

/// Bits of a message's system flag.
pub mod sys_flag {
    /// The client compressed the body.
    pub const COMPRESSED: i32 = 0x1;
    /// Both bits of the transaction state.
    pub const TRANSACTION: i32 = 0xC;
    pub const TRANSACTION_PREPARED: i32 = 0x4;
    pub const TRANSACTION_COMMIT: i32 = 0x8;
    pub const TRANSACTION_ROLLBACK: i32 = 0xC;
    /// The born host is IPv6.
    pub const BORN_HOST_V6: i32 = 0x10;
    /// The store host is IPv6.
    pub const STORE_HOST_V6: i32 = 0x20;
    /// Set inside brokers only.
    pub const NEED_UNWRAP: i32 = 0x40;
    /// Set inside brokers only.
    pub const INNER_BATCH: i32 = 0x80;
    /// Compression type of a compressed body: 0 and 3 zlib, 1 LZ4, 2 Zstandard.
    pub const COMPRESSION_TYPE: i32 = 0x700;
}

/// What a record can't be made of.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    #[error("the Topic name has {bytes} bytes, a record carries {TOPIC_BYTES_MAX}")]
    Topic { bytes: usize },
    #[error("the properties have {bytes} bytes, a record carries {PROPERTIES_BYTES_MAX}")]
    Properties { bytes: usize },
    #[error("the record would have {bytes} bytes")]
    Size { bytes: usize },
}

/// Why bytes are not a message record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("a record ends inside its {field}")]
    Truncated { field: &'static str },
    #[error("magic {found:#010x} is of no known record")]
    Magic { found: u32 },
    #[error("total size {claimed} does not fit: fields have {actual} bytes")]
    Size { claimed: i32, actual: usize },
    #[error("port {found} is out of range")]
    Port { found: i32 },
    #[error("{field} is not UTF-8")]
    Utf8 { field: &'static str },
}

/// A message to be written. The store fills in queue offset, physical offset and store time.
#[derive(Clone, Copy, Debug)]
pub struct NewMessage<'a> {
    pub queue_id: i32,
    /// The user's flag, stored as it came.
    pub flag: i32,
    /// Without the bits for IPv6 hosts.
    pub sys_flag: i32,
    /// Milliseconds, the client's clock.
    pub born_timestamp: i64,
    pub born_host: SocketAddrV4,
    pub store_host: SocketAddrV4,
    pub reconsume_times: i32,
    pub prepared_transaction_offset: i64,
    pub body: &'a [u8],
    /// Complete name as clients see it.
    pub topic: &'a str,
    pub properties: &'a str,
}

impl NewMessage<'_> {
    /// Bytes that [`NewMessage::encode`] will append.
    pub fn encoded_bytes(&self) -> Result<usize, EncodeError> {
        if self.topic.len() > TOPIC_BYTES_MAX {
            return Err(EncodeError::Topic { bytes: self.topic.len() });
        }
        if self.properties.len() > PROPERTIES_BYTES_MAX {
            return Err(EncodeError::Properties { bytes: self.properties.len() });
        }
        let bytes = FIXED_BYTES + self.topic.len() + self.properties.len();
        let bytes = bytes.saturating_add(self.body.len());
        if i32::try_from(bytes).is_err() {
            return Err(EncodeError::Size { bytes });
        }
        Ok(bytes)
    }

    /// Appends the record to `out`. Nothing is appended on error.
    pub fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let total = self.encoded_bytes()?;
        // Lengths were checked just now, so none of the casts loses anything.
        let [total_size, body_bytes] = [total as u32, self.body.len() as u32];
        let flag = self.sys_flag & !(sys_flag::BORN_HOST_V6 | sys_flag::STORE_HOST_V6);
        out.reserve(total);
        out.extend_from_slice(&total_size.to_be_bytes());
        out.extend_from_slice(&MAGIC_V1.to_be_bytes());
        out.extend_from_slice(&body_crc(self.body).to_be_bytes());
        out.extend_from_slice(&self.queue_id.to_be_bytes());
        out.extend_from_slice(&self.flag.to_be_bytes());
        out.extend_from_slice(&[0; 16]);
        out.extend_from_slice(&flag.to_be_bytes());
        out.extend_from_slice(&self.born_timestamp.to_be_bytes());
        push_host(out, self.born_host);
        out.extend_from_slice(&[0; 8]);
        push_host(out, self.store_host);
        out.extend_from_slice(&self.reconsume_times.to_be_bytes());
        out.extend_from_slice(&self.prepared_transaction_offset.to_be_bytes());
        out.extend_from_slice(&body_bytes.to_be_bytes());
        out.extend_from_slice(self.body);
        out.push(self.topic.len() as u8);
        out.extend_from_slice(self.topic.as_bytes());
        out.extend_from_slice(&(self.properties.len() as u16).to_be_bytes());
        out.extend_from_slice(self.properties.as_bytes());
        Ok(())
    }
}

fn push_host(out: &mut Vec<u8>, host: SocketAddrV4) {
    out.extend_from_slice(&host.ip().octets());
    out.extend_from_slice(&u32::from(host.port()).to_be_bytes());
}

/// CRC-32 of a body as records carry it: without the highest bit.
pub fn body_crc(body: &[u8]) -> u32 {
    crc32fast::hash(body) & 0x7FFF_FFFF
}

/// A record, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Message<'a> {
    pub body_crc: u32,
    pub queue_id: i32,
    pub flag: i32,
    pub queue_offset: i64,
    pub physical_offset: i64,
    pub sys_flag: i32,
    pub born_timestamp: i64,
    pub born_host: SocketAddr,
    pub store_timestamp: i64,
    pub store_host: SocketAddr,
    pub reconsume_times: i32,
    pub prepared_transaction_offset: i64,
    pub body: &'a [u8],
    pub topic: &'a str,
    pub properties: Properties<'a>,
    /// Bytes of the record; a further one may follow it.
    pub total_size: usize,
}

impl<'a> Message<'a> {
    /// Reads the record at the start of `bytes`; more may follow. The CRC is given, not checked.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let cut = |field| DecodeError::Truncated { field };
        let texts = Texts::read(bytes)?;
        let mut reader = Reader::new(bytes.get(8..).unwrap_or_default());
        let body_crc = reader.u32().ok_or(cut("body CRC"))?;
        let queue_id = reader.i32().ok_or(cut("queue id"))?;
        let flag = reader.i32().ok_or(cut("flag"))?;
        let queue_offset = reader.i64().ok_or(cut("queue offset"))?;
        let physical_offset = reader.i64().ok_or(cut("physical offset"))?;
        let sys_flag = reader.i32().ok_or(cut("sys flag"))?;
        let born_timestamp = reader.i64().ok_or(cut("born time"))?;
        let born_host = host(&mut reader, sys_flag & sys_flag::BORN_HOST_V6 != 0, "born host")?;
        let store_timestamp = reader.i64().ok_or(cut("store time"))?;
        let store_host = host(&mut reader, sys_flag & sys_flag::STORE_HOST_V6 != 0, "store host")?;
        let reconsume_times = reader.i32().ok_or(cut("reconsume times"))?;
        let prepared_transaction_offset = reader.i64().ok_or(cut("prepared transaction offset"))?;
        let text = |bytes, field| std::str::from_utf8(bytes).map_err(|_| DecodeError::Utf8 { field });
        Ok(Self {
            body_crc,
            queue_id,
            flag,
            queue_offset,
            physical_offset,
            sys_flag,
            born_timestamp,
            born_host,
            store_timestamp,
            store_host,
            reconsume_times,
            prepared_transaction_offset,
            body: texts.body,
            topic: text(texts.topic, "topic")?,
            properties: Properties::new(text(texts.properties, "properties")?),
            total_size: texts.total_size,
        })
    }
}

/// Body, Topic and properties of a record, and where they lie; the fields before them are passed over.
struct Texts<'a> {
    total_size: usize,
    magic: u32,
    body: &'a [u8],
    /// Bytes before the topic's length.
    topic_length_at: usize,
    topic: &'a [u8],
    properties: &'a [u8],
}

/// Where the system flag lies.
const SYS_FLAG_AT: usize = 36;
/// Where the body's length lies when both hosts are IPv4, and what an IPv6 host has more.
const BODY_LENGTH_AT: usize = 84;
const V6_MORE_BYTES: usize = 12;

impl<'a> Texts<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let cut = |field| DecodeError::Truncated { field };
        let claimed = Reader::new(bytes).i32().ok_or(cut("total size"))?;
        let total_size = usize::try_from(claimed).map_err(|_| DecodeError::Size { claimed, actual: bytes.len() })?;
        let record = bytes.get(..total_size).ok_or(DecodeError::Size { claimed, actual: bytes.len() })?;
        let from = |at: usize| Reader::new(record.get(at..).unwrap_or_default());
        let magic = from(4).u32().ok_or(cut("magic"))?;
        if magic != MAGIC_V1 && magic != MAGIC_V2 {
            return Err(DecodeError::Magic { found: magic });
        }
        let sys_flag = from(SYS_FLAG_AT).i32().ok_or(cut("sys flag"))?;
        let more = |bit| if sys_flag & bit == 0 { 0 } else { V6_MORE_BYTES };
        let body_length_at = BODY_LENGTH_AT + more(sys_flag::BORN_HOST_V6) + more(sys_flag::STORE_HOST_V6);
        let mut reader = from(body_length_at);
        let body = reader.block32().ok_or(cut("body"))?;
        let topic_length_at = total_size - reader.remaining();
        let topic_bytes = match magic {
            MAGIC_V1 => usize::from(reader.u8().ok_or(cut("topic"))?),
            _ => usize::from(reader.u16().ok_or(cut("topic"))?),
        };
        let topic = reader.take(topic_bytes).ok_or(cut("topic"))?;
        let properties = reader.block16().ok_or(cut("properties"))?;
        if reader.remaining() != 0 {
            return Err(DecodeError::Size { claimed, actual: total_size - reader.remaining() });
        }
        Ok(Self { total_size, magic, body, topic_length_at, topic, properties })
    }
}

fn host(reader: &mut Reader<'_>, v6: bool, field: &'static str) -> Result<SocketAddr, DecodeError> {
    let ip = if v6 { reader.ipv6().map(Into::into) } else { reader.ipv4().map(Into::into) };
    let ip: std::net::IpAddr = ip.ok_or(DecodeError::Truncated { field })?;
    let port = reader.i32().ok_or(DecodeError::Truncated { field })?;
    let port = u16::try_from(port).map_err(|_| DecodeError::Port { found: port })?;
    Ok(SocketAddr::new(ip, port))
}

/// Appends a copy of a record with an instance's prefix taken off its Topic and its `RETRY_TOPIC`.
///
/// For connections that use bare names: clients look their listener up by the exact Topic they
/// subscribed. `prefix` ends with `%`. Total size and lengths are those of the copy. Nothing is
/// appended on error.
pub fn copy_with_bare_names(record: &[u8], prefix: &str, out: &mut Vec<u8>) -> Result<(), DecodeError> {
    let texts = Texts::read(record)?;
    let prefix = prefix.as_bytes();
    let (topic_head, topic_tail) = split_prefix(texts.topic, prefix);
    let (before, retry_topic, after) = retry_topic(texts.properties);
    let (retry_head, retry_tail) = split_prefix(retry_topic, prefix);
    let topic_bytes = topic_head.len() + topic_tail.len();
    let properties_bytes = before.len() + retry_head.len() + retry_tail.len() + after.len();
    let removed = texts.topic.len() - topic_bytes + texts.properties.len() - properties_bytes;
    let start = out.len();
    // Each length is at most the one that was read, so none of the casts loses anything.
    out.extend_from_slice(&((texts.total_size - removed) as u32).to_be_bytes());
    out.extend_from_slice(record.get(4..texts.topic_length_at).unwrap_or_default());
    if texts.magic == MAGIC_V1 {
        out.push(topic_bytes as u8);
    } else {
        out.extend_from_slice(&(topic_bytes as u16).to_be_bytes());
    }
    out.extend_from_slice(topic_head);
    out.extend_from_slice(topic_tail);
    out.extend_from_slice(&(properties_bytes as u16).to_be_bytes());
    for piece in [before, retry_head, retry_tail, after] {
        out.extend_from_slice(piece);
    }
    debug_assert_eq!(out.len() - start, texts.total_size - removed, "lengths of the copy");
    Ok(())
}

/// A name as what stands before and after the instance's prefix; the prefix itself is left out.
fn split_prefix<'a>(name: &'a [u8], prefix: &[u8]) -> (&'a [u8], &'a [u8]) {
    let head_bytes =
        [b"%RETRY%".as_slice(), b"%DLQ%"].iter().find(|head| name.starts_with(head)).map_or(0, |h| h.len());
    let (head, rest) = name.split_at(head_bytes);
    (head, rest.strip_prefix(prefix).unwrap_or(rest))
}

/// Properties as what stands before, in and after the value of `RETRY_TOPIC`.
fn retry_topic(properties: &[u8]) -> (&[u8], &[u8], &[u8]) {
    const NAME: &[u8] = b"RETRY_TOPIC\x01";
    // Built once: it is asked of every record that is pulled with a bare name.
    static FINDER: LazyLock<memchr::memmem::Finder<'static>> = LazyLock::new(|| memchr::memmem::Finder::new(NAME));
    let whole = (properties, [].as_slice(), [].as_slice());
    let mut from = 0;
    while let Some(found) = properties.get(from..).and_then(|rest| FINDER.find(rest)) {
        let at = from + found;
        let value_at = at + NAME.len();
        if at == 0 || properties.get(at - 1) == Some(&2) {
            let Some((before, rest)) = properties.split_at_checked(value_at) else { return whole };
            let value_bytes = memchr::memchr(2, rest).unwrap_or(rest.len());
            let (value, after) = rest.split_at(value_bytes);
            return (before, value, after);
        }
        from = value_at;
    }
    whole
}
