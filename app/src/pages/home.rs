//! `/`: goes on to the overview of the region shown last, else of the first.
use leptos::prelude::*;
use leptos_router::components::Redirect;

use crate::frame::use_region;
use crate::paths;

#[component]
pub(crate) fn Home() -> impl IntoView {
    let region = use_region();
    view! { <Redirect path=paths::overview(&region.get_untracked())/> }
}
