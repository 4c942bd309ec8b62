//! When the process ends: on a signal in order and within 5 s, on a failed log at once.

use std::process::ExitCode;
use std::time::Duration;

use crate::compose::Server;

/// The log can't be written any more (R14).
pub const EXIT_FAILED: u8 = 70;
/// All of the stop; a process manager waits longer than that.
const DEADLINE: Duration = Duration::from_millis(4_500);

/// Resolves on Ctrl-C or SIGTERM, which end the process no more once this was called.
#[cfg(unix)]
pub fn signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Resolves on Ctrl-C.
#[cfg(not(unix))]
pub fn signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "signals can't be received");
        }
    })
}

/// Runs until `signalled` or a failure, then ends the server.
pub async fn run_until_stopped(server: Server, signalled: impl Future<Output = ()>) -> ExitCode {
    tokio::select! {
        () = signalled => {}
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
