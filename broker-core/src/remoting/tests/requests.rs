use super::*;
use crate::protocol::message::Message;

fn full(name: &str) -> String {
    format!("{INSTANCE_ID}%{name}")
}

fn records(mut body: &[u8]) -> Vec<(String, String)> {
    let mut all = Vec::new();
    while !body.is_empty() {
        let message = Message::decode(body).expect("a record");
        all.push((message.topic.to_owned(), String::from_utf8_lossy(message.body).into_owned()));
        body = &body[message.total_size..];
    }
    all
}

#[test]
fn a_message_is_stored_and_pulled_in_the_names_of_each_client() {
    let house = House::new();
    let mut bare = house.client();
    let sent = bare.send("orders", b"hello");
    assert_eq!(sent.code, 0, "{sent:?}");
    assert_eq!((sent.number("queueId"), sent.number("queueOffset")), (0, 0));
    assert_eq!((sent.fields["MSG_REGION"].as_str(), sent.fields["TRACE_ON"].as_str()), ("local", "false"));
    assert!(sent.fields["msgId"].starts_with("7F000001000026AD"), "own port in the id: {sent:?}");

    let pulled = bare.ask(11, &pull_fields("GID_x", "orders", "0", "4"), b"");
    assert_eq!((pulled.code, pulled.number("nextBeginOffset")), (0, 1));
    assert_eq!(records(&pulled.body), [("orders".to_owned(), "hello".to_owned())]);

    let (topic, group) = (full("orders"), full("GID_x"));
    let mut complete = Client::connect(house.shared(), Some("TNown"));
    let pulled = complete.ask(361, &pull_fields(&group, &topic, "0", "4"), b"");
    assert_eq!(records(&pulled.body), [(topic.clone(), "hello".to_owned())]);
    // A prefixed name counts on the instance's port as well.
    assert_eq!(bare.send(&topic, b"again").code, 0);

    let position = sent.fields["msgId"].get(16..).and_then(|hex| i64::from_str_radix(hex, 16).ok()).expect("an id");
    let viewed = bare.ask(33, &[("offset", &position.to_string())], b"");
    assert_eq!(records(&viewed.body), [("orders".to_owned(), "hello".to_owned())]);
    let viewed = complete.ask(33, &[("offset", &position.to_string())], b"");
    assert_eq!(records(&viewed.body)[0].0, topic);
    let missing = bare.ask(33, &[("offset", &(position + 1).to_string())], b"");
    assert_eq!((missing.code, missing.body.len()), (22, 0));
}

#[test]
fn binary_requests_are_answered_in_binary() {
    let house = House::new();
    let mut client = house.client();
    client.coding = Coding::Binary;
    let sent = client.send("orders", b"hello");
    assert_eq!((sent.code, sent.coding), (0, Coding::Binary));
    assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").number("offset"), 1);
    client.coding = Coding::Json;
    assert_eq!(client.ask(31, &[("topic", "orders"), ("queueId", "0")], b"").coding, Coding::Json);
}

#[test]
fn pipelined_requests_are_all_answered() {
    let house = House::new();
    let mut client = house.client();
    let mut bytes = Vec::new();
    for number in 0..1_000 {
        bytes.extend(client.frame(310, 0, &send_fields("orders"), format!("m{number}").as_bytes()));
    }
    // In two pieces that cut a frame.
    let (first, second) = bytes.split_at(bytes.len() / 2 + 7);
    client.write(first);
    client.write(second);
    let mut offsets: Vec<_> =
        (0..1_000).map(|_| client.answer()).map(|a| (a.number("queueOffset"), a.opaque)).collect();
    offsets.sort_unstable();
    let expected: Vec<_> = (0..1_000).map(|n| (i64::from(n), n + 1)).collect();
    assert_eq!(offsets, expected);
}

#[test]
fn a_one_way_request_is_served_and_not_answered() {
    let house = House::new();
    let mut client = house.client();
    let one_way = client.frame(310, 2, &send_fields("orders"), b"one way");
    client.write(&one_way);
    let after = client.send("orders", b"two way");
    assert_eq!((after.opaque, after.number("queueOffset")), (2, 1));
    let commit = [("consumerGroup", "GID_x"), ("topic", "orders"), ("queueId", "0"), ("commitOffset", "2")];
    let one_way = client.frame(15, 2, &commit, b"");
    client.write(&one_way);
    let asked = client.ask(14, &commit[..3], b"");
    assert_eq!((asked.code, asked.number("offset")), (0, 2));
}

