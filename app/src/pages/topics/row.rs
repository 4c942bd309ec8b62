//! One row of the Topic list.
use leptos::prelude::*;

use super::TopicDialogs;
use crate::api::topics::Topic;
use crate::components::{Cell, Icon, Kind, Stamp};
use crate::i18n::{Lang, common as c, figures as f, topics as t};
use crate::pages::here::Here;
use crate::pages::named::{MoreMenu, NamedTableRow, Refusable};
use crate::settings::use_lang;

#[component]
pub(super) fn Row(topic: Memo<Topic>, here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let message_type = topic.with_untracked(|t| t.message_type);
    let messages = Memo::new(move |_| topic.with(|t| t.messages.clone()));
    let last = Memo::new(move |_| topic.with(|t| t.last_stored_at_ms.clone()));
    let cells = view! {
        <td role="cell" data-l=c::message_type(lang)>
            <Kind of=message_type/>
        </td>
        <td role="cell" class="r" data-l=t::stored_messages(lang)>
            {move || view! { <Cell figure=messages.get() show=|n| f::grouped(n.0).into_any()/> }}
        </td>
        <td role="cell" class="t" data-l=t::last_stored(lang)>
            {move || view! { <Cell figure=last.get() show=show_time/> }}
        </td>
    }
    .into_any();
    let actions = view! { <Actions topic here dialogs/> }.into_any();
    view! { <NamedTableRow row=topic here cells actions/> }
}

/// A store time, or that nothing is stored.
pub(super) fn show_time(at: Option<i64>) -> AnyView {
    match at {
        Some(at) => view! { <Stamp at/> }.into_any(),
        None => "-".into_any(),
    }
}

/// Why a message can't be sent to it from here; `None`: it can.
pub(super) fn why_not_send(lang: Lang, topic: &Topic) -> Option<&'static str> {
    if !topic.message_type.can_be_created() {
        Some(t::not_sendable(lang))
    } else if !topic.rights.publish {
        Some(c::not_allowed_manage(lang))
    } else {
        None
    }
}

#[component]
fn Actions(topic: Memo<Topic>, here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let name = topic.with_untracked(|t| t.name.clone());
    let why_not = Signal::derive(move || topic.with(|t| why_not_send(lang, t)));
    let send = Callback::new(move |()| dialogs.send.choose(topic.get_untracked()));
    view! {
        <div>
            <Refusable id=format!("send-{name}") text=t::send(lang) why_not on_click=send/>
            <button
                class="link"
                type="button"
                on:click=move |_| dialogs.subscriptions.choose(topic.get_untracked())
            >
                {t::subscription(lang)}
            </button>
            <MoreMenu row=topic here edit=dialogs.edit delete=dialogs.delete>
                <a href=here.messages_by_topic(Some(&name))>
                    <Icon name="search"/>
                    {t::message_query(lang)}
                </a>
            </MoreMenu>
        </div>
    }
    .into_any()
}
