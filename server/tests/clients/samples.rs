//! The sample projects, exactly as the console hands them out, with the commands of their readme.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use app::api::instances::SampleLanguage;
use server::samples::{self, SECRET_ENV, Values};

use crate::library;
use crate::ternmq::{GROUP, KEY_ID, SECRET, TOPIC, Ternmq};

/// Maven compiles before it runs, and may fetch its plugins the first time.
const PATIENCE: Duration = Duration::from_secs(300);

#[test]
#[ignore = "needs Maven and the packages that `cargo xtask test` fetches"]
fn the_java_ons_sample_sends_and_receives() {
    let maven = |goal: &str| vec!["mvn".to_owned(), "-q".into(), "-B".into(), "compile".into(), goal.to_owned()];
    sends_and_receives(SampleLanguage::JavaOns, &maven("exec:java@producer"), &maven("exec:java@consumer"));
}

#[test]
#[ignore = "needs Maven and the packages that `cargo xtask test` fetches"]
fn the_java_apache_sample_sends_with_the_4_x_client_and_receives_with_the_5_x_client() {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let producer = words("mvn -q -B -P 4.x compile exec:java@producer");
    sends_and_receives(SampleLanguage::JavaApache, &producer, &words("mvn -q -B compile exec:java@consumer"));
}

#[test]
#[ignore = "needs Go and the packages that `cargo xtask test` fetches"]
fn the_go_sample_sends_and_receives() {
    let go = |package: &str| vec!["go".to_owned(), "run".into(), package.to_owned()];
    sends_and_receives(SampleLanguage::Go, &go("./producer"), &go("./consumer"));
}

#[test]
#[ignore = "needs the Python packages that `cargo xtask test` fetches"]
fn the_python_sample_sends_and_receives() {
    let python = library::built().join("python/bin/python").display().to_string();
    let run = |file: &str| vec![python.clone(), file.to_owned()];
    sends_and_receives(SampleLanguage::Python, &run("producer.py"), &run("consumer.py"));
}

fn sends_and_receives(language: SampleLanguage, producer: &[String], consumer: &[String]) {
    let mut ternmq = Ternmq::start();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let values = Values { endpoint: &ternmq.endpoint(), topic: TOPIC, group_id: GROUP, access_key_id: KEY_ID };
    for file in samples::render(language, values).expect("the sample renders") {
        let path = folder.path().join(file.path);
        fs::create_dir_all(path.parent().expect("a file is in a folder")).expect("its folder is made");
        fs::write(path, file.text).expect("the file is written");
    }

    let sent = Program::start(folder.path(), producer);
    let line = sent.line_with("Sent. Message ID: ");
    let id = line.rsplit(' ').next().expect("the id is the last word").to_owned();
    sent.ends_well();

    // Started after the send, as in the quick start: the message waits for its first consumer.
    let mut receiving = Program::start(folder.path(), consumer);
    let line = receiving.line_with("Receive message ");
    assert_eq!(line, format!("Receive message {id} Tag TagA Key ORDERID_100: Hello MQ"));
    receiving.interrupt();
    ternmq.stop();
}

struct Program {
    child: Child,
    lines: Receiver<String>,
}

impl Program {
    fn start(folder: &Path, command: &[String]) -> Self {
        let (program, arguments) = command.split_first().expect("a program");
        let mut started = Command::new(program);
        started.args(arguments).current_dir(folder).env(SECRET_ENV, SECRET).stdin(Stdio::null()).stdout(Stdio::piped());
        // A group of its own, so that Ctrl-C reaches what `go run` has started too.
        std::os::unix::process::CommandExt::process_group(&mut started, 0);
        let mut child = started.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let output = child.stdout.take().expect("its output is piped");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    fn line_with(&self, words: &str) -> String {
        let end = Instant::now() + PATIENCE;
        let mut seen = Vec::new();
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).unwrap_or_else(|_| panic!("no line with {words:?} in {seen:#?}"));
            // Maven colours the first line even when it is quiet.
            if let Some(start) = line.find(words) {
                return line.get(start..).unwrap_or_default().to_owned();
            }
            seen.push(line);
        }
    }

    fn ends_well(mut self) {
        assert!(self.child.wait().expect("it ends").success(), "the program's exit code");
    }

    /// Ctrl-C, which every consumer sample answers by leaving its group and ending.
    fn interrupt(&mut self) {
        self.signal("-INT");
        let end = Instant::now() + Duration::from_secs(30);
        while self.child.try_wait().expect("its state can be read").is_none() {
            assert!(Instant::now() < end, "the consumer still runs 30 s after Ctrl-C");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn signal(&self, signal: &str) {
        let group = format!("-{}", self.child.id());
        // The group may be gone already.
        let _ = Command::new("kill").args([signal, "--", &group]).stderr(Stdio::null()).status();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.signal("-KILL");
        let _ = self.child.wait();
    }
}
