use super::super::testing::{Bench, START_MS, group, heartbeat, topic};
use crate::operations::pull::{PullError, PullFilter, PullOutcome};
use crate::types::{GroupNo, TopicNo};
use std::time::Duration;

fn offsets(answer: crate::operations::pull::PullAnswer) -> (PullOutcome, i64, i64, i64) {
    (answer.outcome, answer.next_offset, answer.min_offset, answer.max_offset)
}

#[test]
fn c11_pulling_outside_the_queue() {
    let bench = Bench::new();
    let mut session = bench.session();
    for n in 0..10 {
        bench.send(&format!("m{n}"), "");
    }
    bench.make_group(2, "GID_h");
    let orders = bench.topic("orders");
    bench.ops.commit_offset(&mut session, &bench.group("GID_x"), &orders, 0, 7).expect("committed");
    let mut pull = |group: &str, offset| offsets(bench.pull(&mut session, group, offset, "*").expect("answered").0);
    for group in ["GID_x", "GID_h"] {
        assert_eq!(pull(group, 10), (PullOutcome::NothingYet, 10, 0, 10));
        assert_eq!(pull(group, 11), (PullOutcome::Moved, 10, 0, 10));
        assert_eq!(pull(group, 1 << 62), (PullOutcome::Moved, 10, 0, 10));
    }
    assert_eq!(pull("GID_x", -1), (PullOutcome::Moved, 7, 0, 10), "its own progress");
    assert_eq!(pull("GID_h", -1), (PullOutcome::Moved, 0, 0, 10), "the first message");
    bench.ops.commit_offset(&mut session, &bench.group("GID_x"), &orders, 0, -1).expect("answered");
    let committed = bench.ops.query_offset(&session, &bench.group("GID_x"), &orders, 0).expect("answered");
    assert_eq!(committed, Some(7), "-1 stores nothing");
}

#[test]
fn a_found_message_comes_with_the_offset_behind_it() {
    let bench = Bench::new();
    let mut session = bench.session();
    bench.send("a", "TAGS\u{1}TagA\u{2}");
    bench.send("b", "TAGS\u{1}TagB\u{2}");
    bench.send("none", "");
    let (answer, found) = bench.pull(&mut session, "GID_x", 0, "TagB").expect("answered");
    assert_eq!((answer.outcome, found), (PullOutcome::Found, vec!["b".to_owned()]));
    assert!(answer.next_offset >= 2);
    assert_eq!(bench.pull(&mut session, "GID_x", 0, "*").expect("answered").1, ["a", "b", "none"]);
}

#[test]
fn c12_a_stretch_that_the_filter_drops_moves_the_offset() {
    let bench = Bench::new();
    let mut session = bench.session();
    for _ in 0..100 {
        bench.try_send(|r| r.properties = "TAGS\u{1}TagB\u{2}").expect("stored");
    }
    bench.settle();
    let mut offset = 0;
    while offset < 100 {
        let (answer, found) = bench.pull(&mut session, "GID_x", offset, "TagA").expect("answered");
        assert_eq!((answer.outcome, found.len()), (PullOutcome::NoneMatched, 0));
        assert!(answer.next_offset > offset);
        offset = answer.next_offset;
    }
    assert_eq!(offset, 100);
}

#[test]
fn c31_tags_with_equal_codes_pass_the_servers_filter_and_the_offset_moves() {
    let bench = Bench::new();
    let mut session = bench.session();
    for _ in 0..3 {
        bench.send("aa", "TAGS\u{1}AaAa\u{2}");
        bench.send("bb", "TAGS\u{1}BBBB\u{2}");
    }
    let (answer, found) = bench.pull(&mut session, "GID_x", 0, "BBBB").expect("answered");
    assert_eq!(answer.next_offset, 6);
    assert_eq!(found.iter().filter(|b| *b == "bb").count(), 3);
}

#[test]
fn c18_the_last_heartbeat_is_the_subscription() {
    let bench = Bench::new();
    let mut session = bench.session();
    assert!(bench.ops.put_topic(topic(8, "other")));
    bench.send("a", "TAGS\u{1}TagA\u{2}");
    bench.send("b", "TAGS\u{1}TagB\u{2}");
    let mut beat = |topics: &[(&str, &str)], version| {
        let beat = heartbeat("c1", "GID_x", topics, version);
        bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken");
    };
    beat(&[("orders", "TagA"), ("other", "*")], 1_700_000_000_000);
    beat(&[("orders", "TagB")], 1_600_000_000_000);
    let members = bench.ops.clients.members(GroupNo(1));
    let topics: Vec<_> = members[0].subscriptions.iter().map(|s| (&*s.topic, s.expression.as_str())).collect();
    assert_eq!(topics, [("orders", "TagB")], "the Topic that is not named any more is gone");
    let mut pull = |sub_version| bench.pull_as(&mut session, "GID_x", 0, PullFilter::FromHeartbeat { sub_version });
    assert_eq!(pull(1_600_000_000_000).expect("answered").1, ["b"]);
    assert!(matches!(pull(1_800_000_000_000), Err(PullError::SubscriptionNotLatest)));
    bench.clock.advance(Duration::from_secs(2));
    assert!(matches!(pull(1_800_000_000_000), Err(PullError::SubscriptionNotLatest)));
    bench.clock.advance(Duration::from_secs(1));
    assert_eq!(pull(1_800_000_000_000).expect("served after 3 s").1, ["b"]);
}

