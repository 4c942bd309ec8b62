//! The confirmation before a Topic is deleted: what stops, and its name to be typed.
use leptos::prelude::*;

use super::TopicDialogs;
use crate::api::topics::{TopicImpact, delete_topic, load_topic_impact};
use crate::components::submit::use_submit;
use crate::components::{Cell, Confirm, use_toasts};
use crate::i18n::{common as c, errors, figures as f, topics as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn DeleteTopic(here: Here, dialogs: TopicDialogs, on_done: Callback<()>) -> impl IntoView {
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
        let call = delete_topic(here.id_now(), name.get_untracked(), typed);
        submit.run(call, move |()| {
            toasts.done(t::deleted_toast(lang, name.get_untracked()));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <Confirm
            open
            id="delete-topic"
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
    let impact = LocalResource::new(move || load_topic_impact(here.id_now(), name.clone()));
    view! {
        <p>{t::deletes_stop(lang)}</p>
        {move || match impact.get() {
            None => view! { <p class="hint">{c::loading(lang)}</p> }.into_any(),
            Some(Err(error)) => view! { <p class="hint">{errors::problem(lang, &error.problem)}</p> }.into_any(),
            Some(Ok(impact)) => view! { <Stops impact/> }.into_any(),
        }}
    }
    .into_any()
}

#[component]
fn Stops(impact: TopicImpact) -> impl IntoView {
    let lang = use_lang();
    let names = |names: Vec<String>| {
        if names.is_empty() { "-".into_any() } else { names.join(", ").into_any() }
    };
    view! {
        <dl class="kv kv-1 card-body card">
            <div>
                <dt>{t::deletes_clients(lang)}</dt>
                <dd>
                    <Cell figure=impact.producers show=move |n| t::deletes_producers(lang, n).into_any()/>
                    " · "
                    <Cell figure=impact.consumers show=move |n| t::deletes_consumers(lang, n).into_any()/>
                </dd>
            </div>
            <div>
                <dt>{c::group_id(lang)}</dt>
                <dd>
                    <Cell figure=impact.groups show=names/>
                </dd>
            </div>
            <div>
                <dt>{t::deletes_messages(lang)}</dt>
                <dd>
                    <Cell figure=impact.messages show=|n| view! { <b>{f::grouped(n.0)}</b> }.into_any()/>
                </dd>
            </div>
        </dl>
    }
    .into_any()
}
