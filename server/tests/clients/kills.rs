//! SIGKILL under load.
//!
//! The promise: a message whose send call returned survives; one whose call failed may or may not be there; nothing is
//! there that nobody sent. What a kill can't show, the loss of what the kernel had not yet written, is the business of
//! the store's own crash tests.

use std::collections::BTreeSet;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use crate::driver::{Access, Driver, How, Outcome, PATIENCE};
use crate::library::Library;
use crate::ternmq::{GROUP, SECOND_GROUP, TOPIC, Ternmq};

/// How long to go on; `cargo xtask soak` sets it.
const SECONDS_VARIABLE: &str = "TERNMQ_KILL_SECONDS";
const SECONDS_IN_TESTS: u64 = 20;

/// On a slow machine the time may be over before the server was killed often enough to mean something.
const KILLS_MIN: usize = 5;

/// Messages of one `send` command.
const ROUND: usize = 50;

#[test]
#[ignore = "needs the drivers that `cargo xtask test` builds"]
fn kills_of_the_server_lose_no_acknowledged_message() {
    let seconds = std::env::var(SECONDS_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS_IN_TESTS);
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());
    let mut reader = Driver::start(Library::Go);
    // Producers go on while somebody holds it.
    let busy = Arc::new(());
    let producers: Vec<_> = [(Library::Apache5, How::Sync), (Library::Go, How::Sync), (Library::Ons, How::Async)]
        .into_iter()
        .map(|(library, how)| Producer::start(reader.start_beside(library), format!("{library:?}"), how, &access))
        .map(|mut producer| {
            let busy = Arc::downgrade(&busy);
            std::thread::spawn(move || producer.send_while(&busy))
        })
        .collect();

    let end = Instant::now() + Duration::from_secs(seconds);
    let mut kills = 0;
    while Instant::now() < end || kills < KILLS_MIN {
        // From none at all, while clients find their way back, to well within the full load.
        let more = kills * 377 % 1_000;
        let mut wanted = None;
        reader.wait_until(&format!("{more} more acknowledged messages after {kills} kills"), PATIENCE, |seen| {
            (seen.acknowledged() >= *wanted.get_or_insert(seen.acknowledged() + more)).then_some(())
        });
        ternmq.kill();
        kills += 1;
        ternmq.start_again();
    }
    drop(busy);
    let mut acknowledged = BTreeSet::new();
    let mut attempted = BTreeSet::new();
    for producer in producers {
        let outcome = producer.join().expect("a producer comes to its end");
        attempted.extend(outcome.failed.into_keys());
        attempted.extend(outcome.sent.keys().cloned());
        acknowledged.extend(outcome.sent.into_keys());
    }
    ternmq.kill();
    ternmq.start_again();

    // The group is older than all messages, and nobody has read for it yet: it gets everything that is stored.
    reader.consumer("c", &access, SECOND_GROUP, "*");
    ternmq.console().wait_all_consumed(SECOND_GROUP, PATIENCE);
    // What it has told is read up to here.
    reader.stop("c");
    let stored: BTreeSet<String> = reader.received("c", "").into_iter().map(|message| message.body).collect();
    let lost: Vec<&String> = acknowledged.difference(&stored).collect();
    let sent = acknowledged.len();
    assert!(lost.is_empty(), "{} of {sent} acknowledged messages are lost after {kills} kills: {lost:?}", lost.len());
    let invented: Vec<&String> = stored.difference(&attempted).collect();
    assert!(invented.is_empty(), "nobody sent {invented:?}");
    ternmq.stop();
}

struct Producer {
    driver: Driver,
    name: String,
    how: How,
    outcome: Outcome,
}

impl Producer {
    /// Connected, and with messages through before the first kill.
    fn start(mut driver: Driver, name: String, how: How, access: &Access) -> Self {
        driver.producer(&name, access, GROUP);
        let outcome = driver.send(&name, how, TOPIC, "TagA", &format!("{name}-first-"), ROUND);
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
        Self { driver, name, how, outcome }
    }

    /// Sends round after round as long as somebody holds `busy`; the outcome of all.
    fn send_while(&mut self, busy: &Weak<()>) -> Outcome {
        let mut round = 1;
        while busy.strong_count() > 0 {
            let prefix = format!("{}-{round}-", self.name);
            let outcome = self.driver.send(&self.name, self.how, TOPIC, "TagA", &prefix, ROUND);
            self.outcome.sent.extend(outcome.sent);
            self.outcome.failed.extend(outcome.failed);
            round += 1;
        }
        std::mem::take(&mut self.outcome)
    }
}
