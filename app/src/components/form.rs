//! Form fields: label above, counter beside it, error below with icon, hint last.
use leptos::prelude::*;

use super::Icon;
use super::report::Facts;
use super::to_sign_in::SignInLink;
use crate::api::{ApiError, Problem};
use crate::i18n::{common as c, errors};
use crate::settings::use_lang;

/// The text of what is wrong with a field.
#[component]
pub(crate) fn ErrorLine(id: String, #[prop(into)] text: String) -> impl IntoView {
    view! {
        <p class="err" id=id>
            <Icon name="bad"/>
            <span>{text}</span>
        </p>
    }
}

fn described(id: &str, error: bool, hint: bool) -> Option<String> {
    match (error, hint) {
        (true, true) => Some(format!("{id}-e {id}-h")),
        (true, false) => Some(format!("{id}-e")),
        (false, true) => Some(format!("{id}-h")),
        (false, false) => None,
    }
}

/// What surrounds the control of a field: its label and counter, what is wrong with it, the hint.
#[component]
fn Frame(
    id: &'static str,
    label: String,
    optional: bool,
    count: Option<Signal<String>>,
    error: Signal<Option<String>>,
    hint: Option<String>,
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <div class="field">
            <div class="label-row">
                <label class="label" for=id>
                    {label} {optional.then(|| view! { <span class="opt">{c::optional(lang)}</span> })}
                </label>
                {count.map(|count| view! { <span class="count">{count}</span> })}
            </div>
            {children()}
            {move || error.get().map(|text| view! { <ErrorLine id=format!("{id}-e") text/> })}
            {hint.map(|hint| view! { <p class="hint" id=format!("{id}-h")>{hint}</p> })}
        </div>
    }
    .into_any()
}

/// One line of text.
///
/// - `value`: holds what is typed; the field also works in a form without scripts by its `name`.
/// - `error`: text of the broken rule.
/// - `max`: shows the counter of characters, `max_bytes` that of bytes; the server decides.
#[component]
pub(crate) fn TextField(
    id: &'static str,
    name: &'static str,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(default = Signal::stored(None), into)] error: Signal<Option<String>>,
    #[prop(optional)] max: Option<usize>,
    #[prop(optional)] max_bytes: Option<usize>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] placeholder: Option<&'static str>,
    #[prop(optional)] mono: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(default = "text")] kind: &'static str,
    #[prop(default = "off")] autocomplete: &'static str,
) -> impl IntoView {
    let lang = use_lang();
    let has_hint = hint.is_some();
    let chars: fn(&String) -> usize = |text| text.chars().count();
    let limit = max.map(|max| (chars, max)).or(max_bytes.map(|max| (String::len as fn(&String) -> usize, max)));
    let count = limit.map(|(count, max)| Signal::derive(move || c::chars_count(lang, value.with(count), max)));
    view! {
        <Frame id label optional count error hint>
            <input
                class=if mono { "input mono" } else { "input" }
                id=id
                name=name
                type=kind
                placeholder=placeholder
                autocomplete=autocomplete
                spellcheck="false"
                data-autofocus=autofocus.then_some("")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || described(id, error.with(Option::is_some), has_hint)
                value=value.get_untracked()
                bind:value=value
            />
        </Frame>
    }
}

/// Several lines of text.
#[component]
pub(crate) fn TextArea(
    id: &'static str,
    name: &'static str,
    #[prop(into)] label: String,
    value: RwSignal<String>,
    #[prop(default = Signal::stored(None), into)] error: Signal<Option<String>>,
    /// The counter at the right of the label.
    #[prop(into)]
    count: Signal<String>,
    #[prop(optional, into)] hint: Option<String>,
    #[prop(optional)] optional: bool,
    #[prop(optional)] mono: bool,
    #[prop(optional)] autofocus: bool,
    #[prop(default = 2)] rows: u32,
) -> impl IntoView {
    let has_hint = hint.is_some();
    view! {
        <Frame id label optional count=Some(count) error hint>
            <textarea
                class=if mono { "input mono" } else { "input" }
                id=id
                name=name
                rows=rows.to_string()
                data-autofocus=autofocus.then_some("")
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || described(id, error.with(Option::is_some), has_hint)
                bind:value=value
            ></textarea>
        </Frame>
    }
}

/// Most characters of a description, for the counter; the server decides.
const DESCRIPTION_CHARS_MAX: usize = 128;

/// The description of a resource.
#[component]
pub(crate) fn DescriptionField(
    id: &'static str,
    value: RwSignal<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(default = 2)] rows: u32,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let lang = use_lang();
    let count = Signal::derive(move || c::chars_count(lang, value.with(|d| d.chars().count()), DESCRIPTION_CHARS_MAX));
    view! {
        <TextArea
            id
            name="description"
            label=c::description(lang)
            value
            error
            count
            optional=true
            rows
            autofocus
        />
    }
}

/// The button that sends a form. `verb`, `doing`: its words at rest and while the form is on its way;
/// `wide`: over the whole width.
#[component]
pub(crate) fn SubmitButton(
    #[prop(into)] busy: Signal<bool>,
    #[prop(into)] verb: Signal<&'static str>,
    doing: &'static str,
    #[prop(optional)] wide: bool,
) -> impl IntoView {
    view! {
        <button
            class=if wide { "btn btn-primary btn-wide" } else { "btn btn-primary" }
            type="submit"
            aria-busy=move || busy.get().then_some("true")
        >
            {move || if busy.get() { doing } else { verb.get() }}
        </button>
    }
}

/// Above a form: what is not shown at a field, with what an administrator needs of it.
#[component]
pub(crate) fn FormError(#[prop(into)] error: Signal<Option<ApiError>>) -> impl IntoView {
    let lang = use_lang();
    move || {
        error.get().and_then(|e| {
            let text = errors::above_form(lang, &e)?;
            let sign_in = (e.problem == Problem::SignedOut).then(|| view! { " " <SignInLink/> });
            Some(view! {
                <div class="err-sum" role="alert">
                    <p>{text} {sign_in}</p>
                    <Facts error=e/>
                </div>
            })
        })
    }
}
