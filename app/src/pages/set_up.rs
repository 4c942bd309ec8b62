//! First set-up by the one-time link: makes the first account and its owner.
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::session::{LinkPurpose, OneTimeLink, SetUp as SetUpAction, load_link};
use crate::api::{ApiError, Field, Problem};
use crate::components::{Empty, FormError, TextField};
use crate::frame::Bare;
use crate::i18n::{errors, session as t};
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(crate) fn SetUp() -> impl IntoView {
    let lang = use_lang();
    let params = use_params_map();
    let token = Memo::new(move |_| params.with(|p| p.get("token").unwrap_or_default()));
    let link = Resource::new_blocking(move || token.get(), load_link);
    view! {
        <Title text=t::create_admin(lang)/>
        <Bare>
            <Transition>
                {move || Suspend::new(async move {
                    match link.await {
                        Ok(link) if link.purpose == LinkPurpose::Setup => {
                            view! { <SetUpForm token=token.get_untracked() link/> }.into_any()
                        }
                        Ok(_) => view! { <BadLink error=Problem::LinkInvalid.into()/> }.into_any(),
                        Err(error) => view! { <BadLink error/> }.into_any(),
                    }
                })}
            </Transition>
        </Bare>
    }
}

/// A link that can't be used, with the command that makes a new one.
#[component]
pub(super) fn BadLink(error: ApiError) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Empty icon="lock" title=t::link_bad(lang) why=errors::problem(lang, &error.problem)>
            <span class="tag">"ternmq setup-link"</span>
            <a class="btn" href=paths::SIGN_IN>
                {t::to_sign_in(lang)}
            </a>
        </Empty>
    }
}

#[component]
fn SetUpForm(token: String, link: OneTimeLink) -> impl IntoView {
    let lang = use_lang();
    let action = ServerAction::<SetUpAction>::new();
    let error = Signal::derive(move || action.value().get().and_then(Result::err));
    let at = move |field| Signal::derive(move || error.with(|e| errors::at_field(lang, e.as_ref(), field)));
    let account = RwSignal::new(String::new());
    let user = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let again = RwSignal::new(String::new());
    view! {
        <ActionForm action=action attr:class="panel panel-w form">
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
                    error=at(Field::Account)
                    max=64
                    hint=t::account_hint(lang)
                    autocomplete="organization"
                />
                <TextField
                    id="user"
                    name="user"
                    label=t::user(lang)
                    value=user
                    error=at(Field::User)
                    max=64
                    hint=t::user_hint(lang)
                    autocomplete="username"
                />
            </div>
            <TextField
                id="password"
                name="password"
                kind="password"
                label=t::password(lang)
                value=password
                error=at(Field::Password)
                hint=t::password_hint(lang)
                autocomplete="new-password"
            />
            <TextField
                id="password_again"
                name="password_again"
                kind="password"
                label=t::password_again(lang)
                value=again
                error=at(Field::PasswordAgain)
                autocomplete="new-password"
            />
            <div class="row row-end">
                <button
                    class="btn btn-primary"
                    type="submit"
                    aria-busy=move || action.pending().get().then_some("true")
                >
                    {move || if action.pending().get() { t::creating(lang) } else { t::create_admin(lang) }}
                </button>
            </div>
        </ActionForm>
    }
}
