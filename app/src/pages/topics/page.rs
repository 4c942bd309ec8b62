//! One Topic: what it is, its queues, who subscribes to it.
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::row::{show_time, why_not_send};
use super::send;
use super::subscriptions::Subscriptions;
use crate::api::live::Watch;
use crate::api::topics::{QueueStatus, Topic, TopicStatus, load_topic_status};
use crate::components::copy::CopyIcon;
use crate::components::live_rows::LiveRows;
use crate::components::skeleton::TableSkeleton;
use crate::components::{
    Cell, Freshness, Icon, Kind, LiveData, Loaded, RefreshButton, StaleBar, Stamp, or_dash, use_live, use_stale,
};
use crate::frame::LiveTitle;
use crate::i18n::{Lang, common as c, figures as f, topics as t};
use crate::pages::here::{Here, InstanceCrumbs, use_here};
use crate::pages::named::{Chosen, EditDescription, StatusTabs};
use crate::settings::use_lang;

#[component]
pub(crate) fn TopicPage() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|p| p.get("topic").unwrap_or_default()));
    let list = Signal::derive(move || (here.topics(), t::title(lang).to_owned()));
    view! {
        <LiveTitle text=name/>
        <InstanceCrumbs here list title=name/>
        {move || view! { <OneTopic here name=name.get()/> }}
    }
    .into_any()
}

/// One Topic, kept live.
pub(super) fn use_topic(here: Here, name: String) -> LiveData<TopicStatus> {
    let name = StoredValue::new(name);
    use_live(
        move || (here.id(), name.get_value()),
        |(instance, name)| load_topic_status(instance, name),
        |(instance, name)| Watch::TopicStatus { instance, name },
    )
}

#[component]
fn OneTopic(here: Here, name: String) -> impl IntoView {
    let lang = use_lang();
    let (send, edit) = (Chosen::default(), Chosen::default());
    let link = StoredValue::new(untrack(|| here.topic(&name)));
    let data = use_topic(here, name);
    view! {
        <Loaded data what=t::status(lang) loading=|| view! { <TableSkeleton columns=5/> } let:status>
            <Head here status send/>
            <StatusTabs
                link=link.get_value()
                status=(t::status(lang), move || view! { <Status status data edit/> }.into_any())
                subscription=(t::subscription(lang), move || view! { <Subscriptions status data here/> }.into_any())
            />
        </Loaded>
        <send::SendMessage here chosen=send/>
        <EditDescription here chosen=edit on_done=Callback::new(move |()| data.refresh())/>
    }
    .into_any()
}

