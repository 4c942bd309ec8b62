//! Whether the online members of a group subscribe alike, and which of them does not.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Member;
use crate::admin::{Consistency, ConsumeModel, Difference};

/// Compares model and, Topic by Topic, normalised expressions. Retry topics and version numbers do
/// not count. The client that differs is the one that does what fewer do; among equally many, what
/// has been so for longest counts as the rule.
pub fn consistency(members: &[Member]) -> Consistency {
    if members.is_empty() {
        return Consistency::NoClients;
    }
    let mut differences = Vec::new();
    let model = |m: &Member| {
        Some(match m.model {
            ConsumeModel::Clustering => "CLUSTERING".to_owned(),
            ConsumeModel::Broadcasting => "BROADCASTING".to_owned(),
        })
    };
    compare(members, "", model, &mut differences);
    let mut topics: Vec<Arc<str>> =
        members.iter().flat_map(|m| &m.subscriptions).filter(|s| !s.retry).map(|s| s.topic.clone()).collect();
    topics.sort();
    topics.dedup();
    for topic in topics {
        let of_topic =
            |m: &Member| m.subscriptions.iter().find(|s| !s.retry && s.topic == topic).map(|s| s.normalised());
        compare(members, &topic, of_topic, &mut differences);
    }
    if differences.is_empty() { Consistency::Consistent } else { Consistency::Inconsistent(differences) }
}

fn compare(
    members: &[Member],
    topic_name: &str,
    of: impl Fn(&Member) -> Option<String>,
    differences: &mut Vec<Difference>,
) {
    // For each value: how many have it, and since when the first of them has.
    let mut values: BTreeMap<Option<String>, (usize, i64)> = BTreeMap::new();
    for member in members {
        let entry = values.entry(of(member)).or_insert((0, i64::MAX));
        entry.0 += 1;
        entry.1 = entry.1.min(member.changed_at_ms);
    }
    if values.len() < 2 {
        return;
    }
    let rule = values.iter().max_by_key(|(_, (count, since))| (*count, std::cmp::Reverse(*since)));
    let Some((rule, (others_count, rule_since_ms))) = rule else { return };
    for member in members {
        let has = of(member);
        if has != *rule {
            differences.push(Difference {
                client_id: member.client_id.to_string(),
                address: member.address,
                topic_name: topic_name.to_owned(),
                has,
                others: rule.clone(),
                others_count: *others_count,
                since_ms: member.changed_at_ms.max(*rule_since_ms),
            });
        }
    }
}
