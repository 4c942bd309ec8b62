//! The JSON header: our own parser, because this parse *is* the budget of pipelined sends.
//!
//! It takes every JSON object whose fields are texts, numbers, truth values or null: keys in any
//! order, unknown ones ignored whatever they hold, doubled ones won by the last. Numbers and truth
//! values count as their text, since C++ clients send numbers where others send texts. It is more
//! liberal than JSON with raw control characters in texts, as the clients' own parsers are.

use memchr::memchr2;
use smallvec::SmallVec;

use super::body::JSON_DEPTH_MAX;
use super::fields::{FIELDS_MAX, Field, Fields, NAME_BYTES_MAX, VALUE_BYTES_MAX};
use super::header::{Coding, Header, HeaderError, REMARK_BYTES_MAX};
use crate::protocol::bytes::Texts;

/// A text inside the header, escapes undone.
#[derive(Clone, Copy)]
struct Span {
    from: usize,
    to: usize,
}

#[derive(Default)]
struct Spans {
    language: Option<Span>,
    code: Option<i32>,
    version: i32,
    opaque: i32,
    flag: i32,
    fields: SmallVec<[(Span, Option<Span>); 24]>,
}

pub(super) fn decode(bytes: &mut [u8]) -> Result<Header<'_>, HeaderError> {
    let mut parser = Parser { bytes, at: 0 };
    let spans = parser.header()?;
    let texts = Texts::new(bytes);
    let text = |span: &Span| texts.get(span.from..span.to).ok_or(HeaderError::Part { part: "UTF-8" });
    let mut fields = Fields::default();
    for (name, value) in &spans.fields {
        fields.push(Field { name: text(name)?, value: value.as_ref().map(text).transpose()? });
    }
    let language = spans.language.as_ref().map_or(Ok("OTHER"), text)?;
    Ok(Header {
        coding: Coding::Json,
        code: spans.code.ok_or(HeaderError::Part { part: "code" })?,
        language,
        version: spans.version,
        opaque: spans.opaque,
        flag: spans.flag,
        fields,
    })
}

/// Bytes of a text that are looked at one by one first: most texts of a header are shorter.
const SHORT_BYTES: usize = 16;

/// Where the first quote or backslash stands.
fn special(bytes: &[u8]) -> Option<usize> {
    let is_special = |byte: &u8| *byte == b'"' || *byte == b'\\';
    let (short, rest) = bytes.split_at(bytes.len().min(SHORT_BYTES));
    short.iter().position(is_special).or_else(|| memchr2(b'"', b'\\', rest).map(|at| short.len() + at))
}

struct Parser<'b> {
    bytes: &'b mut [u8],
    at: usize,
}

/// What a value is, besides its place.
enum Value {
    Text(Span),
    /// A number or a truth value: its place in the header.
    Bare(Span),
    Null,
    /// An array or object, passed over.
    Nested,
}

