//! Runs every fuzz target for a while with the stable compiler.
//!
//! The coverage feedback of libFuzzer is asked for by code generation options; build scripts and macros must stay
//! without it, hence the explicit target triple.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::command::{self, Failure, say};
use crate::tally::Tally;
use crate::workspace::Workspace;

/// Per target, in the test run.
pub(crate) const SMOKE_SECONDS: u64 = 5;

const FOLDER: &str = "broker-core/fuzz";

const COVERAGE: &str = "--cfg fuzzing -C passes=sancov-module -C llvm-args=-sanitizer-coverage-level=4 \
    -C llvm-args=-sanitizer-coverage-inline-8bit-counters -C llvm-args=-sanitizer-coverage-pc-table \
    -C llvm-args=-sanitizer-coverage-trace-compares -C codegen-units=1 -C debug-assertions -C overflow-checks";

/// Shares a span of time among all targets.
pub(crate) fn for_in_all(workspace: &Workspace, time: Duration) -> Result<Tally, Failure> {
    let count = u64::try_from(targets(workspace)?.len()).unwrap_or(u64::MAX).max(1);
    run_all(workspace, (time.as_secs() / count).max(1))
}

/// Runs each target for so many seconds.
pub(crate) fn run_all(workspace: &Workspace, seconds: u64) -> Result<Tally, Failure> {
    let triple = host_triple()?;
    let manifest = workspace.path(FOLDER).join("Cargo.toml");
    let mut build = workspace.cargo();
    build.args(["build", "--release", "--bins", "--target", &triple, "--manifest-path"]).arg(manifest);
    command::run(build.env("RUSTFLAGS", COVERAGE))?;

    let mut tally = Tally::default();
    for target in targets(workspace)? {
        say(&format!("fuzz {target}: {seconds} s"));
        let corpus = workspace.target("fuzz").join(&target);
        fs::create_dir_all(&corpus).map_err(Failure::at(&corpus))?;
        let mut fuzzer = Command::new(workspace.target(&triple).join("release").join(&target));
        fuzzer.arg(format!("-max_total_time={seconds}")).arg(format!("-artifact_prefix={}/crash-", corpus.display()));
        fuzzer.args(["-verbosity=0", "-rss_limit_mb=2048", "-timeout=10"]).arg(&corpus);
        tally += if command::status(&mut fuzzer)?.success() { Tally::PASSED } else { Tally::FAILED };
    }
    Ok(tally)
}

/// One for each file in `fuzz_targets/`.
fn targets(workspace: &Workspace) -> Result<Vec<String>, Failure> {
    let folder = workspace.path(FOLDER).join("fuzz_targets");
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(Failure::at(&folder))? {
        let path = entry.map_err(Failure::at(&folder))?.path();
        if path.extension().is_some_and(|extension| extension == "rs") {
            names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
        }
    }
    names.sort();
    Ok(names)
}

fn host_triple() -> Result<String, Failure> {
    let output = Command::new("rustc").arg("-vV").output().map_err(Failure::io("rustc"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let triple = text.lines().find_map(|line| line.strip_prefix("host: "));
    triple.map(str::to_owned).ok_or_else(|| Failure::Failed("rustc -vV names no host".to_owned()))
}
