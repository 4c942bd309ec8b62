//! Finding messages for the console: by id, by key, by Topic and time; and why nothing was found.
//!
//! The caller has checked that the person may query the instance or Topic named. Records are judged
//! by their own account, instance and life of their Topic.

use super::view::{unique_id, view};
use super::{KeySearch, Lookup, MessagePage, MessageView, NotFound, TimeSearch};
use crate::limits;
use crate::metadata::TopicEntry;
use crate::operations::Operations;
use crate::protocol::message_id::{is_well_formed, parse_offset_id};
use crate::store::{Boundary, Durability, Found, IndexEntry, StoreError};
use crate::types::{AccountNo, InstanceNo, QueueKey};

/// Rows of a page.
const PAGE_MAX: usize = 100;
/// Copies of one unique id that are shown: a client's retries.
const COPIES_MAX: usize = 16;

impl Operations {
    /// Looks for a Message ID of any form in an instance, then in the others of the account.
    pub(crate) fn find_by_id(&self, account: AccountNo, instance: InstanceNo, id: &str) -> Result<Lookup, StoreError> {
        let id = id.trim();
        let oldest = self.store.oldest();
        let oldest_ms = oldest.map(|(at_ms, _)| at_ms);
        if id.is_empty() || id.len() > limits::UNIQUE_ID_BYTES_MAX {
            return Ok(Lookup::NotFound(NotFound::Malformed));
        }
        let copies = self.find_unique_id(instance, id)?;
        if !copies.is_empty() {
            return views(&copies).map(Lookup::Found);
        }
        let position = parse_offset_id(id).map(|(_, position)| position);
        if let Some(position) = position
            && let Some(found) = self.store.message_at(position)?
            && found.account == account
        {
            if !self.of_living_topic(&found) {
                return Ok(Lookup::NotFound(NotFound::Expired { oldest_ms }));
            }
            if found.instance != instance {
                return Ok(Lookup::NotFound(NotFound::OtherInstance(found.instance)));
            }
            return views(&[found]).map(Lookup::Found);
        }
        for other in self.metadata.instances_of(account) {
            let no = other.instance.no;
            if no != instance && !self.find_unique_id(no, id)?.is_empty() {
                return Ok(Lookup::NotFound(NotFound::OtherInstance(no)));
            }
        }
        let expired = position.zip(oldest).is_some_and(|(position, (_, kept_from))| position < kept_from);
        Ok(Lookup::NotFound(match position {
            Some(_) if expired => NotFound::Expired { oldest_ms },
            _ if is_well_formed(id) => NotFound::NotKept { oldest_ms },
            _ => NotFound::Malformed,
        }))
    }

    fn find_unique_id(&self, instance: InstanceNo, id: &str) -> Result<Vec<Found>, StoreError> {
        let wanted = |f: &Found| self.of_living_topic(f) && unique_id(f) == Some(id);
        Ok(self.find_key(instance, id, 0, i64::MAX, COPIES_MAX, wanted)?.0)
    }

    /// A record of a deleted Topic is unreachable, also when another of its name exists.
    fn of_living_topic(&self, found: &Found) -> bool {
        self.metadata.topic(found.queue.topic).is_some_and(|t| t.topic.instance == found.instance)
    }

    pub(crate) fn find_by_key(&self, search: &KeySearch) -> Result<MessagePage, StoreError> {
        let count_max = search.count_max.clamp(1, limits::LOOKUP_MESSAGES_MAX);
        let wanted = |f: &Found| self.of_living_topic(f) && search.topic.is_none_or(|t| t == f.queue.topic);
        let (found, more) = if search.key.is_empty() || search.from_ms > search.to_ms {
            (Vec::new(), false)
        } else {
            self.find_key(search.instance, &search.key, search.from_ms, search.to_ms, count_max, wanted)?
        };
        // Only for telling what is kept instead; the times of others' messages are nobody's business.
        let (mut oldest_ms, mut newest_ms) = (None, None);
        if found.is_empty() {
            for topic in self.metadata.topics_of(search.instance) {
                if search.topic.is_none_or(|t| t == topic.topic.no) {
                    let (oldest, newest) = self.kept_times(&topic)?;
                    oldest_ms = [oldest_ms, oldest].into_iter().flatten().min();
                    newest_ms = newest_ms.max(newest);
                }
            }
        }
        Ok(MessagePage { messages: views(&found)?, older: None, partial: more, oldest_ms, newest_ms })
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
        let older = newest.last().filter(|_| more).map(|e| e.position.to_string());
        let mut messages = Vec::with_capacity(newest.len());
        for entry in newest {
            if let Some(found) = self.store.message_at(entry.position)? {
                messages.push(view(&found)?);
            }
        }
        let (oldest_ms, newest_ms) = self.kept_times(&topic)?;
        Ok(MessagePage { messages, older, partial: false, oldest_ms, newest_ms })
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

fn views(found: &[Found]) -> Result<Vec<MessageView>, StoreError> {
    found.iter().map(view).collect()
}
