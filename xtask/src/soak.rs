//! `cargo xtask soak`: the same crash loops and fuzz targets as in the test run, for as long as one likes.

use std::time::Duration;

use crate::command::{Failure, say};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{clients, prepare, test};

/// Half of the time goes to killing the server under load, half to the fuzz targets.
pub(crate) fn run(workspace: &Workspace, minutes: u64) -> Result<(), Failure> {
    prepare::packages()?;
    clients::build(workspace)?;
    let half = Duration::from_secs(minutes.saturating_mul(30).max(30));
    let mut sum = Tally::default();
    sum += test::real_clients(workspace, "kills_", &[("TERNMQ_KILL_SECONDS", half.as_secs().to_string())])?;
    sum += test::fuzz::for_in_all(workspace, half)?;
    say(&format!("{} passed, {} failed", sum.passed, sum.failed));
    if sum.failed == 0 { Ok(()) } else { std::process::exit(1) }
}
