//! What a loop looks at now and then: deadlines of held pulls, silent and stalled peers, and buffers
//! that are full.

use std::cmp::Reverse;
use std::rc::Rc;
use std::time::Duration;

use super::connection::{Connection, State};
use super::event_loop::EventLoop;
use super::processor::{self, pull_message};
use crate::admin::RefusalReason;

/// How often deadlines are looked at.
pub(super) const TICK: Duration = Duration::from_millis(200);
/// A connection whose first frame is not whole by then is closed.
const FIRST_FRAME_MAX: Duration = Duration::from_secs(10);
/// A connection without a whole frame for so long is closed.
const IDLE_MAX: Duration = Duration::from_secs(120);
/// How long all buffers may be full before connections are closed for it.
const FULL_MAX: Duration = Duration::from_secs(1);
/// The same for the share of an account or of strangers: nobody else waits meanwhile.
const SHARE_FULL_MAX: Duration = Duration::from_secs(5);

impl EventLoop {
    pub(super) fn tick(self: &Rc<Self>) {
        let now = self.now();
        if now < self.next_tick.get() {
            return;
        }
        self.next_tick.set(now + TICK);
        loop {
            let due = self.held.borrow().due(now);
            let Some(token) = due else { break };
            pull_message::give_up(self, token);
        }
        let connections = self.all_connections();
        for connection in &connections {
            let mut state = connection.state.borrow_mut();
            let over = is_late(&mut state, now);
            // Nothing else wakes pulls that were put off while buffers were full.
            let put_off = !state.deferred.is_empty() && !state.permit.buffers_are_full();
            drop(state);
            if over {
                self.end(connection);
            } else if put_off && !connection.is_writing() {
                self.has_output(connection);
            }
        }
        self.relieve_buffers(&connections);
    }

    /// Where buffers stay full, closes the peers that keep them so, whoever holds most first: all the
    /// others of the account, or of the process, wait for them. Peers that go on giving and taking
    /// make room by themselves.
    fn relieve_buffers(self: &Rc<Self>, connections: &[Rc<Connection>]) {
        let is_over = |connection: &Rc<Connection>| {
            let state = connection.state.borrow();
            state.permit.buffer_bytes() > 0 && state.permit.buffers_are_full()
        };
        let mut over: Vec<_> = connections.iter().filter(|connection| is_over(connection)).collect();
        if over.is_empty() {
            return self.full_since.set(None);
        }
        let since = self.full_since.get().unwrap_or(self.now());
        self.full_since.set(Some(since));
        let all_full = over.iter().any(|connection| connection.state.borrow().permit.all_buffers_are_full());
        let age = if all_full { FULL_MAX } else { SHARE_FULL_MAX };
        if self.now().saturating_sub(since) < age {
            return;
        }
        over.retain(|connection| connection.state.borrow().is_slow(age, self.now()));
        over.sort_by_key(|connection| Reverse(connection.state.borrow().permit.buffer_bytes()));
        for connection in over {
            if is_over(connection) {
                let remark = "network buffers are full, and this peer does not take or send what it has begun";
                processor::refuse_connection(self, &connection.state.borrow(), RefusalReason::LimitReached, remark);
                self.end(connection);
            }
        }
    }
}

fn is_late(state: &mut State, now: Duration) -> bool {
    let silent = now.saturating_sub(state.last_frame);
    let stalled = state.stall.as_mut().is_some_and(|stall| stall.is_over(now));
    // Held pulls are answered in time, so a client that waits for one is not idle.
    silent > IDLE_MAX && state.held.is_empty() || !state.first_frame_seen && silent > FIRST_FRAME_MAX || stalled
}
