//! Finding messages for the console: by id, by key, by Topic and time; and why nothing was found.
//!
//! The caller has checked that the person may query the instance or Topic named. Records are judged
//! by their own account, instance and life of their Topic.

use std::ops::{ControlFlow, RangeInclusive};

use bytes::Bytes;

use super::Operations;
use super::view::{body, unique_id, view};
use crate::admin::{KeySearch, Lookup, MessagePage, MessageView, NotFound, TimeSearch};
use crate::limits;
use crate::metadata::TopicEntry;
use crate::protocol::message_id::{is_well_formed, parse_offset_id};
use crate::store::{Boundary, Durability, Found, IndexEntry, KeyQuery, SearchEnd, StoreError};
use crate::types::{AccountNo, InstanceNo, QueueKey, TopicNo};

/// Rows of a page.
const PAGE_MAX: usize = 100;
/// Copies of one unique id that are shown: a client's retries.
const COPIES_MAX: usize = 16;

impl Operations {
    /// Looks for a Message ID of any form in an instance, then in the others of the account.
    pub(crate) fn find_by_id(&self, account: AccountNo, instance: InstanceNo, id: &str) -> Result<Lookup, StoreError> {
        let id = id.trim();
        if id.is_empty() || id.len() > limits::UNIQUE_ID_BYTES_MAX {
            return Ok(Lookup::NotFound(NotFound::Malformed));
        }
        let (copies, mut end) = self.find_unique_id(instance, id)?;
        if !copies.is_empty() {
            return Ok(Lookup::Found(copies));
        }
        let oldest_ms = || Ok::<_, StoreError>(self.kept_in(instance, None)?.0);
        let position = parse_offset_id(id).map(|(_, position)| position);
        if let Some(position) = position
            && let Some(found) = self.store.message_at(position)?
            && found.account == account
        {
            if !self.is_living(found.queue.topic, found.instance) {
                return Ok(Lookup::NotFound(NotFound::Expired { oldest_ms: oldest_ms()? }));
            }
            if found.instance != instance {
                return self.other_instance(found.instance, instance);
            }
            return Ok(Lookup::Found(vec![view(&found)?]));
        }
        for other in self.metadata.instances_of(account) {
            let no = other.instance.no;
            if no == instance || end == SearchEnd::LimitReached {
                continue;
            }
            let (copies, end_there) = self.find_unique_id(no, id)?;
            if !copies.is_empty() {
                return self.other_instance(no, instance);
            }
            end = end_there;
        }
        let kept_from = self.store.oldest().map(|(_, kept_from)| kept_from);
        let expired = position.zip(kept_from).is_some_and(|(position, kept_from)| position < kept_from);
        Ok(Lookup::NotFound(match position {
            Some(_) if expired => NotFound::Expired { oldest_ms: oldest_ms()? },
            _ if end == SearchEnd::LimitReached => NotFound::Stopped,
            _ if is_well_formed(id) => NotFound::NotKept { oldest_ms: oldest_ms()? },
            _ => NotFound::Malformed,
        }))
    }

    fn other_instance(&self, found_in: InstanceNo, asked: InstanceNo) -> Result<Lookup, StoreError> {
        let oldest_ms = self.kept_in(asked, None)?.0;
        Ok(Lookup::NotFound(NotFound::OtherInstance { instance: found_in, oldest_ms }))
    }

    fn find_unique_id(&self, instance: InstanceNo, id: &str) -> Result<(Vec<MessageView>, SearchEnd), StoreError> {
        self.find_key(instance, None, id, 0..=i64::MAX, COPIES_MAX, |found| unique_id(found) == Some(id))
    }

