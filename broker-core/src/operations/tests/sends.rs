use super::super::testing::{Bench, OTHER_ID, START_MS};
use crate::SendError;
use crate::limits;
use crate::metadata::MessageType;
use crate::protocol::message::{Message, sys_flag};
use crate::protocol::message_batch::encode_element;
use crate::store::Found;

fn stored(bench: &Bench, position: u64) -> Found {
    bench.ops.store.message_at(position).expect("readable").expect("a message")
}

fn max_offset(bench: &Bench, queue_id: i32) -> i64 {
    bench.ops.queue_bounds(&bench.topic("orders"), queue_id).expect("a queue").max
}

#[test]
fn a_message_is_stored_with_its_wire_name_hosts_and_the_servers_notes() {
    let bench = Bench::new();
    let sent = bench.send("hi", "TAGS\u{1}TagA\u{2}KEYS\u{1}k1\u{2}a\u{1}1\u{2}");
    let found = stored(&bench, sent.position);
    let message = Message::decode(&found.message).expect("a record");
    assert_eq!(message.topic, format!("{}%orders", super::super::testing::INSTANCE_ID));
    assert_eq!(message.store_host.to_string(), "127.0.0.1:19876", "c06: advertised address and the instance's port");
    assert_eq!(message.born_host.to_string(), "10.0.0.9:40000");
    assert_eq!((message.queue_offset, message.born_timestamp), (0, START_MS));
    let get = |name| message.properties.get(name);
    assert_eq!((get("TAGS"), get("KEYS"), get("a")), (Some("TagA"), Some("k1"), Some("1")));
    assert_eq!((get("MSG_REGION"), get("TRACE_ON")), (Some("local"), Some("false")));
    assert_eq!(get("UNIQ_KEY").map(str::len), Some(32), "made up where the client sent none");
}

#[test]
fn c07_properties_up_to_the_reserve_are_stored_and_more_are_not() {
    let bench = Bench::new();
    let text = |bytes: usize| format!("x\u{1}{}\u{2}", "v".repeat(bytes - 3));
    let at_limit = text(limits::PROPERTY_BYTES_MAX);
    let sent = bench.send("b", &at_limit);
    let found = stored(&bench, sent.position);
    let message = Message::decode(&found.message).expect("a record");
    assert_eq!(message.properties.get("x").map(str::len), Some(limits::PROPERTY_BYTES_MAX - 3));
    assert!(message.properties.as_str().len() <= 32_767);
    for bytes in [limits::PROPERTY_BYTES_MAX + 1, 32_767, 32_768] {
        let text = text(bytes);
        let refused = bench.try_send(|r| r.properties = &text);
        assert!(matches!(refused, Err(SendError::Illegal { .. })), "{bytes}");
    }
    assert_eq!(max_offset(&bench, 0), 1);
}

#[test]
fn c08_a_body_of_4_mib_is_stored_and_one_more_byte_is_named() {
    let bench = Bench::new();
    let body = vec![b'x'; limits::BODY_BYTES_MAX + 1];
    let send = |bytes: usize| bench.try_send(|r| r.body = &body[..bytes]);
    let refused = send(4_194_305).expect_err("too large").to_string();
    assert!(refused.contains("4194304") && refused.contains("4194305"), "{refused}");
    assert!(matches!(send(0), Err(SendError::Illegal { .. })));
    assert_eq!(max_offset(&bench, 0), 0);
}

#[test]
fn c09_a_batch_is_stored_whole_or_not_at_all() {
    let bench = Bench::new();
    let mut good = Vec::new();
    for (body, id) in [("m1", "AA01"), ("m2", "AA02"), ("m3", "AA03")] {
        encode_element(&mut good, 0, body.as_bytes(), &format!("UNIQ_KEY\u{1}{id}\u{2}"));
    }
    let send = |body: &[u8], flag: i32| {
        bench.try_send(|r| {
            (r.body, r.batch, r.sys_flag, r.queue_id) = (body, true, flag, 1);
        })
    };
    let records = send(&good, 0).expect("stored");
    bench.settle();
    assert_eq!(records.iter().map(|r| r.queue_offset).collect::<Vec<_>>(), [0, 1, 2]);
    let mut second_delayed = Vec::new();
    encode_element(&mut second_delayed, 0, b"m1", "");
    encode_element(&mut second_delayed, 0, b"m2", "DELAY\u{1}3\u{2}");
    let mut second_empty = Vec::new();
    encode_element(&mut second_empty, 0, b"m1", "");
    encode_element(&mut second_empty, 0, b"", "");
    let mut long_properties = good.clone();
    encode_element(&mut long_properties, 0, b"m", &format!("x\u{1}{}", "v".repeat(0x7FFE)));
    let many: Vec<u8> = std::iter::repeat_n(&good[..good.len() / 3], 1_025).flatten().copied().collect();
    let bad: [(&str, &[u8], i32); 8] = [
        ("compressed", &good, sys_flag::COMPRESSED),
        ("cut off", &good[..good.len() - 1], 0),
        ("empty", b"", 0),
        ("zero total", &[0, 0, 0, 0], 0),
        ("delayed element", &second_delayed, 0),
        ("empty element", &second_empty, 0),
        ("properties too long", &long_properties, 0),
        ("too many", &many, 0),
    ];
    for (what, body, flag) in bad {
        assert!(send(body, flag).is_err(), "{what}");
    }
    bench.settle();
    assert_eq!(max_offset(&bench, 1), 3);
}

