use super::super::testing::{Bench, INSTANCE_ID, OTHER_ID, heartbeat, principal, topic};
use crate::access::Action;
use crate::admin::{ConsumeModel, RefusalOwner, RefusalReason};
use crate::client_table::Door;
use crate::operations::Caller;
use crate::operations::pull::PullError;
use crate::protocol::remoting::body::heartbeat::{Heartbeat, MessageModel};
use crate::types::{AccountNo, GroupNo, InstanceNo};

fn producers(names: &[&str]) -> Heartbeat {
    let producer_groups = names.iter().map(|n| (*n).to_owned()).collect();
    Heartbeat { client_id: "p1".to_owned(), producer_groups, consumers: Vec::new(), without_subscriptions: false }
}

#[test]
fn an_unknown_group_is_left_out_and_the_console_lists_it() {
    let bench = Bench::new();
    let mut session = bench.session();
    let mut beat = heartbeat("c1", "GID_nobody", &[("orders", "*")], 1);
    beat.consumers.extend(heartbeat("c1", "GID_x", &[("orders", "*")], 1).consumers);
    let left_out = bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken");
    assert_eq!(left_out.len(), 1);
    for error in &left_out {
        bench.ops.refuse_left_out(&session, &bench.caller(), 34, error);
    }
    assert_eq!(bench.ops.member_ids(&bench.group("GID_x")), ["c1".into()], "the other entry counts");
    let refusals = bench.ops.refusals(RefusalOwner::Account(AccountNo(1)));
    let refusal = &refusals[0];
    assert_eq!((refusal.reason, refusal.resource.as_deref()), (RefusalReason::GroupUnknown, Some("GID_nobody")));
    assert_eq!((refusal.instance, refusal.request_code), (Some(InstanceNo(1)), Some(34)));
    assert_eq!((refusal.client_id.as_deref(), refusal.key_id.as_deref()), (Some("c1"), Some("TNkey")));
    assert!(bench.ops.locate_group(&bench.caller(), Action::Subscribe, "GID_nobody").is_err());
}

#[test]
fn naming_another_accounts_groups_registers_and_notifies_nothing() {
    let bench = Bench::new();
    let mut session = bench.session();
    let foreign = format!("{OTHER_ID}%GID_theirs");
    let beat = heartbeat("c1", &foreign, &[("orders", "*")], 1);
    let left_out = bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken");
    assert_eq!(left_out[0].reason(), RefusalReason::OtherInstance);
    let theirs = producers(&[&format!("{OTHER_ID}%GID_p"), "GID_mine"]);
    assert_eq!(bench.ops.heartbeat(&mut session, &bench.caller(), &theirs).expect("taken").len(), 1);
    let names: Vec<_> = bench.ops.producer_clients(InstanceNo(1)).into_iter().map(|p| p.group_name).collect();
    assert_eq!(names, ["GID_mine"]);
    assert!(bench.ops.producer_clients(InstanceNo(2)).is_empty());
}

#[test]
fn a_producer_that_never_names_its_instance_belongs_where_it_sends() {
    let bench = Bench::new();
    let mut session = bench.ops.connect(0, Door::Shared, 9_876, ([10, 0, 0, 7], 50_000).into());
    let me = principal(1);
    let caller = Caller { door: Door::Shared, principal: Some(&me) };
    bench.ops.heartbeat(&mut session, &caller, &producers(&["GID_go", "CLIENT_INNER_PRODUCER"])).expect("taken");
    assert!(bench.ops.producer_clients(InstanceNo(1)).is_empty());
    assert!(!bench.ops.milestones(InstanceNo(1)).producer_seen);
    let crate::operations::Target::Topic(orders) = bench.topic("orders") else { panic!("a Topic") };
    bench.ops.note_sender(&mut session, &orders);
    let names: Vec<_> = bench.ops.producer_clients(InstanceNo(1)).into_iter().map(|p| p.group_name).collect();
    assert_eq!(names, ["GID_go"]);
    assert!(bench.ops.milestones(InstanceNo(1)).producer_seen);
    bench.ops.unregister(&mut session, &caller, "p1", Some("GID_go"), Some(""));
    assert!(bench.ops.producer_clients(InstanceNo(1)).is_empty());
}

#[test]
fn the_group_page_shows_each_client_with_its_own_subscriptions() {
    let bench = Bench::new();
    let (mut first, mut second) = (bench.session(), bench.session());
    first.note_software("JAVA", 409);
    let full = format!("{INSTANCE_ID}%orders");
    let retry = format!("%RETRY%{INSTANCE_ID}%GID_x");
    let beat = heartbeat("c1", "GID_x", &[(&full, "TagA"), (&retry, "*"), ("gone", "*")], 1);
    bench.ops.heartbeat(&mut first, &bench.caller(), &beat).expect("taken");
    let mut other = heartbeat("c1", "GID_x", &[("orders", "TagB")], 1);
    other.consumers[0].model = MessageModel::Broadcasting;
    bench.ops.heartbeat(&mut second, &bench.caller(), &other).expect("taken");
    let status = bench.ops.group_status(GroupNo(1)).expect("a group").expect("readable");
    let client = &status.clients[0];
    assert_eq!((client.language.as_str(), client.version.as_str(), client.id_shared), ("JAVA", "4.9.8", true));
    let rows: Vec<_> = client.subscriptions.iter().map(|s| (s.topic_name.as_str(), s.topic.is_some())).collect();
    assert_eq!(rows, [("orders", true), ("gone", false)], "retry topics are not shown, missing Topics are");
    assert_eq!(status.clients[1].model, ConsumeModel::Broadcasting);
    assert!(matches!(status.consistency, crate::admin::Consistency::Inconsistent(_)));
    bench.ops.disconnect(&first);
    bench.ops.disconnect(&second);
    let status = bench.ops.group_status(GroupNo(1)).expect("a group").expect("readable");
    assert_eq!((status.clients.len(), status.consistency), (0, crate::admin::Consistency::NoClients));
}

