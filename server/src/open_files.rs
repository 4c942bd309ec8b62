//! How many files the process may have open, and how many of them may be connections. A connection
//! too many would otherwise keep the store from opening its next segment.

use broker_core::config::TcpConfig;

use crate::config::Config;
use crate::http::HttpLimits;

/// Kept for the message store, the catalogue and listeners, where the limit allows it.
const RESERVE: u64 = 4_096;

/// How the limit of open files is shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Shares {
    tcp: usize,
    console: usize,
}

impl Shares {
    /// Half of a small limit is kept free; of the rest the console has a fifth.
    fn of(limit: u64) -> Self {
        let rest = limit.saturating_sub(RESERVE).max(limit / 2);
        let connections = usize::try_from(rest).unwrap_or(usize::MAX);
        let console = (connections / 5).min(HttpLimits::default().connections_max);
        Self { tcp: (connections - console).min(TcpConfig::CONNECTIONS_MAX), console }
    }
}

/// Raises the process's limit to what the system allows; gives it, `None` when it has none.
#[cfg(unix)]
fn raise() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let before = getrlimit(Resource::Nofile);
    if before.current == before.maximum {
        return before.current;
    }
    match setrlimit(Resource::Nofile, Rlimit { current: before.maximum, maximum: before.maximum }) {
        Ok(()) => before.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files can't be raised");
            before.current
        }
    }
}

/// Without such a limit.
#[cfg(not(unix))]
fn raise() -> Option<u64> {
    None
}

/// Raises the limit of open files and lowers the limits of connections to what it leaves for them.
pub fn fit(config: &mut Config) {
    let Some(limit) = raise() else { return };
    let Shares { tcp, console } = Shares::of(limit);
    let lower = tcp < config.tcp.connections_max || console < config.console_connections_max;
    config.tcp.connections_max = config.tcp.connections_max.min(tcp);
    config.console_connections_max = config.console_connections_max.min(console);
    let (tcp, console) = (config.tcp.connections_max, config.console_connections_max);
    if lower {
        tracing::warn!(
            limit,
            tcp,
            console,
            "fewer connections are taken than usual: the limit of open files (ulimit -Hn, LimitNOFILE=) is low"
        );
    } else {
        tracing::info!(limit, tcp, console, "limit of open files, and of connections");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_store_whatever_the_limit() {
        assert_eq!(Shares::of(1_048_576), Shares { tcp: 16_384, console: 4_096 });
        assert_eq!(Shares::of(24_576), Shares { tcp: 16_384, console: 4_096 });
        assert_eq!(Shares::of(1_024), Shares { tcp: 410, console: 102 });
        for limit in [256, 1_024, 4_096, 8_192, 65_536] {
            let Shares { tcp, console } = Shares::of(limit);
            let left = limit - u64::try_from(tcp + console).unwrap_or(u64::MAX);
            assert!(left >= (limit / 2).min(RESERVE), "{limit}: {left} left");
        }
    }

    #[cfg(unix)]
    #[test]
    fn the_limit_is_raised_to_what_the_system_allows() {
        let limit = raise();
        let now = rustix::process::getrlimit(rustix::process::Resource::Nofile);
        assert_eq!((now.current, limit), (now.maximum, now.maximum));
    }
}
