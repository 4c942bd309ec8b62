//! The product as a user starts it: the one binary, a data folder, a configuration and a resources file.

use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::console::Console;
use crate::program::Program;

pub(crate) const KEY_ID: &str = "TNQ0aB1cD2eF3gH4iJ5kL6mN";
pub(crate) const SECRET: &str = "k3Jd92LmQ0xZ7vBn5TyU1oPq8RsWcE";
pub(crate) const INSTANCE: &str = "MQ_INST_1234567890123456_BXabcdef";
/// An instance of another account: it must look as if it did not exist.
pub(crate) const FOREIGN_INSTANCE: &str = "MQ_INST_6543210987654321_BXfedcba";
pub(crate) const TOPIC: &str = "TopicTestMQ";
pub(crate) const GROUP: &str = "GID_test";
pub(crate) const SECOND_GROUP: &str = "GID_second";

const PASSWORD: &str = "blue kettle on the hill 7";

const RESOURCES: &str = r#"
[[account]]
name = "acme"
uid = "1234567890123456"
service = true
[[account.user]]
name = "dev"
role = "owner"
password_env = "ACME_DEV_PASSWORD"
[[account.user.access_key]]
id = "TNQ0aB1cD2eF3gH4iJ5kL6mN"
secret_env = "ACME_DEV_SECRET"
[[account.instance]]
name = "orders"
id_suffix = "BXabcdef"
tcp_port = INSTANCE_PORT
[[account.instance.topic]]
name = "TopicTestMQ"
type = "normal"
[[account.instance.group]]
name = "GID_test"
protocol = "tcp"
[[account.instance.group]]
name = "GID_second"
protocol = "tcp"

[[account]]
name = "rival"
uid = "6543210987654321"
service = true
[[account.instance]]
name = "orders"
id_suffix = "BXfedcba"
tcp_port = FOREIGN_PORT
[[account.instance.topic]]
name = "TopicTestMQ"
type = "normal"
[[account.instance.group]]
name = "GID_test"
protocol = "tcp"
"#;

pub(crate) struct Ternmq {
    folder: TempDir,
    program: Option<Program>,
    console_port: u16,
    shared_port: u16,
    instance_port: u16,
}

impl Ternmq {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [console_port, shared_port, instance_port] = free_ports();
        // Instance ports come in steps of four; the two that are used are named in the resources file.
        let foreign_port = instance_port + 4;
        let config = format!(
            "[console]\nlisten = \"127.0.0.1:{console_port}\"\n[tcp]\nlisten = \"127.0.0.1:{shared_port}\"\n\
             instance_ports = \"{instance_port}-{}\"\n[store]\ndisk_used_percent_max = 95\n",
            instance_port + 7
        );
        let resources = RESOURCES
            .replace("INSTANCE_PORT", &instance_port.to_string())
            .replace("FOREIGN_PORT", &foreign_port.to_string());
        fs::write(folder.path().join("ternmq.toml"), config).expect("the configuration is written");
        fs::write(folder.path().join("resources.toml"), resources).expect("the resources are written");
        let mut ternmq = Self { folder, program: None, console_port, shared_port, instance_port };
        ternmq.start_again();
        ternmq
    }

    /// Starts the process over the data that is there.
    pub(crate) fn start_again(&mut self) {
        assert!(self.program.is_none(), "it runs already");
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file()).expect("the log file opens");
        let mut command = Command::new(env!("CARGO_BIN_EXE_ternmq"));
        command
            .arg("serve")
            .args(["--config".as_ref(), self.folder.path().join("ternmq.toml").as_os_str()])
            .args(["--data-dir".as_ref(), self.folder.path().join("data").as_os_str()])
            .args(["--resources".as_ref(), self.folder.path().join("resources.toml").as_os_str()])
            .env("ACME_DEV_SECRET", SECRET)
            .env("ACME_DEV_PASSWORD", PASSWORD)
            .stderr(log);
        let mut program = Program::start(&mut command);
        // The last line that it prints, when every port is open.
        let ready = program.line_with("data folder", Duration::from_secs(30));
        ready.unwrap_or_else(|why| panic!("the start of ternmq: {why}\n{}", self.log()));
        self.program = Some(program);
    }

    /// SIGTERM: it must end by itself within 5 s with exit code 0, and must not have logged an error.
    pub(crate) fn stop(&mut self) {
        let mut program = self.program.take().expect("it runs");
        program.signal("-TERM");
        let end = program.end_within(Duration::from_secs(5));
        let status = end.unwrap_or_else(|why| panic!("ternmq after SIGTERM: {why}\n{}", self.log()));
        let log = self.log();
        assert_eq!(status.code(), Some(0), "{log}");
        let errors: Vec<&str> =
            log.lines().filter(|line| line.contains("ERROR") || line.contains("panicked")).collect();
        assert!(errors.is_empty(), "logged: {errors:#?}");
    }

    /// SIGKILL, at whatever it is doing.
    pub(crate) fn kill(&mut self) {
        drop(self.program.take().expect("it runs"));
    }

    /// The console, signed in as the owner.
    pub(crate) fn console(&self) -> Console {
        Console::sign_in(self.console_port, "acme", "dev", PASSWORD)
    }

    /// The instance's own port, as the console shows it.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.instance_port)
    }

    /// The port that all instances share: names need their prefix there.
    pub(crate) fn shared_endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.shared_port)
    }

    /// The shared port under a host name that begins with the instance ID, as with a wildcard domain.
    pub(crate) fn named_endpoint(&self) -> String {
        format!("http://{INSTANCE}.{DOMAIN}:{}", self.shared_port)
    }

    /// Everything logged so far.
    fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("ternmq.log")
    }
}

/// A domain that no resolver knows; the JVMs get it from a hosts file.
pub(crate) const DOMAIN: &str = "ternmq.test";

/// Three ports for one server, the last with room for the ports of two instances above it.
///
/// Below the range from which the system takes ports for outgoing connections, so that none is lost to a client.
fn free_ports() -> [u16; 3] {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let own = u16::try_from(std::process::id() % 600).unwrap_or(0) * 20;
    loop {
        let first = 12_000 + (own + NEXT.fetch_add(20, Ordering::Relaxed)) % 20_000;
        if (first..first + 20).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return [first, first + 1, first + 4];
        }
    }
}
