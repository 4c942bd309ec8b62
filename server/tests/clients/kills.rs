//! SIGKILL under load.
//!
//! The promise: a message whose send call returned survives; one whose call failed may or may not be there; nothing is
//! there that nobody sent. What a kill can't show, the loss of what the kernel had not yet written, is the business of
//! the store's own crash tests.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::driver::{Access, Driver, How, PATIENCE};
use crate::library::Library;
use crate::ternmq::{GROUP, SECOND_GROUP, TOPIC, Ternmq};

/// How long to go on; `cargo xtask soak` sets it.
const SECONDS_VARIABLE: &str = "TERNMQ_KILL_SECONDS";
const SECONDS_IN_TESTS: u64 = 20;

/// On a slow machine the time may be over before the server was killed often enough to mean something.
const KILLS_MIN: u64 = 5;

/// Messages of one `send` command; a producer gets the next command when it is through with the last.
const ROUND: usize = 50;

#[test]
#[ignore = "needs the drivers that `cargo xtask test` builds"]
fn kills_of_the_server_lose_no_acknowledged_message() {
    let seconds = std::env::var(SECONDS_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(SECONDS_IN_TESTS);
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());
    let mut producers: Vec<Producer> =
        [(Library::Apache5, How::Sync), (Library::Go, How::Sync), (Library::Ons, How::Async)]
            .into_iter()
            .enumerate()
            .map(|(number, (library, how))| Producer::start(number, library, how, &access))
            .collect();

    let end = Instant::now() + Duration::from_secs(seconds);
    let mut kills = 0_u64;
    while Instant::now() < end || kills < KILLS_MIN {
        // Times that are no multiple of anything the server does, from within its start-up work to well after it.
        let run_for = Duration::from_millis(60 + kills * 377 % 1_400);
        let kill_at = Instant::now() + run_for;
        while Instant::now() < kill_at {
            producers.iter_mut().for_each(Producer::keep_busy);
            std::thread::sleep(Duration::from_millis(5));
        }
        ternmq.kill();
        kills += 1;
        ternmq.start_again();
    }
    for producer in &mut producers {
        producer.finish();
    }
    ternmq.kill();
    ternmq.start_again();

    let mut acknowledged = BTreeSet::new();
    let mut attempted = BTreeSet::new();
    for producer in &producers {
        let outcome = producer.driver.outcome_so_far("p");
        attempted.extend(outcome.failed.into_keys());
        attempted.extend(outcome.sent.keys().cloned());
        acknowledged.extend(outcome.sent.into_keys());
    }
    // The group is older than all messages, and nobody has read for it yet: it gets everything that is stored.
    let mut reader = Driver::start(Library::Go);
    reader.consumer("c", &access, SECOND_GROUP, "*");
    let mut missing = acknowledged.clone();
    let end = Instant::now() + PATIENCE;
    while !missing.is_empty() && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(250));
        for message in reader.received("c", "") {
            missing.remove(&message.body);
        }
    }
    let sent = acknowledged.len();
    assert!(
        missing.is_empty(),
        "{} of {sent} acknowledged messages are lost after {kills} kills: {missing:?}",
        missing.len()
    );
    let invented: Vec<String> = reader
        .received("c", "")
        .into_iter()
        .map(|message| message.body)
        .filter(|body| !attempted.contains(body))
        .collect();
    assert!(invented.is_empty(), "nobody sent {invented:?}");
    ternmq.stop();
}

struct Producer {
    driver: Driver,
    how: How,
    prefix: String,
    rounds: usize,
}

impl Producer {
    fn start(number: usize, library: Library, how: How, access: &Access) -> Self {
        let mut driver = Driver::start(library);
        driver.producer("p", access, GROUP);
        // Connected and with messages through before the first kill.
        let prefix = format!("{number}-{library:?}-");
        let first = driver.send("p", how, TOPIC, "TagA", &format!("{prefix}first-"), ROUND);
        assert_eq!(first.sent.len(), ROUND, "{:?}", first.failed);
        Self { driver, how, prefix, rounds: 1 }
    }

    /// Gives it the next messages if it has none to send.
    fn keep_busy(&mut self) {
        if self.driver.sends_done() == self.rounds {
            let prefix = format!("{}{}-", self.prefix, self.rounds);
            self.driver.begin_send("p", self.how, TOPIC, "TagA", &prefix, ROUND);
            self.rounds += 1;
        }
    }

    fn finish(&mut self) {
        let end = Instant::now() + PATIENCE * 3;
        while self.driver.sends_done() < self.rounds {
            assert!(Instant::now() < end, "{} does not come to an end", self.prefix);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
