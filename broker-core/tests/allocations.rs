//! A guard by count, not by time: what sends and pulls allocate once everything is warm.

#![expect(unsafe_code, reason = "an allocator that counts can't be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::Arc;

use broker_core::access::{Access, Action, Decision, FoundKey, Principal, Resource};
use broker_core::client_table::Door;
use broker_core::clock::{Clock, SystemClock};
use broker_core::config::StoreConfig;
use broker_core::delivery::long_polling::LongPolling;
use broker_core::metadata::{Group, GroupProtocol, Instance, MessageType, Metadata, Topic};
use broker_core::operations::pull::{PullFilter, PullRequest};
use broker_core::operations::send::{SendBatch, SendRequest};
use broker_core::operations::{Operations, Parts, Target};
use broker_core::store::medium::SystemMedium;
use broker_core::store::{Durability, Records, Store};
use broker_core::types::{AccountNo, GroupNo, InstanceNo, TopicNo};

struct Counting;

thread_local! {
    static COUNT: Cell<u64> = const { Cell::new(0) };
}

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        unsafe { System.dealloc(at, layout) }
    }

    unsafe fn realloc(&self, at: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        unsafe { System.realloc(at, layout, bytes) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn allocations(work: impl FnOnce()) -> u64 {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

struct Nobody;

impl Access for Nobody {
    fn find_key(&self, _: &str) -> FoundKey {
        FoundKey::Unknown
    }
    fn epoch(&self) -> u64 {
        0
    }
    fn authorize(&self, _: &Principal, _: Action, _: InstanceNo, _: AccountNo, _: Resource<'_>) -> Decision {
        Decision::Allow
    }
}

fn operations(dir: &std::path::Path) -> Operations {
    let config = StoreConfig { segment_bytes: 16 << 20, spare_segments: 0, ..StoreConfig::new(dir.to_owned()) };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let long_polling = Arc::new(LongPolling::default());
    let opened = Store::open(&config, Arc::new(SystemMedium), clock.clone(), long_polling.clone());
    let (store, _) = opened.expect("the store opens");
    let metadata = Metadata::default();
    let instance = Instance {
        no: InstanceNo(1),
        account: AccountNo(1),
        id: "MQ_INST_1000000000000001_Babcdefg".into(),
        region: "local".into(),
        port: 9_901,
    };
    metadata.put_instance(instance);
    metadata.put_topic(Topic {
        no: TopicNo(1),
        instance: InstanceNo(1),
        name: "orders".into(),
        message_type: MessageType::Normal,
        queues: 4,
        durability: Durability::Written,
        created_at_ms: 0,
    });
    metadata.put_group(Group {
        no: GroupNo(1),
        instance: InstanceNo(1),
        name: "GID_x".into(),
        protocol: GroupProtocol::Tcp,
        created_at_ms: 0,
        start_position: 0,
    });
    Operations::new(Parts {
        offset_log: Arc::new(store.state_log("offsets").expect("opens")),
        state: Arc::new(store.state_log("state").expect("opens")),
        store: Arc::new(store),
        long_polling,
        metadata,
        access: Arc::new(Nobody),
        clock,
        advertised_host: "127.0.0.1".to_owned(),
        advertised_ipv4: [127, 0, 0, 1].into(),
    })
}

#[test]
fn a_warm_send_and_a_warm_pull_allocate_next_to_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let ops = operations(dir.path());
    let topic = ops.metadata.topic(TopicNo(1)).expect("a Topic");
    let body = vec![b'x'; 1_024];
    let mut batch = SendBatch::default();
    let mut number = 0_u64;
    let mut turn = |sends: u64| {
        for _ in 0..sends {
            number += 1;
            let properties = property_text(number);
            let request = SendRequest {
                topic: &topic,
                queue_id: 0,
                sys_flag: 0,
                born_at_ms: 1,
                flag: 0,
                reconsume_times: 0,
                properties: properties.text(),
                body: &body,
                batch: false,
                from: ([127, 0, 0, 1], 5_000).into(),
            };
            batch.push(&ops, &request).expect("taken");
        }
        batch.append(&ops).expect("stored");
        batch.clear();
        ops.submit();
    };
    for _ in 0..20 {
        turn(32);
    }
    let sends = 3_200;
    let counted = allocations(|| (0..sends / 32).for_each(|_| turn(32)));
    // Chunks of the tail and of the indexes grow now and then.
    assert!(counted * 50 < sends, "{counted} allocations for {sends} sends");

    let mut session = ops.connect(0, Door::Instance(InstanceNo(1)), 9_901, ([127, 0, 0, 1], 5_000).into());
    let (group, target) = (ops.metadata.group(GroupNo(1)).expect("a group"), Target::Topic(topic.clone()));
    let mut out = Records::default();
    let mut pull = |offset| {
        let filter = PullFilter::Inline { expression_type: "TAG", expression: "*" };
        let request = PullRequest {
            group: &group,
            target: &target,
            queue_id: 0,
            offset,
            messages_max: 32,
            bytes_max: None,
            commit: Some(offset),
            filter,
        };
        let pull = ops.prepare_pull(&mut session, &request).expect("a pull");
        ops.pull(&mut session, &pull, &mut out).expect("answered");
        assert_eq!(out.len(), 32);
    };
    pull(2_000);
    let pulls = 30;
    let counted = allocations(|| (0..pulls).for_each(|n| pull(2_000 + n * 32)));
    assert!(counted < 8 * u64::try_from(pulls).expect("positive"), "{counted} allocations for {pulls} pulls of 32");
}

/// Property text with a new unique id, without the heap.
struct Text {
    bytes: [u8; 64],
    len: usize,
}

fn property_text(number: u64) -> Text {
    use std::io::Write;
    let mut bytes = [0; 64];
    let mut rest = &mut bytes[..];
    write!(rest, "UNIQ_KEY\u{1}{number:032X}\u{2}TAGS\u{1}TagA\u{2}").expect("it fits");
    let len = 64 - rest.len();
    Text { bytes, len }
}

impl Text {
    fn text(&self) -> &str {
        std::str::from_utf8(&self.bytes[..self.len]).expect("ASCII")
    }
}