impl Parser<'_> {
    fn header(&mut self) -> Result<Spans, HeaderError> {
        let mut spans = Spans::default();
        self.open(b'{', "an object")?;
        if !self.closes(b'}')? {
            loop {
                let name = self.name()?;
                self.member(name, &mut spans)?;
                if !self.continues(b'}')? {
                    break;
                }
            }
        }
        self.blanks();
        if self.at < self.bytes.len() { Err(self.expected("nothing more")) } else { Ok(spans) }
    }

    fn member(&mut self, name: Span, spans: &mut Spans) -> Result<(), HeaderError> {
        match self.bytes.get(name.from..name.to).unwrap_or_default() {
            b"extFields" => self.fields(&mut spans.fields)?,
            b"code" => spans.code = self.int()?,
            b"opaque" => spans.opaque = self.int()?.unwrap_or(0),
            b"flag" => spans.flag = self.int()?.unwrap_or(0),
            b"version" => spans.version = self.int()?.unwrap_or(0),
            b"language" => {
                spans.language = match self.value(1)? {
                    Value::Text(span) if span.to - span.from <= 32 => Some(span),
                    Value::Text(_) => return Err(HeaderError::Limit { what: "language" }),
                    _ => None,
                };
            }
            b"remark" => {
                if let Value::Text(span) = self.value(1)?
                    && span.to - span.from > REMARK_BYTES_MAX
                {
                    return Err(HeaderError::Limit { what: "remark" });
                }
            }
            _ => {
                self.value(1)?;
            }
        }
        Ok(())
    }

    fn fields(&mut self, out: &mut SmallVec<[(Span, Option<Span>); 24]>) -> Result<(), HeaderError> {
        // Of two objects of this name the last counts, like of two fields.
        out.clear();
        self.blanks();
        if self.bytes.get(self.at) == Some(&b'n') {
            return self.word(b"null");
        }
        self.open(b'{', "an object or null")?;
        if self.closes(b'}')? {
            return Ok(());
        }
        loop {
            if out.len() == FIELDS_MAX {
                return Err(HeaderError::Limit { what: "number of fields" });
            }
            let name = self.name()?;
            if name.to - name.from > NAME_BYTES_MAX {
                return Err(HeaderError::Limit { what: "name of a field" });
            }
            let value = match self.value(2)? {
                Value::Text(span) | Value::Bare(span) if span.to - span.from > VALUE_BYTES_MAX => {
                    return Err(HeaderError::Limit { what: "value of a field" });
                }
                Value::Text(span) | Value::Bare(span) => Some(span),
                Value::Null => None,
                Value::Nested => return Err(self.expected("a text, number, truth value or null as a field's value")),
            };
            out.push((name, value));
            if !self.continues(b'}')? {
                return Ok(());
            }
        }
    }

    /// A name and the colon after it.
    fn name(&mut self) -> Result<Span, HeaderError> {
        self.open(b'"', "a name")?;
        let name = self.string()?;
        self.open(b':', "a colon")?;
        Ok(name)
    }

    /// A whole number, also written as text; `None` for null and anything else.
    fn int(&mut self) -> Result<Option<i32>, HeaderError> {
        let (Value::Text(span) | Value::Bare(span)) = self.value(1)? else { return Ok(None) };
        let digits = self.bytes.get(span.from..span.to).and_then(|bytes| std::str::from_utf8(bytes).ok());
        let number = digits.and_then(|digits| digits.parse().ok());
        number.map(Some).ok_or(HeaderError::Part { part: "whole number" })
    }

    fn value(&mut self, depth: usize) -> Result<Value, HeaderError> {
        self.blanks();
        match self.bytes.get(self.at).copied().ok_or(HeaderError::Truncated)? {
            b'"' => {
                self.at += 1;
                self.string().map(Value::Text)
            }
            b'-' | b'0'..=b'9' => self.number().map(Value::Bare),
            b't' => self.bare(b"true"),
            b'f' => self.bare(b"false"),
            b'n' => self.word(b"null").map(|()| Value::Null),
            open @ (b'{' | b'[') => {
                self.nested(open, depth)?;
                Ok(Value::Nested)
            }
            _ => Err(self.expected("a value")),
        }
    }

    fn bare(&mut self, word: &'static [u8]) -> Result<Value, HeaderError> {
        let from = self.at;
        self.word(word)?;
        Ok(Value::Bare(Span { from, to: self.at }))
    }

    fn word(&mut self, word: &'static [u8]) -> Result<(), HeaderError> {
        if self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word)) {
            self.at += word.len();
            return Ok(());
        }
        Err(self.expected("true, false or null"))
    }

    fn number(&mut self) -> Result<Span, HeaderError> {
        let from = self.at;
        let mut digits = 0;
        while let Some(byte) = self.bytes.get(self.at) {
            match byte {
                b'0'..=b'9' => digits += 1,
                b'-' | b'+' | b'.' | b'e' | b'E' => {}
                _ => break,
            }
            self.at += 1;
        }
        if digits == 0 { Err(self.expected("a number")) } else { Ok(Span { from, to: self.at }) }
    }

    /// Passes over an array or object.
    fn nested(&mut self, open: u8, depth: usize) -> Result<(), HeaderError> {
        if depth >= JSON_DEPTH_MAX {
            return Err(HeaderError::Limit { what: "depth of JSON" });
        }
        self.at += 1;
        let close = if open == b'{' { b'}' } else { b']' };
        if self.closes(close)? {
            return Ok(());
        }
        loop {
            if open == b'{' {
                self.name()?;
            }
            self.value(depth + 1)?;
            if !self.continues(close)? {
                return Ok(());
            }
        }
    }

    /// The rest of a text after its opening quote. Escapes are undone where they stand: what they
    /// mean is never longer than they are.
    fn string(&mut self) -> Result<Span, HeaderError> {
        let from = self.at;
        let mut write = from;
        loop {
            let rest = self.bytes.get(self.at..).ok_or(HeaderError::Truncated)?;
            let plain = special(rest).ok_or(HeaderError::Truncated)?;
            if write < self.at {
                self.bytes.copy_within(self.at..self.at + plain, write);
            }
            (write, self.at) = (write + plain, self.at + plain);
            let end = self.bytes.get(self.at) == Some(&b'"');
            self.at += 1;
            if end {
                return Ok(Span { from, to: write });
            }
            let mut buffer = [0; 4];
            let unescaped = self.escape()?.encode_utf8(&mut buffer).as_bytes();
            let place = self.bytes.get_mut(write..write + unescaped.len()).ok_or(HeaderError::Truncated)?;
            place.copy_from_slice(unescaped);
            write += unescaped.len();
        }
    }

    /// What an escape means, read from behind its backslash. Half of a surrogate pair means `?`, as
    /// in the text that Java makes of it.
    fn escape(&mut self) -> Result<char, HeaderError> {
        let byte = *self.bytes.get(self.at).ok_or(HeaderError::Truncated)?;
        self.at += 1;
        Ok(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let first = self.unit(self.at)?;
                self.at += 4;
                if !(0xD800..0xE000).contains(&first) {
                    return char::from_u32(first).ok_or(self.expected("a character"));
                }
                let follows = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(b"\\u"));
                if first < 0xDC00 && follows {
                    let second = self.unit(self.at + 2)?;
                    if (0xDC00..0xE000).contains(&second) {
                        self.at += 6;
                        let pair = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                        return char::from_u32(pair).ok_or(self.expected("a character"));
                    }
                }
                '?'
            }
            _ => return Err(self.expected("an escape")),
        })
    }

    /// Four hex digits.
    fn unit(&self, at: usize) -> Result<u32, HeaderError> {
        let digits = self.bytes.get(at..at + 4).ok_or(HeaderError::Truncated)?;
        digits.iter().try_fold(0, |unit, digit| {
            let digit = char::from(*digit).to_digit(16);
            digit.map(|digit| unit << 4 | digit).ok_or(self.expected("four hex digits"))
        })
    }

    fn blanks(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.bytes.get(self.at) {
            self.at += 1;
        }
    }

    /// Takes one character, blanks before it or not.
    fn open(&mut self, wanted: u8, expected: &'static str) -> Result<(), HeaderError> {
        self.blanks();
        if self.bytes.get(self.at) != Some(&wanted) {
            return Err(self.expected(expected));
        }
        self.at += 1;
        Ok(())
    }

    /// Whether an array or object that was just opened closes at once.
    fn closes(&mut self, close: u8) -> Result<bool, HeaderError> {
        self.blanks();
        let closes = *self.bytes.get(self.at).ok_or(HeaderError::Truncated)? == close;
        self.at += usize::from(closes);
        Ok(closes)
    }

    /// After an element: whether another follows.
    fn continues(&mut self, close: u8) -> Result<bool, HeaderError> {
        self.blanks();
        let byte = *self.bytes.get(self.at).ok_or(HeaderError::Truncated)?;
        if byte != b',' && byte != close {
            return Err(self.expected("a comma or the end"));
        }
        self.at += 1;
        Ok(byte == b',')
    }

    fn expected(&self, expected: &'static str) -> HeaderError {
        HeaderError::Json { at: self.at, expected }
    }
}
