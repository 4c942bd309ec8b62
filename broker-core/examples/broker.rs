//! A broker with one instance, one Topic and one group, for load and kill tests.
//!
//! ```text
//! cargo run -p broker-core --example broker -- --dir /var/tmp/b --port 9876
//!     [--instance-port 9901] [--unsigned-port 9902] [--topic bench] [--group GID_bench] [--queues 4]
//!     [--flush sync|async] [--access KEY --secret SECRET] [--loops N]
//! ```
//!
//! Prints `ready` and the addresses when it serves, and ends cleanly when its input ends.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use broker_core::Broker;
use broker_core::access::{Access, Action, Decision, FoundKey, Key, Principal, Resource};
use broker_core::clock::SystemClock;
use broker_core::config::{Config, StoreConfig, TcpConfig, UnsignedListener};
use broker_core::metadata::{Catalogue, Group, GroupProtocol, Instance, MessageType, Topic};
use broker_core::store::Durability;
use broker_core::types::{AccountNo, GroupNo, InstanceNo, TopicNo, UserNo};
use hmac::{Hmac, KeyInit};

const INSTANCE_ID: &str = "MQ_INST_1000000000000001_Babcdefg";

/// One key that may do everything.
struct OneKey(Option<Arc<Key>>);

impl Access for OneKey {
    fn find_key(&self, key_id: &str) -> FoundKey {
        let key = self.0.clone().filter(|key| *key.principal.key_id == *key_id);
        key.map_or(FoundKey::Unknown, FoundKey::Active)
    }

    fn epoch(&self) -> u64 {
        1
    }

    fn authorize(&self, who: &Principal, _: Action, _: InstanceNo, of: AccountNo, _: Resource<'_>) -> Decision {
        if who.account == of { Decision::Allow } else { Decision::Hidden }
    }
}

type Failure = Box<dyn std::error::Error>;

/// `--name value` pairs.
fn flags() -> Result<HashMap<String, String>, Failure> {
    let mut flags = HashMap::new();
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let name = word.strip_prefix("--").ok_or_else(|| format!("{word} is no flag"))?;
        let value = words.next().ok_or_else(|| format!("--{name} has no value"))?;
        flags.insert(name.to_owned(), value);
    }
    Ok(flags)
}

fn main() -> Result<(), Failure> {
    let flags = flags()?;
    let text = |name: &str, otherwise: &str| flags.get(name).map_or(otherwise, String::as_str).to_owned();
    let number = |name: &str, otherwise: u16| flags.get(name).map_or(Ok(otherwise), |value| value.parse());
    let durability = match text("flush", "sync").as_str() {
        "sync" => Durability::Synced,
        "async" => Durability::Written,
        other => return Err(format!("--flush {other}: sync or async").into()),
    };
    let key = match (flags.get("access"), flags.get("secret")) {
        (Some(id), Some(secret)) => {
            let principal = Principal { account: AccountNo(1), user: UserNo(1), key_id: id.as_str().into() };
            Some(Arc::new(Key { principal, mac: Hmac::new_from_slice(secret.as_bytes())? }))
        }
        _ => None,
    };
    let unsigned_port = match flags.get("unsigned-port") {
        Some(port) => Some(port.parse()?),
        None => None,
    };
    let catalogue = Catalogue {
        instances: vec![Instance {
            no: InstanceNo(1),
            account: AccountNo(1),
            id: INSTANCE_ID.into(),
            region: "local".into(),
            port: number("instance-port", 9901)?,
        }],
        topics: vec![Topic {
            no: TopicNo(1),
            instance: InstanceNo(1),
            name: text("topic", "bench").into(),
            message_type: MessageType::Normal,
            queues: number("queues", 4)?,
            durability,
            created_at_ms: 1,
        }],
        groups: vec![Group {
            no: GroupNo(1),
            instance: InstanceNo(1),
            name: text("group", "GID_bench").into(),
            protocol: GroupProtocol::Tcp,
            created_at_ms: 1,
            start_position: 0,
        }],
    };
    let config = Config {
        store: StoreConfig::new(flags.get("dir").ok_or("--dir is missing")?.into()),
        tcp: TcpConfig {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: number("port", 9876)?,
            advertised_host: "127.0.0.1".to_owned(),
            advertised_ipv4: Ipv4Addr::LOCALHOST,
            connections_max: TcpConfig::CONNECTIONS_MAX,
            loops: number("loops", 0)?.into(),
            unsigned_listener: unsigned_port.map(|port| UnsignedListener { port, instance: INSTANCE_ID.to_owned() }),
        },
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let broker = Broker::start(config, catalogue, Arc::new(OneKey(key)), Arc::new(SystemClock::new())).await?;
        let port = broker.listener(InstanceNo(1));
        writeln!(std::io::stdout(), "ready shared={} instance={port:?}", broker.tcp_address())?;
        let input = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
        tokio::select! {
            done = input => { done??; }
            why = broker.failed() => return Err(why.into()),
        }
        broker.stop().await;
        Ok(())
    })
}
