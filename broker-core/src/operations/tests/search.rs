use super::super::testing::{Bench, OTHER_ID, START_MS, principal, topic};
use crate::admin::{KeySearch, Lookup, MessagePage, NotFound, TimeSearch};
use crate::client_table::Door;
use crate::operations::{Caller, Target};
use crate::protocol::message_id::offset_id;
use crate::types::{AccountNo, InstanceNo, TopicNo};
use std::time::Duration;

fn by_id(bench: &Bench, id: &str) -> Lookup {
    bench.ops.find_by_id(AccountNo(1), InstanceNo(1), id).expect("answered")
}

fn found(lookup: Lookup) -> Vec<String> {
    match lookup {
        Lookup::Found(messages) => {
            messages.into_iter().map(|m| String::from_utf8(m.body.to_vec()).expect("text")).collect()
        }
        Lookup::NotFound(why) => panic!("not found: {why:?}"),
    }
}

fn why(lookup: Lookup) -> NotFound {
    match lookup {
        Lookup::NotFound(why) => why,
        Lookup::Found(messages) => panic!("found {}", messages.len()),
    }
}

const ID: &str = "C0A8010A00002A9F4D4E1B9D3C210000";

#[test]
fn a_message_is_found_by_every_form_of_its_id() {
    let bench = Bench::new();
    let sent = bench.send("one", &format!("UNIQ_KEY\u{1}{ID}\u{2}KEYS\u{1}k1 k2\u{2}TAGS\u{1}TagA\u{2}"));
    assert_eq!(found(by_id(&bench, ID)), ["one"]);
    assert_eq!(found(by_id(&bench, &format!(" {ID} "))), ["one"]);
    let by_offset = |ip: [u8; 4], port| offset_id(std::net::SocketAddrV4::new(ip.into(), port), sent.position);
    assert_eq!(found(by_id(&bench, &by_offset([127, 0, 0, 1], 19_876))), ["one"]);
    assert_eq!(found(by_id(&bench, &by_offset([10, 1, 2, 3], 1))), ["one"], "c06: only the log offset counts");
    let Lookup::Found(views) = by_id(&bench, ID) else { panic!("found before") };
    let view = &views[0];
    assert_eq!((view.message_id.as_str(), view.topic_name.as_str(), view.tag.as_deref()), (ID, "orders", Some("TagA")));
    assert_eq!(view.keys, ["k1", "k2"]);
    assert_eq!(view.offset_id, by_offset([127, 0, 0, 1], 19_876));
    assert_eq!(view.born_from.to_string(), "10.0.0.9:40000");
}

#[test]
fn what_is_not_found_comes_back_with_the_reason() {
    let bench = Bench::new();
    assert_eq!(why(by_id(&bench, ID)), NotFound::NotKept { oldest_ms: None });
    bench.send("one", "");
    assert_eq!(why(by_id(&bench, ID)), NotFound::NotKept { oldest_ms: Some(START_MS) });
    for id in ["", "hello", "123", &"F".repeat(300)] {
        assert_eq!(why(by_id(&bench, id)), NotFound::Malformed, "{id:?}");
    }
    // A unique id of a sister instance is named; one of another account is not there.
    assert!(bench.ops.put_topic(crate::metadata::Topic { instance: InstanceNo(3), ..topic(30, "far") }));
    for (no, id) in [(30, "AAAA010A00002A9F4D4E1B9D3C210000"), (2, "BBBB010A00002A9F4D4E1B9D3C210000")] {
        let entry = bench.ops.metadata.topic(TopicNo(no)).expect("a Topic");
        let properties = format!("UNIQ_KEY\u{1}{id}\u{2}");
        bench.try_send(|r| (r.topic, r.properties) = (Some(&entry), &properties)).expect("stored");
    }
    bench.settle();
    assert_eq!(why(by_id(&bench, "AAAA010A00002A9F4D4E1B9D3C210000")), NotFound::OtherInstance(InstanceNo(3)));
    let foreign = why(by_id(&bench, "BBBB010A00002A9F4D4E1B9D3C210000"));
    assert_eq!(foreign, NotFound::NotKept { oldest_ms: Some(START_MS) });
}

#[test]
fn viewing_by_offset_judges_the_record_and_no_byte_beside_it() {
    let bench = Bench::new();
    let sent = bench.send("mine", "");
    let view = |caller: &Caller<'_>, position| bench.ops.view_message(caller, position).expect("answered").is_some();
    assert!(view(&bench.caller(), sent.position));
    for near in (1..200).flat_map(|n| [sent.position.saturating_sub(n), sent.position + n]) {
        assert!(!view(&bench.caller(), near), "{near}");
    }
    let stranger = principal(2);
    for door in [Door::Shared, Door::Instance(InstanceNo(2))] {
        assert!(!view(&Caller { door, principal: Some(&stranger) }, sent.position));
    }
    assert!(OTHER_ID != super::super::testing::INSTANCE_ID);
}

fn query(bench: &Bench, topic: &str, key: &str, unique: bool, from: i64, to: i64) -> usize {
    bench.ops.query_messages(&bench.topic(topic), key, unique, from, to, 64).expect("answered").len()
}

