//! What the caller can see and may do: the one place where the port asks for rights. The rule itself
//! is the platform's.

use std::sync::Arc;

use app::api::{Problem, Rights};
use broker_core::access::{Action, Decision, Resource};

use super::CallerPort;
use super::refusal::{Answer, refused};
use crate::auth::access::UserEntry;
use crate::db::accounts::Role;
use crate::db::resources::{Group, Instance, Topic};
use crate::tenant::Caller;
use crate::tenant::instances::InstanceView;

impl CallerPort {
    /// The signed-in user as of this request.
    pub(super) fn user(&self) -> Answer<&Arc<UserEntry>> {
        self.caller.user.as_ref().ok_or(Problem::SignedOut)
    }

    /// The signed-in user as the platform wants to hear of it.
    pub(super) fn who(&self) -> Answer<Caller> {
        let user = &self.user()?.user;
        Ok(Caller {
            account: user.account,
            user: Some(user.no),
            name: user.name.clone(),
            source: self.caller.peer.address.ip().to_string(),
            request_id: Some(self.caller.request_id.0.clone()),
        })
    }

    pub(super) fn is_owner(&self) -> bool {
        self.caller.user.as_ref().is_some_and(|entry| entry.user.role == Role::Owner)
    }

    fn decision(&self, action: Action, instance: &Instance, on: Resource<'_>) -> Decision {
        match self.who() {
            Ok(who) => {
                let of_broker = &instance.of_broker;
                self.console.platform().decide(&who, action, of_broker.no, of_broker.account, on)
            }
            Err(_) => Decision::Hidden,
        }
    }

    /// What the caller may do with something, for the pages' buttons.
    pub(super) fn rights(&self, instance: &Instance, on: Resource<'_>) -> Rights {
        let may = |action| self.decision(action, instance, on) == Decision::Allow;
        Rights {
            publish: may(Action::Publish),
            subscribe: may(Action::Subscribe),
            query: may(Action::Query),
            manage: may(Action::Manage),
        }
    }

    /// Whether it may do `action`, as an answer: what is not of the account is not there.
    pub(super) fn demand(&self, action: Action, instance: &Instance, on: Resource<'_>) -> Answer<()> {
        self.console.platform().demand(&self.who()?, action, instance, on).map_err(refused)
    }

    /// An instance of the caller's account in which it has any right.
    ///
    /// - `id`: instance ID, exact.
    pub(super) async fn instance_view(&self, id: &str) -> Answer<InstanceView> {
        self.console.platform().instance(&self.who()?, id).await.map_err(refused)
    }

    pub(super) async fn instance(&self, id: &str) -> Answer<Instance> {
        self.console.platform().instance_only(&self.who()?, id).await.map_err(refused)
    }

    /// All instances of the caller's account in which it has any right. Errors: `NotActivated`.
    pub(super) async fn instances(&self) -> Answer<Vec<Instance>> {
        self.console.platform().all_instances(&self.who()?).await.map_err(refused)
    }

    /// A Topic by instance ID and name that the caller sees and, when named, may do `action` with.
    pub(super) async fn topic(&self, instance: &str, name: &str, action: Option<Action>) -> Answer<(Instance, Topic)> {
        let instance = self.instance(instance).await?;
        let who = self.who()?;
        let topic = self.console.platform().one::<Topic>(&who, &instance.of_broker.id, name).await.map_err(refused)?;
        if let Some(action) = action {
            self.demand(action, &instance, Resource::Topic(&topic.of_broker.name))?;
        }
        Ok((instance, topic))
    }

    /// A Group ID by instance ID and name that the caller sees.
    pub(super) async fn group(&self, instance: &str, name: &str) -> Answer<(Instance, Group)> {
        let instance = self.instance(instance).await?;
        let who = self.who()?;
        let group = self.console.platform().one::<Group>(&who, &instance.of_broker.id, name).await.map_err(refused)?;
        Ok((instance, group))
    }

    /// The Topics of an instance that the caller sees.
    pub(super) async fn topics_of(&self, instance: &Instance) -> Answer<Vec<Topic>> {
        self.console.platform().all(&self.who()?, instance).await.map_err(refused)
    }

    /// The Group IDs of an instance that the caller sees.
    pub(super) async fn groups_of(&self, instance: &Instance) -> Answer<Vec<Group>> {
        self.console.platform().all(&self.who()?, instance).await.map_err(refused)
    }
}
