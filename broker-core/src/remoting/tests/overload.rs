//! What one peer, one tenant or a slow disk must not do to the others.

use super::*;
use crate::SendError;
use crate::operations::send::SendRequest;
use crate::store::medium::gated::{Gate, GatedMedium};

/// Waits for something that the loops do, and asks for it through `client` meanwhile.
pub(super) fn until(client: &mut Client, what: &str, mut done: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + PATIENCE;
    while !done() {
        assert!(std::time::Instant::now() < deadline, "{what}");
        assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    }
}

/// Bytes of the door's buffers once they stay the same: peers take no more, and nobody is served.
fn settled_bytes(house: &House) -> usize {
    let mut client = house.client();
    let (mut last, mut same) = (0, 0);
    until(&mut client, "some answers wait", || house.remoting.shared.admission.buffer_bytes() > 0);
    while same < 200 {
        assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
        let now = house.remoting.shared.admission.buffer_bytes();
        same = if now == last && now > 0 { same + 1 } else { 0 };
        last = now;
    }
    last
}

#[test]
fn r31_pipelined_requests_wait_until_their_peer_has_taken_earlier_answers() {
    const LOOK_UPS: usize = 16;
    let house = House::new();
    let mut greedy = house.client();
    let sent = greedy.send("orders", &vec![b'x'; 4 << 20]);
    let position = sent.fields["msgId"].get(16..).and_then(|hex| i64::from_str_radix(hex, 16).ok()).expect("an id");
    let position = position.to_string();
    let frames: Vec<_> = (0..LOOK_UPS).flat_map(|_| greedy.frame(33, 0, &[("offset", &position)], b"")).collect();
    greedy.write(&frames);
    let held = settled_bytes(&house);
    assert!(held < 24 << 20, "answers that nobody takes: {held} bytes");
    for opaque in 2..2 + LOOK_UPS {
        let answer = greedy.answer();
        assert_eq!((answer.opaque, answer.code), (i32::try_from(opaque).expect("small"), 0));
        assert!(answer.body.len() > 4 << 20);
    }
    assert_eq!(greedy.send("orders", b"x").code, 0, "the connection goes on");
}

#[test]
fn r31_a_stranger_is_owed_little() {
    let house = House::new();
    let mut stranger = Client::connect(house.own, None);
    // A route is ten times its request; these are read as fast as they come, the answers never.
    let frames: Vec<_> = (0..1_000).flat_map(|_| stranger.frame(106, 0, &[], b"")).collect();
    let mut writer = stranger.socket.try_clone().expect("a handle");
    writer.set_nonblocking(true).expect("set");
    let mut client = house.client();
    let deadline = std::time::Instant::now() + PATIENCE;
    let mut full = 0;
    // Until sockets are full in both directions.
    while full < 50 {
        assert!(std::time::Instant::now() < deadline, "the broker goes on reading");
        full = if writer.write(&frames).is_err() { full + 1 } else { 0 };
        assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    }
    let held = house.remoting.shared.admission.buffer_bytes();
    assert!(held < 2 << 20, "{held} bytes for a stranger");
}

#[test]
fn r31_answers_that_are_released_later_count_as_buffers() {
    let house = House::new();
    let mut consumer = house.client();
    // Held over many queues' worth of pulls, then all woken by one message.
    for _ in 0..12 {
        consumer.send_only(11, &pull_fields("GID_x", "orders", "0", "6"), b"");
    }
    let mut producer = house.client();
    until(&mut producer, "the pulls are held", || house.remoting.held_pulls() == 12);
    assert_eq!(producer.send("orders", &vec![b'x'; 4 << 20]).code, 0);
    let held = settled_bytes(&house);
    assert!(held < 24 << 20, "{held} bytes");
    let pulled: Vec<_> = (0..12).map(|_| consumer.answer()).collect();
    assert!(pulled.iter().all(|answer| answer.code == 0 && answer.body.len() > 4 << 20));
}

