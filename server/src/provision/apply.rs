//! Makes what a plan has and the catalogue has not; reports what differs.

use std::collections::HashMap;

use broker_core::types::InstanceNo;

use super::check::check;
use super::{Plan, PlannedAccount, PlannedInstance, PlannedUser, ProvisionError, SOURCE};
use crate::auth::rights::Grant;
use crate::db::resources::{flush_name, protocol_name, type_name};
use crate::tenant::groups::{Group, NewGroup};
use crate::tenant::instances::{InstanceView, NewInstance};
use crate::tenant::topics::{NewTopic, Topic};
use crate::tenant::users::NewUser;
use crate::tenant::{Caller, Kind, Platform, TenantError};

struct Applying<'a> {
    platform: &'a Platform,
    plan: &'a Plan,
    differences: Vec<String>,
}

/// Makes what is missing, or nothing when a part of it can't be made.
///
/// - returns: what differs from the file and was left as it is, in words.
/// - errors: the place in the file whose thing can't be made. When the catalogue itself failed, what
///   came before that place is made.
pub async fn apply(platform: &Platform, plan: &Plan) -> Result<Vec<String>, ProvisionError> {
    check(platform, plan).await?;
    let mut applying = Applying { platform, plan, differences: Vec::new() };
    for account in &plan.accounts {
        applying.account(account).await?;
    }
    Ok(applying.differences)
}

