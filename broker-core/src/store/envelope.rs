//! The envelope around every record of the log. Pure: bytes to values and back, no I/O.
//!
//! A record is a header of [`HEADER_BYTES`], the V1 message record, and the 64-bit hashes of its
//! keys. All numbers of the header are little-endian:
//!
//! | at | bytes | field |
//! |---|---|---|
//! | 0 | 4 | magic `TMQR` |
//! | 4 | 1 | format version, 1 |
//! | 5 | 1 | kind: 1 message, 2 end of segment |
//! | 6 | 1 | flags: 1 durability is Written; kind 2: how the segment ended ([`Ending`]) |
//! | 7 | 1 | number of key hashes |
//! | 8 | 4 | bytes of the message |
//! | 12 | 4 | checksum of the record: the header's CRC-32, continued over message and hashes |
//! | 16 | 8 | durable floor: the log was on the disk up to here when the record was appended |
//! | 24 | 4 | account |
//! | 28 | 4 | instance |
//! | 32 | 8 | topic; kind 2: positions below this may have been given out |
//! | 40 | 2 | queue |
//! | 42 | 2 | port of the sender |
//! | 44 | 4 | checksum of the header: CRC-32 of position (8), epoch (8), header with both checksums zero |
//! | 48 | 8 | queue offset |
//! | 56 | 8 | store time, ms |
//! | 64 | 8 | tags code |
//! | 72 | 16 | address of the sender, IPv4 mapped into IPv6 |
//!
//! E-1: neither zeros nor a record copied from another place pass [`verify`]. The epoch has a
//! random half, so that a message body can't hold a record that would pass where it lies.
//! E-2: a sound header says where its record ends even when the rest is damaged, so that the search
//! for the next record never looks into a message.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use bytes::BytesMut;

use super::Durability;
use crate::types::{AccountNo, InstanceNo, QueueKey, TopicNo};

pub(crate) const MAGIC: [u8; 4] = *b"TMQR";
pub(crate) const FORMAT_VERSION: u8 = 1;
pub(crate) const HEADER_BYTES: usize = 88;
/// The fixed part of a V1 message record with IPv4 hosts.
pub(crate) const MESSAGE_BYTES_MIN: usize = 91;
/// The index keeps 24 bits for it.
pub(crate) const MESSAGE_BYTES_MAX: usize = (1 << 24) - 1;
pub(crate) const RECORD_BYTES_MIN: u64 = (HEADER_BYTES + MESSAGE_BYTES_MIN) as u64;
pub(crate) const KEYS_MAX: usize = 255;

const KIND_MESSAGE: u8 = 1;
const KIND_END: u8 = 2;
const FLAG_WRITTEN: u8 = 1;

/// How a segment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The log went on in the next segment.
    Rolled,
    /// The store was closed.
    Closed,
    /// The start after a crash found the end here. Positions up to `given_out` may have been
    /// promised to somebody.
    Recovered { given_out: u64 },
}

/// Everything of a message record but the message and the hashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MessageHeader {
    pub(crate) account: AccountNo,
    pub(crate) instance: InstanceNo,
    pub(crate) queue: QueueKey,
    pub(crate) durability: Durability,
    pub(crate) durable_floor: u64,
    pub(crate) queue_offset: i64,
    pub(crate) stored_at_ms: i64,
    pub(crate) tags_code: i64,
    pub(crate) peer: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    Message(MessageHeader),
    End { ending: Ending, durable_floor: u64 },
}

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Invalid {
    /// Not a record of this place, or damaged.
    Bytes,
    /// A whole record that only a newer version can read.
    Newer { version: u8, kind: u8 },
}

/// Sizes of a record, read from its first bytes and not yet checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Extent {
    pub(crate) message_bytes: usize,
    pub(crate) keys: usize,
}

impl Extent {
    pub(crate) fn total(self) -> usize {
        HEADER_BYTES + self.message_bytes + 8 * self.keys
    }
}

/// What a sound header says about the size of its record; `None` where no record starts.
pub(crate) fn extent(head: &[u8], position: u64, epoch: u64) -> Option<Extent> {
    if head.get(..4)? != MAGIC {
        return None;
    }
    let head: [u8; HEADER_BYTES] = array(head, 0)?;
    let message_bytes = usize::try_from(u32::from_le_bytes(array(&head, 8)?)).ok()?;
    let sound = u32::from_le_bytes(array(&head, 44)?) == header_crc(&head, position, epoch);
    (sound && message_bytes <= MESSAGE_BYTES_MAX).then_some(Extent { message_bytes, keys: usize::from(*head.get(7)?) })
}

/// Checks a whole record, `bytes` long, that lies at `position`.
pub(crate) fn verify(bytes: &[u8], position: u64, epoch: u64) -> Result<Content, Invalid> {
    decode(bytes, position, epoch).unwrap_or(Err(Invalid::Bytes))
}

/// What a sound header says of its message, whatever follows; `None` where no message of this
/// version starts. Message and hashes are not checked.
pub(crate) fn message_header(head: &[u8], position: u64, epoch: u64) -> Option<(MessageHeader, Extent)> {
    let extent = extent(head, position, epoch)?;
    match content(&array(head, 0)?)? {
        Ok(Content::Message(header)) => Some((header, extent)),
        _ => None,
    }
}

