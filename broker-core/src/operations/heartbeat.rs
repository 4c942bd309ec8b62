//! Heartbeat, leave, and the list of a group's members.

use std::sync::Arc;

use super::{Caller, LocateError, Operations, milestones};
use crate::access::Action;
use crate::admin::{ConsumeKind, ConsumeModel, RefusalReason};
use crate::client_table::{Door, HeartbeatSubscription, Member, MemberSubscription, Producer, Session, TableFull};
use crate::delivery::filter::Filter;
use crate::limits;
use crate::metadata::{GroupEntry, NameKind, WireName, system_topic};
use crate::protocol::remoting::body::heartbeat::{
    ConsumeType, ConsumerData, Heartbeat, MessageModel, SubscriptionData,
};
use crate::types::InstanceNo;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeartbeatError {
    #[error("the heartbeat names no client id")]
    NoClientId,
    #[error("the client id has {bytes} bytes, at most {bytes_max} are allowed")]
    ClientIdTooLong { bytes: usize, bytes_max: usize },
}

/// An entry of a heartbeat that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LeftOut {
    Located(LocateError),
    /// `name`: the group, or the Topic whose subscription it is; `why`: which limit.
    Limit {
        name: String,
        instance: InstanceNo,
        why: String,
    },
}

impl From<LocateError> for LeftOut {
    fn from(error: LocateError) -> Self {
        Self::Located(error)
    }
}

impl LeftOut {
    pub fn reason(&self) -> RefusalReason {
        match self {
            Self::Located(error) => error.reason(),
            Self::Limit { .. } => RefusalReason::LimitReached,
        }
    }
}

fn limit(name: &str, instance: InstanceNo, why: &impl ToString) -> LeftOut {
    LeftOut::Limit { name: name.to_owned(), instance, why: why.to_string() }
}

impl Operations {
    /// Takes over everything that the heartbeat names and that the caller may use, before it
    /// returns: the client asks for the member list right after. The last heartbeat of a client is
    /// its subscription, whatever its version numbers say (C18).
    ///
    /// Producers that it does not name any more are gone. Returns the entries that were left out,
    /// each with the reason; the others are not affected.
    pub fn heartbeat(
        &self,
        session: &mut Session,
        caller: &Caller<'_>,
        heartbeat: &Heartbeat,
    ) -> Result<Vec<LeftOut>, HeartbeatError> {
        check(heartbeat)?;
        let client_id: Arc<str> = match &session.client_id {
            Some(known) if **known == *heartbeat.client_id => known.clone(),
            _ => heartbeat.client_id.as_str().into(),
        };
        session.client_id = Some(client_id.clone());
        let mut refused = Vec::new();
        self.producer_beats(session, caller, &client_id, &heartbeat.producer_groups, &mut refused);
        let previous = std::mem::take(&mut session.subscriptions);
        for consumer in &heartbeat.consumers {
            match self.locate_group(caller, Action::Subscribe, &consumer.group) {
                Ok(located) => {
                    let kept: Vec<_> = if heartbeat.without_subscriptions {
                        previous.iter().filter(|s| s.group == located.entry.group.no).cloned().collect()
                    } else {
                        Vec::new()
                    };
                    self.consumer_beat(session, caller, &client_id, &located.entry, consumer, kept, &mut refused);
                }
                Err(error) => refused.push(error.into()),
            }
        }
        Ok(refused)
    }