    /// Messages of living Topics that name a key, newest first, `count_max` at most. What `wanted`
    /// drops does not count, and bodies are dropped as they are found.
    fn find_key(
        &self,
        instance: InstanceNo,
        topic: Option<TopicNo>,
        key: &str,
        times: RangeInclusive<i64>,
        count_max: usize,
        wanted: impl Fn(&Found) -> bool,
    ) -> Result<(Vec<MessageView>, SearchEnd), StoreError> {
        let of_topic = |no| topic.is_none_or(|topic| topic == no) && self.is_living(no, instance);
        let query = KeyQuery { instance, key, times, wanted: &of_topic, limits: limits::CONSOLE_SEARCH };
        let mut views = Ok(Vec::new());
        let end = self.store.find_by_key(&query, &mut |found| {
            let Ok(list) = &mut views else { return ControlFlow::Break(()) };
            if !wanted(&found) {
                return ControlFlow::Continue(());
            }
            if list.len() == count_max {
                return ControlFlow::Break(());
            }
            match view(&found) {
                Ok(view) => list.push(view),
                Err(error) => views = Err(error),
            }
            ControlFlow::Continue(())
        })?;
        Ok((views?, end))
    }

    /// A record of a deleted Topic is unreachable, also when another of its name exists.
    fn is_living(&self, topic: TopicNo, instance: InstanceNo) -> bool {
        self.metadata.topic(topic).is_some_and(|t| t.topic.instance == instance)
    }

    /// The message that an offset id names, with its body, when it is of a living Topic of the
    /// instance.
    pub(crate) fn open_message(
        &self,
        account: AccountNo,
        instance: InstanceNo,
        offset_id: &str,
    ) -> Result<Option<(MessageView, Bytes)>, StoreError> {
        let Some((_, position)) = parse_offset_id(offset_id) else { return Ok(None) };
        let found = self.store.message_at(position)?.filter(|found| {
            (found.account, found.instance) == (account, instance) && self.is_living(found.queue.topic, instance)
        });
        found.map(|found| Ok((view(&found)?, body(&found)?))).transpose()
    }

    pub(crate) fn find_by_key(&self, search: &KeySearch) -> Result<MessagePage, StoreError> {
        let count_max = search.count_max.clamp(1, limits::LOOKUP_MESSAGES_MAX);
        let times = search.from_ms..=search.to_ms;
        let (messages, end) = if search.key.is_empty() || times.is_empty() {
            (Vec::new(), SearchEnd::Complete)
        } else {
            self.find_key(search.instance, search.topic, &search.key, times, count_max, |_| true)?
        };
        // Only for telling what is kept instead; the times of others' messages are nobody's business.
        let (oldest_ms, newest_ms) =
            if messages.is_empty() { self.kept_in(search.instance, search.topic)? } else { (None, None) };
        Ok(MessagePage { messages, older: None, partial: end != SearchEnd::Complete, oldest_ms, newest_ms })
    }

    /// Store times of the oldest and the newest message of an instance, or of one of its Topics.
    fn kept_in(&self, instance: InstanceNo, topic: Option<TopicNo>) -> Result<(Option<i64>, Option<i64>), StoreError> {
        let (mut oldest_ms, mut newest_ms) = (None, None);
        for entry in self.metadata.topics_of(instance) {
            if topic.is_none_or(|t| t == entry.topic.no) {
                let (oldest, newest) = self.kept_times(&entry)?;
                oldest_ms = [oldest_ms, oldest].into_iter().flatten().min();
                newest_ms = newest_ms.max(newest);
            }
        }
        Ok((oldest_ms, newest_ms))
    }

