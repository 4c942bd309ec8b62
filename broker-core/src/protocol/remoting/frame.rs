//! The frame: total size 4 (of what follows), coding 1, header size 3, header, body.
//!
//! Every size is looked at before a byte is allocated or waited for because of it (R28). A
//! frame that is wrong ends its connection without an answer.

use std::ops::Range;

use super::header::Coding;

/// Bytes of a frame with all its fields: the largest body, the largest header, and both sizes.
pub const FRAME_BYTES_MAX: usize = (4 << 20) + HEADER_BYTES_MAX + PREFIX_BYTES;
/// Bytes of a header. JSON escaping grows legal properties six-fold.
pub const HEADER_BYTES_MAX: usize = 256 << 10;
/// Bytes in front of the header.
pub const PREFIX_BYTES: usize = 8;

/// Where the parts of a whole frame lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    pub coding: Coding,
    pub header: Range<usize>,
    pub body: Range<usize>,
}

impl Frame {
    /// Bytes of the whole frame.
    pub fn bytes(&self) -> usize {
        self.body.end
    }
}

/// What the bytes at hand are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peek {
    /// So far a good frame; this many bytes are needed to go on.
    NeedMore {
        bytes: usize,
    },
    Whole(Frame),
}

/// Why a connection can't go on.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    #[error("a frame of {total} bytes can't hold a header")]
    TooSmall { total: i32 },
    #[error("a frame of {bytes} bytes is over the limit of {FRAME_BYTES_MAX}")]
    TooLarge { bytes: u64 },
    #[error("header coding {found} is neither JSON (0) nor binary (1)")]
    Coding { found: u8 },
    #[error("a header of {bytes} bytes does not fit its frame or is over the limit of {HEADER_BYTES_MAX}")]
    Header { bytes: usize },
}

/// Looks at the start of `bytes`; further frames may follow.
pub fn peek(bytes: &[u8]) -> Result<Peek, FrameError> {
    let Some(total) = bytes.first_chunk::<4>() else {
        return Ok(Peek::NeedMore { bytes: PREFIX_BYTES });
    };
    let total = i32::from_be_bytes(*total);
    let Ok(following) = usize::try_from(total) else {
        return Err(FrameError::TooSmall { total });
    };
    if following < 5 {
        return Err(FrameError::TooSmall { total });
    }
    let whole = following + 4;
    if whole > FRAME_BYTES_MAX {
        return Err(FrameError::TooLarge { bytes: whole as u64 });
    }
    let coding = match bytes.get(4) {
        None => return Ok(Peek::NeedMore { bytes: PREFIX_BYTES }),
        Some(0) => Coding::Json,
        Some(1) => Coding::Binary,
        Some(found) => return Err(FrameError::Coding { found: *found }),
    };
    let Some([high, middle, low]) = bytes.get(5..PREFIX_BYTES) else {
        return Ok(Peek::NeedMore { bytes: PREFIX_BYTES });
    };
    let header_bytes = usize::from(*high) << 16 | usize::from(*middle) << 8 | usize::from(*low);
    if header_bytes == 0 || header_bytes > following - 4 || header_bytes > HEADER_BYTES_MAX {
        return Err(FrameError::Header { bytes: header_bytes });
    }
    if bytes.len() < whole {
        return Ok(Peek::NeedMore { bytes: whole });
    }
    let body_at = PREFIX_BYTES + header_bytes;
    Ok(Peek::Whole(Frame { coding, header: PREFIX_BYTES..body_at, body: body_at..whole }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(total: i32, coding: u8, header: u32) -> Vec<u8> {
        let mut bytes = total.to_be_bytes().to_vec();
        bytes.push(coding);
        bytes.extend_from_slice(&header.to_be_bytes()[1..]);
        bytes
    }

    #[test]
    fn c01_lying_sizes_are_refused_before_anything_is_read_for_them() {
        for (what, bytes) in [
            ("total 3", start(3, 0, 0)),
            ("total 4", start(4, 0, 0)),
            ("coding 2", start(100, 2, 50)),
            ("header as long as the frame", start(100, 0, 100)),
            ("header 0", start(100, 0, 0)),
            ("total huge", start(0x7FFF_FFFF, 0, 50)),
            ("total negative", start(-1, 0, 50)),
            ("a TLS handshake", vec![0x16, 3, 1, 2, 0, 1, 0, 1]),
            ("header over its limit", start(3 << 20, 0, HEADER_BYTES_MAX as u32 + 1)),
        ] {
            assert!(peek(&bytes).is_err(), "{what}");
        }
    }

    #[test]
    fn the_largest_frame_is_taken_and_one_byte_more_is_not() {
        let largest = i32::try_from(FRAME_BYTES_MAX - 4).expect("small");
        assert_eq!(peek(&start(largest, 0, 10)), Ok(Peek::NeedMore { bytes: FRAME_BYTES_MAX }));
        assert!(matches!(peek(&start(largest + 1, 0, 10)), Err(FrameError::TooLarge { .. })));
    }

    #[test]
    fn every_prefix_of_a_good_frame_needs_more() {
        let mut bytes = start(4 + 3 + 2, 1, 3);
        bytes.extend_from_slice(b"hhhbb");
        for count in 0..bytes.len() {
            assert!(matches!(peek(&bytes[..count]), Ok(Peek::NeedMore { bytes: more }) if more > count));
        }
        let frame = Frame { coding: Coding::Binary, header: 8..11, body: 11..13 };
        assert_eq!(peek(&bytes), Ok(Peek::Whole(frame)));
    }
}
