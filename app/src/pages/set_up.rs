//! First set-up by the one-time link: makes the first account and its owner.
use leptos::prelude::*;

use super::link_page::{LinkPage, NewPasswordFields};
use crate::api::Field;
use crate::api::session::{LinkPurpose, OneTimeLink, SetUp as SetUpAction};
use crate::components::submit::{at_field, once, use_focus_on_refusal};
use crate::components::{FormError, SubmitButton, TextField};
use crate::i18n::session as t;
use crate::settings::use_lang;

#[component]
pub(crate) fn SetUp() -> impl IntoView {
    let lang = use_lang();
    view! { <LinkPage title=t::create_admin(lang) setup=true form=set_up_form/> }
}

fn set_up_form(token: String, link: OneTimeLink) -> Option<AnyView> {
    (link.purpose == LinkPurpose::Setup).then(|| view! { <SetUpForm token link/> }.into_any())
}

#[component]
fn SetUpForm(token: String, link: OneTimeLink) -> impl IntoView {
    let lang = use_lang();
    let action = ServerAction::<SetUpAction>::new();
    let error = Signal::derive(move || action.value().get().and_then(Result::err));
    use_focus_on_refusal(error);
    let account = RwSignal::new(String::new());
    let user = RwSignal::new(String::new());
    view! {
        <ActionForm action=action attr:class="panel panel-w form" on:submit:capture=once(action.pending())>
            <div class="stack stack-sm">
                <ol class="steps">
                    <li>{t::step_start(lang)}</li>
                    <li aria-current="step">{t::create_admin(lang)}</li>
                    <li>{t::sign_in(lang)}</li>
                </ol>
                <h1>{t::create_admin(lang)}</h1>
                <p class="muted">{t::link_once(lang, link.minutes_left)}</p>
            </div>
            <FormError error=error/>
            <input type="hidden" name="token" value=token/>
            <div class="cols cols-form">
                <TextField
                    id="account"
                    name="account"
                    label=t::account_name(lang)
                    value=account
                    error=at_field(error, Field::Account)
                    max=64
                    hint=t::account_hint(lang)
                    autocomplete="organization"
                />
                <TextField
                    id="user"
                    name="user"
                    label=t::user(lang)
                    value=user
                    error=at_field(error, Field::User)
                    max=64
                    hint=t::user_hint(lang)
                    autocomplete="username"
                />
            </div>
            <NewPasswordFields error/>
            <div class="row row-end">
                <SubmitButton busy=action.pending() verb=t::create_admin(lang) doing=t::creating(lang)/>
            </div>
        </ActionForm>
    }
}
