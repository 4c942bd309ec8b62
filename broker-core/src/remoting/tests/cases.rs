//! Cases of `docs/rules.md`, at the door.

use super::*;
use crate::protocol::message::{Message, sys_flag};

/// A frame around a header as it stands.
fn raw(coding: u32, header: &[u8], body: &[u8]) -> Vec<u8> {
    let mut frame = (header.len() as u32 + 4 + body.len() as u32).to_be_bytes().to_vec();
    frame.extend_from_slice(&(coding << 24 | header.len() as u32).to_be_bytes());
    frame.extend_from_slice(header);
    frame.extend_from_slice(body);
    frame
}

fn lying_frames() -> Vec<Vec<u8>> {
    let start = |total: i32, word: u32| [total.to_be_bytes(), word.to_be_bytes()].concat();
    let binary = |tail: &[&[u8]]| {
        let head: &[u8] = &[0, 11, 0, 1, 0x99, 0, 0, 0, 7, 0, 0, 0, 0];
        raw(1, &[&[head], tail].concat().concat(), b"")
    };
    let (none, most): (&[u8], &[u8]) = (&[0; 4], &[0x7F, 0xFF, 0xFF, 0xFF]);
    vec![
        start(3, 0),
        start(4, 0),
        start(100, 2 << 24 | 50),
        start(100, 100),
        binary(&[most, none]),
        binary(&[&[0xFF; 4], none]),
        binary(&[none, &[0, 0, 0, 3], &[0, 0]]),
        binary(&[none, &[0, 0, 0, 8], &[0xFF, 0xFF], b"a", none, b"b"]),
        binary(&[none, &[0, 0, 0, 8], &[0, 1], b"a", most, b"b"]),
        start(0x7FFF_FFFF, 50),
        start(-1, 50),
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
    ]
}

#[test]
fn c01_lying_frames_end_their_own_connection_only_and_are_counted() {
    const REPEATS: u64 = 1_000;
    let house = House::new();
    let mut neighbour = house.client();
    let frames = lying_frames();
    for round in 0..REPEATS {
        for bytes in &frames {
            let mut liar = Client::connect(house.own, None);
            liar.write(bytes);
            assert!(liar.try_answer().is_none(), "{bytes:?}");
            // Leaves no port behind that waits for a minute.
            let _ = socket2::SockRef::from(&liar.socket).set_linger(Some(Duration::ZERO));
        }
        if round % 50 == 0 {
            assert_eq!(neighbour.send("orders", b"x").code, 0);
        }
    }
    let closed = [RefusalReason::MalformedFrame, RefusalReason::FrameTooLarge].map(|reason| {
        let refusals = house.refusals(1);
        refusals.iter().filter(|refusal| refusal.reason == reason).map(|refusal| refusal.count).sum::<u64>()
    });
    assert_eq!(closed, [10 * REPEATS, 2 * REPEATS]);
    assert!(house.remoting.shared.admission.buffer_bytes() < 1 << 20, "nothing follows the lying numbers");
}

#[test]
fn c02_a_null_field_may_be_signed_as_absent_or_as_its_text() {
    let house = House::new();
    let mut client = house.client();
    for (opaque, null) in [(1, ""), (2, "null")] {
        let mut signed = mac("own-secret");
        let mut fields: Vec<(&str, &str)> = send_fields("orders").to_vec();
        fields.insert(0, ("AccessKey", "TNown"));
        fields.extend([("j", null), ("k", null), ("m", null)]);
        fields.iter().for_each(|(_, value)| signed.update(value.as_bytes()));
        signed.update(b"body");
        use base64::Engine as _;
        let signature = base64::engine::general_purpose::STANDARD.encode(signed.finalize().into_bytes());
        let signature = ("Signature", signature.as_str());
        let texts = fields.iter().take(10).chain([&signature]);
        let texts: Vec<_> = texts.map(|(name, value)| format!("{name:?}:{}", serde_json::json!(value))).collect();
        let header = format!(
            r#"{{"code":310,"opaque":{opaque},"extFields":{{{},"j":null,"k":null,"m":null}}}}"#,
            texts.join(",")
        );
        client.write(&raw(0, header.as_bytes(), b"body"));
        let answer = client.answer();
        assert_eq!((answer.code, answer.opaque), (0, opaque), "{answer:?}");
    }
}

#[test]
fn c04_a_header_that_grows_by_escaping_arrives_with_the_largest_body() {
    let house = House::new();
    let mut client = house.client();
    let body: Vec<u8> = (0..4_194_304_u32).map(|at| (at % 251) as u8).collect();
    for (offset, text) in ["<".repeat(11_000), "\"".repeat(31_600)].into_iter().enumerate() {
        let properties = format!("x\u{1}{text}\u{2}");
        let mut fields = send_fields("orders");
        fields[8].1 = &properties;
        let frame = client.frame(310, 0, &fields, &body);
        // Go writes these as six characters each.
        let Ok(Peek::Whole(parts)) = peek(&frame) else { panic!("a whole frame") };
        let header = String::from_utf8(frame[parts.header].to_vec()).expect("JSON").replace('<', "\\u003c");
        client.write(&raw(0, header.as_bytes(), &body));
        let answer = client.answer();
        assert_eq!(answer.code, 0, "{answer:?}");
        let pulled = client.ask(11, &pull_fields("GID_x", "orders", &offset.to_string(), "4"), b"");
        let message = Message::decode(&pulled.body).expect("a record");
        assert!(message.body == body, "the body is the same");
        assert_eq!(message.properties.get("x"), Some(text.as_str()));
    }
}

