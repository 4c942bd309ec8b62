//! Held pulls: they wait in the slot of their queue and are woken on their loop when a record
//! becomes readable.
//!
//! Nobody polls and no thread dispatches: the thread that raises a watermark looks only at queues
//! that somebody waits for.
//!
//! - LP-1: a pull parked before a record becomes readable is woken after it does. A sender stores
//!   the record's end and then looks for waiters; a waiter registers and then looks at that end.
//!   Either sees the other.
//! - LP-2: a woken pull is out of the slot; whoever still wants to wait parks again.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use super::mailbox::Mailboxes;
use crate::metadata::{QueueSlot, TopicEntry, Waiter};
use crate::store::{Durability, Progress, Watermarks};

/// A queue that waiters stand at, and the end of the record that lets them go.
#[derive(Debug)]
struct Arrival {
    slots: Arc<[QueueSlot]>,
    queue: u16,
}

/// Ordered by end, then by order of entry.
type Pending = BinaryHeap<Reverse<(u64, u64)>>;

#[derive(Debug, Default)]
struct Waits {
    ends: Pending,
    arrivals: HashMap<u64, Arrival>,
    next: u64,
}

impl Waits {
    fn push(&mut self, end: u64, arrival: Arrival) {
        self.ends.push(Reverse((end, self.next)));
        self.arrivals.insert(self.next, arrival);
        self.next += 1;
    }

    fn pop_up_to(&mut self, mark: u64) -> Option<Arrival> {
        let Reverse((end, no)) = *self.ends.peek()?;
        if end > mark {
            return None;
        }
        self.ends.pop();
        self.arrivals.remove(&no)
    }
}

/// Who waits for what, and the store's progress.
#[derive(Debug, Default)]
pub struct LongPolling {
    pub mailboxes: Mailboxes,
    written: AtomicU64,
    durable: AtomicU64,
    pending: AtomicUsize,
    /// By durability: written, durable.
    waits: [Mutex<Waits>; 2],
    /// Callers of [`LongPolling::reached`], and what wakes them.
    awaiting: AtomicUsize,
    rise: tokio::sync::Notify,
    failure: Failure,
}

/// Why the log can't be written any more.
#[derive(Debug, Default)]
pub struct Failure {
    why: std::sync::OnceLock<String>,
    told: tokio::sync::Notify,
}

impl Failure {
    pub fn why(&self) -> Option<&str> {
        self.why.get().map(String::as_str)
    }

    /// Resolves when the log has failed.
    pub async fn wait(&self) -> String {
        loop {
            let told = self.told.notified();
            tokio::pin!(told);
            told.as_mut().enable();
            if let Some(why) = self.why.get() {
                return why.clone();
            }
            told.await;
        }
    }
}

fn index(durability: Durability) -> usize {
    match durability {
        Durability::Written => 0,
        Durability::Synced => 1,
    }
}

impl LongPolling {
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// How far the log has come, as last told.
    pub fn watermarks(&self) -> Watermarks {
        Watermarks { written: self.written.load(Ordering::SeqCst), durable: self.durable.load(Ordering::SeqCst) }
    }

    /// Resolves when a watermark is at or past `end`; with the reason when it never will be. For the
    /// few sends that come from no event loop.
    pub(crate) async fn reached(&self, durability: Durability, end: u64) -> Result<(), String> {
        self.awaiting.fetch_add(1, Ordering::SeqCst);
        let _leave = Leave(&self.awaiting);
        loop {
            let rise = self.rise.notified();
            tokio::pin!(rise);
            rise.as_mut().enable();
            if self.watermarks().of(durability) >= end {
                return Ok(());
            }
            if let Some(why) = self.failure.why() {
                return Err(why.to_owned());
            }
            rise.await;
        }
    }

    /// A record was appended; `end` as [`crate::store::Appended::end`].
    pub(crate) fn appended(&self, topic: &TopicEntry, queue: u16, end: u64) {
        let Some(slot) = topic.slots.get(usize::from(queue)) else { return };
        slot.last_end.fetch_max(end, Ordering::SeqCst);
        if slot.waiting.load(Ordering::SeqCst) > 0 {
            self.await_mark(topic, queue, end);
        }
    }

    /// Puts a pull into its queue's slot. The caller reads once more afterwards and takes it out
    /// when something is there (LP-1 covers what comes later).
    pub fn park(&self, topic: &TopicEntry, queue: u16, waiter: Waiter) {
        let Some(slot) = topic.slots.get(usize::from(queue)) else { return };
        {
            let mut waiters = slot.waiters.lock();
            waiters.push(waiter);
            count(slot, &waiters);
        }
        let end = slot.last_end.load(Ordering::SeqCst);
        if end > self.watermarks().of(topic.topic.durability) {
            self.await_mark(topic, queue, end);
        }
    }

