//! Topics.

use broker_core::access::{Action, Resource};
use broker_core::metadata::{self, MessageType};
use broker_core::store::Durability;
use broker_core::types::TopicNo;

use super::listing::{ListPage, ListQuery, Listed, select};
use super::rules::Rule;
use super::{Caller, Changing, Kind, Platform, TenantError, limits, names};
use crate::db::{Sequence, Tx, resources};

pub use crate::db::resources::Topic;

/// A Topic to make.
#[derive(Clone, Debug)]
pub struct NewTopic {
    pub name: String,
    pub message_type: MessageType,
    /// `None`: 4, or 1 when globally ordered.
    pub queues: Option<u16>,
    pub durability: Durability,
    pub description: String,
}

impl NewTopic {
    /// A Topic with the defaults of its type.
    pub fn new(name: &str, message_type: MessageType) -> Self {
        Self {
            name: name.to_owned(),
            message_type,
            queues: None,
            durability: Durability::Synced,
            description: String::new(),
        }
    }
}

impl Listed for Topic {
    fn name(&self) -> &str {
        &self.of_broker.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn created_at_ms(&self) -> i64 {
        self.of_broker.created_at_ms
    }
}

impl Platform {
    /// A name is one Topic or one Group ID of the instance, never both.
    pub(super) async fn free_name(
        &self,
        tx: &mut Tx,
        instance: &resources::Instance,
        name: &str,
    ) -> Result<(), TenantError> {
        let taken = |by| Err(Rule::NameTaken { name: name.to_owned(), by }.into());
        if resources::topic(tx, instance.of_broker.no, name).await?.is_some() {
            return taken(Kind::Topic);
        }
        if resources::group(tx, instance.of_broker.no, name).await?.is_some() {
            return taken(Kind::Group);
        }
        Ok(())
    }

    /// The visible Topics of an instance.
    ///
    /// - `instance`: instance ID.
    pub async fn topics(
        &self,
        caller: &Caller,
        instance: &str,
        query: &ListQuery,
    ) -> Result<ListPage<Topic>, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let mut topics = resources::topics_of(&mut tx, instance.of_broker.no).await?;
        topics.retain(|topic| self.is_visible(caller, &instance, Resource::Topic(&topic.of_broker.name)));
        Ok(select(topics, query))
    }

    /// All visible Topics of an instance, in no order.
    ///
    /// - `instance`: one that the caller was given.
    pub async fn all_topics(&self, caller: &Caller, instance: &resources::Instance) -> Result<Vec<Topic>, TenantError> {
        let mut tx = self.db.read().await?;
        let mut topics = resources::topics_of(&mut tx, instance.of_broker.no).await?;
        topics.retain(|topic| self.is_visible(caller, instance, Resource::Topic(&topic.of_broker.name)));
        Ok(topics)
    }