fn decode(bytes: &[u8], position: u64, epoch: u64) -> Option<Result<Content, Invalid>> {
    let extent = extent(bytes, position, epoch)?;
    if bytes.len() != extent.total() {
        return None;
    }
    let head: [u8; HEADER_BYTES] = array(bytes, 0)?;
    let rest = bytes.get(HEADER_BYTES..)?;
    let header_crc = u32::from_le_bytes(array(&head, 44)?);
    if u32::from_le_bytes(array(&head, 12)?) != record_crc(header_crc, rest, &[]) {
        return None;
    }
    content(&head)
}

/// A checked header in words.
fn content(head: &[u8; HEADER_BYTES]) -> Option<Result<Content, Invalid>> {
    let (version, kind, flags) = (*head.get(4)?, *head.get(5)?, *head.get(6)?);
    let durable_floor = u64::from_le_bytes(array(head, 16)?);
    let topic = u64::from_le_bytes(array(head, 32)?);
    if version != FORMAT_VERSION {
        return Some(Err(Invalid::Newer { version, kind }));
    }
    let content = match kind {
        KIND_MESSAGE => {
            let address = IpAddr::V6(Ipv6Addr::from(array::<16>(head, 72)?)).to_canonical();
            Content::Message(MessageHeader {
                account: AccountNo(u32::from_le_bytes(array(head, 24)?)),
                instance: InstanceNo(u32::from_le_bytes(array(head, 28)?)),
                queue: QueueKey { topic: TopicNo(topic), queue: u16::from_le_bytes(array(head, 40)?) },
                durability: if flags & FLAG_WRITTEN == 0 { Durability::Synced } else { Durability::Written },
                durable_floor,
                queue_offset: i64::from_le_bytes(array(head, 48)?),
                stored_at_ms: i64::from_le_bytes(array(head, 56)?),
                tags_code: i64::from_le_bytes(array(head, 64)?),
                peer: SocketAddr::new(address, u16::from_le_bytes(array(head, 42)?)),
            })
        }
        KIND_END => match flags {
            0 => Content::End { ending: Ending::Rolled, durable_floor },
            1 => Content::End { ending: Ending::Closed, durable_floor },
            2 => Content::End { ending: Ending::Recovered { given_out: topic }, durable_floor },
            _ => return Some(Err(Invalid::Newer { version, kind })),
        },
        _ => return Some(Err(Invalid::Newer { version, kind })),
    };
    Some(Ok(content))
}

/// Adds a message record that will lie at `position`. Sizes are within the maxima.
pub(crate) fn encode_message(
    header: &MessageHeader,
    message: &[u8],
    hashes: &[u64],
    position: u64,
    epoch: u64,
    out: &mut BytesMut,
) {
    debug_assert!(hashes.len() <= KEYS_MAX && message.len() <= MESSAGE_BYTES_MAX, "checked before");
    let mut head = [0; HEADER_BYTES];
    put(&mut head, 0, &MAGIC);
    let flags = if header.durability == Durability::Written { FLAG_WRITTEN } else { 0 };
    put(&mut head, 4, &[FORMAT_VERSION, KIND_MESSAGE, flags, hashes.len() as u8]);
    put(&mut head, 8, &(message.len() as u32).to_le_bytes());
    put(&mut head, 16, &header.durable_floor.to_le_bytes());
    put(&mut head, 24, &header.account.0.to_le_bytes());
    put(&mut head, 28, &header.instance.0.to_le_bytes());
    put(&mut head, 32, &header.queue.topic.0.to_le_bytes());
    put(&mut head, 40, &header.queue.queue.to_le_bytes());
    put(&mut head, 42, &header.peer.port().to_le_bytes());
    put(&mut head, 48, &header.queue_offset.to_le_bytes());
    put(&mut head, 56, &header.stored_at_ms.to_le_bytes());
    put(&mut head, 64, &header.tags_code.to_le_bytes());
    let address = match header.peer.ip() {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    put(&mut head, 72, &address.octets());
    sign(&mut head, message, hashes, position, epoch);
    out.extend_from_slice(&head);
    out.extend_from_slice(message);
    for hash in hashes {
        out.extend_from_slice(&hash.to_le_bytes());
    }
}

/// The record that ends a segment.
pub(crate) fn encode_end(ending: Ending, durable_floor: u64, position: u64, epoch: u64) -> [u8; HEADER_BYTES] {
    let (flags, given_out) = match ending {
        Ending::Rolled => (0, 0),
        Ending::Closed => (1, 0),
        Ending::Recovered { given_out } => (2, given_out),
    };
    let mut head = [0; HEADER_BYTES];
    put(&mut head, 0, &MAGIC);
    put(&mut head, 4, &[FORMAT_VERSION, KIND_END, flags, 0]);
    put(&mut head, 16, &durable_floor.to_le_bytes());
    put(&mut head, 32, &given_out.to_le_bytes());
    sign(&mut head, &[], &[], position, epoch);
    head
}

fn sign(head: &mut [u8; HEADER_BYTES], message: &[u8], hashes: &[u64], position: u64, epoch: u64) {
    let header_crc = header_crc(head, position, epoch);
    put(head, 44, &header_crc.to_le_bytes());
    put(head, 12, &record_crc(header_crc, message, hashes).to_le_bytes());
}

fn header_crc(head: &[u8; HEADER_BYTES], position: u64, epoch: u64) -> u32 {
    let mut seeded = [0; 16 + HEADER_BYTES];
    put(&mut seeded, 0, &position.to_le_bytes());
    put(&mut seeded, 8, &epoch.to_le_bytes());
    put(&mut seeded, 16, head);
    put(&mut seeded, 16 + 12, &[0; 4]);
    put(&mut seeded, 16 + 44, &[0; 4]);
    crc32fast::hash(&seeded)
}

fn record_crc(header_crc: u32, message: &[u8], hashes: &[u64]) -> u32 {
    let mut crc = crc32fast::Hasher::new_with_initial(header_crc);
    crc.update(message);
    for hash in hashes {
        crc.update(&hash.to_le_bytes());
    }
    crc.finalize()
}

/// The hashes behind the message of a record that [`verify`] took.
pub(crate) fn hashes(record: &[u8], extent: Extent) -> impl Iterator<Item = u64> + '_ {
    let from = HEADER_BYTES + extent.message_bytes;
    record.get(from..).unwrap_or_default().chunks_exact(8).filter_map(|hash| array(hash, 0).map(u64::from_le_bytes))
}

