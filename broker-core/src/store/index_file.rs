//! The queue index file of a sealed segment. Derived.
//!
//! `index/<base>.idx`; all numbers little-endian.
//!
//! | at | what |
//! |---|---|
//! | 0 | header of 128 bytes: magic `TMQINDEX` (8), format version (4), CRC-32 of bytes 16–127 (4), base, epoch, capacity, end, number of records, oldest and newest store time (8 each), skips of queues without a row (2 × 8), number of rows (4), CRC-32 of the rows (4), zeros |
//! | 128 | rows of 72 bytes, by topic, queue, first offset: topic (8), queue (2), zero (2), number of entries (4), first offset (8), next offset (8), first entry (4), CRC-32 of its entries (4), last store time (8), skips (2 × 8), records of the queue ever (8) |
//! | then | entries of 24 bytes: place in the segment (4), bytes of the message × 256 + number of keys (4), tags code (8), store time (8) |
//!
//! - QI-1: every queue that ever had a record, of a Topic that was not deleted meanwhile, has a row
//!   in every index file, so that the newest file says where each queue goes on, and a search over
//!   files needs no chain.
//! - QI-2: a row without entries says where its queue stood when the segment ended.

use std::sync::Arc;

use super::envelope::{array, put};
use super::queue_index::{Entry, QueueEnd, Skip};
use crate::types::{QueueKey, TopicNo};

const MAGIC: [u8; 8] = *b"TMQINDEX";
const VERSION: u32 = 1;
pub(crate) const HEADER_BYTES: usize = 128;
pub(crate) const ROW_BYTES: usize = 72;
pub(crate) const ENTRY_BYTES: usize = 24;

/// What an index file says of its segment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) base: u64,
    pub(crate) epoch: u64,
    pub(crate) capacity: u64,
    /// Behind the record that ends the segment.
    pub(crate) end: u64,
    pub(crate) records: u64,
    /// Store times of the records; of no meaning without records.
    pub(crate) oldest_ms: i64,
    pub(crate) newest_ms: i64,
    /// For queues without a row.
    pub(crate) unknown: Skip,
    pub(crate) rows: u32,
    rows_crc: u32,
}

impl Header {
    /// Oldest and newest store time; `None` without records.
    pub(crate) fn times(&self) -> Option<(i64, i64)> {
        (self.records > 0).then_some((self.oldest_ms, self.newest_ms))
    }
}

/// A run of a queue in the segment, or where the queue stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) queue: QueueKey,
    pub(crate) count: u32,
    pub(crate) first: i64,
    pub(crate) first_entry: u32,
    pub(crate) entries_crc: u32,
    /// At the end of the run.
    pub(crate) end: QueueEnd,
}

impl Row {
    /// One past the last offset of the run.
    pub(crate) fn run_end(&self) -> i64 {
        self.first.saturating_add(i64::from(self.count))
    }
}

/// A run to write.
pub(crate) struct RowSource {
    pub(crate) queue: QueueKey,
    pub(crate) first: i64,
    pub(crate) entries: Option<Arc<Vec<Entry>>>,
    pub(crate) end: QueueEnd,
}

/// An index file's header and rows.
#[derive(Debug)]
pub(crate) struct Directory {
    pub(crate) header: Header,
    pub(crate) rows: Vec<Row>,
}

impl Directory {
    /// All rows of a queue, by offset.
    pub(crate) fn of(&self, queue: QueueKey) -> &[Row] {
        let from = self.rows.partition_point(|row| row.queue < queue);
        let rows = self.rows.get(from..).unwrap_or_default();
        let count = rows.partition_point(|row| row.queue == queue);
        rows.get(..count).unwrap_or_default()
    }
}

/// A whole index file. `rows` come in any order.
pub(crate) fn encode(place: super::segment::Place, end: u64, unknown: Skip, mut rows: Vec<RowSource>) -> Vec<u8> {
    rows.sort_unstable_by_key(|row| (row.queue, row.first));
    let entries: usize = rows.iter().filter_map(|row| row.entries.as_ref()).map(|entries| entries.len()).sum();
    let mut bytes = Vec::with_capacity(HEADER_BYTES + rows.len() * ROW_BYTES + entries * ENTRY_BYTES);
    bytes.resize(HEADER_BYTES, 0);
    let (mut first_entry, mut times) = (0_u32, None::<(i64, i64)>);
    let mut encoded = Vec::with_capacity(entries * ENTRY_BYTES);
    for row in &rows {
        let from = encoded.len();
        for entry in row.entries.iter().flat_map(|entries| entries.iter()) {
            encoded.extend_from_slice(&encode_entry(entry));
            let at = entry.stored_at_ms;
            times = Some(times.map_or((at, at), |(oldest, newest)| (oldest.min(at), newest.max(at))));
        }
        let count = row.entries.as_ref().map_or(0, |entries| entries.len() as u32);
        let row = Row {
            queue: row.queue,
            count,
            first: row.first,
            first_entry,
            entries_crc: crc32fast::hash(encoded.get(from..).unwrap_or_default()),
            end: row.end,
        };
        bytes.extend_from_slice(&encode_row(&row));
        first_entry += count;
    }
    let header = Header {
        base: place.base,
        epoch: place.epoch,
        capacity: place.capacity,
        end,
        records: entries as u64,
        oldest_ms: times.map_or(0, |(oldest, _)| oldest),
        newest_ms: times.map_or(0, |(_, newest)| newest),
        unknown,
        rows: rows.len() as u32,
        rows_crc: crc32fast::hash(bytes.get(HEADER_BYTES..).unwrap_or_default()),
    };
    if let Some(place) = bytes.get_mut(..HEADER_BYTES) {
        place.copy_from_slice(&encode_header(&header));
    }
    bytes.extend_from_slice(&encoded);
    bytes
}

