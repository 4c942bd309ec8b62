//! The front door on a real folder: start, catalogue, send, find, stop, start again.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use broker_core::access::{Access, Action, Decision, FoundKey, Principal, Resource};
use broker_core::admin::{ListenerState, Lookup, TimeSearch};
use broker_core::clock::SystemClock;
use broker_core::config::{Config, StoreConfig, TcpConfig};
use broker_core::metadata::{Catalogue, Group, GroupProtocol, HighWater, Instance, MessageType, Topic};
use broker_core::store::Durability;
use broker_core::types::{AccountNo, GroupNo, InstanceNo, TopicNo};
use broker_core::{Broker, OutgoingMessage, SendError, StartError};

struct NoKeys;

impl Access for NoKeys {
    fn find_key(&self, _: &str) -> FoundKey {
        FoundKey::Unknown
    }
    fn epoch(&self) -> u64 {
        0
    }
    fn authorize(&self, _: &Principal, _: Action, _: InstanceNo, _: AccountNo, _: Resource<'_>) -> Decision {
        Decision::Hidden
    }
}

fn catalogue() -> Catalogue {
    let topic = |no, name: &str, durability| Topic {
        no: TopicNo(no),
        instance: InstanceNo(1),
        name: name.into(),
        message_type: MessageType::Normal,
        queues: 4,
        durability,
        created_at_ms: 0,
    };
    Catalogue {
        instances: vec![Instance {
            no: InstanceNo(1),
            account: AccountNo(1),
            id: "MQ_INST_1000000000000001_Babcdefg".into(),
            region: "local".into(),
            port: 0,
        }],
        topics: vec![topic(1, "orders", Durability::Synced), topic(2, "clicks", Durability::Written)],
        groups: Vec::new(),
    }
}

async fn start(dir: &Path) -> Result<Broker, StartError> {
    let config = Config {
        store: StoreConfig { segment_bytes: 1 << 20, spare_segments: 0, ..StoreConfig::new(dir.join("store")) },
        tcp: TcpConfig {
            listen: [127, 0, 0, 1].into(),
            port: 0,
            advertised_host: "127.0.0.1".to_owned(),
            advertised_ipv4: [127, 0, 0, 1].into(),
            connections_max: TcpConfig::CONNECTIONS_MAX,
            loops: 1,
            unsigned_listener: None,
        },
    };
    Broker::start(config, catalogue(), Arc::new(NoKeys), Arc::new(SystemClock::new())).await
}

fn message(topic: u64, body: &str) -> OutgoingMessage {
    OutgoingMessage {
        topic: TopicNo(topic),
        tag: Some("TagA".to_owned()),
        keys: Some("k1 k2".to_owned()),
        properties: vec![("colour".to_owned(), "red".to_owned())],
        body: body.as_bytes().to_vec(),
        from: SocketAddr::from(([127, 0, 0, 1], 5_000)),
    }
}

#[tokio::test]
async fn what_was_acknowledged_is_found_after_a_restart() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = start(dir.path()).await.expect("starts");
    assert_ne!(broker.tcp_address().port(), 0);
    assert!(matches!(broker.listener(InstanceNo(1)), Some(ListenerState::Listening(_))));
    let mut receipts = Vec::new();
    for topic in [1, 2] {
        receipts.push(broker.send(message(topic, "hello")).await.expect("stored"));
    }
    assert!(matches!(broker.send(message(9, "hello")).await, Err(SendError::TopicUnknown)));
    let mark = broker.log_mark().expect("a mark");
    broker.raise_high_water(HighWater { topic: 50, ..HighWater::default() }).expect("durable");
    broker.stop().await;
    drop(broker);

    let broker = start(dir.path()).await.expect("starts again");
    for receipt in receipts {
        for id in [&receipt.message_id, &receipt.offset_id] {
            let Ok(Lookup::Found(found)) = broker.find_by_id(AccountNo(1), InstanceNo(1), id) else {
                panic!("{id} is not found")
            };
            assert_eq!(found[0].message_id, receipt.message_id);
            let opened = broker.open_message(AccountNo(1), InstanceNo(1), &found[0].offset_id).expect("answered");
            assert_eq!(&opened.expect("the same message").1[..], b"hello");
            assert_eq!(found[0].stored_at_ms, receipt.stored_at_ms);
        }
    }
    assert!(broker.log_mark().expect("a mark") >= mark);
    assert_eq!(broker.high_water(), HighWater { account: 1, instance: 1, topic: 50, group: 0 });
    assert!(broker.milestones(InstanceNo(1)).message_stored);
    let search = TimeSearch { topic: TopicNo(1), from_ms: 0, to_ms: i64::MAX, cursor: None, count_max: 10 };
    assert_eq!(broker.find_by_time(&search).expect("answered").messages.len(), 1);
    broker.stop().await;
}

#[tokio::test]
async fn catalogue_changes_act_at_once_and_a_second_start_is_refused() {
    let dir = tempfile::tempdir().expect("a folder");
    let broker = start(dir.path()).await.expect("starts");
    assert!(matches!(start(dir.path()).await, Err(StartError::InUse { .. })));
    let group = Group {
        no: GroupNo(3),
        instance: InstanceNo(1),
        name: "GID_test".into(),
        protocol: GroupProtocol::Tcp,
        created_at_ms: 7,
        start_position: broker.log_mark().expect("a mark"),
    };
    broker.put_group(group);
    let status = broker.group_status(GroupNo(3)).expect("a group").expect("readable");
    assert_eq!((status.clients.len(), status.starts_from_ms), (0, 7));
    broker.remove_group(GroupNo(3));
    assert!(broker.group_status(GroupNo(3)).is_none());
    broker.remove_topic(TopicNo(1));
    assert!(matches!(broker.send(message(1, "late")).await, Err(SendError::TopicUnknown)));
    let mut again = catalogue();
    again.topics[0].no = TopicNo(5);
    assert_eq!(broker.reconcile(again).len(), 1);
    broker.send(message(5, "again")).await.expect("stored");
    broker.remove_instance(InstanceNo(1));
    assert!(broker.listener(InstanceNo(1)).is_none());
    broker.stop().await;
    assert!(matches!(broker.send(message(5, "late")).await, Err(SendError::TopicUnknown)));
}
