//! Who subscribes a Topic: one row for each Group ID, in a drawer and on the Topic's page.
use leptos::prelude::*;

use super::TopicDialogs;
use super::row::show_time;
use crate::api::Figure;
use crate::api::live::{Reading, Watch};
use crate::api::topics::{TopicSubscription, load_topic_subscriptions};
use crate::components::skeleton::TableSkeleton;
use crate::components::{Cell, Drawer, Empty, Freshness, Loaded, StaleBar, State, TableFigure, Tone, use_live};
use crate::i18n::{common as c, figures as f, groups as tg, topics as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

type Subscriptions = Figure<Vec<TopicSubscription>>;

#[component]
pub(super) fn SubscriptionsDrawer(here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let open = dialogs.subscriptions;
    let subtitle = Signal::derive(move || dialogs.of.with(|of| of.as_ref().map(|of| of.name.clone())));
    view! {
        <Drawer open id="topic-subscriptions" title=t::subscription(lang) subtitle>
            <div class="dlg-body">
                {move || {
                    dialogs
                        .of
                        .get()
                        .map(|topic| {
                            view! {
                                <div class="stack">
                                    <dl class="kv kv-1">
                                        <div>
                                            <dt>{t::newest_message(lang)}</dt>
                                            <dd>
                                                <Cell figure=topic.last_stored_at_ms show=show_time/>
                                            </dd>
                                        </div>
                                    </dl>
                                    <Subscriptions here name=topic.name/>
                                </div>
                            }
                        })
                }}
            </div>
            <div class="dlg-foot">
                <button class="btn" type="button" data-autofocus="" on:click=move |_| open.set(false)>
                    {c::close(lang)}
                </button>
            </div>
        </Drawer>
    }
    .into_any()
}

/// The table, kept live.
#[component]
pub(super) fn Subscriptions(here: Here, name: String) -> impl IntoView {
    let lang = use_lang();
    let name = StoredValue::new(name);
    let data = use_live(
        move || (here.id(), name.get_value()),
        |(instance, name)| load_topic_subscriptions(instance, name),
        |(instance, name)| Watch::TopicSubscriptions { instance, name },
        |reading| match reading {
            Reading::TopicSubscriptions(rows) => Some(rows),
            _ => None,
        },
    );
    view! {
        <div class="stack stack-sm">
            <div class="row row-end">
                <Freshness data/>
            </div>
            <Loaded data what=t::subscription(lang) loading=|| view! { <TableSkeleton columns=5/> } let:rows>
                <div class="table-box">
                    <StaleBar data/>
                    {move || rows.with(|rows| view! { <Rows rows=rows.clone() here/> })}
                </div>
            </Loaded>
        </div>
    }
    .into_any()
}

#[component]
fn Rows(rows: Subscriptions, here: Here) -> impl IntoView {
    let lang = use_lang();
    let show = move |rows: Vec<TopicSubscription>| {
        if rows.is_empty() {
            return view! {
                <Empty icon="group" title=t::subscription_none(lang) why=t::subscription_none_why(lang)>
                    <a class="btn" href=here.sample_code()>
                        {tg::sample_code(lang)}
                    </a>
                </Empty>
            }
            .into_any();
        }
        view! {
            <table class="table table-stack" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader">{c::group_id(lang)}</th>
                        <th role="columnheader">{tg::online(lang)}</th>
                        <th role="columnheader">{tg::expression(lang)}</th>
                        <th role="columnheader">{tg::mode(lang)}</th>
                        <th class="r" role="columnheader">{t::waiting(lang)}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.into_iter().map(|row| group_row(row, here)).collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    view! { <TableFigure figure=rows what=t::subscription(lang) show/> }
}

fn group_row(row: TopicSubscription, here: Here) -> impl IntoView {
    let lang = use_lang();
    let online = row.clients > 0;
    let state = if online {
        view! { <State tone=Tone::Ok text=c::yes(lang)/> <span class="hint">{format!(" {}", row.clients)}</span> }
            .into_any()
    } else {
        view! { <State tone=Tone::Off text=c::no(lang)/> }.into_any()
    };
    let expressions = if row.expressions.is_empty() {
        "-".into_any()
    } else {
        row.expressions.into_iter().map(|e| view! { <span class="tag">{e}</span> " " }).collect_view().into_any()
    };
    view! {
        <tr role="row" data-s=(!row.consistent).then_some("warn")>
            <th scope="row" role="rowheader">
                <a href=here.group("tcp", &row.group)>{row.group.clone()}</a>
            </th>
            <td role="cell" data-l=tg::online(lang)>
                <span>{state}</span>
            </td>
            <td role="cell" data-l=tg::expression(lang)>
                <span>
                    {expressions}
                    {(!row.consistent).then(|| view! { <State tone=Tone::Warn text=tg::inconsistent(lang)/> })}
                </span>
            </td>
            <td role="cell" class="nowrap" data-l=tg::mode(lang)>
                {if online { tg::mode_name(lang, row.broadcasting) } else { "-" }}
            </td>
            <td role="cell" class="r" data-l=t::waiting(lang)>
                <Cell figure=row.waiting show=|n| f::grouped(n.0).into_any()/>
            </td>
        </tr>
    }
    .into_any()
}
