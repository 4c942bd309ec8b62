//! Runs the load generator, and its broker without a store as the ceiling.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::cells::{self, Cell};
use super::house::{KEY_ID, SECRET};
use crate::command::Failure;

pub(super) struct Load {
    program: PathBuf,
    seconds: u64,
}

pub(super) struct Null {
    child: Child,
    port: u16,
}

impl Load {
    pub(super) fn new(program: &Path, seconds: u64) -> Self {
        Self { program: program.to_path_buf(), seconds }
    }

    pub(super) fn null(&self) -> Result<Null, Failure> {
        let port = free_port()?;
        let mut command = Command::new(&self.program);
        command.args(["null", "--listen", &format!("127.0.0.1:{port}"), "--queues", "4", "--secs", "86400"]);
        command.args(["--access", KEY_ID, "--secret", SECRET]).stdout(Stdio::null());
        let child = command.spawn().map_err(Failure::at(&self.program))?;
        Ok(Null { child, port })
    }

    /// One measurement of a cell's figure.
    pub(super) fn measure(&self, cell: &Cell, address: &str, server: Option<u32>) -> Result<f64, Failure> {
        let mut command = Command::new(&self.program);
        command.args(cell.options).args(["--namesrv", address, "--topic", cell.topic, "--queues", "4"]);
        command.args(["--secs", &self.seconds.to_string(), "--access", KEY_ID, "--secret", SECRET]);
        command.args(["--group", "GID_bench"]);
        command.args(server.iter().flat_map(|pid| ["--server-pid".to_owned(), pid.to_string()]));
        let output = command.stderr(Stdio::inherit()).output().map_err(Failure::at(&self.program))?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line: serde_json::Value = serde_json::from_str(text.trim())
            .map_err(|error| Failure::Failed(format!("{}: {error}: {text}", cell.name)))?;
        let failed = line.get("failed").and_then(serde_json::Value::as_u64).unwrap_or(0);
        let figure =
            cell.figure.iter().try_fold(&line, |inside, key| inside.get(*key)).and_then(serde_json::Value::as_f64);
        match figure {
            Some(figure) if failed == 0 && output.status.success() => Ok(figure),
            _ => Err(Failure::Failed(format!("{}: {text}", cell.name))),
        }
    }
}

impl Null {
    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Null {
    fn drop(&mut self) {
        // It ends with the measurement, whatever that came to.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Free at this moment; below the range from which outgoing connections take theirs.
pub(super) fn free_port() -> Result<u16, Failure> {
    let free = (20_000..30_000).step_by(20).find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok());
    free.ok_or_else(|| Failure::Failed("no free port from 20000 to 30000".to_owned()))
}

/// The resources file's lines for the topics that are measured.
pub(super) fn topics() -> String {
    let topic = |name: &str, flush: &str| {
        format!("[[account.instance.topic]]\nname = \"{name}\"\ntype = \"normal\"\nflush = \"{flush}\"\n")
    };
    topic(cells::FAST, "async") + &topic(cells::DURABLE, "sync")
}
