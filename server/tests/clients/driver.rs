//! One driver process: commands in, events out (`end2end/clients/README.md`).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::library::Library;
use crate::ternmq::{KEY_ID, SECRET, TOPIC};

/// Longer than any pause of a client library that is not a fault: they look for new routes and members every 20 to 30 s.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How to reach the server, and as whom.
#[derive(Clone)]
pub(crate) struct Access {
    pub(crate) endpoint: String,
    /// A namespace set by hand in the client.
    pub(crate) instance: Option<String>,
    pub(crate) secret: String,
}

impl Access {
    pub(crate) fn at(endpoint: String) -> Self {
        Self { endpoint, instance: None, secret: SECRET.to_owned() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum How {
    Sync,
    Async,
    OneWay,
}

/// A message as a consumer's listener saw it.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) topic: String,
    pub(crate) tag: String,
    pub(crate) key: String,
    pub(crate) body: String,
}

/// What became of the messages of one `send`.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Message ID by body.
    pub(crate) sent: BTreeMap<String, String>,
    /// Error text by body.
    pub(crate) failed: BTreeMap<String, String>,
}

pub(crate) struct Driver {
    child: Child,
    input: ChildStdin,
    events: Arc<(Mutex<Vec<Event>>, Condvar)>,
    /// `send` commands that have come to their end.
    sends_done: Arc<AtomicUsize>,
    _home: TempDir,
}

#[derive(Clone, Debug)]
struct Event {
    on: String,
    name: String,
    fields: serde_json::Value,
}

impl Event {
    fn text(&self, field: &str) -> String {
        self.fields.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned()
    }
}

impl Driver {
    pub(crate) fn start(library: Library) -> Self {
        let home = tempfile::tempdir().expect("a temporary folder");
        let log = std::fs::File::create(home.path().join("stderr")).expect("a log file");
        let mut command = library.command(home.path());
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let input = child.stdin.take().expect("its input is piped");
        let output = child.stdout.take().expect("its output is piped");
        let events = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let seen = Arc::clone(&events);
        let sends_done = Arc::new(AtomicUsize::new(0));
        let done = Arc::clone(&sends_done);
        std::thread::spawn(move || {
            // Lines that are not events are the library's own talk.
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                let Ok(fields) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
                let text = |field| fields.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
                let event = Event { on: text("on"), name: text("event"), fields: fields.clone() };
                let ends_a_send = event.name == "done";
                seen.0.lock().unwrap_or_else(PoisonError::into_inner).push(event);
                if ends_a_send {
                    done.fetch_add(1, Ordering::Release);
                }
                seen.1.notify_all();
            }
        });
        Self { child, input, events, sends_done, _home: home }
    }

    /// Starts a producer, which may fail at once with a text.
    pub(crate) fn try_producer(&mut self, name: &str, access: &Access, group: &str) -> Result<(), String> {
        self.command("producer", name, &client(access, group));
        self.started(name)
    }

    pub(crate) fn producer(&mut self, name: &str, access: &Access, group: &str) {
        self.try_producer(name, access, group).unwrap_or_else(|error| panic!("producer {name}: {error}"));
    }

    pub(crate) fn consumer(&mut self, name: &str, access: &Access, group: &str, tags: &str) {
        self.start_consumer(name, access, group, tags, "clustering");
    }

    pub(crate) fn broadcast_consumer(&mut self, name: &str, access: &Access, group: &str) {
        self.start_consumer(name, access, group, "*", "broadcasting");
    }

    fn start_consumer(&mut self, name: &str, access: &Access, group: &str, tags: &str, model: &str) {
        let mut settings = client(access, group);
        settings.extend([("topic", TOPIC.to_owned()), ("tags", tags.to_owned()), ("model", model.to_owned())]);
        self.command("consumer", name, &settings);
        self.started(name).unwrap_or_else(|error| panic!("consumer {name}: {error}"));
    }

    /// Sends `count` messages with the bodies `prefix0`, `prefix1`, … and waits for all outcomes.
    pub(crate) fn send(&mut self, name: &str, how: How, topic: &str, tag: &str, prefix: &str, count: usize) -> Outcome {
        let begin = self.len();
        self.begin_send(name, how, topic, tag, prefix, count);
        self.until(PATIENCE * 2, "the end of a send", |events| {
            let own = || events.iter().skip(begin).filter(|event| event.on == name);
            let error = own().find(|event| event.name == "error").map(|event| event.text("error"));
            assert_eq!(error, None, "sending as {name}");
            own().any(|event| event.name == "done").then(|| outcome(own()))
        })
    }

