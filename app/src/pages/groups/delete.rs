//! The confirmation before a Group ID is deleted: what stops, and its name to be typed.
use leptos::prelude::*;

use super::GroupDialogs;
use crate::api::groups::{GroupImpact, delete_group, load_group_impact};
use crate::components::submit::use_submit;
use crate::components::{Cell, Confirm, use_toasts};
use crate::i18n::{common as c, errors, figures as f, groups as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn DeleteGroup(here: Here, dialogs: GroupDialogs, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let submit = use_submit();
    let open = dialogs.delete;
    let name = dialogs.name();
    Effect::new(move |_| {
        if open.get() {
            submit.error.set(None);
        }
    });
    let confirm = move |typed: String| {
        let call = delete_group(here.id_now(), name.get_untracked(), typed);
        submit.run(call, move |()| {
            toasts.done(t::deleted_toast(lang, name.get_untracked()));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <Confirm
            open
            id="delete-group"
            title=Signal::derive(move || t::delete_of(lang, name.get()))
            name
            verb=t::delete(lang)
            busy=submit.busy
            error=submit.error
            on_confirm=confirm
        >
            <Impact here name=name.get_untracked()/>
        </Confirm>
    }
    .into_any()
}

#[component]
fn Impact(here: Here, name: String) -> impl IntoView {
    let lang = use_lang();
    let impact = LocalResource::new(move || load_group_impact(here.id_now(), name.clone()));
    view! {
        <p>{t::deletes_stop(lang)}</p>
        {move || match impact.get() {
            None => view! { <p class="hint">{c::loading(lang)}</p> }.into_any(),
            Some(Err(error)) => view! { <p class="hint">{errors::problem(lang, &error.problem)}</p> }.into_any(),
            Some(Ok(impact)) => view! { <Stops impact/> }.into_any(),
        }}
        <p class="hint">{t::deletes_progress(lang)}</p>
    }
    .into_any()
}

#[component]
fn Stops(impact: GroupImpact) -> impl IntoView {
    let lang = use_lang();
    let names = |names: Vec<String>| {
        if names.is_empty() { "-".into_any() } else { names.join(", ").into_any() }
    };
    view! {
        <dl class="kv kv-1 card-body card">
            <div>
                <dt>{t::online_clients(lang)}</dt>
                <dd>
                    <Cell figure=impact.clients show=|n| view! { <b>{n}</b> }.into_any()/>
                </dd>
            </div>
            <div>
                <dt>{t::subscribed_topics(lang)}</dt>
                <dd>
                    <Cell figure=impact.topics show=names/>
                </dd>
            </div>
            <div>
                <dt>{t::not_consumed(lang)}</dt>
                <dd>
                    <Cell figure=impact.waiting show=|n| view! { <b>{f::grouped(n.0)}</b> }.into_any()/>
                </dd>
            </div>
        </dl>
    }
    .into_any()
}
