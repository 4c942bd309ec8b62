//! The TCP door over real sockets, with the store in memory and a clock set by hand.

mod access;
mod cases;
mod client;
mod connections;
mod overload;
mod requests;

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use parking_lot::Mutex;
use sha1::Sha1;

use super::Remoting;
use super::admission::Limits;
use crate::access::{Access, Action, Decision, FoundKey, Key, Principal, Resource};
use crate::admin::{ListenerState, Refusal, RefusalOwner, RefusalReason};
use crate::broker;
use crate::clock::ManualClock;
use crate::config::{Config, StoreConfig, TcpConfig, UnsignedListener};
use crate::metadata::{Catalogue, Group, GroupProtocol, Instance, MessageType, Topic};
use crate::operations::Operations;
use crate::protocol::remoting::command::{Command, Value};
use crate::protocol::remoting::frame::{Peek, peek};
use crate::protocol::remoting::header::{Coding, Header};
use crate::store::Durability;
use crate::store::medium::{Medium, MemoryMedium};
use crate::types::{AccountNo, GroupNo, InstanceNo, TopicNo, UserNo};

const INSTANCE_ID: &str = "MQ_INST_1000000000000001_Babcdefg";
const OTHER_ID: &str = "MQ_INST_2000000000000002_Babcdefg";
const START_MS: i64 = 1_700_000_000_000;

/// Keys by id: secret and account. `TNpoor` is of account 1 and may do nothing.
const KEYS: [(&str, &str, u32); 3] =
    [("TNown", "own-secret", 1), ("TNpoor", "poor-secret", 1), ("TNother", "other-secret", 2)];

pub(super) struct Keys {
    active: Mutex<HashMap<&'static str, (Arc<Key>, u32)>>,
    /// Keys of users that have lost their grants.
    denied: Mutex<Vec<&'static str>>,
    epoch: AtomicU64,
}

impl Keys {
    fn new() -> Self {
        let key = |id: &str, secret: &str, account| {
            let principal = Principal { account: AccountNo(account), user: UserNo(1), key_id: id.into() };
            Arc::new(Key { principal, mac: mac(secret) })
        };
        let active = KEYS.map(|(id, secret, account)| (id, (key(id, secret, account), account)));
        Self { active: Mutex::new(active.into()), denied: Mutex::new(vec!["TNpoor"]), epoch: AtomicU64::new(1) }
    }

    fn take_grants(&self, id: &'static str) {
        self.denied.lock().push(id);
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }

    fn disable(&self, id: &str) {
        self.active.lock().remove(id);
        self.epoch.fetch_add(1, Ordering::SeqCst);
    }
}

impl Access for Keys {
    fn find_key(&self, key_id: &str) -> FoundKey {
        match self.active.lock().get(key_id) {
            Some((key, _)) => FoundKey::Active(key.clone()),
            None if KEYS.iter().any(|(id, ..)| *id == key_id) => FoundKey::Inactive { account: AccountNo(1) },
            None => FoundKey::Unknown,
        }
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    fn authorize(&self, who: &Principal, _: Action, _: InstanceNo, of: AccountNo, on: Resource<'_>) -> Decision {
        assert_ne!(on, Resource::Topic("panics"), "a fault in what serves a request");
        match (who.account == of, self.denied.lock().contains(&&*who.key_id)) {
            (false, _) => Decision::Hidden,
            (true, true) => Decision::Denied,
            (true, false) => Decision::Allow,
        }
    }
}

fn mac(secret: &str) -> Hmac<Sha1> {
    Hmac::new_from_slice(secret.as_bytes()).expect("any length")
}

/// A broker with its TCP door: instances 1 (account 1) and 2 (account 2), each with Topic `orders`
/// and their own ports; group `GID_x` in instance 1.
pub(super) struct House {
    ops: Arc<Operations>,
    remoting: Remoting,
    clock: Arc<ManualClock>,
    keys: Arc<Keys>,
    /// Port of instance 1.
    own: SocketAddr,
    /// Port of instance 2.
    other: SocketAddr,
}

impl House {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(unsigned_listener: Option<UnsignedListener>) -> Self {
        Self::build(Arc::new(MemoryMedium::new()), unsigned_listener, Limits::default())
    }

    fn over(medium: Arc<dyn Medium>) -> Self {
        Self::build(medium, None, Limits::default())
    }

    /// With a door that is as small as a test needs it.
    fn within(limits: Limits) -> Self {
        Self::build(Arc::new(MemoryMedium::new()), None, limits)
    }

