//! From a socket to whole frames: bytes are read into a buffer of the loop, frames are taken out of
//! it in place, and only the beginning of an unfinished frame is kept with its connection.
//!
//! A peer that has to take answers first is served no further: what it has sent behind them is kept
//! as it came, whole frames included, and comes before the next read.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::tcp::OwnedReadHalf;

use super::connection::{Connection, Phase, State};
use super::event_loop::EventLoop;
use super::{processor, rights};
use crate::admin::RefusalReason;
use crate::protocol::remoting::code::request::QUERY_MESSAGE;
use crate::protocol::remoting::frame::{Frame, FrameError, PREFIX_BYTES, Peek, peek};
use crate::protocol::remoting::header::{Coding, Header};

/// Bytes that one read takes at most.
pub(super) const READ_BYTES_MAX: usize = 256 << 10;
/// What is read at once where no frame needs more: about half of 64 messages of 1 KiB. A peer with many requests in
/// flight gets the answers to one part while the next is served; were all read at once, it and the broker would wait
/// for each other in turn.
const TURN_BYTES: usize = 48 << 10;
/// How long a closing connection is still read from, so that the last answer is not lost to a reset.
const LINGER: Duration = Duration::from_secs(1);
/// How long one whose signatures were bad still answers. A client that tries again at once has sent its next request
/// before it sees the end of the connection, and some wait for an answer to it all the same until they time out: their
/// users would read of that instead of the refusal.
const LAST_ANSWERS: Duration = Duration::from_secs(1);
/// How long to wait when the process's buffers are full.
const FULL_PAUSE: Duration = Duration::from_millis(20);

/// What was read and not served: the beginning of a frame whose rest has not arrived, or frames that
/// wait until earlier answers are taken.
#[derive(Default)]
struct Unfinished {
    bytes: Vec<u8>,
    /// Bytes that are needed to go on; more than there are.
    needed: usize,
    /// Whole frames may be among the bytes: they are served before anything is read.
    waiting: bool,
    /// The header of a large frame was looked at.
    vetted: bool,
}

impl Unfinished {
    /// Whether going on takes memory. A send that has arrived and waits gives back what it takes: were it not
    /// served where buffers are full, those that fill them would wait for each other.
    fn needs_room(&self) -> bool {
        let other_waits = || matches!(peek(&self.bytes), Ok(Peek::Whole(frame)) if !sends(&frame, &self.bytes));
        self.bytes.is_empty() || self.waiting && other_waits()
    }
}

enum Step {
    /// Everything that had arrived was served.
    Served,
    /// There may be more at once; others get their turn first.
    More,
    /// The peer has to take answers, or the disk requests, before more is read.
    Paused,
    /// The process's buffers are full.
    BuffersFull,
    Ended,
}

/// Serves a connection until it ends.
pub(super) async fn serve(event_loop: Rc<EventLoop>, connection: Rc<Connection>, mut socket: OwnedReadHalf) {
    let _ending = Ending { event_loop: event_loop.clone(), connection: connection.clone() };
    let mut unfinished = Unfinished::default();
    let mut answers_until = None;
    loop {
        let step = std::future::poll_fn(|cx| step(&event_loop, &connection, &mut unfinished, &mut socket, cx));
        let step = match answers_until {
            None => step.await,
            Some(end) if tokio::time::Instant::now() >= end => Step::Ended,
            Some(end) => tokio::time::timeout_at(end, step).await.unwrap_or(Step::Ended),
        };
        match step {
            Step::Served => {}
            Step::More => tokio::task::yield_now().await,
            Step::Paused => connection.resume.notified().await,
            Step::BuffersFull => tokio::time::sleep(FULL_PAUSE).await,
            Step::Ended => break,
        }
        if answers_until.is_none() && connection.state.borrow().credentials.are_spent() {
            answers_until = Some(tokio::time::Instant::now() + LAST_ANSWERS);
        }
    }
    connection.state.borrow_mut().begin_close();
    linger(&event_loop, &connection, &mut socket).await;
}

/// Ends the connection with the task that serves it, also when that task panics (R28).
struct Ending {
    event_loop: Rc<EventLoop>,
    connection: Rc<Connection>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.event_loop.drop_sends();
        }
        self.event_loop.end(&self.connection);
    }
}

