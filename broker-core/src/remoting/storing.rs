//! The sends of a turn, on their way into the store.
//!
//! ```text
//! put into the batch ─► one append, one submit ─► answers wait for their watermark (acknowledging)
//!                   └─► held while the store is behind ─► refused as busy after a second
//! ```
//!
//! An append may wait for the disk, and with it everybody on this loop. So the store is asked first;
//! while it is behind, only connections that send are held up.

use std::rc::Rc;
use std::time::Duration;

use super::answer_code::{self, Failure};
use super::connection::{Connection, Phase, ReplyTo, State};
use super::event_loop::EventLoop;
use super::processor::{self, send_message};
use crate::operations::send::SendBatch;
use crate::protocol::remoting::code::response::{SYSTEM_BUSY, SYSTEM_ERROR};

/// Bytes of requests that are gathered before the store gets them.
const TURN_BYTES_MAX: usize = 8 << 20;
/// How long sends are held before they are refused. Old clients give up on the refusal, so it is
/// not the first thing they hear.
const HELD_MAX: Duration = Duration::from_secs(1);

/// A send that is in the batch of this turn.
pub(super) struct PendingSend {
    pub(super) connection: Rc<Connection>,
    pub(super) reply: ReplyTo,
    /// Its number in the batch.
    pub(super) number: usize,
    pub(super) request_bytes: usize,
}

/// The sends of a turn.
#[derive(Default)]
pub(super) struct Sends {
    pub(super) batch: SendBatch,
    pending: Vec<PendingSend>,
    request_bytes: usize,
    /// Text of the message ids of the answer that is being written.
    ids: String,
    held: Option<Held>,
    /// Connections whose next sends wait until these are stored.
    held_up: Vec<Rc<Connection>>,
}

/// The store is behind.
struct Held {
    since: Duration,
    /// The written mark that is worth another look.
    until_written: u64,
}

impl EventLoop {
    /// A send was put into the batch of this turn.
    pub(super) fn send_pending(&self, sends: &mut Sends, pending: PendingSend) {
        sends.request_bytes += pending.request_bytes;
        sends.pending.push(pending);
        self.raise();
    }

    /// Whether the batch has taken enough; its sends should be stored before more is read.
    pub(super) fn batch_is_large(&self) -> bool {
        self.sends.borrow().request_bytes > TURN_BYTES_MAX
    }

    /// Whether sends wait because the store is behind.
    pub(super) fn is_held_up(&self) -> bool {
        self.sends.borrow().held.is_some()
    }

    /// The written mark at which held sends are tried again. `u64::MAX`: none are held.
    pub(super) fn held_until(&self) -> u64 {
        self.sends.borrow().held.as_ref().map_or(u64::MAX, |held| held.until_written)
    }

    /// Whether there are sends that this turn should still store.
    pub(super) fn has_sends(&self) -> bool {
        let sends = self.sends.borrow();
        !sends.pending.is_empty() && sends.held.is_none()
    }

    /// A connection with a further send is read no more until those before are stored.
    pub(super) fn hold_up(&self, connection: &Rc<Connection>, state: &mut State) {
        state.held_up = true;
        self.sends.borrow_mut().held_up.push(connection.clone());
    }

    /// Hands the sends of this turn to the store and writes their answers to where they wait.
    pub(super) fn store_sends(self: &Rc<Self>) {
        let mut sends = self.sends.borrow_mut();
        let sends = &mut *sends;
        if sends.pending.is_empty() {
            return;
        }
        if let Some(written) = self.congested_at() {
            let held = sends.held.get_or_insert(Held { since: self.now(), until_written: 0 });
            held.until_written = written.saturating_add(1);
            if self.now().saturating_sub(held.since) < HELD_MAX {
                return;
            }
            let remark = "[OVERLOAD]system busy, start flow control for a while".to_owned();
            self.fail_sends(sends, &Failure { code: SYSTEM_BUSY, remark, refusal: None });
        } else if let Err(error) = sends.batch.append(&self.ops) {
            self.fail_sends(sends, &answer_code::of_send(error));
        } else {
            self.await_marks(sends);
            self.ops.submit();
        }
        self.let_go(sends);
    }

    /// The written mark while the store is behind: the write that keeps it so raises the mark above.
    fn congested_at(&self) -> Option<u64> {
        if !self.ops.store.is_congested() {
            return None;
        }
        let written = self.ops.watermarks().written;
        self.ops.store.is_congested().then_some(written)
    }

    /// Writes the answers of what was appended to where they wait for their watermark.
    fn await_marks(self: &Rc<Self>, sends: &mut Sends) {
        for pending in sends.pending.drain(..) {
            let mut state = pending.connection.state.borrow_mut();
            if state.phase == Phase::Closed {
                continue;
            }
            let sent = sends.batch.sent(&self.ops, pending.number);
            let Some(sent) = sent.filter(|_| !pending.reply.one_way) else {
                state.in_flight = state.in_flight.saturating_sub(pending.request_bytes);
                drop(state);
                self.has_output(&pending.connection);
                continue;
            };
            let durability = sent.durability();
            let out = state.waiting_mut(durability);
            let before = out.len();
            send_message::answer(pending.reply, &sent, &mut sends.ids, out);
            let answer_bytes = out.len() - before;
            drop(state);
            self.wait(durability, sent.end(), pending.connection, answer_bytes, pending.request_bytes);
        }
    }

    fn fail_sends(self: &Rc<Self>, sends: &mut Sends, failure: &Failure) {
        for pending in sends.pending.drain(..) {
            let mut state = pending.connection.state.borrow_mut();
            if state.phase == Phase::Closed {
                continue;
            }
            state.in_flight = state.in_flight.saturating_sub(pending.request_bytes);
            processor::fail(self, &mut state, pending.reply, failure, None);
            drop(state);
            self.has_output(&pending.connection);
        }
    }

    /// The batch is done with, one way or the other: the next can be gathered.
    fn let_go(&self, sends: &mut Sends) {
        sends.batch.clear();
        sends.request_bytes = 0;
        sends.held = None;
        for connection in sends.held_up.drain(..) {
            connection.state.borrow_mut().held_up = false;
            connection.resume.notify_one();
        }
    }

    /// A request panicked, perhaps while it was put into the batch: nothing of the batch is stored,
    /// and the other senders are told so (R28).
    pub(super) fn drop_sends(self: &Rc<Self>) {
        let Ok(mut sends) = self.sends.try_borrow_mut() else { return };
        let remark = "the message was not stored: a request in the same turn failed".to_owned();
        self.fail_sends(&mut sends, &Failure { code: SYSTEM_ERROR, remark, refusal: None });
        self.let_go(&mut sends);
        sends.batch = SendBatch::default();
    }

    /// A turn panicked and its connections are closed: nothing of the batch is kept.
    pub(super) fn forget_sends(&self) {
        *self.sends.borrow_mut() = Sends::default();
    }
}
