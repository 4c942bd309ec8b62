//! One row of the Topic list. Figures change in place; the actions stand still under the pointer.
use leptos::prelude::*;

use super::TopicDialogs;
use crate::api::topics::{Topic, Topics};
use crate::components::{Cell, Icon, Kind, LongId, Stamp};
use crate::i18n::{common as c, figures as f, topics as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn Row(name: String, topics: Signal<Topics>, here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let find = move |name: &str| topics.with(|t| t.page.rows.iter().find(|r| r.name == name).cloned());
    let first = untrack(|| find(&name));
    let row = Memo::new(move |before: Option<&Option<Topic>>| {
        // A row that is about to go keeps what it showed.
        find(&name).or_else(|| before.cloned().flatten())
    });
    first.map(|topic| view! { <Cells topic row here dialogs/> })
}

#[component]
fn Cells(topic: Topic, row: Memo<Option<Topic>>, here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let messages = move || row.get().map(|r| view! { <Cell figure=r.messages show=|n| f::grouped(n.0).into_any()/> });
    let last = move || row.get().map(|r| view! { <Cell figure=r.last_stored_at_ms show=show_time/> });
    let description = Memo::new(move |_| row.with(|r| r.as_ref().map(|r| r.description.clone()).unwrap_or_default()));
    let shown_description = move || {
        let text = description.get();
        if text.is_empty() { "-".to_owned() } else { text }
    };
    view! {
        <tr role="row">
            <th class="idcol" scope="row" role="rowheader">
                <LongId value=topic.name.clone() name=true href=here.topic(&topic.name)/>
            </th>
            <td role="cell" data-l=c::message_type(lang)>
                <Kind of=topic.message_type/>
            </td>
            <td role="cell" class="r" data-l=t::stored_messages(lang)>
                {messages}
            </td>
            <td role="cell" class="t" data-l=t::last_stored(lang)>
                {last}
            </td>
            <td role="cell" class="clip hide-mid" data-l=c::description(lang) title=move || description.get()>
                {shown_description}
            </td>
            <td role="cell" class="t" data-l=c::created(lang)>
                <Stamp at=topic.created_at_ms/>
            </td>
            <td role="cell" class="acts">
                <Actions topic row here dialogs/>
            </td>
        </tr>
    }
    .into_any()
}

/// A store time, or that nothing is stored.
pub(super) fn show_time(at: Option<i64>) -> AnyView {
    match at {
        Some(at) => view! { <Stamp at/> }.into_any(),
        None => "-".into_any(),
    }
}

#[component]
fn Actions(topic: Topic, row: Memo<Option<Topic>>, here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let menu = format!("topic-more-{}", topic.name);
    let sendable = topic.message_type.can_be_created();
    let may_send = move || row.with(|r| r.as_ref().is_some_and(|r| r.rights.publish));
    let may_manage = move || row.with(|r| r.as_ref().is_some_and(|r| r.rights.manage));
    let why_not_send = move || {
        if !sendable {
            Some(t::not_sendable(lang))
        } else if !may_send() {
            Some(c::not_allowed_manage(lang))
        } else {
            None
        }
    };
    let open = move |dialog: RwSignal<bool>| {
        if let Some(topic) = row.get_untracked() {
            dialogs.open(dialog, topic);
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
            <button
                class="link"
                type="button"
                disabled=move || why_not_send().is_some()
                title=why_not_send
                on:click=move |_| open(dialogs.send)
            >
                {t::send(lang)}
            </button>
            <button class="link" type="button" on:click=move |_| open(dialogs.subscriptions)>
                {t::subscription(lang)}
            </button>
            <button class="link" type="button" popovertarget=menu.clone()>
                {c::more(lang)}
                <Icon name="down"/>
            </button>
        </div>
        <div class="menu" id=menu popover="auto">
            <a href=here.topic(&topic.name)>
                <Icon name="info"/>
                {c::details(lang)}
            </a>
            <a href=here.messages_by_topic(Some(&topic.name))>
                <Icon name="search"/>
                {t::message_query(lang)}
            </a>
            {item("edit", c::edit(lang), false, dialogs.edit)}
            <hr/>
            {item("trash", c::delete(lang), true, dialogs.delete)}
        </div>
    }
    .into_any()
}
