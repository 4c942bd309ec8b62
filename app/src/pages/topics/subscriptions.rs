//! Who subscribes to a Topic: one row for each Group ID, in a drawer and on the Topic's page.
use leptos::prelude::*;

use super::page::use_topic;
use super::row::show_time;
use crate::api::groups::Protocol;
use crate::api::topics::{Topic, TopicStatus, TopicSubscription};
use crate::components::live_rows::LiveRows;
use crate::components::skeleton::TableSkeleton;
use crate::components::{Cell, CloseButton, Drawer, Empty, Freshness, Icon, LiveData, Loaded, StaleBar, State, Tone};
use crate::i18n::{Lang, common as c, figures as f, groups as tg, topics as t};
use crate::pages::here::Here;
use crate::pages::named::Chosen;
use crate::settings::use_lang;

#[component]
pub(super) fn SubscriptionsDrawer(here: Here, chosen: Chosen<Topic>) -> impl IntoView {
    let lang = use_lang();
    let Chosen { open, of } = chosen;
    let subtitle = Signal::derive(move || of.with(|of| of.as_ref().map(|of| of.name.clone())));
    view! {
        <Drawer open id="topic-subscriptions" title=t::subscription(lang) subtitle>
            {move || of.get().map(|topic| view! { <DrawerBody topic here open/> })}
        </Drawer>
    }
    .into_any()
}

#[component]
fn DrawerBody(topic: Topic, here: Here, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let data = use_topic(here, topic.name);
    view! {
        <div class="dlg-body">
            <Loaded data what=t::subscription(lang) loading=|| view! { <TableSkeleton columns=5/> } let:status>
                <Subscriptions status data here/>
            </Loaded>
        </div>
        <div class="dlg-foot">
            <CloseButton open text=c::close(lang) autofocus=true/>
        </div>
    }
    .into_any()
}

/// The newest message and the table: one reading, so that they belong together.
#[component]
pub(super) fn Subscriptions(status: Signal<TopicStatus>, data: LiveData<TopicStatus>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let newest = Memo::new(move |_| status.with(|s| s.topic.last_stored_at_ms.clone()));
    let rows = Memo::new(move |_| status.with(|s| s.subscriptions.clone()));
    let nobody = move || {
        view! {
            <Empty icon="group" title=t::subscription_none(lang) why=t::subscription_none_why(lang)>
                <a class="btn" href=here.sample_code()>
                    <Icon name="code"/>
                    {tg::sample_code(lang)}
                </a>
            </Empty>
        }
        .into_any()
    };
    view! {
        <div class="stack">
            <div class="row row-between">
                <dl class="row">
                    <dt class="muted">{t::newest_message(lang)}</dt>
                    <dd>{move || view! { <Cell figure=newest.get() show=show_time/> }}</dd>
                </dl>
                <Freshness data/>
            </div>
            <div class="table-box">
                <StaleBar data/>
                <LiveRows
                    figure=rows
                    what=t::subscription(lang)
                    key=|row: &TopicSubscription| row.group.clone()
                    empty=nobody
                    heads=move || heads(lang)
                    row=move |row| group_row(row, here)
                />
            </div>
        </div>
    }
    .into_any()
}

fn heads(lang: Lang) -> AnyView {
    view! {
        <th role="columnheader">{c::group_id(lang)}</th>
        <th role="columnheader">{tg::online(lang)}</th>
        <th role="columnheader">{tg::expression(lang)}</th>
        <th role="columnheader">{tg::mode(lang)}</th>
        <th class="r" role="columnheader">{tg::waiting(lang)}</th>
    }
    .into_any()
}

fn group_row(row: Memo<TopicSubscription>, here: Here) -> AnyView {
    let lang = use_lang();
    let group = row.with_untracked(|row| row.group.clone());
    let consistent = Memo::new(move |_| row.with(|row| row.consistent));
    let clients = Memo::new(move |_| row.with(|row| row.clients));
    let expressions = Memo::new(move |_| row.with(|row| row.expressions.clone()));
    let broadcasting = Memo::new(move |_| row.with(|row| row.broadcasting));
    let waiting = Memo::new(move |_| row.with(|row| row.waiting.clone()));
    let state = move || match clients.get() {
        0 => view! { <State tone=Tone::Off text=c::no(lang)/> }.into_any(),
        n => view! { <State tone=Tone::Ok text=c::yes(lang)/> <span class="hint">{format!(" {n}")}</span> }.into_any(),
    };
    let tags = move || {
        let all = expressions.get();
        if all.is_empty() {
            return "-".into_any();
        }
        all.into_iter().map(|e| view! { <span class="tag">{e}</span> " " }).collect_view().into_any()
    };
    view! {
        <tr role="row" data-s=move || (!consistent.get()).then_some("warn")>
            <th scope="row" role="rowheader">
                <a href=here.group(Protocol::Tcp, &group)>{group.clone()}</a>
            </th>
            <td role="cell" data-l=tg::online(lang)>
                <span>{state}</span>
            </td>
            <td role="cell" data-l=tg::expression(lang)>
                <span>
                    {tags}
                    {move || {
                        (!consistent.get()).then(|| view! { <State tone=Tone::Warn text=tg::inconsistent(lang)/> })
                    }}
                </span>
            </td>
            <td role="cell" class="nowrap" data-l=tg::mode(lang)>
                {move || if clients.get() > 0 { tg::mode_name(lang, broadcasting.get()) } else { "-" }}
            </td>
            <td role="cell" class="r" data-l=tg::waiting(lang)>
                {move || view! { <Cell figure=waiting.get() show=|n| f::grouped(n.0).into_any()/> }}
            </td>
        </tr>
    }
    .into_any()
}