    pub async fn topic(&self, caller: &Caller, instance: &str, name: &str) -> Result<Topic, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        self.visible_topic(&mut tx, caller, &instance, name).await
    }

    /// The Topic, if `action` on it is granted.
    pub async fn topic_for(
        &self,
        caller: &Caller,
        action: Action,
        instance: &str,
        name: &str,
    ) -> Result<Topic, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let topic = self.visible_topic(&mut tx, caller, &instance, name).await?;
        self.require(caller, action, &instance, Resource::Topic(name))?;
        Ok(topic)
    }

    pub(super) fn require(
        &self,
        caller: &Caller,
        action: Action,
        instance: &resources::Instance,
        on: Resource<'_>,
    ) -> Result<(), TenantError> {
        let name = match action {
            Action::Publish => "publish",
            Action::Subscribe => "subscribe",
            Action::Query => "query",
            Action::Manage => "manage",
        };
        if self.allows(caller, action, instance, on) { Ok(()) } else { Err(TenantError::Forbidden { action: name }) }
    }

    async fn visible_topic(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        instance: &resources::Instance,
        name: &str,
    ) -> Result<Topic, TenantError> {
        resources::topic(tx, instance.of_broker.no, name)
            .await?
            .filter(|_| self.is_visible(caller, instance, Resource::Topic(name)))
            .ok_or(TenantError::NotFound(Kind::Topic))
    }

    /// Makes a Topic: durable before this returns, usable by the very next request.
    pub async fn create_topic(&self, caller: &Caller, instance: &str, new: NewTopic) -> Result<Topic, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        self.enabled_account(&mut tx, caller).await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        self.require(caller, Action::Manage, &instance, Resource::Topic(&new.name))?;
        names::topic(&new.name)?;
        names::description(&new.description)?;
        let usual = if new.message_type == MessageType::GlobalOrder { 1 } else { limits::QUEUES_DEFAULT };
        let queues = new.queues.unwrap_or(usual);
        names::queues(new.message_type, queues)?;
        self.free_name(&mut tx, &instance, &new.name).await?;
        let max = self.limits.topics_max;
        if resources::counts(&mut tx, instance.of_broker.no).await?.0 >= max {
            return Err(Rule::Limit { kind: Kind::Topic, max }.into());
        }
        let no = crate::db::narrow("topic.no", Sequence::Topic.next(&mut tx).await?)?;
        let topic = Topic {
            of_broker: metadata::Topic {
                no: TopicNo(no),
                instance: instance.of_broker.no,
                name: new.name.into(),
                message_type: new.message_type,
                queues,
                durability: new.durability,
                created_at_ms: self.clock.wall_ms(),
            },
            description: new.description,
        };
        resources::insert_topic(&mut tx, &topic).await?;
        let told = format!(
            "type={} queues={queues} flush={}",
            resources::type_name(new.message_type),
            resources::flush_name(new.durability)
        );
        let target = target(&instance, &topic.of_broker.name);
        self.audit(&mut tx, caller, "topic.create", &target, None, Some(told)).await?;
        self.remember_numbers(&mut tx).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        self.engine.put_topic(topic.of_broker.clone());
        Ok(topic)
    }

    pub async fn describe_topic(
        &self,
        caller: &Caller,
        instance: &str,
        name: &str,
        description: &str,
    ) -> Result<Topic, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let mut topic = self.visible_topic(&mut tx, caller, &instance, name).await?;
        self.require(caller, Action::Manage, &instance, Resource::Topic(name))?;
        names::description(description)?;
        if topic.description != description {
            resources::describe_topic(&mut tx, topic.of_broker.no, description).await?;
            let old = std::mem::replace(&mut topic.description, description.to_owned());
            let new = Some(description.to_owned());
            self.audit(&mut tx, caller, "topic.update", &target(&instance, name), Some(old), new).await?;
        }
        tx.commit().await?;
        Ok(topic)
    }

    /// Deletes a Topic; can't be undone, a Topic made again under the name is another one.
    ///
    /// - `confirm`: its name, typed by the person.
    pub async fn delete_topic(
        &self,
        caller: &Caller,
        instance: &str,
        name: &str,
        confirm: &str,
    ) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let topic = self.visible_topic(&mut tx, caller, &instance, name).await?;
        self.require(caller, Action::Manage, &instance, Resource::Topic(name))?;
        if confirm != name {
            return Err(Rule::ConfirmName { expected: name.to_owned() }.into());
        }
        resources::delete_topic(&mut tx, topic.of_broker.no).await?;
        let old = Some(format!("type={}", resources::type_name(topic.of_broker.message_type)));
        self.audit(&mut tx, caller, "topic.delete", &target(&instance, name), old, None).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        self.engine.remove_topic(topic.of_broker.no);
        Ok(())
    }
}

/// The full name of a thing of an instance, for the audit.
pub(super) fn target(instance: &resources::Instance, name: &str) -> String {
    format!("{}%{name}", instance.of_broker.id)
}
