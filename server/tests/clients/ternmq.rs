//! The product as a user starts it: the one binary, a data folder, a configuration and a resources file.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) const KEY_ID: &str = "TNQ0aB1cD2eF3gH4iJ5kL6mN";
pub(crate) const SECRET: &str = "k3Jd92LmQ0xZ7vBn5TyU1oPq8RsWcE";
pub(crate) const INSTANCE: &str = "MQ_INST_1234567890123456_BXabcdef";
/// An instance of another account: it must look as if it did not exist.
pub(crate) const FOREIGN_INSTANCE: &str = "MQ_INST_6543210987654321_BXfedcba";
pub(crate) const TOPIC: &str = "TopicTestMQ";
pub(crate) const GROUP: &str = "GID_test";
pub(crate) const SECOND_GROUP: &str = "GID_second";

const RESOURCES: &str = r#"
[[account]]
name = "acme"
uid = "1234567890123456"
service = true
[[account.user]]
name = "dev"
role = "owner"
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
    child: Option<Child>,
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
        let mut ternmq = Self { folder, child: None, console_port, shared_port, instance_port };
        ternmq.start_again();
        ternmq
    }

    /// Starts the process over the data that is there.
    pub(crate) fn start_again(&mut self) {
        assert!(self.child.is_none(), "it runs already");
        let log = fs::OpenOptions::new().create(true).append(true).open(self.log_file()).expect("the log file opens");
        let child = Command::new(env!("CARGO_BIN_EXE_ternmq"))
            .arg("serve")
            .args(["--config".as_ref(), self.folder.path().join("ternmq.toml").as_os_str()])
            .args(["--data-dir".as_ref(), self.folder.path().join("data").as_os_str()])
            .args(["--resources".as_ref(), self.folder.path().join("resources.toml").as_os_str()])
            .env("ACME_DEV_SECRET", SECRET)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("the log file has a second handle"))
            .stderr(log)
            .spawn()
            .expect("ternmq starts");
        self.child = Some(child);
        let end = Instant::now() + Duration::from_secs(30);
        while !self.is_ready() {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().expect("its state can be read"));
            assert!(ended.is_none(), "ternmq ended with {ended:?}:\n{}", self.log());
            assert!(Instant::now() < end, "ternmq is not ready after 30 s:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// SIGTERM: it must end by itself within 5 s with exit code 0, and must not have logged an error.
    pub(crate) fn stop(&mut self) {
        let mut child = self.child.take().expect("it runs");
        let status = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().expect("kill runs");
        assert!(status.success(), "the signal was sent");
        let start = Instant::now();
        loop {
            if let Some(status) = child.try_wait().expect("its state can be read") {
                assert_eq!(status.code(), Some(0), "{}", self.log());
                break;
            }
            if start.elapsed() > Duration::from_secs(5) {
                child.kill().expect("it can be killed");
                child.wait().expect("it ends");
                panic!("ternmq still ran 5 s after SIGTERM:\n{}", self.log());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let log = self.log();
        let errors: Vec<&str> =
            log.lines().filter(|line| line.contains("ERROR") || line.contains("panicked")).collect();
        assert!(errors.is_empty(), "logged: {errors:#?}");
    }

    /// SIGKILL, at whatever it is doing.
    pub(crate) fn kill(&mut self) {
        let mut child = self.child.take().expect("it runs");
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
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

    /// Everything printed so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.path().join("ternmq.log")
    }

    fn is_ready(&self) -> bool {
        let ask = || -> std::io::Result<String> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.console_port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }
}

impl Drop for Ternmq {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // A failed test leaves nothing running behind; what matters was told by its panic.
            let _ = child.kill();
            let _ = child.wait();
        }
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
