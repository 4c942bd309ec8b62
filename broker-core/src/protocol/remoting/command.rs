//! Frames that the broker sends: answers in the coding of their request, and its own requests.
//!
//! Field values are always JSON texts: C++ ignores and Go refuses others.

use super::header::{Coding, FLAG_ONE_WAY, FLAG_RESPONSE};
use crate::protocol::json;

/// The version that the broker says it is: 4.9.8. Java pulls with SQL92 need at least 4.1.0, Go
/// reads 16 bits.
pub const VERSION: i16 = 409;

/// The value of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    Text(&'a str),
    Number(i64),
}

/// A header to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Command<'a> {
    pub coding: Coding,
    pub code: i32,
    pub opaque: i32,
    pub flag: i32,
    pub remark: Option<&'a str>,
    pub fields: &'a [(&'a str, Value<'a>)],
}

/// A frame whose header is written and whose body may follow.
#[must_use = "a frame without its end has no size"]
#[derive(Debug)]
pub struct OpenFrame {
    start: usize,
}

impl OpenFrame {
    /// Writes the size of the frame, now that its body is behind its header.
    pub fn close(self, out: &mut [u8]) {
        let total = out.len().saturating_sub(self.start + 4);
        // Our own frames are far below 4 GiB.
        if let Some(size) = out.get_mut(self.start..self.start + 4) {
            size.copy_from_slice(&(total as u32).to_be_bytes());
        }
    }
}

impl<'a> Command<'a> {
    /// An answer without remark and fields.
    pub fn answer(coding: Coding, opaque: i32, code: i32) -> Self {
        Self { coding, code, opaque, flag: FLAG_RESPONSE, remark: None, fields: &[] }
    }

    /// A request of the broker that wants no answer. Always JSON, which every client reads.
    pub fn one_way(code: i32, opaque: i32, fields: &'a [(&'a str, Value<'a>)]) -> Self {
        Self { coding: Coding::Json, code, opaque, flag: FLAG_ONE_WAY, remark: None, fields }
    }

    pub fn with_remark(self, remark: &'a str) -> Self {
        Self { remark: Some(remark), ..self }
    }

    pub fn with_fields(self, fields: &'a [(&'a str, Value<'a>)]) -> Self {
        Self { fields, ..self }
    }

    /// Appends a frame without a body.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let frame = self.open(out);
        frame.close(out);
    }

    /// Appends sizes and header; what is appended before [`OpenFrame::close`] is the body.
    pub fn open(&self, out: &mut Vec<u8>) -> OpenFrame {
        let start = out.len();
        out.extend_from_slice(&[0; 8]);
        match self.coding {
            Coding::Json => self.json(out),
            Coding::Binary => self.binary(out),
        }
        let header = out.len() - start - 8;
        let coding = u32::from(self.coding == Coding::Binary) << 24;
        // Headers of ours are a few hundred bytes, and remarks are bounded.
        let word = coding | (header as u32 & 0x00FF_FFFF);
        if let Some(place) = out.get_mut(start + 4..start + 8) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        OpenFrame { start }
    }

    fn json(&self, out: &mut Vec<u8>) {
        let mut number = itoa::Buffer::new();
        out.extend_from_slice(br#"{"code":"#);
        out.extend_from_slice(number.format(self.code).as_bytes());
        if !self.fields.is_empty() {
            out.extend_from_slice(br#","extFields":"#);
            for (index, (name, value)) in self.fields.iter().enumerate() {
                out.push(if index == 0 { b'{' } else { b',' });
                out.push(b'"');
                out.extend_from_slice(name.as_bytes());
                out.extend_from_slice(b"\":");
                match value {
                    Value::Text(text) => json::push_text(out, text),
                    Value::Number(value) => {
                        out.push(b'"');
                        out.extend_from_slice(number.format(*value).as_bytes());
                        out.push(b'"');
                    }
                }
            }
            out.push(b'}');
        }
        out.extend_from_slice(br#","flag":"#);
        out.extend_from_slice(number.format(self.flag).as_bytes());
        out.extend_from_slice(br#","language":"JAVA","opaque":"#);
        out.extend_from_slice(number.format(self.opaque).as_bytes());
        if let Some(remark) = self.remark {
            out.extend_from_slice(br#","remark":"#);
            json::push_text(out, remark);
        }
        out.extend_from_slice(br#","serializeTypeCurrentRPC":"JSON","version":"#);
        out.extend_from_slice(number.format(VERSION).as_bytes());
        out.push(b'}');
    }

    fn binary(&self, out: &mut Vec<u8>) {
        // The form has 16 bits for the code; the broker's own codes are small.
        out.extend_from_slice(&(self.code as i16).to_be_bytes());
        out.push(0);
        out.extend_from_slice(&VERSION.to_be_bytes());
        out.extend_from_slice(&self.opaque.to_be_bytes());
        out.extend_from_slice(&self.flag.to_be_bytes());
        let remark = self.remark.unwrap_or_default();
        out.extend_from_slice(&(remark.len() as u32).to_be_bytes());
        out.extend_from_slice(remark.as_bytes());
        let fields_at = out.len();
        out.extend_from_slice(&[0; 4]);
        let mut number = itoa::Buffer::new();
        for (name, value) in self.fields {
            let value = match value {
                Value::Text(text) => text,
                Value::Number(value) => number.format(*value),
            };
            out.extend_from_slice(&(name.len() as u16).to_be_bytes());
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(&(value.len() as u32).to_be_bytes());
            out.extend_from_slice(value.as_bytes());
        }
        let fields = (out.len() - fields_at - 4) as u32;
        if let Some(place) = out.get_mut(fields_at..fields_at + 4) {
            place.copy_from_slice(&fields.to_be_bytes());
        }
    }
}
