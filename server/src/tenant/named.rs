//! What Topics and Group IDs have in common: a name in an instance, a description, rights of their
//! own. Making one is told in their own modules.

use std::future::Future;

use broker_core::access::{Action, Resource};
use broker_core::types::InstanceNo;

use super::engine::Engine;
use super::rules::Rule;
use super::{Caller, Changing, Kind, Platform, TenantError, names};
use crate::db::resources::Instance;
use crate::db::{DbError, Tx, resources};

/// A Topic or a Group ID.
pub trait Named: Sized + Send + Sync + 'static {
    const KIND: Kind;
    /// Before the dot in the actions of the audit.
    const AUDIT: &'static str;

    /// The thing of this name, for rights.
    fn resource(name: &str) -> Resource<'_>;
    fn name(&self) -> &str;
    fn created_at_ms(&self) -> i64;
    fn description_mut(&mut self) -> &mut String;
    /// What the audit keeps of it.
    fn told(&self) -> String;

    fn find(
        tx: &mut Tx,
        instance: InstanceNo,
        name: &str,
    ) -> impl Future<Output = Result<Option<Self>, DbError>> + Send;
    /// All of an instance.
    fn of(tx: &mut Tx, instance: InstanceNo) -> impl Future<Output = Result<Vec<Self>, DbError>> + Send;
    fn insert(&self, tx: &mut Tx) -> impl Future<Output = Result<(), DbError>> + Send;
    fn describe(&self, tx: &mut Tx, description: &str) -> impl Future<Output = Result<(), DbError>> + Send;
    fn delete(&self, tx: &mut Tx) -> impl Future<Output = Result<(), DbError>> + Send;

    /// Tells the broker of it.
    fn put(&self, engine: &dyn Engine);
    /// Tells the broker that it is gone.
    fn remove(&self, engine: &dyn Engine);
}

impl Platform {
    /// All that are visible in an instance, in no order.
    ///
    /// - `instance`: one that the caller was given.
    pub async fn all<T: Named>(&self, caller: &Caller, instance: &Instance) -> Result<Vec<T>, TenantError> {
        let mut tx = self.db.read().await?;
        let mut all = T::of(&mut tx, instance.of_broker.no).await?;
        all.retain(|one| self.is_visible(caller, instance, T::resource(one.name())));
        Ok(all)
    }

    /// The one of this name, when visible.
    ///
    /// - `instance`: instance ID.
    pub async fn one<T: Named>(&self, caller: &Caller, instance: &str, name: &str) -> Result<T, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, instance).await?;
        self.visible(&mut tx, caller, &instance, name).await
    }

    async fn visible<T: Named>(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        instance: &Instance,
        name: &str,
    ) -> Result<T, TenantError> {
        let found = T::find(tx, instance.of_broker.no, name).await?.ok_or(TenantError::NotFound(T::KIND))?;
        if !self.is_visible(caller, instance, T::resource(name)) {
            self.hidden(caller, instance, &target(instance, name));
            return Err(TenantError::NotFound(T::KIND));
        }
        Ok(found)
    }

    /// The one of this name with its instance, when the caller may manage it.
    async fn managed<T: Named>(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        instance: &str,
        name: &str,
    ) -> Result<(Instance, T), TenantError> {
        let instance = self.visible_instance(tx, caller, instance).await?;
        let found = self.visible(tx, caller, &instance, name).await?;
        self.demand(caller, Action::Manage, &instance, T::resource(name))?;
        Ok((instance, found))
    }

    /// Changes a description.
    pub async fn describe<T: Named>(
        &self,
        caller: &Caller,
        instance: &str,
        name: &str,
        description: &str,
    ) -> Result<T, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let (instance, mut found) = self.managed::<T>(&mut tx, caller, instance, name).await?;
        names::description(description)?;
        if found.description_mut() != description {
            found.describe(&mut tx, description).await?;
            let old = std::mem::replace(found.description_mut(), description.to_owned());
            let (action, new) = (format!("{}.update", T::AUDIT), Some(description.to_owned()));
            self.audit(&mut tx, caller, &action, &target(&instance, name), Some(old), new).await?;
        }
        tx.commit().await?;
        Ok(found)
    }

    /// Deletes; can't be undone. What is made again under the name is another one; consumers of a
    /// Group ID stop at once.
    ///
    /// - `confirm`: its name, typed by the person.
    pub async fn delete<T: Named>(
        &self,
        caller: &Caller,
        instance: &str,
        name: &str,
        confirm: &str,
    ) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let (instance, found) = self.managed::<T>(&mut tx, caller, instance, name).await?;
        if confirm != name {
            return Err(Rule::ConfirmName { expected: name.to_owned() }.into());
        }
        found.delete(&mut tx).await?;
        let action = format!("{}.delete", T::AUDIT);
        self.audit(&mut tx, caller, &action, &target(&instance, name), Some(found.told()), None).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        found.remove(&*self.engine);
        Ok(())
    }

    /// Writes a new one down: durable before this returns, usable by the very next request.
    pub(super) async fn add<T: Named>(
        &self,
        mut tx: Tx,
        caller: &Caller,
        instance: &Instance,
        new: T,
    ) -> Result<T, TenantError> {
        new.insert(&mut tx).await?;
        let action = format!("{}.create", T::AUDIT);
        self.audit(&mut tx, caller, &action, &target(instance, new.name()), None, Some(new.told())).await?;
        self.remember_numbers(&mut tx).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        new.put(&*self.engine);
        Ok(new)
    }

    /// A name is one Topic or one Group ID of the instance, never both.
    pub(super) async fn free_name(&self, tx: &mut Tx, instance: &Instance, name: &str) -> Result<(), TenantError> {
        let taken = |by| Err(Rule::NameTaken { name: name.to_owned(), by }.into());
        if resources::topic(tx, instance.of_broker.no, name).await?.is_some() {
            return taken(Kind::Topic);
        }
        if resources::group(tx, instance.of_broker.no, name).await?.is_some() {
            return taken(Kind::Group);
        }
        Ok(())
    }
}

/// The full name of a thing of an instance, for the audit.
pub(super) fn target(instance: &Instance, name: &str) -> String {
    format!("{}%{name}", instance.of_broker.id)
}