#[test]
fn a_held_pull_is_answered_when_a_message_arrives() {
    let house = House::new();
    let mut consumer = house.client();
    consumer.send_only(11, &pull_fields("GID_x", "orders", "0", "6"), b"");
    // Answered after the pull was read, since both come over one connection.
    consumer.send_only(30, &[("topic", "orders"), ("queueId", "0")], b"");
    assert_eq!(consumer.answer().opaque, 2);
    assert_eq!(house.client().send("orders", b"hello").code, 0);
    let pulled = consumer.answer();
    assert_eq!((pulled.opaque, pulled.code), (1, 0));
    assert_eq!(records(&pulled.body), [("orders".to_owned(), "hello".to_owned())]);
}

#[test]
fn a_held_pull_is_answered_when_its_time_is_over() {
    let house = House::new();
    let mut consumer = house.client();
    consumer.send_only(11, &pull_fields("GID_x", "orders", "0", "6"), b"");
    consumer.send_only(30, &[("topic", "orders"), ("queueId", "0")], b"");
    assert_eq!(consumer.answer().opaque, 2);
    house.clock.advance(Duration::from_secs(16));
    let pulled = consumer.answer();
    assert_eq!((pulled.opaque, pulled.code), (1, 19));
    for field in ["nextBeginOffset", "minOffset", "maxOffset", "suggestWhichBrokerId"] {
        assert_eq!(pulled.number(field), 0);
    }
}

#[test]
fn c02_a_missing_field_is_named_and_the_connection_goes_on() {
    let house = House::new();
    let mut client = house.client();
    let answer = client.ask(11, &[], b"");
    assert_eq!(answer.code, 29);
    assert!(answer.remark.contains("consumerGroup"), "{}", answer.remark);
    assert_eq!(client.send("orders", b"x").code, 0);
}

#[test]
fn c08_bodies_up_to_the_limit_are_taken_and_one_byte_more_is_told() {
    let house = House::new();
    let mut client = house.client();
    let mut body = vec![b'x'; 4_194_304];
    assert_eq!(client.send("orders", &body).code, 0);
    let pulled = client.ask(11, &pull_fields("GID_x", "orders", "0", "4"), b"");
    assert_eq!(records(&pulled.body)[0].1.len(), 4_194_304);
    body.push(b'x');
    let answer = client.send("orders", &body);
    assert_eq!(answer.code, 13);
    assert!(answer.remark.contains("4194304") && answer.remark.contains("4194305"), "{}", answer.remark);
    assert_eq!(client.send("orders", b"x").code, 0);
}

#[test]
fn c09_batches_in_every_dialect_have_all_their_ids() {
    let house = House::new();
    let mut client = house.client();
    let mut body = Vec::new();
    for one in ["m1", "m2", "m3"] {
        crate::protocol::message_batch::encode_element(&mut body, 0, one.as_bytes(), "");
    }
    let letters = send_fields("orders");
    let with_flag = [letters.as_slice(), &[("m", "true")]].concat();
    let long = [
        ("producerGroup", "G"),
        ("topic", "orders"),
        ("queueId", "0"),
        ("sysFlag", "0"),
        ("bornTimestamp", "1"),
        ("flag", "0"),
        ("batch", "1"),
    ];
    for (code, fields, first) in
        [(320, letters.as_slice(), 0), (310, with_flag.as_slice(), 3), (10, long.as_slice(), 6)]
    {
        let answer = client.ask(code, fields, &body);
        assert_eq!((answer.code, answer.number("queueOffset")), (0, first), "{answer:?}");
        assert_eq!(answer.fields["msgId"].split(',').count(), 3);
    }
    body.truncate(body.len() - 1);
    assert_eq!(client.ask(320, &letters, &body).code, 13);
    assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").number("offset"), 9);
}

