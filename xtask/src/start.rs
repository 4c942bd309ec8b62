//! `cargo xtask run`: a release build, then the product itself in place of this process.

use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::command::{self, Failure};
use crate::site;
use crate::workspace::Workspace;

pub(crate) fn run(workspace: &Workspace, serve: &[String]) -> Result<(), Failure> {
    site::build(workspace, site::Kind::Release)?;
    command::run(workspace.cargo().args(["build", "--release", "--package", "server"]))?;
    // Replacing this process hands Ctrl-C and SIGTERM to the product without a middleman.
    let error = Command::new(workspace.target("release/ternmq")).arg("serve").args(serve).exec();
    Err(Failure::Failed(format!("ternmq could not be started: {error}")))
}