    /// Takes a pull out again: answered otherwise, out of time, or its connection is gone.
    pub fn unpark(&self, topic: &TopicEntry, queue: u16, waiter: Waiter) {
        let Some(slot) = topic.slots.get(usize::from(queue)) else { return };
        let mut waiters = slot.waiters.lock();
        waiters.retain(|w| *w != waiter);
        count(slot, &waiters);
    }

    /// Wakes whoever waits for any queue of a Topic: it is changed or gone.
    pub fn wake_topic(&self, topic: &TopicEntry) {
        let mut woken = Vec::new();
        for slot in topic.slots.iter() {
            empty(slot, &mut woken);
        }
        self.mailboxes.wake_pulls(&woken);
    }

    fn await_mark(&self, topic: &TopicEntry, queue: u16, end: u64) {
        let durability = topic.topic.durability;
        let arrival = Arrival { slots: topic.slots.clone(), queue };
        if let Some(waits) = self.waits.get(index(durability)) {
            waits.lock().push(end, arrival);
        }
        self.pending.fetch_add(1, Ordering::SeqCst);
        // The mark may have passed between the append and now.
        let marks = self.watermarks();
        if marks.of(durability) >= end {
            self.wake_up_to(marks);
        }
    }

    fn wake_up_to(&self, marks: Watermarks) {
        if self.pending.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut woken = Vec::new();
        for (waits, mark) in self.waits.iter().zip([marks.written, marks.durable]) {
            let mut waits = waits.lock();
            while let Some(arrival) = waits.pop_up_to(mark) {
                self.pending.fetch_sub(1, Ordering::SeqCst);
                if let Some(slot) = arrival.slots.get(usize::from(arrival.queue)) {
                    empty(slot, &mut woken);
                }
            }
        }
        self.mailboxes.wake_pulls(&woken);
    }
}

fn count(slot: &QueueSlot, waiters: &[Waiter]) {
    slot.waiting.store(u32::try_from(waiters.len()).unwrap_or(u32::MAX), Ordering::SeqCst);
}

fn empty(slot: &QueueSlot, woken: &mut Vec<Waiter>) {
    let mut waiters = slot.waiters.lock();
    woken.append(&mut waiters);
    count(slot, &waiters);
}

impl Progress for LongPolling {
    fn advanced(&self, marks: Watermarks) {
        self.written.fetch_max(marks.written, Ordering::SeqCst);
        self.durable.fetch_max(marks.durable, Ordering::SeqCst);
        let marks = self.watermarks();
        self.wake_up_to(marks);
        self.mailboxes.advanced(marks);
        if self.awaiting.load(Ordering::SeqCst) > 0 {
            self.rise.notify_waiters();
        }
    }

    fn poisoned(&self, why: &str) {
        if self.failure.why.set(why.to_owned()).is_ok() {
            self.failure.told.notify_waiters();
            self.rise.notify_waiters();
            self.mailboxes.recheck();
        }
    }
}

/// Takes one off a count when it is dropped.
struct Leave<'a>(&'a AtomicUsize);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// The held pulls of one event loop: found by token, let go at their deadline.
#[derive(Debug)]
pub struct HeldPulls<T> {
    held: HashMap<u64, (Duration, T)>,
    deadlines: BTreeSet<(Duration, u64)>,
    next: u64,
}

impl<T> Default for HeldPulls<T> {
    fn default() -> Self {
        Self { held: HashMap::new(), deadlines: BTreeSet::new(), next: 0 }
    }
}

impl<T> HeldPulls<T> {
    /// A token for a pull that is about to be parked. Never given twice by one loop.
    pub fn token(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// `deadline`: monotonic time at which the pull is answered whatever happens.
    pub fn hold(&mut self, token: u64, deadline: Duration, pull: T) {
        self.deadlines.insert((deadline, token));
        self.held.insert(token, (deadline, pull));
    }

    /// Takes a pull out, with its deadline. `None`: answered already.
    pub fn take(&mut self, token: u64) -> Option<(Duration, T)> {
        let (deadline, pull) = self.held.remove(&token)?;
        self.deadlines.remove(&(deadline, token));
        Some((deadline, pull))
    }

    pub fn next_deadline(&self) -> Option<Duration> {
        self.deadlines.first().map(|(at, _)| *at)
    }

    /// A token whose deadline has passed.
    pub fn due(&self, now: Duration) -> Option<u64> {
        self.deadlines.first().filter(|(at, _)| *at <= now).map(|(_, token)| *token)
    }

    /// Every token, for a loop that looks at all or ends.
    pub fn tokens(&self) -> Vec<u64> {
        self.held.keys().copied().collect()
    }

    pub fn len(&self) -> usize {
        self.held.len()
    }

    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