#[test]
fn c10_a_topic_takes_its_own_type_only_and_says_so() {
    let bench = Bench::new();
    let send = |properties: &'static str, flag: i32| {
        bench.try_send(|r| (r.properties, r.sys_flag) = (properties, flag)).map(|_| ()).map_err(|e| e.to_string())
    };
    assert_eq!(send("DELAY\u{1}0\u{2}", 0), Ok(()));
    assert_eq!(send("__SHARDINGKEY\u{1}k\u{2}", 0), Ok(()));
    let scheduled = "the Topic takes normal messages, this one is scheduled";
    for delay in [
        "DELAY\u{1}3\u{2}",
        "TIMER_DELAY_MS\u{1}5\u{2}",
        "TIMER_DELAY_SEC\u{1}5\u{2}",
        "TIMER_DELIVER_MS\u{1}5\u{2}",
        "__STARTDELIVERTIME\u{1}5\u{2}",
    ] {
        assert_eq!(send(delay, 0), Err(scheduled.to_owned()), "{delay:?}");
    }
    let transaction = Err("the Topic takes normal messages, this one is transaction".to_owned());
    assert_eq!(send("TRAN_MSG\u{1}true\u{2}", 0), transaction);
    assert_eq!(send("", sys_flag::TRANSACTION_PREPARED), transaction);
    for flag in [sys_flag::TRANSACTION_COMMIT, sys_flag::TRANSACTION_ROLLBACK, sys_flag::INNER_BATCH] {
        assert!(send("", flag).is_err(), "{flag}");
    }
}

#[test]
fn c10_on_an_ordered_topic_the_clients_queue_is_the_order() {
    let bench = Bench::new();
    let ordered = crate::metadata::Topic {
        message_type: MessageType::PartitionOrder,
        ..super::super::testing::topic(9, "ordered")
    };
    assert!(bench.ops.put_topic(ordered));
    let crate::operations::Target::Topic(entry) = bench.topic("ordered") else { panic!("a Topic") };
    let sent = bench.try_send(|r| (r.topic, r.queue_id) = (Some(&entry), 2)).expect("stored");
    bench.settle();
    assert_eq!(stored(&bench, sent[0].position).queue.queue, 2);
}

#[test]
fn internal_properties_are_taken_out_and_refused_where_they_name_another_instance() {
    let bench = Bench::new();
    let sent = bench.send("b", "REAL_TOPIC\u{1}x\u{2}POP_CK\u{1}1 2\u{2}user\u{1}1\u{2}MSG_REGION\u{1}mine\u{2}");
    let found = stored(&bench, sent.position);
    let message = Message::decode(&found.message).expect("a record");
    let names: Vec<_> = message.properties.iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["user", "UNIQ_KEY", "MSG_REGION", "TRACE_ON"]);
    assert_eq!(message.properties.get("MSG_REGION"), Some("local"));
    let foreign = format!("REAL_TOPIC\u{1}{OTHER_ID}%orders\u{2}");
    assert!(matches!(bench.try_send(|r| r.properties = &foreign), Err(SendError::Illegal { .. })));
}

#[test]
fn queues_are_honoured_and_others_named() {
    let bench = Bench::new();
    for queue_id in [4, i32::MAX] {
        let refused = bench.try_send(|r| r.queue_id = queue_id);
        assert!(matches!(refused, Err(SendError::QueueUnknown { queues: 4, .. })));
    }
    let mut used: Vec<_> = (0..4).map(|_| bench.send_to(-1, "b", "").position).collect();
    used = used.into_iter().map(|p| u64::from(stored(&bench, p).queue.queue)).collect();
    used.sort_unstable();
    assert_eq!(used, [0, 1, 2, 3]);
}

#[test]
fn c05_sends_to_a_deleted_topic_are_refused_also_through_an_old_entry() {
    let bench = Bench::new();
    let crate::operations::Target::Topic(entry) = bench.topic("orders") else { panic!("a Topic") };
    bench.ops.remove_topic(entry.topic.no);
    let mut batch = crate::operations::send::SendBatch::default();
    let request = crate::operations::send::SendRequest {
        topic: &entry,
        queue_id: 0,
        sys_flag: 0,
        born_at_ms: 0,
        flag: 0,
        reconsume_times: 0,
        properties: "",
        body: b"b",
        batch: false,
        from: ([127, 0, 0, 1], 1).into(),
    };
    assert!(matches!(batch.push(&bench.ops, &request), Err(SendError::TopicUnknown)));
    assert!(batch.is_empty());
}

#[test]
fn after_the_stop_began_nothing_is_taken() {
    let bench = Bench::new();
    bench.ops.begin_stop();
    assert!(matches!(bench.try_send(|_| ()), Err(SendError::Stopping)));
}
