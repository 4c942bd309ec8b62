//! Which messages of a Topic a consumer wants. Tags today; SQL92 will be a further variant.

use std::sync::Arc;

use crate::limits;
use crate::protocol::tag::TagExpression;

/// What a client says that it wants, as far as the broker can judge it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    Tags(Arc<TagExpression>),
    /// An expression type that is not built. The client is listed with it, its pulls are refused.
    Unsupported,
}

/// Why an expression is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    #[error("the expression has {bytes} bytes, at most {bytes_max} are allowed")]
    TooLong { bytes: usize, bytes_max: usize },
    #[error("the tags have {bytes} bytes with what joins them, at most {bytes_max} are allowed")]
    TooManyTags { bytes: usize, bytes_max: usize },
}

impl Filter {
    pub fn everything() -> Self {
        Self::Tags(Arc::new(TagExpression::All))
    }

    /// Of a pull that carries its expression. `expression_type`: empty or `TAG` for tags; anything
    /// else is not built.
    pub fn new(expression_type: &str, expression: &str) -> Result<Self, FilterError> {
        Self::of(expression_type, expression, TagExpression::parse(expression))
    }

    /// As [`Filter::new`], where the client took the tags apart as well: they may be as long as the
    /// expression that names them could be.
    pub fn of(expression_type: &str, expression: &str, tags: TagExpression) -> Result<Self, FilterError> {
        let bytes_max = limits::EXPRESSION_BYTES_MAX;
        if expression.len() > bytes_max {
            return Err(FilterError::TooLong { bytes: expression.len(), bytes_max });
        }
        let bytes = tags.expression_bytes();
        if bytes > bytes_max {
            return Err(FilterError::TooManyTags { bytes, bytes_max });
        }
        if !(expression_type.is_empty() || expression_type.eq_ignore_ascii_case("TAG")) {
            return Ok(Self::Unsupported);
        }
        Ok(Self::Tags(Arc::new(tags)))
    }

    pub fn wants_code(&self, code: i64) -> bool {
        match self {
            Self::Tags(tags) => tags.wants_code(code),
            Self::Unsupported => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::tag::tags_code;

    fn wanted(filter: &Filter) -> Vec<&'static str> {
        let tags = ["TagA", "TagB", "tagA", "TagA|TagB", "标签", "😀"];
        tags.into_iter().filter(|t| filter.wants_code(tags_code(Some(t)))).collect()
    }

    #[test]
    fn c30_an_inline_expression_selects_by_tag_code() {
        let filter = |text: &str| Filter::new("TAG", text).expect("short expression");
        assert_eq!(wanted(&filter("*")).len(), 6);
        assert_eq!(wanted(&filter("")).len(), 6);
        assert!(filter("||").wants_code(0));
        assert_eq!(wanted(&filter(" TagA || TagB ")), ["TagA", "TagB"]);
        assert_eq!(wanted(&filter("TagA||")), ["TagA"]);
        assert_eq!(wanted(&filter("TagA|TagB")), ["TagA|TagB"]);
        assert_eq!(wanted(&filter("Tag*")), Vec::<&str>::new());
        assert_eq!(wanted(&filter("标签||😀")), ["标签", "😀"]);
        assert!(!filter("TagA").wants_code(0));
    }

    #[test]
    fn an_expression_type_that_is_not_built_is_named_as_such() {
        assert_eq!(Filter::new("SQL92", "a = 1"), Ok(Filter::Unsupported));
        assert!(Filter::new("TAG", &"x".repeat(2_049)).is_err());
    }

    #[test]
    fn tags_are_bounded_wherever_they_come_from() {
        let tags = |count: usize| (0..count).map(|number| format!("t{number:03}")).collect::<Vec<_>>();
        let of = |tags: &[String]| Filter::of("TAG", "x", TagExpression::of_tags(tags.iter().map(String::as_str)));
        let most = of(&tags(341)).expect("2,044 bytes when joined");
        assert!(most.wants_code(tags_code(Some("t000"))) && most.wants_code(tags_code(Some("t340"))));
        assert!(!most.wants_code(tags_code(Some("t341"))));
        assert_eq!(of(&tags(342)), Err(FilterError::TooManyTags { bytes: 2_050, bytes_max: 2_048 }));
    }
}
