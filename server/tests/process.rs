//! The process from outside: start, what it prints, what refuses to start, the stop.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

struct Running {
    child: Child,
    /// What it printed up to the set-up link.
    said: Vec<String>,
    /// Open, as a terminal is.
    _stdout: BufReader<ChildStdout>,
}

fn ternmq(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ternmq"));
    command.args(arguments).arg("--data-dir").arg(folder).env_remove("TERNMQ_CONFIG");
    // The disk of a test machine may be fuller than a product's should be.
    command.env("TERNMQ_STORE_DISK_USED_PERCENT_MAX", "99");
    command
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    ternmq(folder, arguments).output().expect("ternmq runs")
}

const SERVE: [&str; 5] = ["serve", "--console-listen", "127.0.0.1:0", "--tcp-listen", "127.0.0.1:0"];

impl Running {
    fn start(folder: &Path) -> Running {
        Self::serve(&mut ternmq(folder, &SERVE), "setup-link")
    }

    /// - `last`: in the last line that it prints.
    fn serve(command: &mut Command, last: &str) -> Running {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("ternmq starts");
        let mut said = Vec::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        for line in stdout.by_ref().lines() {
            let line = line.expect("text");
            let is_last = line.contains(last);
            said.push(line);
            if is_last {
                break;
            }
        }
        Running { child, said, _stdout: stdout }
    }

    fn address(&self, name: &str) -> String {
        let line = self.said.iter().find(|line| line.trim_start().starts_with(name)).expect(name);
        line.split_whitespace().last().expect(name).trim_start_matches("http://").to_owned()
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.address("console")).expect("the console listens");
        write!(stream, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("answered");
        answer
    }

    fn terminate(mut self) -> (Option<i32>, Duration) {
        let since = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill runs").success());
        let status = self.child.wait().expect("its end");
        (status.code(), since.elapsed())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A test that failed leaves no process behind; one that went well has ended it.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn it_starts_prints_a_set_up_link_answers_and_stops_in_order() {
    let folder = tempfile::tempdir().expect("a folder");
    let running = Running::start(folder.path());
    assert!(running.said.iter().any(|line| line.contains("/setup/")), "{:?}", running.said);
    let healthy = running.get("/healthz");
    assert!(healthy.starts_with("HTTP/1.1 200"), "{healthy}");
    let ready = running.get("/readyz");
    for answer in [&healthy, &ready] {
        for header in ["x-content-type-options: nosniff", "content-security-policy: default-src 'none'"] {
            assert!(answer.contains(header), "{answer}");
        }
    }
    assert!(ready.starts_with("HTTP/1.1 200") && ready.contains("\"ready\":true"), "{ready}");

    let second = run(folder.path(), &SERVE);
    assert_eq!(second.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&second.stderr).contains("is in use by another TernMQ process"));

    // Beside the running server.
    let link = run(folder.path(), &["setup-link"]);
    assert!(link.status.success(), "{link:?}");
    assert!(String::from_utf8_lossy(&link.stdout).starts_with("http://127.0.0.1:8080/setup/"));
    let made = run(folder.path(), &["account", "create", "acme", "--owner", "alice"]);
    assert!(String::from_utf8_lossy(&made.stdout).starts_with("account acme with UID "), "{made:?}");
    let again = run(folder.path(), &["account", "create", "acme"]);
    assert_eq!(String::from_utf8_lossy(&again.stderr), "ternmq: acme is taken by an account\n");
    let reset = run(folder.path(), &["reset-password", "acme", "alice"]);
    assert!(reset.status.success(), "{reset:?}");
    let unknown = run(folder.path(), &["reset-password", "acme", "bob"]);
    assert_eq!(String::from_utf8_lossy(&unknown.stderr), "ternmq: no such user\n");
    let late = run(folder.path(), &["setup-link"]);
    assert_eq!(String::from_utf8_lossy(&late.stderr), "ternmq: the first account exists already\n");

    // Open connections of both doors do not hold it back.
    let _browser = TcpStream::connect(running.address("console")).expect("the console listens");
    let _client = TcpStream::connect(running.address("TCP")).expect("the TCP door listens");
    let (code, took) = running.terminate();
    assert_eq!(code, Some(0));
    assert!(took < Duration::from_secs(5), "{took:?}");
    // The folder is free again, and nobody has to set up twice.
    let config = run(folder.path(), &["check-config"]);
    assert!(config.status.success());
}

/// As in `ternmq serve | head -1`.
#[test]
fn a_reader_that_has_gone_is_no_reason_to_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let out = ternmq(folder.path(), &["check-config"]).stdout(writer).output().expect("ternmq runs");
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""));
}

