//! A figure is a value (zero is one), unknown with the reason, or stale since a time. There is no
//! fourth, and no default.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Figure<T> {
    Value(T),
    Unknown(Unknown),
    Stale { value: T, since_ms: i64, why: Unknown },
}

/// Why a figure is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Unknown {
    /// The message store could not be read.
    StoreUnreadable,
    /// The catalogue could not be read.
    CatalogueUnreadable,
    TimedOut,
    /// The process has just started and clients have not come back yet.
    JustStarted,
    /// The group has never had a subscription: what it will be given is not decided.
    NeverSubscribed,
    /// Another person's resource is part of the sum.
    NotPermitted,
}

impl<T> Figure<T> {
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Figure<U> {
        match self {
            Self::Value(v) => Figure::Value(f(v)),
            Self::Unknown(why) => Figure::Unknown(why),
            Self::Stale { value, since_ms, why } => Figure::Stale { value: f(value), since_ms, why },
        }
    }

    /// The value if it is known, stale or not.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) | Self::Stale { value, .. } => Some(value),
            Self::Unknown(_) => None,
        }
    }
}

/// A count that may pass 2^53: a string in JSON, so that no reader rounds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole(pub u64);

impl Serialize for Whole {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        text.parse().map(Self).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_above_2_53_survives_json_as_a_string() {
        let json = serde_json::to_string(&Whole(u64::MAX)).expect("a number serialises");
        assert_eq!(json, "\"18446744073709551615\"");
        assert_eq!(serde_json::from_str::<Whole>(&json).expect("its own text parses"), Whole(u64::MAX));
    }
}
