//! How far a Group has come: one row for each queue of each Topic.
use leptos::prelude::*;

use crate::api::Figure;
use crate::api::groups::QueueProgress;
use crate::components::{Empty, Stamp, TableFigure};
use crate::i18n::{common as c, figures as f, groups as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn Progress(progress: Figure<Vec<QueueProgress>>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let show = move |rows: Vec<QueueProgress>| {
        if rows.is_empty() {
            return view! {
                <Empty icon="clock" title=t::progress_none(lang) why=t::progress_none_why(lang)/>
            }
            .into_any();
        }
        view! {
            <table class="table table-stack" role="table" data-density="compact">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader">{c::topic(lang)}</th>
                        <th class="r" role="columnheader">{t::queue(lang)}</th>
                        <th class="r" role="columnheader">{t::position(lang)}</th>
                        <th class="r" role="columnheader">{t::max_offset(lang)}</th>
                        <th class="r" role="columnheader">{t::waiting(lang)}</th>
                        <th role="columnheader">{t::last_committed(lang)}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{rows.into_iter().map(|row| queue_row(row, here)).collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    view! { <TableFigure figure=progress what=t::progress(lang) show/> }
}

fn queue_row(row: QueueProgress, here: Here) -> impl IntoView {
    let lang = use_lang();
    let committed = match row.last_committed_ms {
        Some(at) => view! { <Stamp at/> }.into_any(),
        None if row.committed.is_some() => "-".into_any(),
        None => view! { <span class="muted">{t::not_committed(lang)}</span> }.into_any(),
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                <a href=here.topic(&row.topic)>{row.topic.clone()}</a>
            </th>
            <td role="cell" class="r" data-l=t::queue(lang)>
                {row.queue_id}
            </td>
            <td role="cell" class="r" data-l=t::position(lang)>
                {f::grouped(row.position.0)}
            </td>
            <td role="cell" class="r" data-l=t::max_offset(lang)>
                {f::grouped(row.max_offset.0)}
            </td>
            <td role="cell" class="r" data-l=t::waiting(lang)>
                {f::grouped(row.waiting.0)}
            </td>
            <td role="cell" class="t" data-l=t::last_committed(lang)>
                {committed}
            </td>
        </tr>
    }
    .into_any()
}
