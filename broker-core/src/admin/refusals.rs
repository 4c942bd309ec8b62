//! The list of refused requests: bounded, alike ones counted together, in memory only.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Refusal, RefusalOwner, RefusalReason};
use crate::client_table::version_text;
use crate::limits;
use crate::types::InstanceNo;

/// One refused request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occurrence<'a> {
    pub(crate) owner: RefusalOwner,
    pub(crate) instance: Option<InstanceNo>,
    pub(crate) reason: RefusalReason,
    pub(crate) from: IpAddr,
    pub(crate) key_id: Option<&'a str>,
    pub(crate) client_id: Option<&'a str>,
    pub(crate) language: &'a str,
    pub(crate) version: i32,
    pub(crate) request_code: Option<i32>,
    pub(crate) resource: Option<&'a str>,
    pub(crate) remark: &'a str,
}

/// What makes refusals alike.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    instance: Option<InstanceNo>,
    reason: RefusalReason,
    from: IpAddr,
    key_id: Option<Arc<str>>,
    client_id: Option<String>,
    request_code: Option<i32>,
    resource: Option<String>,
}

/// A text from a stranger is kept up to this many characters.
const TEXT_CHARACTERS_MAX: usize = 200;

const HOUR_MS: i64 = 3_600_000;
const HOURS: usize = 24;

/// A kind and how often it was seen in each of the last hours.
#[derive(Debug)]
struct Seen {
    refusal: Refusal,
    /// Of the hour since 1970 that `last_ms` is in, and of those before, newest first.
    by_hour: [u32; HOURS],
}

impl Seen {
    fn again(&mut self, now_ms: i64) {
        self.move_to(now_ms);
        self.refusal.count += 1;
        self.refusal.last_ms = now_ms;
        let [newest, ..] = &mut self.by_hour;
        *newest = newest.saturating_add(1);
    }

    /// Hours that began since the last time, all of them at most; none when the clock went back.
    fn hours_until(&self, now_ms: i64) -> usize {
        let passed = now_ms.div_euclid(HOUR_MS) - self.refusal.last_ms.div_euclid(HOUR_MS);
        usize::try_from(passed).unwrap_or(0).min(HOURS)
    }

    /// Lets the hours between the last time and this one pass.
    fn move_to(&mut self, now_ms: i64) {
        let passed = self.hours_until(now_ms);
        self.by_hour.rotate_right(passed);
        self.by_hour.iter_mut().take(passed).for_each(|count| *count = 0);
    }

    /// As it is told at a time.
    fn told(&self, now_ms: i64) -> Refusal {
        let left = HOURS - self.hours_until(now_ms);
        let count_of_day = self.by_hour.iter().take(left).map(|count| u64::from(*count)).sum();
        Refusal { count_of_day, ..self.refusal.clone() }
    }
}

#[derive(Debug, Default)]
struct Lists {
    owners: HashMap<RefusalOwner, HashMap<Kind, Seen>>,
    kinds: usize,
}

/// All lists.
#[derive(Debug, Default)]
pub(crate) struct RefusalLog {
    lists: Mutex<Lists>,
}

impl RefusalLog {
    pub(crate) fn note(&self, seen: &Occurrence<'_>, now_ms: i64) {
        let cut = |text: &str| text.chars().take(TEXT_CHARACTERS_MAX).collect::<String>();
        let kind = Kind {
            instance: seen.instance,
            reason: seen.reason,
            from: seen.from,
            key_id: seen.key_id.map(|k| cut(k).into()),
            client_id: seen.client_id.map(cut),
            request_code: seen.request_code,
            resource: seen.resource.map(cut),
        };
        let mut lists = self.lists.lock();
        let Lists { owners, kinds } = &mut *lists;
        let list = owners.entry(seen.owner).or_default();
        if let Some(known) = list.get_mut(&kind) {
            known.again(now_ms);
            known.refusal.remark = cut(seen.remark);
            return;
        }
        if list.len() >= limits::REFUSALS_PER_OWNER_MAX {
            *kinds -= drop_oldest(list);
        } else if *kinds >= limits::REFUSALS_MAX
            && let Some(longest) = owners.values_mut().max_by_key(|l| l.len())
        {
            // Whoever has most gives way, so that one account can't push out another's.
            *kinds -= drop_oldest(longest);
        }
        let refusal = Refusal {
            owner: seen.owner,
            instance: kind.instance,
            reason: kind.reason,
            from: kind.from,
            key_id: kind.key_id.clone(),
            client_id: kind.client_id.clone(),
            language: cut(seen.language),
            version: version_text(seen.version),
            request_code: kind.request_code,
            resource: kind.resource.clone(),
            remark: cut(seen.remark),
            first_ms: now_ms,
            last_ms: now_ms,
            count: 0,
            count_of_day: 0,
        };
        let mut first = Seen { refusal, by_hour: [0; HOURS] };
        first.again(now_ms);
        owners.entry(seen.owner).or_default().insert(kind, first);
        *kinds += 1;
    }

