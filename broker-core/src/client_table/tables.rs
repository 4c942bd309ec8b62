//! The entries behind the table's lock, with an index by connection: the end of a connection costs
//! its own entries and the word to the members it leaves, whatever else is in the table.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use super::{Member, Notices, Producer, TableFull};
use crate::admin::ConsumeModel;
use crate::delivery::mailbox::{ChangeNotice, ConnectionId};
use crate::limits;
use crate::types::{AccountNo, GroupNo, InstanceNo};

/// The members of a group.
#[derive(Debug)]
struct Members {
    owner: AccountNo,
    /// A connection can speak for several clients.
    of: BTreeMap<ConnectionId, Vec<Member>>,
    count: usize,
}

impl Members {
    fn iter(&self) -> impl Iterator<Item = &Member> {
        self.of.values().flatten()
    }

    /// Whom to tell that the group changed.
    fn notices(&self) -> Notices {
        let clustering = self.iter().filter(|m| m.model == ConsumeModel::Clustering);
        clustering
            .map(|m| (m.loop_no, ChangeNotice { connection: m.connection, group: m.group_as_written.clone() }))
            .collect()
    }
}

/// Group name, client id, connection.
type ProducerKey = (Arc<str>, Arc<str>, ConnectionId);

/// The producers of an instance.
#[derive(Debug)]
struct Producers {
    owner: AccountNo,
    of: BTreeMap<ProducerKey, Producer>,
}

/// What one client id has registered over a connection.
#[derive(Debug)]
struct Client {
    id: Arc<str>,
    groups: Vec<GroupNo>,
    producers: Vec<(InstanceNo, Arc<str>)>,
}

#[derive(Debug, Default)]
pub(super) struct Tables {
    groups: HashMap<GroupNo, Members>,
    instances: HashMap<InstanceNo, Producers>,
    connections: HashMap<ConnectionId, Vec<Client>>,
    members_of: HashMap<AccountNo, usize>,
    producers_of: HashMap<AccountNo, usize>,
}

impl Tables {
    pub(super) fn members(&self, group: GroupNo) -> impl Iterator<Item = &Member> {
        self.groups.get(&group).into_iter().flat_map(Members::iter)
    }

