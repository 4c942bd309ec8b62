//! Logs: one line per event to standard error, ids as fields, never secrets or bodies.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::LogConfig;

/// Starts logging for the process. A second call changes nothing.
pub fn start(config: &LogConfig) {
    // The level was checked when the configuration was read.
    let filter: Targets = config.level.parse().unwrap_or_default();
    let registry = tracing_subscriber::registry().with(filter);
    let line = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(false);
    let started = if config.json {
        registry.with(line.json().flatten_event(true)).try_init()
    } else {
        registry.with(line).try_init()
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
