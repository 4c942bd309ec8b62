//! Builds the drivers of the real clients (`end2end/clients`) into `target/clients`, where the tests look for them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::command::{self, Failure};
use crate::workspace::Workspace;

/// The folder that holds the built drivers.
pub(crate) fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target("clients")
}

pub(crate) fn build(workspace: &Workspace) -> Result<(), Failure> {
    let folder = folder(workspace);
    fs::create_dir_all(&folder).map_err(Failure::at(&folder))?;
    let sources = workspace.path("end2end/clients");
    java(&sources.join("java"), &folder.join("java-4"), &["-P", "4.x"])?;
    java(&sources.join("java"), &folder.join("java-5"), &[])?;
    build_go(workspace)?;
    python(&sources.join("python"), &folder.join("python"))
}

/// The one that the browser tests use too: it needs no JVM.
pub(crate) fn build_go(workspace: &Workspace) -> Result<(), Failure> {
    let folder = folder(workspace);
    fs::create_dir_all(&folder).map_err(Failure::at(&folder))?;
    go(&workspace.path("end2end/clients/go"), &folder.join("go"))
}

/// `OUT/classes` and `OUT/lib/*.jar`, for one version of the Apache client.
fn java(source: &Path, out: &Path, profile: &[&str]) -> Result<(), Failure> {
    let mut maven = Command::new("mvn");
    maven.current_dir(source).args(["-q", "-B"]).args(profile).arg(format!("-Dout={}", out.display()));
    command::run(maven.arg("process-classes"))
}

/// One program, `OUT`.
fn go(source: &Path, out: &Path) -> Result<(), Failure> {
    command::run(Command::new("go").current_dir(source).args(["build", "-o"]).arg(out).arg("."))
}

/// A virtual environment `OUT` with the library, and the driver itself as `OUT/driver.py`.
fn python(source: &Path, out: &Path) -> Result<(), Failure> {
    let wanted = source.join("requirements.txt");
    let installed = out.join("requirements.txt");
    let same = fs::read(&wanted).is_ok_and(|wanted| fs::read(&installed).is_ok_and(|installed| installed == wanted));
    if !same {
        command::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(out))?;
        command::run(Command::new(out.join("bin/pip")).args(["install", "-q", "-r"]).arg(&wanted))?;
        fs::copy(&wanted, &installed).map_err(Failure::at(&installed))?;
    }
    let driver = out.join("driver.py");
    fs::copy(source.join("driver.py"), &driver).map_err(Failure::at(&driver)).map(|_| ())
}
