//! How a message body is shown: its bytes as text, JSON, hexadecimal or Base64.
//!
//! Pure: bytes in, lines out. Never invents a character: what is not UTF-8 is never shown as text,
//! and numbers of JSON are copied digit by digit, so that 9007199254740993 and 1.10 stay what they
//! are. Knows nothing of the page.

/// Bytes of text or JSON that a page draws at most; the rest is only downloaded.
pub(crate) const TEXT_SHOWN_MAX: usize = 64 * 1024;
/// Bytes that the hexadecimal and Base64 views draw at most.
pub(crate) const HEX_SHOWN_MAX: usize = 16 * 1024;

/// A piece of drawn text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) look: Look,
    pub(crate) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Key,
    Str,
    Faint,
}

impl Look {
    /// Class of the style sheet.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Look::Plain => "",
            Look::Key => "k",
            Look::Str => "s",
            Look::Faint => "c",
        }
    }
}

/// A drawn view: its pieces and how much of the body it draws.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) spans: Vec<Span>,
    /// Bytes of the body that are drawn.
    pub(crate) drawn: usize,
    /// The limit was met before the end.
    pub(crate) cut: bool,
}

/// A mark that changes how its neighbours look, and is not seen itself: control characters and
/// those of the bidirectional algorithm, which can make text read as something else.
fn is_hidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text with its hidden marks written out, as `[U+202E]`.
pub(crate) fn visible(text: &str) -> String {
    let mut out = Spans::default();
    out.push_text(Look::Plain, text);
    out.spans.into_iter().map(|span| span.text).collect()
}

/// The text as it is, hidden marks written out.
pub(crate) fn text_view(text: &str) -> View {
    let end = floor_char_boundary(text, TEXT_SHOWN_MAX);
    let mut out = Spans::default();
    out.push_text(Look::Plain, &text[..end]);
    View { spans: out.spans, drawn: end, cut: end < text.len() }
}

fn floor_char_boundary(text: &str, at: usize) -> usize {
    if at >= text.len() {
        return text.len();
    }
    (0..=at).rev().find(|&i| text.is_char_boundary(i)).unwrap_or(0)
}

/// Valid JSON with one member a line. Only white space between tokens changes.
///
/// - `json`: must be valid ([`super::detect::is_json`]).
pub(crate) fn json_view(json: &str) -> View {
    let mut out = Spans::default();
    let mut depth = 0usize;
    let mut rest = json.trim_start();
    let mut cut = false;
    while let Some(first) = rest.chars().next() {
        if out.bytes > TEXT_SHOWN_MAX {
            cut = true;
            break;
        }
        match first {
            '{' | '[' => {
                let after = rest[1..].trim_start();
                let close = if first == '{' { '}' } else { ']' };
                if let Some(after_close) = after.strip_prefix(close) {
                    out.push(Look::Plain, if first == '{' { "{}" } else { "[]" });
                    rest = after_close.trim_start();
                    continue;
                }
                depth += 1;
                out.push(Look::Plain, &rest[..1]);
                out.line(depth);
                rest = after;
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                out.line(depth);
                out.push(Look::Plain, &rest[..1]);
                rest = rest[1..].trim_start();
            }
            ',' => {
                out.push(Look::Plain, ",");
                out.line(depth);
                rest = rest[1..].trim_start();
            }
            ':' => {
                out.push(Look::Plain, ": ");
                rest = rest[1..].trim_start();
            }
            '"' => {
                let end = string_end(rest);
                let after = rest[end..].trim_start();
                out.push_text(if after.starts_with(':') { Look::Key } else { Look::Str }, &rest[..end]);
                rest = after;
            }
            _ => {
                let end =
                    rest.find(|c: char| matches!(c, ',' | '}' | ']') || c.is_ascii_whitespace()).unwrap_or(rest.len());
                out.push(Look::Plain, &rest[..end]);
                rest = rest[end..].trim_start();
            }
        }
    }
    View { spans: out.spans, drawn: json.len() - rest.len(), cut }
}

/// Length of the string literal that `rest` starts with, quotes included.
fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (i, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return i + 1,
            _ => {}
        }
    }
    rest.len()
}

#[derive(Default)]
struct Spans {
    spans: Vec<Span>,
    bytes: usize,
}

impl Spans {
    fn push(&mut self, look: Look, text: &str) {
        self.bytes += text.len();
        match self.spans.last_mut() {
            Some(last) if last.look == look => last.text.push_str(text),
            _ => self.spans.push(Span { look, text: text.to_owned() }),
        }
    }

    /// Text of the body: hidden marks are written out, in another look.
    fn push_text(&mut self, look: Look, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find(is_hidden) {
            let (before, from) = rest.split_at(at);
            if !before.is_empty() {
                self.push(look, before);
            }
            let mut chars = from.chars();
            if let Some(mark) = chars.next() {
                self.push(Look::Faint, &format!("[U+{:04X}]", u32::from(mark)));
            }
            rest = chars.as_str();
        }
        if !rest.is_empty() {
            self.push(look, rest);
        }
    }

