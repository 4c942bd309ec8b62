//! What every library must be able to do, once for all of them.
//!
//! Where a consumer is new to its group, or where two share one, the clients take some seconds to settle; the tests
//! send small probes until the wanted state is there, and only then the messages they count.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use crate::driver::{Access, Driver, How, PATIENCE, Received};
use crate::library::Library;
use crate::ternmq::{FOREIGN_INSTANCE, GROUP, INSTANCE, SECOND_GROUP, TOPIC, Ternmq};

/// After so long a probe that has not come is taken for one that was sent too early.
const PROBE_TIME: Duration = Duration::from_secs(10);

/// One test for each library and scenario.
macro_rules! scenarios {
    ($($name:ident: $library:ident;)+) => {
        $(mod $name {
            use super::Library;

            #[test]
            #[ignore = "needs the drivers that `cargo xtask test` builds"]
            fn sends_in_each_way_and_consumes_exactly_that() {
                super::sends_in_each_way_and_consumes_exactly_that(Library::$library);
            }

            #[test]
            #[ignore = "needs the drivers that `cargo xtask test` builds"]
            fn a_tag_filter_passes_its_tags_only() {
                super::a_tag_filter_passes_its_tags_only(Library::$library);
            }

            #[test]
            #[ignore = "needs the drivers that `cargo xtask test` builds"]
            fn two_members_share_and_one_takes_over_when_the_other_is_killed() {
                super::two_members_share_and_one_takes_over_when_the_other_is_killed(Library::$library);
            }

            #[test]
            #[ignore = "needs the drivers that `cargo xtask test` builds"]
            fn a_broadcast_reaches_every_member() {
                super::a_broadcast_reaches_every_member(Library::$library);
            }

            #[test]
            #[ignore = "needs the drivers that `cargo xtask test` builds"]
            fn resumes_after_a_restart_of_the_client_and_of_the_server() {
                super::resumes_after_a_restart_of_the_client_and_of_the_server(Library::$library);
            }

            #[test]
            #[ignore = "needs the drivers that `cargo xtask test` builds"]
            fn wrong_key_unknown_topic_and_foreign_instance_are_refused() {
                super::wrong_key_unknown_topic_and_foreign_instance_are_refused(Library::$library);
            }

            #[test]
            #[ignore = "needs the drivers that `cargo xtask test` builds"]
            fn a_namespace_leads_through_the_shared_port() {
                super::a_namespace_leads_through_the_shared_port(Library::$library);
            }
        })+
    };
}

scenarios! {
    ons: Ons;
    apache_4: Apache4;
    apache_5: Apache5;
    go: Go;
    python: Python;
}

// Only the Java clients derive the instance from the host name.

#[test]
#[ignore = "needs the drivers that `cargo xtask test` builds"]
fn ons_derives_the_instance_from_the_host_name() {
    a_host_name_that_begins_with_the_instance_leads_to_it(Library::Ons);
}

#[test]
#[ignore = "needs the drivers that `cargo xtask test` builds"]
fn apache_4_derives_the_instance_from_the_host_name() {
    a_host_name_that_begins_with_the_instance_leads_to_it(Library::Apache4);
}

#[test]
#[ignore = "needs the drivers that `cargo xtask test` builds"]
fn apache_5_derives_the_instance_from_the_host_name() {
    a_host_name_that_begins_with_the_instance_leads_to_it(Library::Apache5);
}

fn sends_in_each_way_and_consumes_exactly_that(library: Library) {
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());
    let mut driver = Driver::start(library);
    driver.producer("p", &access, GROUP);

    let mut wanted = BTreeSet::new();
    let mut ids = BTreeSet::new();
    // The first messages are there before the first consumer of the group: it must get them (case C14).
    for (how, prefix) in [(How::Sync, "sync-"), (How::Async, "async-"), (How::OneWay, "oneway-")] {
        let outcome = driver.send("p", how, TOPIC, "TagA", prefix, 20);
        assert!(outcome.failed.is_empty(), "{how:?}: {:?}", outcome.failed);
        wanted.extend(outcome.sent.keys().cloned());
        ids.extend(outcome.sent.into_values().filter(|id| how != How::OneWay && !id.is_empty()));
    }
    assert_eq!(ids.len(), 40, "each answered send has an id of its own");

    driver.consumer("c", &access, GROUP, "*");
    let late = driver.send("p", How::Sync, TOPIC, "TagA", "late-", 20);
    wanted.extend(late.sent.into_keys());
    let got = driver.wait_received("c", "", 80);
    assert_each_once(&got, &wanted);
    for message in &got {
        assert_eq!(
            (message.topic.as_str(), message.tag.as_str(), message.key.as_str()),
            (TOPIC, "TagA", "ORDERID_100")
        );
    }
    let received_ids: BTreeSet<String> = got.iter().map(|message| message.id.clone()).collect();
    assert!(ids.is_subset(&received_ids), "the listener sees the ids that the send calls returned");
    driver.stop("c");
    driver.stop("p");
    ternmq.stop();
}