/// A tenth of what there is otherwise.
fn small() -> House {
    House::within(Limits { buffer_bytes: 32 << 20, buffer_bytes_per_account: 12 << 20, ..Limits::default() })
}

#[test]
fn r31_full_buffers_close_whoever_fills_them_and_nobody_else() {
    let house = small();
    let mut producer = house.client();
    assert_eq!(producer.send("orders", &vec![b'x'; 1 << 20]).code, 0);
    // Each is owed megabytes that it does not take; the account may have 12 MiB.
    let mut greedy: Vec<_> = (0..20).map(|_| Client::connect_narrow(house.own, Some("TNown"))).collect();
    for client in &mut greedy {
        for _ in 0..4 {
            client.send_only(11, &pull_fields("GID_x", "orders", "0", "4"), b"");
        }
    }
    // One on each loop: another tenant is served all the time, and both loops have their turns.
    let mut others = [0, 1].map(|_| Client::connect(house.other, Some("TNother")));
    let held = || house.remoting.shared.admission.buffer_bytes();
    until(&mut others[0], "the account's buffers are full", || held() > 12 << 20);
    // Less in all than a connection may be idle: the producer waits from here on.
    let mut moments = 300;
    let mut a_moment_later = || {
        if moments > 0 {
            moments -= 1;
            house.clock.advance(Duration::from_millis(300));
        }
        others.iter_mut().for_each(|other| assert_eq!(other.send("orders", b"x").code, 0));
    };
    let deadline = std::time::Instant::now() + PATIENCE;
    while !house.refused(1, RefusalReason::LimitReached) {
        assert!(std::time::Instant::now() < deadline, "buffers stay full");
        a_moment_later();
    }
    producer.send_only(310, &send_fields("orders"), b"x");
    producer.socket.set_nonblocking(true).expect("set");
    while producer.socket.peek(&mut [0; 1]).is_err() {
        assert!(std::time::Instant::now() < deadline, "the account is served again");
        a_moment_later();
    }
    producer.socket.set_nonblocking(false).expect("set");
    assert_eq!(producer.answer().code, 0);
}

#[test]
fn r31_full_buffers_close_nobody_who_goes_on() {
    let house = small();
    let mut others = [0, 1].map(|_| Client::connect(house.other, Some("TNother")));
    // Frames that are begun hold more than the account may have; whoever comes later waits for them.
    let mut begun: Vec<_> = (0..24).map(|_| house.client()).collect();
    let ends = parking_lot::RwLock::new(());
    std::thread::scope(|scope| {
        let not_yet = ends.write();
        let sent: Vec<_> = begun
            .iter_mut()
            .map(|client| {
                let ends = &ends;
                scope.spawn(move || {
                    let asked = client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code;
                    let mut frame = client.frame(310, 0, &send_fields("orders"), &vec![b'x'; 1 << 20]);
                    let end = frame.split_off(frame.len() - 1_000);
                    client.write(&frame);
                    drop(ends.read());
                    client.write(&end);
                    (asked, client.answer().code)
                })
            })
            .collect();
        let held = || house.remoting.shared.admission.buffer_bytes();
        until(&mut others[0], "buffers are full", || held() > 12 << 20);
        for _ in 0..30 {
            house.clock.advance(Duration::from_millis(300));
            others.iter_mut().for_each(|other| assert_eq!(other.send("orders", b"x").code, 0));
        }
        drop(not_yet);
        assert!(sent.into_iter().all(|sent| sent.join().is_ok_and(|codes| codes == (0, 0))));
    });
    assert!(!house.refused(1, RefusalReason::LimitReached));
}

