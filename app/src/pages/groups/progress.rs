//! How far a Group has come: one row for each queue of each Topic.
use leptos::prelude::*;

use crate::api::Figure;
use crate::api::groups::QueueProgress;
use crate::components::live_rows::LiveRows;
use crate::components::{Empty, Stamp};
use crate::i18n::{Lang, common as c, figures as f, groups as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn Progress(progress: Memo<Figure<Vec<QueueProgress>>>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let none =
        move || view! { <Empty icon="clock" title=t::progress_none(lang) why=t::progress_none_why(lang)/> }.into_any();
    view! {
        <LiveRows
            figure=progress
            what=t::progress(lang)
            key=|row: &QueueProgress| (row.topic.clone(), row.queue_id)
            empty=none
            heads=move || heads(lang)
            row=move |row| queue_row(row, here)
            compact=true
        />
    }
}

fn heads(lang: Lang) -> AnyView {
    view! {
        <th role="columnheader">{c::topic(lang)}</th>
        <th class="r" role="columnheader">{t::queue(lang)}</th>
        <th class="r" role="columnheader">{t::position(lang)}</th>
        <th class="r" role="columnheader">{t::max_offset(lang)}</th>
        <th class="r" role="columnheader">{t::waiting(lang)}</th>
        <th role="columnheader">{t::last_committed(lang)}</th>
    }
    .into_any()
}

fn queue_row(row: Memo<QueueProgress>, here: Here) -> AnyView {
    let lang = use_lang();
    let (topic, queue_id) = row.with_untracked(|row| (row.topic.clone(), row.queue_id));
    let committed = move || match row.with(|row| (row.last_committed_ms, row.committed)) {
        (Some(at), _) => view! { <Stamp at/> }.into_any(),
        (None, Some(_)) => "-".into_any(),
        (None, None) => view! { <span class="muted">{t::not_committed(lang)}</span> }.into_any(),
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <a href=here.topic(&topic)>{topic.clone()}</a>
            </th>
            <td role="cell" class="r" data-l=t::queue(lang)>
                {queue_id}
            </td>
            <td role="cell" class="r" data-l=t::position(lang)>
                {move || f::grouped(row.get().position.0)}
            </td>
            <td role="cell" class="r" data-l=t::max_offset(lang)>
                {move || f::grouped(row.get().max_offset.0)}
            </td>
            <td role="cell" class="r" data-l=t::waiting(lang)>
                {move || f::grouped(row.get().waiting.0)}
            </td>
            <td role="cell" class="t" data-l=t::last_committed(lang)>
                {committed}
            </td>
        </tr>
    }
    .into_any()
}