    fn build(medium: Arc<dyn Medium>, unsigned_listener: Option<UnsignedListener>, limits: Limits) -> Self {
        let instance = |no, account, id: &str| Instance {
            no: InstanceNo(no),
            account: AccountNo(account),
            id: id.into(),
            region: "local".into(),
            port: 9_901,
        };
        let topic = |no: u32| Topic {
            no: TopicNo(no.into()),
            instance: InstanceNo(no),
            name: "orders".into(),
            message_type: MessageType::Normal,
            queues: 4,
            durability: Durability::Synced,
            created_at_ms: START_MS,
        };
        let group = |no: u32| Group {
            no: GroupNo(no.into()),
            instance: InstanceNo(no),
            name: "GID_x".into(),
            protocol: GroupProtocol::Tcp,
            created_at_ms: START_MS - 1,
            start_position: 0,
        };
        let catalogue = Catalogue {
            instances: vec![instance(1, 1, INSTANCE_ID), instance(2, 2, OTHER_ID)],
            topics: vec![topic(1), topic(2)],
            groups: vec![group(1), group(2)],
        };
        let tcp = TcpConfig {
            listen: [127, 0, 0, 1].into(),
            port: 0,
            advertised_host: "127.0.0.1".to_owned(),
            advertised_ipv4: [127, 0, 0, 1].into(),
            connections_max: TcpConfig::CONNECTIONS_MAX,
            loops: 2,
            unsigned_listener,
        };
        let config =
            Config { store: StoreConfig { segment_bytes: 16 << 20, ..StoreConfig::new("/store".into()) }, tcp };
        let (clock, keys) = (Arc::new(ManualClock::new(START_MS)), Arc::new(Keys::new()));
        let ops = broker::open(&config, catalogue, keys.clone(), clock.clone(), medium);
        let ops = Arc::new(ops.expect("the store opens"));
        let remoting = Remoting::start_within(ops.clone(), &config.tcp, limits).expect("free ports");
        let open = |no| match remoting.open(InstanceNo(no), 0) {
            ListenerState::Listening(address) => address,
            ListenerState::Unavailable(why) => panic!("{why}"),
        };
        let (own, other) = (open(1), open(2));
        Self { ops, remoting, clock, keys, own, other }
    }

    /// Another Topic like `orders` of instance 1.
    fn orders(&self, no: u64) -> Topic {
        let orders = self.ops.metadata.topic(TopicNo(1)).expect("made with the house");
        Topic { no: TopicNo(no), ..orders.topic.clone() }
    }

    fn shared(&self) -> SocketAddr {
        self.remoting.shared_address()
    }

    /// A connection to instance 1's port with a key of its account.
    fn client(&self) -> Client {
        Client::connect(self.own, Some(KEYS[0].0))
    }

    fn refusals(&self, account: u32) -> Vec<Refusal> {
        self.ops.refusals(RefusalOwner::Account(AccountNo(account)))
    }

    fn refused(&self, account: u32, reason: RefusalReason) -> bool {
        self.refusals(account).iter().any(|refusal| refusal.reason == reason)
    }
}

/// What a test sees of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    code: i32,
    opaque: i32,
    flag: i32,
    coding: Coding,
    remark: String,
    fields: HashMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn number(&self, field: &str) -> i64 {
        self.fields.get(field).and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{field} in {self:?}"))
    }
}

/// A client that says what a test tells it to.
pub(super) struct Client {
    socket: TcpStream,
    key: Option<&'static str>,
    coding: Coding,
    opaque: i32,
}

/// Longer than anything takes; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

impl Client {
    fn connect(to: SocketAddr, key: Option<&'static str>) -> Self {
        Self::over(TcpStream::connect(to).expect("connects"), key)
    }

