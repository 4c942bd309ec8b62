//! Whether a whole plan can be put in place, asked before anything of it is: a file that is refused
//! changes nothing. Walks the plan as `apply` does and makes nothing. What the file alone can break
//! was checked when it was read.

use std::collections::{BTreeSet, HashMap};

use super::{Plan, PlannedAccount, PlannedInstance, PlannedUser, ProvisionError, SOURCE};
use crate::db::resources::Instance;
use crate::tenant::groups::Group;
use crate::tenant::rules::Rule;
use crate::tenant::topics::Topic;
use crate::tenant::{Caller, Kind, Platform, TenantError};

/// Checks a plan against the catalogue, the limits and the ports.
///
/// - errors: the place in the file whose thing can't be made.
pub(super) async fn check(platform: &Platform, plan: &Plan) -> Result<(), ProvisionError> {
    let ports = platform.ports_of_instances().await.map_err(|error| plan.wrong(0, error))?;
    let mut checking = Checking { platform, plan, ports, accounts: HashMap::new(), keys: BTreeSet::new() };
    for account in &plan.accounts {
        checking.account(account).await?;
    }
    Ok(())
}

/// An instance as it would be.
#[derive(Default)]
struct Contents {
    topics: BTreeSet<String>,
    groups: BTreeSet<String>,
}

/// An account as it would be.
#[derive(Default)]
struct Standing {
    /// `None`: not made yet.
    caller: Option<Caller>,
    uid: Option<String>,
    enabled: bool,
    /// By region and name.
    instances: HashMap<(String, String), Contents>,
    /// Ends of instance IDs, in small letters as they are compared.
    suffixes: BTreeSet<String>,
    /// AccessKeys of each user.
    keys: HashMap<String, usize>,
}

struct Checking<'a> {
    platform: &'a Platform,
    plan: &'a Plan,
    /// Ports that instances have or would have.
    ports: Vec<u16>,
    accounts: HashMap<&'a str, Standing>,
    /// AccessKey IDs that would be made.
    keys: BTreeSet<&'a str>,
}

impl<'a> Checking<'a> {
    async fn account(&mut self, planned: &'a PlannedAccount) -> Result<(), ProvisionError> {
        let mut standing = match self.accounts.remove(planned.name.as_str()) {
            Some(standing) => standing,
            None => self.standing(planned).await?,
        };
        standing.enabled |= planned.service;
        for instance in &planned.instances {
            self.instance(&mut standing, instance)?;
        }
        for user in &planned.users {
            self.user(&mut standing, planned, user).await?;
        }
        self.accounts.insert(&planned.name, standing);
        Ok(())
    }

    /// The account as it is; a new one gets its UID.
    async fn standing(&self, planned: &PlannedAccount) -> Result<Standing, ProvisionError> {
        let wrong = |error| self.plan.wrong(planned.line, error);
        if let Some(account) = self.platform.account_by_name(&planned.name).await.map_err(wrong)? {
            let mut standing = Standing {
                caller: Some(Caller::machine(account.no, SOURCE)),
                uid: Some(account.uid),
                enabled: account.service_enabled.is_some(),
                ..Standing::default()
            };
            self.contents(&mut standing).await.map_err(wrong)?;
            return Ok(standing);
        }
        if let Some(uid) = &planned.uid {
            let planned_twice = self.accounts.values().any(|other| other.uid.as_ref() == Some(uid));
            if planned_twice || self.platform.account_has_uid(uid).await.map_err(wrong)? {
                return Err(wrong(Rule::NameTaken { name: uid.clone(), by: Kind::Account }.into()));
            }
        }
        Ok(Standing { uid: planned.uid.clone(), ..Standing::default() })
    }

    /// What an account has already.
    async fn contents(&self, standing: &mut Standing) -> Result<(), TenantError> {
        let Some(caller) = standing.caller.as_ref().filter(|_| standing.enabled) else { return Ok(()) };
        for instance in self.platform.all_instances(caller).await? {
            let contents = self.contents_of(caller, &instance).await?;
            let of_broker = &instance.of_broker;
            standing.suffixes.extend(of_broker.id.rsplit('_').next().map(str::to_ascii_lowercase));
            standing.instances.insert((of_broker.region.to_string(), instance.name), contents);
        }
        Ok(())
    }

    async fn contents_of(&self, caller: &Caller, instance: &Instance) -> Result<Contents, TenantError> {
        let topics = self.platform.all::<Topic>(caller, instance).await?;
        let groups = self.platform.all::<Group>(caller, instance).await?;
        Ok(Contents {
            topics: topics.into_iter().map(|topic| topic.of_broker.name.to_string()).collect(),
            groups: groups.into_iter().map(|group| group.of_broker.name.to_string()).collect(),
        })
    }

