//! Reads a segment from its first record to its last and says what lies where. Decides nothing:
//! whether bad bytes are a torn tail or damage is [`super::recovery`]'s business.

use std::io;

use super::envelope::{self, Content, Ending, HEADER_BYTES, Invalid, MAGIC, MessageHeader};
use super::medium::MediumFile;
use super::segment::{HEADER_PAGE, Segment};

/// Something found in a segment, in order of position.
#[derive(Debug)]
pub(crate) enum Event<'a> {
    Message {
        position: u64,
        header: MessageHeader,
        message_bytes: usize,
        hashes: &'a [u64],
    },
    /// Bytes that are no record, up to the next record; the last have none behind them.
    Bad {
        from: u64,
        until: u64,
        zeros: bool,
        last: bool,
    },
    End {
        position: u64,
        ending: Ending,
        durable_floor: u64,
    },
}

/// A record that only a newer version can read.
#[derive(Debug)]
pub(crate) struct NewerRecord {
    pub(crate) position: u64,
    pub(crate) version: u8,
    pub(crate) kind: u8,
}

/// Tells `each` everything in the segment; returns how many bytes were read.
pub(crate) fn scan(
    file: &dyn MediumFile,
    segment: &Segment,
    each: &mut dyn FnMut(Event<'_>),
) -> Result<u64, NewerRecord> {
    let mut window = Window::new(file, segment.capacity);
    let mut at = HEADER_PAGE;
    let mut hashes = Vec::new();
    let mut bad_from = None;
    let mut zeros = true;
    while let Some(head) = window.get(at, HEADER_BYTES) {
        let position = segment.base + at;
        let extent = envelope::extent(head, position, segment.epoch);
        let record = extent.and_then(|extent| window.get(at, extent.total()));
        let verdict = record.map_or(Err(Invalid::Bytes), |record| {
            envelope::verify(record, position, segment.epoch).map(|content| (content, record))
        });
        match (verdict, extent) {
            (Ok((content, record)), Some(extent)) => {
                if let Some(from) = bad_from.take() {
                    each(Event::Bad { from, until: position, zeros: false, last: false });
                }
                match content {
                    Content::Message(header) => {
                        hashes.clear();
                        hashes.extend(envelope::hashes(record, extent));
                        let message_bytes = extent.message_bytes;
                        each(Event::Message { position, header, message_bytes, hashes: &hashes });
                    }
                    Content::End { ending, durable_floor } => {
                        each(Event::End { position, ending, durable_floor });
                        return Ok(window.read);
                    }
                }
                at += extent.total() as u64;
            }
            (Err(Invalid::Newer { version, kind }), _) => return Err(NewerRecord { position, version, kind }),
            _ => {
                if bad_from.is_none() {
                    (bad_from, zeros) = (Some(position), true);
                }
                if let Some(extent) = extent {
                    // The header is sound: what follows it is a message, whatever it looks like.
                    zeros = false;
                    at += extent.total() as u64;
                    continue;
                }
                match window.find(at, &mut zeros) {
                    Some(candidate) => at = candidate,
                    None => break,
                }
            }
        }
    }
    let until = segment.base + window.end();
    let from = bad_from.unwrap_or(segment.base + at);
    if from < until {
        let zeros = zeros && (bad_from.is_some() || window.zeros(from - segment.base));
        each(Event::Bad { from, until, zeros, last: true });
    }
    Ok(window.read)
}

/// A moving view of a file. Blocks that can't be read show as zeros: the start goes on.
struct Window<'a> {
    file: &'a dyn MediumFile,
    capacity: u64,
    from: u64,
    bytes: Vec<u8>,
    read: u64,
}

const STEP: usize = 4 << 20;
const BLOCK: usize = 4096;

impl<'a> Window<'a> {
    fn new(file: &'a dyn MediumFile, capacity: u64) -> Self {
        let capacity = file.size().unwrap_or(capacity).min(capacity);
        Self { file, capacity, from: 0, bytes: Vec::new(), read: 0 }
    }

    /// Where the file ends.
    fn end(&self) -> u64 {
        self.capacity
    }

    fn get(&mut self, at: u64, count: usize) -> Option<&[u8]> {
        if at.checked_add(count as u64)? > self.capacity {
            return None;
        }
        let held = at >= self.from && at + count as u64 <= self.from + self.bytes.len() as u64;
        if !held {
            self.load(at, count.max(STEP));
        }
        let start = usize::try_from(at.checked_sub(self.from)?).ok()?;
        self.bytes.get(start..start.checked_add(count)?)
    }

    fn load(&mut self, at: u64, count: usize) {
        let count = usize::try_from(self.capacity - at).unwrap_or(usize::MAX).min(count);
        self.from = at;
        self.bytes.clear();
        self.bytes.resize(count, 0);
        self.read += count as u64;
        if fill(self.file, &mut self.bytes, at).is_err() {
            self.bytes.fill(0);
            for (index, block) in self.bytes.chunks_mut(BLOCK).enumerate() {
                if fill(self.file, block, at + (index * BLOCK) as u64).is_err() {
                    block.fill(0);
                }
            }
        }
    }

    /// Where the next record may start behind the bad bytes at `at`; clears `zeros` when one of
    /// the bytes passed is none.
    fn find(&mut self, mut at: u64, zeros: &mut bool) -> Option<u64> {
        let mut skip = 1;
        loop {
            let rest = usize::try_from(self.capacity.checked_sub(at)?).unwrap_or(usize::MAX).min(STEP);
            if rest < HEADER_BYTES {
                *zeros = *zeros && self.zeros(at);
                return None;
            }
            // What the window holds from here on is enough; a new load only when it holds nothing.
            let held = (self.from + self.bytes.len() as u64).saturating_sub(at);
            let count = if at >= self.from && held >= HEADER_BYTES as u64 {
                usize::try_from(held).unwrap_or(rest)
            } else {
                rest
            };
            let view = self.get(at, count)?;
            let found = memchr::memmem::find(view.get(skip..)?, &MAGIC).map(|found| found + skip);
            let passed = view.get(..found.unwrap_or(view.len()))?;
            *zeros = *zeros && is_zero(passed);
            match found {
                Some(found) => return Some(at + found as u64),
                None => at += (view.len() - (MAGIC.len() - 1)) as u64,
            }
            skip = 0;
        }
    }

    /// Whether only zeros lie from `at` to the end.
    fn zeros(&mut self, mut at: u64) -> bool {
        while at < self.capacity {
            let count = usize::try_from(self.capacity - at).unwrap_or(usize::MAX).min(STEP);
            match self.get(at, count) {
                Some(view) if is_zero(view) => at += count as u64,
                _ => return false,
            }
        }
        true
    }
}

fn is_zero(bytes: &[u8]) -> bool {
    bytes.chunks(64).all(|part| part.iter().fold(0, |all, byte| all | byte) == 0)
}

fn fill(file: &dyn MediumFile, into: &mut [u8], at: u64) -> io::Result<()> {
    let count = file.read_at(into, at)?;
    if let Some(rest) = into.get_mut(count..) {
        rest.fill(0);
    }
    Ok(())
}
