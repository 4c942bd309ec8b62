//! The property text of a message: `name \1 value \2 name \1 value \2`, the last `\2` may be
//! missing.

/// Between a name and its value.
pub const NAME_SEPARATOR: char = '\u{1}';
/// After a value.
pub const PROPERTY_SEPARATOR: char = '\u{2}';

/// Names that the broker reads or writes.
pub mod name {
    pub const TAGS: &str = "TAGS";
    pub const KEYS: &str = "KEYS";
    /// The client's unique message id.
    pub const UNIQUE_KEY: &str = "UNIQ_KEY";
    pub const WAIT: &str = "WAIT";
    pub const DELAY: &str = "DELAY";
    pub const RETRY_TOPIC: &str = "RETRY_TOPIC";
    pub const REAL_TOPIC: &str = "REAL_TOPIC";
    pub const REAL_QUEUE_ID: &str = "REAL_QID";
    pub const TRANSACTION_PREPARED: &str = "TRAN_MSG";
    pub const PRODUCER_GROUP: &str = "PGROUP";
    pub const ORIGIN_MESSAGE_ID: &str = "ORIGIN_MESSAGE_ID";
    pub const RECONSUME_TIME: &str = "RECONSUME_TIME";
    pub const MAX_RECONSUME_TIMES: &str = "MAX_RECONSUME_TIMES";
    pub const MSG_REGION: &str = "MSG_REGION";
    pub const TRACE_ON: &str = "TRACE_ON";
    pub const INSTANCE_ID: &str = "INSTANCE_ID";
    pub const CLUSTER: &str = "CLUSTER";
    pub const POP_CK: &str = "POP_CK";
    pub const SHARDING_KEY: &str = "__SHARDINGKEY";
    /// ONS: absolute delivery time in milliseconds.
    pub const START_DELIVER_TIME: &str = "__STARTDELIVERTIME";
    pub const TIMER_DELAY_SEC: &str = "TIMER_DELAY_SEC";
    pub const TIMER_DELAY_MS: &str = "TIMER_DELAY_MS";
    pub const TIMER_DELIVER_MS: &str = "TIMER_DELIVER_MS";
}

/// A property text, read in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Properties<'a> {
    text: &'a str,
}

impl<'a> Properties<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text }
    }

    pub fn as_str(&self) -> &'a str {
        self.text
    }

    /// Every name and value in stored order. Pieces without a separator or without a name are
    /// passed over, as clients do; a value may be empty.
    pub fn iter(&self) -> Iter<'a> {
        Iter { rest: self.text }
    }

    /// The value of a name. Clients read into a map, so the last of several counts.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.iter().filter(|(found, _)| *found == name).last().map(|(_, value)| value)
    }
}

impl<'a> IntoIterator for Properties<'a> {
    type Item = (&'a str, &'a str);
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

/// Names and values of a property text.
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Iter<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        while !self.rest.is_empty() {
            let (piece, rest) = match memchr::memchr(2, self.rest.as_bytes()) {
                // `\2` is one byte and never inside another character.
                Some(at) => (self.rest.get(..at)?, self.rest.get(at + 1..)?),
                None => (self.rest, ""),
            };
            self.rest = rest;
            if let Some((name, value)) = piece.split_once(NAME_SEPARATOR)
                && !name.is_empty()
            {
                return Some((name, value));
            }
        }
        None
    }
}

/// Appends one property. Names and values with separators in them would make others unreadable;
/// such a property is left out and `false` returned.
pub fn push(out: &mut String, name: &str, value: &str) -> bool {
    let separators = [NAME_SEPARATOR, PROPERTY_SEPARATOR];
    if name.is_empty() || name.contains(separators) || value.contains(separators) {
        return false;
    }
    close(out);
    out.push_str(name);
    out.push(NAME_SEPARATOR);
    out.push_str(value);
    out.push(PROPERTY_SEPARATOR);
    true
}

/// Makes a received text ready for another property: a missing last separator is added.
pub fn close(text: &mut String) {
    if !text.is_empty() && !text.ends_with(PROPERTY_SEPARATOR) {
        text.push(PROPERTY_SEPARATOR);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_separator_may_be_missing() {
        let with = Properties::new("TAGS\u{1}TagA\u{2}WAIT\u{1}true\u{2}");
        let without = Properties::new("TAGS\u{1}TagA\u{2}WAIT\u{1}true");
        let expected = [("TAGS", "TagA"), ("WAIT", "true")];
        assert_eq!(with.iter().collect::<Vec<_>>(), expected);
        assert_eq!(without.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn empty_values_are_kept_and_pieces_without_a_name_are_not() {
        let properties = Properties::new("KEYS\u{1}\u{2}\u{2}nothing\u{2}\u{1}x\u{2}a\u{1}b\u{1}c\u{2}");
        assert_eq!(properties.iter().collect::<Vec<_>>(), [("KEYS", ""), ("a", "b\u{1}c")]);
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        assert_eq!(Properties::new("a\u{1}1\u{2}a\u{1}2\u{2}").get("a"), Some("2"));
        assert_eq!(Properties::new("a\u{1}1\u{2}").get("A"), None);
    }

    #[test]
    fn a_property_is_added_behind_a_text_without_its_last_separator() {
        let mut text = "a\u{1}1".to_owned();
        assert!(push(&mut text, "b", "2"));
        assert_eq!(text, "a\u{1}1\u{2}b\u{1}2\u{2}");
        assert!(!push(&mut text, "c", "x\u{2}y"));
        assert_eq!(text, "a\u{1}1\u{2}b\u{1}2\u{2}");
    }
}
