//! Finding messages for a client: by log position and by key. What is found is judged by its record
//! (threats R51), never by what the request claims.

use bytes::Bytes;

use super::{Caller, Operations, Target};
use crate::access::{Action, Decision, Resource};
use crate::client_table::Door;
use crate::limits;
use crate::store::{Found, StoreError};

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

    /// Messages of a Topic that name a key, newest first. A query by unique id ignores the times:
    /// clients work them out from clocks that need not agree with the server's (C34).
    pub fn query_messages(
        &self,
        target: &Target,
        key: &str,
        by_unique_id: bool,
        from_ms: i64,
        to_ms: i64,
        count_max: i32,
    ) -> Result<Vec<Bytes>, StoreError> {
        let Target::Topic(topic) = target else { return Ok(Vec::new()) };
        let wanted = usize::try_from(count_max).unwrap_or(0).min(limits::LOOKUP_MESSAGES_MAX);
        let (from_ms, to_ms) = if by_unique_id { (0, i64::MAX) } else { (from_ms, to_ms) };
        if key.is_empty() || wanted == 0 || from_ms > to_ms {
            return Ok(Vec::new());
        }
        let no = topic.topic.no;
        let (found, _) =
            self.find_key(topic.instance.instance.no, key, from_ms, to_ms, wanted, |f| f.queue.topic == no)?;
        Ok(found.into_iter().map(|f| f.message).collect())
    }

    /// Newest first; the flag says whether more exist. Asks the index for more while `wanted` drops
    /// what it gives, up to a bound.
    pub(crate) fn find_key(
        &self,
        instance: crate::types::InstanceNo,
        key: &str,
        from_ms: i64,
        to_ms: i64,
        count_max: usize,
        wanted: impl Fn(&Found) -> bool,
    ) -> Result<(Vec<Found>, bool), StoreError> {
        const EXAMINED_MAX: usize = 4_096;
        let mut ask = count_max.saturating_add(1);
        loop {
            let (mut found, more) = self.store.messages_by_key(instance, key, from_ms, to_ms, ask)?;
            found.retain(|f| wanted(f));
            if found.len() > count_max || !more || ask >= EXAMINED_MAX {
                let cut = found.len() > count_max;
                found.truncate(count_max);
                return Ok((found, cut || more));
            }
            ask = (ask * 8).min(EXAMINED_MAX);
        }
    }
}
