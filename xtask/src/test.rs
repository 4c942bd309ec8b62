//! `cargo xtask test`: everything that must hold before a change lands, in one run.
//!
//! All Rust is built in release mode into the one target folder, so that dependencies are compiled once for the server,
//! its tests and the clients' tests. A step that fails does not stop the ones after it; the last line tells the sum.

pub(crate) mod fuzz;

use std::fs;
use std::time::{Duration, Instant};

use clap::ValueEnum;

use crate::command::{self, Failure, say};
use crate::tally::Tally;
use crate::workspace::Workspace;
use crate::{clients, prepare, site};

/// One part of the run.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum Step {
    /// `cargo fmt --check`
    Format,
    /// The browser half of the console is built
    Site,
    /// Clippy over the workspace and over the browser half, warnings are errors
    Lint,
    /// Unit, property, crash, route and access tests
    Rust,
    /// A short run of every fuzz target
    Fuzz,
    /// The samples and the real client libraries against the server
    Clients,
    /// The console in Chromium
    Browser,
}

impl Step {
    /// The site first: the server's build embeds it.
    const ALL: [Self; 7] = [Self::Format, Self::Site, Self::Lint, Self::Rust, Self::Fuzz, Self::Clients, Self::Browser];

    fn run(self, workspace: &Workspace) -> Result<Tally, Failure> {
        match self {
            Self::Format => command::run(workspace.cargo().args(["fmt", "--all", "--check"])).map(|()| Tally::PASSED),
            Self::Site => site::build(workspace, site::Kind::Release).map(|()| Tally::PASSED),
            Self::Lint => lint(workspace),
            Self::Rust => rust(workspace),
            Self::Fuzz => fuzz::run_all(workspace, fuzz::SMOKE_SECONDS),
            Self::Clients => {
                clients::build(workspace)?;
                real_clients(workspace, "", &[])
            }
            Self::Browser => browser(workspace),
        }
    }
}

pub(crate) fn run(workspace: &Workspace, only: &[Step]) -> Result<(), Failure> {
    prepare::packages()?;
    let mut sum = Tally::default();
    let mut times: Vec<(Step, Tally, Duration)> = Vec::new();
    for step in Step::ALL.into_iter().filter(|step| only.is_empty() || only.contains(step)) {
        say(&format!("\n== {step:?}"));
        let start = Instant::now();
        let tally = step.run(workspace).unwrap_or_else(|failure| {
            say(&format!("xtask: {failure}"));
            Tally::FAILED
        });
        sum += tally;
        times.push((step, tally, start.elapsed()));
    }
    say("");
    for (step, Tally { passed, failed }, time) in times {
        say(&format!("{:<8} {passed:>5} passed {failed:>5} failed {:>6} s", format!("{step:?}"), time.as_secs()));
    }
    say(&format!("{} passed, {} failed", sum.passed, sum.failed));
    if sum.failed == 0 { Ok(()) } else { std::process::exit(1) }
}

fn lint(workspace: &Workspace) -> Result<Tally, Failure> {
    let strict = ["--", "-D", "warnings"];
    let both = ["clippy", "--release", "--workspace", "--all-targets"];
    command::run(workspace.cargo().args(both).args(strict))?;
    let browser = ["clippy", "--release", "--package", "app", "--features", "hydrate", "--target", site::TRIPLE];
    command::run(workspace.cargo().args(browser).args(strict))?;
    Ok(Tally { passed: 2, failed: 0 })
}

fn rust(workspace: &Workspace) -> Result<Tally, Failure> {
    counted(workspace, &["test", "--release", "--workspace", "--no-fail-fast"])
}

/// The tests marked as needing the drivers of `target/clients`: those whose name holds `filter`.
pub(crate) fn real_clients(
    workspace: &Workspace,
    filter: &str,
    environment: &[(&str, String)],
) -> Result<Tally, Failure> {
    let folder = clients::folder(workspace);
    let mut tally = Tally::default();
    // The whole workspace is named so that features, and with them the compiled dependencies, are those of the step before.
    let arguments = ["test", "--release", "--workspace", "--test", "clients", "--", "--ignored", filter];
    let mut cargo = workspace.cargo();
    cargo.args(arguments).env("TERNMQ_CLIENTS", folder).envs(environment.iter().map(|(name, value)| (name, value)));
    let status = command::watch(&mut cargo, |line| tally.see_cargo(line))?;
    Ok(checked(tally, status.success()))
}

fn counted(workspace: &Workspace, arguments: &[&str]) -> Result<Tally, Failure> {
    let mut tally = Tally::default();
    let status = command::watch(workspace.cargo().args(arguments), |line| tally.see_cargo(line))?;
    Ok(checked(tally, status.success()))
}

/// The tests run in a copy under the target folder, so that the packages of npm land there too.
fn browser(workspace: &Workspace) -> Result<Tally, Failure> {
    let folder = workspace.target("end2end/console");
    copy_sources(workspace, &folder)?;
    let mut npm = std::process::Command::new("npm");
    npm.current_dir(&folder).args(["ci", "--no-audit", "--no-fund"]).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    command::run(&mut npm)?;
    clients::build_go(workspace)?;
    let mut tally = Tally::default();
    let mut playwright = std::process::Command::new(folder.join("node_modules/.bin/playwright"));
    playwright.current_dir(&folder).arg("test");
    playwright.env("TERNMQ_BIN", workspace.target("release/ternmq"));
    playwright.env("TERNMQ_E2E_OUT", workspace.target("end2end/results"));
    playwright.env("TERNMQ_CLIENTS", clients::folder(workspace));
    playwright.env("TERNMQ_SOURCES", workspace.path("."));
    let status = command::watch(&mut playwright, |line| tally.see_playwright(line))?;
    Ok(checked(tally, status.success()))
}

fn copy_sources(workspace: &Workspace, folder: &std::path::Path) -> Result<(), Failure> {
    let source = workspace.path("end2end/console");
    fs::create_dir_all(folder).map_err(Failure::at(folder))?;
    for entry in fs::read_dir(&source).map_err(Failure::at(&source))? {
        let entry = entry.map_err(Failure::at(&source))?;
        let target = folder.join(entry.file_name());
        if entry.file_name() == "node_modules" {
            continue;
        }
        if entry.path().is_dir() {
            // A test that was removed must not run from an older copy.
            site::files::remove_tree(&target)?;
            site::files::copy_tree(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).map_err(Failure::at(&target))?;
        }
    }
    Ok(())
}

/// A run that failed without a failed test (a compile error), or that ran no test at all, is a failure too.
fn checked(tally: Tally, success: bool) -> Tally {
    let mut tally = tally;
    if (!success && tally.failed == 0) || tally.passed + tally.failed == 0 {
        tally += Tally::FAILED;
    }
    tally
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_a_test_counts_as_failed() {
        assert_eq!(checked(Tally::default(), true), Tally::FAILED);
        assert_eq!(checked(Tally { passed: 4, failed: 0 }, false), Tally { passed: 4, failed: 1 });
        assert_eq!(checked(Tally { passed: 4, failed: 2 }, false), Tally { passed: 4, failed: 2 });
        assert_eq!(checked(Tally { passed: 4, failed: 0 }, true), Tally { passed: 4, failed: 0 });
    }
}
