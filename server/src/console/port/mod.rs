//! The app's port for one caller: rights are asked first, then the catalogue and the broker, and
//! what they say becomes the pages' plain data.
//!
//! Order of every answer: signed in, service enabled, thing visible, action granted. What is not
//! the account's, or not there, is [`Problem::NotFound`] in the same words.

mod audit;
mod body;
mod connections;
mod convert;
mod groups;
mod instances;
mod keys;
mod listing;
mod messages;
mod overview;
mod reach;
mod refusal;
mod service;
mod session;
mod topics;

use app::api::{ApiError, ConsolePort, Problem};

use super::Console;
use super::caller::Caller;

pub(super) use refusal::Answer;

/// Everything the console may ask, for one caller. Made for each request and for each stream.
#[derive(Clone)]
pub(super) struct CallerPort {
    console: Console,
    caller: Caller,
}

impl CallerPort {
    pub(super) fn new(console: Console, caller: Caller) -> Self {
        Self { console, caller }
    }

    /// Asks the broker for what takes long, or waits for the disk, where that may block.
    async fn reading<T: Send + 'static>(&self, read: impl FnOnce(&Self) -> T + Send + 'static) -> Answer<T> {
        let port = self.clone();
        blocking(move || read(&port)).await
    }

    /// What the page gets: the answer, or the problem with the id of this request.
    fn finish<T>(&self, answer: Answer<T>) -> Result<T, ApiError> {
        answer.map_err(|problem| {
            self.caller.note_refusal(refusal::status(&problem));
            if problem == Problem::Internal {
                tracing::error!("a call of the console failed; the cause is logged above");
            }
            ApiError { problem, request_id: Some(self.caller.request_id.0.to_string()) }
        })
    }
}

/// Runs what may block outside the threads that serve requests; the log names the same request.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Answer<T> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work)).await.map_err(|error| {
        tracing::error!(%error, "a reading did not finish");
        Problem::Internal
    })
}

impl ConsolePort for CallerPort {}
