//! What the bytes of a message body are, by looking at them. Never a guess at a charset that they do
//! not name: what is neither UTF-8 nor marked as UTF-16 is binary.
use serde::de::IgnoredAny;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Body {
    Text(Text),
    /// `valid_up_to`: first byte that is not UTF-8 or not printable. `packed`: how it begins.
    Binary {
        valid_up_to: usize,
        packed: Option<Packed>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) form: Form,
    pub(super) charset: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// An object or an array; a lone number or word is plain.
    Json,
    Xml,
    Plain,
}

/// The application has compressed it, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    Gzip,
    Zlib,
}

pub(super) fn detect(body: &[u8]) -> Body {
    let (text, charset) = match body {
        [0xff, 0xfe, rest @ ..] => (utf16(rest, u16::from_le_bytes), "UTF-16LE"),
        [0xfe, 0xff, rest @ ..] => (utf16(rest, u16::from_be_bytes), "UTF-16BE"),
        _ => match std::str::from_utf8(body) {
            Ok(text) => (Some(text.to_owned()), "UTF-8"),
            Err(error) => return binary(body, error.valid_up_to()),
        },
    };
    let Some(text) = text else { return binary(body, 0) };
    if let Some(at) = text.find(|c: char| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return binary(body, if charset == "UTF-8" { at } else { 0 });
    }
    let form = match text.trim_start().chars().next() {
        Some('{' | '[') if is_json(&text) => Form::Json,
        Some('<') if is_xml(&text) => Form::Xml,
        _ => Form::Plain,
    };
    Body::Text(Text { text, form, charset })
}

fn binary(body: &[u8], valid_up_to: usize) -> Body {
    let packed = match body {
        [0x1f, 0x8b, 8, ..] => Some(Packed::Gzip),
        // Method deflate, a window of up to 32 KiB, and the check bits of RFC 1950.
        [cmf, flags, _, ..] if cmf & 0x0f == 8 && cmf >> 4 <= 7 && u16::from_be_bytes([*cmf, *flags]) % 31 == 0 => {
            Some(Packed::Zlib)
        }
        _ => None,
    };
    Body::Binary { valid_up_to, packed }
}

/// `None`: not UTF-16 after all.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    char::decode_utf16(units.iter().map(|pair| unit(*pair))).collect::<Result<String, _>>().ok()
}

pub(super) fn is_json(text: &str) -> bool {
    serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// Begins like XML, and each element that is opened is closed in its order. No more is claimed.
fn is_xml(text: &str) -> bool {
    let mut rest = text.trim();
    let mut open: Vec<&str> = Vec::new();
    let mut elements = 0_usize;
    while let Some(at) = rest.find('<') {
        if open.is_empty() && !rest.get(..at).unwrap_or_default().trim().is_empty() {
            return false;
        }
        rest = rest.get(at..).unwrap_or_default();
        let (end, mark) = match rest {
            _ if rest.starts_with("<!--") => ("-->", false),
            _ if rest.starts_with("<![CDATA[") => ("]]>", false),
            _ if rest.starts_with("<?") => ("?>", false),
            _ if rest.starts_with("<!") => (">", false),
            _ => (">", true),
        };
        let Some((inside, after)) = rest.split_once(end) else { return false };
        rest = after;
        if !mark {
            continue;
        }
        let inside = inside.trim_start_matches('<');
        let name = inside.trim_start_matches('/').split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or("");
        if !name.starts_with(|c: char| c.is_alphabetic() || c == '_') {
            return false;
        }
        if inside.starts_with('/') {
            if open.pop() != Some(name) {
                return false;
            }
        } else {
            elements += 1;
            if !inside.ends_with('/') {
                open.push(name);
            }
        }
    }
    elements > 0 && open.is_empty() && rest.trim().is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(body: &[u8]) -> Option<(Form, &'static str)> {
        match detect(body) {
            Body::Text(text) => Some((text.form, text.charset)),
            Body::Binary { .. } => None,
        }
    }

    fn packed(body: &[u8]) -> Option<Packed> {
        match detect(body) {
            Body::Text(_) => None,
            Body::Binary { packed, .. } => packed,
        }
    }

    #[test]
    fn a_lone_number_is_plain_and_broken_json_is_plain() {
        assert_eq!(form(b"{\"a\":1}"), Some((Form::Json, "UTF-8")));
        assert_eq!(form(b"42"), Some((Form::Plain, "UTF-8")));
        assert_eq!(form(b"{\"a\":}"), Some((Form::Plain, "UTF-8")));
        assert_eq!(form("你好\n".as_bytes()), Some((Form::Plain, "UTF-8")));
    }

    #[test]
    fn xml_is_what_closes_what_it_opens() {
        for good in ["<?xml version=\"1.0\"?>\n<o id='1'><i/>x &lt; y<!-- < --></o>", " <a><![CDATA[<b>]]></a> "] {
            assert_eq!(form(good.as_bytes()), Some((Form::Xml, "UTF-8")), "{good}");
        }
        for bad in ["<", "<a>", "<a></b>", "< 3 and > 2", "<a></a> and more", "x <a/>", "<!-- only -->"] {
            assert_eq!(form(bad.as_bytes()), Some((Form::Plain, "UTF-8")), "{bad}");
        }
    }

    #[test]
    fn what_is_not_utf8_or_has_control_bytes_is_binary() {
        assert_eq!(detect(&[b'a', 0xff]), Body::Binary { valid_up_to: 1, packed: None });
        assert_eq!(detect(b"ab\0c"), Body::Binary { valid_up_to: 2, packed: None });
    }

    #[test]
    fn utf16_is_read_only_by_its_mark_and_only_when_it_is_whole() {
        assert_eq!(form(b"\xff\xfe{\0}\0"), Some((Form::Json, "UTF-16LE")));
        assert_eq!(form(b"\xfe\xff\0h\x4f\x60"), Some((Form::Plain, "UTF-16BE")));
        assert_eq!(form(b"h\0i\0"), None);
        // Half a character, and a lone surrogate.
        assert_eq!(form(b"\xff\xfeh"), None);
        assert_eq!(form(b"\xff\xfe\x00\xd8"), None);
    }

    #[test]
    fn compressed_bodies_are_named_by_their_first_bytes() {
        assert_eq!(packed(&[0x1f, 0x8b, 8, 0, 0xff]), Some(Packed::Gzip));
        assert_eq!(packed(&[0x78, 0x9c, 0xcb, 0x48]), Some(Packed::Zlib));
        assert_eq!(packed(&[0x78, 0x9d, 0xcb, 0x48]), None);
        assert_eq!(packed(&[0xff]), None);
    }
}
