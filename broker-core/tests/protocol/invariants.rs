//! What must hold for any bytes, said once: the fuzz targets feed it from libFuzzer, the tests from
//! a short random run. Each function panics where something does not hold.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::path::Path;
use std::sync::Arc;

use broker_core::clock::ManualClock;
use broker_core::config::StoreConfig;
use broker_core::protocol::message::{Message, NewMessage, copy_with_bare_names};
use broker_core::protocol::message_batch;
use broker_core::protocol::properties::{self, Properties};
use broker_core::protocol::remoting::body::client_config::ClientConfig;
use broker_core::protocol::remoting::body::heartbeat::Heartbeat;
use broker_core::protocol::remoting::frame::{FRAME_BYTES_MAX, Peek, peek};
use broker_core::protocol::remoting::header::{Coding, Header};
use broker_core::protocol::remoting::request::{client, offset, pull, query, send};
use broker_core::protocol::remoting::signature;
use broker_core::store::medium::MemoryMedium;
use broker_core::store::{Append, Durability, Progress, ReadRequest, Records, Store, Watermarks};
use broker_core::types::{AccountNo, InstanceNo, QueueKey, TopicNo};

/// A stream of frames: parts lie inside the bytes, and no number makes the reader wait for more than
/// the largest frame.
pub(crate) fn frames(bytes: &[u8]) {
    let mut rest = bytes;
    while let Ok(peeked) = peek(rest) {
        match peeked {
            Peek::NeedMore { bytes } => {
                assert!(bytes > rest.len() && bytes <= FRAME_BYTES_MAX, "waits for {bytes}");
                return;
            }
            Peek::Whole(frame) => {
                assert!(frame.header.end == frame.body.start && frame.header.start < frame.header.end);
                let (whole, after) = rest.split_at(frame.bytes());
                header(frame.coding, &whole[frame.header]);
                rest = after;
            }
        }
    }
}

/// A header: whatever it is, every request struct takes or refuses it, one name has one meaning, and
/// nobody's signature verifies.
pub(crate) fn header(coding: Coding, bytes: &[u8]) {
    let mut buffer = bytes.to_vec();
    let Ok(header) = Header::decode(coding, &mut buffer) else { return };
    for code in [10, 310, 320] {
        let _ = send::SendRequest::decode(code, &header.fields).map(|send| send.batch);
    }
    let _ = pull::PullRequest::decode(&header.fields).map(|pull| pull.queue_id);
    let _ = query::QueryMessage::decode(&header.fields).map(|query| query.max_num);
    let _ = query::ViewMessage::decode(&header.fields).map(|view| view.offset);
    let _ = offset::SearchOffset::decode(&header.fields).map(|search| search.queue_id);
    let _ = offset::UpdateConsumerOffset::decode(&header.fields).map(|update| update.queue_id);
    let _ = client::UnregisterClient::decode(&header.fields).map(|client| client.client_id.len());
    assert!(!signature::verify(header.code, &header.fields, bytes, None));
    for field in header.fields.iter() {
        let last = header.fields.iter().filter(|other| other.name == field.name).last();
        assert_eq!(header.fields.get(field.name), last.and_then(|last| last.value), "one meaning of {}", field.name);
    }
}

/// Records and bodies: what decodes fits its bytes, and its copy with bare names decodes as well.
pub(crate) fn message(bytes: &[u8]) {
    if let Ok(message) = Message::decode(bytes) {
        let record = &bytes[..message.total_size];
        let mut copy = Vec::new();
        copy_with_bare_names(record, "I%", &mut copy).expect("what decodes is copied");
        let copied = Message::decode(&copy).expect("the copy decodes");
        assert!(copied.body == message.body && copied.total_size == copy.len());
    }
    if let Ok(batch) = message_batch::decode(bytes) {
        let mut again = Vec::new();
        for element in &batch {
            message_batch::encode_element(&mut again, element.flag, element.body, element.properties.as_str());
        }
        assert_eq!(again.len(), bytes.len());
    }
    let _ = Heartbeat::decode(bytes);
    let _ = ClientConfig::decode(bytes);
}

