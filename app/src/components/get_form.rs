//! A search form whose fields become the query of the page's own address.
//!
//! The router's own form lower-cases the address it goes to, and instance IDs are case-sensitive.
use leptos::ev::{SubmitEvent, Targeted};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_location, use_navigate};

/// Without script the browser itself does the same.
#[component]
pub(crate) fn GetForm(class: &'static str, children: Children) -> impl IntoView {
    let pathname = use_location().pathname;
    let navigate = use_navigate();
    let submit = move |ev: Targeted<SubmitEvent, web_sys::HtmlFormElement>| {
        let fields = web_sys::FormData::new_with_form(&ev.target());
        let query = fields.and_then(|f| web_sys::UrlSearchParams::new_with_str_sequence_sequence(&f));
        let Ok(query) = query else { return };
        ev.prevent_default();
        let to = format!("{}?{}", pathname.get_untracked(), String::from(query.to_string()));
        navigate(&to, NavigateOptions { scroll: false, ..Default::default() });
    };
    view! {
        <form method="GET" action=move || pathname.get() role="search" class=class on:submit:target=submit>
            {children()}
        </form>
    }
}
