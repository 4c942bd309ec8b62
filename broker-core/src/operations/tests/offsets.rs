use super::super::testing::{Bench, heartbeat, topic};
use crate::protocol::remoting::body::heartbeat::ConsumeFromWhere;
use crate::store::Boundary;
use std::time::Duration;

/// 0–9 are old, the group is made, 10–12 follow.
fn new_group_on_old_data() -> Bench {
    let bench = Bench::new();
    for n in 0..10 {
        bench.send(&format!("old{n}"), "");
    }
    bench.make_group(2, "GID_new");
    for n in 10..13 {
        bench.send(&format!("new{n}"), "");
    }
    bench
}

fn asks(bench: &Bench, from: ConsumeFromWhere, topic: &str) -> Option<i64> {
    let mut session = bench.session();
    let mut beat = heartbeat("c1", "GID_new", &[("orders", "*")], 1);
    beat.consumers[0].consume_from = from;
    bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken");
    let group = bench.group("GID_new");
    bench.ops.query_offset(&session, &group, &bench.topic(topic), 0).expect("answered")
}

#[test]
fn c14_a_new_group_starts_at_what_was_stored_since_it_was_made() {
    let bench = new_group_on_old_data();
    assert_eq!(asks(&bench, ConsumeFromWhere::LastOffset, "orders"), Some(10));
    assert_eq!(asks(&bench, ConsumeFromWhere::FirstOffset, "orders"), None, "the client asks on");
    assert_eq!(asks(&bench, ConsumeFromWhere::Timestamp, "orders"), None);
    assert_eq!(asks(&bench, ConsumeFromWhere::FirstOffset, "%RETRY%GID_new"), Some(0));
    assert!(bench.ops.put_topic(topic(20, "later")));
    assert_eq!(asks(&bench, ConsumeFromWhere::LastOffset, "later"), Some(0));
}

#[test]
fn c14_the_start_does_not_depend_on_what_is_in_memory() {
    let bench = new_group_on_old_data().restarted();
    assert_eq!(asks(&bench, ConsumeFromWhere::LastOffset, "orders"), Some(10));
}

/// (b) and (c): the client works its start out with 31 or 29, and pulls from there to the end.
#[test]
fn c14_first_offset_and_timestamp_lead_to_the_messages_they_name() {
    let bench = Bench::new();
    for n in 0..13 {
        if n == 10 {
            bench.make_group(2, "GID_new");
        }
        bench.send(&format!("m{n}"), "");
        bench.clock.advance(Duration::from_millis(10));
    }
    let orders = bench.topic("orders");
    let stored_seventh = super::super::testing::START_MS + 70;
    let starts = [
        (ConsumeFromWhere::FirstOffset, bench.ops.queue_bounds(&orders, 0).expect("a queue").min, 0),
        (
            ConsumeFromWhere::Timestamp,
            bench.ops.search_offset(&orders, 0, stored_seventh, Boundary::Lower).expect("answered"),
            7,
        ),
    ];
    for (from, start, expected) in starts {
        assert_eq!((asks(&bench, from, "orders"), start), (None, expected));
        let mut session = bench.session();
        let (answer, found) = bench.pull(&mut session, "GID_new", start, "*").expect("answered");
        assert_eq!(found, (expected..13).map(|n| format!("m{n}")).collect::<Vec<_>>());
        assert_eq!(answer.next_offset, 13);
    }
}

#[test]
fn committed_progress_wins_survives_a_restart_and_may_go_back() {
    let bench = new_group_on_old_data();
    let mut session = bench.session();
    let commit = |bench: &Bench, session: &mut _, offset| {
        bench.ops.commit_offset(session, &bench.group("GID_new"), &bench.topic("orders"), 0, offset).expect("answered");
    };
    commit(&bench, &mut session, 12);
    assert_eq!(asks(&bench, ConsumeFromWhere::FirstOffset, "orders"), Some(12));
    commit(&bench, &mut session, 14);
    assert_eq!(asks(&bench, ConsumeFromWhere::LastOffset, "orders"), Some(12), "above the end: nothing changes");
    let bench = bench.restarted();
    assert_eq!(asks(&bench, ConsumeFromWhere::LastOffset, "orders"), Some(12));
    commit(&bench, &mut session, 3);
    assert_eq!(asks(&bench, ConsumeFromWhere::LastOffset, "orders"), Some(3));
}

#[test]
fn c35_offset_by_store_time() {
    let bench = Bench::new();
    let orders = bench.topic("orders");
    let search = |at_ms, boundary| bench.ops.search_offset(&orders, 0, at_ms, boundary).expect("answered");
    assert_eq!(search(5, Boundary::Lower), 0, "empty: its end");
    let start = super::super::testing::START_MS;
    for wait_ms in [100, 100, 0, 0, 100] {
        bench.clock.advance(Duration::from_millis(wait_ms));
        bench.send("m", "");
    }
    let lower = [(99, 0), (100, 0), (150, 1), (200, 1), (201, 4), (300, 4), (301, 5)];
    for (at, offset) in lower {
        assert_eq!(search(start + at, Boundary::Lower), offset, "lower {at}");
    }
    let upper = [(99, 0), (100, 0), (150, 0), (200, 3), (201, 3), (300, 4), (301, 4)];
    for (at, offset) in upper {
        assert_eq!(search(start + at, Boundary::Upper), offset, "upper {at}");
    }
    assert_eq!((search(0, Boundary::Lower), search(-1, Boundary::Lower), search(i64::MAX, Boundary::Lower)), (0, 0, 5));
    assert_eq!(bench.ops.earliest_store_time(&orders, 0).expect("answered"), Some(start + 100));
    assert_eq!(bench.ops.earliest_store_time(&orders, 1).expect("answered"), None);
}

#[test]
fn figures_of_a_group_are_committed_position_and_what_waits() {
    let bench = new_group_on_old_data();
    let mut session = bench.session();
    let beat = heartbeat("c1", "GID_new", &[("orders", "*")], 1);
    bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken");
    let status = |bench: &Bench| {
        let status = bench.ops.group_status(crate::types::GroupNo(2)).expect("a group").expect("readable");
        let row = &status.progress[0];
        (status.progress.len(), row.committed, row.position, row.max_offset, row.waiting)
    };
    assert_eq!(status(&bench), (4, None, 10, 13, 3));
    bench.ops.commit_offset(&mut session, &bench.group("GID_new"), &bench.topic("orders"), 0, 12).expect("committed");
    assert_eq!(status(&bench), (4, Some(12), 12, 13, 1));
    assert_eq!(bench.ops.topic_groups(crate::types::TopicNo(1)), [crate::types::GroupNo(2)]);
    let topic = bench.ops.topic_status(crate::types::TopicNo(1)).expect("a Topic").expect("readable");
    assert_eq!((topic.messages, topic.queues.len(), topic.queues[0].max_offset), (13, 4, 13));
}

#[test]
fn numbers_and_first_times_survive_a_restart() {
    use crate::metadata::HighWater;
    let bench = Bench::new();
    let numbers = HighWater { account: 5, instance: 9, topic: 100, group: 7 };
    bench.ops.high_water.raise(&bench.ops.state, numbers).expect("durable");
    bench.ops.high_water.raise(&bench.ops.state, HighWater::default()).expect("nothing to do");
    bench.send("m", "");
    let bench = bench.restarted();
    assert_eq!(bench.ops.high_water.get(), numbers);
    let milestones = bench.ops.milestones(crate::types::InstanceNo(1));
    assert!(milestones.message_stored && !milestones.consumer_online);
    assert_eq!(bench.ops.milestones(crate::types::InstanceNo(2)), Default::default());
}