/// Properties: written again, each pair is read as the same.
pub(crate) fn property_text(text: &str) {
    let mut again = String::new();
    for (name, value) in Properties::new(text) {
        if properties::push(&mut again, name, value) {
            assert_eq!(Properties::new(&again).iter().last(), Some((name, value)));
        }
    }
}

struct Nobody;

impl Progress for Nobody {
    fn advanced(&self, _: Watermarks) {}
    fn poisoned(&self, _: &str) {}
}

const QUEUE: QueueKey = QueueKey { topic: TopicNo(1), queue: 0 };
const BODIES: [&str; 4] = ["first", "second", "third", "fourth"];

fn open(medium: &MemoryMedium) -> Option<Store> {
    let config = StoreConfig { segment_bytes: 64 << 10, tail_bytes: 64 << 10, ..StoreConfig::new("/store".into()) };
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    Store::open(&config, Arc::new(medium.clone()), clock, Arc::new(Nobody)).ok().map(|(store, _)| store)
}

/// A store with four messages, all on disk, as a kill leaves it.
pub(crate) fn stored() -> MemoryMedium {
    let medium = MemoryMedium::new();
    let store = open(&medium).expect("an empty disk");
    let host = SocketAddrV4::new(Ipv4Addr::LOCALHOST, 9);
    for body in BODIES {
        let mut record = Vec::new();
        let message = NewMessage {
            queue_id: 0,
            flag: 0,
            sys_flag: 0,
            born_timestamp: 0,
            born_host: host,
            store_host: host,
            reconsume_times: 0,
            prepared_transaction_offset: 0,
            body: body.as_bytes(),
            topic: "I%orders",
            properties: "",
        };
        message.encode(&mut record).expect("small");
        let append = Append {
            account: AccountNo(1),
            instance: InstanceNo(1),
            queue: QUEUE,
            durability: Durability::Synced,
            tags_code: 0,
            keys: &[],
            peer: host.into(),
            message: &mut record,
        };
        store.append(&mut [append], &mut Vec::new()).expect("appended");
    }
    store.submit();
    store.barrier().expect("on disk");
    medium.killed()
}

/// Recovery: with any bytes of any file changed, the store opens or says why not, and serves only
/// messages that were stored, in their order.
///
/// - `changes`: which file, where in it, and what it is changed by
pub(crate) fn recovery(stored: &MemoryMedium, changes: &[(u8, u16, u8)]) {
    let medium = stored.killed();
    let paths = medium.paths();
    for (file, at, by) in changes {
        let Some((path, bytes)) = paths.get(usize::from(*file) % paths.len().max(1)) else { continue };
        let at = u64::from(*at) % (*bytes).max(1);
        let change = |page: &mut [u8; 4096]| {
            let place = usize::try_from(at % 4096).unwrap_or(0);
            page[place] ^= by;
        };
        medium.damage(Path::new(path), at, &change);
    }
    let Some(store) = open(&medium) else { return };
    let bounds = store.bounds(QUEUE, Durability::Synced);
    let mut offset = bounds.min;
    let mut seen = Vec::new();
    while offset < bounds.max {
        let request = ReadRequest {
            queue: QUEUE,
            durability: Durability::Synced,
            offset,
            messages_max: 32,
            bytes_max: 1 << 20,
            wanted: &|_| true,
        };
        let mut out = Records::default();
        let Ok(end) = store.read(&request, &mut out) else { break };
        for record in out.iter() {
            let message = Message::decode(record).expect("only whole records are served");
            seen.push(String::from_utf8_lossy(message.body).into_owned());
        }
        assert!(end.next_offset > offset, "reading goes on");
        offset = end.next_offset;
    }
    let mut left = BODIES.iter();
    for body in &seen {
        assert!(left.any(|stored| stored == body), "{seen:?} holds what was never stored, or in another order");
    }
}