    #[expect(clippy::too_many_arguments, reason = "what a heartbeat says, and where it goes")]
    fn consumer_beat(
        &self,
        session: &mut Session,
        caller: &Caller<'_>,
        client_id: &Arc<str>,
        group: &Arc<GroupEntry>,
        consumer: &ConsumerData,
        kept: Vec<HeartbeatSubscription>,
        refused: &mut Vec<LeftOut>,
    ) {
        let group_no = group.group.no;
        let subscriptions = if kept.is_empty() {
            consumer.subscriptions.iter().filter_map(|s| self.subscription(session, group, s, refused)).collect()
        } else {
            session.subscriptions.extend(kept);
            self.clients.subscriptions(group_no, session.id, client_id)
        };
        let now_ms = self.clock.wall_ms();
        let member = Member {
            client_id: client_id.clone(),
            connection: session.id,
            loop_no: session.loop_no,
            group_as_written: consumer.group.as_str().into(),
            account: caller.principal.map(|p| p.account),
            address: session.address,
            language: session.language.clone(),
            version: session.version,
            model: match consumer.model {
                MessageModel::Broadcasting => ConsumeModel::Broadcasting,
                MessageModel::Clustering => ConsumeModel::Clustering,
            },
            kind: match consumer.consume_type {
                ConsumeType::Actively => ConsumeKind::Pull,
                ConsumeType::Passively => ConsumeKind::Push,
                ConsumeType::Pop => ConsumeKind::Pop,
            },
            consume_from: consumer.consume_from,
            subscriptions,
            connected_at_ms: session.connected_at_ms,
            last_heartbeat_ms: now_ms,
            last_heartbeat: self.clock.monotonic(),
            changed_at_ms: now_ms,
        };
        let instance = &group.instance.instance;
        match self.clients.put_member(group_no, instance.account, member) {
            Ok(notices) => {
                self.long_polling.mailboxes.notify(notices);
                self.reach(&group.instance, milestones::CONSUMER_ONLINE);
            }
            Err(full) => refused.push(limit(&consumer.group, instance.no, &full)),
        }
    }

    /// Takes over one subscription, also of a Topic that does not exist (the console shows it).
    /// `None`: the name is not one that a client of this instance can subscribe.
    fn subscription(
        &self,
        session: &mut Session,
        group: &GroupEntry,
        data: &SubscriptionData,
        refused: &mut Vec<LeftOut>,
    ) -> Option<MemberSubscription> {
        let name = WireName::parse(&data.topic).ok()?;
        if matches!(name, WireName::Full { instance, .. } if *instance != *group.instance.instance.id) {
            return None;
        }
        let retry = match name.kind() {
            NameKind::Plain => false,
            NameKind::Retry => true,
            NameKind::DeadLetter => return None,
        };
        let filter = match Filter::of(&data.expression_type, &data.expression, data.tags.clone()) {
            Ok(filter) => filter,
            Err(error) => {
                refused.push(limit(&data.topic, group.instance.instance.no, &error));
                return None;
            }
        };
        let topic: Arc<str> = name.local().into();
        if !retry {
            self.remembered.note(group.group.no, &topic, matches!(filter, Filter::Tags(_)));
        }
        session.subscriptions.push(HeartbeatSubscription {
            group: group.group.no,
            topic: topic.clone(),
            retry,
            filter: filter.clone(),
            sub_version: data.version,
            newer_since: None,
        });
        let expression_type = if data.expression_type.is_empty() { "TAG" } else { &data.expression_type };
        Some(MemberSubscription {
            topic,
            retry,
            expression_type: expression_type.to_owned(),
            expression: data.expression.clone(),
            filter,
        })
    }

    fn producer_beats(
        &self,
        session: &mut Session,
        caller: &Caller<'_>,
        client_id: &Arc<str>,
        names: &[String],
        refused: &mut Vec<LeftOut>,
    ) {
        let mut placed: Vec<(InstanceNo, Arc<str>)> = Vec::new();
        session.bare_producers.clear();
        for name in names.iter().filter(|name| *name != system_topic::INNER_PRODUCER) {
            match self.producer_place(caller, name) {
                Ok((Some(instance), local)) => placed.push((instance, local)),
                // Go producers never write the instance here; what they send tells it.
                Ok((None, local)) => {
                    placed.extend(session.sends_to.map(|instance| (instance, local.clone())));
                    session.bare_producers.push(local);
                }
                Err(error) => refused.push(error.into()),
            }
        }
        let named = |instance, local: &Arc<str>| placed.iter().any(|(no, name)| *no == instance && name == local);
        self.clients.keep_producers(session.id, client_id, named);
        for (instance, local) in &placed {
            if let Err(full) = self.put_producer(session, *instance, client_id, local) {
                refused.push(limit(local, *instance, &full));
            }
        }
    }

