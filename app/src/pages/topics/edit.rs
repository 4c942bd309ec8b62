//! The dialog that changes a Topic's description.
use leptos::prelude::*;

use super::TopicDialogs;
use super::create::DESCRIPTION_CHARS_MAX;
use crate::api::Field;
use crate::api::topics::{Topic, edit_topic};
use crate::components::submit::use_submit;
use crate::components::{Dialog, FormError, TextArea, use_toasts};
use crate::i18n::{common as c, topics as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn EditTopic(here: Here, dialogs: TopicDialogs, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let open = dialogs.edit;
    let name = dialogs.name();
    view! {
        <Dialog open id="edit-topic" small=true title=Signal::derive(move || t::edit_of(lang, name.get()))>
            {move || dialogs.of.get().map(|topic| view! { <Form topic here open on_done/> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(topic: Topic, here: Here, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let submit = use_submit();
    let description = RwSignal::new(topic.description.clone());
    let send = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let call = edit_topic(here.id_now(), topic.name.clone(), description.get_untracked().trim().to_owned());
        submit.run(call, move |topic| {
            toasts.done(t::saved_toast(lang, topic.name));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <form class="dlg-form" novalidate on:submit=send>
            <div class="dlg-body">
                <div class="form">
                    <FormError error=submit.error/>
                    <TextArea
                        id="edit-topic-description"
                        name="description"
                        label=c::description(lang)
                        value=description
                        error=submit.at(Field::Description)
                        count=Signal::derive(move || {
                            c::chars_count(lang, description.with(|d| d.chars().count()), DESCRIPTION_CHARS_MAX)
                        })
                        optional=true
                        rows=3
                    />
                </div>
            </div>
            <div class="dlg-foot">
                <button class="btn" type="button" on:click=move |_| open.set(false)>
                    {c::cancel(lang)}
                </button>
                <button
                    class="btn btn-primary"
                    type="submit"
                    aria-busy=move || submit.busy.get().then_some("true")
                    disabled=move || submit.busy.get()
                >
                    {move || if submit.busy.get() { c::saving(lang) } else { c::save(lang) }}
                </button>
            </div>
        </form>
    }
    .into_any()
}
