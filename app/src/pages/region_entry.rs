//! Entries of the menu before an instance is chosen.
use leptos::prelude::*;

use crate::frame::RegionEntry;
use crate::i18n::shell as t;
use crate::place::Section;
use crate::settings::use_lang;

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
