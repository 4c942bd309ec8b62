//! Sending a form or running a step from a page: one at a time, with its error.
use std::future::Future;

use leptos::prelude::*;

use crate::api::{ApiError, Field};
use crate::i18n::errors;
use crate::settings::use_lang;

/// State of one step. Copy it into handlers.
#[derive(Clone, Copy)]
pub(crate) struct Submit {
    pub(crate) busy: RwSignal<bool>,
    pub(crate) error: RwSignal<Option<ApiError>>,
}

pub(crate) fn use_submit() -> Submit {
    Submit { busy: RwSignal::new(false), error: RwSignal::new(None) }
}

impl Submit {
    /// Runs `call` unless one is running; `then` gets what it returned. A second click does nothing.
    pub(crate) fn run<T: 'static>(
        self,
        call: impl Future<Output = Result<T, ApiError>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.error.set(None);
        leptos::task::spawn_local(async move {
            let outcome = call.await;
            // The page may have gone meanwhile; its signals with it.
            _ = self.busy.try_set(false);
            match outcome {
                Ok(value) => then(value),
                Err(error) => drop(self.error.try_set(Some(error))),
            }
        });
    }

    /// Text of the rule that `field` breaks.
    pub(crate) fn at(self, field: Field) -> Signal<Option<String>> {
        let lang = use_lang();
        let error = self.error;
        Signal::derive(move || error.with(|e| errors::at_field(lang, e.as_ref(), field)))
    }
}
