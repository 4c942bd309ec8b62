//! From a name on the wire to what it names: the name is parsed once, the instance must be the
//! caller's, and the one rule of rights is asked.
//!
//! A thing of another account, one that is hidden, and one that does not exist are answered alike;
//! what differs is the reason that is kept for the console.

use std::sync::Arc;

use super::Operations;
use crate::access::{Action, Decision, Principal, Resource};
use crate::admin::RefusalReason;
use crate::client_table::Door;
use crate::metadata::{
    GroupEntry, GroupProtocol, InstanceEntry, NameError, NameKind, TopicEntry, WireName, system_topic,
};
use crate::types::InstanceNo;

/// Who asks, through which door.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    pub door: Door,
    /// `None`: the listener that takes unsigned clients; everything in its instance is allowed.
    pub principal: Option<&'a Principal>,
}

/// What a topic name on the wire can name.
#[derive(Clone, Debug)]
pub enum Target {
    Topic(Arc<TopicEntry>),
    /// The retry topic of a group: one queue.
    Retry(Arc<GroupEntry>),
}

impl Target {
    pub fn instance(&self) -> &Arc<InstanceEntry> {
        match self {
            Self::Topic(topic) => &topic.instance,
            Self::Retry(group) => &group.instance,
        }
    }
}

/// Something found, and how it was named.
#[derive(Clone, Debug)]
pub struct Located<T> {
    pub entry: T,
    /// Named without an instance: records for this client carry bare names.
    pub bare: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocateError {
    #[error("the name [{name}] is illegal: {source}")]
    Illegal { name: String, source: NameError },
    /// It does not exist for this caller. `hint` is empty or says what would be right.
    #[error("topic[{name}] not exist, apply first please!{hint}")]
    TopicMissing { name: String, hint: String, reason: RefusalReason, instance: Option<InstanceNo> },
    #[error("subscription group [{name}] does not exist{hint}")]
    GroupMissing { name: String, hint: String, reason: RefusalReason, instance: Option<InstanceNo> },
    #[error("no permission to {action} on [{name}]: ask the owner of the account for a grant")]
    NotGranted { name: String, action: &'static str, instance: InstanceNo },
}

impl LocateError {
    pub fn reason(&self) -> RefusalReason {
        match self {
            Self::Illegal { .. } => RefusalReason::MessageIllegal,
            Self::TopicMissing { reason, .. } | Self::GroupMissing { reason, .. } => *reason,
            Self::NotGranted { .. } => RefusalReason::NotGranted,
        }
    }

    /// The instance that was named, where it is the caller's own.
    pub fn instance(&self) -> Option<InstanceNo> {
        match self {
            Self::Illegal { .. } => None,
            Self::TopicMissing { instance, .. } | Self::GroupMissing { instance, .. } => *instance,
            Self::NotGranted { instance, .. } => Some(*instance),
        }
    }
}

/// Why a name leads nowhere, before it is said in the words for topics or groups.
struct Nowhere {
    reason: RefusalReason,
    hint: String,
    instance: Option<InstanceNo>,
}

/// Any of these rights is enough for a route.
pub const ROUTE_ACTIONS: [Action; 3] = [Action::Publish, Action::Subscribe, Action::Query];

impl Operations {
    /// Finds what a topic name names, for a caller that may do one of `actions` with it.
    pub fn locate_topic(
        &self,
        caller: &Caller<'_>,
        actions: &[Action],
        name: &str,
    ) -> Result<Located<Target>, LocateError> {
        let parsed = WireName::parse(name).map_err(|source| LocateError::Illegal { name: name.to_owned(), source })?;
        let missing = |nowhere: Nowhere| LocateError::TopicMissing {
            name: name.to_owned(),
            hint: nowhere.hint,
            reason: nowhere.reason,
            instance: nowhere.instance,
        };
        let instance = self.locate_instance(caller, &parsed).map_err(missing)?;
        let local = parsed.local();
        let unknown = || {
            missing(Nowhere {
                reason: RefusalReason::TopicUnknown,
                hint: String::new(),
                instance: Some(instance.instance.no),
            })
        };
        let bare = matches!(parsed, WireName::Bare { .. });
        match parsed.kind() {
            NameKind::Plain => {
                let decision = self.decide(caller, actions, &instance, Resource::Topic(local));
                let entry = self.metadata.topic_named(instance.instance.no, local);
                let entry = entry.filter(|_| decision != Decision::Hidden && !system_topic::is_reserved(local));
                let entry = entry.ok_or_else(unknown)?;
                if decision == Decision::Denied {
                    return Err(not_granted(name, actions, &instance));
                }
                Ok(Located { entry: Target::Topic(entry), bare })
            }
            NameKind::Retry => {
                let decision = self.decide(caller, actions, &instance, Resource::Group(local));
                let group = self.metadata.group_named(instance.instance.no, local);
                let group = group.filter(|g| decision != Decision::Hidden && g.group.protocol == GroupProtocol::Tcp);
                let group = group.ok_or_else(unknown)?;
                if decision == Decision::Denied {
                    return Err(not_granted(name, actions, &instance));
                }
                Ok(Located { entry: Target::Retry(group), bare })
            }
            NameKind::DeadLetter => Err(unknown()),
        }
    }

    /// Finds a group of the TCP protocol.
    pub fn locate_group(
        &self,
        caller: &Caller<'_>,
        action: Action,
        name: &str,
    ) -> Result<Located<Arc<GroupEntry>>, LocateError> {
        let missing = |nowhere: Nowhere| LocateError::GroupMissing {
            name: name.to_owned(),
            hint: nowhere.hint,
            reason: nowhere.reason,
            instance: nowhere.instance,
        };
        let parsed = WireName::parse(name).map_err(|source| LocateError::Illegal { name: name.to_owned(), source })?;
        let instance = self.locate_instance(caller, &parsed).map_err(missing)?;
        let local = parsed.local();
        let nowhere = |reason, hint: &str| {
            missing(Nowhere { reason, hint: hint.to_owned(), instance: Some(instance.instance.no) })
        };
        let decision = self.decide(caller, &[action], &instance, Resource::Group(local));
        let group = self.metadata.group_named(instance.instance.no, local);
        let group = group.filter(|_| decision != Decision::Hidden && parsed.kind() == NameKind::Plain);
        let group = group.ok_or_else(|| nowhere(RefusalReason::GroupUnknown, ": create it in the console first"))?;
        if decision == Decision::Denied {
            return Err(not_granted(name, &[action], &instance));
        }
        if group.group.protocol != GroupProtocol::Tcp {
            let hint = " under TCP: this Group ID was created for HTTP";
            return Err(nowhere(RefusalReason::GroupIsHttp, hint));
        }
        Ok(Located { entry: group, bare: matches!(parsed, WireName::Bare { .. }) })
    }

    /// Whether a pull that was located for this caller may still go on: rights can be taken while it
    /// is held.
    pub(crate) fn check_pull_rights(
        &self,
        caller: &Caller<'_>,
        group: &GroupEntry,
        target: &Target,
    ) -> Result<(), LocateError> {
        const ACTIONS: &[Action] = &[Action::Subscribe];
        let of_group = |group: &GroupEntry| {
            let decision = self.decide(caller, ACTIONS, &group.instance, Resource::Group(&group.group.name));
            match decision {
                Decision::Allow => Ok(()),
                Decision::Denied => Err(not_granted(&group.wire_name, ACTIONS, &group.instance)),
                Decision::Hidden => Err(LocateError::GroupMissing {
                    name: group.wire_name.to_string(),
                    hint: String::new(),
                    reason: RefusalReason::GroupUnknown,
                    instance: None,
                }),
            }
        };
        of_group(group)?;
        match target {
            Target::Retry(group) => of_group(group),
            Target::Topic(topic) => {
                let decision = self.decide(caller, ACTIONS, &topic.instance, Resource::Topic(&topic.topic.name));
                match decision {
                    Decision::Allow => Ok(()),
                    Decision::Denied => Err(not_granted(&topic.wire_name, ACTIONS, &topic.instance)),
                    Decision::Hidden => Err(LocateError::TopicMissing {
                        name: topic.wire_name.to_string(),
                        hint: String::new(),
                        reason: RefusalReason::TopicUnknown,
                        instance: None,
                    }),
                }
            }
        }
    }

    /// The instance of a producer group; the group itself need not exist.
    pub(super) fn locate_producer_instance(
        &self,
        caller: &Caller<'_>,
        name: &str,
        parsed: &WireName<'_>,
    ) -> Result<InstanceNo, LocateError> {
        let found = self.locate_instance(caller, parsed);
        found.map(|i| i.instance.no).map_err(|nowhere| LocateError::GroupMissing {
            name: name.to_owned(),
            hint: nowhere.hint,
            reason: nowhere.reason,
            instance: nowhere.instance,
        })
    }

    /// The instance that a name lies in, if it is the caller's.
    fn locate_instance(&self, caller: &Caller<'_>, name: &WireName<'_>) -> Result<Arc<InstanceEntry>, Nowhere> {
        let own_door = match caller.door {
            Door::Instance(no) => self.metadata.instance(no),
            Door::Shared => None,
        };
        let found = match name {
            WireName::Bare { .. } => match (caller.door, own_door) {
                (Door::Instance(_), own) => own,
                (Door::Shared, _) => {
                    return Err(Nowhere {
                        reason: RefusalReason::BareNameOnSharedPort,
                        hint: self.endpoint_hint(caller),
                        instance: None,
                    });
                }
            },
            WireName::Full { instance, .. } => {
                let named = self.metadata.instance_by_id(instance);
                match caller.door {
                    Door::Shared => named,
                    // A port belongs to its instance: another instance's names do not exist there.
                    Door::Instance(no) => named.filter(|i| i.instance.no == no),
                }
            }
        };
        let own = |i: &Arc<InstanceEntry>| caller.principal.is_none_or(|p| p.account == i.instance.account);
        found.filter(own).ok_or_else(|| Nowhere {
            reason: RefusalReason::OtherInstance,
            hint: String::new(),
            instance: None,
        })
    }

    /// Allowed if any of the actions is; hidden only if all are.
    fn decide(&self, caller: &Caller<'_>, actions: &[Action], instance: &InstanceEntry, on: Resource<'_>) -> Decision {
        let Some(principal) = caller.principal else { return Decision::Allow };
        let (no, account) = (instance.instance.no, instance.instance.account);
        let mut decision = Decision::Hidden;
        for action in actions {
            match self.access.authorize(principal, *action, no, account, on) {
                Decision::Allow => return Decision::Allow,
                Decision::Denied => decision = Decision::Denied,
                Decision::Hidden => {}
            }
        }
        decision
    }

    /// Which endpoint to use instead of the shared port, for the caller's own instances.
    fn endpoint_hint(&self, caller: &Caller<'_>) -> String {
        const SHOWN_MAX: usize = 3;
        let instances = caller.principal.map(|p| self.metadata.instances_of(p.account)).unwrap_or_default();
        let named = instances.iter().take(SHOWN_MAX);
        let named: Vec<_> = named.map(|i| format!("{} ({})", self.endpoint(i), i.instance.id)).collect();
        let more = if instances.len() > SHOWN_MAX { " and others" } else { "" };
        let place = if named.is_empty() { "see Instance Details".to_owned() } else { named.join(", ") + more };
        format!(" This port needs names with their instance; connect to the endpoint of the instance: {place}")
    }
}

fn not_granted(name: &str, actions: &[Action], instance: &InstanceEntry) -> LocateError {
    let action = match actions {
        [Action::Publish] => "publish",
        [Action::Subscribe] => "subscribe",
        [Action::Query] => "query",
        [Action::Manage] => "manage",
        _ => "publish, subscribe or query",
    };
    LocateError::NotGranted { name: name.to_owned(), action, instance: instance.instance.no }
}
