//! One row of the Group list.
use leptos::prelude::*;

use super::GroupDialogs;
use crate::api::Figure;
use crate::api::groups::Group;
use crate::components::{Cell, State, Tone};
use crate::i18n::{common as c, figures as f, groups as t};
use crate::pages::here::Here;
use crate::pages::named::{MoreMenu, NamedRow, NamedTableRow};
use crate::settings::use_lang;

#[component]
pub(super) fn Row(group: Memo<Group>, here: Here, dialogs: GroupDialogs) -> impl IntoView {
    let lang = use_lang();
    let online = Memo::new(move |_| group.with(|g| g.clients.clone()));
    let consistent = Memo::new(move |_| group.with(|g| g.consistent.clone()));
    let waiting = Memo::new(move |_| group.with(|g| g.waiting.clone()));
    let cells = view! {
        <td role="cell" data-l=t::online(lang)>
            {move || view! { <Online clients=online.get() yes=c::yes(lang) no=c::no(lang)/> }}
        </td>
        <td role="cell" data-l=t::subscription(lang)>
            {move || {
                view! {
                    <Consistent consistent=consistent.get() yes=t::consistent(lang) no=t::inconsistent(lang)/>
                }
            }}
        </td>
        <td role="cell" class="r" data-l=t::waiting(lang)>
            {move || view! { <Cell figure=waiting.get() show=|n| f::grouped(n.0).into_any()/> }}
        </td>
    }
    .into_any();
    let page = group.with_untracked(|g| g.address(here));
    let actions = view! {
        <div>
            <button
                class="link"
                type="button"
                on:click=move |_| dialogs.subscription.choose(group.get_untracked())
            >
                {t::subscription(lang)}
            </button>
            <a class="link" href=page>
                {t::consumer_status(lang)}
            </a>
            <MoreMenu row=group here edit=dialogs.edit delete=dialogs.delete/>
        </div>
    }
    .into_any();
    view! { <NamedTableRow row=group here cells actions/> }
}

/// Online: yes, no (grey, since it is normal), or unknown with the reason.
#[component]
pub(super) fn Online(clients: Figure<u32>, yes: &'static str, no: &'static str) -> impl IntoView {
    view! {
        <Cell
            figure=clients
            show=move |n| {
                if n > 0 {
                    view! { <State tone=Tone::Ok text=yes/> }.into_any()
                } else {
                    view! { <State tone=Tone::Off text=no/> }.into_any()
                }
            }
        />
    }
    .into_any()
}

/// Consistent, inconsistent, or a dash while nobody is online.
#[component]
pub(super) fn Consistent(consistent: Figure<Option<bool>>, yes: &'static str, no: &'static str) -> impl IntoView {
    view! {
        <Cell
            figure=consistent
            show=move |of| match of {
                Some(true) => view! { <State tone=Tone::Ok text=yes/> }.into_any(),
                Some(false) => view! { <State tone=Tone::Warn text=no/> }.into_any(),
                None => view! { <span class="muted">"-"</span> }.into_any(),
            }
        />
    }
    .into_any()
}
