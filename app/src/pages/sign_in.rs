//! Sign-in: account, user name, password. Works without scripts.
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::link_page::RESET_PASSWORD;
use crate::api::Problem;
use crate::api::session::{SignIn as SignInAction, Welcome, load_welcome};
use crate::components::icon::Emblem;
use crate::components::submit::{once, use_focus_on_refusal};
use crate::components::{Callout, ErrorLine, FormError, SubmitButton, TextField, Tone};
use crate::frame::Bare;
use crate::i18n::{errors, session as t};
use crate::settings::use_lang;

#[component]
pub(crate) fn SignIn() -> impl IntoView {
    let lang = use_lang();
    let welcome = Resource::new_blocking(|| (), |()| load_welcome());
    view! {
        <Title text=t::sign_in(lang)/>
        <Bare>
            <Transition>
                {move || Suspend::new(async move {
                    let welcome = welcome.await.ok();
                    view! { <SignInForm welcome/> }
                })}
            </Transition>
        </Bare>
    }
}

#[component]
fn SignInForm(welcome: Option<Welcome>) -> impl IntoView {
    let lang = use_lang();
    let action = ServerAction::<SignInAction>::new();
    let query = use_query_map().get_untracked();
    let account = RwSignal::new(query.get("account").unwrap_or_default());
    let user = RwSignal::new(String::new());
    let next = query.get("next").unwrap_or_default();
    let ready = query.get("ready").is_some();
    let error = Signal::derive(move || action.value().get().and_then(Result::err));
    use_focus_on_refusal(error);
    let wrong =
        move || error.with(|e| e.as_ref().is_some_and(|e| matches!(e.problem, Problem::WrongCredentials { .. })));
    // Everything but wrong credentials stands above the form.
    let other = Signal::derive(move || error.get().filter(|e| !matches!(e.problem, Problem::WrongCredentials { .. })));
    let needs_setup = welcome.as_ref().is_some_and(|w| w.needs_setup);
    view! {
        <ActionForm action=action attr:class="panel form" on:submit:capture=once(action.pending())>
            <div class="stack stack-sm">
                <Emblem/>
                <h1>{t::sign_in_title(lang)}</h1>
                {welcome.map(|w| view! { <p class="muted">{w.host}</p> })}
            </div>
            {ready
                .then(|| {
                    view! {
                        <Callout tone=Tone::Ok title=t::ready(lang)>
                            <p>{t::ready_why(lang)}</p>
                        </Callout>
                    }
                })}
            {needs_setup
                .then(|| {
                    view! {
                        <Callout tone=Tone::Warn title=t::needs_setup(lang)>
                            <p>{t::needs_setup_why(lang)} " " <span class="tag">"ternmq setup-link"</span></p>
                        </Callout>
                    }
                })}
            <FormError error=other/>
            <input type="hidden" name="next" value=next/>
            <TextField
                id="account"
                name="account"
                label=t::account(lang)
                value=account
                autocomplete="organization"
            />
            <TextField
                id="user"
                name="user"
                label=t::user(lang)
                value=user
                autocomplete="username"
            />
            <div class="field">
                <div class="label-row">
                    <label class="label" for="password">
                        {t::password(lang)}
                    </label>
                </div>
                <input
                    class="input"
                    id="password"
                    name="password"
                    type="password"
                    autocomplete="current-password"
                    aria-invalid=move || wrong().then_some("true")
                    aria-describedby=move || wrong().then_some("password-e")
                />
                {move || {
                    error
                        .get()
                        .filter(|_| wrong())
                        .map(|e| {
                            view! {
                                <div role="alert">
                                    <ErrorLine id="password-e".to_owned() text=errors::problem(lang, &e.problem)/>
                                </div>
                            }
                        })
                }}
            </div>
            <SubmitButton busy=action.pending() verb=t::sign_in(lang) doing=t::signing_in(lang) wide=true/>
            <p class="hint">{t::forgot(lang)} " " <span class="tag">{RESET_PASSWORD}</span></p>
        </ActionForm>
    }
}
