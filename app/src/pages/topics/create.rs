//! The dialog that creates a Topic.
use leptos::prelude::*;

use super::TopicDialogs;
use crate::api::Field;
use crate::api::topics::{MessageType, create_topic};
use crate::components::submit::use_submit;
use crate::components::{Dialog, FormError, TextArea, TextField, use_toasts};
use crate::i18n::{common as c, topics as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

const NAME_CHARS_MAX: usize = 64;
pub(super) const DESCRIPTION_CHARS_MAX: usize = 128;

#[component]
pub(super) fn CreateTopic(here: Here, dialogs: TopicDialogs, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let open = dialogs.create;
    view! {
        <Dialog open id="create-topic" title=t::create(lang)>
            <Form here open on_done/>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(here: Here, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let submit = use_submit();
    let name = RwSignal::new(String::new());
    let message_type = RwSignal::new(MessageType::Normal);
    let description = RwSignal::new(String::new());
    let send = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let call = create_topic(
            here.id_now(),
            name.get_untracked().trim().to_owned(),
            message_type.get_untracked(),
            None,
            description.get_untracked().trim().to_owned(),
        );
        submit.run(call, move |topic| {
            toasts.done(t::created_toast(lang, topic.name));
            open.set(false);
            on_done.run(());
        });
    };
    let type_error = submit.at(Field::MessageType);
    view! {
        <form class="dlg-form" novalidate on:submit=send>
            <div class="dlg-body">
                <div class="form">
                    <FormError error=submit.error/>
                    <TextField
                        id="topic-name"
                        name="name"
                        label=c::topic(lang)
                        value=name
                        error=submit.at(Field::TopicName)
                        max=NAME_CHARS_MAX
                        hint=t::name_hint(lang)
                        autofocus=true
                    />
                    <fieldset class="field">
                        <legend class="label">{c::message_type(lang)}</legend>
                        <div class="choice">
                            {MessageType::ALL.into_iter().map(|of| type_choice(of, message_type)).collect_view()}
                        </div>
                        {move || {
                            type_error
                                .get()
                                .map(|text| view! { <crate::components::ErrorLine id="topic-type-e".to_owned() text/> })
                        }}
                        <p class="hint">{t::type_fixed(lang)}</p>
                    </fieldset>
                    <TextArea
                        id="topic-description"
                        name="description"
                        label=c::description(lang)
                        value=description
                        error=submit.at(Field::Description)
                        count=Signal::derive(move || {
                            c::chars_count(lang, description.with(|d| d.chars().count()), DESCRIPTION_CHARS_MAX)
                        })
                        optional=true
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
                    {move || if submit.busy.get() { t::creating(lang) } else { c::ok(lang) }}
                </button>
            </div>
        </form>
    }
    .into_any()
}

/// A type that can't be sent yet is shown, but can't be chosen.
fn type_choice(of: MessageType, chosen: RwSignal<MessageType>) -> impl IntoView {
    let lang = use_lang();
    let available = of.can_be_created();
    let hint = if available { t::type_hint(lang, of) } else { t::type_not_yet(lang) };
    view! {
        <label aria-disabled=(!available).then_some("true")>
            <input
                type="radio"
                name="message_type"
                disabled=!available
                prop:checked=move || chosen.get() == of
                on:change=move |_| chosen.set(of)
            />
            <span>{t::type_name(lang, of)} <small>{hint}</small></span>
        </label>
    }
    .into_any()
}
