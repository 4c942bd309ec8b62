//! Dialogs: native `<dialog>`, opened modally, so that focus stays inside, Esc closes and the
//! opener gets the focus back. Their content exists only while they are open.
use leptos::{html, prelude::*};
use wasm_bindgen::JsCast;

use super::submit::use_focus_on_refusal;
use super::{ErrorLine, Icon};
use crate::api::{ApiError, Field};
use crate::i18n::{Lang, common as c, errors};
use crate::settings::use_lang;

/// Opens and closes `node` as `open` says.
fn follow(open: RwSignal<bool>, node: NodeRef<html::Dialog>) {
    // Kept between two runs: whether it was open, and what had the focus before.
    Effect::new(move |before: Option<(bool, Option<web_sys::HtmlElement>)>| {
        let (was_open, opener) = before.unwrap_or_default();
        let Some(dialog) = node.get() else { return (false, None) };
        let is_open = open.get();
        if is_open && !dialog.open() {
            let opener = opener_now();
            if dialog.show_modal().is_ok() {
                // The content appears together with the dialog: look for the mark after that.
                request_animation_frame(move || focus_marked(&dialog));
            }
            return (true, opener);
        }
        if !is_open && was_open {
            if dialog.open() {
                dialog.close();
            }
            request_animation_frame(move || give_back(opener.as_ref()));
            return (false, None);
        }
        (is_open, opener)
    });
}

/// What has the focus now; for an entry of a menu the button of that menu, since the menu closes when
/// the dialog opens.
fn opener_now() -> Option<web_sys::HtmlElement> {
    let focused = document().active_element()?;
    let menu = focused.closest("[popover]").ok().flatten();
    let opener = match menu {
        Some(menu) => document().query_selector(&format!("[popovertarget=\"{}\"]", menu.id())).ok().flatten()?,
        None => focused,
    };
    opener.dyn_into().ok()
}

/// The browser gives the focus back itself where it can. Where what had it is gone, it would lie on
/// the whole document: then it goes to `opener`, or to the start of the page when that is gone too.
fn give_back(opener: Option<&web_sys::HtmlElement>) {
    let document = document();
    if document.active_element().is_some_and(|focused| focused.tag_name() != "BODY") {
        return;
    }
    let main = || document.get_element_by_id("main").and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok());
    if let Some(target) = opener.filter(|opener| opener.is_connected()).cloned().or_else(main) {
        drop(target.focus());
    }
}

/// `autofocus` as an attribute would also act on page load; the mark is ours.
fn focus_marked(dialog: &web_sys::HtmlDialogElement) {
    if let Ok(Some(marked)) = dialog.query_selector("[data-autofocus]")
        && let Some(marked) = marked.dyn_ref::<web_sys::HtmlElement>()
    {
        drop(marked.focus());
    }
}

#[component]
fn Shell(
    open: RwSignal<bool>,
    class: &'static str,
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] subtitle: Signal<Option<String>>,
    /// Asked before Esc and × close; `false` keeps it open.
    may_close: Option<Callback<(), bool>>,
    children: ChildrenFn,
) -> impl IntoView {
    let lang = use_lang();
    let node = NodeRef::new();
    follow(open, node);
    let try_close = move || {
        if may_close.is_none_or(|ask| ask.run(())) {
            open.set(false);
        }
    };
    let title_id = StoredValue::new(format!("{id}-t"));
    let children = StoredValue::new(children);
    view! {
        <dialog
            class=class
            id=id
            aria-labelledby=title_id.get_value()
            node_ref=node
            on:cancel=move |ev: leptos::ev::Event| {
                // A file field's own cancel comes up here too.
                if ev.target() == ev.current_target() {
                    ev.prevent_default();
                    try_close();
                }
            }
            on:close=move |_| open.set(false)
        >
            <Show when=move || open.get()>
                <div class="dlg-head">
                    <div>
                        <h2 id=title_id.get_value()>{title}</h2>
                        {move || subtitle.get().map(|s| view! { <p>{s}</p> })}
                    </div>
                    <button
                        class="btn btn-quiet btn-icon btn-sm"
                        type="button"
                        aria-label=c::close(lang)
                        on:click=move |_| try_close()
                    >
                        <Icon name="x"/>
                    </button>
                </div>
                {children.with_value(|children| children())}
            </Show>
        </dialog>
    }
}

/// A short task or a result. The children are `.dlg-body` and `.dlg-foot` (both may lie in one
/// `<form class="dlg-form">`).
#[component]
pub(crate) fn Dialog(
    open: RwSignal<bool>,
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(default = Signal::stored(None), into)] subtitle: Signal<Option<String>>,
    #[prop(optional)] small: bool,
    #[prop(optional, into)] may_close: Option<Callback<(), bool>>,
    children: ChildrenFn,
) -> impl IntoView {
    let class = if small { "dialog dialog-sm" } else { "dialog" };
    view! { <Shell open class id title subtitle may_close children/> }
}