#[test]
fn a_pull_without_any_subscription_is_told_so() {
    let bench = Bench::new();
    let mut session = bench.session();
    let refused = bench.pull_as(&mut session, "GID_x", 0, PullFilter::FromHeartbeat { sub_version: 0 });
    assert!(matches!(refused, Err(PullError::SubscriptionMissing)));
    let sql = PullFilter::Inline { expression_type: "SQL92", expression: "a = 1" };
    assert!(matches!(bench.pull_as(&mut session, "GID_x", 0, sql), Err(PullError::FilterUnsupported)));
}

#[test]
fn a_client_that_reconnects_need_not_wait_for_its_next_heartbeat() {
    let bench = Bench::new();
    let mut session = bench.session();
    bench.send("a", "TAGS\u{1}TagA\u{2}");
    bench.send("b", "TAGS\u{1}TagB\u{2}");
    let beat = heartbeat("c1", "GID_x", &[("orders", "TagB")], 1);
    bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken");
    bench.ops.disconnect(&session);
    let filter = PullFilter::FromHeartbeat { sub_version: 1 };
    let mut again = bench.session();
    let found = bench.pull_as(&mut again, "GID_x", 0, filter).expect("answered").1;
    assert_eq!(found, ["a", "b"], "unfiltered: nothing is lost, and the client compares tags itself");
    let bench = bench.restarted();
    let mut again = bench.session();
    assert_eq!(bench.pull_as(&mut again, "GID_x", 0, filter).expect("answered").1.len(), 2);
    bench.ops.remove_group(GroupNo(1));
    bench.make_group(2, "GID_x");
    assert!(matches!(bench.pull_as(&mut again, "GID_x", 0, filter), Err(PullError::SubscriptionMissing)));
}

#[test]
fn c16_a_topic_made_again_begins_at_its_beginning_for_an_old_client() {
    let bench = Bench::new();
    let mut session = bench.session();
    for n in 0..10 {
        bench.send(&format!("old{n}"), "");
    }
    bench.pull(&mut session, "GID_x", 10, "*").expect("answered");
    let commit = |session: &mut _, offset| {
        let (group, orders) = (bench.group("GID_x"), bench.topic("orders"));
        bench.ops.commit_offset(session, &group, &orders, 0, offset).expect("answered");
    };
    commit(&mut session, 10);
    let position = bench.send("old10", "").position;
    bench.ops.remove_topic(TopicNo(1));
    bench.clock.advance(Duration::from_secs(1));
    assert!(bench.ops.put_topic(crate::metadata::Topic { created_at_ms: START_MS + 1_000, ..topic(101, "orders") }));
    for n in 0..15 {
        bench.send(&format!("new{n}"), "");
    }
    // Within the bounds of the new life: only the connection's past tells.
    commit(&mut session, 10);
    let group = bench.group("GID_x");
    let progress = |session: &_| bench.ops.query_offset(session, &group, &bench.topic("orders"), 0).expect("answered");
    assert_eq!(progress(&session), Some(0), "the commit of the earlier life changes nothing");
    let (answer, _) = bench.pull(&mut session, "GID_x", 10, "*").expect("answered");
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::Moved, 0));
    assert_eq!(bench.pull(&mut session, "GID_x", 0, "*").expect("answered").1.len(), 15);
    commit(&mut session, 15);
    assert_eq!(progress(&session), Some(15), "commits of this life count");
    let old = bench.ops.view_message(&bench.caller(), position).expect("answered");
    assert!(old.is_none(), "an offset id of the first life shows nothing");
}

#[test]
fn c16_a_client_that_reconnected_is_not_moved_past_what_it_has_not_seen() {
    let bench = Bench::new();
    bench.ops.remove_topic(TopicNo(1));
    assert!(bench.ops.put_topic(topic(101, "orders")));
    for n in 0..5 {
        bench.send(&format!("new{n}"), "");
    }
    let mut session = bench.session();
    let (answer, _) = bench.pull(&mut session, "GID_x", 10, "*").expect("answered");
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::Moved, 0));
}

