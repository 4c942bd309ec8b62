//! The dialog that creates a Topic.
use leptos::prelude::*;

use crate::api::Field;
use crate::api::topics::{MessageType, create_topic};
use crate::components::dialog_form::DialogForm;
use crate::components::submit::use_submit;
use crate::components::{Dialog, ErrorLine, TextField, use_toasts};
use crate::i18n::{common as c, named as tn, topics as t};
use crate::pages::here::Here;
use crate::pages::named::{DescriptionField, NAME_CHARS_MAX};
use crate::settings::use_lang;

#[component]
pub(super) fn CreateTopic(here: Here, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Dialog open id="create-topic" title=tn::create(lang, c::topic(lang))>
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
    let send = move |()| {
        let call = create_topic(
            here.id_now(),
            name.get_untracked().trim().to_owned(),
            message_type.get_untracked(),
            None,
            description.get_untracked().trim().to_owned(),
        );
        submit.run(call, move |topic| {
            toasts.done(tn::created_toast(lang, c::topic(lang), topic.name));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <DialogForm open submit on_submit=Callback::new(send) verb=c::ok(lang) doing=tn::creating(lang)>
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
            <TypeField chosen=message_type error=submit.at(Field::MessageType)/>
            <DescriptionField id="topic-description" value=description submit/>
        </DialogForm>
    }
    .into_any()
}

#[component]
fn TypeField(chosen: RwSignal<MessageType>, error: Signal<Option<String>>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <fieldset class="field">
            <legend class="label">{c::message_type(lang)}</legend>
            <div class="choice">
                {MessageType::ALL.into_iter().map(|of| type_choice(of, chosen)).collect_view()}
            </div>
            {move || error.get().map(|text| view! { <ErrorLine id="topic-type-e".to_owned() text/> })}
            <p class="hint">{t::type_fixed(lang)}</p>
        </fieldset>
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