/// Overwrites part of a fixed array; the place is a constant of the layout.
pub(crate) fn put<const N: usize>(into: &mut [u8; N], at: usize, bytes: &[u8]) {
    if let Some(part) = into.get_mut(at..at + bytes.len()) {
        part.copy_from_slice(bytes);
    } else {
        debug_assert!(false, "layout constants fit the array");
    }
}

/// `N` bytes at a place, `None` past the end.
pub(crate) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> MessageHeader {
        MessageHeader {
            account: AccountNo(7),
            instance: InstanceNo(8),
            queue: QueueKey { topic: TopicNo(1 << 40), queue: 63 },
            durability: Durability::Written,
            durable_floor: 4096,
            queue_offset: 12,
            stored_at_ms: 1_700_000_000_123,
            tags_code: -3,
            peer: "[2001:db8::1]:4711".parse().expect("an address"),
        }
    }

    fn encoded() -> BytesMut {
        let mut out = BytesMut::new();
        encode_message(&header(), &[5; 100], &[1, u64::MAX], 8192, 9, &mut out);
        out
    }

    #[test]
    fn a_record_reads_back_as_written() {
        let record = encoded();
        let extent = extent(&record, 8192, 9).expect("a record");
        assert_eq!(extent.total(), record.len());
        assert_eq!(verify(&record, 8192, 9), Ok(Content::Message(header())));
        assert_eq!(hashes(&record, extent).collect::<Vec<_>>(), [1, u64::MAX]);
    }

    #[test]
    fn an_ipv4_sender_reads_back_as_ipv4() {
        let mut with_v4 = header();
        with_v4.peer = "192.0.2.7:80".parse().expect("an address");
        let mut out = BytesMut::new();
        encode_message(&with_v4, &[5; 91], &[], 0, 0, &mut out);
        assert_eq!(verify(&out, 0, 0), Ok(Content::Message(with_v4)));
    }

    #[test]
    fn a_record_of_another_place_or_epoch_is_refused() {
        let record = encoded();
        assert_eq!(verify(&record, 8193, 9), Err(Invalid::Bytes));
        assert_eq!(verify(&record, 8192, 10), Err(Invalid::Bytes));
        assert_eq!(verify(&vec![0; record.len()], 8192, 9), Err(Invalid::Bytes));
    }

    #[test]
    fn any_flipped_bit_is_found() {
        let record = encoded();
        for bit in 0..record.len() * 8 {
            let mut damaged = record.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(verify(&damaged, 8192, 9), Err(Invalid::Bytes), "bit {bit}");
        }
        for end in 0..record.len() {
            assert_eq!(verify(&record[..end], 8192, 9), Err(Invalid::Bytes), "first {end} bytes");
        }
    }

    #[test]
    fn a_kind_of_a_newer_version_is_told_from_damage() {
        let mut head = encode_end(Ending::Rolled, 0, 4096, 1);
        head[5] = 3;
        sign(&mut head, &[], &[], 4096, 1);
        assert_eq!(verify(&head, 4096, 1), Err(Invalid::Newer { version: FORMAT_VERSION, kind: 3 }));
    }

    #[test]
    fn endings_read_back() {
        for ending in [Ending::Rolled, Ending::Closed, Ending::Recovered { given_out: 1 << 50 }] {
            let head = encode_end(ending, 77, 4096, 1);
            assert_eq!(verify(&head, 4096, 1), Ok(Content::End { ending, durable_floor: 77 }));
        }
    }
}
