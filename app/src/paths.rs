//! Every address of the console is built here, and nowhere else.
//!
//! Region and instance are part of the address, so that every page can be linked and reloaded.

use crate::api::groups::Protocol;
use crate::api::instances::SampleChoice;
use crate::api::live::Watch;

pub const HOME: &str = "/";
pub const SIGN_IN: &str = "/sign-in";
pub const SIGN_IN_AFTER_SETUP: &str = "/sign-in?ready=1";
pub const ACTIVATE: &str = "/activate";
pub const TERMS: &str = "/terms";
pub const ACCESS_KEYS: &str = "/access-keys";
pub const AUDIT: &str = "/audit";

/// The first-account link that the server prints.
pub fn setup(token: &str) -> String {
    format!("/setup/{}", escape(token))
}

/// The one-time link that sets a user's password.
pub fn choose_password(token: &str) -> String {
    format!("/password/{}", escape(token))
}

pub fn sign_in_then(next: &str) -> String {
    format!("{SIGN_IN}?next={}", escape(next))
}

pub fn overview(region: &str) -> String {
    format!("/r/{}/overview", escape(region))
}

pub fn instances(region: &str) -> String {
    format!("/r/{}/instances", escape(region))
}

pub fn create_instance(region: &str) -> String {
    format!("/r/{}/instances/create", escape(region))
}

/// Pages of the left menu without an instance: they go on to the first instance of the region.
pub fn topics_of_region(region: &str) -> String {
    format!("/r/{}/topics", escape(region))
}

pub fn groups_of_region(region: &str) -> String {
    format!("/r/{}/groups", escape(region))
}

pub fn messages_of_region(region: &str) -> String {
    format!("/r/{}/messages", escape(region))
}

pub fn rejected_of_region(region: &str) -> String {
    format!("/r/{}/rejected", escape(region))
}

pub fn instance(region: &str, id: &str) -> String {
    format!("/r/{}/i/{}", escape(region), escape(id))
}

pub fn sample_code(region: &str, id: &str) -> String {
    format!("{}#sample", instance(region, id))
}

pub fn topics(region: &str, id: &str) -> String {
    format!("{}/topics", instance(region, id))
}

pub fn topic(region: &str, id: &str, topic: &str) -> String {
    format!("{}/topics/{}", instance(region, id), escape(topic))
}

pub fn groups(region: &str, id: &str, protocol: Protocol) -> String {
    format!("{}/groups/{}", instance(region, id), protocol.slug())
}

pub fn group(region: &str, id: &str, protocol: Protocol, group: &str) -> String {
    format!("{}/{}", groups(region, id, protocol), escape(group))
}

/// The subscriptions of a Group, on its page.
pub fn group_subscription(region: &str, id: &str, protocol: Protocol, name: &str) -> String {
    format!("{}?tab=subscription", group(region, id, protocol, name))
}

pub fn messages_by_id(region: &str, id: &str, message_id: Option<&str>) -> String {
    let base = format!("{}/messages/by-id", instance(region, id));
    match message_id {
        Some(m) => format!("{base}?id={}", escape(m)),
        None => base,
    }
}

pub fn messages_by_key(region: &str, id: &str) -> String {
    format!("{}/messages/by-key", instance(region, id))
}

pub fn messages_by_topic(region: &str, id: &str, topic: Option<&str>) -> String {
    let base = format!("{}/messages/by-topic", instance(region, id));
    match topic {
        Some(t) => format!("{base}?topic={}", escape(t)),
        None => base,
    }
}

/// One stored message.
pub fn message(region: &str, id: &str, offset_id: &str) -> String {
    format!("{}/messages/{}", instance(region, id), escape(offset_id))
}

pub fn rejected(region: &str, id: &str) -> String {
    format!("{}/rejected", instance(region, id))
}

/// Plain route of the server: the exact bytes of a stored body, as a download.
pub fn message_body(instance: &str, offset_id: &str) -> String {
    format!("/download/body/{}/{}", escape(instance), escape(offset_id))
}

/// Plain route of the server: the sample project as one archive.
pub fn sample_archive(choice: &SampleChoice) -> String {
    format!(
        "/samples/{}.zip?instance={}&topic={}&group={}&key={}",
        choice.language.slug(),
        escape(&choice.instance),
        escape(&choice.topic),
        escape(&choice.group),
        escape(&choice.key)
    )
}

/// Plain route of the server: the event stream.
pub fn events(watch: &Watch) -> String {
    let json = serde_json::to_string(watch).expect("a watch is plain data");
    format!("/events?watch={}", escape(&json))
}

/// `next` if it is a path of this console, else the home page: no way to another site.
pub fn safe_next(next: &str) -> &str {
    let inside = next.starts_with('/')
        && !next.starts_with("//")
        && !next.contains(['\\', '\r', '\n', '\t'])
        && !next.starts_with("/api/");
    if inside { next } else { HOME }
}

/// Percent-encodes everything but RFC 3986's unreserved characters.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ => {
                out.push('%');
                out.push(char::from(b"0123456789ABCDEF"[usize::from(byte >> 4)]));
                out.push(char::from(b"0123456789ABCDEF"[usize::from(byte & 15)]));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn next_never_leaves_the_console() {
        for bad in ["https://evil.example", "//evil.example", "/\\evil.example", "", "sign-in", "/a\nb", "/api/x"] {
            assert_eq!(safe_next(bad), HOME, "{bad:?}");
        }
        assert_eq!(safe_next("/r/local/overview?x=1"), "/r/local/overview?x=1");
    }

    #[test]
    fn names_are_escaped_in_addresses() {
        assert_eq!(topic("local", "MQ_INST_1_B", "a/b 中"), "/r/local/i/MQ_INST_1_B/topics/a%2Fb%20%E4%B8%AD");
    }
}
