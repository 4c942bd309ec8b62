use broker_core::protocol::message::{Message, copy_with_bare_names};
use broker_core::protocol::remoting::command::{Command, Value};
use broker_core::protocol::remoting::frame::{Peek, peek};
use broker_core::protocol::remoting::header::{Coding, Header, HeaderError};
use broker_core::protocol::remoting::request::send::SendRequest;
use proptest::prelude::*;

use crate::{hex, invariants, read};

const VECTORS: &[&str] = &[
    include_str!("../vectors/frames/request_send_v2_json.hex"),
    include_str!("../vectors/frames/request_update_offset_binary.hex"),
    include_str!("../vectors/message/v1.hex"),
    include_str!("../vectors/message/v2.hex"),
    include_str!("../vectors/batch/two.hex"),
    include_str!("../vectors/ons/send.hex"),
    include_str!("../vectors/ons/heartbeat.hex"),
];

fn json(header: &str) -> Vec<u8> {
    let mut frame = (header.len() as u32 + 4).to_be_bytes().to_vec();
    frame.extend_from_slice(&(header.len() as u32).to_be_bytes());
    frame.extend_from_slice(header.as_bytes());
    frame
}

/// A binary header of code 11 with these bytes behind its flag.
fn binary(tail: &[u8]) -> Vec<u8> {
    let mut header = vec![0, 11, 0, 1, 0x99, 0, 0, 0, 7, 0, 0, 0, 0];
    header.extend_from_slice(tail);
    header
}

#[test]
fn c01_lying_lengths_in_a_binary_header_are_refused() {
    let huge = 0x7FFF_FFFF_u32.to_be_bytes();
    let minus = (-1_i32).to_be_bytes();
    let none = 0_u32.to_be_bytes();
    let field = |name: &[u8], value: &[u8]| {
        let fields = [name, value].concat();
        [none.as_slice(), &(fields.len() as u32).to_be_bytes(), &fields].concat()
    };
    let good_name = [0, 1, b'a'];
    for (what, tail) in [
        ("remark huge", huge.to_vec()),
        ("remark negative", [minus, none].concat()),
        ("fields above what is left", [none.as_slice(), &3_u32.to_be_bytes(), &[0, 0]].concat()),
        ("name negative", field(&[0xFF, 0xFF, b'a'], &none)),
        ("value huge", field(&good_name, &huge)),
        ("value negative", field(&good_name, &minus)),
        ("value not UTF-8", field(&good_name, &[0, 0, 0, 1, 0xFF])),
        ("something behind the fields", [none.as_slice(), &none, b"x"].concat()),
        ("cut off", vec![0, 0]),
    ] {
        assert!(Header::decode(Coding::Binary, &mut binary(&tail)).is_err(), "{what}");
    }
    let mut good = binary(&field(&good_name, &[0, 0, 0, 1, b'b']));
    let header = Header::decode(Coding::Binary, &mut good).expect("a good header");
    assert_eq!(header.fields.get("a"), Some("b"));
}