    fn line(&mut self, depth: usize) {
        self.push(Look::Plain, "\n");
        for _ in 0..depth {
            self.push(Look::Plain, "  ");
        }
    }
}

/// Offset, `width` bytes, and the same bytes as ASCII, a line each.
pub(crate) fn hex_view(body: &[u8], width: usize) -> View {
    let shown = &body[..body.len().min(HEX_SHOWN_MAX)];
    let mut out = Spans::default();
    for (row, bytes) in shown.chunks(width.max(1)).enumerate() {
        if row > 0 {
            out.push(Look::Plain, "\n");
        }
        out.push(Look::Faint, &format!("{:08x}", row * width));
        let mut line = String::from("  ");
        for i in 0..width {
            match bytes.get(i) {
                Some(byte) => line.push_str(&format!("{byte:02x} ")),
                None => line.push_str("   "),
            }
        }
        line.push(' ');
        out.push(Look::Plain, &line);
        let ascii: String =
            bytes.iter().map(|&b| if (0x20..0x7f).contains(&b) { char::from(b) } else { '.' }).collect();
        out.push(Look::Str, &ascii);
    }
    View { spans: out.spans, drawn: shown.len(), cut: shown.len() < body.len() }
}

/// Standard Base64 with padding, 76 characters a line.
pub(crate) fn base64_view(base64: &str) -> View {
    let shown_max = HEX_SHOWN_MAX / 3 * 4;
    let shown = base64.get(..base64.len().min(shown_max)).unwrap_or(base64);
    let mut text = String::with_capacity(shown.len() + shown.len() / 76);
    for (i, c) in shown.chars().enumerate() {
        if i > 0 && i % 76 == 0 {
            text.push('\n');
        }
        text.push(c);
    }
    View { spans: vec![Span { look: Look::Plain, text }], drawn: shown.len() / 4 * 3, cut: shown.len() < base64.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(view: &View) -> String {
        view.spans.iter().map(|span| span.text.as_str()).collect()
    }

    #[test]
    fn c45_numbers_beyond_2_53_keep_their_digits() {
        let json = r#"{"orderId":9007199254740993,"x":1.10,"y":1e400,"z":-0}"#;
        assert_eq!(
            drawn(&json_view(json)),
            "{\n  \"orderId\": 9007199254740993,\n  \"x\": 1.10,\n  \"y\": 1e400,\n  \"z\": -0\n}"
        );
    }

    #[test]
    fn json_strings_keep_escapes_and_brackets() {
        let json = r#" [ "a\"]{" , {"k" : [ ] , "o":{ }} , true ] "#;
        assert_eq!(drawn(&json_view(json)), "[\n  \"a\\\"]{\",\n  {\n    \"k\": [],\n    \"o\": {}\n  },\n  true\n]");
        let view = json_view(json);
        assert!(view.spans.iter().any(|s| s.look == Look::Key && s.text == "\"k\""));
        assert!(view.spans.iter().any(|s| s.look == Look::Str && s.text == r#""a\"]{""#));
    }

    #[test]
    fn hex_shows_offset_bytes_and_ascii() {
        assert_eq!(
            drawn(&hex_view("Hello 你\n".as_bytes(), 8)),
            "00000000  48 65 6c 6c 6f 20 e4 bd  Hello ..\n00000008  a0 0a                    .."
        );
    }

    #[test]
    fn long_bodies_are_cut_at_a_character_and_say_so() {
        let text = "你".repeat(TEXT_SHOWN_MAX);
        let view = text_view(&text);
        assert!(view.cut);
        assert!(drawn(&view).len() <= TEXT_SHOWN_MAX);
        assert!(hex_view(&vec![0; HEX_SHOWN_MAX + 1], 16).cut);
        assert!(!hex_view(&vec![0; HEX_SHOWN_MAX], 16).cut);
        let deep = format!("[{}]", vec!["\"x\""; TEXT_SHOWN_MAX].join(","));
        assert!(json_view(&deep).cut);
    }

    #[test]
    fn marks_that_turn_text_round_are_written_out() {
        assert_eq!(visible("a\u{202e}b\u{7}"), "a[U+202E]b[U+0007]");
        assert_eq!(drawn(&text_view("x\u{2066}\ny")), "x[U+2066]\ny");
        assert!(drawn(&json_view("{\"a\":\"\u{202e}\"}")).contains("[U+202E]"));
    }

    #[test]
    fn base64_is_broken_into_lines() {
        let view = base64_view(&"A".repeat(80));
        assert_eq!(drawn(&view), format!("{}\n{}", "A".repeat(76), "A".repeat(4)));
    }
}