#[test]
fn a_client_that_does_not_read_gets_one_notice_of_change() {
    let house = House::new();
    let beat = |id: &str| {
        format!(r#"{{"clientID":"{id}","consumerDataSet":[{{"groupName":"GID_x","subscriptionDataSet":[]}}]}}"#)
    };
    let mut lazy = house.client();
    lazy.send_only(34, &[], beat("lazy").as_bytes());
    // More answers than sockets hold, so that what comes now waits in the broker.
    let mut producer = house.client();
    assert_eq!(producer.send("orders", &vec![b'x'; 3 << 20]).code, 0);
    for _ in 0..8 {
        lazy.send_only(11, &pull_fields("GID_x", "orders", "0", "4"), b"");
    }
    settled_bytes(&house);
    for number in 0..50 {
        let mut passing = house.client();
        passing.send_only(34, &[], beat(&format!("c{number}")).as_bytes());
        // Its own notice follows once everybody was told.
        assert_eq!([passing.answer().code, passing.answer().code].iter().sum::<i32>(), 40);
    }
    let mut notices = 0;
    let mut pulled = 0;
    while pulled < 8 {
        match lazy.answer().code {
            40 => notices += 1,
            _ => pulled += 1,
        }
    }
    assert!(notices < 10, "{notices} notices of 50 changes");
}

#[test]
fn r21_a_send_that_the_disk_does_not_confirm_is_answered_so() {
    let disk = GatedMedium::default();
    let house = House::over(Arc::new(disk.clone()));
    let mut client = house.client();
    assert_eq!(client.send("orders", b"one").code, 0);
    disk.set(Gate::NoSyncs);
    for coding in [Coding::Json, Coding::Binary] {
        client.coding = coding;
        client.send_only(310, &send_fields("orders"), b"two");
        assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").number("offset"), 1);
        house.clock.advance(Duration::from_millis(5_001));
        let answer = client.answer();
        assert_eq!((answer.code, answer.coding, answer.opaque), (10, coding, client.opaque - 1));
        assert_eq!(answer.fields["msgId"].len(), 32, "clients read the fields of a stored message: {answer:?}");
    }
    disk.set(Gate::Open);
    // The late answers are forgotten: the next one is that of the next request.
    assert_eq!(client.send("orders", b"three").number("queueOffset"), 3);
}

#[test]
fn r21_a_send_without_a_connection_does_not_wait_for_the_disk_for_ever() {
    let disk = GatedMedium::default();
    let house = House::over(Arc::new(disk.clone()));
    disk.set(Gate::NoSyncs);
    let topic = house.ops.metadata.topic(TopicNo(1)).expect("the Topic");
    let request = SendRequest {
        topic: &topic,
        queue_id: -1,
        sys_flag: 0,
        born_at_ms: 0,
        flag: 0,
        reconsume_times: 0,
        properties: "",
        body: b"x",
        batch: false,
        from: ([127, 0, 0, 1], 1).into(),
    };
    let (_, durability, end) = house.ops.send_now(&request).expect("it is appended");
    // Its clock goes on by itself as soon as nothing else is left to do.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let confirmed = runtime.expect("a runtime").block_on(house.ops.confirm(durability, end));
    assert!(matches!(confirmed, Err(SendError::Unconfirmed)), "{confirmed:?}");
    disk.set(Gate::Open);
}

#[test]
fn a_store_that_is_behind_holds_up_senders_only_and_then_refuses_them() {
    let disk = GatedMedium::default();
    let house = House::over(Arc::new(disk.clone()));
    let body = vec![b'x'; 4 << 20];
    // Connections go to the two loops in turn. The first send keeps its own loop at the disk.
    let mut writer = house.client();
    let mut clients: Vec<_> = (0..17).map(|_| house.client()).collect();
    let mut others: Vec<_> = clients.drain(..).step_by(2).collect();
    let mut consumer = others.pop().expect("one");
    assert_eq!(consumer.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    disk.set(Gate::NoWrites);
    writer.send_only(310, &send_fields("orders"), &body);
    until(&mut consumer, "the first write stands", || disk.standing() > 0);
    let (appended, held) = others.split_at_mut(4);
    for sender in appended.iter_mut().chain(held.iter_mut()) {
        assert_eq!(sender.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    }
    for sender in appended.iter_mut() {
        sender.send_only(310, &send_fields("orders"), &body);
    }
    until(&mut consumer, "the store is behind", || house.ops.store.is_congested());
    for sender in held.iter_mut() {
        sender.send_only(310, &send_fields("orders"), &body);
    }
    for _ in 0..50 {
        assert_eq!(consumer.ask(11, &pull_fields("GID_x", "orders", "0", "4"), b"").code, 19, "pulls go on");
    }
    for sender in held {
        let deadline = std::time::Instant::now() + PATIENCE;
        sender.socket.set_read_timeout(Some(Duration::from_millis(100))).expect("a timeout");
        let mut first = [0; 1];
        while sender.socket.peek(&mut first).is_err() {
            assert!(std::time::Instant::now() < deadline, "held sends are answered");
            house.clock.advance(Duration::from_millis(400));
        }
        sender.socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let answer = sender.answer();
        assert_eq!(answer.code, 2, "{answer:?}");
    }
    disk.set(Gate::Open);
    for sender in appended {
        let answer = sender.answer();
        assert!([0, 10].contains(&answer.code), "what was appended before is stored: {answer:?}");
    }
    assert_eq!(consumer.send("orders", b"x").code, 0);
}

/// Sends that were held back may be what fills the buffers: served, they make room.
#[test]
fn r31_sends_that_were_held_back_do_not_wait_for_each_other() {
    let disk = GatedMedium::default();
    let limits = Limits { buffer_bytes: 64 << 20, buffer_bytes_per_account: 12 << 20, ..Limits::default() };
    let house = House::build(Arc::new(disk.clone()), None, limits);
    let known = |client: &mut Client| {
        assert_eq!(client.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    };
    let body = vec![b'x'; 4 << 20];
    // Connections go to the two loops in turn. The first send keeps the first loop at the disk.
    let mut strangers = [0, 1].map(|_| {
        let mut client = Client::connect(house.other, Some("TNother"));
        known(&mut client);
        client
    });
    let witness = &mut strangers[1];
    let mut writer = house.client();
    let clients: Vec<_> = (0..18).map(|_| house.client()).collect();
    let mut senders: Vec<_> = clients.into_iter().step_by(2).collect();
    senders.iter_mut().for_each(known);
    disk.set(Gate::NoWrites);
    writer.send_only(310, &send_fields("orders"), &body);
    until(witness, "the first write stands", || disk.standing() > 0);
    let (appended, held) = senders.split_at_mut(4);
    for sender in appended {
        sender.send_only(310, &send_fields("orders"), &body);
    }
    until(witness, "the store is behind", || house.ops.store.is_congested());
    // Two fill the batch, three more the account's buffers.
    for sender in held {
        sender.send_only(310, &send_fields("orders"), &body);
    }
    let (mut last, mut same) = (0, 0);
    until(witness, "three wait", || {
        let now = house.remoting.shared.admission.buffer_bytes();
        same = if now == last && now > 12 << 20 { same + 1 } else { 0 };
        last = now;
        same == 200
    });
    disk.set(Gate::Open);
    assert!(senders.iter_mut().all(|sender| sender.answer().code == 0));
}

#[test]
fn r28_a_panic_ends_its_connection_and_stores_nothing_of_its_turn() {
    let house = House::new();
    let mut client = house.client();
    let mut bytes = client.frame(310, 0, &send_fields("orders"), b"in the same turn");
    bytes.extend(client.frame(310, 0, &send_fields("panics"), b"x"));
    client.write(&bytes);
    assert!(client.is_closed());
    let mut other = house.client();
    assert_eq!(other.send("orders", b"x").number("queueOffset"), 0);
    until(&mut other, "its place is free", || house.remoting.connections() == 1);
}
