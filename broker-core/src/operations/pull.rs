//! Pulling: what to read of a queue for a group, and holding the request until there is something.
//!
//! Nothing is stored by a pull but the progress that it carries.

use std::sync::Arc;
use std::time::Duration;

use super::{Operations, Target};
use crate::client_table::Session;
use crate::delivery::filter::{Filter, FilterError};
use crate::limits;
use crate::metadata::{GroupEntry, TopicEntry, Waiter};
use crate::store::{ReadOutcome, ReadRequest, Records, StoreError};
use crate::types::QueueKey;

/// How the client says what it wants.
#[derive(Clone, Copy, Debug)]
pub enum PullFilter<'a> {
    Inline {
        expression_type: &'a str,
        expression: &'a str,
    },
    /// What its last heartbeat said; `sub_version` is the version it thinks it has sent.
    FromHeartbeat {
        sub_version: i64,
    },
}

/// A pull as a client asked for it. Group and target were located for this caller.
#[derive(Clone, Copy, Debug)]
pub struct PullRequest<'a> {
    pub group: &'a Arc<GroupEntry>,
    pub target: &'a Target,
    pub queue_id: i32,
    pub offset: i64,
    pub messages_max: i32,
    /// `None`: the server's own limit.
    pub bytes_max: Option<i32>,
    /// Progress to commit first; negative says nothing.
    pub commit: Option<i64>,
    pub filter: PullFilter<'a>,
}

/// A pull that was checked; can be read, held and read again.
#[derive(Clone, Debug)]
pub struct Pull {
    group: Arc<GroupEntry>,
    target: Target,
    queue: u16,
    offset: i64,
    /// Where the client asked to begin; `offset` is past it when the filter dropped records while
    /// the pull was held.
    asked: i64,
    messages_max: usize,
    bytes_max: usize,
    filter: Filter,
    held: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PullOutcome {
    Found,
    /// Records were passed, none was wanted.
    NoneMatched,
    /// At the end of the queue: hold it, or answer so.
    NothingYet,
    /// The offset is not in the queue; go on at `next_offset`.
    Moved,
}

/// The four numbers of every answer to a pull.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullAnswer {
    pub outcome: PullOutcome,
    pub next_offset: i64,
    pub min_offset: i64,
    pub max_offset: i64,
}

