//! Answers of sends that are appended: each waits for the watermark of its durability, and goes out
//! with all others that the same rise of the mark covers.
//!
//! A send that the disk does not confirm in time is answered so (R21): the message may or
//! may not be there after a crash, and its first answer is forgotten.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::connection::{BUFFER_KEPT_MAX, Connection, Phase};
use super::event_loop::EventLoop;
use crate::limits::FLUSH_MAX;
use crate::protocol::remoting::code::response::FLUSH_DISK_TIMEOUT;
use crate::protocol::remoting::command::{Command, Value};
use crate::protocol::remoting::frame::{Peek, peek};
use crate::protocol::remoting::header::Header;
use crate::store::Durability;

/// Answers of one connection from one turn, until the watermark is at `end`.
pub(super) struct Waiting {
    end: u64,
    turn: u64,
    since: Duration,
    connection: Rc<Connection>,
    answer_bytes: usize,
    request_bytes: usize,
}

impl EventLoop {
    /// An answer waits until the mark is at `end`.
    pub(super) fn wait(
        &self,
        durability: Durability,
        end: u64,
        connection: Rc<Connection>,
        answer_bytes: usize,
        request_bytes: usize,
    ) {
        let turn = self.turn_no();
        let [written, durable] = &self.waiting;
        let mut queue = match durability {
            Durability::Written => written.borrow_mut(),
            Durability::Synced => durable.borrow_mut(),
        };
        if let Some(last) = queue.back_mut()
            && last.turn == turn
            && Rc::ptr_eq(&last.connection, &connection)
        {
            last.end = end;
            last.answer_bytes += answer_bytes;
            last.request_bytes += request_bytes;
            return;
        }
        queue.push_back(Waiting { end, turn, since: self.now(), connection, answer_bytes, request_bytes });
    }

    /// Moves answers whose records the watermarks cover to where they are written from.
    pub(super) fn release_answers(self: &Rc<Self>) {
        loop {
            let marks = self.ops.watermarks();
            let [written, durable] = &self.waiting;
            let next_written = self.release(&mut written.borrow_mut(), Durability::Written, marks.written);
            let next_durable = self.release(&mut durable.borrow_mut(), Durability::Synced, marks.durable);
            self.mailbox.want(next_written.min(self.held_until()), next_durable);
            // A rise before the line above does not ring.
            let now = self.ops.watermarks();
            if now.written < next_written && now.durable < next_durable {
                break;
            }
        }
    }

    /// Returns the end that the next answer waits for.
    fn release(self: &Rc<Self>, queue: &mut VecDeque<Waiting>, durability: Durability, mark: u64) -> u64 {
        loop {
            let Some(first) = queue.front() else { return u64::MAX };
            if first.end > mark {
                return first.end;
            }
            let Some(done) = queue.pop_front() else { return u64::MAX };
            let mut state = done.connection.state.borrow_mut();
            let state = &mut *state;
            if state.phase != Phase::Closed {
                let [written, durable] = &mut state.waiting;
                let waiting = if durability == Durability::Written { written } else { durable };
                if done.answer_bytes >= waiting.len() && state.out.is_empty() {
                    std::mem::swap(&mut state.out, waiting);
                } else {
                    state.out.extend(waiting.drain(..done.answer_bytes.min(waiting.len())));
                    if waiting.is_empty() && waiting.capacity() > BUFFER_KEPT_MAX {
                        *waiting = Vec::new();
                    }
                }
                state.in_flight = state.in_flight.saturating_sub(done.request_bytes);
                self.has_output(&done.connection);
            }
        }
    }

    /// Answers what has waited for the disk for too long.
    pub(super) fn time_out_answers(self: &Rc<Self>) {
        for (queue, durability) in self.waiting.iter().zip([Durability::Written, Durability::Synced]) {
            let mut queue = queue.borrow_mut();
            while queue.front().is_some_and(|first| self.now().saturating_sub(first.since) > FLUSH_MAX) {
                let Some(late) = queue.pop_front() else { break };
                let mut state = late.connection.state.borrow_mut();
                let state = &mut *state;
                if state.phase == Phase::Closed {
                    continue;
                }
                let waiting = state.waiting_mut(durability);
                let mut answers: Vec<u8> = waiting.drain(..late.answer_bytes.min(waiting.len())).collect();
                as_timed_out(&mut answers, &mut state.out);
                state.in_flight = state.in_flight.saturating_sub(late.request_bytes);
                self.has_output(&late.connection);
            }
        }
    }
}

/// Appends the broker's own answers in `answers` with another code: clients read the fields of such
/// an answer as those of success.
fn as_timed_out(answers: &mut [u8], out: &mut Vec<u8>) {
    let mut rest = answers;
    while let Ok(Peek::Whole(frame)) = peek(rest) {
        let (this, after) = std::mem::take(&mut rest).split_at_mut(frame.bytes());
        rest = after;
        let header = this.get_mut(frame.header.clone()).unwrap_or_default();
        if let Ok(header) = Header::decode(frame.coding, header) {
            let fields: Vec<_> =
                header.fields.iter().map(|f| (f.name, Value::Text(f.value.unwrap_or_default()))).collect();
            let answer = Command::answer(header.coding, header.opaque, FLUSH_DISK_TIMEOUT);
            let remark = "the disk has not confirmed the message in time: it may or may not outlive a crash";
            answer.with_remark(remark).with_fields(&fields).encode(out);
        }
    }
}