    /// The instance of a producer group, `None` where only its sends can tell, and its local name.
    fn producer_place(&self, caller: &Caller<'_>, name: &str) -> Result<(Option<InstanceNo>, Arc<str>), LocateError> {
        let parsed = WireName::parse(name).map_err(|source| LocateError::Illegal { name: name.to_owned(), source })?;
        let local: Arc<str> = parsed.local().into();
        if matches!(parsed, WireName::Bare { .. }) && caller.door == Door::Shared {
            return Ok((None, local));
        }
        Ok((Some(self.locate_producer_instance(caller, name, &parsed)?), local))
    }

    /// Producers of this connection that were named without an instance belong where it sends to.
    pub(super) fn place_bare_producers(&self, session: &Session, instance: InstanceNo) {
        let Some(client_id) = &session.client_id else { return };
        for name in &session.bare_producers {
            // What is not taken now is told at the next heartbeat.
            let _ = self.put_producer(session, instance, client_id, name);
        }
    }

    fn put_producer(
        &self,
        session: &Session,
        instance: InstanceNo,
        client_id: &Arc<str>,
        group_name: &Arc<str>,
    ) -> Result<(), TableFull> {
        let Some(entry) = self.metadata.instance(instance) else { return Ok(()) };
        let producer = Producer {
            group_name: group_name.clone(),
            client_id: client_id.clone(),
            address: session.address,
            language: session.language.clone(),
            version: session.version,
            last_heartbeat_ms: self.clock.wall_ms(),
            last_heartbeat: self.clock.monotonic(),
        };
        self.clients.put_producer(instance, entry.instance.account, session.id, producer)?;
        self.reach(&entry, milestones::PRODUCER_SEEN);
        Ok(())
    }

    /// A client ends a producer or leaves a consumer group. Names that it never registered change
    /// nothing.
    pub fn unregister(
        &self,
        session: &mut Session,
        caller: &Caller<'_>,
        client_id: &str,
        producer_group: Option<&str>,
        consumer_group: Option<&str>,
    ) {
        if let Some(Ok(name)) = producer_group.filter(|g| !g.is_empty()).map(WireName::parse) {
            self.clients.remove_producer(name.local(), client_id, session.id);
            session.bare_producers.retain(|p| **p != *name.local());
        }
        let group = consumer_group.filter(|g| !g.is_empty());
        if let Some(Ok(group)) = group.map(|name| self.locate_group(caller, Action::Subscribe, name)) {
            let no = group.entry.group.no;
            session.subscriptions.retain(|s| s.group != no);
            let notices = self.clients.leave_group(no, client_id, session.id);
            self.long_polling.mailboxes.notify(notices);
        }
    }

    /// Client ids of a group: sorted, each once.
    pub fn member_ids(&self, group: &GroupEntry) -> Vec<Arc<str>> {
        self.clients.client_ids(group.group.no)
    }

    /// Drops clients that have been silent for too long. Called every few seconds.
    pub fn expire_clients(&self) {
        let notices = self.clients.expire(self.clock.monotonic());
        self.long_polling.mailboxes.notify(notices);
    }
}

fn check(heartbeat: &Heartbeat) -> Result<(), HeartbeatError> {
    let bytes = heartbeat.client_id.len();
    if bytes == 0 {
        return Err(HeartbeatError::NoClientId);
    }
    if bytes > limits::CLIENT_ID_BYTES_MAX {
        return Err(HeartbeatError::ClientIdTooLong { bytes, bytes_max: limits::CLIENT_ID_BYTES_MAX });
    }
    Ok(())
}