#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error("subscription group [{group}] does not exist")]
    GroupUnknown { group: String },
    #[error("topic[{topic}] not exist, apply first please!")]
    TopicUnknown { topic: String },
    #[error("queueId[{queue_id}] is illegal, topic:[{topic}] topicConfig.readQueueNums:[{queues}]")]
    QueueUnknown { topic: String, queue_id: i32, queues: u16 },
    #[error("the consumer's subscription not exist: the client has sent no heartbeat that names the topic")]
    SubscriptionMissing,
    #[error("the consumer's subscription not latest")]
    SubscriptionNotLatest,
    #[error("the consumer's subscription is illegal: {0}")]
    FilterIllegal(#[from] FilterError),
    #[error("the broker does not support consumer to filter message by this expression type")]
    FilterUnsupported,
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Pulls that name a newer subscription than the last heartbeat are put off for so long only.
const NOT_LATEST_MAX: Duration = Duration::from_secs(3);

/// Reads of one held pull over records that its filter drops, before it is answered so that others
/// get their turn.
const DROPPED_READS_MAX: usize = 64;

impl Pull {
    pub fn group(&self) -> &Arc<GroupEntry> {
        &self.group
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    fn topic(&self) -> Option<(&Arc<TopicEntry>, QueueKey)> {
        match &self.target {
            Target::Topic(topic) => Some((topic, QueueKey { topic: topic.topic.no, queue: self.queue })),
            Target::Retry(_) => None,
        }
    }
}

impl Operations {
    /// Checks a pull, commits the progress that it carries and finds its filter.
    pub fn prepare_pull(&self, session: &mut Session, request: &PullRequest<'_>) -> Result<Pull, PullError> {
        let queue = self.check_queue(request.group, request.target, request.queue_id)?;
        if let Some(offset) = request.commit {
            self.commit_offset(session, request.group, request.target, request.queue_id, offset)?;
        }
        let filter = match request.filter {
            PullFilter::Inline { expression_type, expression } => Filter::new(expression_type, expression)?,
            PullFilter::FromHeartbeat { sub_version } => self.heartbeat_filter(session, request, sub_version)?,
        };
        if filter == Filter::Unsupported {
            return Err(PullError::FilterUnsupported);
        }
        let at_least_one = |n: i32| usize::try_from(n).unwrap_or(0).max(1);
        Ok(Pull {
            group: request.group.clone(),
            target: request.target.clone(),
            queue,
            offset: request.offset,
            asked: request.offset,
            messages_max: at_least_one(request.messages_max).min(limits::PULL_MESSAGES_MAX),
            bytes_max: request.bytes_max.map_or(limits::PULL_BYTES_MAX, at_least_one).min(limits::PULL_BYTES_MAX),
            filter,
            held: false,
        })
    }

    fn heartbeat_filter(
        &self,
        session: &mut Session,
        request: &PullRequest<'_>,
        sub_version: i64,
    ) -> Result<Filter, PullError> {
        let (name, retry) = match request.target {
            Target::Topic(topic) => (&topic.topic.name, false),
            Target::Retry(group) => (&group.group.name, true),
        };
        let group = request.group.group.no;
        if let Some(subscription) = session.subscription(group, name, retry) {
            if sub_version > subscription.sub_version {
                // Its heartbeat is on the way; but its clock may also have gone back for good.
                let now = self.clock.monotonic();
                let since = *subscription.newer_since.get_or_insert(now);
                if now.saturating_sub(since) < NOT_LATEST_MAX {
                    return Err(PullError::SubscriptionNotLatest);
                }
            }
            return Ok(subscription.filter.clone());
        }
        // Its heartbeat is still to come: everything, since the client compares tags itself.
        let known = self.clients.any_subscription(group, name, retry);
        match known {
            Some(Filter::Unsupported) => Ok(Filter::Unsupported),
            None if !retry && !self.remembered.knows(group, name) => Err(PullError::SubscriptionMissing),
            _ => Ok(Filter::everything()),
        }
    }

    /// Group and target live, belong together and have the queue.
    pub(super) fn check_queue(&self, group: &GroupEntry, target: &Target, queue_id: i32) -> Result<u16, PullError> {
        if !group.alive() && self.metadata.group(group.group.no).is_none() {
            return Err(PullError::GroupUnknown { group: group.group.name.to_string() });
        }
        let together = match target {
            Target::Topic(topic) => topic.topic.instance == group.group.instance,
            Target::Retry(of) => of.group.no == group.group.no,
        };
        if !together {
            return Err(PullError::TopicUnknown { topic: shown(target) });
        }
        Ok(self.queue_of(target, queue_id)?.map_or(0, |(_, queue)| queue.queue))
    }

    /// The queue of a target that lives. `None`: that of a retry topic, which has nothing yet.
    pub(super) fn queue_of<'t>(
        &self,
        target: &'t Target,
        queue_id: i32,
    ) -> Result<Option<(&'t TopicEntry, QueueKey)>, PullError> {
        let unknown = |queues| PullError::QueueUnknown { topic: shown(target), queue_id, queues };
        match target {
            Target::Topic(topic) => {
                if !topic.alive() && self.metadata.topic(topic.topic.no).is_none() {
                    return Err(PullError::TopicUnknown { topic: shown(target) });
                }
                let queue = topic.queue(queue_id).ok_or_else(|| unknown(topic.topic.queues))?;
                Ok(Some((topic, queue)))
            }
            Target::Retry(_) if queue_id == 0 => Ok(None),
            Target::Retry(_) => Err(unknown(1)),
        }
    }

    /// Reads once. `out` holds its records then, and nothing else.
    pub fn pull(&self, session: &mut Session, pull: &Pull, out: &mut Records) -> Result<PullAnswer, PullError> {
        out.clear();
        self.check_queue(&pull.group, &pull.target, i32::from(pull.queue))?;
        let Some((topic, queue)) = pull.topic() else { return Ok(empty_queue(pull.offset)) };
        let moved = |next_offset| {
            let bounds = self.store.bounds(queue, topic.topic.durability);
            let next_offset = i64::max(next_offset, bounds.min);
            PullAnswer { outcome: PullOutcome::Moved, next_offset, min_offset: bounds.min, max_offset: bounds.max }
        };
        if self.is_of_earlier_life(session, &pull.group, topic, queue) {
            let start = self.position(&pull.group, topic, queue)?;
            session.in_contact(&pull.group, topic, queue.queue);
            if pull.offset != start {
                return Ok(moved(start));
            }
        }
        if pull.offset < 0 {
            return Ok(moved(self.offsets.get(pull.group.group.no, queue).map_or(0, |c| c.offset)));
        }
        let end = self.store.read(
            &ReadRequest {
                queue,
                durability: topic.topic.durability,
                offset: pull.offset,
                messages_max: pull.messages_max,
                bytes_max: pull.bytes_max,
                wanted: &|code| pull.filter.wants_code(code),
            },
            out,
        )?;
        session.in_contact(&pull.group, topic, queue.queue);
        let (outcome, next_offset) = match end.outcome {
            ReadOutcome::Found => (PullOutcome::Found, end.next_offset),
            ReadOutcome::NoneWanted => (PullOutcome::NoneMatched, end.next_offset),
            ReadOutcome::AtEnd => (PullOutcome::NothingYet, end.next_offset),
            ReadOutcome::BeforeStart => (PullOutcome::Moved, end.next_offset),
            // In a hole that recovery left: go on behind it.
            ReadOutcome::PastEnd if end.next_offset > pull.offset => (PullOutcome::NoneMatched, end.next_offset),
            ReadOutcome::PastEnd => (PullOutcome::Moved, self.after_the_end(pull, topic, queue, end.next_offset)?),
        };
        Ok(PullAnswer { outcome, next_offset, min_offset: end.bounds.min, max_offset: end.bounds.max })
    }

    /// Whether the client's position in the queue is, or may be, of an earlier life of the Topic or
    /// the group: its connection was there then, or it comes anew, the two have met before, and the
    /// group has no progress yet.
    pub(super) fn is_of_earlier_life(
        &self,
        session: &mut Session,
        group: &GroupEntry,
        topic: &TopicEntry,
        queue: QueueKey,
    ) -> bool {
        let (g, t) = (&group.group, &topic.topic);
        session.is_stale(group, topic, queue.queue, || {
            self.former_lives.knows(g.instance, &g.name, &t.name) && self.offsets.get(g.no, queue).is_none()
        })
    }

    /// Where a client that is past the end goes on. A position in a Topic made after the group, in
    /// which the group has no progress, is of an earlier life of the name, also when the client
    /// reconnected since: it begins at the beginning and not behind what it has not seen.
    fn after_the_end(&self, pull: &Pull, topic: &TopicEntry, queue: QueueKey, max: i64) -> Result<i64, StoreError> {
        let older_group = pull.group.group.created_at_ms <= topic.topic.created_at_ms;
        if older_group && self.offsets.get(pull.group.group.no, queue).is_none() {
            return self.position(&pull.group, topic, queue);
        }
        Ok(max)
    }

    /// Reads, and holds the pull when there is nothing yet: `None` means that `waiter` is woken
    /// when it is worth calling this again. Call [`Operations::unpark`] when the pull ends
    /// otherwise.
    pub fn pull_or_hold(
        &self,
        session: &mut Session,
        pull: &mut Pull,
        waiter: Waiter,
        out: &mut Records,
    ) -> Result<Option<PullAnswer>, PullError> {
        self.refresh(pull);
        let mut last = None;
        for _ in 0..DROPPED_READS_MAX {
            let answer = self.pull(session, pull, out)?;
            match answer.outcome {
                PullOutcome::NothingYet => {}
                // A first scan is answered, so that the client's progress moves; one that is held
                // goes on waiting behind what the filter dropped.
                PullOutcome::NoneMatched if pull.held => {
                    pull.offset = answer.next_offset;
                    last = Some(answer);
                    continue;
                }
                _ => return Ok(Some(answer)),
            }
            pull.held = true;
            let Some((topic, queue)) = pull.topic() else { return Ok(None) };
            self.long_polling.park(topic, queue.queue, waiter);
            // From here on it is woken; what happened before is seen.
            if topic.alive() && self.store.bounds(queue, topic.topic.durability).max <= pull.offset {
                return Ok(None);
            }
            self.long_polling.unpark(topic, queue.queue, waiter);
            self.refresh(pull);
        }
        Ok(last)
    }

    /// Takes a held pull out of its queue.
    pub fn unpark(&self, pull: &Pull, waiter: Waiter) {
        if let Some((topic, queue)) = pull.topic() {
            self.long_polling.unpark(topic, queue.queue, waiter);
        }
    }

    /// The answer of a held pull whose time is over. Its next offset is past what the filter
    /// dropped in the meantime (C12).
    pub fn give_up(&self, pull: &Pull) -> PullAnswer {
        let moved = pull.offset > pull.asked;
        let outcome = if moved { PullOutcome::NoneMatched } else { PullOutcome::NothingYet };
        match pull.topic() {
            Some((topic, queue)) => {
                let bounds = self.store.bounds(queue, topic.topic.durability);
                let (min_offset, max_offset) = (bounds.min, bounds.max);
                PullAnswer { outcome, next_offset: pull.offset, min_offset, max_offset }
            }
            None => empty_queue(pull.offset),
        }
    }

    /// Takes over a changed entry of the same life.
    fn refresh(&self, pull: &mut Pull) {
        if !pull.group.alive()
            && let Some(group) = self.metadata.group(pull.group.group.no)
        {
            pull.group = group;
        }
        if let Target::Topic(topic) = &pull.target
            && !topic.alive()
            && let Some(topic) = self.metadata.topic(topic.topic.no)
        {
            pull.target = Target::Topic(topic);
        }
    }
}

/// The name of a target in the words of an error.
fn shown(target: &Target) -> String {
    match target {
        Target::Topic(topic) => topic.topic.name.to_string(),
        Target::Retry(group) => format!("{}{}", crate::metadata::system_topic::RETRY_PREFIX, group.group.name),
    }
}

/// The retry topic: nothing is in it yet.
fn empty_queue(offset: i64) -> PullAnswer {
    let outcome = if offset == 0 { PullOutcome::NothingYet } else { PullOutcome::Moved };
    PullAnswer { outcome, next_offset: 0, min_offset: 0, max_offset: 0 }
}
