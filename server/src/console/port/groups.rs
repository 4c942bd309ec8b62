//! Group IDs: list, create, edit, delete, who is online and what they subscribe.

use app::api::groups::{Group as GroupRow, GroupImpact, GroupPort, GroupStatus, Groups, Protocol};
use app::api::{ApiError, Field, Figure, Listing, Problem, Rule, Unknown};
use async_trait::async_trait;
use broker_core::access::Resource;
use broker_core::admin;
use broker_core::metadata::GroupProtocol;

use super::CallerPort;
use super::convert::{self, broker_protocol, count, figure, page_protocol};
use super::listing;
use super::most;
use super::refusal::{Answer, field, refused, refused_name};
use crate::db::resources::{Group, Instance};
use crate::tenant::groups::NewGroup;
use crate::tenant::{Kind, TenantError, rules};

impl CallerPort {
    /// What the broker knows of a group. Of one that it does not hold nothing is known.
    pub(super) fn standing(&self, group: &Group) -> Figure<admin::GroupStatus> {
        match self.console.broker().group_status(group.of_broker.no) {
            Some(read) => figure(read),
            None => Figure::Unknown(Unknown::StoreUnreadable),
        }
    }

    fn group_row(&self, instance: &Instance, group: &Group, standing: &Figure<admin::GroupStatus>) -> GroupRow {
        GroupRow {
            name: group.of_broker.name.to_string(),
            protocol: page_protocol(group.of_broker.protocol),
            description: group.description.clone(),
            created_at_ms: group.of_broker.created_at_ms,
            clients: standing.clone().map(|status| count(&status.clients)),
            consistent: standing.clone().map(|status| convert::consistent(&status.consistency)),
            waiting: standing.clone().map(|status| convert::waiting(&status.progress)),
            rights: self.rights(instance, Resource::Group(&group.of_broker.name)),
        }
    }

    async fn list_groups(&self, instance: &str, protocol: Protocol, listing: &Listing) -> Answer<Groups> {
        let instance = self.instance(instance).await?;
        let (tcp, http): (Vec<Group>, Vec<Group>) = self
            .groups_of(&instance)
            .await?
            .into_iter()
            .partition(|group| group.of_broker.protocol == GroupProtocol::Tcp);
        let (tcp_count, http_count) = (count(&tcp), count(&http));
        let shown = match protocol {
            Protocol::Tcp => tcp,
            Protocol::Http => http,
        };
        let page = listing::page(
            shown,
            listing,
            |group| [&group.of_broker.name, &group.description],
            |a, b| {
                let by_name = a.of_broker.name.cmp(&b.of_broker.name);
                match listing.sort.as_str() {
                    "created" => a.of_broker.created_at_ms.cmp(&b.of_broker.created_at_ms).then(by_name),
                    _ => by_name,
                }
            },
        );
        Ok(Groups {
            page: listing::map(page, |group| self.group_row(&instance, &group, &self.standing(&group))),
            tcp: tcp_count,
            http: http_count,
            max: most(self.console.platform().limits().groups_max),
            may_create: self.rights(&instance, Resource::Instance).manage,
        })
    }

    async fn status_of_group(&self, instance: &str, name: &str) -> Answer<GroupStatus> {
        let (instance, group) = self.group(instance, name).await?;
        let standing = self.standing(&group);
        let known = standing.value();
        Ok(GroupStatus {
            group: self.group_row(&instance, &group, &standing),
            clients: standing.clone().map(|status| status.clients.iter().map(convert::client).collect()),
            subscriptions: standing.clone().map(|status| convert::subscription_rows(&status)),
            differences: known.map_or_else(Vec::new, convert::differences),
            progress: standing.clone().map(|status| convert::progress(&status.progress)),
            starts_from_ms: known.map_or(group.of_broker.created_at_ms, |status| status.starts_from_ms),
        })
    }

    async fn impact_of_group(&self, instance: &str, name: &str) -> Answer<GroupImpact> {
        let (_, group) = self.group(instance, name).await?;
        let standing = self.standing(&group);
        let topics = standing.clone().map(|status| {
            let mut names: Vec<String> = convert::subscription_rows(&status).into_iter().map(|row| row.topic).collect();
            names.sort();
            names.dedup();
            names
        });
        Ok(GroupImpact {
            clients: standing.clone().map(|status| count(&status.clients)),
            topics,
            waiting: standing.map(|status| convert::waiting(&status.progress)),
        })
    }

    async fn make_group(
        &self,
        instance: &str,
        name: String,
        protocol: Protocol,
        description: String,
    ) -> Answer<GroupRow> {
        let who = self.who()?;
        let new = NewGroup { name: name.clone(), protocol: broker_protocol(protocol), description };
        let group = match self.console.platform().create_group(&who, instance, new).await {
            Ok(group) => group,
            Err(TenantError::Rule(rules::Rule::NameTaken { by: Kind::Group, .. })) => {
                return Err(self.taken_group(instance, &name, protocol).await);
            }
            Err(error) => return Err(refused_name(error, Kind::Group)),
        };
        let instance = self.instance(instance).await?;
        Ok(self.group_row(&instance, &group, &self.standing(&group)))
    }

    /// A Group ID serves one protocol: when it exists under the other one, that is the reason.
    async fn taken_group(&self, instance: &str, name: &str, wanted: Protocol) -> Problem {
        let rule = match self.group(instance, name).await {
            Ok((_, group)) if page_protocol(group.of_broker.protocol) != wanted => Rule::OtherProtocol,
            Ok(_) | Err(Problem::NotFound | Problem::Forbidden) => Rule::Taken,
            Err(problem) => return problem,
        };
        field(Field::GroupId, rule)
    }

    async fn change_group(&self, instance: &str, name: &str, description: &str) -> Answer<GroupRow> {
        let who = self.who()?;
        let group = self.console.platform().describe_group(&who, instance, name, description).await.map_err(refused)?;
        let instance = self.instance(instance).await?;
        Ok(self.group_row(&instance, &group, &self.standing(&group)))
    }

    async fn remove_group(&self, instance: &str, name: &str, confirm: &str) -> Answer<()> {
        self.console.platform().delete_group(&self.who()?, instance, name, confirm).await.map_err(refused)
    }
}

#[async_trait]
impl GroupPort for CallerPort {
    async fn groups(&self, instance: String, protocol: Protocol, listing: Listing) -> Result<Groups, ApiError> {
        self.finish(self.list_groups(&instance, protocol, &listing).await)
    }

    async fn create_group(
        &self,
        instance: String,
        name: String,
        protocol: Protocol,
        description: String,
    ) -> Result<GroupRow, ApiError> {
        self.finish(self.make_group(&instance, name, protocol, description).await)
    }

    async fn edit_group(&self, instance: String, name: String, description: String) -> Result<GroupRow, ApiError> {
        self.finish(self.change_group(&instance, &name, &description).await)
    }

    async fn delete_group(&self, instance: String, name: String, confirm: String) -> Result<(), ApiError> {
        self.finish(self.remove_group(&instance, &name, &confirm).await)
    }

    async fn group_impact(&self, instance: String, name: String) -> Result<GroupImpact, ApiError> {
        self.finish(self.impact_of_group(&instance, &name).await)
    }

    async fn group_status(&self, instance: String, name: String) -> Result<GroupStatus, ApiError> {
        self.finish(self.status_of_group(&instance, &name).await)
    }
}
