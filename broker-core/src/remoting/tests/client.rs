use super::*;

fn heartbeat(client_id: &str, groups: &[&str]) -> Vec<u8> {
    let groups: Vec<_> = groups
        .iter()
        .map(|group| {
            format!(
                r#"{{"groupName":"{group}","consumeType":"CONSUME_PASSIVELY","messageModel":"CLUSTERING","consumeFromWhere":"CONSUME_FROM_LAST_OFFSET","subscriptionDataSet":[{{"topic":"orders","subString":"TagA","subVersion":1}}]}}"#
            )
        })
        .collect();
    format!(r#"{{"clientID":"{client_id}","consumerDataSet":[{}]}}"#, groups.join(",")).into_bytes()
}

#[test]
fn members_are_listed_and_told_of_changes() {
    let house = House::new();
    let mut first = house.client();
    let nobody = first.ask(38, &[("consumerGroup", "GID_x")], b"");
    assert_eq!((nobody.code, nobody.remark.as_str()), (1, "no consumer for this group, GID_x"));
    first.send_only(34, &[], &heartbeat("a@1", &["GID_x"]));
    assert_eq!(first.answer().code, 0);
    let notice = first.answer();
    assert_eq!((notice.code, notice.flag, notice.coding), (40, 2, Coding::Json));
    assert_eq!(notice.fields["consumerGroup"], "GID_x");
    // Over the shared port the same group has its complete name.
    let mut second = Client::connect(house.shared(), Some("TNown"));
    second.send_only(34, &[], &heartbeat("b@2", &[&format!("{INSTANCE_ID}%GID_x")]));
    let mut codes = [second.answer(), second.answer()].map(|answer| answer.code);
    codes.sort_unstable();
    assert_eq!(codes, [0, 40]);
    assert_eq!(first.answer().code, 40);
    let members = first.ask(38, &[("consumerGroup", "GID_x")], b"");
    assert_eq!(members.body, br#"{"consumerIdList":["a@1","b@2"]}"#);
    // Its end is told without a word of its own.
    drop(second);
    assert_eq!(first.answer().code, 40);
    assert_eq!(first.ask(38, &[("consumerGroup", "GID_x")], b"").body, br#"{"consumerIdList":["a@1"]}"#);
    assert_eq!(first.ask(35, &[("clientID", "a@1"), ("consumerGroup", "GID_x"), ("producerGroup", "")], b"").code, 0);
    assert_eq!(first.ask(38, &[("consumerGroup", "GID_x")], b"").code, 1);
}

#[test]
fn a_heartbeat_with_an_unknown_group_counts_for_the_others() {
    let house = House::new();
    let mut client = house.client();
    client.send_only(34, &[], &heartbeat("a@1", &["GID_none", "GID_x"]));
    assert_eq!(client.answer().code, 0);
    assert_eq!(client.answer().code, 40);
    assert!(house.refused(1, RefusalReason::GroupUnknown));
    let pulled = client.ask(11, &pull_fields("GID_none", "orders", "0", "4"), b"");
    assert_eq!(pulled.code, 26);
}

#[test]
fn the_subscription_of_the_heartbeat_is_the_filter_of_a_pull_without_one() {
    let house = House::new();
    let mut client = house.client();
    let without = pull_fields("GID_x", "orders", "0", "0");
    assert_eq!(client.ask(11, &without, b"").code, 24);
    client.send_only(34, &[], &heartbeat("a@1", &["GID_x"]));
    assert_eq!([client.answer().code, client.answer().code], [0, 40]);
    let mut fields = send_fields("orders");
    fields[8].1 = "TAGS\u{1}TagB\u{2}";
    assert_eq!(client.ask(310, &fields, b"b").code, 0);
    let passed = client.ask(11, &without, b"");
    assert_eq!((passed.code, passed.number("nextBeginOffset")), (20, 1));
}

#[test]
fn heartbeats_beyond_the_limits_end_the_connection() {
    let house = House::new();
    let mut client = house.client();
    let many: Vec<_> = (0..65).map(|_| "GID_x").collect();
    assert_eq!(client.ask(34, &[], &heartbeat("a@1", &many)).code, 29);
    assert!(client.is_closed());
    let mut client = house.client();
    assert_eq!(client.ask(34, &[], b"no json").code, 29);
    assert_eq!(client.send("orders", b"x").code, 0, "a malformed one does not");
}

#[test]
fn sql_subscribers_are_told_before_they_start() {
    let house = House::new();
    let mut client = house.client();
    let config = |kind: &str, group: &str| {
        format!(
            r#"{{"clientId":"c","group":"{group}","subscriptionData":{{"topic":"orders","subString":"a > 1","expressionType":"{kind}"}}}}"#
        )
    };
    assert_eq!(client.ask(46, &[], config("TAG", "GID_x").as_bytes()).code, 0);
    let refused = client.ask(46, &[], config("SQL92", "GID_x").as_bytes());
    assert!(refused.code == 1 && refused.remark.contains("SQL92"), "{refused:?}");
    assert_eq!(client.ask(46, &[], config("TAG", "GID_none").as_bytes()).code, 26);
}
