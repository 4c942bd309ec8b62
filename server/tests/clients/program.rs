//! A child process: what it prints, line by line, and its end.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Ends with this value.
pub(crate) struct Program {
    child: Child,
    leads_group: bool,
    /// Its standard output; closed at its end.
    lines: Receiver<String>,
    seen: Vec<String>,
}

impl Program {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = child.stdout.take().expect("its output is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Read to the end, so that nothing it prints can hold it up.
                let _ = sender.send(line);
            }
        });
        Self { child, leads_group: false, lines, seen: Vec::new() }
    }

    /// In a process group of its own, so that signals reach what it has started too.
    pub(crate) fn start_group(command: &mut Command) -> Self {
        let mut program = Self::start(command.process_group(0));
        program.leads_group = true;
        program
    }

    /// Waits for a line with these words, and returns it from there on.
    ///
    /// - errors: it ended or the time was over; what was waited for, and what it printed instead.
    pub(crate) fn line_with(&mut self, words: &str, time: Duration) -> Result<String, String> {
        let end = Instant::now() + time;
        loop {
            let why = match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.seen.push(line);
                    let line = self.seen.last().map(String::as_str).unwrap_or_default();
                    if let Some((_, rest)) = line.split_once(words) {
                        return Ok(format!("{words}{rest}"));
                    }
                    continue;
                }
                Err(RecvTimeoutError::Timeout) => format!("not within {time:?}"),
                Err(RecvTimeoutError::Disconnected) => format!("it ended ({:?})", self.child.wait()),
            };
            return Err(format!("waited for a line with {words:?}: {why}; it printed {:#?}", self.seen));
        }
    }

    /// Waits until it has ended, and with it whatever prints where it does.
    ///
    /// - errors: the time was over; what it printed.
    pub(crate) fn end_within(&mut self, time: Duration) -> Result<ExitStatus, String> {
        let end = Instant::now() + time;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => self.seen.push(line),
                Err(RecvTimeoutError::Disconnected) => return Ok(self.child.wait().expect("its end")),
                Err(RecvTimeoutError::Timeout) => {
                    return Err(format!("waited for the end: not within {time:?}; it printed {:#?}", self.seen));
                }
            }
        }
    }

    /// - `signal`: as an argument of `kill`.
    pub(crate) fn signal(&self, signal: &str) {
        let target = format!("{}{}", if self.leads_group { "-" } else { "" }, self.child.id());
        // It may be gone already.
        let _ = Command::new("kill").args([signal, "--", &target]).stderr(Stdio::null()).status();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if self.leads_group {
            self.signal("-KILL");
        }
        // One that has ended can't be killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
