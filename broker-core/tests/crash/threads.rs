//! Many threads at once: what readers see is always a prefix of what was sent, in order.

use std::sync::atomic::{AtomicUsize, Ordering};

use broker_core::store::medium::MemoryMedium;
use broker_core::store::{Durability, ReadOutcome, ReadRequest, Records, Store};

use crate::world::{QUEUES, config, durability_of, new_clock, open, queue, try_append};

const MESSAGES: i64 = 400;

/// Follows a queue from its start to the last message.
fn follow(store: &Store, topic: u64, number: u16) {
    let key = queue(topic, number);
    let mut offset = 0;
    while offset < MESSAGES {
        let mut out = Records::default();
        let durability = durability_of(key);
        let request =
            ReadRequest { queue: key, durability, offset, messages_max: 9, bytes_max: 1 << 20, wanted: &|_| true };
        let end = store.read(&request, &mut out).expect("readable");
        for message in out.iter() {
            let at = i64::from_be_bytes(message[20..28].try_into().expect("eight bytes"));
            assert_eq!(at, offset, "in order, without a gap");
            assert_eq!(message[88..96], offset.to_be_bytes(), "the body of that offset");
            offset += 1;
        }
        assert_eq!(end.next_offset, offset, "{:?}", end.outcome);
        if end.outcome == ReadOutcome::AtEnd {
            std::thread::yield_now();
        }
    }
}

#[test]
fn readers_follow_writers_through_rolls_and_seals() {
    let (store, _) = open(&MemoryMedium::new(), &new_clock(), &config(16 << 10));
    let writing = AtomicUsize::new(QUEUES.len());
    std::thread::scope(|scope| {
        for (topic, number) in QUEUES {
            let (store, writing) = (&store, &writing);
            scope.spawn(move || {
                for offset in 0..MESSAGES {
                    let mut body = offset.to_be_bytes().to_vec();
                    body.resize(8 + (offset as usize * 37) % 700, 1);
                    let appended = try_append(store, queue(topic, number), &body, "key").expect("stored");
                    assert_eq!(appended.queue_offset, offset);
                    store.submit();
                    if offset % 50 == 49 {
                        let mark = store.barrier().expect("synced");
                        assert!(mark >= appended.end);
                    }
                }
                store.barrier().expect("synced");
                writing.fetch_sub(1, Ordering::SeqCst);
            });
            scope.spawn(move || follow(store, topic, number));
            scope.spawn(move || follow(store, topic, number));
        }
        scope.spawn(|| {
            while writing.load(Ordering::SeqCst) > 0 {
                store.maintain();
            }
        });
    });
    for (topic, number) in QUEUES {
        let bounds = store.bounds(queue(topic, number), Durability::Synced);
        assert_eq!((bounds.min, bounds.max), (0, MESSAGES));
    }
}
