//! `GET /events?watch=…`: what a page shows, read at most once a second and sent when it changed.
//!
//! A stream reads with the rights of the session that opened it, checks that session before each
//! reading, is no activity of its user, and ends with the session and with the process. While its
//! peer reads nothing the session is checked beside it, and its end closes the connection (R41 in
//! `docs/rules.md`). The form of the events is told in [`app::api::live`].

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use app::api::live::{Dated, End, Watch};
use app::api::{ApiError, Problem};
use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use broker_core::types::UserNo;
use futures::stream;
use parking_lot::Mutex;
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::Console;
use super::caller::Caller;
use super::failure::Failure;
use super::origin;
use super::port::CallerPort;
use crate::http::Cut;

const READ_EVERY: Duration = Duration::from_secs(1);
const SAY_SAME_EVERY: Duration = Duration::from_secs(5);
/// A stream that has not looked at its session for so long is not being read.
const STALE_AFTER: Duration = Duration::from_millis(1_500);
/// From the end of a stream to that of its connection.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Open streams of one user, and of all.
const PER_USER_MAX: usize = 64;
const IN_ALL_MAX: usize = 4096;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    watch: String,
}

pub(super) async fn open(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    asked: Result<Query<Asked>, QueryRejection>,
    cut: Option<Extension<Cut>>,
    headers: HeaderMap,
) -> Response {
    let refuse = |failure: Failure| failure.respond(&headers, Some(&caller.request_id));
    if !origin::may_read(&headers) {
        return refuse(Failure::CrossSite);
    }
    let Some(user) = caller.user.as_ref().map(|entry| entry.user.no) else { return refuse(Failure::SignedOut) };
    let watch = asked.ok().and_then(|Query(asked)| serde_json::from_str::<Watch>(&asked.watch).ok());
    let Some(watch) = watch else { return refuse(Failure::Malformed) };
    let Some(seat) = console.streams().take(user) else { return refuse(Failure::Busy) };

    let mut ticks = tokio::time::interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let checked = Arc::new(Checked(Mutex::new((Instant::now(), false))));
    if let Some(Extension(cut)) = cut {
        cut.after(session_over(console.clone(), caller.clone(), checked.clone()));
    }
    let live = Live { console, caller, watch, ticks, last: None, sent_at: Instant::now(), checked, _seat: seat };
    let events =
        stream::unfold(
            live,
            |mut live| async move { live.next().await.map(|event| (Ok::<_, Infallible>(event), live)) },
        );
    let mut response = Sse::new(events).into_response();
    // A buffering proxy in front would hold the events back.
    response.headers_mut().insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

/// When a stream last looked at its session, and whether it is over.
struct Checked(Mutex<(Instant, bool)>);

impl Checked {
    fn note(&self, over: bool) {
        *self.0.lock() = (Instant::now(), over);
    }

    fn is_over(&self) -> bool {
        self.0.lock().1
    }

    fn age(&self) -> Duration {
        self.0.lock().0.elapsed()
    }
}

/// Resolves a moment after the stream is over, so that its last event can still be read. Looks at
/// the session itself where the stream does not, since nobody takes what it would say.
async fn session_over(console: Console, mut caller: Caller, checked: Arc<Checked>) {
    let mut ticks = tokio::time::interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let over =
            checked.is_over() || (checked.age() > STALE_AFTER && matches!(caller.refresh(&console).await, Ok(false)));
        if over {
            return tokio::time::sleep(LAST_WORDS).await;
        }
    }
}

/// One open stream.
struct Live {
    console: Console,
    caller: Caller,
    watch: Watch,
    ticks: Interval,
    /// What was sent last, `value` or `fault`, without its time.
    last: Option<String>,
    sent_at: Instant,
    checked: Arc<Checked>,
    _seat: Seat,
}

impl Live {
    async fn next(&mut self) -> Option<Event> {
        if self.checked.is_over() {
            return None;
        }
        loop {
            let stopping = self.console.stopping();
            tokio::select! {
                () = stopping.cancelled() => return self.end(End::Stopping),
                _ = self.ticks.tick() => {}
            }
            let outcome = match self.caller.refresh(&self.console).await {
                Ok(true) => {
                    self.checked.note(false);
                    self.read().await
                }
                Ok(false) => return self.end(End::SignedOut),
                Err(problem) => Err(problem.into()),
            };
            match outcome {
                Err(ApiError { problem: Problem::SignedOut, .. }) => return self.end(End::SignedOut),
                outcome => {
                    if let Some(event) = self.tell(outcome) {
                        return Some(event);
                    }
                }
            }
        }
    }

    async fn read(&self) -> Result<serde_json::Value, ApiError> {
        let port = CallerPort::new(self.console.clone(), self.caller.clone());
        let reading = app::api::live::read(&port, &self.watch).await?;
        serde_json::to_value(reading).map_err(|_| Problem::Internal.into())
    }

    /// The event for what was read, or nothing while it is the same and was said lately.
    fn tell(&mut self, outcome: Result<serde_json::Value, ApiError>) -> Option<Event> {
        let at_ms = self.console.now_ms();
        let key = match &outcome {
            Ok(value) => value.to_string(),
            Err(error) => error.problem.code().to_owned(),
        };
        if self.last.as_ref() == Some(&key) {
            if outcome.is_err() || self.sent_at.elapsed() < SAY_SAME_EVERY {
                return None;
            }
            self.sent_at = Instant::now();
            return Some(Event::default().event(SAME).data(at_ms.to_string()));
        }
        self.last = Some(key);
        self.sent_at = Instant::now();
        let (name, text) = match outcome {
            Ok(value) => (VALUE, serde_json::to_string(&Dated { at_ms, value })),
            Err(error) => (FAULT, serde_json::to_string(&error)),
        };
        Some(Event::default().event(name).data(text.unwrap_or_default()))
    }

    fn end(&mut self, why: End) -> Option<Event> {
        self.checked.note(true);
        Some(Event::default().event(END).data(why.word()))
    }
}

const VALUE: &str = "value";
const SAME: &str = "same";
const FAULT: &str = "fault";
const END: &str = "end";

/// Counts open streams, so that no user can open them without bound.
#[derive(Clone, Default)]
pub(super) struct Streams(Arc<Mutex<HashMap<UserNo, usize>>>);

impl Streams {
    fn take(&self, user: UserNo) -> Option<Seat> {
        let mut open = self.0.lock();
        let all: usize = open.values().sum();
        let own = open.get(&user).copied().unwrap_or(0);
        if own >= PER_USER_MAX || all >= IN_ALL_MAX {
            return None;
        }
        open.insert(user, own + 1);
        Some(Seat { streams: self.clone(), user })
    }
}

/// Gives the place back when the stream ends, however it ends.
struct Seat {
    streams: Streams,
    user: UserNo,
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock();
        if let Some(own) = open.get_mut(&self.user) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                open.remove(&self.user);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_gets_a_bounded_number_of_streams_and_each_ended_one_back() {
        let streams = Streams::default();
        let mut seats: Vec<Seat> = (0..PER_USER_MAX).filter_map(|_| streams.take(UserNo(1))).collect();
        assert_eq!(seats.len(), PER_USER_MAX);
        assert!(streams.take(UserNo(1)).is_none());
        assert!(streams.take(UserNo(2)).is_some());
        seats.pop();
        assert!(streams.take(UserNo(1)).is_some());
        drop(seats);
        assert!(streams.0.lock().is_empty());
    }
}
