//! The sample projects, exactly as the console hands them out, with the commands of their readme.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use app::api::instances::SampleLanguage;
use server::samples::{self, SECRET_ENV, Values};

use crate::library;
use crate::program::Program;
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

    let mut sending = start(folder.path(), producer);
    let line = told(sending.line_with("Sent. Message ID: ", PATIENCE));
    let id = line.rsplit(' ').next().expect("the id is the last word").to_owned();
    assert!(told(sending.end_within(PATIENCE)).success(), "the producer's exit code");

    // Started after the send, as in the quick start: the message waits for its first consumer.
    let mut receiving = start(folder.path(), consumer);
    let line = told(receiving.line_with("Receive message ", PATIENCE));
    assert_eq!(line, format!("Receive message {id} Tag TagA Key ORDERID_100: Hello MQ"));
    // Ctrl-C, which every consumer sample answers by leaving its group and ending.
    receiving.signal("-INT");
    told(receiving.end_within(Duration::from_secs(30)));
    ternmq.stop();
}

fn start(folder: &Path, command: &[String]) -> Program {
    let (program, arguments) = command.split_first().expect("a program");
    // Maven and `go run` start the sample as a process of its own.
    Program::start_group(Command::new(program).args(arguments).current_dir(folder).env(SECRET_ENV, SECRET))
}

fn told<T>(outcome: Result<T, String>) -> T {
    outcome.unwrap_or_else(|why| panic!("{why}"))
}