#[test]
fn c02_nulls_and_left_out_members_are_absent() {
    let send = r#""a":"G","b":"orders","c":"TBW102","d":"4","e":"0","f":"0","g":"1","h":"0","i":"""#;
    for more in ["", r#","j":null,"k":null,"m":null"#] {
        read(json(&format!(r#"{{"code":310,"opaque":1,"remark":null,"extFields":{{{send}{more}}}}}"#)), |header, _| {
            assert_eq!(header.flag, 0);
            let send = SendRequest::decode(310, &header.fields).expect("all fields");
            assert_eq!((send.reconsume_times, send.batch), (0, false));
        })
        .expect("a good header");
    }
    for nothing in ["", r#","extFields":null"#, r#","extFields":{}"#] {
        read(json(&format!(r#"{{"code":11,"opaque":1{nothing}}}"#)), |header, _| {
            assert_eq!(header.fields.iter().count(), 0);
        })
        .expect("a good header");
    }
}

#[test]
fn c03_numbers_truth_values_odd_languages_and_extreme_opaques_are_taken() {
    let header = r#"{"code":15,"language":"ZIG","new":{"x":[1,{}]},"opaque":-2147483648,
        "extFields":{"queueId":0,"commitOffset":"0","ok":true},"version":2147483647}"#;
    read(json(header), |header, _| {
        assert_eq!((header.language, header.opaque, header.version), ("ZIG", i32::MIN, i32::MAX));
        assert_eq!(header.fields.pick(["queueId", "commitOffset", "ok"]), [Some("0"), Some("0"), Some("true")]);
    })
    .expect("a good header");
}

#[test]
fn c03_each_send_code_reads_its_own_spelling() {
    let both = r#""b":"orders","topic":"other","a":"G","producerGroup":"H","e":"0","queueId":"1","f":"0","sysFlag":"0",
        "g":"1","bornTimestamp":"1","h":"0","flag":"0""#;
    for (code, expected) in [(310, ("orders", "G", 0)), (320, ("orders", "G", 0)), (10, ("other", "H", 1))] {
        read(json(&format!(r#"{{"code":{code},"extFields":{{{both}}}}}"#)), |header, _| {
            let send = SendRequest::decode(code, &header.fields).expect("all fields");
            assert_eq!((send.topic, send.producer_group, send.queue_id), expected);
            assert_eq!(send.batch, code == 320);
        })
        .expect("a good header");
    }
}

#[test]
fn c04_a_header_that_grows_by_escaping_is_taken() {
    let properties = "x\u{1}".to_owned() + &"<".repeat(11_000) + "\u{2}";
    let escaped = properties.replace('\u{1}', "\\u0001").replace('\u{2}', "\\u0002").replace('<', "\\u003c");
    read(json(&format!(r#"{{"code":310,"extFields":{{"i":"{escaped}"}}}}"#)), |header, _| {
        assert_eq!(header.fields.get("i"), Some(properties.as_str()));
    })
    .expect("a good header");
    let quotes = "\\\"".repeat(31_600);
    read(json(&format!(r#"{{"code":310,"extFields":{{"i":"{quotes}"}}}}"#)), |header, _| {
        assert_eq!(header.fields.get("i").map(str::len), Some(31_600));
    })
    .expect("a good header");
}

#[test]
fn c40_wide_codes_arrive_whole_from_binary_headers_only() {
    let mut bytes = binary(&[0; 8]);
    bytes[..2].copy_from_slice(&3442_i16.to_be_bytes());
    assert_eq!(Header::decode(Coding::Binary, &mut bytes).expect("good").code, 200_050);
    read(json(r#"{"code":3442}"#), |header, _| assert_eq!(header.code, 3442)).expect("good");
    read(json(r#"{"code":200050}"#), |header, _| assert_eq!(header.code, 200_050)).expect("good");
}

#[test]
fn json_headers_that_are_none_are_refused() {
    let many: String = (0..129).map(|n| format!("\"f{n}\":\"\",")).collect();
    let deep = format!("{}{}", "[".repeat(16), "]".repeat(16));
    for (what, header) in [
        ("no code", "{}".to_owned()),
        ("an array", "[]".to_owned()),
        ("cut off", r#"{"code":1"#.to_owned()),
        ("two objects", r#"{"code":1}{}"#.to_owned()),
        ("no colon", r#"{"code" 1}"#.to_owned()),
        ("a field that is an object", r#"{"code":1,"extFields":{"a":{}}}"#.to_owned()),
        ("fields that are a text", r#"{"code":1,"extFields":"a"}"#.to_owned()),
        ("code beyond 32 bits", r#"{"code":4294967296}"#.to_owned()),
        ("too many fields", format!(r#"{{"code":1,"extFields":{{{many}"x":""}}}}"#)),
        ("a name too long", format!(r#"{{"code":1,"extFields":{{"{}":""}}}}"#, "n".repeat(256))),
        ("a value too long", format!(r#"{{"code":1,"extFields":{{"a":"{}"}}}}"#, "v".repeat(32_769))),
        ("a remark too long", format!(r#"{{"code":1,"remark":"{}"}}"#, "r".repeat(4_097))),
        ("too deep", format!(r#"{{"code":1,"x":{deep}}}"#)),
        ("a bad escape", r#"{"code":1,"x":"\q"}"#.to_owned()),
        ("half an escape", r#"{"code":1,"x":"\u00"}"#.to_owned()),
    ] {
        assert!(read(json(&header), |_, _| ()).is_err(), "{what}");
    }
    assert_eq!(read(json("{}"), |_, _| ()), Err(HeaderError::Part { part: "code" }));
}

/// The code and the fields of a header.
type Told = (i64, Vec<(String, Option<String>)>);

/// JSON as serde_json reads it, told as this parser tells it; `None` where it can't be.
fn by_serde(bytes: &[u8]) -> Option<Told> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let code = value.get("code")?.as_i64()?;
    if !value.get("extFields").is_none_or(|fields| fields.is_object() || fields.is_null()) {
        return None;
    }
    let mut fields = Vec::new();
    for (name, value) in value.get("extFields").and_then(serde_json::Value::as_object).into_iter().flatten() {
        let value = match value {
            serde_json::Value::String(text) => Some(text.clone()),
            serde_json::Value::Number(number) => Some(number.to_string()),
            serde_json::Value::Bool(truth) => Some(truth.to_string()),
            serde_json::Value::Null => None,
            _ => return None,
        };
        fields.push((name.clone(), value));
    }
    Some((code, fields))
}

fn field_value() -> impl Strategy<Value = serde_json::Value> {
    prop_oneof![
        any::<String>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        any::<bool>().prop_map(serde_json::Value::from),
        Just(serde_json::Value::Null),
    ]
}

proptest! {
    #[test]
    fn json_headers_are_read_as_another_parser_reads_them(
        code in any::<i32>(),
        fields in proptest::collection::btree_map(any::<String>(), field_value(), 0..20),
        pretty in any::<bool>(),
    ) {
        let value = serde_json::json!({ "code": code, "extFields": fields, "x": [{"y": fields}] });
        let mut bytes = if pretty { serde_json::to_vec_pretty(&value) } else { serde_json::to_vec(&value) }.expect("JSON");
        let expected = by_serde(&bytes).expect("a header");
        let header = Header::decode(Coding::Json, &mut bytes).expect("a header");
        prop_assert_eq!(i64::from(header.code), expected.0);
        let mut read: Vec<_> =
            header.fields.iter().map(|field| (field.name.to_owned(), field.value.map(str::to_owned))).collect();
        read.sort();
        let mut wanted = expected.1;
        wanted.sort();
        prop_assert_eq!(read, wanted);
    }

    #[test]
    fn what_is_written_is_read_back_in_both_codings(
        binary in any::<bool>(),
        code in 0..1_000_i32,
        opaque in any::<i32>(),
        text in any::<String>(),
        number in any::<i64>(),
        body in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let coding = if binary { Coding::Binary } else { Coding::Json };
        let fields = [("text", Value::Text(&text)), ("number", Value::Number(number))];
        let mut out = Vec::new();
        let frame = Command::answer(coding, opaque, code).with_remark(&text).with_fields(&fields).open(&mut out);
        out.extend_from_slice(&body);
        frame.close(&mut out);
        let read_body = read(out, |header, body| {
            assert_eq!((header.code, header.opaque, header.coding), (code, opaque, coding));
            assert!(header.is_response());
            assert_eq!(header.fields.pick(["text", "number"]), [Some(text.as_str()), Some(number.to_string().as_str())]);
            body.to_vec()
        });
        prop_assert_eq!(read_body, Ok(body));
    }

    #[test]
    fn every_prefix_of_a_frame_needs_more_and_every_prefix_of_a_header_is_an_error(
        binary in any::<bool>(),
        text in "[a-z\u{1}\"\\\\é]{0,20}",
        cut in 0.0..1.0_f64,
    ) {
        let coding = if binary { Coding::Binary } else { Coding::Json };
        let fields = [("text", Value::Text(&text))];
        let mut out = Vec::new();
        Command::answer(coding, 1, 2).with_fields(&fields).encode(&mut out);
        let count = ((out.len() as f64) * cut) as usize;
        let peeked = peek(&out[..count]);
        let needs_more = matches!(peeked, Ok(Peek::NeedMore { bytes }) if bytes > count);
        prop_assert!(needs_more);
        if count > 8 {
            prop_assert!(Header::decode(coding, &mut out[8..count]).is_err());
        }
    }

    #[test]
    fn no_bytes_break_a_decoder(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        invariants::frames(&bytes);
        invariants::header(Coding::Json, &bytes);
        invariants::header(Coding::Binary, &bytes);
        invariants::message(&bytes);
        invariants::property_text(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn golden_vectors_with_changed_bytes_break_no_decoder(
        vector in 0..VECTORS.len(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
    ) {
        let mut bytes = hex(VECTORS[vector]);
        for (at, to) in changes {
            let at = at.index(bytes.len());
            bytes[at] = to;
        }
        invariants::frames(&bytes);
        invariants::message(&bytes);
        if bytes.len() > 8 {
            invariants::header(Coding::Json, &bytes[8..]);
            invariants::header(Coding::Binary, &bytes[8..]);
        }
    }

    #[test]
    fn json_like_bytes_are_read_as_another_parser_reads_them_or_refused(
        pieces in proptest::collection::vec(
            prop_oneof![
                Just("{"), Just("}"), Just("["), Just("]"), Just(":"), Just(","), Just("\"code\""), Just("\"extFields\""),
                Just("1"), Just("-0"), Just("1e3"), Just("true"), Just("null"), Just("\"\\u12"), Just("\"a\\\"\""),
                Just("\"\\uD83D\\uDE00\""), Just(" "), Just("\"b\""),
            ],
            0..14,
        ),
    ) {
        let text = format!("{{\"code\":1,{}", pieces.concat());
        let expected = by_serde(text.as_bytes());
        let mut bytes = text.clone().into_bytes();
        let read = Header::decode(Coding::Json, &mut bytes);
        if let Some((code, _)) = expected {
            // Our own is stricter in nothing but the code's size and repeated members.
            prop_assert!(read.is_ok() || code != 1, "{} {:?}", text, read);
        }
    }

    #[test]
    fn a_changed_record_is_read_or_refused(at in 0..168_usize, to in any::<u8>()) {
        let mut record = hex(include_str!("../vectors/message/v1.hex"));
        record[at] = to;
        if let Ok(message) = Message::decode(&record) {
            prop_assert_eq!(message.total_size, 168);
        }
        let mut copy = Vec::new();
        if copy_with_bare_names(&record, "TopicTes", &mut copy).is_ok() {
            prop_assert!(copy.len() <= record.len());
        } else {
            prop_assert!(copy.is_empty());
        }
    }
}

proptest! {
    // Each case opens a store.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn recovery_never_serves_what_was_not_stored(
        changes in proptest::collection::vec((any::<u8>(), 0..2_000_u16, 1..=u8::MAX), 1..6),
    ) {
        static STORED: std::sync::LazyLock<broker_core::store::medium::MemoryMedium> =
            std::sync::LazyLock::new(invariants::stored);
        invariants::recovery(&STORED, &changes);
    }
}
