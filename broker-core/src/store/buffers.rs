//! Parts of files read lately, in memory that is used again. Queues of one Topic lie between each
//! other in the log, so what was read for one holds the records that the next is asked for; and a
//! fresh buffer for each read would be mapped, zeroed and unmapped.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;

/// Parts kept.
const KEPT_MAX: usize = 8;
/// Shorter and longer ones are not kept: those cost little, these much memory.
pub(crate) const KEPT_BYTES_MIN: usize = 32 << 10;
const KEPT_BYTES_MAX: usize = 512 << 10;

/// A part of a segment's file.
#[derive(Clone)]
pub(crate) struct Span {
    pub(crate) base: u64,
    pub(crate) from: u64,
    pub(crate) bytes: Bytes,
}

struct Kept {
    span: Span,
    /// The memory that the span's bytes are the start of.
    buffer: Bytes,
}

#[derive(Default)]
pub(crate) struct Buffers(Mutex<VecDeque<Kept>>);

impl Buffers {
    /// Memory of at least `count` bytes, with anything in it.
    pub(crate) fn take(&self, count: usize) -> BytesMut {
        if !(KEPT_BYTES_MIN..=KEPT_BYTES_MAX).contains(&count) {
            return BytesMut::zeroed(count);
        }
        let mut kept = self.0.lock();
        // The oldest, unless a reader still holds it or it is too short.
        let oldest = if kept.len() == KEPT_MAX { kept.pop_front() } else { None };
        drop(kept);
        if let Some(Kept { span, buffer }) = oldest
            && buffer.len() >= count
        {
            drop(span);
            if let Ok(buffer) = buffer.try_into_mut() {
                return buffer;
            }
        }
        BytesMut::zeroed(count.next_power_of_two())
    }

    /// Keeps what was read, with its memory. The bytes of a file may be kept once they can't change
    /// any more; who takes a record from them checks it.
    pub(crate) fn keep(&self, span: Span, buffer: Bytes) {
        if (KEPT_BYTES_MIN..=KEPT_BYTES_MAX).contains(&span.bytes.len()) {
            let mut kept = self.0.lock();
            if kept.len() == KEPT_MAX {
                kept.pop_front();
            }
            kept.push_back(Kept { span, buffer });
        }
    }

    /// A record in it was wrong: whoever comes next reads the file again.
    pub(crate) fn forget(&self, span: &Span) {
        self.0.lock().retain(|kept| (kept.span.base, kept.span.from) != (span.base, span.from));
    }

    /// The newest part that holds all of `from..until` of a segment.
    pub(crate) fn find(&self, base: u64, from: u64, until: u64) -> Option<Span> {
        let kept = self.0.lock();
        let holds = |span: &Span| span.base == base && span.from <= from && until <= span.end();
        kept.iter().rev().map(|kept| &kept.span).find(|span| holds(span)).cloned()
    }

    /// Where the first part that begins behind `from` does.
    pub(crate) fn next_from(&self, base: u64, from: u64) -> Option<u64> {
        let kept = self.0.lock();
        kept.iter()
            .map(|kept| &kept.span)
            .filter(|span| span.base == base && span.from > from)
            .map(|span| span.from)
            .min()
    }
}

impl Span {
    pub(crate) fn end(&self) -> u64 {
        self.from + self.bytes.len() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BYTES: usize = 40_000;

    fn keep(buffers: &Buffers, base: u64, byte: u8) -> *const u8 {
        let mut buffer = buffers.take(BYTES);
        buffer.fill(byte);
        let buffer = buffer.freeze();
        let place = buffer.as_ptr();
        buffers.keep(Span { base, from: 1000, bytes: buffer.slice(..BYTES) }, buffer);
        place
    }

    #[test]
    fn a_part_is_found_by_what_it_holds() {
        let buffers = Buffers::default();
        keep(&buffers, 7, 1);
        assert!(buffers.find(7, 1000, 1000 + BYTES as u64).is_some());
        assert!(buffers.find(7, 999, 2000).is_none());
        assert!(buffers.find(7, 2000, 1001 + BYTES as u64).is_none());
        assert!(buffers.find(8, 2000, 3000).is_none());
        assert_eq!(buffers.next_from(7, 999), Some(1000));
        assert_eq!(buffers.next_from(7, 1000), None);
        assert_eq!(buffers.next_from(8, 0), None);
    }

    #[test]
    fn a_part_that_was_wrong_is_not_found_again() {
        let buffers = Buffers::default();
        keep(&buffers, 7, 1);
        keep(&buffers, 8, 1);
        buffers.forget(&buffers.find(7, 1000, 2000).expect("kept"));
        assert!(buffers.find(7, 1000, 2000).is_none());
        assert!(buffers.find(8, 1000, 2000).is_some());
    }

    #[test]
    fn memory_is_used_again_only_when_no_reader_holds_it() {
        let buffers = Buffers::default();
        let first = keep(&buffers, 0, 0);
        let held = buffers.find(0, 1000, 2000).expect("kept");
        let second = keep(&buffers, 1, 1);
        for base in 2..KEPT_MAX as u64 {
            keep(&buffers, base, 2);
        }
        assert_ne!(keep(&buffers, 100, 3), first, "a reader holds it");
        assert!(held.bytes.iter().all(|byte| *byte == 0));
        assert_eq!(keep(&buffers, 101, 4), second);
        assert!(buffers.find(1, 1000, 2000).is_none());
        assert_eq!(buffers.0.lock().len(), KEPT_MAX);
    }
}