fn encode_header(header: &Header) -> [u8; HEADER_BYTES] {
    let mut bytes = [0; HEADER_BYTES];
    put(&mut bytes, 0, &MAGIC);
    put(&mut bytes, 8, &VERSION.to_le_bytes());
    put(&mut bytes, 16, &header.base.to_le_bytes());
    put(&mut bytes, 24, &header.epoch.to_le_bytes());
    put(&mut bytes, 32, &header.capacity.to_le_bytes());
    put(&mut bytes, 40, &header.end.to_le_bytes());
    put(&mut bytes, 48, &header.records.to_le_bytes());
    put(&mut bytes, 56, &header.oldest_ms.to_le_bytes());
    put(&mut bytes, 64, &header.newest_ms.to_le_bytes());
    put(&mut bytes, 72, &header.unknown.any.to_le_bytes());
    put(&mut bytes, 80, &header.unknown.written.to_le_bytes());
    put(&mut bytes, 88, &header.rows.to_le_bytes());
    put(&mut bytes, 92, &header.rows_crc.to_le_bytes());
    let crc = crc32fast::hash(bytes.get(16..).unwrap_or_default());
    put(&mut bytes, 12, &crc.to_le_bytes());
    bytes
}

/// `None`: not the header of a sound index file of this version.
pub(crate) fn decode_header(bytes: &[u8]) -> Option<Header> {
    let bytes = bytes.get(..HEADER_BYTES)?;
    let crc = u32::from_le_bytes(array(bytes, 12)?);
    let version = u32::from_le_bytes(array(bytes, 8)?);
    if array(bytes, 0)? != MAGIC || version != VERSION || crc != crc32fast::hash(bytes.get(16..)?) {
        return None;
    }
    let number = |at| array(bytes, at).map(u64::from_le_bytes);
    let signed = |at| array(bytes, at).map(i64::from_le_bytes);
    Some(Header {
        base: number(16)?,
        epoch: number(24)?,
        capacity: number(32)?,
        end: number(40)?,
        records: number(48)?,
        oldest_ms: signed(56)?,
        newest_ms: signed(64)?,
        unknown: Skip { any: signed(72)?, written: signed(80)? },
        rows: u32::from_le_bytes(array(bytes, 88)?),
        rows_crc: u32::from_le_bytes(array(bytes, 92)?),
    })
}

fn encode_row(row: &Row) -> [u8; ROW_BYTES] {
    let mut bytes = [0; ROW_BYTES];
    put(&mut bytes, 0, &row.queue.topic.0.to_le_bytes());
    put(&mut bytes, 8, &row.queue.queue.to_le_bytes());
    put(&mut bytes, 12, &row.count.to_le_bytes());
    put(&mut bytes, 16, &row.first.to_le_bytes());
    put(&mut bytes, 24, &row.end.next.to_le_bytes());
    put(&mut bytes, 32, &row.first_entry.to_le_bytes());
    put(&mut bytes, 36, &row.entries_crc.to_le_bytes());
    put(&mut bytes, 40, &row.end.last_stored_at_ms.to_le_bytes());
    put(&mut bytes, 48, &row.end.skip.any.to_le_bytes());
    put(&mut bytes, 56, &row.end.skip.written.to_le_bytes());
    put(&mut bytes, 64, &row.end.total.to_le_bytes());
    bytes
}

fn decode_row(bytes: &[u8]) -> Option<Row> {
    let signed = |at| array(bytes, at).map(i64::from_le_bytes);
    Some(Row {
        queue: QueueKey {
            topic: TopicNo(u64::from_le_bytes(array(bytes, 0)?)),
            queue: u16::from_le_bytes(array(bytes, 8)?),
        },
        count: u32::from_le_bytes(array(bytes, 12)?),
        first: signed(16)?,
        first_entry: u32::from_le_bytes(array(bytes, 32)?),
        entries_crc: u32::from_le_bytes(array(bytes, 36)?),
        end: QueueEnd {
            next: signed(24)?,
            skip: Skip { any: signed(48)?, written: signed(56)? },
            last_stored_at_ms: signed(40)?,
            total: u64::from_le_bytes(array(bytes, 64)?),
        },
    })
}

