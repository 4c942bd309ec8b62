//! Who is connected: producers and consumers of each group, from heartbeats and live connections.
//!
//! Derived and in memory only. Keyed by group, client id and connection, because client ids repeat.
//! What each client subscribes is kept for that client; nothing is merged. Knows no rights and no
//! wire format.

mod consistency;
pub(crate) mod remembered;
mod session;
mod version;

use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

pub use consistency::consistency;
pub use session::{Door, HeartbeatSubscription, Session};
pub use version::version_text;

use crate::admin::{ConsumeKind, ConsumeModel};
use crate::delivery::filter::Filter;
use crate::delivery::mailbox::{ChangeNotice, ConnectionId};
use crate::protocol::remoting::body::heartbeat::ConsumeFromWhere;
use crate::types::{AccountNo, GroupNo, InstanceNo};

/// What a member subscribes of one Topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberSubscription {
    /// Local name; for a retry topic the group's name behind `%RETRY%`.
    pub topic: Arc<str>,
    pub retry: bool,
    pub expression_type: String,
    pub expression: String,
    pub filter: Filter,
}

impl MemberSubscription {
    /// Equal for what means the same.
    pub fn normalised(&self) -> String {
        match &self.filter {
            Filter::Tags(tags) => tags.to_string(),
            Filter::Unsupported => format!("{}: {}", self.expression_type, self.expression.trim()),
        }
    }
}

/// One consumer as its last heartbeat described it.
#[derive(Clone, Debug)]
pub struct Member {
    pub client_id: Arc<str>,
    pub connection: ConnectionId,
    pub loop_no: u16,
    /// The group as this client writes it: with its instance or bare.
    pub group_as_written: Arc<str>,
    pub account: Option<AccountNo>,
    pub address: SocketAddr,
    pub language: Arc<str>,
    pub version: i32,
    pub model: ConsumeModel,
    pub kind: ConsumeKind,
    pub consume_from: ConsumeFromWhere,
    pub subscriptions: Vec<MemberSubscription>,
    pub connected_at_ms: i64,
    pub last_heartbeat_ms: i64,
    pub(crate) last_heartbeat: Duration,
    /// Wall time at which it began to subscribe what it subscribes now.
    pub(crate) changed_at_ms: i64,
}

/// One producer as its last heartbeat or send described it.
#[derive(Clone, Debug)]
pub struct Producer {
    pub group_name: Arc<str>,
    pub client_id: Arc<str>,
    pub address: SocketAddr,
    pub language: Arc<str>,
    pub version: i32,
    pub last_heartbeat_ms: i64,
    pub(crate) last_heartbeat: Duration,
}

type Notices = Vec<(u16, ChangeNotice)>;
type ProducerKey = (InstanceNo, Arc<str>, Arc<str>, ConnectionId);

#[derive(Debug, Default)]
struct Tables {
    members: HashMap<GroupNo, Vec<Member>>,
    producers: BTreeMap<ProducerKey, Producer>,
}

/// The table. One lock: it is taken by heartbeats, connection ends and the console, never by a send
/// or a pull.
#[derive(Debug, Default)]
pub struct ClientTable {
    tables: Mutex<Tables>,
}

impl ClientTable {
    /// Registers a member or takes over its last heartbeat. Returns whom to tell that the group
    /// changed: the newcomer is among them (its rebalance would come 20 s late otherwise).
    pub fn put_member(&self, group: GroupNo, mut member: Member) -> Vec<(u16, ChangeNotice)> {
        let mut tables = self.tables.lock();
        let members = tables.members.entry(group).or_default();
        let same = |m: &&mut Member| m.connection == member.connection && m.client_id == member.client_id;
        let changed = match members.iter_mut().find(same) {
            Some(old) => {
                let topics_changed = topics(old) != topics(&member) || old.model != member.model;
                if old.subscriptions == member.subscriptions && old.model == member.model {
                    member.changed_at_ms = old.changed_at_ms;
                }
                *old = member;
                topics_changed
            }
            None => {
                members.push(member);
                true
            }
        };
        if changed { notices(members) } else { Vec::new() }
    }

    /// Registers a producer or takes over its last heartbeat.
    pub fn put_producer(&self, instance: InstanceNo, connection: ConnectionId, producer: Producer) {
        let key = (instance, producer.group_name.clone(), producer.client_id.clone(), connection);
        self.tables.lock().producers.insert(key, producer);
    }

    /// A client leaves a consumer group.
    pub fn leave_group(&self, group: GroupNo, client_id: &str, connection: ConnectionId) -> Vec<(u16, ChangeNotice)> {
        let mut tables = self.tables.lock();
        tables.drop_members(|no, m| no == group && m.connection == connection && *m.client_id == *client_id)
    }

    /// A client ends a producer.
    pub fn remove_producer(&self, group_name: &str, client_id: &str, connection: ConnectionId) {
        let mut tables = self.tables.lock();
        tables
            .producers
            .retain(|(_, group, client, at), _| *at != connection || **client != *client_id || **group != *group_name);
    }

