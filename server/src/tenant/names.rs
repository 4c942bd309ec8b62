//! Which names are well formed. Whether one is taken is asked of the catalogue.

use super::Kind;
use super::limits::{ACCOUNT_NAME, DESCRIPTION_MAX, GROUP_NAME, INSTANCE_NAME, QUEUES, TOPIC_NAME, USER_NAME};
use super::rules::Rule;
use broker_core::metadata::{MessageType, system_topic};

fn length(kind: Kind, name: &str, (min, max): (usize, usize)) -> Result<(), Rule> {
    let actual = name.chars().count();
    if (min..=max).contains(&actual) { Ok(()) } else { Err(Rule::NameLength { kind, min, max, actual }) }
}

fn characters(kind: Kind, name: &str, allowed: &'static str, is: impl Fn(char) -> bool) -> Result<(), Rule> {
    match name.chars().find(|c| !is(*c)) {
        None => Ok(()),
        Some(found) => Err(Rule::NameCharacters { kind, allowed, found }),
    }
}

fn local_name(kind: Kind, name: &str) -> Result<(), Rule> {
    characters(kind, name, "A-Z a-z 0-9 _ -", |c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

pub fn account(name: &str) -> Result<(), Rule> {
    let kind = Kind::Account;
    characters(kind, name, "a-z 0-9 -", |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')?;
    length(kind, name, ACCOUNT_NAME)
}

pub fn user(name: &str) -> Result<(), Rule> {
    let kind = Kind::User;
    characters(kind, name, "A-Z a-z 0-9 . _ -", |c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))?;
    length(kind, name, USER_NAME)
}

pub fn instance(name: &str) -> Result<(), Rule> {
    let kind = Kind::Instance;
    // Letters of any script; a combining mark is no letter by itself but part of one.
    characters(kind, name, "letters, digits, - and _", |c| c.is_alphanumeric() || c == '-' || c == '_')?;
    length(kind, name, INSTANCE_NAME)
}

pub fn topic(name: &str) -> Result<(), Rule> {
    local_name(Kind::Topic, name)?;
    length(Kind::Topic, name, TOPIC_NAME)?;
    if let Some(prefix) = ["CID", "GID"].into_iter().find(|prefix| name.starts_with(prefix)) {
        return Err(Rule::TopicPrefix { prefix });
    }
    if system_topic::is_reserved(name) { Err(Rule::NameReserved { name: name.to_owned() }) } else { Ok(()) }
}

pub fn group(name: &str) -> Result<(), Rule> {
    local_name(Kind::Group, name)?;
    if !name.starts_with("GID_") && !name.starts_with("GID-") {
        return Err(Rule::GroupPrefix);
    }
    length(Kind::Group, name, GROUP_NAME)
}

pub fn description(text: &str) -> Result<(), Rule> {
    let actual = text.chars().count();
    if actual > DESCRIPTION_MAX { Err(Rule::DescriptionLength { max: DESCRIPTION_MAX, actual }) } else { Ok(()) }
}

pub fn queues(message_type: MessageType, queues: u16) -> Result<(), Rule> {
    let (min, max) = QUEUES;
    if message_type == MessageType::GlobalOrder && queues != 1 {
        return Err(Rule::GlobalOrderQueues { actual: queues });
    }
    if (min..=max).contains(&queues) { Ok(()) } else { Err(Rule::Queues { min, max, actual: queues }) }
}

pub fn uid(uid: &str) -> Result<(), Rule> {
    let well_formed = uid.len() == 16 && uid.bytes().all(|b| b.is_ascii_digit()) && !uid.starts_with('0');
    if well_formed { Ok(()) } else { Err(Rule::UidForm) }
}

/// The end of an instance ID.
pub fn id_suffix(suffix: &str) -> Result<(), Rule> {
    let well_formed = suffix.len() == 8 && suffix.starts_with('B') && suffix.bytes().all(|b| b.is_ascii_alphanumeric());
    if well_formed { Ok(()) } else { Err(Rule::IdSuffixForm) }
}

pub fn access_key(id: &str, secret: &str) -> Result<(), Rule> {
    let letters = |text: &str, count: usize| text.len() == count && text.bytes().all(|b| b.is_ascii_alphanumeric());
    if id.starts_with("TN") && letters(id, 24) && letters(secret, 30) { Ok(()) } else { Err(Rule::AccessKeyForm) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<(), Rule>) -> &'static str {
        result.err().map_or("ok", |rule| rule.code())
    }

    #[test]
    fn topic_names() {
        for (name, expected) in [
            ("abc", "ok"),
            ("Topic_Test-1", "ok"),
            (&"t".repeat(64), "ok"),
            (&"t".repeat(65), "name_length"),
            ("ab", "name_length"),
            ("订单", "name_characters"),
            ("a.b", "name_characters"),
            ("a%b", "name_characters"),
            ("GID_orders", "topic_prefix"),
            ("CIDorders", "topic_prefix"),
            ("gid_orders", "ok"),
            ("TBW102", "name_reserved"),
            ("rmq_sys_x", "name_reserved"),
            ("cluster_REPLY_TOPIC", "name_reserved"),
            ("rocketmq-proxy-1", "name_reserved"),
            ("RMQ_SYS_ANYTHING", "name_reserved"),
            // What the broker hides from clients can't be made either.
            ("CHECKPOINT_TOPIC", "name_reserved"),
            ("DefaultHeartBeatSyncerTopic", "name_reserved"),
        ] {
            assert_eq!(code(topic(name)), expected, "{name}");
        }
    }

    #[test]
    fn c37_the_longest_legal_group_name_is_accepted_and_one_more_is_not() {
        for (name, expected) in [
            ("GID_abc", "ok"),
            ("GID-abc", "ok"),
            ("GID_ab", "name_length"),
            ("GIDabcd", "group_prefix"),
            ("orders1", "group_prefix"),
            (&format!("GID_{}", "g".repeat(60)), "ok"),
            (&format!("GID_{}", "g".repeat(61)), "name_length"),
        ] {
            assert_eq!(code(group(name)), expected, "{name}");
        }
    }

    #[test]
    fn instance_names_take_letters_of_any_script() {
        for (name, expected) in
            [("orders", "ok"), ("订单-1", "ok"), ("ор_1", "ok"), ("订", "name_length"), ("a b", "name_characters")]
        {
            assert_eq!(code(instance(name)), expected, "{name}");
        }
    }

    #[test]
    fn account_and_user_names() {
        assert_eq!(code(account("acme-1")), "ok");
        assert_eq!(code(account("Acme")), "name_characters");
        assert_eq!(code(account("ab")), "name_length");
        assert_eq!(code(user("dev.ops_1-x")), "ok");
        assert_eq!(code(user("")), "name_length");
        assert_eq!(code(user("a@b")), "name_characters");
    }

    #[test]
    fn descriptions_are_counted_in_characters() {
        assert_eq!(code(description(&"描".repeat(128))), "ok");
        assert_eq!(code(description(&"描".repeat(129))), "description_length");
    }
}
