//! Names that belong to the system, spelled once.

/// Template of topics that are made on first send. Never has a route: Topics are made in the
/// console only.
pub const AUTO_CREATE: &str = "TBW102";
/// Before a group's name: its retry topic.
pub const RETRY_PREFIX: &str = "%RETRY%";
/// Before a group's name: its dead-letter topic.
pub const DEAD_LETTER_PREFIX: &str = "%DLQ%";
/// Producer group that every Java client names in its heartbeat.
pub const INNER_PRODUCER: &str = "CLIENT_INNER_PRODUCER";

const NAMES: [&str; 8] = [
    AUTO_CREATE,
    "BenchmarkTest",
    "SELF_TEST_TOPIC",
    "OFFSET_MOVED_EVENT",
    "SCHEDULE_TOPIC_XXXX",
    "TRANS_CHECK_MAX_TIME_TOPIC",
    "CHECKPOINT_TOPIC",
    "DefaultHeartBeatSyncerTopic",
];

const PREFIXES: [&str; 6] =
    ["rmq_sys_", "RMQ_SYS_", RETRY_PREFIX, DEAD_LETTER_PREFIX, "rocketmq-broker-", "rocketmq-proxy-"];

/// Whether a local Topic name is kept for the system, whatever the instance.
pub fn is_reserved(local: &str) -> bool {
    NAMES.contains(&local) || PREFIXES.iter().any(|p| local.starts_with(p)) || local.ends_with("_REPLY_TOPIC")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_system_are_reserved_and_those_that_only_look_like_them_are_not() {
        for name in ["TBW102", "CHECKPOINT_TOPIC", "RMQ_SYS_TRACE_TOPIC", "RMQ_SYS_X", "rmq_sys_x", "%RETRY%GID_a"] {
            assert!(is_reserved(name), "{name}");
        }
        assert!(is_reserved("cluster_REPLY_TOPIC"));
        for name in ["tbw102", "CHECKPOINT_TOPIC_2", "Rmq_Sys_x", "my_rmq_sys_x", "REPLY_TOPIC_x"] {
            assert!(!is_reserved(name), "{name}");
        }
    }
}