    /// A connection is gone, and with it whoever spoke over it.
    pub fn disconnect(&self, connection: ConnectionId) -> Vec<(u16, ChangeNotice)> {
        let mut tables = self.tables.lock();
        tables.producers.retain(|(.., at), _| *at != connection);
        tables.drop_members(|_, m| m.connection == connection)
    }

    /// Drops who has been silent for too long.
    pub fn expire(&self, now: Duration) -> Vec<(u16, ChangeNotice)> {
        let silent = |last: Duration| now.saturating_sub(last) > crate::limits::CLIENT_EXPIRY;
        let mut tables = self.tables.lock();
        tables.producers.retain(|_, p| !silent(p.last_heartbeat));
        tables.drop_members(|_, m| silent(m.last_heartbeat))
    }

    /// The group is gone; its members are told nothing, their requests are refused.
    pub fn forget_group(&self, group: GroupNo) {
        self.tables.lock().members.remove(&group);
    }

    pub fn forget_instance(&self, instance: InstanceNo) {
        self.tables.lock().producers.retain(|(no, ..), _| *no != instance);
    }

    /// Members in order of client id, then connection.
    pub fn members(&self, group: GroupNo) -> Vec<Member> {
        let mut members = self.tables.lock().members.get(&group).cloned().unwrap_or_default();
        members.sort_by(|a, b| (&a.client_id, a.connection).cmp(&(&b.client_id, b.connection)));
        members
    }

    /// Where the member of a connection wants to start.
    pub fn consume_from(&self, group: GroupNo, connection: ConnectionId) -> Option<ConsumeFromWhere> {
        let tables = self.tables.lock();
        tables.members.get(&group)?.iter().find(|m| m.connection == connection).map(|m| m.consume_from)
    }

    /// What one member subscribes.
    pub fn subscriptions(&self, group: GroupNo, connection: ConnectionId, client_id: &str) -> Vec<MemberSubscription> {
        let tables = self.tables.lock();
        let members = tables.members.get(&group).map(Vec::as_slice).unwrap_or_default();
        let member = members.iter().find(|m| m.connection == connection && *m.client_id == *client_id);
        member.map(|m| m.subscriptions.clone()).unwrap_or_default()
    }

    /// Client ids of a group, sorted, each once: the list that rebalance works on.
    pub fn client_ids(&self, group: GroupNo) -> Vec<Arc<str>> {
        let tables = self.tables.lock();
        let members = tables.members.get(&group).map(Vec::as_slice).unwrap_or_default();
        let mut ids: Vec<_> = members.iter().map(|m| m.client_id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Filter of whichever member heard from last that subscribes the Topic.
    pub fn any_subscription(&self, group: GroupNo, topic: &str, retry: bool) -> Option<Filter> {
        let tables = self.tables.lock();
        let members = tables.members.get(&group)?;
        let wanted = |s: &&MemberSubscription| s.retry == retry && *s.topic == *topic;
        let found = members.iter().filter_map(|m| Some((m.last_heartbeat, m.subscriptions.iter().find(wanted)?)));
        found.max_by_key(|(last, _)| *last).map(|(_, s)| s.filter.clone())
    }

    /// Groups with a member that subscribes the Topic.
    pub fn groups_subscribing(&self, topic: &str) -> Vec<GroupNo> {
        let tables = self.tables.lock();
        let subscribes = |m: &Member| m.subscriptions.iter().any(|s| !s.retry && *s.topic == *topic);
        let mut groups: Vec<_> =
            tables.members.iter().filter(|(_, ms)| ms.iter().any(subscribes)).map(|(no, _)| *no).collect();
        groups.sort();
        groups
    }

    pub fn producers(&self, instance: InstanceNo) -> Vec<Producer> {
        let tables = self.tables.lock();
        let of_instance = tables.producers.iter().filter(|((no, ..), _)| *no == instance);
        of_instance.map(|(_, p)| p.clone()).collect()
    }
}

impl Tables {
    fn drop_members(&mut self, gone: impl Fn(GroupNo, &Member) -> bool) -> Notices {
        let mut told = Vec::new();
        self.members.retain(|group, members| {
            let before = members.len();
            members.retain(|m| !gone(*group, m));
            if members.len() < before {
                told.append(&mut notices(members));
            }
            !members.is_empty()
        });
        told
    }
}

fn topics(member: &Member) -> Vec<(bool, Arc<str>)> {
    let mut topics: Vec<_> = member.subscriptions.iter().map(|s| (s.retry, s.topic.clone())).collect();
    topics.sort();
    topics
}

fn notices(members: &[Member]) -> Notices {
    let clustering = members.iter().filter(|m| m.model == ConsumeModel::Clustering);
    clustering
        .map(|m| (m.loop_no, ChangeNotice { connection: m.connection, group: m.group_as_written.clone() }))
        .collect()
}

#[cfg(test)]
mod tests;
