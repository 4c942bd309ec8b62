//! Group IDs: what is their own, and making one.

use broker_core::access::{Action, Resource};
use broker_core::metadata::{self, GroupProtocol};
use broker_core::types::{GroupNo, InstanceNo};

use super::engine::Engine;
use super::named::Named;
use super::rules::Rule;
use super::{Caller, Kind, Platform, TenantError, names};
use crate::db::{DbError, Sequence, Tx, resources};

pub use crate::db::resources::Group;

/// A Group ID to make.
#[derive(Clone, Debug)]
pub struct NewGroup {
    pub name: String,
    pub protocol: GroupProtocol,
    pub description: String,
}

impl Named for Group {
    const KIND: Kind = Kind::Group;
    const AUDIT: &'static str = "group";

    fn resource(name: &str) -> Resource<'_> {
        Resource::Group(name)
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
        format!("protocol={}", resources::protocol_name(self.of_broker.protocol))
    }

    async fn find(tx: &mut Tx, instance: InstanceNo, name: &str) -> Result<Option<Self>, DbError> {
        resources::group(tx, instance, name).await
    }

    async fn of(tx: &mut Tx, instance: InstanceNo) -> Result<Vec<Self>, DbError> {
        resources::groups_of(tx, instance).await
    }

    async fn insert(&self, tx: &mut Tx) -> Result<(), DbError> {
        resources::insert_group(tx, self).await
    }

    async fn describe(&self, tx: &mut Tx, description: &str) -> Result<(), DbError> {
        resources::describe_group(tx, self.of_broker.no, description).await
    }

    async fn delete(&self, tx: &mut Tx) -> Result<(), DbError> {
        resources::delete_group(tx, self.of_broker.no).await
    }

    fn put(&self, engine: &dyn Engine) {
        engine.put_group(self.of_broker.clone());
    }

    fn remove(&self, engine: &dyn Engine) {
        engine.remove_group(self.of_broker.no);
    }
}

impl Platform {
    /// Makes a Group ID. It starts with what is stored from now on (R23a): the place in the
    /// log is durable before the group exists.
    ///
    /// - `instance`: instance ID.
    pub async fn create_group(&self, caller: &Caller, instance: &str, new: NewGroup) -> Result<Group, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        self.enabled_account(&mut tx, caller).await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        self.demand(caller, Action::Manage, &instance, Resource::Group(&new.name))?;
        names::group(&new.name)?;
        names::description(&new.description)?;
        self.free_name(&mut tx, &instance, &new.name).await?;
        let max = self.limits.groups_max;
        if resources::counts(&mut tx, instance.of_broker.no).await?.1 >= max {
            return Err(Rule::Limit { kind: Kind::Group, max }.into());
        }
        let engine = self.engine.clone();
        let start_position = self.blocking(move || engine.log_mark()).await?;
        let no = crate::db::narrow("consumer_group.no", Sequence::Group.next(&mut tx).await?)?;
        let group = Group {
            of_broker: metadata::Group {
                no: GroupNo(no),
                instance: instance.of_broker.no,
                name: new.name.into(),
                protocol: new.protocol,
                created_at_ms: self.clock.wall_ms(),
                start_position,
            },
            description: new.description,
        };
        self.add(tx, caller, &instance, group).await
    }
}
