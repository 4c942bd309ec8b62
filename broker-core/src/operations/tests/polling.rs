use super::super::testing::{Bench, bodies, heartbeat};
use crate::client_table::Session;
use crate::delivery::long_polling::HeldPulls;
use crate::delivery::mailbox::{Mail, Mailbox};
use crate::metadata::Waiter;
use crate::operations::pull::{Pull, PullAnswer, PullError, PullFilter, PullOutcome};
use crate::store::{Durability, Records};
use crate::types::{GroupNo, TopicNo};
use std::sync::Arc;
use std::time::Duration;

struct Loop {
    bench: Bench,
    loop_no: u16,
    mailbox: Arc<Mailbox>,
    session: Session,
    out: Records,
}

impl Loop {
    fn new() -> Self {
        let bench = Bench::new();
        let (loop_no, mailbox) = bench.ops.add_loop();
        let session = bench.session();
        Self { bench, loop_no, mailbox, session, out: Records::default() }
    }

    fn pull(&mut self, offset: i64, expression: &str) -> Pull {
        let filter = PullFilter::Inline { expression_type: "TAG", expression };
        self.bench.prepare(&mut self.session, "GID_x", offset, filter).expect("a pull")
    }

    fn hold(&mut self, pull: &mut Pull, token: u64) -> Result<Option<PullAnswer>, PullError> {
        let waiter = Waiter { loop_no: self.loop_no, token };
        self.bench.ops.pull_or_hold(&mut self.session, pull, waiter, &mut self.out)
    }

    /// The next `count` tokens that are woken. The news comes from the thread that syncs the log, so
    /// it may be a moment behind the disk.
    fn woken(&self, count: usize) -> Vec<u64> {
        let until = std::time::Instant::now() + Duration::from_secs(10);
        let mut woken = Vec::new();
        while woken.len() < count && std::time::Instant::now() < until {
            woken.append(&mut self.mail().woken);
            std::thread::yield_now();
        }
        woken
    }

    fn mail(&self) -> Mail {
        let mut mail = Mail::default();
        self.mailbox.take(&mut mail);
        mail
    }
}

#[test]
fn a_held_pull_is_woken_when_its_record_is_durable() {
    let mut on = Loop::new();
    let mut pull = on.pull(0, "*");
    assert!(on.hold(&mut pull, 7).expect("held").is_none());
    on.bench.try_send(|r| r.queue_id = 1).expect("stored");
    on.bench.settle();
    assert!(on.mail().woken.is_empty(), "another queue");
    on.bench.try_send(|_| ()).expect("stored");
    on.bench.settle();
    assert_eq!(on.woken(1), [7]);
    let answer = on.hold(&mut pull, 7).expect("answered").expect("a message");
    assert_eq!(
        (answer.outcome, answer.next_offset, bodies(&on.out)),
        (PullOutcome::Found, 1, vec!["hello".to_owned()])
    );
}

#[test]
fn a_pull_parked_after_the_append_is_woken_when_the_mark_passes_and_not_before() {
    let mut on = Loop::new();
    let crate::operations::Target::Topic(entry) = on.bench.topic("orders") else { panic!("a Topic") };
    // Not handed to the file yet: nothing is readable.
    on.bench.ops.long_polling.appended(&entry, 0, u64::MAX / 2);
    let mut pull = on.pull(0, "*");
    assert!(on.hold(&mut pull, 1).expect("held").is_none());
    assert!(on.mail().woken.is_empty(), "appended, but nobody may read it yet (R3)");
    crate::store::Progress::advanced(
        &*on.bench.ops.long_polling,
        crate::store::Watermarks { written: u64::MAX / 2, durable: u64::MAX / 2 },
    );
    assert_eq!(on.woken(1), [1]);
}

#[test]
fn one_record_wakes_everyone_who_waits_for_its_queue() {
    let mut on = Loop::new();
    for token in 0..1_000 {
        let mut pull = on.pull(0, "*");
        assert!(on.hold(&mut pull, token).expect("held").is_none());
    }
    on.bench.send("m", "");
    let mut woken = on.woken(1_000);
    woken.sort_unstable();
    assert_eq!(woken, (0..1_000).collect::<Vec<_>>());
    on.bench.send("m", "");
    assert!(on.mail().woken.is_empty(), "whoever was woken is out of the queue");
}

#[test]
fn a_pull_that_is_taken_out_is_not_woken() {
    let mut on = Loop::new();
    let mut pull = on.pull(0, "*");
    assert!(on.hold(&mut pull, 1).expect("held").is_none());
    on.bench.ops.unpark(&pull, Waiter { loop_no: on.loop_no, token: 1 });
    on.bench.send("m", "");
    assert!(on.mail().woken.is_empty());
}

#[test]
fn c12_a_held_pull_waits_on_behind_what_its_filter_drops() {
    let mut on = Loop::new();
    let mut pull = on.pull(0, "TagA");
    assert!(on.hold(&mut pull, 1).expect("held").is_none());
    for dropped in 1..=3 {
        on.bench.send("b", "TAGS\u{1}TagB\u{2}");
        assert_eq!(on.woken(1), [1]);
        assert!(on.hold(&mut pull, 1).expect("held").is_none());
        let answer = on.bench.ops.give_up(&pull);
        assert_eq!(
            (answer.outcome, answer.next_offset, answer.max_offset),
            (PullOutcome::NoneMatched, dropped, dropped)
        );
    }
    on.bench.send("a", "TAGS\u{1}TagA\u{2}");
    let answer = on.hold(&mut pull, 1).expect("answered").expect("a message");
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::Found, 4));
}

