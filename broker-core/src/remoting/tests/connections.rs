use super::*;

#[test]
fn requests_before_a_malformed_one_are_answered() {
    let house = House::new();
    let mut client = house.client();
    let mut bytes = client.frame(310, 0, &send_fields("orders"), b"good");
    bytes.extend_from_slice(&[0, 0, 0, 3, 0]);
    client.write(&bytes);
    assert_eq!(client.answer().code, 0);
    assert!(client.is_closed());
}

#[test]
fn a_large_request_of_an_unknown_key_is_refused_before_its_body_is_read() {
    let house = House::new();
    let mut client = Client::connect(house.own, Some("TNnone"));
    let frame = client.frame(310, 0, &send_fields("orders"), &vec![0; 4 << 20]);
    // The header and no more than a beginning of the body.
    client.write(&frame[..300 << 10]);
    let answer = client.answer();
    assert!(answer.code == 16 && answer.remark.contains("check signature failed"), "{answer:?}");
    assert!(client.is_closed());
}

#[test]
fn a_connection_without_a_first_frame_is_closed_after_ten_seconds() {
    let house = House::new();
    let mut silent = Client::connect(house.own, None);
    let mut halting = Client::connect(house.own, None);
    halting.write(&[0, 0, 1, 0]);
    let mut alive = house.client();
    assert_eq!(alive.send("orders", b"x").code, 0);
    house.clock.advance(Duration::from_secs(11));
    assert!(silent.is_closed() && halting.is_closed());
    assert_eq!(alive.send("orders", b"x").code, 0);
}

#[test]
fn an_idle_connection_is_closed_and_one_that_waits_for_a_pull_is_not() {
    let house = House::new();
    let mut idle = house.client();
    assert_eq!(idle.send("orders", b"x").code, 0);
    house.clock.advance(Duration::from_secs(100));
    let mut other = house.client();
    assert_eq!(other.send("orders", b"x").code, 0);
    house.clock.advance(Duration::from_secs(21));
    assert!(idle.is_closed());
    assert_eq!(other.send("orders", b"x").code, 0);
}

#[test]
fn r32_a_held_pull_goes_with_its_connection() {
    let house = House::new();
    let mut consumer = house.client();
    for _ in 0..3 {
        consumer.send_only(11, &pull_fields("GID_x", "orders", "0", "6"), b"");
    }
    assert_eq!(consumer.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    assert_eq!(house.remoting.held_pulls(), 3);
    drop(consumer);
    let deadline = std::time::Instant::now() + PATIENCE;
    while house.remoting.held_pulls() > 0 {
        assert!(std::time::Instant::now() < deadline, "held pulls are let go");
        std::thread::yield_now();
    }
    assert_eq!(house.client().send("orders", b"x").code, 0);
}

#[test]
fn a_peer_that_takes_nothing_does_not_hold_up_others() {
    let house = House::new();
    let mut producer = house.client();
    assert_eq!(producer.send("orders", &vec![b'x'; 1 << 20]).code, 0);
    // Asks for far more than sockets hold, and reads none of it.
    let mut greedy = house.client();
    for _ in 0..64 {
        greedy.send_only(11, &pull_fields("GID_x", "orders", "0", "4"), b"");
    }
    let mut quick = house.client();
    assert_eq!(quick.send("orders", b"x").code, 0);
    // In the end it gets everything that it asked for.
    let answers: Vec<_> = (0..64).map(|_| greedy.answer()).collect();
    assert!(answers.iter().all(|answer| answer.code == 0 && answer.body.len() > 1 << 20));
}

#[test]
fn r31_a_peer_that_takes_nothing_for_thirty_seconds_is_closed() {
    let house = House::new();
    let mut producer = house.client();
    assert_eq!(producer.send("orders", &vec![b'x'; 1 << 20]).code, 0);
    let mut greedy = house.client();
    for _ in 0..64 {
        greedy.send_only(11, &pull_fields("GID_x", "orders", "0", "6"), b"");
    }
    // It is stalled when the broker holds what it does not take; then its time runs.
    let deadline = std::time::Instant::now() + PATIENCE;
    while house.remoting.connections() > 1 {
        assert!(std::time::Instant::now() < deadline, "the stalled connection is closed");
        // Keeps the producer from being idle, and gives the loops their turns.
        assert_eq!(producer.send("orders", b"x").code, 0);
        house.clock.advance(Duration::from_secs(8));
    }
}

#[test]
fn a_busy_port_is_the_state_of_its_instance_and_a_closed_one_is_free_at_once() {
    let house = House::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    assert!(matches!(house.remoting.open(InstanceNo(1), port), ListenerState::Unavailable(_)));
    assert!(matches!(house.remoting.state(InstanceNo(1)), Some(ListenerState::Unavailable(_))));
    drop(taken);
    assert!(matches!(house.remoting.open(InstanceNo(1), port), ListenerState::Listening(_)));
    house.remoting.close(InstanceNo(1));
    assert_eq!(house.remoting.state(InstanceNo(1)), None);
    assert!(std::net::TcpListener::bind(("127.0.0.1", port)).is_ok());
}

#[test]
fn an_instance_that_is_removed_loses_its_connections() {
    let house = House::new();
    let mut client = house.client();
    let mut other = Client::connect(house.other, Some("TNother"));
    assert_eq!(client.send("orders", b"x").code, 0);
    house.remoting.close(InstanceNo(1));
    house.ops.remove_instance(InstanceNo(1));
    assert!(client.is_closed());
    assert_eq!(other.send("orders", b"x").code, 0);
}

#[test]
fn c43_a_stop_answers_what_was_asked_and_lets_held_pulls_go() {
    let house = House::new();
    let (mut producer, mut consumer) = (house.client(), house.client());
    assert_eq!(producer.send("orders", b"x").code, 0);
    consumer.send_only(11, &pull_fields("GID_x", "orders", "1", "6"), b"");
    assert_eq!(consumer.ask(30, &[("topic", "orders"), ("queueId", "0")], b"").code, 0);
    house.ops.begin_stop();
    assert_eq!(producer.send("orders", b"late").code, 14);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let started = std::time::Instant::now();
    runtime.block_on(house.remoting.stop());
    assert!(started.elapsed() < Duration::from_secs(1));
    let pulled = consumer.answer();
    assert_eq!((pulled.opaque, pulled.code), (1, 19));
    assert!(consumer.is_closed() && producer.is_closed());
    assert!(TcpStream::connect(house.own).is_err());
}