    pub(crate) fn list(&self, owner: RefusalOwner, now_ms: i64) -> Vec<Refusal> {
        let lists = self.lists.lock();
        let of_owner = lists.owners.get(&owner).into_iter().flat_map(HashMap::values);
        let mut list: Vec<_> = of_owner.map(|seen| seen.told(now_ms)).collect();
        drop(lists);
        list.sort_by(|a, b| (b.last_ms, b.first_ms, &b.remark).cmp(&(a.last_ms, a.first_ms, &a.remark)));
        list
    }
}

/// Returns how many were dropped.
fn drop_oldest(list: &mut HashMap<Kind, Seen>) -> usize {
    let oldest = list.iter().min_by_key(|(_, seen)| seen.refusal.last_ms).map(|(kind, _)| kind.clone());
    usize::from(oldest.is_some_and(|kind| list.remove(&kind).is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::AccountNo;

    fn occurrence(owner: RefusalOwner, resource: &str) -> Occurrence<'_> {
        Occurrence {
            owner,
            instance: None,
            reason: RefusalReason::TopicUnknown,
            from: IpAddr::from([10, 0, 0, 1]),
            key_id: Some("TN1"),
            client_id: None,
            language: "JAVA",
            version: 409,
            request_code: Some(310),
            resource: Some(resource),
            remark: "topic not exist",
        }
    }

    #[test]
    fn alike_refusals_are_counted_together_newest_first() {
        let log = RefusalLog::default();
        let owner = RefusalOwner::Account(AccountNo(1));
        log.note(&occurrence(owner, "a"), 10);
        log.note(&occurrence(owner, "b"), 20);
        log.note(&occurrence(owner, "a"), 30);
        let list = log.list(owner, 1_000);
        let seen: Vec<_> = list.iter().map(|r| (r.resource.as_deref(), r.count, r.first_ms, r.last_ms)).collect();
        assert_eq!(seen, [(Some("a"), 2, 10, 30), (Some("b"), 1, 20, 20)]);
        assert_eq!(list[0].version, "4.9.8");
        assert!(log.list(RefusalOwner::Operator, 1_000).is_empty());
    }

    #[test]
    fn those_of_a_day_are_told_apart_from_all() {
        let log = RefusalLog::default();
        let owner = RefusalOwner::Account(AccountNo(1));
        let seen = |at_ms| {
            let list = log.list(owner, at_ms);
            (list[0].count_of_day, list[0].count)
        };
        for hours in [0, 0, 1, 20] {
            log.note(&occurrence(owner, "a"), hours * HOUR_MS + 5);
        }
        assert_eq!(seen(20 * HOUR_MS + 5), (4, 4));
        assert_eq!(seen(24 * HOUR_MS), (2, 4), "the first hour has passed");
        log.note(&occurrence(owner, "a"), 30 * HOUR_MS);
        assert_eq!(seen(30 * HOUR_MS), (2, 5));
        assert_eq!(seen(50 * HOUR_MS), (1, 5));
        assert_eq!(seen(54 * HOUR_MS), (0, 5), "it is known, but of no day any more");
        assert_eq!(seen(9_000 * HOUR_MS), (0, 5));
    }

    #[test]
    fn a_long_remark_is_cut_each_time() {
        let log = RefusalLog::default();
        let owner = RefusalOwner::Account(AccountNo(1));
        let remark = "é".repeat(30_000);
        for at_ms in [1, 2] {
            log.note(&Occurrence { remark: &remark, ..occurrence(owner, "a") }, at_ms);
            assert_eq!(log.list(owner, 1_000)[0].remark.chars().count(), TEXT_CHARACTERS_MAX, "at {at_ms}");
        }
    }

    #[test]
    fn a_flood_of_one_owner_stays_bounded_and_leaves_the_others_alone() {
        let log = RefusalLog::default();
        let (quiet, loud) = (RefusalOwner::Account(AccountNo(1)), RefusalOwner::Account(AccountNo(2)));
        log.note(&occurrence(quiet, "mine"), 1);
        for n in 0..1_000 {
            log.note(&occurrence(loud, &format!("t{n}")), 2 + n);
        }
        assert_eq!(log.list(quiet, 1_000).len(), 1);
        let list = log.list(loud, 1_000);
        assert_eq!(list.len(), limits::REFUSALS_PER_OWNER_MAX);
        assert_eq!(list[0].resource.as_deref(), Some("t999"));
    }

    #[test]
    fn many_owners_together_stay_bounded() {
        let log = RefusalLog::default();
        for account in 0..200 {
            for n in 0..100 {
                log.note(&occurrence(RefusalOwner::Account(AccountNo(account)), &format!("t{n}")), n);
            }
        }
        let kept: usize = (0..200).map(|a| log.list(RefusalOwner::Account(AccountNo(a)), 1_000).len()).sum();
        assert_eq!(kept, limits::REFUSALS_MAX);
    }
}
