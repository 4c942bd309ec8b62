//! Copying: ids that keep their ends visible, and the Copy button, which works over plain HTTP too.
use leptos::prelude::*;

use super::{Icon, use_toasts};
use crate::i18n::{Lang, common as c};
use crate::settings::use_lang;

/// Characters kept at the end of a long id.
const TAIL: usize = 8;

/// Puts `text` on the clipboard. `near`: an element of the same dialog as the button, since what
/// lies outside an open dialog can't be selected.
fn copy(text: String, near: web_sys::HtmlElement, done: impl Fn(bool) + 'static) {
    let window = window();
    // navigator.clipboard does not exist on plain HTTP.
    if window.is_secure_context() {
        let clipboard = window.navigator().clipboard();
        leptos::task::spawn_local(async move {
            let written = wasm_bindgen_futures::JsFuture::from(clipboard.write_text(&text)).await.is_ok();
            done(written || select_and_copy(&text, &near));
        });
    } else {
        done(select_and_copy(&text, &near));
    }
}

fn select_and_copy(text: &str, near: &web_sys::HtmlElement) -> bool {
    use wasm_bindgen::JsCast;
    let document = document();
    let Some(parent) = near.parent_element() else { return false };
    let Ok(area) = document.create_element("textarea") else { return false };
    let Ok(area) = area.dyn_into::<web_sys::HtmlTextAreaElement>() else { return false };
    area.set_value(text);
    area.set_class_name("vh");
    if parent.append_child(&area).is_err() {
        return false;
    }
    area.select();
    let copied = document.dyn_ref::<web_sys::HtmlDocument>().is_some_and(|d| d.exec_command("copy").unwrap_or(false));
    area.remove();
    // Selecting took the focus.
    drop(near.focus());
    copied
}

fn copier(lang: Lang, text: Signal<String>) -> (RwSignal<bool>, impl Fn(leptos::ev::MouseEvent) + Clone) {
    let toasts = use_toasts();
    let copied = RwSignal::new(false);
    let on_click = move |ev: leptos::ev::MouseEvent| {
        let Some(button) = ev.current_target() else { return };
        let button: web_sys::HtmlElement = wasm_bindgen::JsCast::unchecked_into(button);
        copy(text.get_untracked(), button, move |ok| {
            if ok {
                toasts.done(c::copied(lang));
                if copied.try_set(true).is_none() {
                    set_timeout(move || _ = copied.try_set(false), std::time::Duration::from_secs(2));
                }
            } else {
                toasts.failed(c::copy_failed(lang));
            }
        });
    };
    (copied, on_click)
}

/// Copy as a button with its word. `of`: what is copied, for those who hear the page.
#[component]
pub(crate) fn CopyButton(
    #[prop(into)] text: Signal<String>,
    #[prop(into)] of: String,
    #[prop(optional)] quiet: bool,
    #[prop(optional)] autofocus: bool,
    /// Written on the button in place of the word Copy.
    #[prop(optional)]
    label: Option<&'static str>,
) -> impl IntoView {
    let lang = use_lang();
    let (copied, on_click) = copier(lang, text);
    let class = if quiet { "btn btn-quiet btn-sm" } else { "btn btn-sm" };
    view! {
        <button
            class=class
            type="button"
            aria-label=c::copy_of(lang, of)
            data-autofocus=autofocus.then_some("")
            data-copied=move || copied.get().then_some("")
            on:click=on_click
        >
            <Icon name="copy"/>
            {label.unwrap_or_else(|| c::copy(lang))}
        </button>
    }
}

/// Copy as an icon, inside a row.
#[component]
pub(crate) fn CopyIcon(#[prop(into)] text: Signal<String>, #[prop(into)] of: String) -> impl IntoView {
    let lang = use_lang();
    let (copied, on_click) = copier(lang, text);
    view! {
        <button
            class="copy"
            type="button"
            aria-label=c::copy_of(lang, of)
            data-copied=move || copied.get().then_some("")
            on:click=on_click
        >
            <Icon name="copy"/>
        </button>
    }
}

/// Splits so that the last characters stay visible when the first give way.
fn split(value: &str) -> (String, String) {
    let count = value.chars().count();
    let tail = TAIL.min(count / 2);
    let at = value.char_indices().nth(count - tail).map_or(value.len(), |(i, _)| i);
    (value[..at].to_owned(), value[at..].to_owned())
}

/// A name or id that can be copied in full. `name`: a name that people chose, in the text face.
/// `href`: where it leads.
#[component]
pub(crate) fn LongId(
    #[prop(into)] value: String,
    #[prop(optional)] name: bool,
    #[prop(optional, into)] href: Option<String>,
) -> impl IntoView {
    let (head, tail) = split(&value);
    let class = if name { "id id-name" } else { "id" };
    let text = view! {
        <span class="id-a">{head}</span>
        <span class="id-b">{tail}</span>
    };
    let shown = match href {
        Some(href) => view! { <a class=class href=href>{text}</a> }.into_any(),
        None => text.into_any(),
    };
    let title = value.clone();
    view! {
        <span class=class title=title>
            {shown}
            <CopyIcon text=value.clone() of=value/>
        </span>
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_id_is_split_near_its_end_and_loses_nothing() {
        for (id, tail) in [
            ("MQ_INST_1234567890123456_BXabcdef", "BXabcdef"),
            ("Topic", "ic"),
            ("中文中文中文", "文中文"),
            ("a", ""),
            ("", ""),
        ] {
            let (a, b) = split(id);
            assert_eq!(format!("{a}{b}"), id);
            assert_eq!(b, tail);
        }
    }
}