    /// The members that a connection speaks for.
    pub(super) fn members_at(&self, group: GroupNo, connection: ConnectionId) -> &[Member] {
        let members = self.groups.get(&group).and_then(|members| members.of.get(&connection));
        members.map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (GroupNo, impl Iterator<Item = &Member>)> {
        self.groups.iter().map(|(no, members)| (*no, members.iter()))
    }

    pub(super) fn producers(&self, instance: InstanceNo) -> impl Iterator<Item = &Producer> {
        self.instances.get(&instance).into_iter().flat_map(|producers| producers.of.values())
    }

    /// Registers a member or takes over its last heartbeat; whom to tell.
    pub(super) fn put_member(
        &mut self,
        group: GroupNo,
        owner: AccountNo,
        mut member: Member,
    ) -> Result<Notices, TableFull> {
        if let Some(members) = self.groups.get_mut(&group) {
            let at = members.of.get_mut(&member.connection);
            if let Some(old) = at.and_then(|at| at.iter_mut().find(|old| old.client_id == member.client_id)) {
                let changed = topics(old) != topics(&member) || old.model != member.model;
                if old.subscriptions == member.subscriptions && old.model == member.model {
                    member.changed_at_ms = old.changed_at_ms;
                }
                *old = member;
                return Ok(if changed { members.notices() } else { Notices::new() });
            }
            if members.count >= limits::MEMBERS_PER_GROUP_MAX {
                return Err(TableFull::Group);
            }
        }
        if self.members_of.get(&owner).is_some_and(|count| *count >= limits::MEMBERS_PER_ACCOUNT_MAX) {
            return Err(TableFull::Account);
        }
        client(&mut self.connections, member.connection, &member.client_id)?.groups.push(group);
        *self.members_of.entry(owner).or_default() += 1;
        let new = || Members { owner, of: BTreeMap::new(), count: 0 };
        let members = self.groups.entry(group).or_insert_with(new);
        members.count += 1;
        members.of.entry(member.connection).or_default().push(member);
        Ok(members.notices())
    }

    /// Registers a producer or takes over its last heartbeat.
    pub(super) fn put_producer(
        &mut self,
        instance: InstanceNo,
        owner: AccountNo,
        connection: ConnectionId,
        producer: Producer,
    ) -> Result<(), TableFull> {
        let key = (producer.group_name.clone(), producer.client_id.clone(), connection);
        if let Some(old) = self.instances.get_mut(&instance).and_then(|producers| producers.of.get_mut(&key)) {
            *old = producer;
            return Ok(());
        }
        let named: usize = self.connections.get(&connection).into_iter().flatten().map(|c| c.producers.len()).sum();
        if named >= limits::PRODUCERS_PER_CONNECTION_MAX {
            return Err(TableFull::Producers);
        }
        if self.producers_of.get(&owner).is_some_and(|count| *count >= limits::PRODUCERS_PER_ACCOUNT_MAX) {
            return Err(TableFull::Account);
        }
        let group_name = producer.group_name.clone();
        client(&mut self.connections, connection, &producer.client_id)?.producers.push((instance, group_name));
        *self.producers_of.entry(owner).or_default() += 1;
        let new = || Producers { owner, of: BTreeMap::new() };
        self.instances.entry(instance).or_insert_with(new).of.insert(key, producer);
        Ok(())
    }

    /// Drops the producers of a client that are not among `kept`.
    pub(super) fn keep_producers(
        &mut self,
        connection: ConnectionId,
        client_id: &str,
        kept: impl Fn(InstanceNo, &Arc<str>) -> bool,
    ) {
        let Some(clients) = self.connections.get_mut(&connection) else { return };
        let Some(client) = clients.iter_mut().find(|c| *c.id == *client_id) else { return };
        let id = client.id.clone();
        let gone: Vec<_> = client.producers.extract_if(.., |(instance, name)| !kept(*instance, name)).collect();
        for (instance, name) in gone {
            self.forget_producer(instance, (name, id.clone(), connection));
        }
        self.tidy(connection);
    }

    /// A client leaves a group.
    pub(super) fn leave_group(&mut self, group: GroupNo, client_id: &str, connection: ConnectionId) -> Notices {
        let Some(clients) = self.connections.get_mut(&connection) else { return Notices::new() };
        let Some(client) = clients.iter_mut().find(|c| *c.id == *client_id) else { return Notices::new() };
        client.groups.retain(|no| *no != group);
        self.tidy(connection);
        self.forget_member(group, client_id, connection);
        self.notices(group)
    }

    /// A connection is gone, and with it whoever spoke over it.
    pub(super) fn disconnect(&mut self, connection: ConnectionId) -> Notices {
        let mut left = Vec::new();
        for client in self.connections.remove(&connection).unwrap_or_default() {
            for (instance, name) in client.producers {
                self.forget_producer(instance, (name, client.id.clone(), connection));
            }
            for group in client.groups {
                self.forget_member(group, &client.id, connection);
                left.push(group);
            }
        }
        left.sort();
        left.dedup();
        left.into_iter().flat_map(|group| self.notices(group)).collect()
    }

    /// Drops who has been silent for too long.
    pub(super) fn expire(&mut self, now: Duration) -> Notices {
        let silent = |last: Duration| now.saturating_sub(last) > limits::CLIENT_EXPIRY;
        let members = self.groups.iter().flat_map(|(no, members)| members.iter().map(|m| (*no, m)));
        let gone: Vec<_> = members
            .filter(|(_, m)| silent(m.last_heartbeat))
            .map(|(no, m)| (no, m.client_id.clone(), m.connection))
            .collect();
        let producers = self.instances.iter().flat_map(|(no, producers)| producers.of.iter().map(|(k, p)| (*no, k, p)));
        let ended: Vec<_> =
            producers.filter(|(.., p)| silent(p.last_heartbeat)).map(|(no, key, _)| (no, key.clone())).collect();
        for (instance, key) in ended {
            let (connection, id, name) = (key.2, key.1.clone(), key.0.clone());
            self.keep_producers(connection, &id, |no, kept| no != instance || *kept != name);
        }
        let mut left: Vec<_> = gone.iter().map(|(group, ..)| *group).collect();
        for (group, id, connection) in gone {
            self.leave_group(group, &id, connection);
        }
        left.sort();
        left.dedup();
        left.into_iter().flat_map(|group| self.notices(group)).collect()
    }

    pub(super) fn forget_group(&mut self, group: GroupNo) {
        let Some(members) = self.groups.remove(&group) else { return };
        give_back(&mut self.members_of, members.owner, members.count);
        for connection in members.of.into_keys() {
            let clients = self.connections.get_mut(&connection).into_iter().flatten();
            clients.for_each(|client| client.groups.retain(|no| *no != group));
            self.tidy(connection);
        }
    }

    pub(super) fn forget_instance(&mut self, instance: InstanceNo) {
        let Some(producers) = self.instances.remove(&instance) else { return };
        give_back(&mut self.producers_of, producers.owner, producers.of.len());
        for (_, _, connection) in producers.of.into_keys() {
            let clients = self.connections.get_mut(&connection).into_iter().flatten();
            clients.for_each(|client| client.producers.retain(|(no, _)| *no != instance));
            self.tidy(connection);
        }
    }

    fn notices(&self, group: GroupNo) -> Notices {
        self.groups.get(&group).map(Members::notices).unwrap_or_default()
    }

    fn forget_member(&mut self, group: GroupNo, client_id: &str, connection: ConnectionId) {
        let Some(members) = self.groups.get_mut(&group) else { return };
        let Some(at) = members.of.get_mut(&connection) else { return };
        let before = at.len();
        at.retain(|m| *m.client_id != *client_id);
        let gone = before - at.len();
        if at.is_empty() {
            members.of.remove(&connection);
        }
        members.count -= gone;
        give_back(&mut self.members_of, members.owner, gone);
        if members.count == 0 {
            self.groups.remove(&group);
        }
    }

    fn forget_producer(&mut self, instance: InstanceNo, key: ProducerKey) {
        let Some(producers) = self.instances.get_mut(&instance) else { return };
        if producers.of.remove(&key).is_some() {
            give_back(&mut self.producers_of, producers.owner, 1);
        }
        if producers.of.is_empty() {
            self.instances.remove(&instance);
        }
    }

    /// Forgets clients that have nothing in the table any more.
    fn tidy(&mut self, connection: ConnectionId) {
        if let Some(clients) = self.connections.get_mut(&connection) {
            clients.retain(|client| !client.groups.is_empty() || !client.producers.is_empty());
            if clients.is_empty() {
                self.connections.remove(&connection);
            }
        }
    }
}

/// The client with this id at a connection, noted where it is new.
fn client<'t>(
    connections: &'t mut HashMap<ConnectionId, Vec<Client>>,
    connection: ConnectionId,
    id: &Arc<str>,
) -> Result<&'t mut Client, TableFull> {
    let clients = connections.entry(connection).or_default();
    let known = clients.iter().position(|client| client.id == *id);
    if known.is_none() {
        if clients.len() >= limits::CLIENTS_PER_CONNECTION_MAX {
            return Err(TableFull::Clients);
        }
        clients.push(Client { id: id.clone(), groups: Vec::new(), producers: Vec::new() });
    }
    let at = known.unwrap_or(clients.len() - 1);
    clients.get_mut(at).ok_or(TableFull::Clients)
}

fn give_back(counts: &mut HashMap<AccountNo, usize>, owner: AccountNo, count: usize) {
    if let Some(taken) = counts.get_mut(&owner) {
        *taken = taken.saturating_sub(count);
        if *taken == 0 {
            counts.remove(&owner);
        }
    }
}

fn topics(member: &Member) -> Vec<(bool, Arc<str>)> {
    let mut topics: Vec<_> = member.subscriptions.iter().map(|s| (s.retry, s.topic.clone())).collect();
    topics.sort();
    topics
}