#[component]
fn Head(here: Here, status: Signal<TopicStatus>, send: Chosen<Topic>) -> impl IntoView {
    let lang = use_lang();
    let name = status.with_untracked(|s| s.topic.name.clone());
    let why_not = Memo::new(move |_| status.with(|s| why_not_send(lang, &s.topic)));
    view! {
        <div class="page-head">
            <div>
                <h1>
                    <span class="mono">{name.clone()}</span>
                    <CopyIcon text=name.clone() of=name.clone()/>
                </h1>
            </div>
            <div class="row actions">
                <a class="btn" href=here.messages_by_topic(Some(&name))>
                    {t::message_query(lang)}
                </a>
                {move || why_not.get().map(|why| view! { <span class="hint" id="send-why">{why}</span> })}
                <button
                    class="btn btn-primary"
                    type="button"
                    disabled=move || why_not.get().is_some()
                    aria-describedby=move || why_not.get().map(|_| "send-why")
                    on:click=move |_| send.choose(status.with_untracked(|s| s.topic.clone()))
                >
                    <Icon name="send"/>
                    {t::send_title(lang)}
                </button>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Status(status: Signal<TopicStatus>, data: LiveData<TopicStatus>, edit: Chosen<Topic>) -> impl IntoView {
    let lang = use_lang();
    let queues = Memo::new(move |_| status.with(|s| s.queues.clone()));
    view! {
        <div class="stack">
            <section class="card">
                <div class="card-head">
                    <h2>{t::information(lang)}</h2>
                    <div class="row">
                        <Freshness data/>
                        <RefreshButton data/>
                        <Edit status edit/>
                    </div>
                </div>
                <div class="card-body">
                    <Facts status/>
                </div>
            </section>
            <div class="table-box">
                <StaleBar data/>
                <LiveRows
                    figure=queues
                    what=t::status(lang)
                    key=|queue: &QueueStatus| queue.queue_id
                    empty=|| ().into_any()
                    heads=move || queue_heads(lang)
                    row=move |queue| queue_row(lang, queue)
                />
                <div class="table-foot">
                    <span class="hint">{t::offset_hint(lang)}</span>
                </div>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Edit(status: Signal<TopicStatus>, edit: Chosen<Topic>) -> impl IntoView {
    let lang = use_lang();
    let refused = Memo::new(move |_| status.with(|s| !s.topic.rights.manage));
    view! {
        {move || refused.get().then(|| view! { <span class="hint" id="edit-why">{c::not_allowed_manage(lang)}</span> })}
        <button
            class="btn btn-quiet btn-sm"
            type="button"
            disabled=refused
            aria-describedby=move || refused.get().then_some("edit-why")
            on:click=move |_| edit.choose(status.with_untracked(|s| s.topic.clone()))
        >
            <Icon name="edit"/>
            {c::edit(lang)}
        </button>
    }
    .into_any()
}

#[component]
fn Facts(status: Signal<TopicStatus>) -> impl IntoView {
    let lang = use_lang();
    let fixed = status.with_untracked(|s| s.topic.clone());
    let messages = Memo::new(move |_| status.with(|s| s.topic.messages.clone()));
    let last = Memo::new(move |_| status.with(|s| s.topic.last_stored_at_ms.clone()));
    let description = Memo::new(move |_| status.with(|s| or_dash(&s.topic.description)));
    let stale = use_stale();
    view! {
        <dl class="kv" data-stale=move || stale.get().then_some("")>
            <div>
                <dt>{c::message_type(lang)}</dt>
                <dd>
                    <Kind of=fixed.message_type/>
                </dd>
            </div>
            <div>
                <dt>{t::queues(lang)}</dt>
                <dd>{fixed.queues}</dd>
            </div>
            <div>
                <dt>{t::stored_messages(lang)}</dt>
                <dd>{move || view! { <Cell figure=messages.get() show=|n| f::grouped(n.0).into_any()/> }}</dd>
            </div>
            <div>
                <dt>{t::last_stored(lang)}</dt>
                <dd>{move || view! { <Cell figure=last.get() show=show_time/> }}</dd>
            </div>
            <div>
                <dt>{c::created(lang)}</dt>
                <dd>
                    <Stamp at=fixed.created_at_ms/>
                </dd>
            </div>
            <div class="kv-wide">
                <dt>{c::description(lang)}</dt>
                <dd>{description}</dd>
            </div>
        </dl>
    }
    .into_any()
}

fn queue_heads(lang: Lang) -> AnyView {
    view! {
        <th role="columnheader">{t::queue(lang)}</th>
        <th class="r" role="columnheader">{t::min_offset(lang)}</th>
        <th class="r" role="columnheader">{t::max_offset(lang)}</th>
        <th class="r" role="columnheader">{t::queue_messages(lang)}</th>
        <th role="columnheader">{t::last_stored(lang)}</th>
    }
    .into_any()
}

fn queue_row(lang: Lang, queue: Memo<QueueStatus>) -> AnyView {
    view! {
        <tr role="row">
            <th scope="row" role="rowheader" data-l=t::queue(lang)>
                {queue.with_untracked(|q| q.queue_id)}
            </th>
            <td role="cell" class="r" data-l=t::min_offset(lang)>
                {move || f::grouped(queue.get().min_offset.0)}
            </td>
            <td role="cell" class="r" data-l=t::max_offset(lang)>
                {move || f::grouped(queue.get().max_offset.0)}
            </td>
            <td role="cell" class="r" data-l=t::queue_messages(lang)>
                {move || queue.with(|q| f::grouped(q.max_offset.0.saturating_sub(q.min_offset.0)))}
            </td>
            <td role="cell" class="t" data-l=t::last_stored(lang)>
                {move || show_time(queue.get().last_stored_at_ms)}
            </td>
        </tr>
    }
    .into_any()
}
