//! The binary header: code 2, language 1, version 2, opaque 4, flag 4, remark length 4 and remark,
//! fields length 4 and fields of name length 2, name, value length 4, value.

use super::code::request::widen;
use super::fields::{FIELDS_MAX, Field, Fields, NAME_BYTES_MAX, VALUE_BYTES_MAX};
use super::header::{Coding, Header, HeaderError, REMARK_BYTES_MAX};
use crate::protocol::bytes::{Reader, Texts};

/// Names of languages by their number.
const LANGUAGES: [&str; 14] = [
    "JAVA", "CPP", "DOTNET", "PYTHON", "DELPHI", "ERLANG", "RUBY", "OTHER", "HTTP", "GO", "PHP", "OMS", "RUST",
    "NODE_JS",
];

pub(super) fn decode(bytes: &mut [u8]) -> Result<Header<'_>, HeaderError> {
    let malformed = |part| HeaderError::Part { part };
    let mut reader = Reader::new(bytes);
    let code = widen(i32::from(reader.i16().ok_or(HeaderError::Truncated)?));
    let language = reader.u8().ok_or(HeaderError::Truncated)?;
    let language = LANGUAGES.get(usize::from(language)).copied().unwrap_or("OTHER");
    let version = i32::from(reader.i16().ok_or(HeaderError::Truncated)?);
    let opaque = reader.i32().ok_or(HeaderError::Truncated)?;
    let flag = reader.i32().ok_or(HeaderError::Truncated)?;
    let remark = reader.block32().ok_or(malformed("remark length"))?;
    if remark.len() > REMARK_BYTES_MAX {
        return Err(HeaderError::Limit { what: "remark" });
    }
    let block = reader.block32().ok_or(malformed("fields length"))?;
    if reader.remaining() != 0 {
        return Err(malformed("end"));
    }
    let texts = Texts::new(block);
    let mut rest = Reader::new(block);
    let mut fields = Fields::default();
    let mut count = 0;
    while rest.remaining() > 0 {
        let name = rest.block16().ok_or(malformed("length of a field's name"))?;
        let name_end = block.len() - rest.remaining();
        let value = rest.block32().ok_or(malformed("length of a field's value"))?;
        let value_end = block.len() - rest.remaining();
        count += 1;
        if count > FIELDS_MAX {
            return Err(HeaderError::Limit { what: "number of fields" });
        }
        if name.len() > NAME_BYTES_MAX {
            return Err(HeaderError::Limit { what: "name of a field" });
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(HeaderError::Limit { what: "value of a field" });
        }
        let name = texts.get(name_end - name.len()..name_end).ok_or(malformed("UTF-8 of a field's name"))?;
        let value = texts.get(value_end - value.len()..value_end).ok_or(malformed("UTF-8 of a field's value"))?;
        fields.push(Field { name, value: Some(value) });
    }
    Ok(Header { coding: Coding::Binary, code, language, version, opaque, flag, fields })
}
