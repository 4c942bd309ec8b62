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

const NAMES: [&str; 12] = [
    AUTO_CREATE,
    "BenchmarkTest",
    "SELF_TEST_TOPIC",
    "OFFSET_MOVED_EVENT",
    "SCHEDULE_TOPIC_XXXX",
    "RMQ_SYS_TRANS_HALF_TOPIC",
    "RMQ_SYS_TRANS_OP_HALF_TOPIC",
    "RMQ_SYS_TRACE_TOPIC",
    "TRANS_CHECK_MAX_TIME_TOPIC",
    "CHECKPOINT_TOPIC",
    "DefaultHeartBeatSyncerTopic",
    "rmq_sys_offset_commit_event",
];

const PREFIXES: [&str; 5] = ["rmq_sys_", RETRY_PREFIX, DEAD_LETTER_PREFIX, "rocketmq-broker-", "rocketmq-proxy-"];

/// Whether a local Topic name is kept for the system, whatever the instance.
pub fn is_reserved(local: &str) -> bool {
    NAMES.contains(&local) || PREFIXES.iter().any(|p| local.starts_with(p)) || local.ends_with("_REPLY_TOPIC")
}
