//! Starting other programs, and the two ways in which a verb can end badly.

use std::fmt;
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};

/// Why a verb stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Something that only an administrator can install is missing; the text is the line to type. Exit code 2.
    Missing(String),
    /// Anything else. Exit code 1.
    Failed(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> i32 {
        match self {
            Self::Missing(_) => 2,
            Self::Failed(_) => 1,
        }
    }

    /// Turns an I/O error into a failure that names what was being done or read.
    pub(crate) fn io(what: impl fmt::Display) -> impl FnOnce(io::Error) -> Self {
        move |error| Self::Failed(format!("{what}: {error}"))
    }

    /// The same for a path.
    pub(crate) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        Self::io(path.display().to_string())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(text) | Self::Failed(text) => f.write_str(text),
        }
    }
}

/// Prints one line for the person (or the CI log) who started the command.
pub(crate) fn say(line: &str) {
    // A closed pipe is no reason to stop in the middle of a build.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Runs a program to its end with our own output, and fails when it fails.
pub(crate) fn run(command: &mut Command) -> Result<(), Failure> {
    let status = status(command)?;
    if status.success() { Ok(()) } else { Err(ended(command, status)) }
}

/// Runs a program to its end with our own output.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus, Failure> {
    command.status().map_err(Failure::io(program(command)))
}

/// Runs a program, passes its standard output on line by line, and shows each line to `see`.
pub(crate) fn watch(command: &mut Command, mut see: impl FnMut(&str)) -> Result<ExitStatus, Failure> {
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(Failure::io(program(command)))?;
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            let line = line.map_err(Failure::io(program(command)))?;
            let line = String::from_utf8_lossy(&line);
            say(&line);
            see(&line);
        }
    }
    child.wait().map_err(Failure::io(program(command)))
}

/// Whether a program of this name can be started.
pub(crate) fn exists(name: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(name).is_file()))
}

fn ended(command: &Command, status: ExitStatus) -> Failure {
    Failure::Failed(format!("{} ended with {status}", program(command)))
}

fn program(command: &Command) -> String {
    let mut text = command.get_program().to_string_lossy().into_owned();
    for argument in command.get_args().take(3) {
        text.push(' ');
        text.push_str(&argument.to_string_lossy());
    }
    text
}
