//! One server under measurement: its folder, its process, its memory.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load;
use crate::command::Failure;
use crate::site::files;

pub(super) const KEY_ID: &str = "TNbenchbenchbenchbench00";
pub(super) const SECRET: &str = "benchbenchbenchbenchbenchbench";

pub(super) struct House {
    folder: PathBuf,
    program: PathBuf,
    child: Option<Child>,
    console_port: u16,
    instance_port: u16,
}

impl House {
    pub(super) fn new(folder: PathBuf, program: PathBuf) -> Result<Self, Failure> {
        fs::create_dir_all(&folder).map_err(Failure::at(&folder))?;
        let console_port = load::free_port()?;
        let instance_port = console_port + 8;
        let config = format!(
            "[console]\nlisten = \"127.0.0.1:{console_port}\"\n[tcp]\nlisten = \"127.0.0.1:{}\"\n\
             instance_ports = \"{instance_port}-{}\"\n",
            console_port + 1,
            instance_port + 3
        );
        let resources = format!(
            "[[account]]\nname = \"bench\"\nservice = true\n[[account.user]]\nname = \"bench\"\nrole = \"owner\"\n\
             [[account.user.access_key]]\nid = \"{KEY_ID}\"\nsecret_env = \"BENCH_SECRET\"\n\
             [[account.instance]]\nname = \"bench\"\ntcp_port = {instance_port}\n{}\
             [[account.instance.group]]\nname = \"GID_bench\"\nprotocol = \"tcp\"\n",
            load::topics()
        );
        files::write(&folder.join("ternmq.toml"), config.as_bytes())?;
        files::write(&folder.join("resources.toml"), resources.as_bytes())?;
        Ok(Self { folder, program, child: None, console_port, instance_port })
    }

    /// The time from exec to the first 200.
    pub(super) fn start(&mut self) -> Result<Duration, Failure> {
        let log = self.folder.join("ternmq.log");
        let log = fs::File::create(&log).map_err(Failure::at(&log))?;
        let start = Instant::now();
        let child = Command::new(&self.program)
            .arg("serve")
            .args(["--config".as_ref(), self.folder.join("ternmq.toml").as_os_str()])
            .args(["--data-dir".as_ref(), self.folder.join("data").as_os_str()])
            .args(["--resources".as_ref(), self.folder.join("resources.toml").as_os_str()])
            .env("BENCH_SECRET", SECRET)
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(Failure::at(&self.folder))?)
            .stderr(log)
            .spawn()
            .map_err(Failure::at(&self.program))?;
        self.child = Some(child);
        while !self.is_ready() {
            if start.elapsed() > Duration::from_secs(60) {
                return Err(Failure::Failed(format!(
                    "not ready after 60 s; see {}",
                    self.folder.join("ternmq.log").display()
                )));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(start.elapsed())
    }

    pub(super) fn stop(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // It flushes and ends by itself; the wait is bounded by its own deadline.
        let _ = Command::new("kill").arg(child.id().to_string()).status();
        let _ = child.wait();
    }

    pub(super) fn address(&self) -> String {
        format!("127.0.0.1:{}", self.instance_port)
    }

    pub(super) fn pid(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// Anonymous and shared memory, without mapped files: those are the page cache's.
    pub(super) fn resident_kib(&self) -> Result<u64, Failure> {
        let path = PathBuf::from(format!("/proc/{}/status", self.pid().unwrap_or_default()));
        let status = fs::read_to_string(&path).map_err(Failure::at(&path))?;
        let kib = |line: &str| line.split_ascii_whitespace().nth(1).and_then(|number| number.parse::<u64>().ok());
        let wanted = |line: &&str| line.starts_with("RssAnon:") || line.starts_with("RssShmem:");
        Ok(status.lines().filter(wanted).filter_map(kib).sum())
    }

    fn is_ready(&self) -> bool {
        let ask = || -> std::io::Result<Vec<u8>> {
            let mut stream = TcpStream::connect(("127.0.0.1", self.console_port))?;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer)?;
            Ok(answer)
        };
        ask().is_ok_and(|answer| answer.starts_with(b"HTTP/1.1 200"))
    }
}

impl Drop for House {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