/// Started from a shell whose mask lets everybody read.
#[cfg(unix)]
#[test]
fn nothing_in_the_data_folder_is_readable_by_other_users() {
    use std::os::unix::fs::PermissionsExt;
    let outer = tempfile::tempdir().expect("a folder");
    let folder = outer.path().join("data");
    let serve = ternmq(&folder, &SERVE);
    let mut command = Command::new("sh");
    command.args(["-c", "umask 022; exec \"$@\"", "sh"]).arg(serve.get_program()).args(serve.get_args());
    command.env_remove("TERNMQ_CONFIG").env("TERNMQ_STORE_DISK_USED_PERCENT_MAX", "99");
    let running = Running::serve(&mut command, "setup-link");
    assert_eq!(running.terminate().0, Some(0));
    let mut folders = vec![folder];
    let mut files = 0;
    while let Some(next) = folders.pop() {
        let mode = std::fs::metadata(&next).expect("its rights").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", next.display());
        if next.is_dir() {
            folders.extend(std::fs::read_dir(&next).expect("a list").map(|entry| entry.expect("an entry").path()));
        } else {
            files += 1;
        }
    }
    assert!(files > 3, "{files} files looked at");
}

#[test]
fn a_bad_setting_or_file_stops_the_start_with_the_place() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = folder.path().join("ternmq.toml");
    std::fs::write(&config, "[tcp]\nlissten = \"x\"\n").expect("written");
    let config_flag = config.display().to_string();
    let out = run(folder.path(), &["serve", "--config", &config_flag]);
    assert_eq!(out.status.code(), Some(78));
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(told.ends_with("ternmq.toml:2: there is no setting tcp.lissten; did you mean tcp.listen?\n"), "{told}");

    let resources = folder.path().join("resources.toml");
    std::fs::write(&resources, "[[account]]\nname = \"Acme\"\n").expect("written");
    let out = run(folder.path(), &["serve", "--resources", &resources.display().to_string()]);
    assert_eq!(out.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&out.stderr).contains("resources.toml:2: the name of an account"));

    let away = ["serve", "--dev", "--tcp-listen", "0.0.0.0:0", "--advertised-host", "192.0.2.1"];
    let out = ternmq(folder.path(), &away).env("TERNMQ_PLAINTEXT", "tcp").output().expect("ternmq runs");
    assert_eq!(out.status.code(), Some(78));
    assert!(String::from_utf8_lossy(&out.stderr).contains("--dev is for this machine only"));
    assert!(!folder.path().join("catalogue.db").exists(), "nothing was made");
}

/// A request on a connection of its own; the answer as text, empty when the process ended meanwhile.
#[cfg(target_os = "linux")]
fn post(address: &str, path: &str, headers: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the console listens");
    let length = body.len();
    let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\naccept: application/json\r\n{headers}");
    write!(stream, "{head}content-length: {length}\r\n\r\n{body}").expect("sent");
    let mut answer = Vec::new();
    // A process that ends resets its connections.
    let _end = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

/// R14: a log that can't be written ends the process with the code that a unit file restarts on.
#[cfg(target_os = "linux")]
#[test]
fn a_log_that_can_not_be_written_ends_the_process_with_70_and_the_next_start_serves() {
    let folder = tempfile::tempdir().expect("a folder");
    let serve = ternmq(folder.path(), &SERVE);
    // A write beyond the limit is an error instead of the end by a signal.
    let mut command = Command::new("sh");
    command
        .args(["-c", "trap '' XFSZ; exec \"$@\"", "sh"])
        .arg(serve.get_program())
        .args(serve.get_args())
        .arg("--dev");
    command.env_remove("TERNMQ_CONFIG").env("TERNMQ_STORE_DISK_USED_PERCENT_MAX", "99");
    let mut running = Running::serve(&mut command, "Group IDs");
    let word = |before: &str| {
        let line = running.said.iter().find(|line| line.contains(before)).expect(before);
        line.split(before).nth(1).and_then(|rest| rest.split_whitespace().next()).expect(before).to_owned()
    };
    let console = running.address("console");
    let form = format!("account=demo&user=dev&password={}&next=", word(" password "));
    let signed_in =
        post(&console, "/api/session/sign-in", "content-type: application/x-www-form-urlencoded\r\n", &form);
    let cookie = signed_in.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next()).expect("signed in");
    let body =
        format!(r#"{{"instance":"{}","topic":"TopicTestMQ","body":"x","tag":"","key":""}}"#, word("  instance "));
    let headers = format!("content-type: application/json\r\ncookie: {cookie}\r\n");
    let sent = post(&console, "/api/topics/send", &headers, &body);
    assert!(sent.starts_with("HTTP/1.1 200"), "{sent}");

    let pid = running.child.id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, "--fsize=0"]).status().expect("prlimit runs");
    assert!(limited.success());
    let refused = post(&console, "/api/topics/send", &headers, &body);
    assert!(!refused.starts_with("HTTP/1.1 200"), "{refused}");
    assert_eq!(running.child.wait().expect("its end").code(), Some(70));

    let again = Running::serve(ternmq(folder.path(), &SERVE).arg("--dev"), "Group IDs");
    assert!(again.get("/readyz").contains("\"ready\":true"));
    assert_eq!(again.terminate().0, Some(0));
}