#[test]
fn c08_just_below_the_limit_and_compressed_bodies_arrive_as_they_are() {
    let house = House::new();
    let mut client = house.client();
    assert_eq!(client.send("orders", &vec![b'x'; 4_194_303]).code, 0);
    let compressed = [0x78, 0x9C, 0xFF, 0x00, 0x80];
    let mut fields = send_fields("orders");
    fields[5].1 = "1";
    assert_eq!(client.ask(310, &fields, &compressed).code, 0);
    let pulled = client.ask(11, &pull_fields("GID_x", "orders", "0", "4"), b"");
    assert_eq!(Message::decode(&pulled.body).expect("a record").body.len(), 4_194_303);
    let pulled = client.ask(11, &pull_fields("GID_x", "orders", "1", "4"), b"");
    let message = Message::decode(&pulled.body).expect("a record");
    assert_eq!((message.body, message.sys_flag & sys_flag::COMPRESSED), (compressed.as_slice(), 1));
}

#[test]
fn c09_a_batch_to_a_retry_topic_is_refused_and_stores_nothing() {
    let house = House::new();
    let mut client = house.client();
    let mut body = Vec::new();
    crate::protocol::message_batch::encode_element(&mut body, 0, b"m1", "");
    let retry = client.ask(320, &send_fields("%RETRY%GID_x"), &body);
    assert_eq!(retry.code, 13, "{retry:?}");
    let with_flag = [send_fields("orders").as_slice(), &[("m", "true")]].concat();
    assert_eq!(client.ask(310, &with_flag, b"").code, 13, "an empty batch");
    assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").number("offset"), 0);
}

#[test]
fn c10_the_type_rule_names_what_is_expected_and_what_came() {
    let house = House::new();
    let scheduled = Topic { message_type: MessageType::Scheduled, name: "later".into(), ..house.orders(3) };
    assert!(house.ops.put_topic(scheduled));
    let mut client = house.client();
    for properties in ["", "DELAY\u{1}0\u{2}"] {
        let mut fields = send_fields("later");
        fields[8].1 = properties;
        let answer = client.ask(310, &fields, b"x");
        assert_eq!(answer.code, 13);
        assert_eq!(answer.remark, "the Topic takes scheduled messages, this one is normal");
    }
    let mut fields = send_fields("orders");
    fields[8].1 = "__SHARDINGKEY\u{1}k\u{2}";
    assert_eq!(client.ask(310, &fields, b"x").code, 0, "a sharding key alone is normal");
}

#[test]
fn c13_a_pull_on_a_queue_that_is_not_there_is_told_so() {
    let house = House::new();
    let mut client = house.client();
    for queue in ["4", "-1"] {
        let mut fields = pull_fields("GID_x", "orders", "0", "4");
        fields[2].1 = queue;
        let answer = client.ask(11, &fields, b"");
        assert_eq!(answer.code, 29);
        assert!(answer.remark.contains("readQueueNums:[4]"), "{}", answer.remark);
    }
    assert_eq!(client.send("orders", b"x").code, 0);
}

#[test]
fn c17_requests_of_a_deleted_group_are_told_so() {
    let house = House::new();
    let mut client = house.client();
    client.send_only(11, &pull_fields("GID_x", "orders", "0", "6"), b"");
    assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    house.ops.remove_group(GroupNo(1));
    assert_eq!(client.answer().code, 26, "the pull that was held");
    let commit = [("consumerGroup", "GID_x"), ("topic", "orders"), ("queueId", "0"), ("commitOffset", "0")];
    assert_eq!(client.ask(38, &commit[..1], b"").code, 26);
    assert_eq!(client.ask(15, &commit, b"").code, 26);
    assert_eq!(client.ask(11, &pull_fields("GID_x", "orders", "0", "4"), b"").code, 26);
    assert_eq!(client.send("orders", b"x").code, 0);
}

#[test]
fn c18_members_are_told_when_what_one_subscribes_changes() {
    let house = House::new();
    let mut client = house.client();
    let beat = |topic: &str, version: u64| {
        format!(
            r#"{{"clientID":"a@1","consumerDataSet":[{{"groupName":"GID_x","messageModel":"CLUSTERING","subscriptionDataSet":[{{"topic":"{topic}","subString":"*","subVersion":{version}}}]}}]}}"#
        )
    };
    for (topic, version, told) in [("orders", 9, true), ("orders", 8, false), ("other", 7, true)] {
        client.send_only(34, &[], beat(topic, version).as_bytes());
        assert_eq!(client.answer().code, 0);
        if told {
            assert_eq!(client.answer().code, 40, "{topic}");
        }
        assert_eq!(client.ask(38, &[("consumerGroup", "GID_x")], b"").code, 0, "and no more");
    }
}

#[test]
fn c35_the_boundary_is_read_in_every_spelling() {
    let house = House::new();
    let mut client = house.client();
    assert_eq!(client.send("orders", b"first").code, 0);
    house.clock.advance(Duration::from_millis(100));
    assert_eq!(client.send("orders", b"second").code, 0);
    let between = (START_MS + 50).to_string();
    let queue = [("topic", "orders"), ("queueId", "0"), ("timestamp", between.as_str())];
    for (field, spelling, offset) in [
        ("boundaryType", "LOWER", 1),
        ("boundaryType", "lower", 1),
        ("boundaryType", "", 1),
        ("boundaryType", "UPPER", 0),
        ("boundaryType", "upper", 0),
        ("boundary", "UPPER", 0),
        ("other", "UPPER", 1),
    ] {
        let fields = [queue.as_slice(), &[(field, spelling)]].concat();
        assert_eq!(client.ask(29, &fields, b"").number("offset"), offset, "{field} {spelling}");
    }
}
