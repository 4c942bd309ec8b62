//! The dialog that creates a Topic.
use leptos::prelude::*;

use crate::api::Field;
use crate::api::topics::{MessageType, create_topic};
use crate::components::submit::use_submit;
use crate::components::{Dialog, ErrorLine};
use crate::i18n::{common as c, named as tn, topics as t};
use crate::pages::here::Here;
use crate::pages::named::CreateForm;
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
    let submit = use_submit();
    let message_type = RwSignal::new(MessageType::Normal);
    let create =
        move |name, description| create_topic(here.id_now(), name, message_type.get_untracked(), None, description);
    view! {
        <CreateForm open submit create verb=c::ok(lang) name_hint=t::name_hint(lang) on_done>
            <TypeField chosen=message_type error=submit.at(Field::MessageType)/>
        </CreateForm>
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
