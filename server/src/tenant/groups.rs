//! Group IDs.

use broker_core::access::{Action, Resource};
use broker_core::metadata::{self, GroupProtocol};
use broker_core::types::GroupNo;

use super::listing::{ListPage, ListQuery, Listed, select};
use super::rules::Rule;
use super::topics::target;
use super::{Caller, Changing, Kind, Platform, TenantError, names};
use crate::db::{Sequence, Tx, resources};

pub use crate::db::resources::Group;

/// A Group ID to make.
#[derive(Clone, Debug)]
pub struct NewGroup {
    pub name: String,
    pub protocol: GroupProtocol,
    pub description: String,
}

impl Listed for Group {
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
    /// The visible groups of an instance, of one protocol or of both.
    ///
    /// - `instance`: instance ID.
    pub async fn groups(
        &self,
        caller: &Caller,
        instance: &str,
        protocol: Option<GroupProtocol>,
        query: &ListQuery,
    ) -> Result<ListPage<Group>, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let mut groups = resources::groups_of(&mut tx, instance.of_broker.no).await?;
        groups.retain(|group| {
            protocol.is_none_or(|protocol| group.of_broker.protocol == protocol)
                && self.is_visible(caller, &instance, Resource::Group(&group.of_broker.name))
        });
        Ok(select(groups, query))
    }

    /// All visible groups of an instance, in no order.
    ///
    /// - `instance`: one that the caller was given.
    pub async fn all_groups(&self, caller: &Caller, instance: &resources::Instance) -> Result<Vec<Group>, TenantError> {
        let mut tx = self.db.read().await?;
        let mut groups = resources::groups_of(&mut tx, instance.of_broker.no).await?;
        groups.retain(|group| self.is_visible(caller, instance, Resource::Group(&group.of_broker.name)));
        Ok(groups)
    }

    pub async fn group(&self, caller: &Caller, instance: &str, name: &str) -> Result<Group, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        self.visible_group(&mut tx, caller, &instance, name).await
    }

    /// The group, if `action` on it is granted.
    pub async fn group_for(
        &self,
        caller: &Caller,
        action: Action,
        instance: &str,
        name: &str,
    ) -> Result<Group, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let group = self.visible_group(&mut tx, caller, &instance, name).await?;
        self.require(caller, action, &instance, Resource::Group(name))?;
        Ok(group)
    }

    async fn visible_group(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        instance: &resources::Instance,
        name: &str,
    ) -> Result<Group, TenantError> {
        resources::group(tx, instance.of_broker.no, name)
            .await?
            .filter(|_| self.is_visible(caller, instance, Resource::Group(name)))
            .ok_or(TenantError::NotFound(Kind::Group))
    }

    /// Makes a Group ID. It starts with what is stored from now on (threats R23a): the place in the
    /// log is durable before the group exists.
    pub async fn create_group(&self, caller: &Caller, instance: &str, new: NewGroup) -> Result<Group, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        self.enabled_account(&mut tx, caller).await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        self.require(caller, Action::Manage, &instance, Resource::Group(&new.name))?;
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
        resources::insert_group(&mut tx, &group).await?;
        let told = Some(format!("protocol={}", resources::protocol_name(new.protocol)));
        let target = target(&instance, &group.of_broker.name);
        self.audit(&mut tx, caller, "group.create", &target, None, told).await?;
        self.remember_numbers(&mut tx).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        self.engine.put_group(group.of_broker.clone());
        Ok(group)
    }

    pub async fn describe_group(
        &self,
        caller: &Caller,
        instance: &str,
        name: &str,
        description: &str,
    ) -> Result<Group, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let mut group = self.visible_group(&mut tx, caller, &instance, name).await?;
        self.require(caller, Action::Manage, &instance, Resource::Group(name))?;
        names::description(description)?;
        if group.description != description {
            resources::describe_group(&mut tx, group.of_broker.no, description).await?;
            let old = std::mem::replace(&mut group.description, description.to_owned());
            let new = Some(description.to_owned());
            self.audit(&mut tx, caller, "group.update", &target(&instance, name), Some(old), new).await?;
        }
        tx.commit().await?;
        Ok(group)
    }

    /// Deletes a Group ID: its consumers stop at once; can't be undone.
    ///
    /// - `confirm`: its name, typed by the person.
    pub async fn delete_group(
        &self,
        caller: &Caller,
        instance: &str,
        name: &str,
        confirm: &str,
    ) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        let group = self.visible_group(&mut tx, caller, &instance, name).await?;
        self.require(caller, Action::Manage, &instance, Resource::Group(name))?;
        if confirm != name {
            return Err(Rule::ConfirmName { expected: name.to_owned() }.into());
        }
        resources::delete_group(&mut tx, group.of_broker.no).await?;
        let old = Some(format!("protocol={}", resources::protocol_name(group.of_broker.protocol)));
        self.audit(&mut tx, caller, "group.delete", &target(&instance, name), old, None).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        self.engine.remove_group(group.of_broker.no);
        Ok(())
    }
}
