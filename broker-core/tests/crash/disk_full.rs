//! Disk full and back, C42.

use std::time::Duration;

use broker_core::store::StoreError;
use broker_core::store::medium::{Medium, MemoryMedium};

use crate::world::{Told, config, new_clock, open, queue};

#[test]
fn c42_a_full_disk_refuses_and_deletes_nothing() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(64 << 10));
    medium.set_size(256 << 20);
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    store.maintain();
    told.work(&store, 200).expect("it works");
    store.barrier().expect("synced");
    store.maintain();
    let files = medium.paths().len();
    clock.advance(Duration::from_secs(2 * 3600));

    medium.set_taken_by_others(254 << 20);
    store.maintain();
    assert!(matches!(told.send(&store, queue(1, 0), 100), Err(StoreError::Full)));
    store.maintain();
    told.check(&store, &vec![true; told.sent.len()]);
    assert!(medium.paths().len() >= files, "no file of messages is removed");
    let state = store.state_log("acks").expect("opened");
    state.put(b"group", b"7");
    state.sync().expect("offsets go on");

    medium.set_taken_by_others(0);
    store.maintain();
    told.work(&store, 5).expect("taken again without a restart");
    store.barrier().expect("synced");
    let left = medium.killed();
    drop((state, store));
    let (store, _) = open(&left, &clock, &config);
    told.check(&store, &vec![true; told.sent.len()]);
}

#[test]
fn r19_from_85_percent_on_messages_are_refused_and_below_they_are_taken() {
    const SIZE: u64 = 1 << 30;
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(64 << 10));
    medium.set_size(SIZE);
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.send(&store, queue(1, 0), 100).expect("taken");
    store.barrier().expect("synced");
    store.maintain();
    // Files of the store are made meanwhile, some 100 KiB: far less than a percent.
    let fill = |percent: u64| {
        medium.set_taken_by_others(0);
        let own = SIZE - medium.space(std::path::Path::new("/store")).expect("known").bytes_free;
        medium.set_taken_by_others(SIZE / 100 * percent + SIZE / 200 - own);
        store.maintain();
    };
    fill(84);
    told.send(&store, queue(1, 0), 100).expect("84 %");
    fill(85);
    assert!(matches!(told.send(&store, queue(1, 0), 100), Err(StoreError::Full)), "85 %");
    fill(84);
    told.send(&store, queue(1, 0), 100).expect("84 % again");
}

#[test]
fn no_room_for_the_next_segment_refuses_until_there_is() {
    let (medium, clock, mut config) = (MemoryMedium::new(), new_clock(), config(1 << 20));
    config.disk_used_percent_max = 100;
    medium.set_size(60 << 20);
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    store.maintain();
    medium.set_taken_by_others(60 << 20);
    let mut refused = false;
    for _ in 0..4000 {
        match told.send(&store, queue(1, 0), 1000) {
            Ok(()) => store.submit(),
            Err(StoreError::Full) => {
                refused = true;
                break;
            }
            Err(other) => panic!("{other}"),
        }
    }
    assert!(refused);
    store.barrier().expect("what was taken is synced: its segment was reserved");
    told.check(&store, &vec![true; told.sent.len()]);
    medium.set_taken_by_others(0);
    store.maintain();
    told.send(&store, queue(1, 0), 1000).expect("taken again");
}

#[test]
fn a_start_on_a_full_disk_serves_what_is_there_and_goes_on_later() {
    let (medium, clock, config) = (MemoryMedium::new(), new_clock(), config(1 << 20));
    medium.set_size(64 << 20);
    let mut told = Told::default();
    let (store, _) = open(&medium, &clock, &config);
    told.work(&store, 12).expect("it works");
    store.barrier().expect("synced");
    let left = medium.killed();
    drop(store);
    let free = left.space(std::path::Path::new("/store")).expect("known").bytes_free;
    left.set_taken_by_others(free);
    let (store, _) = open(&left, &clock, &config);
    told.check(&store, &vec![true; told.sent.len()]);
    told.check_state(&store);
    let state = store.state_log("acks").expect("opened");
    state.put(b"group", b"7");
    state.sync().expect("offsets go on");
    assert!(matches!(told.send(&store, queue(1, 0), 100), Err(StoreError::Full)));
    left.set_taken_by_others(0);
    store.maintain();
    told.work(&store, 3).expect("taken again");
    told.send(&store, queue(1, 0), 20_000).expect("also what only a whole segment has room for");
    store.barrier().expect("synced");
    told.check(&store, &vec![true; told.sent.len()]);
}
