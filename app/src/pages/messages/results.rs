//! The rows of a search.
use leptos::prelude::*;

use crate::api::messages::MessageRow;
use crate::components::{LongId, StackTable, Stamp};
use crate::i18n::{common as c, figures as f, messages as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

/// `selected`: offset id of the row that is shown in full below.
#[component]
pub(super) fn Results(
    rows: Vec<MessageRow>,
    here: Here,
    #[prop(optional_no_strip)] selected: Option<String>,
) -> impl IntoView {
    let lang = use_lang();
    let heads = view! {
        <th role="columnheader">{t::message_id(lang)}</th>
        <th role="columnheader">{c::topic(lang)}</th>
        <th role="columnheader">{t::tag(lang)}</th>
        <th role="columnheader">{t::key(lang)}</th>
        <th class="r" role="columnheader">{t::body_size(lang)}</th>
        <th role="columnheader">{t::stored_at(lang)}</th>
        <th class="acts" role="columnheader">{c::actions(lang)}</th>
    }
    .into_any();
    view! {
        <StackTable heads>
            {rows
                .into_iter()
                .map(|row| {
                    let is_selected = selected.as_ref() == Some(&row.offset_id);
                    message_row(row, here, is_selected)
                })
                .collect_view()}
        </StackTable>
    }
    .into_any()
}

/// Keys that are written out in a row.
const KEYS_SHOWN_MAX: usize = 3;

fn message_row(row: MessageRow, here: Here, is_selected: bool) -> impl IntoView {
    let lang = use_lang();
    let page = here.message(&row.offset_id);
    let topic = here.topic(&row.topic);
    let more = row.keys.len().saturating_sub(KEYS_SHOWN_MAX);
    let keys = if row.keys.is_empty() {
        "-".into_any()
    } else {
        let shown = row.keys.iter().take(KEYS_SHOWN_MAX).cloned().collect::<Vec<_>>().join(" ");
        view! {
            <span class="mono">{shown}</span>
            {(more > 0).then(|| view! { <small class="muted">{format!(" +{more}")}</small> })}
        }
        .into_any()
    };
    view! {
        <tr role="row" aria-selected=is_selected.then_some("true")>
            <th class="idcol" scope="row" role="rowheader">
                <LongId value=row.message_id href=page.clone()/>
            </th>
            <td role="cell" data-l=c::topic(lang)>
                <a href=topic>{row.topic}</a>
            </td>
            <td role="cell" data-l=t::tag(lang)>
                {match row.tag {
                    Some(tag) => view! { <span class="tag">{tag}</span> }.into_any(),
                    None => "-".into_any(),
                }}
            </td>
            <td role="cell" class="clip" data-l=t::key(lang) title=row.keys.join(" ")>
                <span>{keys}</span>
            </td>
            <td role="cell" class="r" data-l=t::body_size(lang)>
                {f::bytes(row.body_bytes.into())}
            </td>
            <td role="cell" class="t" data-l=t::stored_at(lang)>
                <Stamp at=row.stored_at_ms ms=true/>
            </td>
            <td role="cell" class="acts">
                <div>
                    <a class="link" href=page>
                        {c::details(lang)}
                    </a>
                </div>
            </td>
        </tr>
    }
    .into_any()
}
