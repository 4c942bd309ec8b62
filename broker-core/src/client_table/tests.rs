use super::*;
use crate::admin::Consistency;
use std::time::Duration;

const GROUP: GroupNo = GroupNo(1);
const OWNER: AccountNo = AccountNo(1);

fn member(client_id: &str, connection: u64, topics: &[(&str, &str)]) -> Member {
    let subscription = |(topic, expression): &(&str, &str)| MemberSubscription {
        topic: (*topic).into(),
        retry: false,
        expression_type: "TAG".to_owned(),
        expression: (*expression).to_owned(),
        filter: Filter::new("TAG", expression).expect("short"),
    };
    Member {
        client_id: client_id.into(),
        connection: ConnectionId(connection),
        loop_no: 0,
        group_as_written: "GID_x".into(),
        account: None,
        address: ([10, 0, 0, 1], 1_000).into(),
        language: "JAVA".into(),
        version: 409,
        model: ConsumeModel::Clustering,
        kind: ConsumeKind::Push,
        consume_from: ConsumeFromWhere::LastOffset,
        subscriptions: topics.iter().map(subscription).collect(),
        connected_at_ms: 0,
        last_heartbeat_ms: 0,
        last_heartbeat: Duration::ZERO,
        changed_at_ms: i64::try_from(connection).expect("small"),
    }
}

#[test]
fn the_same_client_id_on_two_connections_is_two_members_and_one_id() {
    let table = ClientTable::default();
    table.put_member(GROUP, OWNER, member("c1", 1, &[("T", "*")])).expect("room");
    table.put_member(GROUP, OWNER, member("c1", 2, &[("T", "*")])).expect("room");
    assert_eq!(table.members(GROUP).len(), 2);
    assert_eq!(table.client_ids(GROUP), ["c1".into()]);
    table.leave_group(GROUP, "c1", ConnectionId(1));
    assert_eq!(table.client_ids(GROUP), ["c1".into()], "the other connection stays");
    assert!(table.disconnect(ConnectionId(2)).is_empty(), "nobody is left to be told");
    assert!(table.members(GROUP).is_empty());
}

#[test]
fn a_silent_client_is_gone_after_two_minutes_and_the_others_are_told() {
    let table = ClientTable::default();
    table.put_member(GROUP, OWNER, member("silent", 1, &[("T", "*")])).expect("room");
    let lively = Member { last_heartbeat: Duration::from_secs(100), ..member("lively", 2, &[("T", "*")]) };
    table.put_member(GROUP, OWNER, lively).expect("room");
    assert!(table.expire(Duration::from_secs(120)).is_empty());
    let told = table.expire(Duration::from_millis(120_001));
    assert_eq!(told.iter().map(|(_, n)| n.connection).collect::<Vec<_>>(), [ConnectionId(2)]);
    assert_eq!(table.client_ids(GROUP), ["lively".into()]);
}

#[test]
fn broadcasting_members_are_not_told_to_rebalance() {
    let table = ClientTable::default();
    let broadcasting = Member { model: ConsumeModel::Broadcasting, ..member("b", 1, &[("T", "*")]) };
    assert!(table.put_member(GROUP, OWNER, broadcasting).expect("room").is_empty());
    assert_eq!(table.put_member(GROUP, OWNER, member("c", 2, &[("T", "*")])).expect("room").len(), 1);
}

#[test]
fn members_that_subscribe_alike_are_consistent_however_they_write_it() {
    assert_eq!(consistency(&[]), Consistency::NoClients);
    let alike = [member("a", 1, &[("T", "TagA||TagB")]), member("b", 2, &[("T", " TagB || TagA ")])];
    assert_eq!(consistency(&alike), Consistency::Consistent);
}

#[test]
fn the_client_that_differs_is_named_with_both_sides_and_since_when() {
    let members = [
        member("a", 1, &[("T", "TagA"), ("U", "*")]),
        member("b", 2, &[("T", "TagA"), ("U", "*")]),
        member("odd", 9, &[("T", "TagB")]),
    ];
    let Consistency::Inconsistent(differences) = consistency(&members) else { panic!("they differ") };
    let rows: Vec<_> = differences
        .iter()
        .map(|d| (d.client_id.as_str(), d.topic_name.as_str(), d.has.as_deref(), d.others.as_deref(), d.since_ms))
        .collect();
    assert_eq!(rows, [("odd", "T", Some("TagB"), Some("TagA"), 9), ("odd", "U", None, Some("*"), 9)]);
}

#[test]
fn only_those_that_follow_the_rule_are_counted_as_the_others() {
    let alike = |id: &str, connection| member(id, connection, &[("T", "TagA")]);
    let members =
        [alike("a", 1), alike("b", 2), alike("c", 3), member("d", 4, &[("T", "TagB")]), member("e", 5, &[("T", "*")])];
    let Consistency::Inconsistent(differences) = consistency(&members) else { panic!("they differ") };
    let counts: Vec<_> = differences.iter().map(|d| (d.client_id.as_str(), d.others_count)).collect();
    assert_eq!(counts, [("d", 3), ("e", 3)]);
}

