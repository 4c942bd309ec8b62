//! What the first of two segments held has expired: the queue begins at 4.

use super::super::testing::{Bench, START_MS, heartbeat};
use crate::admin::{Lookup, NotFound};
use crate::operations::pull::PullOutcome;
use crate::protocol::message_id::offset_id;
use crate::protocol::remoting::body::heartbeat::ConsumeFromWhere;
use crate::store::Boundary;
use crate::types::{AccountNo, GroupNo, InstanceNo};
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3_600);
const HOUR_MS: i64 = 3_600_000;

/// Segments are made ready, sealed and removed in several rounds, each after a sync.
fn house_keeping(bench: &Bench) {
    for _ in 0..4 {
        bench.ops.store.maintain();
        bench.settle();
    }
}

/// Offsets 0–3 are stored and expire, 4–9 are kept. Returns the position of the first.
fn expired_to_four() -> (Bench, u64) {
    let bench = Bench::new();
    let first = bench.send("m0", "").position;
    for n in 1..4 {
        bench.send(&format!("m{n}"), "");
    }
    bench.clock.advance(HOUR * 7);
    house_keeping(&bench);
    for n in 4..10 {
        bench.send(&format!("m{n}"), "");
    }
    bench.clock.advance(HOUR * 66);
    house_keeping(&bench);
    let bounds = bench.ops.queue_bounds(&bench.topic("orders"), 0).expect("a queue");
    assert_eq!((bounds.min, bounds.max), (4, 10));
    (bench, first)
}

#[test]
fn c11_pulling_before_the_first_message_kept() {
    let (bench, _) = expired_to_four();
    let mut session = bench.session();
    for offset in [0, 3] {
        let (answer, _) = bench.pull(&mut session, "GID_x", offset, "*").expect("answered");
        assert_eq!((answer.outcome, answer.next_offset, answer.min_offset), (PullOutcome::Moved, 4, 4));
    }
    let (answer, found) = bench.pull(&mut session, "GID_x", 4, "*").expect("answered");
    assert_eq!((answer.outcome, found.len()), (PullOutcome::Found, 6));
    let (answer, _) = bench.pull(&mut session, "GID_x", -1, "*").expect("answered");
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::Moved, 4));
}

#[test]
fn c14_the_start_is_never_before_what_is_kept() {
    let (bench, _) = expired_to_four();
    let (mut session, group, orders) = (bench.session(), bench.group("GID_x"), bench.topic("orders"));
    let position = |session: &_| bench.ops.query_offset(session, &group, &orders, 0).expect("answered");
    assert_eq!(position(&session), Some(4));
    let mut first = heartbeat("c1", "GID_x", &[("orders", "*")], 1);
    first.consumers[0].consume_from = ConsumeFromWhere::FirstOffset;
    bench.ops.heartbeat(&mut session, &bench.caller(), &first).expect("taken");
    assert_eq!(position(&session), None, "the client pulls at 0 and is moved to 4");
    bench.ops.commit_offset(&mut session, &group, &orders, 0, 2).expect("committed");
    assert_eq!(position(&session), Some(4), "below the start counts as the start");
    let status = bench.ops.group_status(GroupNo(1)).expect("a group").expect("readable");
    assert_eq!((status.progress[0].position, status.progress[0].waiting), (4, 6));
}

#[test]
fn c35_times_before_what_is_kept_give_its_beginning() {
    let (bench, _) = expired_to_four();
    let orders = bench.topic("orders");
    let search = |at_ms| bench.ops.search_offset(&orders, 0, at_ms, Boundary::Lower).expect("answered");
    assert_eq!((search(START_MS), search(START_MS + 7 * HOUR_MS), search(START_MS + 8 * HOUR_MS)), (4, 4, 10));
    assert_eq!(bench.ops.earliest_store_time(&orders, 0).expect("answered"), Some(START_MS + 7 * HOUR_MS));
}

#[test]
fn an_offset_id_older_than_what_is_kept_is_called_expired() {
    let (bench, first) = expired_to_four();
    let id = offset_id(std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 19_876), first);
    match bench.ops.find_by_id(AccountNo(1), InstanceNo(1), &id).expect("answered") {
        Lookup::NotFound(NotFound::Expired { oldest_ms }) => assert_eq!(oldest_ms, Some(START_MS + 7 * HOUR_MS)),
        other => panic!("{other:?}"),
    }
    let bench = bench.restarted();
    let again = bench.ops.find_by_id(AccountNo(1), InstanceNo(1), &id).expect("answered");
    assert!(matches!(again, Lookup::NotFound(NotFound::Expired { .. })), "{again:?}");
    assert_eq!(bench.ops.topic_status(crate::types::TopicNo(1)).expect("a Topic").expect("readable").messages, 6);
}
