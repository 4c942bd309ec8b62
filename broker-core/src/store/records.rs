//! What a read found: messages one after the other, most of them neighbours in one piece of memory.
//!
//! A piece is counted once however many messages lie in it: a counted reference for each message
//! would cost more than finding it.

use std::ops::Range;

use bytes::Bytes;

/// V1 message records in the order of their offsets. Cleared and filled again, it allocates nothing.
#[derive(Debug, Default)]
pub struct Records {
    memory: Vec<Bytes>,
    found: Vec<Place>,
    bytes: usize,
}

/// Where a record lies: in which piece of memory, and in which part of it.
#[derive(Debug)]
struct Place {
    memory: usize,
    part: Range<usize>,
}

impl Records {
    pub fn len(&self) -> usize {
        self.found.len()
    }

    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Bytes of all records together.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn clear(&mut self) {
        self.memory.clear();
        self.found.clear();
        self.bytes = 0;
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.found.iter().map(|place| {
            let memory = self.memory.get(place.memory).map(|memory| memory.get(place.part.clone()));
            memory.flatten().unwrap_or_default()
        })
    }

    /// Adds the record in a part of `memory`, which lies within it.
    pub(crate) fn push(&mut self, memory: &Bytes, part: Range<usize>) {
        debug_assert!(part.end <= memory.len(), "the part lies within the memory");
        let same = |last: &Bytes| last.as_ptr() == memory.as_ptr() && last.len() == memory.len();
        if !self.memory.last().is_some_and(same) {
            self.memory.push(memory.clone());
        }
        self.bytes += part.len();
        self.found.push(Place { memory: self.memory.len() - 1, part });
    }

    /// Moves the first `count` records behind all others.
    pub(crate) fn move_to_end(&mut self, count: usize) {
        let count = count.min(self.found.len());
        self.found.rotate_left(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(records: &Records) -> Vec<&[u8]> {
        records.iter().collect()
    }

    #[test]
    fn neighbours_share_their_memory_and_keep_their_order() {
        let (one, other) = (Bytes::from_static(b"abcdef"), Bytes::from_static(b"xyz"));
        let mut records = Records::default();
        records.push(&one, 0..2);
        records.push(&one, 3..6);
        records.push(&other, 1..3);
        assert_eq!(texts(&records), [b"ab".as_slice(), b"def", b"yz"]);
        assert_eq!((records.len(), records.bytes(), records.memory.len()), (3, 7, 2));
        records.move_to_end(2);
        assert_eq!(texts(&records), [b"yz".as_slice(), b"ab", b"def"]);
        records.clear();
        assert!(records.is_empty());
        assert_eq!((records.bytes(), records.memory.len()), (0, 0));
    }
}
