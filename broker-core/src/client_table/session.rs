//! What the broker keeps of one connection, held by the loop that serves it: no lock stands between
//! a pull and the subscription that its client sent before.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use crate::delivery::filter::Filter;
use crate::delivery::mailbox::ConnectionId;
use crate::metadata::{GroupEntry, TopicEntry};
use crate::types::{GroupNo, InstanceNo, TopicNo};

/// The port that a connection came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// Names must carry their instance.
    Shared,
    /// The instance's own port: bare names are that instance's.
    Instance(InstanceNo),
}

/// A subscription from this connection's heartbeats.
#[derive(Clone, Debug)]
pub struct HeartbeatSubscription {
    pub group: GroupNo,
    /// Local name; for a retry topic that of the group.
    pub topic: Arc<str>,
    pub retry: bool,
    pub filter: Filter,
    pub sub_version: i64,
    /// Since when pulls have named a newer version (C18).
    pub(crate) newer_since: Option<Duration>,
}

/// Which life of a Topic a connection has seen as which group.
#[derive(Debug)]
struct Contact {
    group_name: Arc<str>,
    topic_name: Arc<str>,
    group: GroupNo,
    topic: TopicNo,
    /// Queues that the connection has positions in, one bit each.
    seen: u64,
    /// Of these, the ones that it has from an earlier life.
    stale: u64,
}

/// One connection. Made by [`crate::operations::Operations::connect`].
#[derive(Debug)]
pub struct Session {
    pub id: ConnectionId,
    pub loop_no: u16,
    pub door: Door,
    /// Port of the listener that accepted it: what its routes name.
    pub port: u16,
    pub address: SocketAddr,
    pub connected_at_ms: i64,
    /// As the last request named it.
    pub language: Arc<str>,
    pub version: i32,
    pub(crate) client_id: Option<Arc<str>>,
    pub(crate) subscriptions: Vec<HeartbeatSubscription>,
    /// Producer groups that were named without an instance on the shared port.
    pub(crate) bare_producers: Vec<Arc<str>>,
    pub(crate) sends_to: Option<InstanceNo>,
    contacts: Vec<Contact>,
}

/// More Topics than one client consumes; older ones are forgotten first.
const CONTACTS_MAX: usize = 256;

impl Session {
    pub(crate) fn new(
        id: ConnectionId,
        loop_no: u16,
        door: Door,
        port: u16,
        address: SocketAddr,
        connected_at_ms: i64,
    ) -> Self {
        Self {
            id,
            loop_no,
            door,
            port,
            address,
            connected_at_ms,
            language: "UNKNOWN".into(),
            version: 0,
            client_id: None,
            subscriptions: Vec::new(),
            bare_producers: Vec::new(),
            sends_to: None,
            contacts: Vec::new(),
        }
    }

    /// What the client said of itself in a request; cheap when it says the same again.
    pub fn note_software(&mut self, language: &str, version: i32) {
        if *self.language != *language {
            self.language = language.into();
        }
        self.version = version;
    }

    /// From the last heartbeat.
    pub fn client_id(&self) -> Option<&Arc<str>> {
        self.client_id.as_ref()
    }

    /// Whether this connection has a position in the queue from an earlier life of the Topic or of
    /// the group. Such a position says nothing about this life (R23). `in_doubt`: whether a client
    /// that comes with its position on a new connection may have one.
    pub(crate) fn is_stale(
        &mut self,
        group: &GroupEntry,
        topic: &TopicEntry,
        queue: u16,
        in_doubt: impl FnOnce() -> bool,
    ) -> bool {
        let bit = 1u64.checked_shl(u32::from(queue)).unwrap_or(0);
        let (group_no, topic_no) = (group.group.no, topic.topic.no);
        let known = self.contacts.iter_mut().find(|c| {
            (c.group == group_no && c.topic == topic_no)
                || (c.group_name == group.wire_name && c.topic_name == topic.wire_name)
        });
        match known {
            Some(contact) => {
                if contact.group != group_no || contact.topic != topic_no {
                    contact.stale |= contact.seen;
                    contact.seen = 0;
                    contact.group = group_no;
                    contact.topic = topic_no;
                }
                contact.stale & bit != 0 || contact.seen & bit == 0 && in_doubt()
            }
            None => {
                if self.contacts.len() >= CONTACTS_MAX {
                    self.contacts.remove(0);
                }
                self.contacts.push(Contact {
                    group_name: group.wire_name.clone(),
                    topic_name: topic.wire_name.clone(),
                    group: group_no,
                    topic: topic_no,
                    seen: 0,
                    stale: 0,
                });
                in_doubt()
            }
        }
    }

    /// The connection has been told where the queue begins, or has a position of this life.
    pub(crate) fn in_contact(&mut self, group: &GroupEntry, topic: &TopicEntry, queue: u16) {
        let bit = 1u64.checked_shl(u32::from(queue)).unwrap_or(0);
        let (group_no, topic_no) = (group.group.no, topic.topic.no);
        if let Some(contact) = self.contacts.iter_mut().find(|c| c.group == group_no && c.topic == topic_no) {
            contact.seen |= bit;
            contact.stale &= !bit;
        }
    }

    pub(crate) fn subscription(
        &mut self,
        group: GroupNo,
        topic: &str,
        retry: bool,
    ) -> Option<&mut HeartbeatSubscription> {
        self.subscriptions.iter_mut().find(|s| s.group == group && s.retry == retry && *s.topic == *topic)
    }
}