#[test]
fn c33_keys_that_collide_are_several_or_are_odd() {
    let bench = Bench::new();
    for (no, name) in [(40, "AaTopic"), (41, "BBTopic")] {
        assert!(bench.ops.put_topic(topic(no, name)));
    }
    let send = |name: &str, keys: &str| {
        let Target::Topic(entry) = bench.topic(name) else { panic!("a Topic") };
        let keys = format!("KEYS\u{1}{keys}\u{2}");
        bench.try_send(|r| (r.topic, r.properties) = (Some(&entry), &keys)).expect("stored");
    };
    send("AaTopic", "Aa");
    send("BBTopic", "BB");
    send("orders", "OrderID188  OrderID7 a#b 订单 ");
    send("orders", "twice twice");
    bench.settle();
    let count = |name: &str, key: &str| query(&bench, name, key, false, 0, i64::MAX);
    assert_eq!((count("AaTopic", "BB"), count("BBTopic", "Aa"), count("AaTopic", "Aa")), (0, 0, 1));
    for key in ["OrderID188", "OrderID7", "a#b", "订单", "twice"] {
        assert_eq!(count("orders", key), 1, "{key}");
    }
    assert_eq!((count("orders", "OrderID188  OrderID7 a#b 订单 "), count("orders", "")), (0, 0));
    for _ in 0..100 {
        send("orders", "OrderID188");
    }
    bench.settle();
    assert_eq!(count("orders", "OrderID188"), 64);
    let search = KeySearch {
        instance: InstanceNo(1),
        topic: None,
        key: "OrderID188".to_owned(),
        from_ms: 0,
        to_ms: i64::MAX,
        count_max: 64,
    };
    let page = bench.ops.find_by_key(&search).expect("answered");
    assert!(page.partial && page.messages.len() == 64, "more exist, and it is said");
    let positions: Vec<_> = page.messages.iter().map(|m| m.queue_offset).collect();
    assert!(positions.is_sorted_by(|a, b| a > b), "newest first");
}

#[test]
fn c33_limits_refuse_at_send() {
    let bench = Bench::new();
    for keys in ["k".repeat(1_025), vec!["k"; 65].join(" ")] {
        let properties = format!("KEYS\u{1}{keys}\u{2}");
        assert!(bench.try_send(|r| r.properties = &properties).is_err());
    }
}

#[test]
fn c34_a_unique_id_is_found_whatever_times_the_client_works_out() {
    let bench = Bench::new();
    bench.clock.advance(Duration::from_millis(999));
    bench.send("m", &format!("UNIQ_KEY\u{1}{ID}\u{2}KEYS\u{1}k\u{2}"));
    let stored = START_MS + 999;
    for (from, to) in [(stored + 5_000, i64::MAX), (stored + 10, stored), (0, 1)] {
        assert_eq!(query(&bench, "orders", ID, true, from, to), 1);
    }
    for (from, count) in [(stored - 1, 1), (stored, 1), (stored + 1, 0)] {
        assert_eq!(query(&bench, "orders", "k", false, from, i64::MAX), count, "{from}");
    }
}

fn page(bench: &Bench, from_ms: i64, to_ms: i64, cursor: Option<String>, count_max: usize) -> MessagePage {
    let search = TimeSearch { topic: TopicNo(1), from_ms, to_ms, cursor, count_max };
    bench.ops.find_by_time(&search).expect("answered")
}

#[test]
fn c46_pages_are_stable_while_messages_arrive() {
    let bench = Bench::new();
    for n in 0..25 {
        bench.send_to(n % 4, &format!("m{n}"), "");
        bench.clock.advance(Duration::from_millis(10));
    }
    let (mut cursor, mut seen, mut pages) = (None, Vec::new(), 0);
    loop {
        let page = page(&bench, START_MS, START_MS + 1_000_000, cursor, 10);
        seen.extend(page.messages.iter().map(|m| String::from_utf8(m.body.to_vec()).expect("text")));
        pages += 1;
        bench.send_to(0, "late", "");
        cursor = page.older;
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..25).rev().map(|n| format!("m{n}")).collect();
    assert_eq!((seen, pages), (expected, 3));
}

#[test]
fn c46_ranges_are_half_open_and_empty_ones_name_what_is_kept() {
    let bench = Bench::new();
    for n in 0..3 {
        bench.send_to(n, &format!("m{n}"), "");
        bench.clock.advance(Duration::from_millis(100));
    }
    let bodies = |from, to| page(&bench, START_MS + from, START_MS + to, None, 10).messages.len();
    assert_eq!((bodies(0, 300), bodies(0, 200), bodies(100, 101), bodies(101, 200)), (3, 2, 1, 0));
    for (from, to) in [(-500, -100), (500, 900), (200, 100)] {
        let empty = page(&bench, START_MS + from, START_MS + to, None, 10);
        assert!(empty.messages.is_empty() && empty.older.is_none());
        assert_eq!((empty.oldest_ms, empty.newest_ms), (Some(START_MS), Some(START_MS + 200)));
    }
    let nonsense = page(&bench, 0, i64::MAX, Some("x".to_owned()), 10);
    assert!(nonsense.messages.is_empty());
}