#[test]
fn routes_name_the_door_that_the_client_came_through() {
    let house = House::new();
    let route = |client: &mut Client, topic: &str| {
        let answer = client.ask(105, &[("topic", topic)], b"");
        (answer.code, String::from_utf8(answer.body).expect("a text"))
    };
    let mut own = house.client();
    let (code, text) = route(&mut own, "orders");
    assert_eq!(code, 0);
    assert!(text.contains(&format!(r#""brokerAddrs":{{"0":"{}"}},"brokerName":"{INSTANCE_ID}""#, house.own)), "{text}");
    assert!(text.contains(r#""readQueueNums":4"#) && !text.contains(' '), "{text}");
    let mut shared = Client::connect(house.shared(), Some("TNown"));
    let (code, text) = route(&mut shared, &full("orders"));
    assert_eq!(code, 0);
    assert!(text.contains(&house.shared().to_string()), "{text}");
    let (code, text) = route(&mut own, "%RETRY%GID_x");
    assert!(code == 0 && text.contains(r#""readQueueNums":1"#), "{text}");
    for missing in ["TBW102", "nothing", "%DLQ%GID_x", "RMQ_SYS_TRACE_TOPIC", "a b"] {
        assert_eq!(route(&mut own, missing).0, 17, "{missing}");
    }
    let cluster = own.ask(106, &[], b"");
    assert!(String::from_utf8_lossy(&cluster.body).contains(&house.own.to_string()));
}

#[test]
fn what_is_not_built_is_refused_with_its_reason() {
    let house = House::new();
    let mut client = house.client();
    for code in [37, 41, 42, 200_050, 999_999, -1] {
        let answer = client.ask(code, &[], b"\xFF");
        assert_eq!(answer.code, 3, "{code}");
        assert_eq!(answer.remark, format!(" request type {code} not supported"));
    }
    let back = client.ask(36, &[("group", "GID_x"), ("offset", "0"), ("delayLevel", "0")], b"");
    assert_eq!(back.code, 3);
    assert!(back.remark.contains("retry"), "{}", back.remark);
    let retry = client.send("%RETRY%GID_x", b"x");
    assert_eq!(retry.code, 13, "a code that clients do not send again");
    assert_eq!(client.send("%RETRY%GID_none", b"x").code, 17);
    assert!(house.refused(1, RefusalReason::UnsupportedRequest));
    client.coding = Coding::Binary;
    assert_eq!(client.ask(3442, &[], b"").code, 3, "c40: pop in a binary header");
}

#[test]
fn look_up_by_key_tells_why_nothing_is_found() {
    let house = House::new();
    let mut client = house.client();
    let mut fields = send_fields("orders");
    fields[8].1 = "KEYS\u{1}k1 k2\u{2}UNIQ_KEY\u{1}7F00000100002A9F0000000000001000\u{2}";
    assert_eq!(client.ask(310, &fields, b"hello").code, 0);
    let query = |key: &'static str, unique: &'static str| {
        [
            ("topic", "orders"),
            ("key", key),
            ("maxNum", "32"),
            ("beginTimestamp", "0"),
            ("endTimestamp", "9223372036854775807"),
            ("_UNIQUE_KEY_QUERY", unique),
        ]
    };
    for (key, unique) in [("k1", "false"), ("k2", "false"), ("7F00000100002A9F0000000000001000", "true")] {
        let found = client.ask(12, &query(key, unique), b"");
        assert_eq!(records(&found.body), [("orders".to_owned(), "hello".to_owned())], "{key}");
        assert!(found.number("indexLastUpdateTimestamp") > 0 && found.number("indexLastUpdatePhyoffset") > 0);
    }
    for (key, word) in [("k3", "range"), ("k1 k2", "single word"), ("", "single word")] {
        let missing = client.ask(12, &query(key, "false"), b"");
        assert!(missing.code == 22 && missing.remark.contains(word), "{missing:?}");
    }
    for _ in 0..33 {
        assert_eq!(client.ask(310, &fields, b"again").code, 0);
    }
    let found = client.ask(12, &query("k1", "false"), b"");
    assert_eq!((found.code, records(&found.body).len()), (0, 32));
    assert!(found.remark.contains("more messages exist"), "{}", found.remark);
}

/// What comes with a search is served after it, in turns of its own.
#[test]
fn requests_behind_a_search_are_answered_in_their_order() {
    let house = House::new();
    let mut client = house.client();
    let query = [
        ("topic", "orders"),
        ("key", "k"),
        ("maxNum", "32"),
        ("beginTimestamp", "0"),
        ("endTimestamp", "9223372036854775807"),
        ("_UNIQUE_KEY_QUERY", "false"),
    ];
    let bounds = [("topic", "orders"), ("queueId", "0")];
    let codes = [12, 12, 30, 12, 30];
    let frames: Vec<u8> = codes
        .iter()
        .flat_map(|code| match code {
            12 => client.frame(12, 0, &query, b""),
            code => client.frame(*code, 0, &bounds, b""),
        })
        .collect();
    client.write(&frames);
    let answered: Vec<_> = codes.iter().map(|_| client.answer().code).collect();
    assert_eq!(answered, [22, 22, 0, 22, 0]);
}