    /// A client whose machine keeps little of what it does not read.
    fn connect_narrow(to: SocketAddr, key: Option<&'static str>) -> Self {
        let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).expect("a socket");
        socket.set_recv_buffer_size(16 << 10).expect("set");
        socket.connect(&to.into()).expect("connects");
        Self::over(socket.into(), key)
    }

    fn over(socket: TcpStream, key: Option<&'static str>) -> Self {
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        socket.set_nodelay(true).expect("no delay");
        Self { socket, key, coding: Coding::Json, opaque: 0 }
    }

    /// The frame of a request, signed with the client's key.
    fn frame(&mut self, code: i32, flag: i32, fields: &[(&'static str, &str)], body: &[u8]) -> Vec<u8> {
        self.opaque += 1;
        let mut all: Vec<(&'static str, String)> = fields.iter().map(|(n, v)| (*n, (*v).to_owned())).collect();
        if let Some(key) = self.key {
            all.push(("AccessKey", key.to_owned()));
            let secret = KEYS.iter().find(|(id, ..)| *id == key).map_or("no such key", |(_, secret, _)| *secret);
            let mut sorted = all.clone();
            sorted.sort();
            let mut mac = mac(secret);
            sorted.iter().for_each(|(_, value)| mac.update(value.as_bytes()));
            mac.update(body);
            use base64::Engine as _;
            let signed = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
            all.push(("Signature", signed));
        }
        let fields: Vec<_> = all.iter().map(|(name, value)| (*name, Value::Text(value))).collect();
        let command = Command { coding: self.coding, code, opaque: self.opaque, flag, remark: None, fields: &fields };
        let mut out = Vec::new();
        let frame = command.open(&mut out);
        out.extend_from_slice(body);
        frame.close(&mut out);
        out
    }

    fn write(&mut self, bytes: &[u8]) {
        self.socket.write_all(bytes).expect("the broker reads");
    }

    fn send_only(&mut self, code: i32, fields: &[(&'static str, &str)], body: &[u8]) {
        let frame = self.frame(code, 0, fields, body);
        self.write(&frame);
    }

    /// Asks and waits for the answer.
    fn ask(&mut self, code: i32, fields: &[(&'static str, &str)], body: &[u8]) -> Answer {
        self.send_only(code, fields, body);
        let answer = self.answer();
        assert_eq!((answer.opaque, answer.flag), (self.opaque, 1), "{answer:?}");
        answer
    }

    fn answer(&mut self) -> Answer {
        self.try_answer().expect("an answer")
    }

    /// `None`: the broker closed the connection.
    fn try_answer(&mut self) -> Option<Answer> {
        let mut bytes = vec![0; 4];
        let read = self.socket.read_exact(&mut bytes);
        if let Err(error) = read {
            let closed =
                matches!(error.kind(), std::io::ErrorKind::UnexpectedEof | std::io::ErrorKind::ConnectionReset);
            assert!(closed, "neither an answer nor an end: {error}");
            return None;
        }
        let size = u32::from_be_bytes(bytes.clone().try_into().expect("four bytes"));
        bytes.resize(4 + size as usize, 0);
        self.socket.read_exact(&mut bytes[4..]).expect("a whole frame");
        let Ok(Peek::Whole(frame)) = peek(&bytes) else { panic!("a whole frame: {bytes:?}") };
        let body = bytes[frame.body.clone()].to_vec();
        let text = String::from_utf8_lossy(&bytes[frame.header.clone()]).into_owned();
        let header = Header::decode(frame.coding, &mut bytes[frame.header]).expect("a good header");
        let remark = match frame.coding {
            Coding::Json => {
                let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                json["remark"].as_str().unwrap_or_default().to_owned()
            }
            Coding::Binary => String::new(),
        };
        let fields = header.fields.iter().filter_map(|f| Some((f.name.to_owned(), f.value?.to_owned()))).collect();
        let (code, opaque, flag) = (header.code, header.opaque, header.flag);
        Some(Answer { code, opaque, flag, coding: frame.coding, remark, fields, body })
    }

    /// Whether the broker has closed the connection, after whatever it still had to say.
    fn is_closed(&mut self) -> bool {
        while self.try_answer().is_some() {}
        true
    }

    /// A send with letters to queue 0.
    fn send(&mut self, topic: &str, body: &[u8]) -> Answer {
        self.ask(310, &send_fields(topic), body)
    }
}

fn send_fields(topic: &str) -> [(&'static str, &str); 9] {
    [
        ("a", "GID_p"),
        ("b", topic),
        ("c", "TBW102"),
        ("d", "4"),
        ("e", "0"),
        ("f", "0"),
        ("g", "1700000000000"),
        ("h", "0"),
        ("i", "TAGS\u{1}TagA\u{2}"),
    ]
}

fn pull_fields<'a>(
    group: &'a str,
    topic: &'a str,
    offset: &'a str,
    sys_flag: &'a str,
) -> [(&'static str, &'a str); 10] {
    [
        ("consumerGroup", group),
        ("topic", topic),
        ("queueId", "0"),
        ("queueOffset", offset),
        ("maxMsgNums", "32"),
        ("sysFlag", sys_flag),
        ("commitOffset", "-1"),
        ("suspendTimeoutMillis", "15000"),
        ("subscription", "*"),
        ("subVersion", "0"),
    ]
}
