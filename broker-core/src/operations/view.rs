//! From a stored record to what the console shows.

use bytes::Bytes;

use crate::admin::MessageView;
use crate::protocol::message::{DecodeError, Message};
use crate::protocol::message_id::offset_id;
use crate::protocol::properties::name;
use crate::store::{Found, StoreError};

/// The unique id that a record carries. `None`: it carries none, or can't be read.
pub(super) fn unique_id(found: &Found) -> Option<&str> {
    Message::decode(&found.message).ok()?.properties.get(name::UNIQUE_KEY).filter(|id| !id.is_empty())
}

/// The body of a record; holds on to the record's memory.
pub(super) fn body(found: &Found) -> Result<Bytes, StoreError> {
    let message = Message::decode(&found.message).map_err(|error| corrupt(found, &error))?;
    Ok(found.message.slice_ref(message.body))
}

/// Takes a record apart; nothing of its memory is kept.
pub(super) fn view(found: &Found) -> Result<MessageView, StoreError> {
    let message = Message::decode(&found.message).map_err(|error| corrupt(found, &error))?;
    let store_host = match message.store_host {
        std::net::SocketAddr::V4(host) => host,
        std::net::SocketAddr::V6(host) => {
            let ip = host.ip().to_ipv4_mapped().unwrap_or(std::net::Ipv4Addr::UNSPECIFIED);
            std::net::SocketAddrV4::new(ip, host.port())
        }
    };
    let offset_id = offset_id(store_host, found.position);
    let non_empty = |name| message.properties.get(name).filter(|v: &&str| !v.is_empty());
    let keys = non_empty(name::KEYS).unwrap_or_default().split(' ').filter(|k| !k.is_empty());
    Ok(MessageView {
        account: found.account,
        instance: found.instance,
        topic: found.queue.topic,
        topic_name: message.topic.rsplit_once('%').map_or(message.topic, |(_, local)| local).to_owned(),
        queue_id: found.queue.queue,
        queue_offset: found.queue_offset,
        message_id: non_empty(name::UNIQUE_KEY).unwrap_or(&offset_id).to_owned(),
        tag: non_empty(name::TAGS).map(str::to_owned),
        keys: keys.map(str::to_owned).collect(),
        properties: message.properties.iter().map(|(n, v)| (n.to_owned(), v.to_owned())).collect(),
        body_bytes: u32::try_from(message.body.len()).unwrap_or(u32::MAX),
        body_crc: message.body_crc,
        sys_flag: message.sys_flag,
        flag: message.flag,
        reconsume_times: message.reconsume_times,
        born_at_ms: message.born_timestamp,
        stored_at_ms: found.stored_at_ms,
        born_from: found.peer,
        store_host: message.store_host.to_string(),
        size: u32::try_from(found.message.len()).unwrap_or(u32::MAX),
        offset_id,
    })
}

fn corrupt(found: &Found, error: &DecodeError) -> StoreError {
    StoreError::Corrupt {
        file: "commit log".to_owned(),
        offset: found.position,
        expected: "a message record".to_owned(),
        found: error.to_string(),
    }
}
