//! The region of an address, and the entries of the menu before an instance is chosen.
use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::use_params_map;

use crate::components::Missing;
use crate::frame::{RegionEntry, use_session};
use crate::i18n::shell as t;
use crate::place::Section;
use crate::settings::use_lang;

/// Parent of every page of a region. Where there is no such region it shows that, and nothing else.
#[component]
pub(crate) fn RegionPages() -> impl IntoView {
    let session = use_session();
    let params = use_params_map();
    let known = Memo::new(move |_| params.with(|p| p.get("region").is_some_and(|region| session.knows(&region))));
    view! {
        <Show when=move || known.get() fallback=Missing>
            <Outlet/>
        </Show>
    }
}

#[component]
pub(crate) fn Topics() -> impl IntoView {
    view! { <RegionEntry section=Section::Topics title=t::topics(use_lang())/> }
}

#[component]
pub(crate) fn Groups() -> impl IntoView {
    view! { <RegionEntry section=Section::Groups title=t::groups(use_lang())/> }
}

#[component]
pub(crate) fn Messages() -> impl IntoView {
    view! { <RegionEntry section=Section::Messages title=t::message_query(use_lang())/> }
}

#[component]
pub(crate) fn Rejected() -> impl IntoView {
    view! { <RegionEntry section=Section::Rejected title=t::rejected(use_lang())/> }
}