    fn instance(&mut self, standing: &mut Standing, planned: &PlannedInstance) -> Result<(), ProvisionError> {
        let (plan, limits) = (self.plan, self.platform.limits());
        if !standing.enabled {
            return Err(plan.wrong(planned.line, Rule::ServiceNotEnabled));
        }
        let first = self.platform.reach().regions.first().map(|region| region.id.as_str());
        let region = planned.region.as_deref().or(first).unwrap_or_default();
        let key = (region.to_owned(), planned.name.clone());
        if !standing.instances.contains_key(&key) {
            self.new_instance(standing, planned, region).map_err(|rule| plan.wrong(planned.line, rule))?;
        }
        let contents = standing.instances.entry(key).or_default();
        for topic in &planned.topics {
            if contents.topics.insert(topic.name.clone()) {
                let most = within(contents.topics.len(), limits.topics_max, Kind::Topic);
                most.map_err(|rule| plan.wrong(topic.line, rule))?;
            }
        }
        for group in &planned.groups {
            if contents.groups.insert(group.name.clone()) {
                let most = within(contents.groups.len(), limits.groups_max, Kind::Group);
                most.map_err(|rule| plan.wrong(group.line, rule))?;
            }
        }
        Ok(())
    }

    fn new_instance(&mut self, standing: &mut Standing, planned: &PlannedInstance, region: &str) -> Result<(), Rule> {
        let reach = self.platform.reach();
        if !reach.regions.iter().any(|known| known.id == region) {
            return Err(Rule::RegionUnknown { id: region.to_owned() });
        }
        let here = standing.instances.keys().filter(|(other, _)| other == region).count();
        within(here + 1, self.platform.limits().instances_max, Kind::Instance)?;
        if let Some(suffix) = &planned.id_suffix
            && !standing.suffixes.insert(suffix.to_ascii_lowercase())
        {
            let uid = standing.uid.as_deref().unwrap_or("…");
            return Err(Rule::NameTaken { name: format!("MQ_INST_{uid}_{suffix}"), by: Kind::Instance });
        }
        let port = reach.port_of_new_instance(&self.ports, planned.tcp_port)?;
        self.ports.push(port);
        Ok(())
    }

    async fn user(
        &mut self,
        standing: &mut Standing,
        account: &PlannedAccount,
        planned: &'a PlannedUser,
    ) -> Result<(), ProvisionError> {
        let plan = self.plan;
        for grant in &planned.grants {
            if let Some(name) = &grant.instance
                && !account.instances.iter().any(|instance| instance.name == *name)
            {
                return Err(plan.no_such_instance(grant.line, name));
            }
        }
        for key in &planned.access_keys {
            let wrong = |error| plan.wrong(key.line, error);
            let known = self.platform.access_key_of_any(&key.id).await.map_err(wrong)?.is_some();
            if known || !self.keys.insert(&key.id) {
                continue;
            }
            if !standing.enabled {
                return Err(plan.wrong(key.line, Rule::ServiceNotEnabled));
            }
            let has = match standing.keys.get(&planned.name) {
                Some(has) => *has,
                None => self.keys_of(standing, &planned.name).await.map_err(wrong)?,
            };
            within(has + 1, self.platform.limits().access_keys_max, Kind::AccessKey)
                .map_err(|rule| plan.wrong(key.line, rule))?;
            standing.keys.insert(planned.name.clone(), has + 1);
        }
        Ok(())
    }

    /// How many AccessKeys a user has.
    async fn keys_of(&self, standing: &Standing, name: &str) -> Result<usize, TenantError> {
        let Some(caller) = &standing.caller else { return Ok(0) };
        let Some(user) = self.platform.user_by_name(caller, name).await? else { return Ok(0) };
        match self.platform.access_keys(&Caller { user: Some(user.no), ..caller.clone() }).await {
            Ok(keys) => Ok(keys.len()),
            // It is this file that enables the service, and there are no keys before.
            Err(TenantError::Rule(Rule::ServiceNotEnabled)) => Ok(0),
            Err(error) => Err(error),
        }
    }
}

/// Whether a number of things is within a limit.
fn within(number: usize, max: u64, kind: Kind) -> Result<(), Rule> {
    if u64::try_from(number).is_ok_and(|number| number <= max) { Ok(()) } else { Err(Rule::Limit { kind, max }) }
}
