//! Topics: what is their own, and making one.

use broker_core::access::{Action, Resource};
use broker_core::metadata::{self, MessageType};
use broker_core::store::Durability;
use broker_core::types::{InstanceNo, TopicNo};

use super::engine::Engine;
use super::named::Named;
use super::rules::Rule;
use super::{Caller, Kind, Platform, TenantError, limits, names};
use crate::db::{DbError, Sequence, Tx, resources};

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

/// Whether messages of the type can be sent, so that a person can make a Topic of it.
pub fn is_built(message_type: MessageType) -> bool {
    message_type == MessageType::Normal
}

impl Named for Topic {
    const KIND: Kind = Kind::Topic;
    const AUDIT: &'static str = "topic";

    fn resource(name: &str) -> Resource<'_> {
        Resource::Topic(name)
    }

    fn name(&self) -> &str {
        &self.of_broker.name
    }

    fn created_at_ms(&self) -> i64 {
        self.of_broker.created_at_ms
    }

    fn description_mut(&mut self) -> &mut String {
        &mut self.description
    }

    fn told(&self) -> String {
        let of_broker = &self.of_broker;
        let (type_name, flush) =
            (resources::type_name(of_broker.message_type), resources::flush_name(of_broker.durability));
        format!("type={type_name} queues={} flush={flush}", of_broker.queues)
    }

    async fn find(tx: &mut Tx, instance: InstanceNo, name: &str) -> Result<Option<Self>, DbError> {
        resources::topic(tx, instance, name).await
    }

    async fn of(tx: &mut Tx, instance: InstanceNo) -> Result<Vec<Self>, DbError> {
        resources::topics_of(tx, instance).await
    }

    async fn insert(&self, tx: &mut Tx) -> Result<(), DbError> {
        resources::insert_topic(tx, self).await
    }

    async fn describe(&self, tx: &mut Tx, description: &str) -> Result<(), DbError> {
        resources::describe_topic(tx, self.of_broker.no, description).await
    }

    async fn delete(&self, tx: &mut Tx) -> Result<(), DbError> {
        resources::delete_topic(tx, self.of_broker.no).await
    }

    fn put(&self, engine: &dyn Engine) {
        engine.put_topic(self.of_broker.clone());
    }

    fn remove(&self, engine: &dyn Engine) {
        engine.remove_topic(self.of_broker.no);
    }
}

impl Platform {
    /// Makes a Topic. The resources file and `--dev` may make one of a type whose messages can't be
    /// sent yet: theirs are of each type, and such sends are refused by the type.
    ///
    /// - `instance`: instance ID.
    pub async fn create_topic(&self, caller: &Caller, instance: &str, new: NewTopic) -> Result<Topic, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        self.enabled_account(&mut tx, caller).await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        self.demand(caller, Action::Manage, &instance, Resource::Topic(&new.name))?;
        if caller.user.is_some() && !is_built(new.message_type) {
            return Err(Rule::TypeNotBuilt { message_type: new.message_type }.into());
        }
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
        self.add(tx, caller, &instance, topic).await
    }
}
