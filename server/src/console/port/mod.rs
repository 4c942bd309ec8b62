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
pub(super) struct CallerPort {
    console: Console,
    caller: Caller,
}

impl CallerPort {
    pub(super) fn new(console: Console, caller: Caller) -> Self {
        Self { console, caller }
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

impl ConsolePort for CallerPort {}