fn step(
    event_loop: &Rc<EventLoop>,
    connection: &Rc<Connection>,
    unfinished: &mut Unfinished,
    socket: &mut OwnedReadHalf,
    cx: &mut Context<'_>,
) -> Poll<Step> {
    {
        let state = connection.state.borrow();
        if state.phase != Phase::Open {
            return Poll::Ready(Step::Ended);
        }
        if state.must_pause() {
            return Poll::Ready(Step::Paused);
        }
        if event_loop.batch_is_large() && !event_loop.is_held_up() {
            return Poll::Ready(Step::More);
        }
        // Who has begun a frame may end it; nobody begins another.
        if state.permit.buffers_are_full() && unfinished.needs_room() {
            return Poll::Ready(Step::BuffersFull);
        }
    }
    if unfinished.waiting {
        let mut bytes = std::mem::take(&mut unfinished.bytes);
        let mut state = connection.state.borrow_mut();
        let (rest, error) = frames(event_loop, connection, &mut state, &mut bytes);
        keep(event_loop, connection, &mut state, unfinished, rest, error);
        return Poll::Ready(Step::More);
    }
    let mut buffer = event_loop.read_buffer();
    // A frame that fits the loop's buffer is finished there; a larger one grows with its bytes.
    let kept = unfinished.bytes.len();
    let in_place = unfinished.needed <= buffer.len();
    let enough = unfinished.needed.max(kept + TURN_BYTES).min(buffer.len());
    let (from, to) = if in_place { (kept, enough) } else { (0, (unfinished.needed - kept).min(buffer.len())) };
    let Some(room) = buffer.get_mut(from..to) else { return Poll::Ready(Step::Ended) };
    let room_bytes = room.len();
    let mut read = ReadBuf::new(room);
    let count = match Pin::new(socket).poll_read(cx, &mut read) {
        Poll::Pending => return Poll::Pending,
        Poll::Ready(Ok(())) => read.filled().len(),
        Poll::Ready(Err(_)) => 0,
    };
    if count == 0 {
        connection.state.borrow_mut().phase = Phase::Closed;
        return Poll::Ready(Step::Ended);
    }
    let mut state = connection.state.borrow_mut();
    let mut whole = std::mem::take(&mut unfinished.bytes);
    let (rest, error) = if in_place {
        buffer[..kept].copy_from_slice(&whole);
        whole.clear();
        frames(event_loop, connection, &mut state, &mut buffer[..kept + count])
    } else {
        whole.extend_from_slice(&buffer[..count]);
        if whole.len() < unfinished.needed {
            let verdict = if unfinished.vetted { Some(true) } else { vet(event_loop, &mut state, &whole) };
            unfinished.vetted = verdict == Some(true);
            state.reading_bytes = whole.capacity();
            state.frame_since.get_or_insert(event_loop.now());
            state.account_buffers();
            unfinished.bytes = whole;
            if verdict == Some(false) {
                state.phase = Phase::Closing;
            }
            event_loop.has_output(connection);
            return Poll::Ready(Step::Served);
        }
        drop(buffer);
        frames(event_loop, connection, &mut state, &mut whole)
    };
    keep(event_loop, connection, &mut state, unfinished, rest, error);
    let may_be_more = count == room_bytes || unfinished.waiting;
    Poll::Ready(if may_be_more { Step::More } else { Step::Served })
}

/// Keeps what was not served, and ends a connection that can't go on.
fn keep(
    event_loop: &Rc<EventLoop>,
    connection: &Rc<Connection>,
    state: &mut State,
    unfinished: &mut Unfinished,
    rest: Unfinished,
    error: Option<BadFrame>,
) {
    *unfinished = rest;
    let kept = unfinished.needed.max(unfinished.bytes.len());
    if let Some(error) = error {
        end_badly(event_loop, state, error);
    } else if !state.unsigned && !state.permit.keep_stranger_bytes(kept) {
        let remark = "unfinished requests without a valid signature take as many bytes as they may";
        processor::refuse_connection(event_loop, state, RefusalReason::LimitReached, remark);
        state.phase = Phase::Closing;
    }
    state.reading_bytes = unfinished.bytes.capacity();
    state.frame_since = (unfinished.needed > 0).then(|| event_loop.now());
    state.account_buffers();
    event_loop.has_output(connection);
}

