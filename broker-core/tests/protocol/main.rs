//! The protocol against golden vectors, and against bytes that nobody would send.

mod invariants;
mod robustness;
mod vectors;

use broker_core::protocol::remoting::frame::{Frame, Peek, peek};
use broker_core::protocol::remoting::header::{Header, HeaderError};

/// A vector's bytes.
fn hex(text: &str) -> Vec<u8> {
    let digits = text.trim().as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).expect("ASCII"), 16).expect("hex")).collect()
}

fn whole(bytes: &[u8]) -> Frame {
    match peek(bytes) {
        Ok(Peek::Whole(frame)) => frame,
        other => panic!("not a whole frame: {other:?}"),
    }
}

/// Reads a frame and hands its header and body to a check.
fn read<T>(mut bytes: Vec<u8>, check: impl FnOnce(Header<'_>, &[u8]) -> T) -> Result<T, HeaderError> {
    let frame = whole(&bytes);
    let body = bytes[frame.body.clone()].to_vec();
    let header = Header::decode(frame.coding, &mut bytes[frame.header])?;
    Ok(check(header, &body))
}
