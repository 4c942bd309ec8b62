//! The header of a request, in either coding.

use super::fields::Fields;
use super::{header_binary, header_json};

/// Bytes of a remark.
pub const REMARK_BYTES_MAX: usize = 4 << 10;
/// The frame is an answer.
pub const FLAG_RESPONSE: i32 = 1;
/// No answer is wanted.
pub const FLAG_ONE_WAY: i32 = 2;

/// How a header is written. Answers are given in the coding of their request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Coding {
    Json,
    Binary,
}

/// A header, read in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header<'a> {
    pub coding: Coding,
    pub code: i32,
    /// The name of the client's language as it sent it.
    pub language: &'a str,
    pub version: i32,
    pub opaque: i32,
    pub flag: i32,
    pub fields: Fields<'a>,
}

impl<'a> Header<'a> {
    /// Reads a header. Escapes in JSON texts are undone in the buffer itself, so that nothing is
    /// copied or allocated for them; after an error the buffer's content has no meaning.
    pub fn decode(coding: Coding, bytes: &'a mut [u8]) -> Result<Self, HeaderError> {
        match coding {
            Coding::Json => header_json::decode(bytes),
            Coding::Binary => header_binary::decode(bytes),
        }
    }

    pub fn is_response(&self) -> bool {
        self.flag & FLAG_RESPONSE != 0
    }

    pub fn is_one_way(&self) -> bool {
        self.flag & FLAG_ONE_WAY != 0
    }
}

/// Why a header can't be read. Its connection ends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("the header ends too early")]
    Truncated,
    #[error("the JSON header is malformed at byte {at}: expected {expected}")]
    Json { at: usize, expected: &'static str },
    #[error("the {part} of the header is malformed")]
    Part { part: &'static str },
    #[error("the header is over a limit: {what}")]
    Limit { what: &'static str },
}
