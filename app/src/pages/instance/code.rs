//! Looks of source text: comments, strings and keywords, told apart well enough for colours. Nothing is
//! lost or changed: the pieces put together are the text.

/// What a piece of source text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    Plain,
    Comment,
    Text,
    Keyword,
}

impl Look {
    /// Class of the style sheet; none for plain text.
    pub(super) fn class(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Comment => Some("c"),
            Self::Text => Some("s"),
            Self::Keyword => Some("k"),
        }
    }
}

/// What a language is recognised by.
struct Language {
    /// Start and end of comments.
    comments: &'static [(&'static str, &'static str)],
    /// Quotes around texts; a longer one before one that it begins with.
    quotes: &'static [&'static str],
    /// With blanks between them.
    keywords: &'static str,
}

const LINE_END: &str = "\n";

static JAVA: Language = Language {
    comments: &[("//", LINE_END), ("/*", "*/")],
    quotes: &["\"", "'"],
    keywords: "boolean break byte case catch char class continue default do double else enum extends false final \
               finally float for if implements import instanceof int interface long new null package private \
               protected public return short static super switch synchronized this throw throws true try void while",
};

static GO: Language = Language {
    comments: &[("//", LINE_END), ("/*", "*/")],
    quotes: &["\"", "'", "`"],
    keywords: "break case chan const continue default defer else false for func go if import interface map nil \
               package range return select struct switch true type var",
};

static GO_MODULE: Language = Language { comments: &[("//", LINE_END)], quotes: &[], keywords: "module go require" };

static PYTHON: Language = Language {
    comments: &[("#", LINE_END)],
    quotes: &["\"\"\"", "'''", "\"", "'"],
    keywords: "and as assert async await break class continue def del elif else except False finally for from \
               global if import in is lambda None not or pass raise return True try while with yield",
};

static XML: Language = Language { comments: &[("<!--", "-->")], quotes: &["\""], keywords: "" };

impl Language {
    /// By the file's name; `None`: shown plain.
    fn of(path: &str) -> Option<&'static Self> {
        match path.rsplit('.').next()? {
            "java" => Some(&JAVA),
            "go" => Some(&GO),
            "mod" => Some(&GO_MODULE),
            "py" => Some(&PYTHON),
            "xml" => Some(&XML),
            _ => None,
        }
    }

    /// The first piece of `text`, which is not empty: what it is, and its length in bytes.
    fn first(&self, text: &str) -> (Look, usize) {
        if let Some((start, end)) = self.comments.iter().find(|(start, _)| text.starts_with(start)) {
            return (Look::Comment, length_with(text, start.len(), end));
        }
        if let Some(quote) = self.quotes.iter().find(|quote| text.starts_with(**quote)) {
            return (Look::Text, quoted(text, quote));
        }
        let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
        let word = text.find(|c| !is_of_word(c)).unwrap_or(text.len());
        match text.get(..word) {
            Some(word) if self.keywords.split_ascii_whitespace().any(|keyword| keyword == word) => {
                (Look::Keyword, word.len())
            }
            Some(word) if !word.is_empty() => (Look::Plain, word.len()),
            _ => (Look::Plain, text.chars().next().map_or(0, char::len_utf8)),
        }
    }
}

/// Bytes up to the next `end` after the first `start`, or all of them. A line's end stays outside.
fn length_with(text: &str, start: usize, end: &str) -> usize {
    let inside = text.get(start..).unwrap_or_default();
    let end_bytes = if end == LINE_END { 0 } else { end.len() };
    inside.find(end).map_or(text.len(), |at| start + at + end_bytes)
}

/// Bytes of the quoted text at the start, with its quotes. One that misses its end ends with its line,
/// where its quotes can't span lines.
fn quoted(text: &str, quote: &str) -> usize {
    let spans_lines = quote.len() > 1 || quote == "`";
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(quote.len()) {
        let rest = text.get(at..).unwrap_or_default();
        if escaped {
            escaped = false;
        } else if c == '\\' && quote != "`" {
            escaped = true;
        } else if rest.starts_with(quote) {
            return at + quote.len();
        } else if c == '\n' && !spans_lines {
            return at;
        }
    }
    text.len()
}

/// Cuts the text of the file `path` into pieces that look the same.
pub(super) fn looks<'a>(path: &str, text: &'a str) -> Vec<(Look, &'a str)> {
    let Some(language) = Language::of(path) else { return vec![(Look::Plain, text)] };
    let mut pieces = Vec::new();
    // Plain pieces are taken together: `plain` bytes at the start of `rest`.
    let (mut rest, mut plain) = (text, 0);
    while let Some(next) = rest.get(plain..).filter(|next| !next.is_empty()) {
        let (look, bytes) = language.first(next);
        if look == Look::Plain {
            plain += bytes;
            continue;
        }
        let (before, from) = rest.split_at(plain);
        let (piece, after) = from.split_at(bytes);
        pieces.extend((!before.is_empty()).then_some((Look::Plain, before)));
        pieces.push((look, piece));
        (rest, plain) = (after, 0);
    }
    pieces.extend((!rest.is_empty()).then_some((Look::Plain, rest)));
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str, expected: &[(Look, &str)]) {
        let pieces = looks(path, text);
        assert_eq!(pieces.iter().map(|piece| piece.1).collect::<String>(), text, "nothing is lost");
        let seen: Vec<_> = pieces.into_iter().filter(|piece| piece.0 != Look::Plain).collect();
        assert_eq!(seen, expected, "{text}");
    }

    #[test]
    fn comments_texts_and_keywords_are_told_apart() {
        check(
            "src/A.java",
            "public final String name = \"a \\\" // b\"; // new 'x'\nint n;",
            &[
                (Look::Keyword, "public"),
                (Look::Keyword, "final"),
                (Look::Text, "\"a \\\" // b\""),
                (Look::Comment, "// new 'x'"),
                (Look::Keyword, "int"),
            ],
        );
        check(
            "a.java",
            "/** for\n all */ newest new_ new",
            &[(Look::Comment, "/** for\n all */"), (Look::Keyword, "new")],
        );
        check("main.go", "f(`a\n\\`, '\"')", &[(Look::Text, "`a\n\\`"), (Look::Text, "'\"'")]);
        check(
            "a.py",
            "\"\"\"Sends \"one\".\n\"\"\"\nx = None  # 中文\n",
            &[(Look::Text, "\"\"\"Sends \"one\".\n\"\"\""), (Look::Keyword, "None"), (Look::Comment, "# 中文")],
        );
        check("pom.xml", "<a b=\"c\"/><!-- d -->", &[(Look::Text, "\"c\""), (Look::Comment, "<!-- d -->")]);
        check("README.md", "// new \"x\"", &[]);
    }

    #[test]
    fn what_misses_its_end_ends_with_its_line_or_the_file() {
        check("a.go", "\"a\nvar", &[(Look::Text, "\"a"), (Look::Keyword, "var")]);
        check("a.go", "/* a\nvar", &[(Look::Comment, "/* a\nvar")]);
        check("a.py", "'''a\n\\", &[(Look::Text, "'''a\n\\")]);
        check("a.py", "", &[]);
    }
}
