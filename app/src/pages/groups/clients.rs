//! The connected clients of a Group.
use leptos::prelude::*;

use super::subscription::Nobody;
use crate::api::Figure;
use crate::api::groups::Client;
use crate::components::{Ago, Stamp, State, TableFigure, Tone};
use crate::i18n::groups as t;
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn Clients(clients: Figure<Vec<Client>>, at_ms: Signal<Option<i64>>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let show = move |clients: Vec<Client>| {
        if clients.is_empty() {
            return view! { <Nobody here/> }.into_any();
        }
        view! {
            <table class="table table-stack" role="table">
                <thead role="rowgroup">
                    <tr role="row">
                        <th role="columnheader">{t::client(lang)}</th>
                        <th role="columnheader">{t::address(lang)}</th>
                        <th role="columnheader">{t::language_version(lang)}</th>
                        <th role="columnheader">{t::mode(lang)}</th>
                        <th role="columnheader">{t::consume_from(lang)}</th>
                        <th role="columnheader">{t::connected(lang)}</th>
                        <th role="columnheader">{t::heartbeat(lang)}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">{clients.into_iter().map(|client| row(client, at_ms)).collect_view()}</tbody>
            </table>
        }
        .into_any()
    };
    view! { <TableFigure figure=clients what=t::connections(lang) show/> }
}

fn row(client: Client, at_ms: Signal<Option<i64>>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <tr role="row" data-s=client.id_shared.then_some("warn")>
            <th scope="row" role="rowheader">
                <span class="mono">{client.client_id}</span>
                {client
                    .id_shared
                    .then(|| {
                        view! {
                            <br/>
                            <State tone=Tone::Warn text=t::id_shared(lang)/>
                        }
                    })}
            </th>
            <td role="cell" data-l=t::address(lang)>
                <span class="mono">{client.address}</span>
            </td>
            <td role="cell" data-l=t::language_version(lang)>
                {format!("{} {}", client.language, client.version)}
            </td>
            <td role="cell" class="nowrap" data-l=t::mode(lang)>
                {format!("{} · {}", t::mode_name(lang, client.broadcasting), t::kind_name(lang, client.kind))}
            </td>
            <td role="cell" data-l=t::consume_from(lang)>
                <small class="mono">{client.consume_from}</small>
            </td>
            <td role="cell" class="t" data-l=t::connected(lang)>
                <Stamp at=client.connected_at_ms/>
            </td>
            <td role="cell" class="t" data-l=t::heartbeat(lang)>
                {move || view! { <Ago at=client.last_heartbeat_ms now=at_ms.get()/> }}
            </td>
        </tr>
    }
    .into_any()
}
