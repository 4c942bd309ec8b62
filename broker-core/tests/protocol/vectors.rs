use std::net::SocketAddrV4;

use broker_core::protocol::message::{EncodeError, Message, NewMessage, copy_with_bare_names};
use broker_core::protocol::remoting::body::heartbeat::Heartbeat;
use broker_core::protocol::remoting::command::{Command, Value};
use broker_core::protocol::remoting::fields::Fields;
use broker_core::protocol::remoting::header::Coding;
use broker_core::protocol::remoting::request::offset::UpdateConsumerOffset;
use broker_core::protocol::remoting::request::send::SendRequest;
use broker_core::protocol::remoting::signature;
use broker_core::protocol::{message_batch, message_id};
use hmac::{Hmac, KeyInit};
use sha1::Sha1;

use crate::{hex, read, whole};

macro_rules! vector {
    ($name:literal) => {
        hex(include_str!(concat!("../vectors/", $name, ".hex")))
    };
}

fn mac(secret: &str) -> Hmac<Sha1> {
    Hmac::new_from_slice(secret.as_bytes()).expect("any length")
}

#[test]
fn a_json_request_is_read() {
    read(vector!("frames/request_route_json"), |header, body| {
        assert_eq!((header.code, header.opaque, header.version), (105, 1, 409));
        assert_eq!((header.language, header.fields.get("topic")), ("JAVA", Some("TopicTest")));
        assert!(body.is_empty() && !header.is_one_way() && !header.is_response());
    })
    .expect("a good header");
}

#[test]
fn a_json_send_is_read_with_its_escapes_undone() {
    read(vector!("frames/request_send_v2_json"), |header, body| {
        let send = SendRequest::decode(header.code, &header.fields).expect("all fields");
        let expected = SendRequest {
            producer_group: "GID_p",
            topic: "TopicTest",
            queue_id: 2,
            sys_flag: 0,
            born_timestamp: 1_700_000_000_000,
            flag: 0,
            properties: "TAGS\u{1}TagA\u{2}WAIT\u{1}true\u{2}",
            reconsume_times: 0,
            max_reconsume_times: None,
            batch: false,
        };
        assert_eq!((send, body), (expected, b"hello".as_slice()));
    })
    .expect("a good header");
}

#[test]
fn a_binary_request_is_read() {
    read(vector!("frames/request_update_offset_binary"), |header, _| {
        assert_eq!((header.code, header.opaque, header.version, header.language), (15, 7, 409, "JAVA"));
        assert!(header.is_one_way());
        let update = UpdateConsumerOffset::decode(&header.fields).expect("all fields");
        assert_eq!((update.consumer_group, update.topic), ("GID_a", "TopicTest"));
        assert_eq!((update.queue_id, update.commit_offset), (3, 42));
    })
    .expect("a good header");
}