    /// The same without waiting.
    pub(crate) fn begin_send(&mut self, name: &str, how: How, topic: &str, tag: &str, prefix: &str, count: usize) {
        let how = match how {
            How::Sync => "sync",
            How::Async => "async",
            How::OneWay => "oneway",
        };
        let settings = [
            ("topic", topic.to_owned()),
            ("tag", tag.to_owned()),
            ("key", "ORDERID_100".to_owned()),
            ("how", how.to_owned()),
            ("count", count.to_string()),
            ("prefix", prefix.to_owned()),
        ];
        self.command("send", name, &settings);
    }

    /// How many `send` commands have come to their end.
    pub(crate) fn sends_done(&self) -> usize {
        self.sends_done.load(Ordering::Acquire)
    }

    /// What became of everything that was sent with this name so far.
    pub(crate) fn outcome_so_far(&self, name: &str) -> Outcome {
        outcome(self.lock().iter().filter(|event| event.on == name))
    }

    pub(crate) fn stop(&mut self, name: &str) {
        let begin = self.len();
        self.command("stop", name, &[]);
        self.until(PATIENCE, "a client to stop", |events| {
            events.iter().skip(begin).any(|event| event.on == name && event.name == "stopped").then_some(())
        });
    }

    /// What a consumer has received whose body begins with `prefix`, in order.
    pub(crate) fn received(&self, name: &str, prefix: &str) -> Vec<Received> {
        received(&self.lock(), name, prefix)
    }

    /// Waits until a consumer has at least `count` messages with this prefix.
    pub(crate) fn wait_received(&self, name: &str, prefix: &str, count: usize) -> Vec<Received> {
        self.wait_received_for(PATIENCE, name, prefix, count)
    }

    pub(crate) fn wait_received_for(&self, time: Duration, name: &str, prefix: &str, count: usize) -> Vec<Received> {
        let what = format!("{count} messages {prefix}… at {name}");
        self.until(time, &what, |events| {
            Some(received(events, name, prefix)).filter(|messages| messages.len() >= count)
        })
    }

    /// SIGKILL: the client has no chance to say goodbye.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    fn started(&self, name: &str) -> Result<(), String> {
        self.until(PATIENCE, "a client to start", |events| {
            events.iter().rev().find_map(|event| match (event.on == name, event.name.as_str()) {
                (true, "started") => Some(Ok(())),
                (true, "error") => Some(Err(event.text("error"))),
                _ => None,
            })
        })
    }

    fn command(&mut self, verb: &str, name: &str, settings: &[(&str, String)]) {
        let mut line = format!("{verb}\t{name}");
        for (key, value) in settings {
            line.push_str(&format!("\t{key}={value}"));
        }
        line.push('\n');
        self.input.write_all(line.as_bytes()).expect("the driver takes commands");
        self.input.flush().expect("the driver takes commands");
    }

    fn len(&self) -> usize {
        self.lock().len()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Event>> {
        self.events.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at all events at each new one until `found` gives something.
    fn until<T>(&self, time: Duration, what: &str, found: impl Fn(&[Event]) -> Option<T>) -> T {
        let end = Instant::now() + time;
        let mut events = self.lock();
        loop {
            if let Some(result) = found(&events) {
                return result;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(
                !left.is_zero(),
                "waited {time:?} for {what}; last events: {:#?}",
                events.iter().rev().take(5).collect::<Vec<_>>()
            );
            events = self.events.1.wait_timeout(events, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // A driver that was killed is gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn client(access: &Access, group: &str) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        ("endpoint", access.endpoint.clone()),
        ("group", group.to_owned()),
        ("key_id", KEY_ID.to_owned()),
        ("secret", access.secret.clone()),
    ];
    settings.extend(access.instance.iter().map(|instance| ("instance", instance.clone())));
    settings
}

fn outcome<'a>(events: impl Iterator<Item = &'a Event>) -> Outcome {
    let mut outcome = Outcome::default();
    for event in events {
        match event.name.as_str() {
            "sent" => drop(outcome.sent.insert(event.text("body"), event.text("id"))),
            "failed" => drop(outcome.failed.insert(event.text("body"), event.text("error"))),
            _ => {}
        }
    }
    outcome
}

fn received(events: &[Event], name: &str, prefix: &str) -> Vec<Received> {
    let of_consumer = events.iter().filter(|event| event.on == name && event.name == "received");
    of_consumer
        .map(|event| Received {
            id: event.text("id"),
            topic: event.text("topic"),
            tag: event.text("tag"),
            key: event.text("key"),
            body: event.text("body"),
        })
        .filter(|message| message.body.starts_with(prefix))
        .collect()
}
