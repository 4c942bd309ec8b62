//! The one parser of names from the wire: optional `%RETRY%` or `%DLQ%`, then the instance, then
//! the local name. A name without an instance has another variant, so that nobody below the door
//! can take it for a complete one.

use super::system_topic::{DEAD_LETTER_PREFIX, RETRY_PREFIX};
use crate::limits;

/// What a prefix says of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    Plain,
    /// `%RETRY%` before a group's name.
    Retry,
    /// `%DLQ%` before a group's name.
    DeadLetter,
}

/// A name as it came over the wire, taken apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WireName<'a> {
    Full { kind: NameKind, instance: &'a str, local: &'a str },
    Bare { kind: NameKind, local: &'a str },
}

/// Why a name is not of the form of any name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    #[error("the name is empty")]
    Empty,
    #[error("the name has {bytes} bytes, at most {bytes_max} are allowed")]
    TooLong { bytes: usize, bytes_max: usize },
    #[error("the name may have letters, digits, _ and - only, after an optional instance and %")]
    Illegal,
}

impl<'a> WireName<'a> {
    pub fn parse(text: &'a str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > limits::WIRE_NAME_BYTES_MAX {
            return Err(NameError::TooLong { bytes: text.len(), bytes_max: limits::WIRE_NAME_BYTES_MAX });
        }
        let (kind, rest) = match (text.strip_prefix(RETRY_PREFIX), text.strip_prefix(DEAD_LETTER_PREFIX)) {
            (Some(rest), _) => (NameKind::Retry, rest),
            (_, Some(rest)) => (NameKind::DeadLetter, rest),
            _ => (NameKind::Plain, text),
        };
        let (instance, local) = match rest.split_once('%') {
            Some((instance, local)) => (Some(instance), local),
            None => (None, rest),
        };
        if local.len() > limits::LOCAL_NAME_BYTES_MAX {
            return Err(NameError::TooLong { bytes: local.len(), bytes_max: limits::LOCAL_NAME_BYTES_MAX });
        }
        if !legal_local_name(local) || instance.is_some_and(|i| !legal_local_name(i)) {
            return Err(NameError::Illegal);
        }
        Ok(match instance {
            Some(instance) => WireName::Full { kind, instance, local },
            None => WireName::Bare { kind, local },
        })
    }

    pub fn local(&self) -> &'a str {
        match self {
            WireName::Full { local, .. } | WireName::Bare { local, .. } => local,
        }
    }

    pub fn kind(&self) -> NameKind {
        match self {
            WireName::Full { kind, .. } | WireName::Bare { kind, .. } => *kind,
        }
    }
}

/// ASCII letters, digits, `_` and `-`, at least one.
pub fn legal_local_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_prefix_then_instance_then_local_name() {
        let full = |kind, local| WireName::Full { kind, instance: "MQ_INST_1_Ba", local };
        assert_eq!(WireName::parse("MQ_INST_1_Ba%orders"), Ok(full(NameKind::Plain, "orders")));
        assert_eq!(WireName::parse("%RETRY%MQ_INST_1_Ba%GID_x"), Ok(full(NameKind::Retry, "GID_x")));
        assert_eq!(WireName::parse("%DLQ%MQ_INST_1_Ba%GID_x"), Ok(full(NameKind::DeadLetter, "GID_x")));
        assert_eq!(WireName::parse("orders"), Ok(WireName::Bare { kind: NameKind::Plain, local: "orders" }));
        assert_eq!(WireName::parse("%RETRY%GID_x"), Ok(WireName::Bare { kind: NameKind::Retry, local: "GID_x" }));
    }

    #[test]
    fn tricks_with_prefixes_and_look_alikes_are_illegal() {
        for name in [
            "I%I%orders",
            "%25orders",
            "%retry%GID_x",
            "%RETRY%%RETRY%GID_x",
            "%RETRY%",
            "I%",
            "%orders",
            "a/../b",
            "a\0b",
            "оrders",
            "I%a b",
        ] {
            assert_eq!(WireName::parse(name), Err(NameError::Illegal), "{name:?}");
        }
        assert_eq!(WireName::parse(""), Err(NameError::Empty));
    }

    #[test]
    fn c37_the_longest_legal_names_pass_and_one_more_byte_does_not() {
        let instance = format!("MQ_INST_{}_Babcdefg", "1".repeat(16));
        let local = "a".repeat(64);
        for prefix in ["", RETRY_PREFIX, DEAD_LETTER_PREFIX] {
            assert!(WireName::parse(&format!("{prefix}{instance}%{local}")).is_ok());
            assert!(WireName::parse(&format!("{prefix}{instance}%{local}a")).is_err());
        }
    }
}
