//! Memory that files are read into, used again once no reader holds it: a fresh buffer would be
//! zeroed, and a large one mapped and unmapped, for each read.

use bytes::{Bytes, BytesMut};
use parking_lot::Mutex;

/// Buffers kept.
const KEPT_MAX: usize = 8;
/// A longer one is not kept.
const KEPT_BYTES_MAX: usize = 512 << 10;
/// Buffers are whole multiples of this, so that most reads fit the buffer of the last.
const GRAIN: usize = 64 << 10;

#[derive(Default)]
pub(crate) struct Buffers(Mutex<Vec<Bytes>>);

impl Buffers {
    /// A buffer of at least `count` bytes, with anything in it.
    pub(crate) fn take(&self, count: usize) -> BytesMut {
        if count > KEPT_BYTES_MAX {
            return BytesMut::zeroed(count);
        }
        let mut kept = self.0.lock();
        if let Some(at) = kept.iter().position(|buffer| buffer.len() >= count && buffer.is_unique())
            && let Ok(buffer) = kept.swap_remove(at).try_into_mut()
        {
            return buffer;
        }
        drop(kept);
        BytesMut::zeroed(count.next_multiple_of(GRAIN))
    }

    /// Keeps a whole buffer for a later read; its readers may still hold parts of it.
    pub(crate) fn give(&self, buffer: Bytes) {
        if buffer.len() > KEPT_BYTES_MAX {
            return;
        }
        let mut kept = self.0.lock();
        if kept.len() == KEPT_MAX {
            // One in use goes with its readers, else the shortest.
            let worst = kept.iter().enumerate().min_by_key(|(_, kept)| (kept.is_unique(), kept.len()));
            let Some(at) = worst.map(|(at, _)| at) else { return };
            kept.swap_remove(at);
        }
        kept.push(buffer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_used_again_only_when_no_reader_holds_it() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take(1000);
        buffer.fill(7);
        let whole = buffer.freeze();
        let held = whole.slice(10..20);
        let place = whole.as_ptr();
        buffers.give(whole);
        let other = buffers.take(1000);
        assert_ne!(other.as_ptr(), place);
        assert_eq!(&held[..], [7; 10]);
        drop(held);
        assert_eq!(buffers.take(1000).as_ptr(), place);
    }

    #[test]
    fn kept_memory_is_bounded() {
        let buffers = Buffers::default();
        let held = (0..3 * KEPT_MAX).map(|_| buffers.take(KEPT_BYTES_MAX).freeze()).collect::<Vec<_>>();
        held.iter().cloned().for_each(|buffer| buffers.give(buffer));
        buffers.give(buffers.take(KEPT_BYTES_MAX + 1).freeze());
        assert_eq!(buffers.0.lock().len(), KEPT_MAX);
    }
}
