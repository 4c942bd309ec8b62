use super::super::testing::{Bench, INSTANCE_ID, OTHER_ID, SISTER_ID, group, principal, topic};
use crate::access::Action;
use crate::admin::RefusalReason;
use crate::client_table::Door;
use crate::metadata::{Group, GroupProtocol};
use crate::operations::{Caller, LocateError, Target};
use crate::types::InstanceNo;

const PUBLISH: [Action; 1] = [Action::Publish];

#[test]
fn prefixed_and_bare_names_are_one_topic_on_the_instances_own_port() {
    let bench = Bench::new();
    let find = |name: &str| bench.ops.locate_topic(&bench.caller(), &PUBLISH, name).expect("found");
    let (bare, full) = (find("orders"), find(&format!("{INSTANCE_ID}%orders")));
    assert!(bare.bare && !full.bare);
    let (Target::Topic(a), Target::Topic(b)) = (bare.entry, full.entry) else { panic!("Topics") };
    assert_eq!(a.topic.no, b.topic.no);
}

#[test]
fn foreign_and_missing_names_look_alike() {
    let bench = Bench::new();
    let text = |name: &str| match bench.ops.locate_topic(&bench.caller(), &PUBLISH, name) {
        Err(error @ LocateError::TopicMissing { .. }) => error.to_string().replace(name, "X"),
        other => panic!("{other:?}"),
    };
    let missing = text("nothing");
    for name in [
        format!("{OTHER_ID}%orders"),
        format!("{SISTER_ID}%orders"),
        "MQ_INST_9_Bnone%orders".to_owned(),
        "TBW102".to_owned(),
        "RMQ_SYS_TRACE_TOPIC".to_owned(),
        "rmq_sys_TRACE_DATA_x".to_owned(),
        "%DLQ%GID_x".to_owned(),
        "%RETRY%GID_none".to_owned(),
    ] {
        assert_eq!(text(&name), missing, "{name}");
    }
}

#[test]
fn the_shared_port_needs_the_instance_and_says_where_to_go() {
    let bench = Bench::new();
    let me = principal(1);
    let shared = Caller { door: Door::Shared, principal: Some(&me) };
    assert!(bench.ops.locate_topic(&shared, &PUBLISH, &format!("{INSTANCE_ID}%orders")).is_ok());
    let refused = bench.ops.locate_topic(&shared, &PUBLISH, "orders").expect_err("bare");
    assert_eq!(refused.reason(), RefusalReason::BareNameOnSharedPort);
    assert!(refused.to_string().contains("http://127.0.0.1:19876"), "{refused}");
    assert!(!refused.to_string().contains(OTHER_ID), "another account's endpoint is not told");
    let foreign = bench.ops.locate_topic(&shared, &PUBLISH, &format!("{OTHER_ID}%orders")).expect_err("foreign");
    assert_eq!(foreign.reason(), RefusalReason::OtherInstance);
}

#[test]
fn no_right_inside_the_own_account_is_said_openly() {
    let bench = Bench::new();
    assert!(bench.ops.put_topic(topic(5, "not_granted")));
    let refused = bench.ops.locate_topic(&bench.caller(), &PUBLISH, "not_granted");
    assert!(matches!(refused, Err(LocateError::NotGranted { instance: InstanceNo(1), .. })));
}

#[test]
fn a_retry_topic_has_a_route_of_one_queue_and_an_http_group_has_none() {
    let bench = Bench::new();
    assert!(bench.ops.put_group(Group { protocol: GroupProtocol::Http, ..group(7, "GID_http", 0, 0) }));
    let session = bench.session();
    let route = bench.ops.route(&session, &bench.caller(), "%RETRY%GID_x").expect("a route");
    assert_eq!((route.queues, route.perm, route.address.as_str()), (1, 6, "127.0.0.1:19876"));
    assert_eq!(&*route.broker_name, INSTANCE_ID);
    assert!(bench.ops.route(&session, &bench.caller(), "%RETRY%GID_http").is_err());
    let http = bench.ops.locate_group(&bench.caller(), Action::Subscribe, "GID_http").expect_err("HTTP");
    assert_eq!(http.reason(), RefusalReason::GroupIsHttp);
}

#[test]
fn c37_the_longest_names_pass_from_end_to_end() {
    let bench = Bench::new();
    let (topic_name, group_name) = ("t".repeat(64), format!("GID_{}", "g".repeat(60)));
    assert!(bench.ops.put_topic(topic(6, &topic_name)));
    assert!(bench.ops.put_group(group(6, &group_name, 0, 0)));
    let Target::Topic(entry) = bench.topic(&format!("{INSTANCE_ID}%{topic_name}")) else { panic!("a Topic") };
    assert_eq!(entry.wire_name.len(), 98);
    bench.try_send(|r| r.topic = Some(&entry)).expect("stored");
    assert!(bench.ops.locate_topic(&bench.caller(), &PUBLISH, &format!("%RETRY%{INSTANCE_ID}%{group_name}")).is_ok());
    assert!(bench.ops.locate_topic(&bench.caller(), &PUBLISH, &format!("{INSTANCE_ID}%{topic_name}t")).is_err());
}

#[test]
fn a_deleted_instance_takes_its_topics_and_groups_with_it() {
    let bench = Bench::new();
    bench.ops.remove_instance(InstanceNo(1));
    assert!(bench.ops.locate_topic(&bench.caller(), &PUBLISH, "orders").is_err());
    assert!(bench.ops.metadata.group(crate::types::GroupNo(1)).is_none());
}

#[test]
fn reconciling_takes_over_what_differs_and_removes_what_is_gone() {
    let bench = Bench::new();
    let mut catalogue = bench.ops.metadata.snapshot();
    assert!(bench.ops.reconcile(&catalogue).differences.is_empty());
    catalogue.topics.retain(|t| t.instance != InstanceNo(1));
    catalogue.topics.push(topic(11, "fresh"));
    catalogue.groups.clear();
    let done = bench.ops.reconcile(&catalogue);
    assert_eq!(done.differences.len(), 3, "{:?}", done.differences);
    assert_eq!(bench.ops.metadata.snapshot().topics, catalogue.topics);
    assert!(bench.ops.reconcile(&catalogue).differences.is_empty());
}
