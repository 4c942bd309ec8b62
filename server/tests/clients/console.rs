//! The console, as an open page asks it: what it shows of a group's progress.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use app::api::groups::{GroupStatus, QueueProgress};
use app::api::live::{Dated, Reading, Subject, Watch};
use app::api::session::SignIn;
use app::paths;
use leptos::server_fn::ServerFn;

use crate::ternmq::INSTANCE;

/// The stream says something every five seconds.
const SILENCE_MAX: Duration = Duration::from_secs(30);

/// A signed-in browser.
pub(crate) struct Console {
    port: u16,
    cookie: String,
}

impl Console {
    pub(crate) fn sign_in(port: u16, account: &str, user: &str, password: &str) -> Self {
        let form = format!("account={account}&user={user}&password={}&next=", paths::escape(password));
        let mut stream = connect(port);
        // Version 1.0: an answer ends with its connection and comes in one piece.
        let head = format!("POST {} HTTP/1.0\r\nhost: localhost\r\naccept: application/json\r\n", SignIn::PATH);
        let kind = "content-type: application/x-www-form-urlencoded";
        write!(stream, "{head}{kind}\r\ncontent-length: {}\r\n\r\n{form}", form.len()).expect("it is sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("an answer");
        let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")?.split(';').next());
        let cookie = cookie.unwrap_or_else(|| panic!("{user} is not signed in: {answer}")).to_owned();
        Self { port, cookie }
    }

    /// Waits until the group's committed progress is at the end of every queue that it reads.
    pub(crate) fn wait_all_consumed(&self, group: &str, time: Duration) {
        let end = Instant::now() + time;
        let watch = Watch::GroupStatus { instance: INSTANCE.to_owned(), name: group.to_owned() };
        let mut stream = connect(self.port);
        let head = format!("GET {} HTTP/1.0\r\nhost: localhost\r\n", paths::events(&watch));
        write!(stream, "{head}accept: text/event-stream\r\ncookie: {}\r\n\r\n", self.cookie).expect("it is sent");
        let mut seen = String::new();
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            match progress(&line) {
                Some(queues) if !queues.is_empty() && queues.iter().all(|queue| queue.waiting.0 == 0) => return,
                Some(queues) => seen = format!("{queues:?}"),
                // A status line or a fault tells why nothing else is seen.
                None if seen.is_empty() => seen = line,
                None => {}
            }
            if Instant::now() >= end {
                break;
            }
        }
        panic!("waited {time:?} for the progress of {group} to be at the end of its queues; seen: {seen}");
    }
}

fn connect(port: u16) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", port)).expect("the console listens");
    stream.set_read_timeout(Some(SILENCE_MAX)).expect("a time to wait");
    stream
}

/// `None`: a line that tells something else.
fn progress(line: &str) -> Option<Vec<QueueProgress>> {
    let dated: Dated<Reading> = serde_json::from_str(line.strip_prefix("data: ")?).ok()?;
    GroupStatus::of(dated.value)?.progress.value().cloned()
}
