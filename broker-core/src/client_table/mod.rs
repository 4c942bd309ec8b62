//! Who is connected: producers and consumers of each group, from heartbeats and live connections.
//!
//! Derived and in memory only. Keyed by group, client id and connection, because client ids repeat.
//! What each client subscribes is kept for that client; nothing is merged. Knows no rights and no
//! wire format. How much a connection, a group and an account may have in it is bounded
//! (R34).

mod consistency;
pub(crate) mod remembered;
mod session;
mod tables;
mod version;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;

pub use consistency::consistency;
pub use session::{Door, HeartbeatSubscription, Session};
pub use version::version_text;

use tables::Tables;

use crate::admin::{ConsumeKind, ConsumeModel};
use crate::delivery::filter::Filter;
use crate::delivery::mailbox::{ChangeNotice, ConnectionId};
use crate::limits::{CLIENTS_PER_CONNECTION_MAX, MEMBERS_PER_GROUP_MAX, PRODUCERS_PER_CONNECTION_MAX};
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

/// Whom to tell of a change, each with the loop that serves it.
pub type Notices = Vec<(u16, ChangeNotice)>;

/// Why something was not taken into the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableFull {
    #[error("a connection speaks for at most {CLIENTS_PER_CONNECTION_MAX} client ids")]
    Clients,
    #[error("a connection names at most {PRODUCERS_PER_CONNECTION_MAX} producer groups")]
    Producers,
    #[error("the group has as many consumers online as one may have ({MEMBERS_PER_GROUP_MAX})")]
    Group,
    #[error("the account has as many clients online as one may have")]
    Account,
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
    ///
    /// `owner`: the account of the group.
    pub fn put_member(&self, group: GroupNo, owner: AccountNo, member: Member) -> Result<Notices, TableFull> {
        self.tables.lock().put_member(group, owner, member)
    }

    /// Registers a producer or takes over its last heartbeat. `owner`: the account of the instance.
    pub fn put_producer(
        &self,
        instance: InstanceNo,
        owner: AccountNo,
        connection: ConnectionId,
        producer: Producer,
    ) -> Result<(), TableFull> {
        self.tables.lock().put_producer(instance, owner, connection, producer)
    }

    /// A heartbeat named all the producers of a client: others that it had are gone.
    pub fn keep_producers(
        &self,
        connection: ConnectionId,
        client_id: &str,
        kept: impl Fn(InstanceNo, &Arc<str>) -> bool,
    ) {
        self.tables.lock().keep_producers(connection, client_id, kept);
    }

    /// A client leaves a consumer group.
    pub fn leave_group(&self, group: GroupNo, client_id: &str, connection: ConnectionId) -> Notices {
        self.tables.lock().leave_group(group, client_id, connection)
    }

    /// A client ends a producer.
    pub fn remove_producer(&self, group_name: &str, client_id: &str, connection: ConnectionId) {
        self.tables.lock().keep_producers(connection, client_id, |_, name| **name != *group_name);
    }

    /// A connection is gone, and with it whoever spoke over it.
    pub fn disconnect(&self, connection: ConnectionId) -> Notices {
        self.tables.lock().disconnect(connection)
    }

    /// Drops who has been silent for too long.
    pub fn expire(&self, now: Duration) -> Notices {
        self.tables.lock().expire(now)
    }

    /// The group is gone; its members are told nothing, their requests are refused.
    pub fn forget_group(&self, group: GroupNo) {
        self.tables.lock().forget_group(group);
    }

    pub fn forget_instance(&self, instance: InstanceNo) {
        self.tables.lock().forget_instance(instance);
    }

    /// Members in order of client id, then connection.
    pub fn members(&self, group: GroupNo) -> Vec<Member> {
        let mut members: Vec<_> = self.tables.lock().members(group).cloned().collect();
        members.sort_by(|a, b| (&a.client_id, a.connection).cmp(&(&b.client_id, b.connection)));
        members
    }

    /// Where the member of a connection wants to start.
    pub fn consume_from(&self, group: GroupNo, connection: ConnectionId) -> Option<ConsumeFromWhere> {
        self.tables.lock().members_at(group, connection).first().map(|m| m.consume_from)
    }

    /// What one member subscribes.
    pub fn subscriptions(&self, group: GroupNo, connection: ConnectionId, client_id: &str) -> Vec<MemberSubscription> {
        let tables = self.tables.lock();
        let member = tables.members_at(group, connection).iter().find(|m| *m.client_id == *client_id);
        member.map(|m| m.subscriptions.clone()).unwrap_or_default()
    }

    /// Client ids of a group, sorted, each once: the list that rebalance works on.
    pub fn client_ids(&self, group: GroupNo) -> Vec<Arc<str>> {
        let mut ids: Vec<_> = self.tables.lock().members(group).map(|m| m.client_id.clone()).collect();
        ids.sort();
        ids.dedup();
        ids
    }

    /// Filter of whichever member heard from last that subscribes the Topic.
    pub fn any_subscription(&self, group: GroupNo, topic: &str, retry: bool) -> Option<Filter> {
        let tables = self.tables.lock();
        let wanted = |s: &&MemberSubscription| s.retry == retry && *s.topic == *topic;
        let found =
            tables.members(group).filter_map(|m| Some((m.last_heartbeat, m.subscriptions.iter().find(wanted)?)));
        found.max_by_key(|(last, _)| *last).map(|(_, s)| s.filter.clone())
    }

    /// Groups with a member that subscribes the Topic.
    pub fn groups_subscribing(&self, topic: &str) -> Vec<GroupNo> {
        let tables = self.tables.lock();
        let subscribes = |m: &Member| m.subscriptions.iter().any(|s| !s.retry && *s.topic == *topic);
        let with = tables.groups().filter_map(|(no, mut members)| members.any(subscribes).then_some(no));
        let mut groups: Vec<_> = with.collect();
        groups.sort();
        groups
    }

    /// In order of group name, client id, connection.
    pub fn producers(&self, instance: InstanceNo) -> Vec<Producer> {
        self.tables.lock().producers(instance).cloned().collect()
    }
}

#[cfg(test)]
mod tests;
