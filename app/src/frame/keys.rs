//! The keyboard in the frame: where the focus goes when the page changes under it, and `/`.
use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

/// A new page may take the pressed link away. Then the focus would lie on the whole document, and the
/// next Tab would start at the top: it goes to the page instead.
pub(super) fn focus_page_when_left_behind() {
    let pathname = use_location().pathname;
    Effect::new(move |before: Option<()>| {
        pathname.track();
        if before.is_some() {
            request_animation_frame(focus_main_if_lost);
            // The old page stays until the new one is read.
            set_timeout(focus_main_if_lost, Duration::from_millis(500));
        }
    });
}

fn focus_main_if_lost() {
    let document = document();
    if document.active_element().is_none_or(|focused| focused.tag_name() == "BODY")
        && let Some(main) =
            document.get_element_by_id("main").and_then(|main| main.dyn_into::<web_sys::HtmlElement>().ok())
    {
        drop(main.focus());
    }
}

/// `/` goes to the search of the page, unless something is being typed or a dialog is open.
pub(super) fn slash_goes_to_search() {
    Effect::new(move |_| {
        let handle = window_event_listener(leptos::ev::keydown, |ev| {
            if ev.key() != "/" || ev.ctrl_key() || ev.meta_key() || ev.alt_key() || ev.is_composing() || is_typing(&ev)
            {
                return;
            }
            let document = document();
            if document.query_selector("dialog[open]").ok().flatten().is_some() {
                return;
            }
            let search = document.query_selector("#main [role=search] input:not([type=hidden])").ok().flatten();
            if let Some(search) = search.and_then(|field| field.dyn_into::<web_sys::HtmlElement>().ok()) {
                // Else the sign itself would be typed into it.
                ev.prevent_default();
                drop(search.focus());
            }
        });
        on_cleanup(move || handle.remove());
    });
}

fn is_typing(ev: &web_sys::KeyboardEvent) -> bool {
    ev.target()
        .and_then(|target| target.dyn_into::<web_sys::Element>().ok())
        .is_some_and(|target| matches!(target.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}
