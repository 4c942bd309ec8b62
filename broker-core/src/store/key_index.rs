//! The key index in memory, for segments that have no key file yet: (hash, place) in the order of
//! arrival. Look-ups are rare and read all of it; appends are many and only push. Derived.

use std::sync::Arc;

use super::segment::Segment;

/// One key of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyEntry {
    pub(crate) hash: u64,
    /// Bytes from the segment's base to the record.
    pub(crate) at: u32,
}

const BLOCK: usize = 4096;

/// Keys of one segment. Blocks are shared with look-ups, which then need no lock.
pub(crate) struct OpenKeys {
    pub(crate) segment: Arc<Segment>,
    full: Vec<Arc<Vec<KeyEntry>>>,
    last: Vec<KeyEntry>,
}

impl OpenKeys {
    pub(crate) fn new(segment: Arc<Segment>) -> Self {
        Self { segment, full: Vec::new(), last: Vec::new() }
    }

    pub(crate) fn extend(&mut self, hashes: &[u64], at: u32) {
        if self.last.len() + hashes.len() > BLOCK {
            self.full.push(Arc::new(std::mem::take(&mut self.last)));
        }
        if self.last.capacity() == 0 {
            self.last.reserve(if self.full.is_empty() { 64 } else { BLOCK });
        }
        self.last.extend(hashes.iter().map(|hash| KeyEntry { hash: *hash, at }));
    }

    /// Everything so far, oldest first.
    pub(crate) fn blocks(&self) -> Vec<Arc<Vec<KeyEntry>>> {
        let mut blocks = self.full.clone();
        blocks.push(Arc::new(self.last.clone()));
        blocks
    }
}
