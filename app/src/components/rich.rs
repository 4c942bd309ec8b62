//! Sentences with marked parts: a text with `{name}` in it, each name filled with a view, so that
//! word order stays the translator's.
use leptos::prelude::*;

/// A piece of a text: words, or the name in braces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Words(&'a str),
    Name(&'a str),
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    while let Some((words, rest)) = text.split_once('{') {
        let Some((name, after)) = rest.split_once('}') else { break };
        if !words.is_empty() {
            out.push(Piece::Words(words));
        }
        out.push(Piece::Name(name));
        text = after;
    }
    if !text.is_empty() {
        out.push(Piece::Words(text));
    }
    out
}

/// `text` with each `{name}` replaced by what `fill` gives for it.
pub(crate) fn rich(text: &'static str, fill: impl Fn(&'static str) -> AnyView) -> Vec<AnyView> {
    pieces(text)
        .into_iter()
        .map(|piece| match piece {
            Piece::Words(words) => words.into_any(),
            Piece::Name(name) => fill(name),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{Piece, pieces};

    #[test]
    fn a_text_falls_into_words_and_names_in_order() {
        assert_eq!(
            pieces("a {x}, b{y}"),
            [Piece::Words("a "), Piece::Name("x"), Piece::Words(", b"), Piece::Name("y")]
        );
        assert_eq!(pieces("{x}"), [Piece::Name("x")]);
        assert_eq!(pieces("a { b"), [Piece::Words("a { b")]);
        assert_eq!(pieces(""), []);
    }
}