    /// A page of a Topic's messages, newest first over all queues. The cursor is the log position of
    /// the last row shown: what arrives meanwhile lies behind it and moves nothing.
    pub(crate) fn find_by_time(&self, search: &TimeSearch) -> Result<MessagePage, StoreError> {
        let empty = MessagePage { messages: Vec::new(), older: None, partial: false, oldest_ms: None, newest_ms: None };
        let Some(topic) = self.metadata.topic(search.topic) else { return Ok(empty) };
        let before = match search.cursor.as_deref().map(str::parse::<u64>) {
            None => u64::MAX,
            Some(Ok(position)) => position,
            // Not a cursor of ours: there is nothing older than it.
            Some(Err(_)) => return Ok(empty),
        };
        let count_max = search.count_max.clamp(1, PAGE_MAX);
        let until = self.clock.monotonic().saturating_add(limits::CONSOLE_SEARCH.time);
        let mut newest: Vec<IndexEntry> = Vec::new();
        let mut more = false;
        for queue in topic.queues() {
            let (from, to) = self.range(&topic, queue, search, before)?;
            let mut entries = self.newest_entries(queue, topic.topic.durability, from, to, count_max + 1)?;
            more |= entries.len() > count_max;
            newest.append(&mut entries);
        }
        newest.sort_by_key(|e| std::cmp::Reverse(e.position));
        more |= newest.len() > count_max;
        newest.truncate(count_max);
        let mut older = newest.last().filter(|_| more).map(|e| e.position);
        let (mut messages, mut partial) = (Vec::with_capacity(newest.len()), false);
        let mut last = None;
        for entry in newest {
            // One row at least, so that the next page goes on behind it.
            if last.is_some() && self.clock.monotonic() > until {
                (older, partial) = (last, true);
                break;
            }
            last = Some(entry.position);
            if let Some(found) = self.store.message_at(entry.position)? {
                messages.push(view(&found)?);
            }
        }
        let older = older.map(|position| position.to_string());
        let (oldest_ms, newest_ms) = self.kept_times(&topic)?;
        Ok(MessagePage { messages, older, partial, oldest_ms, newest_ms })
    }

    /// Offsets of a queue that a search covers, below its cursor.
    fn range(
        &self,
        topic: &TopicEntry,
        queue: QueueKey,
        search: &TimeSearch,
        before: u64,
    ) -> Result<(i64, i64), StoreError> {
        let durability = topic.topic.durability;
        let at = |ms: i64| self.store.offset_by_time(queue, durability, ms.max(0), Boundary::Lower);
        let from = at(search.from_ms)?;
        let mut to = if search.to_ms <= 0 { from } else { at(search.to_ms)? };
        if before < u64::MAX {
            to = to.min(self.store.offset_by_position(queue, durability, before)?);
        }
        Ok((from, to))
    }

    /// The last `count_max` messages with `from <= offset < to`, oldest first. Recovery may have
    /// left a hole of any width, so the first offset is searched by what is counted behind it.
    fn newest_entries(
        &self,
        queue: QueueKey,
        durability: Durability,
        from: i64,
        to: i64,
        count_max: usize,
    ) -> Result<Vec<IndexEntry>, StoreError> {
        let mut entries = Vec::new();
        if from >= to {
            return Ok(entries);
        }
        let wanted = u64::try_from(count_max).unwrap_or(u64::MAX);
        let mut start = to.saturating_sub(i64::try_from(count_max).unwrap_or(i64::MAX)).max(from);
        let wanted = wanted.min(self.store.count(queue, durability, from, to)?);
        if self.store.count(queue, durability, start, to)? < wanted {
            let (mut low, mut high) = (from, start);
            // Highest start with enough behind it: `low` has enough, `high` has not.
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if self.store.count(queue, durability, middle, to)? >= wanted { low = middle } else { high = middle }
            }
            start = low;
        }
        self.store.entries(queue, durability, start, to, count_max, &mut entries)?;
        Ok(entries)
    }

    /// Store times of the oldest and the newest message of a Topic.
    fn kept_times(&self, topic: &TopicEntry) -> Result<(Option<i64>, Option<i64>), StoreError> {
        let (mut oldest, mut newest): (Option<i64>, Option<i64>) = (None, None);
        for queue in topic.queues() {
            let durability = topic.topic.durability;
            let bounds = self.store.bounds(queue, durability);
            let mut first = Vec::new();
            self.store.entries(queue, durability, bounds.min, bounds.max, 1, &mut first)?;
            let first = first.first().map(|e| e.stored_at_ms);
            oldest = [oldest, first].into_iter().flatten().min();
            newest = newest.max(self.last_stored(queue, durability)?);
        }
        Ok((oldest, newest))
    }

    /// Store time of the newest message of a queue.
    pub(super) fn last_stored(&self, queue: QueueKey, durability: Durability) -> Result<Option<i64>, StoreError> {
        let bounds = self.store.bounds(queue, durability);
        let last = self.newest_entries(queue, durability, bounds.min, bounds.max, 1)?;
        Ok(last.last().map(|e| e.stored_at_ms))
    }
}
