//! The overview of a region: everything is read now, from the catalogue and the broker; a sum with
//! an unknown part is unknown.

use std::collections::HashSet;

use app::api::audit::AuditRow;
use app::api::overview::{Activated, Checklist, Disk, InconsistentGroup, Named, Overview, OverviewPort};
use app::api::{ApiError, Figure, Problem, Unknown, Whole};
use async_trait::async_trait;
use broker_core::admin::{self, Milestones, StoreStatus};
use broker_core::metadata::GroupProtocol;

use super::CallerPort;
use super::audit::person;
use super::convert::{self, capped};
use super::refusal::{Answer, refused};
use crate::db::resources::{Group, Instance, Topic};

const DAY_MS: i64 = 24 * 3600 * 1000;

/// What the caller sees of the region's instances.
#[derive(Default)]
struct Seen {
    instances: Vec<Instance>,
    topics: Vec<(usize, Topic)>,
    groups: Vec<(usize, Group)>,
}

impl Seen {
    /// The oldest of its kind with its instance.
    fn oldest<T>(&self, all: &[(usize, T)], key: impl Fn(&T) -> (i64, String)) -> Option<Named> {
        let (at, one) = all.iter().min_by_key(|(_, one)| key(one))?;
        let instance_id = self.instances.get(*at)?.of_broker.id.to_string();
        Some(Named { name: key(one).1, instance_id })
    }
}

impl CallerPort {
    async fn seen_in(&self, region: &str) -> Answer<Seen> {
        let mut seen = Seen::default();
        for instance in self.instances().await? {
            if &*instance.of_broker.region != region {
                continue;
            }
            let at = seen.instances.len();
            seen.topics.extend(self.topics_of(&instance).await?.into_iter().map(|topic| (at, topic)));
            seen.groups.extend(self.groups_of(&instance).await?.into_iter().map(|group| (at, group)));
            seen.instances.push(instance);
        }
        Ok(seen)
    }

    async fn look_over(&self, region: &str) -> Answer<Overview> {
        if !self.console.platform().reach().regions.iter().any(|one| one.id == region) {
            return Err(Problem::NotFound);
        }
        let account = self.console.platform().account(&self.who()?).await.map_err(refused)?;
        let activated =
            account.service_enabled.map(|enabled| Activated { at_ms: enabled.at_ms, by: person(enabled.by) });
        let (seen, keys) = match activated {
            Some(_) => (self.seen_in(region).await?, self.own_keys().await?),
            None => (Seen::default(), Vec::new()),
        };
        let access_key = keys.first().map(|key| key.id.clone());
        let changes = self.latest_changes().await?;
        self.reading(move |port| port.sum_up(&seen, activated, access_key, changes)).await?
    }

    /// What is seen, with all that the broker knows of it.
    ///
    /// - `access_key`: ID of one of the caller's own.
    fn sum_up(
        &self,
        seen: &Seen,
        activated: Option<Activated>,
        access_key: Option<String>,
        changes: Vec<AuditRow>,
    ) -> Answer<Overview> {
        let store = self.console.broker().store_status();
        let standings: Vec<(usize, &Group, Figure<admin::GroupStatus>)> =
            seen.groups.iter().map(|(at, group)| (*at, group, self.standing(group))).collect();
        let milestones: Vec<Milestones> =
            seen.instances.iter().map(|one| self.console.broker().milestones(one.of_broker.no)).collect();
        let of_protocol =
            |wanted| capped(seen.groups.iter().filter(|(_, group)| group.of_broker.protocol == wanted).count());
        let first_instance = seen
            .instances
            .iter()
            .min_by_key(|one| one.created_at_ms)
            .map(|one| Named { name: one.name.clone(), instance_id: one.of_broker.id.to_string() });
        Ok(Overview {
            checklist: Checklist {
                activated,
                instance: first_instance,
                topic: seen.oldest(&seen.topics, |one| (one.of_broker.created_at_ms, one.of_broker.name.to_string())),
                group: seen.oldest(&seen.groups, |one| (one.of_broker.created_at_ms, one.of_broker.name.to_string())),
                access_key,
                producer_seen: Figure::Value(milestones.iter().any(|one| one.producer_seen)),
                message_stored: Figure::Value(milestones.iter().any(|one| one.message_stored)),
                consumer_online: Figure::Value(milestones.iter().any(|one| one.consumer_online)),
            },
            instances: Figure::Value(capped(seen.instances.len())),
            instances_max: capped(self.console.platform().limits().instances_max),
            topics: Figure::Value(capped(seen.topics.len())),
            groups_tcp: Figure::Value(of_protocol(GroupProtocol::Tcp)),
            groups_http: Figure::Value(of_protocol(GroupProtocol::Http)),
            producers: Figure::Value(self.producers_online(seen)),
            consumers: sum(standings.iter().map(|(_, _, one)| self.online(one, |status| status.clients.len() as u64)))
                .map(capped),
            messages: sum(seen.topics.iter().map(|(_, topic)| self.figures(topic).map(|status| status.messages)))
                .map(Whole),
            waiting: sum(standings
                .iter()
                .map(|(_, _, one)| convert::waiting(one).map(|count| count.0))
                .filter(is_known))
            .map(Whole),
            refused: Figure::Value(self.refused_lately(seen)?),
            refused_since_ms: self.console.started_lately(DAY_MS),
            inconsistent: inconsistent(seen, &standings),
            store_refusing: store.refusing,
            disk: self.disk(&store)?,
            changes,
        })
    }

