//! Instances: a tenant's virtual services.

use broker_core::access::{Action, Resource};
use broker_core::admin::ListenerState;
use broker_core::metadata;
use broker_core::types::InstanceNo;

use super::limits::PORT_STEP;
use super::rules::Rule;
use super::{Caller, Changing, Kind, Platform, Reach, TenantError, names};
use crate::auth::token;
use crate::db::{Sequence, Tx, resources};

/// An instance to make.
#[derive(Clone, Debug, Default)]
pub struct NewInstance {
    /// Region id; `None`: the first configured one.
    pub region: Option<String>,
    pub name: String,
    pub description: String,
    /// `B` and 7 characters; made up when absent. Resources file only.
    pub id_suffix: Option<String>,
    /// Its own TCP port; the lowest free one when absent. Resources file only.
    pub port: Option<u16>,
}

/// An instance as pages show it.
#[derive(Clone, Debug)]
pub struct InstanceView {
    pub instance: resources::Instance,
    pub topics: u64,
    pub groups: u64,
    /// State of its own port; `None`: the broker does not know it yet.
    pub listener: Option<ListenerState>,
    /// `http://<advertised host>:<own port>`
    pub tcp_endpoint: String,
    /// `http://<instance id>.<base domain>:<own port>`, with a wildcard domain.
    pub tcp_domain_endpoint: Option<String>,
}

impl Reach {
    /// The wanted port, or the lowest free one. The ports of the service itself are no instance's.
    ///
    /// - `taken`: those that instances have.
    pub(crate) fn port_of_new_instance(&self, taken: &[u16], wanted: Option<u16>) -> Result<u16, Rule> {
        let is_taken = |port: u16| taken.contains(&port) || self.ports_taken.contains(&port);
        let (first, last) = self.instance_ports;
        match wanted {
            Some(port) if port == 0 || is_taken(port) => Err(Rule::PortTaken { port }),
            Some(port) => Ok(port),
            None => (first..=last)
                .step_by(usize::from(PORT_STEP))
                .find(|port| !is_taken(*port))
                .ok_or(Rule::NoPortLeft { first, last }),
        }
    }
}

impl Platform {
    async fn instance_view(&self, tx: &mut Tx, instance: resources::Instance) -> Result<InstanceView, TenantError> {
        let of_broker = &instance.of_broker;
        let (topics, groups) = resources::counts(tx, of_broker.no).await?;
        let port = of_broker.port;
        Ok(InstanceView {
            topics,
            groups,
            listener: self.engine.listener(of_broker.no),
            tcp_endpoint: format!("http://{}:{port}", self.reach.advertised_host),
            tcp_domain_endpoint: self
                .reach
                .base_domain
                .as_ref()
                .map(|domain| format!("http://{}.{domain}:{port}", of_broker.id)),
            instance,
        })
    }

    /// The caller's visible instances, of one region or of all, by name.
    pub async fn instances(&self, caller: &Caller, region: Option<&str>) -> Result<Vec<InstanceView>, TenantError> {
        let mut tx = self.db.read().await?;
        self.enabled_account(&mut tx, caller).await?;
        let mut views = Vec::new();
        for instance in resources::instances_of(&mut tx, caller.account).await? {
            let here = region.is_none_or(|region| &*instance.of_broker.region == region);
            if here && self.is_visible(caller, &instance, Resource::Instance) {
                views.push(self.instance_view(&mut tx, instance).await?);
            }
        }
        views.sort_by(|a, b| a.instance.name.cmp(&b.instance.name));
        Ok(views)
    }

    /// All visible instances of the caller's account, of every region, in no order.
    pub async fn all_instances(&self, caller: &Caller) -> Result<Vec<resources::Instance>, TenantError> {
        let mut tx = self.db.read().await?;
        self.enabled_account(&mut tx, caller).await?;
        let mut all = resources::instances_of(&mut tx, caller.account).await?;
        all.retain(|instance| self.is_visible(caller, instance, Resource::Instance));
        Ok(all)
    }

    /// - `id`: instance ID.
    pub async fn instance(&self, caller: &Caller, id: &str) -> Result<InstanceView, TenantError> {
        let mut tx = self.db.read().await?;
        let instance = self.visible_instance(&mut tx, caller, id).await?;
        self.instance_view(&mut tx, instance).await
    }

    /// The instance alone, without its counts.
    ///
    /// - `id`: instance ID.
    pub async fn instance_only(&self, caller: &Caller, id: &str) -> Result<resources::Instance, TenantError> {
        let mut tx = self.db.read().await?;
        self.visible_instance(&mut tx, caller, id).await
    }

    /// Owners, and members who may manage everything everywhere.
    pub fn may_create_instance(&self, caller: &Caller) -> bool {
        let granted = caller.user.and_then(|no| self.user(no)).is_some_and(|entry| {
            entry.rights.grants.iter().any(|g| g.instance.is_none() && g.resource == "*" && g.actions.manage)
        });
        self.is_owner(caller) || granted
    }

