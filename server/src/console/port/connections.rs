//! Rejected connections and requests, as far as they are the caller's to see.

use app::api::connections::{ConnectionPort, Refusal as RefusalRow};
use app::api::{ApiError, Listing, Page, Whole};
use async_trait::async_trait;
use broker_core::admin::{Refusal, RefusalOwner};

use super::CallerPort;
use super::convert::reason;
use super::listing;
use super::refusal::Answer;
use crate::db::resources::Instance;

impl CallerPort {
    /// Refusals of the caller's account that belong to one of `instances` or to none; an operator
    /// also sees those that belong to nobody.
    pub(super) fn refusals_of(&self, instances: &[Instance]) -> Answer<Vec<Refusal>> {
        let user = &self.user()?.user;
        let mut all = self.console.broker().refusals(RefusalOwner::Account(user.account));
        all.retain(|one| one.instance.is_none_or(|no| instances.iter().any(|instance| instance.of_broker.no == no)));
        if user.operator {
            all.extend(self.console.broker().refusals(RefusalOwner::Operator));
        }
        all.sort_by_key(|one| std::cmp::Reverse(one.last_ms));
        Ok(all)
    }

    async fn list_refusals(&self, instance: &str, listing: &Listing) -> Answer<Page<RefusalRow>> {
        let instance = self.instance(instance).await?;
        let names = self.names_of(&instance).await?;
        let all = self.refusals_of(std::slice::from_ref(&instance))?;
        let rows: Vec<RefusalRow> = all.into_iter().map(|one| row(one, &instance, &names)).collect();
        Ok(listing::page(rows, listing, texts, |a, b| match listing.sort.as_str() {
            "count" => a.count.cmp(&b.count),
            "from" => a.from.cmp(&b.from),
            // The list's own order is newest first, so ascending here means that.
            _ => b.last_ms.cmp(&a.last_ms),
        }))
    }

    /// Names of the Topics and Group IDs of an instance that the caller sees.
    async fn names_of(&self, instance: &Instance) -> Answer<Vec<String>> {
        let topics = self.topics_of(instance).await?.into_iter().map(|topic| topic.of_broker.name.to_string());
        let groups = self.groups_of(instance).await?.into_iter().map(|group| group.of_broker.name.to_string());
        Ok(topics.chain(groups).collect())
    }
}

/// What the search looks through: all that a row shows and is not a number or a time.
fn texts(row: &RefusalRow) -> [&str; 8] {
    [
        &row.from,
        row.resource.as_deref().unwrap_or_default(),
        row.key_id.as_deref().unwrap_or_default(),
        row.client_id.as_deref().unwrap_or_default(),
        &row.language,
        &row.version,
        row.instance.as_deref().unwrap_or_default(),
        &row.remark,
    ]
}

fn row(one: Refusal, instance: &Instance, names: &[String]) -> RefusalRow {
    let similar = one.resource.as_ref().and_then(|resource| {
        names.iter().find(|name| *name != resource && name.to_lowercase() == resource.to_lowercase()).cloned()
    });
    RefusalRow {
        reason: reason(one.reason),
        instance: one.instance.map(|_| instance.name.clone()),
        from: one.from.to_string(),
        key_id: one.key_id.map(|id| id.to_string()),
        client_id: one.client_id,
        language: one.language,
        version: one.version,
        request_code: one.request_code,
        resource: one.resource,
        similar,
        remark: one.remark,
        first_ms: one.first_ms,
        last_ms: one.last_ms,
        count: Whole(one.count),
    }
}

#[async_trait]
impl ConnectionPort for CallerPort {
    async fn refusals(&self, instance: String, listing: Listing) -> Result<Page<RefusalRow>, ApiError> {
        self.finish(self.list_refusals(&instance, &listing).await)
    }
}

#[cfg(test)]
mod tests {
    use app::api::connections::RefusalReason;

    use super::*;

    #[test]
    fn a_refusal_with_a_key_is_found_by_its_address_too() {
        let row = RefusalRow {
            reason: RefusalReason::DisabledKey,
            instance: Some("orders".to_owned()),
            from: "192.0.2.7".to_owned(),
            key_id: Some("TNkey".to_owned()),
            client_id: Some("192.0.2.7@9#1".to_owned()),
            language: "JAVA".to_owned(),
            version: "V4_9_8".to_owned(),
            request_code: Some(310),
            resource: Some("TopicTestMQ".to_owned()),
            similar: None,
            remark: "the AccessKey is inactive".to_owned(),
            first_ms: 0,
            last_ms: 0,
            count: Whole(1),
        };
        for wanted in ["192.0.2", "tnkey", "#1", "java", "topictest", "inactive", "orders"] {
            let listing = Listing { search: wanted.to_owned(), ..Listing::default() };
            let found = listing::page(vec![row.clone()], &listing, texts, |_, _| std::cmp::Ordering::Equal);
            assert_eq!(found.total, 1, "{wanted}");
        }
    }
}