/// The rows of a file whose header is known; `None`: damaged.
pub(crate) fn decode_rows(header: &Header, bytes: &[u8]) -> Option<Vec<Row>> {
    if bytes.len() != header.rows as usize * ROW_BYTES || crc32fast::hash(bytes) != header.rows_crc {
        return None;
    }
    bytes.chunks_exact(ROW_BYTES).map(decode_row).collect()
}

fn encode_entry(entry: &Entry) -> [u8; ENTRY_BYTES] {
    let mut bytes = [0; ENTRY_BYTES];
    put(&mut bytes, 0, &entry.at.to_le_bytes());
    put(&mut bytes, 4, &entry.size().to_le_bytes());
    put(&mut bytes, 8, &entry.tags_code.to_le_bytes());
    put(&mut bytes, 16, &entry.stored_at_ms.to_le_bytes());
    bytes
}

fn decode_entry(bytes: &[u8]) -> Option<Entry> {
    Some(Entry::from_parts(
        u32::from_le_bytes(array(bytes, 0)?),
        u32::from_le_bytes(array(bytes, 4)?),
        i64::from_le_bytes(array(bytes, 8)?),
        i64::from_le_bytes(array(bytes, 16)?),
    ))
}

/// Where a row's entries lie in the file.
pub(crate) fn entries_at(header: &Header, row: &Row) -> u64 {
    HEADER_BYTES as u64 + u64::from(header.rows) * ROW_BYTES as u64 + u64::from(row.first_entry) * ENTRY_BYTES as u64
}

/// A row's entries; `None`: damaged.
pub(crate) fn decode_entries(row: &Row, bytes: &[u8]) -> Option<Vec<Entry>> {
    if bytes.len() != row.count as usize * ENTRY_BYTES || crc32fast::hash(bytes) != row.entries_crc {
        return None;
    }
    bytes.chunks_exact(ENTRY_BYTES).map(decode_entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::segment::Place;

    fn source(topic: u64, queue: u16, first: i64, entries: usize) -> RowSource {
        let entries: Vec<_> =
            (0..entries).map(|index| Entry::new(4096 + index as u32 * 300, 200, 2, -7, 1000 + index as i64)).collect();
        let end = QueueEnd {
            next: first + entries.len() as i64,
            skip: Skip { any: 1, written: 2 },
            last_stored_at_ms: 5,
            total: 9,
        };
        let entries = (!entries.is_empty()).then(|| Arc::new(entries));
        RowSource { queue: QueueKey { topic: TopicNo(topic), queue }, first, entries, end }
    }

    fn file() -> Vec<u8> {
        let place = Place { base: 1 << 20, epoch: 3, capacity: 1 << 16 };
        let rows = vec![source(9, 1, 5, 2), source(2, 0, 40, 3), source(9, 0, 7, 0), source(2, 0, 10, 4)];
        encode(place, (1 << 20) + 9000, Skip { any: 3, written: 4 }, rows)
    }

    fn decode(bytes: &[u8]) -> Option<Directory> {
        let header = decode_header(bytes)?;
        let rows = decode_rows(&header, bytes.get(HEADER_BYTES..HEADER_BYTES + header.rows as usize * ROW_BYTES)?)?;
        Some(Directory { header, rows })
    }

    fn entries(bytes: &[u8], directory: &Directory, row: &Row) -> Option<Vec<Entry>> {
        let from = usize::try_from(entries_at(&directory.header, row)).ok()?;
        decode_entries(row, bytes.get(from..from + row.count as usize * ENTRY_BYTES)?)
    }

    #[test]
    fn a_file_reads_back_sorted_with_its_entries() {
        let bytes = file();
        let directory = decode(&bytes).expect("sound");
        assert_eq!((directory.header.records, directory.header.oldest_ms, directory.header.newest_ms), (9, 1000, 1003));
        assert_eq!(directory.header.unknown, Skip { any: 3, written: 4 });
        let queue = QueueKey { topic: TopicNo(2), queue: 0 };
        let runs: Vec<_> = directory.of(queue).iter().map(|row| (row.first, row.run_end())).collect();
        assert_eq!(runs, [(10, 14), (40, 43)]);
        let row = directory.of(queue)[1];
        assert_eq!(entries(&bytes, &directory, &row).map(|entries| entries.len()), Some(3));
        assert_eq!(row.end.skip, Skip { any: 1, written: 2 });
        assert_eq!(directory.of(QueueKey { topic: TopicNo(9), queue: 0 })[0].count, 0);
        assert!(directory.of(QueueKey { topic: TopicNo(3), queue: 0 }).is_empty());
    }

    #[test]
    fn a_flipped_bit_is_found() {
        let sound = file();
        for bit in 0..sound.len() * 8 {
            // The zeros between the header's fields and its checksum are covered too.
            let mut damaged = sound.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let whole = decode(&damaged)
                .is_some_and(|directory| directory.rows.iter().all(|row| entries(&damaged, &directory, row).is_some()));
            assert!(!whole, "bit {bit}");
        }
    }
}
