//! Which client libraries there are, and how the driver that holds one is started.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::ternmq::{DOMAIN, INSTANCE};

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Library {
    /// `com.aliyun.openservices:ons-client` 1.8.8.8
    Ons,
    /// Apache Java client 4.9.8
    Apache4,
    /// Apache Java client 5.5
    Apache5,
    /// `rocketmq-client-go` v2
    Go,
    /// PyPI `rocketmq` 0.4.4, which carries the C++ 1.x client
    Python,
}

impl Library {
    /// The driver's command. `home` takes what the library writes: logs, broadcast offsets.
    pub(crate) fn command(self, home: &Path) -> Command {
        let built = built();
        let mut command = match self {
            Self::Ons => java(&built.join("java-4"), "ons", home),
            Self::Apache4 => java(&built.join("java-4"), "apache", home),
            Self::Apache5 => java(&built.join("java-5"), "apache", home),
            Self::Go => Command::new(built.join("go")),
            Self::Python => {
                let mut python = Command::new(built.join("python/bin/python"));
                python.arg(built.join("python/driver.py"));
                python
            }
        };
        command.env("HOME", home);
        command
    }

    /// Whether the topic that a listener sees still carries the namespace it was subscribed with.
    pub(crate) fn keeps_namespace(self) -> bool {
        matches!(self, Self::Go | Self::Python)
    }
}

/// The folder into which `cargo xtask test` builds the drivers.
pub(crate) fn built() -> PathBuf {
    std::env::var_os("TERNMQ_CLIENTS").expect("TERNMQ_CLIENTS is set; `cargo xtask test --only clients` sets it").into()
}

fn java(built: &Path, client: &str, home: &Path) -> Command {
    // A resolver of the test's own: the JVM then knows the names in this file and no others.
    let hosts = home.join("hosts");
    std::fs::write(&hosts, format!("127.0.0.1 localhost\n127.0.0.1 {INSTANCE}.{DOMAIN}\n"))
        .expect("the hosts file is written");
    let mut java = Command::new("java");
    // Start-up counts here, and two cores are shared with the server.
    java.args(["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx256m"]);
    java.arg(format!("-Djdk.net.hosts.file={}", hosts.display())).arg(format!("-Duser.home={}", home.display()));
    java.arg("-cp").arg(format!("{0}/classes:{0}/lib/*", built.display())).args(["Driver", client]);
    java
}
