//! One Topic: what it is, its queues, who subscribes it.
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::row::show_time;
use super::subscriptions::Subscriptions;
use super::{TopicDialogs, edit, send};
use crate::api::live::{Reading, Watch};
use crate::api::topics::{QueueStatus, TopicStatus, load_topic_status};
use crate::components::skeleton::TableSkeleton;
use crate::components::{Cell, Freshness, Icon, Kind, LiveData, Loaded, StaleBar, Stamp, TableFigure, use_live};
use crate::i18n::{common as c, figures as f, topics as t};
use crate::pages::here::{Here, InstanceCrumbs, use_here};
use crate::settings::use_lang;

const TAB: &str = "tab";
const SUBSCRIPTION: &str = "subscription";

#[component]
pub(crate) fn TopicPage() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|p| p.get("topic").unwrap_or_default()));
    let list = Signal::derive(move || (here.topics(), t::title(lang).to_owned()));
    view! {
        <leptos_meta::Title text=move || name.get()/>
        <InstanceCrumbs here list title=name/>
        {move || view! { <OneTopic here name=name.get()/> }}
    }
    .into_any()
}

#[component]
fn OneTopic(here: Here, name: String) -> impl IntoView {
    let lang = use_lang();
    let query = use_query_map();
    let on_subscription = Memo::new(move |_| query.with(|q| q.get(TAB).as_deref() == Some(SUBSCRIPTION)));
    let dialogs = TopicDialogs::new();
    let link = StoredValue::new(untrack(|| here.topic(&name)));
    let name = StoredValue::new(name);
    let data = use_live(
        move || (here.id(), name.get_value()),
        |(instance, name)| load_topic_status(instance, name),
        |(instance, name)| Watch::TopicStatus { instance, name },
        |reading| match reading {
            Reading::TopicStatus(status) => Some(*status),
            _ => None,
        },
    );
    view! {
        <Loaded data what=t::status(lang) loading=|| view! { <TableSkeleton columns=5/> } let:status>
            <Head here status dialogs/>
            <nav class="tabs">
                <a class="tab" href=link.get_value() aria-current=move || (!on_subscription.get()).then_some("page")>
                    {t::status(lang)}
                </a>
                <a
                    class="tab"
                    href=format!("{}?{TAB}={SUBSCRIPTION}", link.get_value())
                    aria-current=move || on_subscription.get().then_some("page")
                >
                    {t::subscription(lang)}
                </a>
            </nav>
            {move || {
                if on_subscription.get() {
                    view! { <Subscriptions here name=name.get_value()/> }.into_any()
                } else {
                    view! { <Status status data dialogs/> }.into_any()
                }
            }}
        </Loaded>
        <send::SendMessage here dialogs/>
        <edit::EditTopic here dialogs on_done=Callback::new(move |()| data.refresh())/>
    }
    .into_any()
}

#[component]
fn Head(here: Here, status: Signal<TopicStatus>, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let topic = Memo::new(move |_| status.with(|s| s.topic.clone()));
    let may_send = move || topic.with(|t| t.rights.publish && t.message_type.can_be_created());
    view! {
        <div class="page-head">
            <div>
                <h1>
                    <span class="mono">{move || topic.with(|t| t.name.clone())}</span>
                </h1>
            </div>
            <div class="row actions">
                <a class="btn" href=move || topic.with(|t| here.messages_by_topic(Some(&t.name)))>
                    {t::message_query(lang)}
                </a>
                <button
                    class="btn btn-primary"
                    type="button"
                    disabled=move || !may_send()
                    on:click=move |_| dialogs.open(dialogs.send, topic.get_untracked())
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
fn Status(status: Signal<TopicStatus>, data: LiveData<TopicStatus>, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let facts = move || {
        let topic = status.with(|s| s.topic.clone());
        let description = if topic.description.is_empty() { "-".to_owned() } else { topic.description };
        view! {
            <dl class="kv">
                <div>
                    <dt>{c::message_type(lang)}</dt>
                    <dd>
                        <Kind of=topic.message_type/>
                    </dd>
                </div>
                <div>
                    <dt>{t::queues(lang)}</dt>
                    <dd>{topic.queues}</dd>
                </div>
                <div>
                    <dt>{t::stored_messages(lang)}</dt>
                    <dd>
                        <Cell figure=topic.messages show=|n| f::grouped(n.0).into_any()/>
                    </dd>
                </div>
                <div>
                    <dt>{t::last_stored(lang)}</dt>
                    <dd>
                        <Cell figure=topic.last_stored_at_ms show=show_time/>
                    </dd>
                </div>
                <div>
                    <dt>{c::created(lang)}</dt>
                    <dd>
                        <Stamp at=topic.created_at_ms/>
                    </dd>
                </div>
                <div class="kv-wide">
                    <dt>{c::description(lang)}</dt>
                    <dd>{description}</dd>
                </div>
            </dl>
        }
    };
    let may_manage = move || status.with(|s| s.topic.rights.manage);
    view! {
        <div class="stack">
            <section class="card">
                <div class="card-head">
                    <h2>{t::information(lang)}</h2>
                    <Freshness data/>
                    {move || {
                        may_manage()
                            .then(|| {
                                view! {
                                    <button
                                        class="btn btn-quiet btn-sm"
                                        type="button"
                                        on:click=move |_| {
                                            dialogs.open(dialogs.edit, status.with_untracked(|s| s.topic.clone()));
                                        }
                                    >
                                        <Icon name="edit"/>
                                        {c::edit(lang)}
                                    </button>
                                }
                            })
                    }}
                </div>
                <div class="card-body">{facts}</div>
            </section>
            <div class="table-box">
                <StaleBar data/>
                {move || {
                    let queues = status.with(|s| s.queues.clone());
                    view! { <TableFigure figure=queues what=t::status(lang) show=|queues| view! { <Queues queues/> }.into_any()/> }
                }}
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Queues(queues: Vec<QueueStatus>) -> impl IntoView {
    let lang = use_lang();
    let rows = queues
        .into_iter()
        .map(|queue| {
            let messages = queue.max_offset.0.saturating_sub(queue.min_offset.0);
            view! {
                <tr role="row">
                    <th scope="row" role="rowheader">
                        {queue.queue_id}
                    </th>
                    <td role="cell" class="r" data-l=t::min_offset(lang)>
                        {f::grouped(queue.min_offset.0)}
                    </td>
                    <td role="cell" class="r" data-l=t::max_offset(lang)>
                        {f::grouped(queue.max_offset.0)}
                    </td>
                    <td role="cell" class="r" data-l=t::queue_messages(lang)>
                        {f::grouped(messages)}
                    </td>
                    <td role="cell" class="t" data-l=t::last_stored(lang)>
                        {show_time(queue.last_stored_at_ms)}
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table table-stack" role="table">
            <thead role="rowgroup">
                <tr role="row">
                    <th role="columnheader">{t::queue(lang)}</th>
                    <th class="r" role="columnheader">{t::min_offset(lang)}</th>
                    <th class="r" role="columnheader">{t::max_offset(lang)}</th>
                    <th class="r" role="columnheader">{t::queue_messages(lang)}</th>
                    <th role="columnheader">{t::last_stored(lang)}</th>
                </tr>
            </thead>
            <tbody role="rowgroup">{rows}</tbody>
        </table>
        <div class="table-foot">
            <span class="hint">{t::offset_hint(lang)}</span>
        </div>
    }
    .into_any()
}
