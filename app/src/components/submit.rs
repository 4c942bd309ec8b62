//! Sending a form or running a step from a page: one at a time, with its error.
//!
//! A button that was pressed stays enabled while it is busy (`aria-busy`), because a browser takes the
//! focus away from a button that becomes disabled; a second click does nothing. After a refusal the
//! focus goes to the first refused field.
use std::future::Future;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

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
                Err(error) => {
                    drop(self.error.try_set(Some(error)));
                    focus_first_refused();
                }
            }
        });
    }

    /// Text of the rule that `field` breaks.
    pub(crate) fn at(self, field: Field) -> Signal<Option<String>> {
        at_field(self.error.into(), field)
    }
}

/// Text of the rule that `field` breaks by what was refused.
pub(crate) fn at_field(error: Signal<Option<ApiError>>, field: Field) -> Signal<Option<String>> {
    let lang = use_lang();
    Signal::derive(move || error.with(|error| errors::at_field(lang, error.as_ref(), field)))
}

/// Puts the focus on the first refused field of the open dialog, else of the page, once it is drawn.
/// Where no field is refused the focus stays where it is.
pub(crate) fn focus_first_refused() {
    request_animation_frame(|| {
        let document = document();
        let field = ["dialog[open] [aria-invalid=true]", "#main [aria-invalid=true]"]
            .into_iter()
            .find_map(|selector| document.query_selector(selector).ok().flatten());
        if let Some(field) = field.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
            drop(field.focus());
        }
    });
}

/// For a form that also works without scripts, and so has no [`Submit`]: the focus goes to the first
/// refused field each time that `error` comes.
pub(crate) fn use_focus_on_refusal(error: Signal<Option<ApiError>>) {
    Effect::new(move |_| {
        if error.with(Option::is_some) {
            focus_first_refused();
        }
    });
}

/// For the `submit:capture` of a form that also works without scripts: a second press while the first is
/// on its way does nothing.
pub(crate) fn once(busy: Memo<bool>) -> impl Fn(leptos::ev::SubmitEvent) + Clone {
    move |ev| {
        if busy.get_untracked() {
            ev.prevent_default();
        }
    }
}