impl Applying<'_> {
    fn at<T>(&self, line: usize, result: Result<T, TenantError>) -> Result<T, ProvisionError> {
        result.map_err(|error| self.plan.wrong(line, error))
    }

    fn differs(&mut self, line: usize, thing: &str, field: &str, file: &str, is: &str) {
        if file != is {
            let path = self.plan.path.display();
            self.differences
                .push(format!("{path}:{line}: {thing} has {field} {is}, the file says {file}; left as it is"));
        }
    }

    async fn account(&mut self, planned: &PlannedAccount) -> Result<(), ProvisionError> {
        let line = planned.line;
        let found = self.at(line, self.platform.account_by_name(&planned.name).await)?;
        let account = match found {
            Some(account) => account,
            None => self.at(line, self.platform.add_account(&planned.name, planned.uid.as_deref(), SOURCE).await)?,
        };
        let thing = format!("account {}", account.name);
        if let Some(uid) = &planned.uid {
            self.differs(line, &thing, "uid", uid, &account.uid);
        }
        let caller = Caller::machine(account.no, SOURCE);
        if planned.service {
            self.at(line, self.platform.enable_service(&caller).await)?;
        }
        let mut instances = HashMap::new();
        for planned in &planned.instances {
            let view = self.instance(&caller, planned).await?;
            instances.insert(planned.name.clone(), view.instance.of_broker.no);
        }
        for user in &planned.users {
            self.user(&caller, user, &instances).await?;
        }
        Ok(())
    }

    async fn instance(&mut self, caller: &Caller, planned: &PlannedInstance) -> Result<InstanceView, ProvisionError> {
        let (platform, line) = (self.platform, planned.line);
        let region = planned.region.as_deref().or(platform.reach().regions.first().map(|region| region.id.as_str()));
        let all = self.at(line, platform.instances(caller, region).await)?;
        let found = all.into_iter().find(|view| view.instance.name == planned.name);
        let view = match found {
            Some(view) => view,
            None => {
                let new = NewInstance {
                    region: planned.region.clone(),
                    name: planned.name.clone(),
                    description: String::new(),
                    id_suffix: planned.id_suffix.clone(),
                    port: planned.tcp_port,
                };
                self.at(line, platform.create_instance(caller, new).await)?
            }
        };
        let of_broker = &view.instance.of_broker;
        let thing = format!("instance {}", planned.name);
        if let Some(suffix) = &planned.id_suffix {
            let is = of_broker.id.rsplit('_').next().unwrap_or_default();
            self.differs(line, &thing, "id_suffix", suffix, is);
        }
        if let Some(port) = planned.tcp_port {
            self.differs(line, &thing, "tcp_port", &port.to_string(), &of_broker.port.to_string());
        }
        for topic in &planned.topics {
            let found =
                self.at(topic.line, missing(platform.one::<Topic>(caller, &of_broker.id, &topic.name).await))?;
            let new = NewTopic {
                name: topic.name.clone(),
                message_type: topic.message_type,
                queues: topic.queues,
                durability: topic.durability,
                description: String::new(),
            };
            let made = match found {
                Some(topic) => topic,
                None => self.at(topic.line, platform.create_topic(caller, &of_broker.id, new).await)?,
            };
            let (thing, is) = (format!("Topic {}", topic.name), made.of_broker);
            self.differs(topic.line, &thing, "type", type_name(topic.message_type), type_name(is.message_type));
            self.differs(topic.line, &thing, "flush", flush_name(topic.durability), flush_name(is.durability));
            if let Some(queues) = topic.queues {
                self.differs(topic.line, &thing, "queues", &queues.to_string(), &is.queues.to_string());
            }
        }
        for group in &planned.groups {
            let found =
                self.at(group.line, missing(platform.one::<Group>(caller, &of_broker.id, &group.name).await))?;
            let new = NewGroup { name: group.name.clone(), protocol: group.protocol, description: String::new() };
            let made = match found {
                Some(group) => group,
                None => self.at(group.line, platform.create_group(caller, &of_broker.id, new).await)?,
            };
            let is = protocol_name(made.of_broker.protocol);
            self.differs(group.line, &format!("group {}", group.name), "protocol", protocol_name(group.protocol), is);
        }
        Ok(view)
    }

    async fn user(
        &mut self,
        caller: &Caller,
        planned: &PlannedUser,
        instances: &HashMap<String, InstanceNo>,
    ) -> Result<(), ProvisionError> {
        let (platform, line) = (self.platform, planned.line);
        let thing = format!("user {}", planned.name);
        let found = self.at(line, platform.user_by_name(caller, &planned.name).await)?;
        let user = match found {
            Some(user) => user,
            None => {
                let new = NewUser { name: planned.name.clone(), role: planned.role, operator: planned.operator };
                self.at(line, platform.add_user(caller, new).await)?
            }
        };
        self.differs(line, &thing, "role", planned.role.as_str(), user.role.as_str());
        self.differs(line, &thing, "operator", &planned.operator.to_string(), &user.operator.to_string());
        if let Some(password) = &planned.password {
            if !user.has_password {
                self.at(line, platform.give_password(caller, &user, password.reveal()).await)?;
            } else if !self.at(line, platform.password_is(user.no, password.reveal()).await)? {
                self.differs(line, &thing, "password", "another one", "one set elsewhere");
            }
        }
        self.grants(caller, planned, &user, instances).await?;
        for key in &planned.access_keys {
            let found = self.at(key.line, platform.access_key_of_any(&key.id).await)?;
            match found {
                None => {
                    let made = platform.add_access_key(caller, user.no, key.id.clone(), key.secret.clone()).await;
                    self.at(key.line, made)?;
                }
                Some((owner, secret)) => {
                    let thing = format!("AccessKey {}", key.id);
                    let (file, is) = (user.no.to_string(), owner.to_string());
                    self.differs(key.line, &thing, "user number", &file, &is);
                    if secret.reveal() != key.secret.reveal() {
                        self.differs(key.line, &thing, "secret", "another one", "its own");
                    }
                }
            }
        }
        Ok(())
    }

    async fn grants(
        &mut self,
        caller: &Caller,
        planned: &PlannedUser,
        user: &crate::db::accounts::User,
        instances: &HashMap<String, InstanceNo>,
    ) -> Result<(), ProvisionError> {
        let platform = self.platform;
        let mut grants = self.at(planned.line, platform.grants_of(user.no).await)?;
        for is in &grants {
            let named = planned.grants.iter().any(|planned| {
                planned.resource == is.resource
                    && planned.actions == is.actions
                    && planned.instance.as_ref().and_then(|name| instances.get(name)).copied() == is.instance
            });
            if !named {
                let is = format!("{} on {}", is.actions, is.resource);
                self.differs(planned.line, &format!("user {}", planned.name), "a grant", "nothing of it", &is);
            }
        }
        let before = grants.len();
        for grant in &planned.grants {
            let instance = match &grant.instance {
                None => None,
                Some(name) => match instances.get(name) {
                    Some(no) => Some(*no),
                    None => return Err(self.plan.no_such_instance(grant.line, name)),
                },
            };
            let grant = Grant { instance, resource: grant.resource.clone(), actions: grant.actions };
            if !grants.contains(&grant) {
                grants.push(grant);
            }
        }
        if grants.len() > before {
            self.at(planned.line, platform.set_grants(caller, &planned.name, &grants).await)?;
        }
        Ok(())
    }
}

/// What is not there as `None`.
fn missing<T>(result: Result<T, TenantError>) -> Result<Option<T>, TenantError> {
    match result {
        Ok(found) => Ok(Some(found)),
        Err(TenantError::NotFound(Kind::Topic | Kind::Group)) => Ok(None),
        Err(error) => Err(error),
    }
}
