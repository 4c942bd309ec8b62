//! A title that follows the address.
use leptos::prelude::*;

/// Title of the browser's window. It is asked for once more when its page is gone and the next one has
/// none of its own yet; what it was made of is gone then too.
#[component]
pub(crate) fn LiveTitle(text: Memo<String>) -> impl IntoView {
    view! { <leptos_meta::Title text=move || text.try_get().unwrap_or_default()/> }
}
