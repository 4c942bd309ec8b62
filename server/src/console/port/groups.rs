//! Group IDs: list, create, edit, delete, who is online and what they subscribe.

use app::api::groups::{Group as GroupRow, GroupImpact, GroupPort, GroupStatus, Groups, Protocol, ProtocolCounts};
use app::api::{ApiError, Field, Figure, Listing, Problem, Rule, Unknown};
use async_trait::async_trait;
use broker_core::access::Resource;
use broker_core::admin;
use broker_core::metadata::GroupProtocol;

use super::CallerPort;
use super::convert::{self, broker_protocol, capped, count, figure, page_protocol};
use super::listing;
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

    /// What depends on who is online. A group that nobody has come back to since a start a moment ago,
    /// but that was consumed before it, is not offline: that is not known yet.
    pub(super) fn online<T>(
        &self,
        standing: &Figure<admin::GroupStatus>,
        of: impl FnOnce(&admin::GroupStatus) -> T,
    ) -> Figure<T> {
        match (standing, self.console.just_started()) {
            (Figure::Value(status), Some(start_ms)) if awaited(status, start_ms) => {
                Figure::Unknown(Unknown::JustStarted)
            }
            _ => standing.clone().map(|status| of(&status)),
        }
    }

    /// One Group ID of the instance as it is now.
    async fn group_now(&self, instance: &str, group: Group) -> Answer<GroupRow> {
        let instance = self.instance(instance).await?;
        self.reading(move |port| port.group_row(&instance, &group, &port.standing(&group))).await
    }

    fn group_row(&self, instance: &Instance, group: &Group, standing: &Figure<admin::GroupStatus>) -> GroupRow {
        GroupRow {
            name: group.of_broker.name.to_string(),
            protocol: page_protocol(group.of_broker.protocol),
            description: group.description.clone(),
            created_at_ms: group.of_broker.created_at_ms,
            clients: self.online(standing, |status| count(&status.clients)),
            consistent: self.online(standing, |status| convert::consistent(&status.consistency)),
            waiting: convert::waiting(standing),
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
        let counts = ProtocolCounts { tcp: count(&tcp), http: count(&http) };
        let shown = match protocol {
            Protocol::Tcp => tcp,
            Protocol::Http => http,
        };
        let page = listing::page(
            shown,
            listing,
            |group| [&group.of_broker.name, &group.description],
            |a, b| listing::order(&listing.sort, a, b),
        );
        let may_create = self.rights(&instance, Resource::Instance).manage;
        let rows =
            move |port: &Self| listing::map(page, |group| port.group_row(&instance, &group, &port.standing(&group)));
        Ok(Groups {
            page: self.reading(rows).await?,
            max: capped(self.console.platform().limits().groups_max),
            may_create,
            counts,
        })
    }

    async fn status_of_group(&self, instance: &str, name: &str) -> Answer<GroupStatus> {
        let (instance, group) = self.group(instance, name).await?;
        let status = move |port: &Self| {
            let standing = port.standing(&group);
            let known = standing.value();
            GroupStatus {
                group: port.group_row(&instance, &group, &standing),
                clients: port.online(&standing, |status| status.clients.iter().map(convert::client).collect()),
                subscriptions: port.online(&standing, convert::subscription_rows),
                differences: known.map_or_else(Vec::new, convert::differences),
                progress: standing.clone().map(|status| convert::progress(&status.progress)),
                starts_from_ms: known.map_or(group.of_broker.created_at_ms, |status| status.starts_from_ms),
            }
        };
        self.reading(status).await
    }

    async fn impact_of_group(&self, instance: &str, name: &str) -> Answer<GroupImpact> {
        let (_, group) = self.group(instance, name).await?;
        let standing = self.reading(move |port| port.standing(&group)).await?;
        let topics = self.online(&standing, |status| {
            let mut names: Vec<String> = convert::subscription_rows(status).into_iter().map(|row| row.topic).collect();
            names.sort();
            names.dedup();
            names
        });
        Ok(GroupImpact {
            clients: self.online(&standing, |status| count(&status.clients)),
            topics,
            waiting: convert::waiting(&standing),
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
        self.group_now(instance, group).await
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
        let group =
            self.console.platform().describe::<Group>(&who, instance, name, description).await.map_err(refused)?;
        self.group_now(instance, group).await
    }

    async fn remove_group(&self, instance: &str, name: &str, confirm: &str) -> Answer<()> {
        self.console.platform().delete::<Group>(&self.who()?, instance, name, confirm).await.map_err(refused)
    }
}

/// Nobody is there, somebody was before the start, and nobody has been since.
fn awaited(status: &admin::GroupStatus, start_ms: i64) -> bool {
    let last_committed = status.progress.iter().filter_map(|queue| queue.last_committed_ms).max();
    let committed = status.progress.iter().any(|queue| queue.committed.is_some());
    status.clients.is_empty() && committed && last_committed.is_none_or(|at| at < start_ms)
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

#[cfg(test)]
mod tests {
    use broker_core::admin::{Consistency, QueueProgress};
    use broker_core::types::{GroupNo, TopicNo};

    use super::*;

    fn status(committed: Option<i64>, last_committed_ms: Option<i64>) -> admin::GroupStatus {
        let queue = QueueProgress {
            topic: TopicNo(1),
            topic_name: "TopicTestMQ".to_owned(),
            queue_id: 0,
            committed,
            position: 0,
            max_offset: 9,
            waiting: 9,
            last_committed_ms,
        };
        admin::GroupStatus {
            group: GroupNo(1),
            clients: Vec::new(),
            consistency: Consistency::NoClients,
            progress: vec![queue],
            starts_from_ms: 0,
        }
    }

    #[test]
    fn a_group_that_was_consumed_before_the_start_is_awaited_and_a_new_one_is_offline() {
        assert!(awaited(&status(Some(3), Some(999)), 1000));
        assert!(!awaited(&status(None, None), 1000), "nobody has ever consumed");
        assert!(!awaited(&status(Some(3), Some(1001)), 1000), "came back after the start, and went");
    }
}
