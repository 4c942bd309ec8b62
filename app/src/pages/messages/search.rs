//! What the searches have in common: the answer in its place, the form with a time range, and what
//! was refused of it.
use leptos::prelude::*;

use super::range::{Range, RangeFields, RangePicker};
use crate::api::ApiError;
use crate::components::Empty;
use crate::components::empty::read_failed;
use crate::components::live::LiveValue;
use crate::components::submit::{focus_first_refused, use_focus_on_refusal};
use crate::i18n::{Lang, messages as t};
use crate::settings::use_lang;

/// The answer to a search; `None`: nothing was asked for yet.
pub(super) type Found<T> = Resource<Option<Result<T, ApiError>>>;

/// The answer, once it is there.
///
/// - `start`: title and reason while nothing was asked for.
/// - `at_field`: what a field of the form says of the refusal.
/// - `show`: draws what was found.
/// - `loading`: until the answer is there.
#[component]
pub(super) fn Answer<T, A, S>(
    found: Found<T>,
    start: (&'static str, &'static str),
    at_field: A,
    show: S,
    #[prop(into)] loading: ViewFnOnce,
) -> impl IntoView
where
    T: LiveValue,
    A: Fn(Lang, &ApiError) -> Option<String> + Copy + Send + Sync + 'static,
    S: Fn(T) -> AnyView + Copy + Send + Sync + 'static,
{
    let lang = use_lang();
    let (title, why) = start;
    view! {
        <Transition fallback=loading>
            {move || Suspend::new(async move {
                match found.await {
                    None => view! {
                        <div class="table-box">
                            <Empty icon="search" title why/>
                        </div>
                    }
                    .into_any(),
                    Some(Ok(answer)) => show(answer),
                    Some(Err(error)) => match at_field(lang, &error) {
                        // The fields say it once the page is awake.
                        Some(text) => view! { <noscript inner_html=plainly(&text)></noscript> }.into_any(),
                        None => read_failed(found, error, t::message(lang)),
                    },
                }
            })}
        </Transition>
    }
    .into_any()
}

/// In place of an answer, for a page that nothing wakes. A browser with scripts does not take the inside of `noscript`
/// apart, so that it can't be woken like other elements.
fn plainly(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    format!("<div class=\"table-box\"><div class=\"empty\"><p>{text}</p></div></div>")
}

/// What was refused of a search, for the fields of its form. What belongs to the range is said there.
pub(super) fn use_refused<T: LiveValue>(found: Found<T>, fields: RangeFields) -> Signal<Option<ApiError>> {
    let lang = use_lang();
    // By way of an effect: the fields lie outside of what waits for the search.
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        let error = found.get().flatten().and_then(Result::err);
        fields.refuse(lang, error.as_ref());
        refused.set(error);
    });
    use_focus_on_refusal(refused.into());
    refused.into()
}

/// The form of a search with a time range.
///
/// - `latest`: offers the newest messages as well, whenever they were stored.
/// - `go`: searches in the range.
/// - children: the fields before the range.
#[component]
pub(super) fn RangeForm(
    fields: RangeFields,
    #[prop(optional)] latest: bool,
    go: Callback<Range>,
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <form
            class="card card-body form"
            role="search"
            on:submit=move |ev| {
                ev.prevent_default();
                match fields.read(lang) {
                    Some(range) => go.run(range),
                    None => focus_first_refused(),
                }
            }
        >
            {children()}
            <RangePicker fields latest pick=go/>
            <div class="row">
                <button class="btn btn-primary" type="submit">
                    {t::search(lang)}
                </button>
            </div>
        </form>
    }
    .into_any()
}
