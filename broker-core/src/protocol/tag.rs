//! Tags: Java's string hash, which queue indexes and clients filter by, and tag expressions.

/// Java's `String.hashCode`: `h = 31 h + c` over UTF-16 units, 32 bits, wrapping.
pub fn java_string_hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(i32::from(unit)))
}

/// The tags code of a message: the hash of its tag, sign-extended; 0 without a tag.
pub fn tags_code(tag: Option<&str>) -> i64 {
    tag.map_or(0, |tag| i64::from(java_string_hash(tag)))
}

/// Which tags a subscription wants. Case matters; there are no patterns and no other operators.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagExpression {
    /// Every message, with and without a tag.
    All,
    /// Messages with exactly one of these tags: sorted by code, each once, never empty.
    Tags(Vec<Tag>),
}

/// One tag and its code. Ordered by code first, which is what queues are filtered by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    pub code: i64,
    pub text: String,
}

impl TagExpression {
    /// Reads `*`, an empty text, or tags joined by `||`. Blanks around a tag and empty tags do not
    /// count; an expression of nothing else wants everything.
    pub fn parse(expression: &str) -> Self {
        let expression = expression.trim();
        if expression == "*" {
            return Self::All;
        }
        Self::of_tags(expression.split("||").map(str::trim))
    }

    /// The expression of exactly these tags; of none, everything.
    pub fn of_tags<'a>(tags: impl IntoIterator<Item = &'a str>) -> Self {
        let tags = tags.into_iter().filter(|tag| !tag.is_empty());
        let mut tags: Vec<Tag> = tags.map(|tag| Tag { code: tags_code(Some(tag)), text: tag.to_owned() }).collect();
        tags.sort();
        tags.dedup();
        if tags.is_empty() { Self::All } else { Self::Tags(tags) }
    }

    /// Whether a message with this tags code may be wanted. Different tags can share a code, so
    /// whoever can should compare the tag as well ([`TagExpression::wants`]).
    pub fn wants_code(&self, code: i64) -> bool {
        match self {
            Self::All => true,
            Self::Tags(tags) => tags.binary_search_by_key(&code, |tag| tag.code).is_ok(),
        }
    }

    /// Bytes of the expression that names these tags, joined by `||`.
    pub fn expression_bytes(&self) -> usize {
        match self {
            Self::All => 1,
            Self::Tags(tags) => tags.iter().map(|tag| tag.text.len() + 2).sum::<usize>().saturating_sub(2),
        }
    }

    /// Whether a message with this tag is wanted.
    pub fn wants(&self, tag: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::Tags(tags) => tag.is_some_and(|tag| tags.iter().any(|wanted| wanted.text == tag)),
        }
    }
}

/// `*`, or the tags in the order of their texts, joined by ` || `: equal for equal meaning.
impl std::fmt::Display for TagExpression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::All => f.write_str("*"),
            Self::Tags(tags) => {
                let mut texts: Vec<&str> = tags.iter().map(|tag| tag.text.as_str()).collect();
                texts.sort_unstable();
                for (index, text) in texts.into_iter().enumerate() {
                    if index > 0 {
                        f.write_str(" || ")?;
                    }
                    f.write_str(text)?;
                }
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_java() {
        let expected = [
            ("", 0),
            ("TagA", 2_598_919),
            ("TagB", 2_598_920),
            ("a", 97),
            ("AaAa", 2_031_744),
            ("BBBB", 2_031_744),
            ("标签", 857_175),
            ("😀", 1_772_899),
        ];
        for (text, hash) in expected {
            assert_eq!(java_string_hash(text), hash, "{text}");
        }
        assert!(java_string_hash("MQ_INST_1_BAbc%TopicTest") != 0);
        assert_eq!(tags_code(None), 0);
    }

    #[test]
    fn c30_how_a_tag_expression_is_read() {
        for all in ["*", "", " ", "||", " || ", " * "] {
            let expression = TagExpression::parse(all);
            assert_eq!(expression, TagExpression::All, "{all:?}");
            assert!(expression.wants(None) && expression.wants(Some("TagA")) && expression.wants_code(0));
        }
        for two in ["TagA||TagB", " TagA || TagB ", "TagB||TagA||TagA"] {
            let expression = TagExpression::parse(two);
            assert_eq!(expression.to_string(), "TagA || TagB", "{two:?}");
            assert!(expression.wants(Some("TagA")) && expression.wants(Some("TagB")));
            assert!(!expression.wants(None) && !expression.wants(Some("tagA")) && !expression.wants_code(0));
        }
        assert_eq!(TagExpression::parse("TagA||").to_string(), "TagA");
        let odd = TagExpression::parse("TagA|TagB");
        assert!(odd.wants(Some("TagA|TagB")) && !odd.wants(Some("TagA")) && !odd.wants(Some("TagB")));
        let pattern = TagExpression::parse("Tag*");
        assert!(!pattern.wants(Some("TagA")) && !pattern.wants_code(2_598_919));
        assert!(!TagExpression::parse("taga").wants(Some("TagA")));
        let others = TagExpression::parse("标签||😀");
        assert!(others.wants_code(857_175) && others.wants_code(1_772_899));
    }

    #[test]
    fn c31_equal_codes_are_told_apart_by_the_tag() {
        let expression = TagExpression::parse("BBBB");
        assert!(expression.wants_code(tags_code(Some("AaAa"))));
        assert!(!expression.wants(Some("AaAa")));
        assert!(expression.wants(Some("BBBB")));
    }
}