/// The button at the foot of a dialog that leaves it.
///
/// - `autofocus`: the focus starts on it.
#[component]
pub(crate) fn CloseButton(
    open: RwSignal<bool>,
    #[prop(into)] text: Signal<&'static str>,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    view! {
        <button
            class="btn"
            type="button"
            data-autofocus=autofocus.then_some("")
            on:click=move |_| open.set(false)
        >
            {text}
        </button>
    }
}

/// Looking at one row of a list without leaving it.
#[component]
pub(crate) fn Drawer(
    open: RwSignal<bool>,
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(default = Signal::stored(None), into)] subtitle: Signal<Option<String>>,
    children: ChildrenFn,
) -> impl IntoView {
    view! { <Shell open class="drawer" id title subtitle may_close=None children/> }
}

/// The confirmation of a final step: what stops (the children), the name to be typed, a red button
/// that says the action. Focus starts on Cancel.
///
/// - `name`: must be typed exactly.
/// - `verb`: verb and object, for example "Delete Topic".
/// - `on_confirm`: runs with what was typed.
/// - `blocked`: it can't be done now, which the children explain: nothing to type, and the button rests.
/// - `restorable`: it can be taken back later, which the children say.
/// - `doing`: the button while it runs.
#[component]
pub(crate) fn Confirm(
    open: RwSignal<bool>,
    id: &'static str,
    #[prop(into)] title: Signal<String>,
    #[prop(into)] name: Signal<String>,
    #[prop(into)] verb: String,
    #[prop(into)] busy: Signal<bool>,
    #[prop(into)] error: Signal<Option<ApiError>>,
    #[prop(into)] on_confirm: Callback<String>,
    #[prop(default = Signal::stored(false), into)] blocked: Signal<bool>,
    #[prop(optional)] restorable: bool,
    #[prop(default = c::deleting)] doing: fn(Lang) -> &'static str,
    children: ChildrenFn,
) -> impl IntoView {
    let lang = use_lang();
    let children = StoredValue::new(children);
    let verb = StoredValue::new(verb);
    let typed = RwSignal::new(String::new());
    Effect::new(move |_| {
        if open.get() {
            typed.set(String::new());
        }
    });
    let matches = move || typed.with(|t| name.with(|n| t.trim() == n));
    let field_id = format!("{id}-name");
    let field_id = StoredValue::new(field_id);
    let message = move || {
        error.with(|e| {
            let e = e.as_ref()?;
            errors::at_field(lang, Some(e), Field::Confirm).or_else(|| errors::above_form(lang, e))
        })
    };
    use_focus_on_refusal(error);
    view! {
        <Dialog open id title small=true>
            <form
                class="dlg-form"
                on:submit=move |ev| {
                    ev.prevent_default();
                    if matches() && !blocked.get_untracked() && !busy.get_untracked() {
                        on_confirm.run(typed.get_untracked().trim().to_owned());
                    }
                }
            >
                <div class="dlg-body">
                    <div class="form">
                        {children.with_value(|children| children())}
                        <Show when=move || !blocked.get()>
                            {(!restorable).then(|| view! { <p>{c::this_cannot_be_undone(lang)}</p> })}
                            <div class="field">
                                <div class="label-row">
                                    <label class="label" for=field_id.get_value()>
                                        <span>
                                            {c::type_to_confirm_before(lang)} " " <span class="mono">{name}</span> " "
                                            {c::type_to_confirm_after(lang)}
                                        </span>
                                    </label>
                                </div>
                                <input
                                    class="input mono"
                                    id=field_id.get_value()
                                    name="confirm"
                                    autocomplete="off"
                                    spellcheck="false"
                                    aria-invalid=move || message().is_some().then_some("true")
                                    aria-describedby=move || message().is_some().then(|| format!("{}-e", field_id.get_value()))
                                    bind:value=typed
                                />
                                {move || {
                                    message()
                                        .map(|text| {
                                            view! { <ErrorLine id=format!("{}-e", field_id.get_value()) text/> }
                                        })
                                }}
                            </div>
                        </Show>
                    </div>
                </div>
                <div class="dlg-foot">
                    <CloseButton open text=c::cancel(lang) autofocus=true/>
                    <button
                        class="btn btn-danger"
                        type="submit"
                        disabled=move || blocked.get() || !matches()
                        aria-busy=move || busy.get().then_some("true")
                    >
                        {move || if busy.get() { doing(lang).to_owned() } else { verb.get_value() }}
                    </button>
                </div>
            </form>
        </Dialog>
    }
}
