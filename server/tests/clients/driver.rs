//! One driver process: commands in, events out (`end2end/clients/README.md`).

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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

impl Outcome {
    fn note(&mut self, event: &Event) {
        match event.name.as_str() {
            "sent" => drop(self.sent.insert(event.text("body"), event.text("id"))),
            "failed" => drop(self.failed.insert(event.text("body"), event.text("error"))),
            _ => {}
        }
    }
}

pub(crate) struct Driver {
    child: Child,
    input: ChildStdin,
    told: Arc<Told>,
    _home: TempDir,
}

/// What one driver, or several side by side, have told, and a bell for whoever waits for more.
#[derive(Default)]
struct Told {
    seen: Mutex<Seen>,
    more: Condvar,
}

impl Told {
    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All events so far, in order.
#[derive(Default)]
pub(crate) struct Seen {
    events: Vec<Event>,
    acknowledged: usize,
}

impl Seen {
    fn note(&mut self, event: Event) {
        self.acknowledged += usize::from(event.name == "sent");
        self.events.push(event);
    }

    /// How many messages were sent and answered.
    pub(crate) fn acknowledged(&self) -> usize {
        self.acknowledged
    }

    /// What a consumer has received whose body begins with `prefix`, in order.
    pub(crate) fn received(&self, name: &str, prefix: &str) -> Vec<Received> {
        let of_consumer = self.events.iter().filter(|event| event.on == name && event.name == "received");
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

    /// For a wait that was in vain: how many events of each kind there were, and the last ones.
    fn summary(&self) -> String {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for event in &self.events {
            *counts.entry(format!("{} {}", event.on, event.name)).or_default() += 1;
        }
        let last: Vec<&Event> = self.events.iter().rev().take(5).collect();
        format!("{counts:?}; last events, newest first: {last:#?}")
    }
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
        Self::spawn(library, Arc::default())
    }

    /// Another process whose events are seen together with those of this one; its clients need names of their own.
    pub(crate) fn start_beside(&self, library: Library) -> Self {
        Self::spawn(library, Arc::clone(&self.told))
    }

    fn spawn(library: Library, told: Arc<Told>) -> Self {
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
        let teller = Arc::clone(&told);
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Lines that are not events are the library's own talk.
                let Ok(fields) = serde_json::from_str::<serde_json::Value>(&line) else { continue };
                let text = |field| fields.get(field).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
                let event = Event { on: text("on"), name: text("event"), fields: fields.clone() };
                teller.lock().note(event);
                teller.more.notify_all();
            }
        });
        Self { child, input, told, _home: home }
    }

    /// Starts a producer, which may fail at once with a text.
    pub(crate) fn try_producer(&mut self, name: &str, access: &Access, group: &str) -> Result<(), String> {
        let begin = self.command("producer", name, &client(access, group));
        self.answer(name, "started", begin)
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
        let begin = self.command("consumer", name, &settings);
        self.answer(name, "started", begin).unwrap_or_else(|error| panic!("consumer {name}: {error}"));
    }

    /// Sends `count` messages with the bodies `prefix0`, `prefix1`, … and waits for all outcomes.
    pub(crate) fn send(&mut self, name: &str, how: How, topic: &str, tag: &str, prefix: &str, count: usize) -> Outcome {
        let way = match how {
            How::Sync => "sync",
            How::Async => "async",
            How::OneWay => "oneway",
        };
        let settings = [
            ("topic", topic.to_owned()),
            ("tag", tag.to_owned()),
            ("key", "ORDERID_100".to_owned()),
            ("how", way.to_owned()),
            ("count", count.to_string()),
            ("prefix", prefix.to_owned()),
        ];
        let mut next = self.command("send", name, &settings);
        let mut outcome = Outcome::default();
        self.wait_until(&format!("the outcomes of {count} messages {prefix}… of {name}"), PATIENCE * 2, |seen| {
            let new = seen.events.get(next..).unwrap_or_default();
            next = seen.events.len();
            for event in new.iter().filter(|event| event.on == name) {
                match event.name.as_str() {
                    "done" => return Some(std::mem::take(&mut outcome)),
                    "error" => panic!("sending as {name}: {}", event.text("error")),
                    _ => outcome.note(event),
                }
            }
            None
        })
    }

    pub(crate) fn stop(&mut self, name: &str) {
        let begin = self.command("stop", name, &[]);
        self.answer(name, "stopped", begin).unwrap_or_else(|error| panic!("stop of {name}: {error}"));
    }

    /// What a consumer has received so far whose body begins with `prefix`, in order.
    pub(crate) fn received(&self, name: &str, prefix: &str) -> Vec<Received> {
        self.told.lock().received(name, prefix)
    }

    /// Waits until a consumer has received `count` different bodies with this prefix; all it has received of them then.
    pub(crate) fn wait_received(&self, name: &str, prefix: &str, count: usize) -> Vec<Received> {
        self.wait_received_by(&[name], prefix, count)
    }

    /// The same for consumers that share them.
    pub(crate) fn wait_received_by(&self, names: &[&str], prefix: &str, count: usize) -> Vec<Received> {
        self.wait_until(&format!("{count} messages {prefix}… at {names:?}"), PATIENCE, |seen| {
            let all: Vec<Received> = names.iter().flat_map(|name| seen.received(name, prefix)).collect();
            let different: BTreeSet<&str> = all.iter().map(|message| message.body.as_str()).collect();
            (different.len() >= count).then_some(all)
        })
    }

    /// Looks at what was seen, again after each event, until `found` gives something.
    ///
    /// - panics after `time`, with what was waited for and what was seen instead.
    pub(crate) fn wait_until<T>(&self, what: &str, time: Duration, found: impl FnMut(&Seen) -> Option<T>) -> T {
        self.try_wait_until(time, found)
            .unwrap_or_else(|| panic!("waited {time:?} for {what}; seen: {}", self.told.lock().summary()))
    }

    /// The same where it may turn out that it does not come: `None` after `time`.
    pub(crate) fn try_wait_until<T>(&self, time: Duration, mut found: impl FnMut(&Seen) -> Option<T>) -> Option<T> {
        let end = Instant::now() + time;
        let mut seen = self.told.lock();
        loop {
            let result = found(&seen);
            let left = end.saturating_duration_since(Instant::now());
            if result.is_some() || left.is_zero() {
                return result;
            }
            seen = self.told.more.wait_timeout(seen, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// SIGKILL: the client has no chance to say goodbye.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it can be killed");
        self.child.wait().expect("it ends");
    }

    /// Waits for `wanted`, or for an error with its text, among the events from `begin` on.
    fn answer(&self, name: &str, wanted: &str, begin: usize) -> Result<(), String> {
        self.wait_until(&format!("{name} to be {wanted}"), PATIENCE, |seen| {
            let mut own = seen.events.iter().skip(begin).filter(|event| event.on == name);
            own.find_map(|event| match event.name.as_str() {
                "error" => Some(Err(event.text("error"))),
                other => (other == wanted).then_some(Ok(())),
            })
        })
    }

    /// Gives a command; returns how many events there were before it.
    fn command(&mut self, verb: &str, name: &str, settings: &[(&str, String)]) -> usize {
        let begin = self.told.lock().events.len();
        let mut line = format!("{verb}\t{name}");
        for (key, value) in settings {
            line.push_str(&format!("\t{key}={value}"));
        }
        line.push('\n');
        self.input.write_all(line.as_bytes()).expect("the driver takes commands");
        self.input.flush().expect("the driver takes commands");
        begin
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