    /// Connected producers, each connection once.
    fn producers_online(&self, seen: &Seen) -> u32 {
        let all = seen.instances.iter().flat_map(|one| self.console.broker().producers(one.of_broker.no));
        capped(all.map(|client| (client.client_id, client.address)).collect::<HashSet<_>>().len())
    }

    fn refused_lately(&self, seen: &Seen) -> Answer<Whole> {
        let all = self.refusals_of(&seen.instances)?;
        Ok(Whole(all.iter().fold(0, |sum, one| sum.saturating_add(one.count_of_day))))
    }

    /// The disk is the operator's business.
    fn disk(&self, store: &StoreStatus) -> Answer<Option<Figure<Disk>>> {
        let disk =
            Disk { used: Whole(store.bytes_used), disk: Whole(store.disk_bytes), free: Whole(store.disk_bytes_free) };
        Ok(self.user()?.user.operator.then_some(Figure::Value(disk)))
    }
}

fn inconsistent(seen: &Seen, standings: &[(usize, &Group, Figure<admin::GroupStatus>)]) -> Vec<InconsistentGroup> {
    let first = |status: &admin::GroupStatus| convert::differences(status).into_iter().next();
    standings
        .iter()
        .filter_map(|(at, group, standing)| {
            Some(InconsistentGroup {
                instance_id: seen.instances.get(*at)?.of_broker.id.to_string(),
                group: group.of_broker.name.to_string(),
                difference: standing.value().and_then(first)?,
            })
        })
        .collect()
}

/// Whether there is something to count: nothing waits for a group that has never subscribed.
fn is_known(waiting: &Figure<u64>) -> bool {
    *waiting != Figure::Unknown(Unknown::NeverSubscribed)
}

/// The sum, unknown as soon as one part is.
fn sum(parts: impl IntoIterator<Item = Figure<u64>>) -> Figure<u64> {
    let mut total: u64 = 0;
    for part in parts {
        match part {
            Figure::Value(value) => total = total.saturating_add(value),
            Figure::Unknown(why) | Figure::Stale { why, .. } => return Figure::Unknown(why),
        }
    }
    Figure::Value(total)
}

#[async_trait]
impl OverviewPort for CallerPort {
    async fn overview(&self, region: String) -> Result<Overview, ApiError> {
        self.finish(self.look_over(&region).await)
    }
}

#[cfg(test)]
mod tests {
    use app::api::Unknown;

    use super::*;

    #[test]
    fn a_sum_with_an_unknown_part_is_unknown() {
        assert_eq!(sum([Figure::Value(1), Figure::Value(2)]), Figure::Value(3));
        let broken = Figure::Unknown(Unknown::StoreUnreadable);
        assert_eq!(sum([Figure::Value(1), broken.clone()]), broken);
        assert_eq!(sum([]), Figure::Value(0));
    }
}
