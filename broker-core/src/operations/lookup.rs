//! Finding messages for a client: by log position and by key. What is found is judged by its record
//! (R51), never by what the request claims.

use std::ops::ControlFlow;

use bytes::Bytes;

use super::{Caller, Operations, Target};
use crate::access::{Action, Decision, Resource};
use crate::client_table::Door;
use crate::limits;
use crate::store::{Found, KeyQuery, SearchEnd, StoreError};

impl Operations {
    /// The message at a log position, for a caller that may query its Topic. `None`: nothing starts
    /// there, it has expired, its Topic's life is over, or it is not the caller's to see.
    pub fn view_message(&self, caller: &Caller<'_>, position: u64) -> Result<Option<Found>, StoreError> {
        let found = self.store.message_at(position)?;
        Ok(found.filter(|f| self.may_query(caller, f)))
    }

    fn may_query(&self, caller: &Caller<'_>, found: &Found) -> bool {
        let Some(topic) = self.metadata.topic(found.queue.topic) else { return false };
        let instance = &topic.instance.instance;
        if instance.no != found.instance || instance.account != found.account {
            return false;
        }
        if matches!(caller.door, Door::Instance(no) if no != instance.no) {
            return false;
        }
        let Some(principal) = caller.principal else { return true };
        let on = Resource::Topic(&topic.topic.name);
        self.access.authorize(principal, Action::Query, instance.no, instance.account, on) == Decision::Allow
    }

    /// Messages of a Topic that name a key, newest first, as many as one answer holds. A query by
    /// unique id ignores the times: clients work them out from clocks that need not agree with the
    /// server's (C34).
    pub fn query_messages(&self, target: &Target, query: &QueryMessages<'_>) -> Result<Answered, StoreError> {
        let mut answered = Answered { messages: Vec::new(), end: SearchEnd::Complete };
        let Target::Topic(topic) = target else { return Ok(answered) };
        let count_max = usize::try_from(query.count_max).unwrap_or(0).min(limits::LOOKUP_MESSAGES_MAX);
        let times = if query.by_unique_id { 0..=i64::MAX } else { query.from_ms..=query.to_ms };
        if query.key.is_empty() || count_max == 0 || times.is_empty() {
            return Ok(answered);
        }
        let search = KeyQuery {
            instance: topic.instance.instance.no,
            key: query.key,
            times,
            wanted: &|no| no == topic.topic.no,
            limits: limits::CLIENT_SEARCH,
        };
        let (messages, mut bytes) = (&mut answered.messages, 0);
        answered.end = self.store.find_by_key(&search, &mut |found| {
            bytes += found.message.len();
            let full = messages.len() == count_max || bytes > limits::LOOKUP_BYTES_MAX;
            if full && !messages.is_empty() {
                return ControlFlow::Break(());
            }
            messages.push(found.message);
            ControlFlow::Continue(())
        })?;
        Ok(answered)
    }
}

/// A client's query by key.
#[derive(Clone, Copy, Debug)]
pub struct QueryMessages<'a> {
    pub key: &'a str,
    pub by_unique_id: bool,
    /// Store times, both included, ms.
    pub from_ms: i64,
    pub to_ms: i64,
    pub count_max: i32,
}

/// What was found, and whether that is all.
#[derive(Debug)]
pub struct Answered {
    pub messages: Vec<Bytes>,
    /// `Stopped`: more exist than an answer holds. `LimitReached`: more may exist.
    pub end: SearchEnd,
}
