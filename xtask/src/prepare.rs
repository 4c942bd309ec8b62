//! What the tests need beside Rust, and how it comes onto a machine.
//!
//! System packages come by apt, as root or with `sudo -n`; anybody else is shown the line to type (exit code 2).
//! Packages of Maven, Go, pip and npm are no matter of this file: they go into the target folder or the user's cache.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::command::{self, Failure, say};

struct Need {
    packages: &'static [&'static str],
    there: fn() -> bool,
}

const NEEDS: [Need; 9] = [
    Need { packages: &["chromium"], there: || command::exists("chromium") },
    Need { packages: &["fonts-noto-core", "fonts-noto-cjk", "fontconfig"], there: has_chinese_font },
    Need { packages: &["postgresql"], there: has_postgresql },
    Need { packages: &["default-jdk-headless"], there: || command::exists("java") && command::exists("javac") },
    Need { packages: &["maven"], there: || command::exists("mvn") },
    Need { packages: &["golang-go"], there: || command::exists("go") },
    Need { packages: &["nodejs", "npm"], there: || command::exists("node") && command::exists("npm") },
    Need { packages: &["python3", "python3-venv"], there: || succeeds("python3", &["-c", "import ensurepip, venv"]) },
    // The fuzzing engine is C++.
    Need { packages: &["g++"], there: || command::exists("c++") },
];

/// Installs what is missing.
pub(crate) fn packages() -> Result<(), Failure> {
    let missing = missing();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    let line = format!("apt-get update && apt-get install -y --no-install-recommends {list}");
    if !command::exists("apt-get") {
        return Err(Failure::Missing(format!("these Debian packages (or their like) are missing: {list}")));
    }
    let mut before: Vec<&str> = Vec::new();
    if !is_root() {
        if !succeeds("sudo", &["-n", "true"]) {
            return Err(Failure::Missing(format!("packages are missing; type: sudo sh -c '{line}'")));
        }
        before = vec!["sudo", "-n"];
    }
    say(&format!("installing {list}"));
    let mut install = Command::new(before.first().copied().unwrap_or("env"));
    install.args(before.get(1..).unwrap_or_default());
    install.args(["env", "DEBIAN_FRONTEND=noninteractive", "sh", "-c", &line]);
    command::run(&mut install).map_err(|failure| Failure::Missing(format!("{failure}; type: {line}")))?;
    let still = self::missing();
    if still.is_empty() {
        Ok(())
    } else {
        Err(Failure::Missing(format!("still missing after apt: {}", still.join(" "))))
    }
}

fn missing() -> Vec<&'static str> {
    NEEDS.iter().filter(|need| !(need.there)()).flat_map(|need| need.packages).copied().collect()
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn has_chinese_font() -> bool {
    Command::new("fc-list").arg(":lang=zh").output().is_ok_and(|output| !output.stdout.is_empty())
}

/// Debian keeps the server's programs out of `PATH`, one folder for each version.
fn has_postgresql() -> bool {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    command::exists("initdb")
        || versions.into_iter().any(|version| version.path().join(Path::new("bin/initdb")).is_file())
}

fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}