#[test]
fn c05_reads_of_a_deleted_topic_make_nothing_and_its_heartbeats_are_taken() {
    let bench = Bench::new();
    let mut session = bench.session();
    assert!(bench.ops.put_topic(topic(8, "stays")));
    bench.send("m", "");
    let (orders, group) = (bench.topic("orders"), bench.group("GID_x"));
    bench.ops.commit_offset(&mut session, &group, &orders, 0, 1).expect("committed");
    bench.ops.remove_topic(crate::types::TopicNo(1));
    assert!(bench.ops.route(&session, &bench.caller(), "orders").is_err());
    // What a cache still holds is refused as well.
    let asked = bench.ops.query_offset(&session, &group, &orders, 0);
    assert!(matches!(asked, Err(PullError::TopicUnknown { .. })));
    let committed = bench.ops.commit_offset(&mut session, &group, &orders, 0, 1);
    assert!(matches!(committed, Err(PullError::TopicUnknown { .. })));
    let beat = heartbeat("c1", "GID_x", &[("orders", "*"), ("stays", "*")], 1);
    assert!(bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken").is_empty());
    let status = bench.ops.group_status(GroupNo(1)).expect("a group").expect("readable");
    assert!(status.progress.iter().all(|row| row.topic_name == "stays"));
    let bench = bench.restarted();
    assert!(bench.ops.offsets.topics(GroupNo(1)).is_empty());
}

#[test]
fn refusals_go_to_the_account_of_the_key_else_of_the_port_else_of_the_name() {
    use crate::operations::refuse::Refused;
    let bench = Bench::new();
    let on_port = bench.session();
    let shared = bench.ops.connect(0, Door::Shared, 9_876, ([10, 0, 0, 7], 50_000).into());
    let base = Refused {
        reason: RefusalReason::UnknownKey,
        key_id: Some("TNx"),
        account: None,
        instance: None,
        named_instance: None,
        request_code: Some(310),
        resource: None,
        remark: "check signature failed",
    };
    bench.ops.refuse(&on_port, &Refused { account: Some(AccountNo(2)), ..base });
    bench.ops.refuse(&on_port, &base);
    bench.ops.refuse(&shared, &Refused { named_instance: Some(OTHER_ID), ..base });
    bench.ops.refuse(&shared, &base);
    let count = |owner| bench.ops.refusals(owner).iter().map(|r| r.count).sum::<u64>();
    assert_eq!(count(RefusalOwner::Account(AccountNo(2))), 2);
    assert_eq!(count(RefusalOwner::Account(AccountNo(1))), 1);
    assert_eq!(count(RefusalOwner::Operator), 1);
    let theirs = bench.ops.refusals(RefusalOwner::Account(AccountNo(2)));
    assert!(theirs.iter().all(|r| r.instance != Some(InstanceNo(1))), "another account's instance is not told");
}

#[test]
fn r34_producers_are_those_of_the_last_heartbeat() {
    let bench = Bench::new();
    let mut session = bench.session();
    let names = || bench.ops.producer_clients(InstanceNo(1)).into_iter().map(|p| p.group_name).collect::<Vec<_>>();
    bench.ops.heartbeat(&mut session, &bench.caller(), &producers(&["GID_a", "GID_b"])).expect("taken");
    assert_eq!(names(), ["GID_a", "GID_b"]);
    bench.ops.heartbeat(&mut session, &bench.caller(), &producers(&["GID_b"])).expect("taken");
    assert_eq!(names(), ["GID_b"]);
    // Those that are named without their instance as well.
    let mut shared = bench.ops.connect(0, Door::Shared, 9_876, ([10, 0, 0, 7], 50_000).into());
    let me = principal(1);
    let caller = Caller { door: Door::Shared, principal: Some(&me) };
    for round in 0..3 {
        let named: Vec<_> = (0..40).map(|number| format!("GID_{round}_{number}")).collect();
        let named: Vec<_> = named.iter().map(String::as_str).collect();
        bench.ops.heartbeat(&mut shared, &caller, &producers(&named)).expect("taken");
        assert_eq!(shared.bare_producers.len(), 40);
    }
}

#[test]
fn r34_what_is_over_a_limit_is_left_out_and_the_console_lists_it() {
    let bench = Bench::new();
    let mut session = bench.session();
    let mut beat = heartbeat("c1", "GID_x", &[("orders", "TagA"), ("more", "*")], 1);
    let tags: Vec<_> = (0..10_000).map(|number| number.to_string()).collect();
    beat.consumers[0].subscriptions[1].tags =
        crate::protocol::tag::TagExpression::of_tags(tags.iter().map(String::as_str));
    let left_out = bench.ops.heartbeat(&mut session, &bench.caller(), &beat).expect("taken");
    assert_eq!(left_out.iter().map(|entry| entry.reason()).collect::<Vec<_>>(), [RefusalReason::LimitReached]);
    bench.ops.refuse_left_out(&session, &bench.caller(), 34, &left_out[0]);
    let refusals = bench.ops.refusals(RefusalOwner::Account(AccountNo(1)));
    assert_eq!((refusals[0].resource.as_deref(), refusals[0].instance), (Some("more"), Some(InstanceNo(1))));
    let members = bench.ops.clients.members(GroupNo(1));
    assert_eq!(members[0].subscriptions.iter().map(|s| &*s.topic).collect::<Vec<_>>(), ["orders"]);
}