    /// Makes an instance; its port is open and its names are usable when this returns.
    pub async fn create_instance(&self, caller: &Caller, new: NewInstance) -> Result<InstanceView, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let account = self.enabled_account(&mut tx, caller).await?;
        if !self.may_create_instance(caller) {
            self.denied(caller, "manage", "*");
            return Err(TenantError::Forbidden { action: "manage" });
        }
        names::instance(&new.name)?;
        names::description(&new.description)?;
        let region = match &new.region {
            None => self.reach.regions.first(),
            Some(id) => self.reach.regions.iter().find(|region| region.id == *id),
        };
        let region = region.ok_or_else(|| Rule::RegionUnknown { id: new.region.clone().unwrap_or_default() })?;
        let own = resources::instances_of(&mut tx, account.no).await?;
        let here = || own.iter().filter(|instance| *instance.of_broker.region == *region.id);
        if here().any(|instance| instance.name == new.name) {
            return Err(Rule::NameTaken { name: new.name, by: Kind::Instance }.into());
        }
        let max = self.limits.instances_max;
        if u64::try_from(here().count()).unwrap_or(u64::MAX) >= max {
            return Err(Rule::Limit { kind: Kind::Instance, max }.into());
        }
        let id = self.new_instance_id(&mut tx, &account.uid, new.id_suffix).await?;
        let port = self.reach.port_of_new_instance(&resources::instance_ports(&mut tx).await?, new.port)?;
        let no = crate::db::narrow("instance.no", Sequence::Instance.next(&mut tx).await?)?;
        let instance = resources::Instance {
            of_broker: metadata::Instance {
                no: InstanceNo(no),
                account: account.no,
                id: id.into(),
                region: region.id.as_str().into(),
                port,
            },
            name: new.name,
            description: new.description,
            created_at_ms: self.clock.wall_ms(),
        };
        resources::insert_instance(&mut tx, &instance).await?;
        let told = format!("name={} region={} port={port}", instance.name, instance.of_broker.region);
        self.audit(&mut tx, caller, "instance.create", &instance.of_broker.id, None, Some(told)).await?;
        self.remember_numbers(&mut tx).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        let listener = self.engine.put_instance(instance.of_broker.clone());
        if let ListenerState::Unavailable(why) = &listener {
            tracing::warn!(instance = &*instance.of_broker.id, port, why, "the port of an instance can't be opened");
        }
        let mut tx = self.db.read().await?;
        self.instance_view(&mut tx, instance).await
    }

    async fn new_instance_id(&self, tx: &mut Tx, uid: &str, suffix: Option<String>) -> Result<String, TenantError> {
        if let Some(suffix) = suffix {
            names::id_suffix(&suffix)?;
            let id = format!("MQ_INST_{uid}_{suffix}");
            return match resources::instance_id_taken(tx, &id).await? {
                true => Err(Rule::NameTaken { name: id, by: Kind::Instance }.into()),
                false => Ok(id),
            };
        }
        loop {
            let id = format!("MQ_INST_{uid}_B{}", token::letters(7));
            if !resources::instance_id_taken(tx, &id).await? {
                return Ok(id);
            }
        }
    }

    /// Ports that instances have.
    pub(crate) async fn ports_of_instances(&self) -> Result<Vec<u16>, TenantError> {
        let mut tx = self.db.read().await?;
        Ok(resources::instance_ports(&mut tx).await?)
    }

    /// Changes name and description.
    pub async fn update_instance(
        &self,
        caller: &Caller,
        id: &str,
        name: &str,
        description: &str,
    ) -> Result<InstanceView, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let mut instance = self.visible_instance(&mut tx, caller, id).await?;
        self.demand(caller, Action::Manage, &instance, Resource::Instance)?;
        names::instance(name)?;
        names::description(description)?;
        let of_broker = &instance.of_broker;
        let own = resources::instances_of(&mut tx, of_broker.account).await?;
        let taken = own.iter().any(|other| {
            other.of_broker.no != of_broker.no && other.of_broker.region == of_broker.region && other.name == name
        });
        if taken {
            return Err(Rule::NameTaken { name: name.to_owned(), by: Kind::Instance }.into());
        }
        let told = |name: &str, description: &str| Some(format!("name={name} description={description}"));
        if instance.name != name || instance.description != description {
            resources::update_instance(&mut tx, of_broker.no, name, description).await?;
            let old = told(&instance.name, &instance.description);
            self.audit(&mut tx, caller, "instance.update", id, old, told(name, description)).await?;
        }
        tx.commit().await?;
        instance.name = name.to_owned();
        instance.description = description.to_owned();
        let mut tx = self.db.read().await?;
        self.instance_view(&mut tx, instance).await
    }

    /// Deletes an empty instance; can't be undone.
    ///
    /// - `confirm`: its name, typed by the person.
    pub async fn delete_instance(&self, caller: &Caller, id: &str, confirm: &str) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let instance = self.visible_instance(&mut tx, caller, id).await?;
        self.demand(caller, Action::Manage, &instance, Resource::Instance)?;
        let no = instance.of_broker.no;
        let topics = resources::topics_of(&mut tx, no).await?;
        let groups = resources::groups_of(&mut tx, no).await?;
        if !topics.is_empty() || !groups.is_empty() {
            let names = topics.iter().map(|topic| &topic.of_broker.name);
            let names = names.chain(groups.iter().map(|group| &group.of_broker.name));
            return Err(Rule::InstanceNotEmpty {
                topics: u64::try_from(topics.len()).unwrap_or(u64::MAX),
                groups: u64::try_from(groups.len()).unwrap_or(u64::MAX),
                names: names.map(|name| name.to_string()).collect(),
            }
            .into());
        }
        if confirm != instance.name {
            return Err(Rule::ConfirmName { expected: instance.name }.into());
        }
        resources::delete_instance(&mut tx, no).await?;
        self.audit(&mut tx, caller, "instance.delete", id, Some(format!("name={}", instance.name)), None).await?;
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        self.engine.remove_instance(no);
        // Grants that named it went with it.
        self.access_changed().await
    }
}
