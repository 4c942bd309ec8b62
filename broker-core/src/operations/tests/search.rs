use super::super::testing::{Bench, OTHER_ID, START_MS, principal, topic};
use crate::admin::{KeySearch, Lookup, MessagePage, MessageView, NotFound, TimeSearch};
use crate::client_table::Door;
use crate::limits;
use crate::operations::lookup::{Answered, QueryMessages};
use crate::operations::{Caller, Target};
use crate::protocol::message_id::offset_id;
use crate::store::SearchEnd;
use crate::types::{AccountNo, InstanceNo, TopicNo};
use std::time::Duration;

fn by_id(bench: &Bench, id: &str) -> Lookup {
    bench.ops.find_by_id(AccountNo(1), InstanceNo(1), id).expect("answered")
}

fn found(bench: &Bench, lookup: Lookup) -> Vec<String> {
    match lookup {
        Lookup::Found(messages) => messages.iter().map(|m| body(bench, m)).collect(),
        Lookup::NotFound(why) => panic!("not found: {why:?}"),
    }
}

/// The body of a message found: read when one is opened.
fn body(bench: &Bench, view: &MessageView) -> String {
    let opened = bench.ops.open_message(view.account, view.instance, &view.offset_id).expect("answered");
    let (again, body) = opened.expect("the same message");
    assert_eq!((&again.offset_id, again.body_bytes as usize), (&view.offset_id, body.len()));
    String::from_utf8(body.to_vec()).expect("text")
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
    assert_eq!(found(&bench, by_id(&bench, ID)), ["one"]);
    assert_eq!(found(&bench, by_id(&bench, &format!(" {ID} "))), ["one"]);
    let by_offset = |ip: [u8; 4], port| offset_id(std::net::SocketAddrV4::new(ip.into(), port), sent.position);
    assert_eq!(found(&bench, by_id(&bench, &by_offset([127, 0, 0, 1], 19_876))), ["one"]);
    assert_eq!(found(&bench, by_id(&bench, &by_offset([10, 1, 2, 3], 1))), ["one"], "c06: only the log offset counts");
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
    assert_eq!(
        why(by_id(&bench, "AAAA010A00002A9F4D4E1B9D3C210000")),
        NotFound::OtherInstance { instance: InstanceNo(3), oldest_ms: Some(START_MS) }
    );
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

fn query(bench: &Bench, topic: &str, key: &str, by_unique_id: bool, from_ms: i64, to_ms: i64) -> usize {
    let query = QueryMessages { key, by_unique_id, from_ms, to_ms, count_max: 64 };
    bench.ops.query_messages(&bench.topic(topic), &query).expect("answered").messages.len()
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
        seen.extend(page.messages.iter().map(|m| body(&bench, m)));
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

fn query_all(bench: &Bench, key: &str) -> Answered {
    let query = QueryMessages { key, by_unique_id: false, from_ms: 0, to_ms: i64::MAX, count_max: 64 };
    bench.ops.query_messages(&bench.topic("orders"), &query).expect("answered")
}

#[test]
fn an_answer_by_key_has_one_mebibyte_or_one_message() {
    let bench = Bench::new();
    let body = "x".repeat(400 << 10);
    for _ in 0..5 {
        bench.send(&body, "KEYS\u{1}big\u{2}");
    }
    let answered = query_all(&bench, "big");
    assert_eq!((answered.messages.len(), answered.end), (2, SearchEnd::Stopped));
}

#[test]
fn a_query_by_key_looks_at_4096_records_at_most() {
    let bench = Bench::new();
    assert!(bench.ops.put_topic(topic(40, "loud")));
    let Target::Topic(loud) = bench.topic("loud") else { panic!("a Topic") };
    bench.send("quiet", "KEYS\u{1}k\u{2}");
    for _ in 0..limits::CLIENT_SEARCH.records {
        bench.try_send(|r| (r.topic, r.properties) = (Some(&loud), "KEYS\u{1}k\u{2}")).expect("stored");
    }
    bench.settle();
    let answered = query_all(&bench, "k");
    assert_eq!((answered.messages.len(), answered.end), (0, SearchEnd::LimitReached));
}

#[test]
fn searches_of_the_console_stop_after_five_seconds_and_say_so() {
    let bench = Bench::new();
    for n in 0..4 {
        bench.send(&format!("m{n}"), "KEYS\u{1}k\u{2}");
    }
    bench.clock.set_step(Duration::from_secs(2));
    let search = KeySearch {
        instance: InstanceNo(1),
        topic: None,
        key: "k".to_owned(),
        from_ms: 0,
        to_ms: i64::MAX,
        count_max: 64,
    };
    let by_key = bench.ops.find_by_key(&search).expect("answered");
    assert!(by_key.partial && by_key.messages.len() < 4, "{}", by_key.messages.len());
    let (mut cursor, mut seen, mut partial) = (None, 0, 0);
    loop {
        let page = page(&bench, START_MS, START_MS + 1_000, cursor, 10);
        assert!(!page.messages.is_empty(), "every page goes on");
        seen += page.messages.len();
        partial += usize::from(page.partial);
        cursor = page.older;
        if cursor.is_none() {
            break;
        }
    }
    assert!(seen == 4 && partial > 0, "{seen} rows, {partial} partial pages");
    bench.clock.set_step(Duration::from_secs(6));
    assert_eq!(why(by_id(&bench, ID)), NotFound::Stopped);
}

#[test]
fn the_age_of_what_others_store_is_not_told() {
    let bench = Bench::new();
    let entry = bench.ops.metadata.topic(TopicNo(2)).expect("a Topic");
    bench.try_send(|r| r.topic = Some(&entry)).expect("stored");
    bench.settle();
    assert_eq!(why(by_id(&bench, ID)), NotFound::NotKept { oldest_ms: None });
    bench.clock.advance(Duration::from_millis(500));
    bench.send("own", "");
    assert_eq!(why(by_id(&bench, ID)), NotFound::NotKept { oldest_ms: Some(START_MS + 500) });
}

#[test]
fn c06_an_offset_id_survives_a_change_of_the_advertised_address() {
    let bench = Bench::new();
    let first = bench.send("one", "");
    let id_at = |ip: [u8; 4], position| offset_id(std::net::SocketAddrV4::new(ip.into(), 19_876), position);
    let Lookup::Found(views) = by_id(&bench, &id_at([127, 0, 0, 1], first.position)) else { panic!("found") };
    assert!(views[0].offset_id.starts_with("7F00000100004DA4"), "{}", views[0].offset_id);
    let bench = bench.restarted_as([127, 0, 0, 2]);
    assert_eq!(found(&bench, by_id(&bench, &id_at([127, 0, 0, 1], first.position))), ["one"]);
    assert!(bench.ops.view_message(&bench.caller(), first.position).expect("answered").is_some());
    let second = bench.send("two", "");
    let Lookup::Found(views) = by_id(&bench, &id_at([127, 0, 0, 2], second.position)) else { panic!("found") };
    assert!(views[0].offset_id.starts_with("7F00000200004DA4"), "new ids carry the new address");
}

/// Also where a body holds what looks like a record.
#[test]
fn no_byte_between_two_records_is_a_message() {
    let bench = Bench::new();
    let first = bench.send("first", "KEYS\u{1}k\u{2}");
    let stored = bench.ops.view_message(&bench.caller(), first.position).expect("answered").expect("found").message;
    let second = bench.try_send(|r| r.body = &stored).expect("stored")[0];
    bench.settle();
    let third = bench.send("third", "");
    for position in first.position - 88..third.position + 200 {
        let viewed = bench.ops.view_message(&bench.caller(), position).expect("answered");
        let starts = [first.position, second.position, third.position].contains(&position);
        assert_eq!(viewed.is_some(), starts, "at {position}");
    }
}

#[test]
fn c16_ids_of_an_earlier_life_of_a_topic_are_called_expired() {
    let bench = Bench::new();
    let old = bench.send("old", &format!("UNIQ_KEY\u{1}{ID}\u{2}"));
    bench.ops.remove_topic(TopicNo(1));
    assert!(bench.ops.put_topic(topic(9, "orders")));
    bench.clock.advance(Duration::from_millis(5));
    bench.send("new", "");
    let id = offset_id(std::net::SocketAddrV4::new([127, 0, 0, 1].into(), 19_876), old.position);
    assert_eq!(why(by_id(&bench, &id)), NotFound::Expired { oldest_ms: Some(START_MS + 5) });
    assert_eq!(why(by_id(&bench, ID)), NotFound::NotKept { oldest_ms: Some(START_MS + 5) });
    assert!(bench.ops.view_message(&bench.caller(), old.position).expect("answered").is_none());
}

#[test]
fn c33_names_of_properties_are_case_sensitive() {
    let bench = Bench::new();
    bench.send("odd", "Keys\u{1}k1\u{2}keys\u{1}k1\u{2}");
    assert_eq!(query_all(&bench, "k1").messages.len(), 0);
    assert_eq!(query_all(&bench, &"k".repeat(1_025)).messages.len(), 0, "nothing can have it");
    bench.send("right", &format!("KEYS\u{1}{}\u{2}", "k".repeat(1_024)));
    assert_eq!(query_all(&bench, &"k".repeat(1_024)).messages.len(), 1);
}

#[test]
fn c34_an_old_message_is_found_as_long_as_it_is_kept() {
    let bench = Bench::new();
    bench.send("old", &format!("UNIQ_KEY\u{1}{ID}\u{2}"));
    // The segment has a younger message, so it stays beyond the 72 hours of its oldest.
    bench.clock.advance(Duration::from_secs(5 * 3_600));
    bench.send("young", "");
    bench.clock.advance(Duration::from_secs(70 * 3_600));
    for _ in 0..3 {
        bench.ops.store.maintain();
        bench.settle();
    }
    let now = START_MS + 75 * 3_600_000;
    assert_eq!(query(&bench, "orders", ID, true, now - 1_000, i64::MAX), 1, "past the retention, and kept");
    assert_eq!(found(&bench, by_id(&bench, ID)), ["old"]);
}
