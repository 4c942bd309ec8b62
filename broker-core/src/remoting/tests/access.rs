use super::*;
use crate::remoting::rights::{self, Signature};

/// A good request of each code, naming things of `instance` (empty: bare names).
fn good(code: i32, instance: &str) -> (Vec<(&'static str, String)>, Vec<u8>) {
    let name = |local: &str| if instance.is_empty() { local.to_owned() } else { format!("{instance}%{local}") };
    let (topic, group) = (name("orders"), name("GID_x"));
    let owned = |fields: &[(&'static str, &str)]| fields.iter().map(|(n, v)| (*n, (*v).to_owned())).collect::<Vec<_>>();
    let queue = [("topic", topic.as_str()), ("queueId", "0")];
    let of_group = [("consumerGroup", group.as_str())];
    match code {
        10 => {
            let fields = [
                ("producerGroup", "GID_p"),
                ("topic", topic.as_str()),
                ("queueId", "0"),
                ("sysFlag", "0"),
                ("bornTimestamp", "1"),
                ("flag", "0"),
            ];
            (owned(&fields), b"x".to_vec())
        }
        310 => (owned(&send_fields(&topic)), b"x".to_vec()),
        320 => {
            let mut body = Vec::new();
            crate::protocol::message_batch::encode_element(&mut body, 0, b"x", "");
            (owned(&send_fields(&topic)), body)
        }
        11 | 361 => (owned(&pull_fields(&group, &topic, "0", "4")), Vec::new()),
        12 => {
            let more = [("key", "k"), ("maxNum", "1"), ("beginTimestamp", "0"), ("endTimestamp", "1")];
            (owned(&[&queue[..1], &more].concat()), Vec::new())
        }
        33 => (owned(&[("offset", "0")]), Vec::new()),
        14 => (owned(&[of_group.as_slice(), &queue].concat()), Vec::new()),
        15 => (owned(&[of_group.as_slice(), &queue, &[("commitOffset", "0")]].concat()), Vec::new()),
        29 => (owned(&[queue.as_slice(), &[("timestamp", "0")]].concat()), Vec::new()),
        30..=32 => (owned(&queue), Vec::new()),
        34 => {
            let body =
                format!(r#"{{"clientID":"c","consumerDataSet":[{{"groupName":"{group}","subscriptionDataSet":[]}}]}}"#);
            (Vec::new(), body.into_bytes())
        }
        35 => (owned(&[("clientID", "c"), ("consumerGroup", &group)]), Vec::new()),
        36 => (owned(&[("group", &group), ("offset", "0"), ("delayLevel", "0")]), Vec::new()),
        38 => (owned(&of_group), Vec::new()),
        46 => {
            let body = format!(
                r#"{{"clientId":"c","group":"{group}","subscriptionData":{{"topic":"{topic}","subString":"*"}}}}"#
            );
            (Vec::new(), body.into_bytes())
        }
        105 => (owned(&queue[..1]), Vec::new()),
        106 => (Vec::new(), Vec::new()),
        _ => panic!("code {code} has a row of rights and no test"),
    }
}

fn ask(client: &mut Client, code: i32, instance: &str) -> Answer {
    let (fields, body) = good(code, instance);
    let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    client.send_only(code, &fields, &body);
    // A heartbeat is followed by a notice.
    loop {
        let answer = client.answer();
        if answer.code != 40 {
            return answer;
        }
    }
}

/// What the owner gets for each code: exact, so that a refusal that moves is seen.
fn for_owner(code: i32) -> i32 {
    match code {
        11 | 361 => 0,
        12 => 22,
        33 => 22,
        36 => 3,
        _ => 0,
    }
}

/// What a caller gets for whom the thing does not exist.
fn as_missing(code: i32) -> i32 {
    match code {
        10 | 310 | 320 | 12 | 29 | 30 | 31 | 32 | 105 => 17,
        11 | 361 | 14 | 15 | 36 | 38 | 46 => 26,
        33 => 22,
        // Entries that may not be used are left out; leaving what one is not in changes nothing.
        34 | 35 | 106 => 0,
        _ => panic!("code {code} has a row of rights and no test"),
    }
}

#[test]
fn r48_every_code_is_tried_by_its_owner_without_rights_by_another_tenant_and_unsigned() {
    let house = House::new();
    for row in rights::TABLE {
        let code = row.code;
        // Something to be found, and a member.
        let mut owner = house.client();
        assert_eq!(owner.send("orders", b"x").code, 0);
        assert_eq!(ask(&mut owner, 34, "").code, 0);
        assert_eq!(ask(&mut owner, code, "").code, for_owner(code), "{code} by its owner");
        let mut shared = Client::connect(house.shared(), Some("TNown"));
        assert_eq!(ask(&mut shared, code, INSTANCE_ID).code, for_owner(code), "{code} by its owner, shared port");

        let mut other = Client::connect(house.shared(), Some("TNother"));
        assert_eq!(ask(&mut other, code, INSTANCE_ID).code, as_missing(code), "{code} by another tenant");
        let mut other = Client::connect(house.own, Some("TNother"));
        let through_own_door = if code == 106 { 0 } else { as_missing(code) };
        assert_eq!(ask(&mut other, code, "").code, through_own_door, "{code} by another tenant at this port");
        let mut missing = house.client();
        assert_eq!(
            ask(&mut missing, code, "MQ_INST_3000000000000003_Bnothing").code,
            as_missing(code),
            "{code} missing"
        );

        let mut poor = Client::connect(house.own, Some("TNpoor"));
        let denied = match code {
            // Denied in the same account, but a stranger must not learn it from a route.
            105 => 17,
            33 => 22,
            34 | 35 | 106 => 0,
            _ => 16,
        };
        assert_eq!(ask(&mut poor, code, "").code, denied, "{code} without rights");

        let mut unsigned = Client::connect(house.own, None);
        let answer = ask(&mut unsigned, code, "");
        let expected = if row.signature == Signature::Optional { 0 } else { 16 };
        assert_eq!(answer.code, expected, "{code} unsigned");
    }
}

#[test]
fn a_foreign_thing_answers_exactly_like_a_missing_one() {
    let house = House::new();
    for row in rights::TABLE.iter().filter(|row| row.signature == Signature::Required) {
        let mut client = house.client();
        let foreign = ask(&mut client, row.code, OTHER_ID);
        let missing = ask(&mut client, row.code, "MQ_INST_2000000000000002_Bnothing");
        let neutral = |answer: &Answer| answer.remark.replace("_Bnothing%", "_Babcdefg%");
        assert_eq!((foreign.code, neutral(&foreign)), (missing.code, neutral(&missing)), "{}", row.code);
        assert_eq!((&foreign.fields, &foreign.body), (&missing.fields, &missing.body), "{}", row.code);
    }
}

#[test]
fn r38_three_bad_signatures_close_and_routes_are_not_counted() {
    let house = House::new();
    let mut client = Client::connect(house.own, Some("TNnone"));
    let routes: Vec<_> = (0..5)
        .map(|_| client.ask(105, &[("topic", "nothing")], b""))
        .map(|answer| (answer.code, answer.body))
        .collect();
    assert!(routes.iter().all(|route| *route == routes[0]) && routes[0].0 == 0);
    assert!(String::from_utf8_lossy(&routes[0].1).contains(r#""readQueueNums":4"#));
    assert_eq!(client.ask(105, &[("topic", "TBW102")], b"").code, 17);
    // The fourth may have been sent before the end of the connection was seen: it is answered like the others.
    let remarks = [(); 4].map(|()| client.send("orders", b"x")).map(|answer| (answer.code, answer.remark));
    assert!(
        remarks.iter().all(|(code, remark)| *code == 16 && remark.contains("check signature failed")),
        "{remarks:?}"
    );
    assert!(client.is_closed());
    assert!(house.refused(1, RefusalReason::UnknownKey), "under the account of the port");
}

#[test]
fn r38_a_second_key_closes_the_connection() {
    let house = House::new();
    let mut client = house.client();
    assert_eq!(client.send("orders", b"x").code, 0);
    client.key = Some("TNother");
    assert_eq!(client.send("orders", b"x").code, 16);
    assert!(client.is_closed());
    assert!(house.refused(1, RefusalReason::KeyChanged));
}

#[test]
fn r38_a_disabled_key_closes_its_connections() {
    let house = House::new();
    let (mut busy, mut idle) = (house.client(), house.client());
    for client in [&mut busy, &mut idle] {
        assert_eq!(client.send("orders", b"x").code, 0);
    }
    house.keys.disable("TNown");
    assert_eq!(busy.send("orders", b"x").code, 16);
    house.ops.long_polling.mailboxes.recheck();
    assert!(idle.is_closed() && busy.is_closed());
}

#[test]
fn a_bare_name_on_the_shared_port_is_told_the_endpoint() {
    let house = House::new();
    let mut client = Client::connect(house.shared(), Some("TNown"));
    let answer = client.send("orders", b"x");
    assert_eq!(answer.code, 17);
    assert!(answer.remark.contains("http://127.0.0.1:9901"), "{}", answer.remark);
    assert!(house.refused(1, RefusalReason::BareNameOnSharedPort));
}

#[test]
fn the_listener_without_keys_takes_clients_as_they_come() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound");
    let house = House::with(Some(UnsignedListener { port: free.port(), instance: INSTANCE_ID.to_owned() }));
    let mut client = Client::connect(free, None);
    assert_eq!(client.send("orders", b"x").code, 0);
    assert_eq!(client.ask(105, &[("topic", "nothing")], b"").code, 17, "true answers, also to routes");
    assert_eq!(client.send(&format!("{OTHER_ID}%orders"), b"x").code, 17);
    let answer = client.ask(11, &[], b"");
    assert!(answer.code == 29 && answer.remark.contains("consumerGroup"), "c02 (e): {answer:?}");
    drop(house);
}

#[test]
fn a_held_pull_does_not_outlive_its_right() {
    let house = House::new();
    let mut consumer = house.client();
    consumer.send_only(11, &pull_fields("GID_x", "orders", "0", "6"), b"");
    assert_eq!(consumer.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    // A change that concerns others leaves it held.
    house.keys.take_grants("TNother");
    house.ops.long_polling.mailboxes.recheck();
    assert_eq!(consumer.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    assert_eq!(house.remoting.held_pulls(), 1);
    house.keys.take_grants("TNown");
    house.ops.long_polling.mailboxes.recheck();
    let answer = consumer.answer();
    assert_eq!((answer.opaque, answer.code), (1, 16), "{answer:?}");
    assert_eq!(house.remoting.held_pulls(), 0);
    assert!(house.refused(1, RefusalReason::NotGranted));
}

#[test]
fn a_disabled_key_is_listed_as_one() {
    let house = House::new();
    house.keys.disable("TNown");
    let answer = house.client().send("orders", b"x");
    assert!(answer.code == 16 && answer.remark.contains("check signature failed"), "{answer:?}");
    assert!(house.refused(1, RefusalReason::DisabledKey) && !house.refused(1, RefusalReason::UnknownKey));
}

#[test]
fn what_needs_no_signature_has_no_large_body() {
    let house = House::new();
    for (code, bytes) in [(105, 4_097), (106, 4_097), (105, 1 << 20)] {
        let mut stranger = Client::connect(house.own, Some("TNnone"));
        stranger.send_only(code, &[("topic", "orders")], &vec![b'x'; bytes]);
        assert!(stranger.is_closed());
    }
    assert!(house.refused(1, RefusalReason::LimitReached));
    let mut newline = house.client();
    assert_eq!(newline.ask(105, &[("topic", "orders")], b"\n").code, 0);
}
