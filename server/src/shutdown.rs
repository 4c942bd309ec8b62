//! When the process ends: on a signal in order and within 5 s, on a failed log at once.
//!
//! Signals and the deadline have a thread and a small runtime of their own. The server's runtime is
//! what a stop may hang in, and a runtime whose workers are all busy runs no timer and sees no signal.

use std::fmt::Display;
use std::future::Future;
use std::process::ExitCode;
use std::sync::mpsc;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::compose::Server;

/// The log can't be written any more (R14).
pub const EXIT_FAILED: u8 = 70;
/// The stop was cut at its deadline. A stop in order ends with 0.
pub const EXIT_CUT: u8 = 1;
/// All of the stop; a process manager waits longer than that.
const DEADLINE: Duration = Duration::from_millis(4_500);
/// How long the last line of the log may take: who reads it may hang as well.
const LAST_LINE: Duration = Duration::from_millis(200);

/// Takes Ctrl-C and SIGTERM from here on; what it returns resolves on the first of them.
#[cfg(unix)]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Takes Ctrl-C; what it returns resolves on it.
#[cfg(not(unix))]
fn signals() -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(async {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "signals can't be received");
        }
    })
}

/// The thread that waits for a signal and then sees to it that the process ends.
pub struct Watchdog {
    signalled: oneshot::Receiver<()>,
    /// Dropped when the stop is through.
    running: mpsc::Sender<()>,
}

impl Watchdog {
    /// From here on a signal kills the process no more, it is told to [`run_until_stopped`].
    pub fn start() -> std::io::Result<Self> {
        Self::within(DEADLINE)
    }

    /// - `deadline`: from the signal to the end of the process.
    fn within(deadline: Duration) -> std::io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let signal = {
            let _here = runtime.enter();
            signals()?
        };
        let (tell, signalled) = oneshot::channel();
        let (running, stopped) = mpsc::channel::<()>();
        std::thread::Builder::new().name("shutdown".to_owned()).spawn(move || {
            runtime.block_on(signal);
            let told = tell.send(()).is_ok();
            if told && stopped.recv_timeout(deadline) == Err(mpsc::RecvTimeoutError::Timeout) {
                cut(deadline);
            }
        })?;
        Ok(Self { signalled, running })
    }
}

/// Ends the process whatever else runs in it.
fn cut(deadline: Duration) -> ! {
    let (saying, said) = mpsc::channel::<()>();
    let line = std::thread::Builder::new().name("last-line".to_owned()).spawn(move || {
        let deadline_ms = deadline.as_millis();
        tracing::error!(deadline_ms, exit_code = EXIT_CUT, "the stop took too long and was cut");
        drop(saying);
    });
    if line.is_ok() {
        // It ends by the drop, or by the time.
        let _end = said.recv_timeout(LAST_LINE);
    }
    std::process::exit(i32::from(EXIT_CUT))
}

/// Runs until a signal or a failure, then ends the server.
pub async fn run_until_stopped(server: Server, watchdog: Watchdog) -> ExitCode {
    let broker = server.core.broker.clone();
    run(watchdog, async move { broker.failed().await }, move || server.stop()).await
}

/// - `failed`: resolves, with the reason, when the log can't be written any more.
async fn run<Stop: Future<Output = ()>>(
    Watchdog { signalled, running }: Watchdog,
    failed: impl Future<Output: Display>,
    stop: impl FnOnce() -> Stop,
) -> ExitCode {
    tokio::select! {
        _ = signalled => {}
        why = failed => {
            tracing::error!(%why, "the message log can't be written any more; the process ends and recovers at its next start");
            return ExitCode::from(EXIT_FAILED);
        }
    }
    tracing::info!("stopping");
    stop().await;
    drop(running);
    tracing::info!("stopped");
    ExitCode::SUCCESS
}

#[cfg(all(test, unix))]
mod tests {
    use std::future::pending;
    use std::process::Command;

    use super::*;
    use crate::config::LogConfig;
    use crate::ops::logs;

    const IN_CHILD: &str = "SHUTDOWN_TEST_IN_CHILD";

    /// Sends this process a SIGTERM, then waits for ever.
    async fn terminated() -> &'static str {
        rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM).expect("a signal");
        pending().await
    }

    /// Runs the test of this name in a process of its own; its exit code and what it logged.
    fn child(test: &str) -> (Option<i32>, String) {
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--exact", "--nocapture", &format!("shutdown::tests::{test}")]).env(IN_CHILD, "1");
        let out = command.output().expect("it runs");
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    }

    fn in_child() -> bool {
        let child = std::env::var_os(IN_CHILD).is_some();
        if child {
            logs::start(&LogConfig { level: "info".to_owned(), json: false });
        }
        child
    }

    /// The deadline used to be a timer of the runtime that hung.
    #[test]
    fn a_stop_is_cut_though_every_worker_of_the_runtime_is_busy() {
        if !in_child() {
            let (code, log) = child("a_stop_is_cut_though_every_worker_of_the_runtime_is_busy");
            assert_eq!(code, Some(i32::from(EXIT_CUT)), "{log}");
            assert!(log.trim_end().lines().last().is_some_and(|line| line.contains("took too long")), "{log}");
            return;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (busy, is_busy) = mpsc::channel();
        runtime.spawn(async move {
            busy.send(()).unwrap();
            loop {
                std::thread::park();
            }
        });
        is_busy.recv().unwrap();
        let watchdog = Watchdog::within(Duration::from_millis(20)).unwrap();
        runtime.block_on(run(watchdog, terminated(), pending));
    }

    #[test]
    fn a_stop_in_time_ends_with_zero_and_is_not_cut() {
        if !in_child() {
            let (code, log) = child("a_stop_in_time_ends_with_zero_and_is_not_cut");
            assert_eq!(code, Some(0), "{log}");
            assert!(log.contains("stopped") && !log.contains("took too long"), "{log}");
            return;
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let code = runtime.block_on(run(Watchdog::start().unwrap(), terminated(), async || ()));
        assert_eq!(code, ExitCode::SUCCESS);
    }
}
