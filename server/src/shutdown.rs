//! When the process ends: on a signal in order and within 5 s, on a failed log at once.

use std::process::ExitCode;
use std::time::Duration;

use crate::compose::Server;

/// The log can't be written any more (R14).
pub const EXIT_FAILED: u8 = 70;
/// All of the stop; a process manager waits longer than that.
const DEADLINE: Duration = Duration::from_millis(4_500);

/// Resolves on Ctrl-C or SIGTERM.
pub async fn signal() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            _ = terminate.recv() => Ok(()),
            interrupted = tokio::signal::ctrl_c() => interrupted,
        }
    }
    #[cfg(not(unix))]
    {
        tokio::signal::ctrl_c().await
    }
}

/// Runs until a signal or a failure, then ends the server.
pub async fn run_until_stopped(server: Server) -> ExitCode {
    tokio::select! {
        signalled = signal() => {
            if let Err(error) = signalled {
                tracing::error!(%error, "signals can't be received");
            }
        }
        why = server.core.broker.failed() => {
            tracing::error!(why, "the message log can't be written any more; the process ends and recovers at its next start");
            return ExitCode::from(EXIT_FAILED);
        }
    }
    tracing::info!("stopping");
    match tokio::time::timeout(DEADLINE, server.stop()).await {
        Ok(()) => {
            tracing::info!("stopped");
            ExitCode::SUCCESS
        }
        Err(_) => {
            tracing::error!(deadline_ms = DEADLINE.as_millis(), "the stop took too long and was cut");
            ExitCode::FAILURE
        }
    }
}