#[test]
fn of_two_the_later_one_differs() {
    let members = [member("late", 8, &[("T", "*")]), member("early", 3, &[("T", "TagA")])];
    let Consistency::Inconsistent(differences) = consistency(&members) else { panic!("they differ") };
    assert_eq!((differences.len(), differences[0].client_id.as_str()), (1, "late"));
}

#[test]
fn another_model_is_a_difference_too() {
    let broadcasting = Member { model: ConsumeModel::Broadcasting, ..member("b", 5, &[("T", "*")]) };
    let Consistency::Inconsistent(differences) = consistency(&[member("a", 1, &[("T", "*")]), broadcasting]) else {
        panic!("they differ")
    };
    assert_eq!((differences[0].topic_name.as_str(), differences[0].has.as_deref()), ("", Some("BROADCASTING")));
}

fn producer(client_id: &str, group_name: &str) -> Producer {
    Producer {
        group_name: group_name.into(),
        client_id: client_id.into(),
        address: ([10, 0, 0, 1], 1_000).into(),
        language: "GO".into(),
        version: 317,
        last_heartbeat_ms: 0,
        last_heartbeat: Duration::ZERO,
    }
}

#[test]
fn r34_a_connection_speaks_for_so_many_clients_only() {
    let table = ClientTable::default();
    for number in 0..64 {
        assert!(table.put_member(GROUP, OWNER, member(&format!("c{number}"), 1, &[])).is_ok());
    }
    assert_eq!(table.put_member(GROUP, OWNER, member("one more", 1, &[])).unwrap_err(), TableFull::Clients);
    assert!(table.put_member(GROUP, OWNER, member("c0", 1, &[("T", "*")])).is_ok(), "who is there stays");
    assert!(table.put_member(GROUP, OWNER, member("one more", 2, &[])).is_ok(), "another connection has its own");
    table.leave_group(GROUP, "c1", ConnectionId(1));
    assert!(table.put_member(GROUP, OWNER, member("one more", 1, &[])).is_ok(), "a place that was left is free");
}

#[test]
fn r34_a_group_and_an_account_have_so_many_members_only() {
    let table = ClientTable::default();
    for number in 0..4_096 {
        assert!(table.put_member(GroupNo(1 + number % 2), OWNER, member("c", number, &[])).is_ok());
    }
    assert_eq!(table.put_member(GroupNo(3), OWNER, member("c", 5_000, &[])).unwrap_err(), TableFull::Account);
    let other = AccountNo(2);
    for number in 0..4_096 {
        assert!(table.put_member(GroupNo(9), other, member("c", 10_000 + number, &[])).is_ok());
    }
    assert_eq!(table.put_member(GroupNo(9), other, member("c", 5_000, &[])).unwrap_err(), TableFull::Group);
    table.disconnect(ConnectionId(0));
    assert!(table.put_member(GroupNo(3), OWNER, member("c", 5_000, &[])).is_ok());
    table.forget_group(GroupNo(2));
    assert!(table.put_member(GroupNo(3), OWNER, member("c", 5_001, &[])).is_ok());
}

#[test]
fn r34_a_connection_names_so_many_producers_only_and_a_heartbeat_replaces_them() {
    let (table, instance, at) = (ClientTable::default(), InstanceNo(1), ConnectionId(1));
    for number in 0..64 {
        assert!(table.put_producer(instance, OWNER, at, producer("p", &format!("GID_{number}"))).is_ok());
    }
    let more = || table.put_producer(instance, OWNER, at, producer("p", "GID_more"));
    assert_eq!(more().unwrap_err(), TableFull::Producers);
    table.keep_producers(at, "p", |_, name| **name == *"GID_7");
    assert!(more().is_ok());
    let names: Vec<_> = table.producers(instance).into_iter().map(|p| p.group_name).collect();
    assert_eq!(names, ["GID_7".into(), Arc::<str>::from("GID_more")]);
    table.disconnect(at);
    assert!(table.producers(instance).is_empty());
}

#[test]
fn nothing_is_left_of_who_is_gone() {
    let table = ClientTable::default();
    let instance = InstanceNo(1);
    for connection in 0..8 {
        table.put_member(GROUP, OWNER, member("c", connection, &[])).expect("room");
        table.put_producer(instance, OWNER, ConnectionId(connection), producer("p", "GID_p")).expect("room");
    }
    table.disconnect(ConnectionId(0));
    table.leave_group(GROUP, "c", ConnectionId(1));
    table.remove_producer("GID_p", "p", ConnectionId(1));
    table.forget_instance(instance);
    table.expire(Duration::from_secs(121));
    assert_eq!(format!("{:?}", table.tables.lock()), format!("{:?}", Tables::default()));
}