#[test]
fn answers_are_written_byte_for_byte() {
    let mut out = Vec::new();
    let fields = [("offset", Value::Text("42"))];
    Command::answer(Coding::Json, 9, 0).with_fields(&fields).encode(&mut out);
    assert_eq!(out, vector!("frames/response_offset_json"));

    let mut out = Vec::new();
    let fields = [
        ("MSG_REGION", Value::Text("DefaultRegion")),
        ("TRACE_ON", Value::Text("true")),
        ("msgId", Value::Text("0A00000500002A9F0000000000001000")),
        ("queueId", Value::Number(2)),
        ("queueOffset", Value::Number(5)),
    ];
    Command::answer(Coding::Json, 5, 0).with_fields(&fields).encode(&mut out);
    assert_eq!(out, vector!("frames/response_send_json"));

    let mut out = b"another frame stands before it".to_vec();
    let before = out.len();
    let frame = Command::answer(Coding::Binary, 7, 0).with_remark("ok").open(&mut out);
    out.extend_from_slice(br#"{"x":1}"#);
    frame.close(&mut out);
    assert_eq!(&out[before..], vector!("frames/response_binary"));
}

fn stored(out: &mut Vec<u8>, topic: &str, properties: &str) -> Result<(), EncodeError> {
    let host = |text: &str| text.parse::<SocketAddrV4>().expect("an address");
    NewMessage {
        queue_id: 2,
        flag: 0,
        sys_flag: 0,
        born_timestamp: 1_700_000_000_000,
        born_host: host("192.168.1.10:51234"),
        store_host: host("10.0.0.5:10911"),
        reconsume_times: 0,
        prepared_transaction_offset: 0,
        body: b"hello",
        topic,
        properties,
    }
    .encode(out)?;
    out[20..28].copy_from_slice(&5_i64.to_be_bytes());
    out[28..36].copy_from_slice(&4_096_i64.to_be_bytes());
    out[56..64].copy_from_slice(&1_700_000_000_123_i64.to_be_bytes());
    Ok(())
}

const PROPERTIES: &str = "TAGS\u{1}TagA\u{2}KEYS\u{1}k1 k2\u{2}UNIQ_KEY\u{1}C0A8010A00002A9F4D4E1B9D3C210000\u{2}";

#[test]
fn a_message_is_written_byte_for_byte_and_read_back() {
    let mut out = Vec::new();
    stored(&mut out, "TopicTest", PROPERTIES).expect("small");
    assert_eq!(out, vector!("message/v1"));
    let message = Message::decode(&out).expect("a good record");
    assert_eq!((message.body, message.body_crc), (b"hello".as_slice(), 907_060_870));
    assert_eq!((message.queue_offset, message.physical_offset), (5, 4_096));
    assert_eq!((message.queue_id, message.total_size), (2, 168));
    assert_eq!(message.born_host.to_string(), "192.168.1.10:51234");
    assert_eq!(message.properties.get("KEYS"), Some("k1 k2"));
}

#[test]
fn records_of_other_brokers_are_read() {
    let bytes = vector!("message/v2");
    let v2 = Message::decode(&bytes).expect("a good record");
    assert_eq!((v2.topic, v2.total_size), ("TopicTest", 169));
    let bytes = vector!("message/v1_ipv6");
    let v6 = Message::decode(&bytes).expect("a good record");
    assert_eq!(v6.store_host.to_string(), "[2001:db8::1]:10911");
    assert_eq!(v6.properties.get("UNIQ_KEY"), Some("X"));
    let parsed = message_id::parse_offset_id("20010DB800000000000000000000000100002A9F0000000000001000");
    assert_eq!(parsed, Some((v6.store_host, 4_096)));
}

#[test]
fn a_copy_with_bare_names_is_the_record_that_would_have_been_written_so() {
    const I: &str = "MQ_INST_1000000000000001_Babcdefg%";
    for (full_topic, bare_topic, full, bare) in [
        ("TopicTest", "TopicTest", "A\u{1}b\u{2}", "A\u{1}b\u{2}"),
        ("{I}TopicTest", "TopicTest", PROPERTIES, PROPERTIES),
        (
            "%RETRY%{I}GID_a",
            "%RETRY%GID_a",
            "RETRY_TOPIC\u{1}{I}T\u{2}A\u{1}b\u{2}",
            "RETRY_TOPIC\u{1}T\u{2}A\u{1}b\u{2}",
        ),
        ("{I}T", "T", "A\u{1}b\u{2}RETRY_TOPIC\u{1}{I}T", "A\u{1}b\u{2}RETRY_TOPIC\u{1}T"),
        ("{I}T", "T", "xRETRY_TOPIC\u{1}{I}T\u{2}", "xRETRY_TOPIC\u{1}{I}T\u{2}"),
        ("MQ_INST_2_B%T", "MQ_INST_2_B%T", "", ""),
    ] {
        let complete = |text: &str| text.replace("{I}", I);
        let (mut record, mut expected, mut copy) = (Vec::new(), Vec::new(), Vec::new());
        stored(&mut record, &complete(full_topic), &complete(full)).expect("small");
        stored(&mut expected, &complete(bare_topic), &complete(bare)).expect("small");
        copy_with_bare_names(&record, I, &mut copy).expect("a good record");
        assert_eq!(copy, expected, "{full_topic} {full}");
    }
}

#[test]
fn c37_a_topic_beyond_the_signed_length_is_refused() {
    let mut out = Vec::new();
    let topic = "t".repeat(128);
    assert_eq!(stored(&mut out, &topic, ""), Err(EncodeError::Topic { bytes: 128 }));
    let properties = "p".repeat(32_768);
    assert_eq!(stored(&mut out, "t", &properties), Err(EncodeError::Properties { bytes: 32_768 }));
    assert!(out.is_empty());
}

#[test]
fn a_batch_is_read() {
    let body = vector!("batch/two");
    let batch = message_batch::decode(&body).expect("a good batch");
    let bodies: Vec<_> = batch.iter().map(|element| element.body).collect();
    assert_eq!(bodies, [b"m1".as_slice(), b"m-two"]);
    assert_eq!(batch[1].properties.get("TAGS"), Some("t"));
    let mut written = Vec::new();
    for element in &batch {
        message_batch::encode_element(&mut written, element.flag, element.body, element.properties.as_str());
    }
    assert_eq!(written, body);
}

/// Fields, body, secret, signature.
fn verifies(code: i32, pairs: &[(&str, &str)], body: &[u8], secret: &str, signed: &str) -> bool {
    let mut fields: Vec<_> = pairs.to_vec();
    fields.push(("Signature", signed));
    let fields: Fields<'_> = fields.into_iter().collect();
    signature::verify(code, &fields, body, Some(&mac(secret)))
}

#[test]
fn signatures_of_all_clients_verify() {
    let route = [("topic", "TopicTest"), ("AccessKey", "my-ak")];
    assert!(verifies(30, &route, b"", "my-secret", "Co264lBh9bmeaM0ojOAXYfoNvCY="));
    let send = [
        ("AccessKey", "LTAI-test"),
        ("OnsChannel", "ALIYUN"),
        ("a", "GID_p"),
        ("b", "TopicTest"),
        ("c", "TBW102"),
        ("d", "4"),
        ("e", "1"),
        ("f", "0"),
        ("g", "1700000000000"),
        ("h", "0"),
        ("i", "TAGS\u{1}TagA\u{2}WAIT\u{1}true\u{2}"),
        ("j", "0"),
        ("k", "false"),
        ("m", "false"),
    ];
    assert!(verifies(310, &send, b"hello", "s3cr3t-key", "TUC7eNej0ptQVts7HLF+rbNWsIE="));
    let heartbeat = [("AccessKey", "LTAI-test"), ("OnsChannel", "ALIYUN"), ("SecurityToken", "STS.tok")];
    let body = br#"{"clientID":"10.0.0.1@1#2","consumerDataSet":[],"producerDataSet":[{"groupName":"GID_p"}]}"#;
    assert!(verifies(34, &heartbeat, body, "s3cr3t-key", "YHLhDDus/PazP+b+DKtJ5qRBi3E="));
    let token = [("AccessKey", "my-ak"), ("SecurityToken", "tok-1"), ("topic", "TopicTest")];
    assert!(verifies(30, &token, b"", "my-secret", "/MLF9pzElehOkwmh0h4VM+VzxHI="), "Java signs the token");
    assert!(verifies(30, &token, b"", "my-secret", "Co264lBh9bmeaM0ojOAXYfoNvCY="), "Go does not");
    let go = [("topic", "TopicGo"), ("AccessKey", "my-ak")];
    assert!(verifies(30, &go, b"", "my-secret", "TaqwatBKPLTAHAszzQxPl2RbSRc="));
}

#[test]
fn what_is_not_signed_right_does_not_verify() {
    let good = "Co264lBh9bmeaM0ojOAXYfoNvCY=";
    let fields = [("topic", "TopicTest"), ("AccessKey", "my-ak")];
    assert!(!verifies(30, &fields, b"", "my-secret2", good));
    assert!(!verifies(30, &fields, b"x", "my-secret", good), "the body is signed");
    assert!(!verifies(30, &[("topic", "TopicTesT"), ("AccessKey", "my-ak")], b"", "my-secret", good));
    for signed in ["", "Co264lBh9bmeaM0ojOAXYfoNvCY", "Co264lBh9bmeaM0ojOAXYfoNvCZ=", "\u{1}", &good.repeat(2)] {
        assert!(!verifies(30, &fields, b"", "my-secret", signed), "{signed}");
    }
    let signed: Fields<'_> = fields.into_iter().chain([("Signature", good)]).collect();
    assert!(!signature::verify(30, &signed, b"", None), "an unknown key");
    let unsigned: Fields<'_> = fields.into_iter().collect();
    assert!(!signature::verify(30, &unsigned, b"", Some(&mac("my-secret"))));
    // What signs nothing with the key of nobody must not pass either.
    let empty = "Ez5xmhfEeSViMzCNmjr2Z4myoEA=";
    let nobody: Fields<'_> = [("Signature", empty)].into_iter().collect();
    assert!(!signature::verify(30, &nobody, b"", None));
}

#[test]
fn c36_the_unique_key_query_field_may_be_signed_or_not() {
    let query = |unique: &'static str, topic: &'static str| {
        [
            ("AccessKey", "LTAI-test"),
            ("topic", topic),
            ("key", "K1"),
            ("maxNum", "32"),
            ("beginTimestamp", "0"),
            ("endTimestamp", "9223372036854775807"),
            ("_UNIQUE_KEY_QUERY", unique),
        ]
    };
    let (all, without) = ("3f1SKqZS+VaGnJjWE9iWmjZlDJM=", "+B0LT8wUQyNYp8n9ibGcCxfkG2o=");
    assert!(verifies(12, &query("true", "TopicTest"), b"", "s3cr3t-key", all));
    assert!(verifies(12, &query("true", "TopicTest"), b"", "s3cr3t-key", without));
    assert!(verifies(12, &query("false", "TopicTest"), b"", "s3cr3t-key", without));
    assert!(!verifies(12, &query("true", "TopicTesT"), b"", "s3cr3t-key", all));
}

#[test]
fn c03_the_last_of_two_equal_fields_counts_for_signature_and_handler() {
    let json = |signed: &str| {
        let header = format!(
            r#"{{"code":30,"extFields":{{"topic":"A","AccessKey":"LTAI-test","topic":"B","Signature":"{signed}"}}}}"#
        );
        let mut frame = (header.len() as u32 + 4).to_be_bytes().to_vec();
        frame.extend_from_slice(&(header.len() as u32).to_be_bytes());
        frame.extend_from_slice(header.as_bytes());
        read(frame, |header, body| {
            assert_eq!(header.fields.get("topic"), Some("B"));
            assert_eq!(header.fields.pick(["topic"]), [Some("B")]);
            signature::verify(header.code, &header.fields, body, Some(&mac("s3cr3t-key")))
        })
        .expect("a good header")
    };
    assert!(json("PJljtAIhnD5em76waULtOh+uqVw="), "the signature of B");
    assert!(!json("UYDsAX+pDhSdnLRNr75QxMmr96E="), "the signature of A");
}

#[test]
fn captured_ons_frames_verify() {
    const INSTANCE: &str = "MQ_INST_1234567890123456_BXabcdef";
    let key = mac("SKsecretABCDEFGH");
    read(vector!("ons/route"), |header, body| {
        assert_eq!(header.fields.get("topic"), Some(format!("{INSTANCE}%TopicTestMQ").as_str()));
        assert!(signature::verify(header.code, &header.fields, body, Some(&key)));
        assert!(!signature::verify(30, &header.fields, body, Some(&key)), "the byte counts at 105 only");
    })
    .expect("a good header");
    read(vector!("ons/send"), |header, body| {
        assert!(signature::verify(header.code, &header.fields, body, Some(&key)));
        let send = SendRequest::decode(header.code, &header.fields).expect("all fields");
        assert_eq!((send.queue_id, body, send.batch), (3, b"Hello MQ".as_slice(), false));
        assert!(send.properties.starts_with("KEYS\u{1}ORDERID_100\u{2}UNIQ_KEY\u{1}"));
        assert!(send.properties.ends_with(&format!("INSTANCE_ID\u{1}{INSTANCE}\u{2}")));
    })
    .expect("a good header");
    read(vector!("ons/heartbeat"), |header, body| {
        assert!(signature::verify(header.code, &header.fields, body, Some(&key)));
        let heartbeat = Heartbeat::decode(body).expect("a good heartbeat");
        let groups = [format!("{INSTANCE}%GID_test"), "CLIENT_INNER_PRODUCER".to_owned()];
        assert_eq!(heartbeat.producer_groups, groups);
    })
    .expect("a good header");
}

#[test]
fn frames_say_their_size() {
    let bytes = vector!("ons/send");
    assert_eq!(whole(&bytes).bytes(), bytes.len());
}
