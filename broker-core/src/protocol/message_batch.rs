//! The body of a batch: records of total size 4, magic 4, body CRC 4, flag 4, body length 4 and
//! body, properties length 2 and properties.

use super::bytes::Reader;
use super::properties::Properties;

/// Messages that one batch may have.
pub const MESSAGES_MAX: usize = 1_024;

/// One message of a batch, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchElement<'a> {
    pub flag: i32,
    pub body: &'a [u8],
    pub properties: Properties<'a>,
}

/// Why a body is no batch. Nothing of it may be stored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BatchError {
    #[error("the batch is empty")]
    Empty,
    #[error("the batch has more than {MESSAGES_MAX} messages")]
    TooMany,
    #[error("message {index} of the batch: {what}")]
    Element { index: usize, what: &'static str },
}

/// Reads a whole batch, so that nothing is taken of one that is wrong further on.
pub fn decode(body: &[u8]) -> Result<Vec<BatchElement<'_>>, BatchError> {
    let mut out = Vec::new();
    let mut reader = Reader::new(body);
    while reader.remaining() > 0 {
        let index = out.len();
        if index == MESSAGES_MAX {
            return Err(BatchError::TooMany);
        }
        let element = element(&mut reader).map_err(|what| BatchError::Element { index, what })?;
        out.push(element);
    }
    if out.is_empty() { Err(BatchError::Empty) } else { Ok(out) }
}

fn element<'a>(reader: &mut Reader<'a>) -> Result<BatchElement<'a>, &'static str> {
    let rest = reader.remaining();
    let total = reader.i32().ok_or("its total size is cut off")?;
    let total = usize::try_from(total).map_err(|_| "its total size is negative")?;
    if total > rest {
        return Err("its total size is above what is left");
    }
    let inner = total.checked_sub(4).and_then(|count| reader.take(count));
    let mut inner = Reader::new(inner.ok_or("its total size is below that of its own field")?);
    inner.take(8).ok_or("it ends inside its head")?;
    let flag = inner.i32().ok_or("it ends inside its head")?;
    let body = inner.block32().ok_or("its body length does not fit")?;
    let properties = inner.block16().ok_or("its properties length does not fit")?;
    if inner.remaining() != 0 {
        return Err("its total size does not fit its fields");
    }
    let properties = std::str::from_utf8(properties).map_err(|_| "its properties are not UTF-8")?;
    Ok(BatchElement { flag, body, properties: Properties::new(properties) })
}

/// Appends one element. For tests and tools: the broker only reads batches.
///
/// Properties above 32,767 bytes or a body above 2 GiB are cut by the length fields and give a
/// batch that does not decode.
pub fn encode_element(out: &mut Vec<u8>, flag: i32, body: &[u8], properties: &str) {
    let total = 22 + body.len() + properties.len();
    out.extend_from_slice(&(total as u32).to_be_bytes());
    out.extend_from_slice(&[0; 8]);
    out.extend_from_slice(&flag.to_be_bytes());
    out.extend_from_slice(&(body.len() as u32).to_be_bytes());
    out.extend_from_slice(body);
    out.extend_from_slice(&(properties.len() as u16).to_be_bytes());
    out.extend_from_slice(properties.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two() -> Vec<u8> {
        let mut body = Vec::new();
        encode_element(&mut body, 0, b"m1", "UNIQ_KEY\u{1}AA01\u{2}");
        encode_element(&mut body, -7, b"m-two", "");
        body
    }

    #[test]
    fn a_batch_is_read_in_order() {
        let body = two();
        let elements = decode(&body).expect("a good batch");
        assert_eq!(elements.len(), 2);
        assert_eq!(elements[0].properties.get("UNIQ_KEY"), Some("AA01"));
        assert_eq!((elements[1].flag, elements[1].body), (-7, b"m-two".as_slice()));
    }

    #[test]
    fn c09_lying_lengths_refuse_the_whole_batch() {
        let good = two();
        let set = |at: usize, value: i32| {
            let mut body = good.clone();
            body[at..at + 4].copy_from_slice(&value.to_be_bytes());
            body
        };
        for (what, body) in [
            ("total above the rest", set(0, 10_000)),
            ("total zero", set(0, 0)),
            ("total negative", set(0, -1)),
            ("body above the element", set(16, 1_000)),
            ("body negative", set(16, -5)),
        ] {
            assert!(decode(&body).is_err(), "{what}");
        }
        assert_eq!(decode(&[]), Err(BatchError::Empty));
        let mut many = Vec::new();
        (0..=MESSAGES_MAX).for_each(|_| encode_element(&mut many, 0, b"x", ""));
        assert_eq!(decode(&many), Err(BatchError::TooMany));
    }

    #[test]
    fn c07_a_property_length_of_0x8000_is_negative() {
        let mut body = Vec::new();
        encode_element(&mut body, 0, b"x", &"p".repeat(0x8000));
        assert!(decode(&body).is_err());
    }
}