/// Serves the whole frames of `bytes`, as long as the peer takes its answers. Returns what is left,
/// and why the connection can't go on, if so.
fn frames(
    event_loop: &Rc<EventLoop>,
    connection: &Rc<Connection>,
    state: &mut State,
    bytes: &mut [u8],
) -> (Unfinished, Option<BadFrame>) {
    let mut rest = bytes;
    loop {
        if rest.is_empty() || state.phase != Phase::Open {
            return (Unfinished::default(), None);
        }
        if state.must_pause() {
            return (Unfinished { bytes: rest.to_vec(), waiting: true, ..Unfinished::default() }, None);
        }
        let frame = match peek(rest) {
            Ok(Peek::Whole(frame)) => frame,
            Ok(Peek::NeedMore { bytes: needed }) => {
                return (Unfinished { bytes: rest.to_vec(), needed, ..Unfinished::default() }, None);
            }
            Err(error) => return (Unfinished::default(), Some(BadFrame::of(&error))),
        };
        if event_loop.batch_is_large() && event_loop.is_held_up() && sends(&frame, rest) {
            event_loop.hold_up(connection, state);
            continue;
        }
        let (this, after) = std::mem::take(&mut rest).split_at_mut(frame.bytes());
        rest = after;
        let (head, body) = this.split_at_mut(frame.body.start);
        let header = head.get_mut(frame.header.clone()).unwrap_or_default();
        state.last_frame = event_loop.now();
        state.first_frame_seen = true;
        let searched = match Header::decode(frame.coding, header) {
            Ok(header) => {
                processor::serve(event_loop, connection, state, &header, body);
                header.code == QUERY_MESSAGE
            }
            Err(error) => {
                let bad = BadFrame { reason: RefusalReason::MalformedFrame, remark: error.to_string() };
                return (Unfinished::default(), Some(bad));
            }
        };
        // A search may take long: others get their turn before the next request.
        if searched && !rest.is_empty() {
            return (Unfinished { bytes: rest.to_vec(), waiting: true, ..Unfinished::default() }, None);
        }
    }
}

/// Whether a frame is a send. Looks at a copy of its header, since one that is decoded is not the
/// same afterwards.
fn sends(frame: &Frame, bytes: &[u8]) -> bool {
    let mut header = bytes.get(frame.header.clone()).unwrap_or_default().to_vec();
    Header::decode(frame.coding, &mut header).is_ok_and(|header| rights::sends(header.code))
}

struct BadFrame {
    reason: RefusalReason,
    remark: String,
}

impl BadFrame {
    fn of(error: &FrameError) -> Self {
        let reason = match error {
            FrameError::TooLarge { .. } => RefusalReason::FrameTooLarge,
            FrameError::TooSmall { .. } | FrameError::Coding { .. } | FrameError::Header { .. } => {
                RefusalReason::MalformedFrame
            }
        };
        Self { reason, remark: error.to_string() }
    }
}

/// A frame that is wrong ends its connection without an answer to it.
fn end_badly(event_loop: &EventLoop, state: &mut State, error: BadFrame) {
    processor::refuse_connection(event_loop, state, error.reason, &error.remark);
    state.phase = Phase::Closing;
}

/// Whether the rest of a large frame is worth reading: of a connection that has proved nothing yet,
/// the header must name a key that exists. `None`: the header has not arrived yet.
fn vet(event_loop: &Rc<EventLoop>, state: &mut State, bytes: &[u8]) -> Option<bool> {
    if state.unsigned || state.credentials.key().is_some() {
        return Some(true);
    }
    let [coding, high, middle, low] = *bytes.get(4..)?.first_chunk()?;
    let header_bytes = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
    let mut header = bytes.get(PREFIX_BYTES..PREFIX_BYTES + header_bytes)?.to_vec();
    // The frame was peeked at, so the coding is one of the two.
    let coding = if coding == 0 { Coding::Json } else { Coding::Binary };
    match Header::decode(coding, &mut header) {
        Ok(header) => Some(processor::vet_large(state, event_loop, &header)),
        Err(error) => {
            processor::refuse_connection(event_loop, state, RefusalReason::MalformedFrame, &error.to_string());
            Some(false)
        }
    }
}

/// Waits until the last answers are written, says that nothing more comes, and reads on for a moment
/// what the peer still sends: a socket closed with unread bytes would take the answers with it.
async fn linger(event_loop: &Rc<EventLoop>, connection: &Rc<Connection>, socket: &mut OwnedReadHalf) {
    while !is_written(connection) {
        connection.resume.notified().await;
    }
    if connection.state.borrow().phase == Phase::Closed {
        return;
    }
    connection.shut_down();
    let drained = tokio::time::timeout(LINGER, async {
        loop {
            let more = std::future::poll_fn(|cx| {
                let mut buffer = event_loop.read_buffer();
                let mut read = ReadBuf::new(&mut buffer);
                match Pin::new(&mut *socket).poll_read(cx, &mut read) {
                    Poll::Ready(done) => Poll::Ready(done.is_ok() && !read.filled().is_empty()),
                    Poll::Pending => Poll::Pending,
                }
            });
            if !more.await {
                break;
            }
        }
    });
    // Whether the peer closed in time makes no difference.
    let _ = drained.await;
}

/// Whether nothing is left to be written, or nobody to write it to.
fn is_written(connection: &Connection) -> bool {
    let state = connection.state.borrow();
    let owes = state.unwritten() > 0 || state.in_flight > 0;
    state.phase == Phase::Closed || !owes
}
