//! `GET /events?watch=…`: what a page shows, read at most once a second and sent when it changed.
//!
//! A stream reads with the rights of the session that opened it, checks that session before each
//! reading, is no activity of its user, and ends with the session and with the process. The form of
//! the events is told in [`app::api::live`].

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use app::api::live::{Dated, End, Watch};
use app::api::{ApiError, Problem};
use axum::Extension;
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

const READ_EVERY: Duration = Duration::from_secs(1);
const SAY_SAME_EVERY: Duration = Duration::from_secs(5);

/// Open streams of one user, and of all.
const PER_USER_MAX: usize = 64;
const IN_ALL_MAX: usize = 4096;

#[derive(Deserialize)]
pub(super) struct Asked {
    watch: String,
}

pub(super) async fn open(
    State(console): State<Console>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Response {
    let refuse = |failure: Failure| failure.respond(&headers, Some(&caller.request_id));
    if !origin::may_read(&headers) {
        return refuse(Failure::CrossSite);
    }
    let Some(user) = caller.user.as_ref().map(|entry| entry.user.no) else { return refuse(Failure::SignedOut) };
    let Ok(watch) = serde_json::from_str::<Watch>(&asked.watch) else { return refuse(Failure::Malformed) };
    let Some(seat) = console.streams().take(user) else { return refuse(Failure::Busy) };

    let mut ticks = tokio::time::interval(READ_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let live = Live { console, caller, watch, ticks, last: None, sent_at: Instant::now(), over: false, _seat: seat };
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

/// One open stream.
struct Live {
    console: Console,
    caller: Caller,
    watch: Watch,
    ticks: Interval,
    /// What was sent last, `value` or `fault`, without its time.
    last: Option<String>,
    sent_at: Instant,
    over: bool,
    _seat: Seat,
}

impl Live {
    async fn next(&mut self) -> Option<Event> {
        if self.over {
            return None;
        }
        loop {
            let stopping = self.console.stopping();
            tokio::select! {
                () = stopping.cancelled() => return self.end(End::Stopping),
                _ = self.ticks.tick() => {}
            }
            let outcome = match self.caller.refresh(&self.console).await {
                Ok(true) => self.read().await,
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
        let (name, key, text) = match outcome {
            Ok(value) => {
                let key = value.to_string();
                (VALUE, key, serde_json::to_string(&Dated { at_ms, value }))
            }
            Err(error) => (FAULT, error.problem.code().to_owned(), serde_json::to_string(&error)),
        };
        if self.last.as_ref() == Some(&key) {
            if name == FAULT || self.sent_at.elapsed() < SAY_SAME_EVERY {
                return None;
            }
            self.sent_at = Instant::now();
            return Some(Event::default().event(SAME).data(at_ms.to_string()));
        }
        self.last = Some(key);
        self.sent_at = Instant::now();
        Some(Event::default().event(name).data(text.unwrap_or_default()))
    }

    fn end(&mut self, why: End) -> Option<Event> {
        self.over = true;
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