fn a_tag_filter_passes_its_tags_only(library: Library) {
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());
    let mut driver = Driver::start(library);
    driver.producer("p", &access, GROUP);
    driver.consumer("two", &access, GROUP, "TagA || 标签");
    driver.consumer("one", &access, SECOND_GROUP, "标签");
    let mut sent = Vec::new();
    for (tag, prefix) in [("TagA", "a-"), ("TagB", "b-"), ("标签", "chinese-")] {
        let outcome = driver.send("p", How::Sync, TOPIC, tag, prefix, 10);
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
        sent.push(outcome.sent.into_keys().collect::<BTreeSet<_>>());
    }
    let wanted_by_two: BTreeSet<String> = sent[0].union(&sent[2]).cloned().collect();
    assert_each_once(&driver.wait_received("two", "", 20), &wanted_by_two);
    assert_each_once(&driver.wait_received("one", "", 10), &sent[2]);
    driver.stop("two");
    driver.stop("one");
    driver.stop("p");
    ternmq.stop();
}

fn two_members_share_and_one_takes_over_when_the_other_is_killed(library: Library) {
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());
    let mut first = Driver::start(library);
    first.producer("p", &access, GROUP);
    first.consumer("a", &access, GROUP, "*");
    let mut second = first.start_beside(library);
    second.consumer("b", &access, GROUP, "*");

    // Settled when one round reaches both. While queues change hands a message may come twice.
    let end = Instant::now() + PATIENCE;
    for round in 0.. {
        let prefix = format!("probe-{round}-");
        first.send("p", How::Sync, TOPIC, "TagA", &prefix, 16);
        first.wait_received_by(&["a", "b"], &prefix, 16);
        if ["a", "b"].iter().all(|name| !first.received(name, &prefix).is_empty()) {
            break;
        }
        assert!(Instant::now() < end, "one member got all {} rounds of messages", round + 1);
    }

    let shared = first.send("p", How::Sync, TOPIC, "TagA", "shared-", 40);
    let wanted: BTreeSet<String> = shared.sent.into_keys().collect();
    assert_each_once(&first.wait_received_by(&["a", "b"], "shared-", 40), &wanted);

    second.kill();
    let alone = first.send("p", How::Sync, TOPIC, "TagA", "alone-", 40);
    let wanted: BTreeSet<String> = alone.sent.into_keys().collect();
    assert_eq!(bodies(&first.wait_received("a", "alone-", 40)), wanted);
    first.stop("a");
    first.stop("p");
    ternmq.stop();
}

fn a_broadcast_reaches_every_member(library: Library) {
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());
    let mut first = Driver::start(library);
    first.producer("p", &access, SECOND_GROUP);
    first.broadcast_consumer("a", &access, GROUP);
    let mut second = first.start_beside(library);
    second.broadcast_consumer("b", &access, GROUP);
    // A member begins at the end of each queue as soon as it knows the queue, and nothing tells when it does: what was
    // sent before never comes.
    let end = Instant::now() + PATIENCE;
    for round in 0.. {
        let prefix = format!("probe-{round}-");
        // As many as there are queues, so that a member that reads only some of them does not pass for settled.
        let outcome = first.send("p", How::Sync, TOPIC, "TagA", &prefix, 4);
        assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
        let both = first.try_wait_until(PROBE_TIME, |seen| {
            ["a", "b"].iter().all(|name| seen.received(name, &prefix).len() == 4).then_some(())
        });
        if both.is_some() {
            break;
        }
        let got = ["a", "b"].map(|name| first.received(name, &prefix));
        assert!(Instant::now() < end, "not every member gets all of {prefix}: {got:?}");
    }
    let outcome = first.send("p", How::Sync, TOPIC, "TagA", "all-", 20);
    let wanted: BTreeSet<String> = outcome.sent.into_keys().collect();
    assert_each_once(&first.wait_received("a", "all-", 20), &wanted);
    assert_each_once(&first.wait_received("b", "all-", 20), &wanted);
    first.stop("a");
    second.stop("b");
    first.stop("p");
    ternmq.stop();
}

