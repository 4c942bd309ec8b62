//! The connected clients of a Group.
use leptos::prelude::*;

use super::subscription::Nobody;
use crate::api::Figure;
use crate::api::groups::Client;
use crate::components::live_rows::LiveRows;
use crate::components::{Ago, LongId, Stamp, State, Tone};
use crate::i18n::{Lang, groups as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn Clients(clients: Memo<Figure<Vec<Client>>>, at_ms: Signal<Option<i64>>, here: Here) -> impl IntoView {
    let lang = use_lang();
    view! {
        <LiveRows
            figure=clients
            what=t::connections(lang)
            key=|client: &Client| (client.client_id.clone(), client.address.clone())
            empty=move || view! { <Nobody here/> }.into_any()
            heads=move || heads(lang)
            row=move |client| row(client, at_ms)
        />
    }
}

fn heads(lang: Lang) -> AnyView {
    view! {
        <th role="columnheader">{t::client(lang)}</th>
        <th role="columnheader">{t::address(lang)}</th>
        <th role="columnheader">{t::language_version(lang)}</th>
        <th role="columnheader">{t::mode(lang)}</th>
        <th role="columnheader">{t::consume_from(lang)}</th>
        <th role="columnheader">{t::connected(lang)}</th>
        <th role="columnheader">{t::heartbeat(lang)}</th>
    }
    .into_any()
}

fn row(client: Memo<Client>, at_ms: Signal<Option<i64>>) -> AnyView {
    let lang = use_lang();
    let (id, address) = client.with_untracked(|c| (c.client_id.clone(), c.address.clone()));
    let id_shared = Memo::new(move |_| client.with(|c| c.id_shared));
    let shared = move || {
        id_shared.get().then(|| {
            view! {
                <br/>
                <State tone=Tone::Warn text=t::id_shared(lang)/>
            }
        })
    };
    let mode =
        move || client.with(|c| format!("{} · {}", t::mode_name(lang, c.broadcasting), t::kind_name(lang, c.kind)));
    let connected = Memo::new(move |_| client.with(|c| c.connected_at_ms));
    view! {
        <tr role="row" data-s=move || id_shared.get().then_some("warn")>
            <th class="idcol" scope="row" role="rowheader">
                <LongId value=id/>
                {shared}
            </th>
            <td role="cell" data-l=t::address(lang)>
                <LongId value=address/>
            </td>
            <td role="cell" data-l=t::language_version(lang)>
                {move || client.with(|c| format!("{} {}", c.language, c.version))}
            </td>
            <td role="cell" class="nowrap" data-l=t::mode(lang)>
                {mode}
            </td>
            <td role="cell" data-l=t::consume_from(lang)>
                <small class="mono">{move || client.with(|c| c.consume_from.clone())}</small>
            </td>
            <td role="cell" class="t" data-l=t::connected(lang)>
                {move || view! { <Stamp at=connected.get()/> }}
            </td>
            <td role="cell" class="t" data-l=t::heartbeat(lang)>
                {move || view! { <Ago at=client.with(|c| c.last_heartbeat_ms) now=at_ms.get()/> }}
            </td>
        </tr>
    }
    .into_any()
}