/// The next connection of a client that was running, also after a restart: only the broker knows that
/// there was an earlier life.
#[test]
fn c16_a_client_on_a_new_connection_begins_at_the_beginning() {
    let bench = Bench::new();
    bench.make_group(2, "GID_free");
    for n in 0..12 {
        bench.send(&format!("old{n}"), "");
    }
    let mut session = bench.session();
    bench.pull(&mut session, "GID_x", 12, "*").expect("answered");
    let (group, orders) = (bench.group("GID_x"), bench.topic("orders"));
    bench.ops.commit_offset(&mut session, &group, &orders, 0, 12).expect("committed");
    bench.ops.remove_topic(TopicNo(1));
    assert!(bench.ops.put_topic(topic(101, "orders")));
    let bench = bench.restarted();
    for n in 0..15 {
        bench.send(&format!("new{n}"), "");
    }
    let (group, orders) = (bench.group("GID_x"), bench.topic("orders"));
    let mut again = bench.session();
    bench.ops.commit_offset(&mut again, &group, &orders, 0, 12).expect("answered");
    assert_eq!(bench.ops.query_offset(&again, &group, &orders, 0).expect("answered"), Some(0), "it changes nothing");
    let (answer, _) = bench.pull(&mut again, "GID_x", 12, "*").expect("answered");
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::Moved, 0));
    assert_eq!(bench.pull(&mut again, "GID_x", 0, "*").expect("answered").1.len(), 15);
    bench.ops.commit_offset(&mut again, &group, &orders, 0, 13).expect("committed");
    let mut third = bench.session();
    assert_eq!(bench.pull(&mut third, "GID_x", 13, "*").expect("answered").1, ["new13", "new14"], "it has progress");
    // A group whose clients keep their positions themselves, as in broadcasting.
    let mut free = bench.session();
    assert_eq!(bench.pull(&mut free, "GID_free", 12, "*").expect("answered").1.len(), 3);
}

#[test]
fn progress_outlives_a_start_with_another_catalogue() {
    let bench = Bench::new();
    bench.send("a", "");
    let mut session = bench.session();
    let (group, orders) = (bench.group("GID_x"), bench.topic("orders"));
    bench.pull(&mut session, "GID_x", 0, "*").expect("answered");
    bench.ops.commit_offset(&mut session, &group, &orders, 0, 1).expect("committed");
    let catalogue = bench.ops.metadata.snapshot();
    let bench = bench.restarted_with(crate::metadata::Catalogue::default()).restarted_with(catalogue);
    let (group, orders) = (bench.group("GID_x"), bench.topic("orders"));
    assert_eq!(bench.ops.query_offset(&bench.session(), &group, &orders, 0).expect("answered"), Some(1));
}

#[test]
fn c17_a_group_deleted_while_its_members_run() {
    let bench = Bench::new();
    let mut session = bench.session();
    for _ in 0..50 {
        bench.try_send(|_| ()).expect("stored");
    }
    bench.settle();
    let old = bench.group("GID_x");
    bench.pull(&mut session, "GID_x", 50, "*").expect("answered");
    bench.ops.commit_offset(&mut session, &old, &bench.topic("orders"), 0, 50).expect("committed");
    bench.ops.remove_group(GroupNo(1));
    let orders = bench.topic("orders");
    let commit = bench.ops.commit_offset(&mut session, &old, &orders, 0, 50);
    assert!(matches!(commit, Err(PullError::GroupUnknown { .. })));
    assert!(bench.ops.topic_groups(TopicNo(1)).is_empty());
    bench.send("in between", "");
    bench.make_group(2, "GID_x");
    for n in 0..3 {
        bench.send(&format!("m{n}"), "");
    }
    let (answer, _) = bench.pull(&mut session, "GID_x", 50, "*").expect("answered");
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::Moved, 51), "where the new group starts");
    let mut again = bench.session();
    let (answer, _) = bench.pull(&mut again, "GID_x", 50, "*").expect("answered");
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::Moved, 51), "also on a new connection");
    assert_eq!(bench.pull(&mut session, "GID_x", 51, "*").expect("answered").1, ["m0", "m1", "m2"]);
}

#[test]
fn group_and_topic_of_different_instances_do_not_meet() {
    let bench = Bench::new();
    let mut session = bench.session();
    let elsewhere = crate::metadata::Group { instance: crate::types::InstanceNo(3), ..group(9, "GID_far", 0, 0) };
    let (far, _) = bench.ops.metadata.put_group(elsewhere).expect("the instance exists");
    let commit = bench.ops.commit_offset(&mut session, &far, &bench.topic("orders"), 0, 0);
    assert!(matches!(commit, Err(PullError::TopicUnknown { .. })));
}

#[test]
fn the_retry_topic_is_empty_and_belongs_to_its_group() {
    let bench = Bench::new();
    let mut session = bench.session();
    bench.make_group(2, "GID_y");
    let retry = bench.topic("%RETRY%GID_x");
    let group = bench.group("GID_x");
    assert_eq!(bench.ops.query_offset(&session, &group, &retry, 0).expect("answered"), Some(0));
    assert_eq!(bench.ops.queue_bounds(&retry, 0).expect("answered"), Default::default());
    let stranger = bench.ops.query_offset(&session, &bench.group("GID_y"), &retry, 0);
    assert!(matches!(stranger, Err(PullError::TopicUnknown { .. })));
    assert!(bench.ops.commit_offset(&mut session, &group, &retry, 0, 5).is_ok());
}
