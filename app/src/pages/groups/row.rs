//! One row of the Group list. Figures change in place; the actions stand still under the pointer.
use leptos::prelude::*;

use super::{GroupDialogs, slug};
use crate::api::Figure;
use crate::api::groups::{Group, Groups};
use crate::components::{Cell, Icon, LongId, Stamp, State, Tone};
use crate::i18n::{common as c, figures as f, groups as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn Row(name: String, groups: Signal<Groups>, here: Here, dialogs: GroupDialogs) -> impl IntoView {
    let find = move |name: &str| groups.with(|g| g.page.rows.iter().find(|r| r.name == name).cloned());
    let first = untrack(|| find(&name));
    let row = Memo::new(move |before: Option<&Option<Group>>| {
        // A row that is about to go keeps what it showed.
        find(&name).or_else(|| before.cloned().flatten())
    });
    first.map(|group| view! { <Cells group row here dialogs/> })
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

#[component]
fn Cells(group: Group, row: Memo<Option<Group>>, here: Here, dialogs: GroupDialogs) -> impl IntoView {
    let lang = use_lang();
    let online = Memo::new(move |_| row.get().map(|r| r.clients));
    let consistent = Memo::new(move |_| row.get().map(|r| r.consistent));
    let waiting = Memo::new(move |_| row.get().map(|r| r.waiting));
    let description = Memo::new(move |_| row.with(|r| r.as_ref().map(|r| r.description.clone()).unwrap_or_default()));
    let shown_description = move || {
        let text = description.get();
        if text.is_empty() { "-".to_owned() } else { text }
    };
    let page = here.group(slug(group.protocol), &group.name);
    view! {
        <tr role="row">
            <th class="idcol" scope="row" role="rowheader">
                <LongId value=group.name.clone() name=true href=page/>
            </th>
            <td role="cell" data-l=t::online(lang)>
                {move || online.get().map(|clients| view! { <Online clients yes=c::yes(lang) no=c::no(lang)/> })}
            </td>
            <td role="cell" data-l=t::subscription(lang)>
                {move || {
                    consistent
                        .get()
                        .map(|of| {
                            view! { <Consistent consistent=of yes=t::consistent(lang) no=t::inconsistent(lang)/> }
                        })
                }}
            </td>
            <td role="cell" class="r" data-l=t::waiting(lang)>
                {move || {
                    waiting.get().map(|figure| view! { <Cell figure show=|n| f::grouped(n.0).into_any()/> })
                }}
            </td>
            <td role="cell" class="clip hide-mid" data-l=c::description(lang) title=move || description.get()>
                {shown_description}
            </td>
            <td role="cell" class="t" data-l=c::created(lang)>
                <Stamp at=group.created_at_ms/>
            </td>
            <td role="cell" class="acts">
                <Actions group row here dialogs/>
            </td>
        </tr>
    }
    .into_any()
}

#[component]
fn Actions(group: Group, row: Memo<Option<Group>>, here: Here, dialogs: GroupDialogs) -> impl IntoView {
    let lang = use_lang();
    let menu = format!("group-more-{}", group.name);
    let page = here.group(slug(group.protocol), &group.name);
    let may_manage = move || row.with(|r| r.as_ref().is_some_and(|r| r.rights.manage));
    let open = move |dialog: RwSignal<bool>| {
        if let Some(group) = row.get_untracked() {
            dialogs.open(dialog, group);
        }
    };
    let item = move |icon: &'static str, text: &'static str, bad: bool, dialog: RwSignal<bool>| {
        view! {
            <button
                class=if bad { "bad" } else { "" }
                type="button"
                aria-disabled=move || (!may_manage()).then_some("true")
                on:click=move |_| {
                    if may_manage() {
                        open(dialog);
                    }
                }
            >
                <Icon name=icon/>
                <span>
                    {text} {move || (!may_manage()).then(|| view! { <small>{c::not_allowed_manage(lang)}</small> })}
                </span>
            </button>
        }
    };
    view! {
        <div>
            <button class="link" type="button" on:click=move |_| open(dialogs.subscription)>
                {t::subscription(lang)}
            </button>
            <a class="link" href=page.clone()>
                {t::consumer_status(lang)}
            </a>
            <button class="link" type="button" popovertarget=menu.clone()>
                {c::more(lang)}
                <Icon name="down"/>
            </button>
        </div>
        <div class="menu" id=menu popover="auto">
            <a href=page>
                <Icon name="info"/>
                {c::details(lang)}
            </a>
            {item("edit", c::edit(lang), false, dialogs.edit)}
            <hr/>
            {item("trash", c::delete(lang), true, dialogs.delete)}
        </div>
    }
    .into_any()
}