#[test]
fn a_hold_without_news_ends_with_the_same_offset() {
    let mut on = Loop::new();
    let mut pull = on.pull(0, "*");
    assert!(on.hold(&mut pull, 1).expect("held").is_none());
    let answer = on.bench.ops.give_up(&pull);
    assert_eq!((answer.outcome, answer.next_offset), (PullOutcome::NothingYet, 0));
}

#[test]
fn deleting_the_topic_or_the_group_ends_a_hold() {
    let mut on = Loop::new();
    let mut pull = on.pull(0, "*");
    assert!(on.hold(&mut pull, 1).expect("held").is_none());
    on.bench.ops.remove_group(GroupNo(1));
    assert!(on.mail().recheck);
    assert!(matches!(on.hold(&mut pull, 1), Err(PullError::GroupUnknown { .. })));

    let mut on = Loop::new();
    let mut pull = on.pull(0, "*");
    assert!(on.hold(&mut pull, 1).expect("held").is_none());
    on.bench.ops.remove_topic(TopicNo(1));
    assert_eq!(on.woken(1), [1]);
    assert!(matches!(on.hold(&mut pull, 1), Err(PullError::TopicUnknown { .. })));
}

#[tokio::test]
async fn the_loop_is_rung_once_for_the_mark_that_it_wants() {
    let on = Loop::new();
    on.mailbox.want(u64::MAX, u64::MAX);
    on.bench.send("m", "");
    let quiet = tokio::time::timeout(Duration::ZERO, on.mailbox.ring()).await;
    assert!(quiet.is_err(), "nothing was wanted");
    on.mailbox.want(u64::MAX, on.bench.ops.watermarks().durable + 1);
    on.bench.send("m", "");
    on.mailbox.ring().await;
}

#[tokio::test]
async fn a_send_from_no_loop_resolves_when_its_mark_is_reached() {
    let bench = Bench::new();
    let end = bench.try_send(|_| ()).expect("stored")[0].end;
    let ops = bench.ops.clone();
    let waiting = tokio::spawn(async move { ops.long_polling.reached(Durability::Synced, end).await });
    bench.ops.submit();
    assert_eq!(waiting.await.expect("not aborted"), Ok(()));
}

#[test]
fn members_are_told_of_changes_with_the_name_that_they_use() {
    let on = Loop::new();
    let ops = &on.bench.ops;
    let (mut first, mut second) = (on.bench.session(), on.bench.session());
    let full = format!("{}%GID_x", super::super::testing::INSTANCE_ID);
    ops.heartbeat(&mut first, &on.bench.caller(), &heartbeat("c1", "GID_x", &[("orders", "*")], 1)).expect("taken");
    assert_eq!(on.mail().notices.len(), 1, "the newcomer is told as well");
    ops.heartbeat(&mut second, &on.bench.caller(), &heartbeat("c2", &full, &[("orders", "*")], 1)).expect("taken");
    let mut told: Vec<_> = on.mail().notices.into_iter().map(|n| (n.connection, n.group.to_string())).collect();
    told.sort();
    assert_eq!(told, [(first.id, "GID_x".to_owned()), (second.id, full.clone())]);
    ops.heartbeat(&mut first, &on.bench.caller(), &heartbeat("c1", "GID_x", &[("orders", "*")], 2)).expect("taken");
    assert!(on.mail().notices.is_empty(), "nothing changed");
    ops.disconnect(&first);
    assert_eq!(on.mail().notices.len(), 1);
    assert_eq!(ops.member_ids(&on.bench.group("GID_x")), ["c2".into()]);
}

#[test]
fn held_pulls_of_a_loop_end_in_order_of_their_deadlines() {
    let mut held: HeldPulls<&str> = HeldPulls::default();
    let (a, b) = (held.token(), held.token());
    held.hold(a, Duration::from_secs(20), "a");
    held.hold(b, Duration::from_secs(10), "b");
    assert_eq!(held.next_deadline(), Some(Duration::from_secs(10)));
    assert_eq!(held.due(Duration::from_secs(9)), None);
    assert_eq!(held.due(Duration::from_secs(10)), Some(b));
    assert_eq!(held.take(b), Some((Duration::from_secs(10), "b")));
    assert_eq!(held.take(b), None);
    assert_eq!((held.len(), held.next_deadline()), (1, Some(Duration::from_secs(20))));
}

#[test]
fn a_topic_that_gets_more_queues_keeps_its_waiters_and_its_senders() {
    let mut on = Loop::new();
    let crate::operations::Target::Topic(before) = on.bench.topic("orders") else { panic!("a Topic") };
    let mut pull = on.pull(0, "*");
    assert!(on.hold(&mut pull, 1).expect("held").is_none());
    assert!(on.bench.ops.put_topic(crate::metadata::Topic { queues: 8, ..before.topic.clone() }));
    assert_eq!(on.mail().woken, [1], "moved to the new entry");
    assert!(on.hold(&mut pull, 2).expect("held").is_none());
    on.bench.try_send(|r| r.topic = Some(&before)).expect("an entry from a cache is as good");
    on.bench.settle();
    assert_eq!(on.woken(1), [2]);
}
