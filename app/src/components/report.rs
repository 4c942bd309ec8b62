//! What an administrator needs of an error: its code, the id of the request and the time, to read and
//! to copy.
use leptos::prelude::*;

use super::{CopyButton, Stamp};
use crate::api::ApiError;
use crate::i18n::common as c;
use crate::settings::use_lang;
use crate::time::{browser_now_ms, iso};

/// One line of text.
pub(crate) fn report(error: &ApiError, at_ms: i64) -> String {
    let id = error.request_id.as_ref().map(|id| format!(" · {id}")).unwrap_or_default();
    format!("{}{id} · {}", error.problem.code(), iso(at_ms))
}

/// Code, request id and time, with Copy.
#[component]
pub(crate) fn Facts(error: ApiError) -> impl IntoView {
    let lang = use_lang();
    // The first rendering must not depend on a clock.
    let at = RwSignal::new(None::<i64>);
    Effect::new(move |_| at.set(Some(browser_now_ms())));
    let code = error.problem.code();
    let id = error.request_id.clone();
    let text = Signal::derive(move || report(&error, at.get().unwrap_or_default()));
    view! {
        <p class="facts">
            <span>{code}</span>
            {id.map(|id| view! { <span>{c::request_id(lang, id)}</span> })}
            {move || at.get().map(|at| view! { <Stamp at/> })}
            <CopyButton text of=code quiet=true/>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Problem;

    #[test]
    fn a_report_has_code_request_and_time_as_far_as_they_are_known() {
        let mut error = ApiError::from(Problem::Offline);
        assert_eq!(report(&error, 0), "OFFLINE · 1970-01-01T00:00:00.000Z");
        error.request_id = Some("r-1".to_owned());
        assert_eq!(report(&error, 0), "OFFLINE · r-1 · 1970-01-01T00:00:00.000Z");
    }
}