fn resumes_after_a_restart_of_the_client_and_of_the_server(library: Library) {
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());
    let mut driver = Driver::start(library);
    driver.producer("p", &access, GROUP);
    driver.consumer("c", &access, GROUP, "*");
    driver.send("p", How::Sync, TOPIC, "TagA", "before-", 12);
    driver.wait_received("c", "before-", 12);
    // The listener speaks before its library notes that the message is consumed; what is not noted comes again.
    ternmq.console().wait_all_consumed(GROUP, PATIENCE);
    driver.stop("c");

    driver.send("p", How::Sync, TOPIC, "TagA", "between-", 12);
    driver.consumer("again", &access, GROUP, "*");
    driver.wait_received("again", "between-", 12);
    assert_eq!(bodies(&driver.received("again", "before-")), BTreeSet::new(), "consumed before the restart");

    ternmq.stop();
    ternmq.start_again();
    // Until the client has found its way back, sends may fail.
    let end = Instant::now() + PATIENCE;
    while !driver.send("p", How::Sync, TOPIC, "TagA", "probe-", 1).failed.is_empty() {
        assert!(Instant::now() < end, "no send succeeds after the restart of the server");
    }
    let after = driver.send("p", How::Sync, TOPIC, "TagA", "after-", 12);
    assert!(after.failed.is_empty(), "{:?}", after.failed);
    assert_eq!(bodies(&driver.wait_received("again", "after-", 12)), after.sent.into_keys().collect());
    assert_eq!(bodies(&driver.received("again", "before-")), BTreeSet::new(), "consumed before the restart");
    driver.stop("again");
    driver.stop("p");
    ternmq.stop();
}

fn wrong_key_unknown_topic_and_foreign_instance_are_refused(library: Library) {
    let mut ternmq = Ternmq::start();
    let access = Access::at(ternmq.endpoint());

    // A process of its own: some libraries share one connection among all their clients, and a connection has one key.
    let mut stranger = Driver::start(library);
    let wrong = Access { secret: "000000000000000000000000000000".to_owned(), ..access.clone() };
    let refused = match stranger.try_producer("p", &wrong, GROUP) {
        Ok(()) => first_failure(&mut stranger, "p", TOPIC),
        Err(text) => text,
    };
    // The C++ 1.x client throws every answer away and speaks of a missing route; its user finds the reason in the console.
    let seen = refused.contains("check signature failed") || library == Library::Python && says_unknown(&refused);
    assert!(seen, "the user sees the reason: {refused}");

    let mut driver = Driver::start(library);
    driver.producer("p", &access, GROUP);
    let refused = first_failure(&mut driver, "p", "TopicNobodyMade");
    assert!(says_unknown(&refused), "{refused}");
    // It is the topic that was refused, not the client.
    assert!(driver.send("p", How::Sync, TOPIC, "TagA", "own-", 1).failed.is_empty());

    let foreign = Access { instance: Some(FOREIGN_INSTANCE.to_owned()), ..access.clone() };
    let mut intruder = Driver::start(library);
    let refused = match intruder.try_producer("p", &foreign, GROUP) {
        Ok(()) => first_failure(&mut intruder, "p", TOPIC),
        Err(text) => text,
    };
    assert!(says_unknown(&refused), "{refused}");
    ternmq.stop();
}

fn a_namespace_leads_through_the_shared_port(library: Library) {
    let mut ternmq = Ternmq::start();
    let access = Access { instance: Some(INSTANCE.to_owned()), ..Access::at(ternmq.shared_endpoint()) };
    let topic = if library.keeps_namespace() { format!("{INSTANCE}%{TOPIC}") } else { TOPIC.to_owned() };
    goes_round(library, &access, &topic);
    ternmq.stop();
}

fn a_host_name_that_begins_with_the_instance_leads_to_it(library: Library) {
    let mut ternmq = Ternmq::start();
    goes_round(library, &Access::at(ternmq.named_endpoint()), TOPIC);
    ternmq.stop();
}

/// A few messages there and back; the listener must see `topic`.
fn goes_round(library: Library, access: &Access, topic: &str) {
    let mut driver = Driver::start(library);
    driver.producer("p", access, GROUP);
    let outcome = driver.send("p", How::Sync, TOPIC, "TagA", "round-", 10);
    assert!(outcome.failed.is_empty(), "{:?}", outcome.failed);
    driver.consumer("c", access, GROUP, "TagA");
    let got = driver.wait_received("c", "round-", 10);
    assert_each_once(&got, &outcome.sent.into_keys().collect());
    assert!(got.iter().all(|message| message.topic == topic), "{got:?}");
    driver.stop("c");
    driver.stop("p");
}

/// The error text of one send that must not succeed.
fn first_failure(driver: &mut Driver, name: &str, topic: &str) -> String {
    let outcome = driver.send(name, How::Sync, topic, "TagA", &format!("refused-{topic}-"), 1);
    assert!(!outcome.sent.keys().any(|body| body.starts_with("refused-")), "it was sent: {outcome:?}");
    outcome.failed.into_values().next().unwrap_or_default()
}

/// Clients that find no route say so in their own words; those that get an answer pass its remark on.
fn says_unknown(text: &str) -> bool {
    ["No route info", "route info not found", "not exist"].iter().any(|words| text.contains(words))
}

fn bodies(messages: &[Received]) -> BTreeSet<String> {
    messages.iter().map(|message| message.body.clone()).collect()
}

fn assert_each_once(messages: &[Received], wanted: &BTreeSet<String>) {
    assert_eq!(&bodies(messages), wanted);
    assert_eq!(messages.len(), wanted.len(), "a message came twice: {messages:?}");
}
