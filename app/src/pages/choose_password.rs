//! Setting a user's password by a one-time link.
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::set_up::BadLink;
use crate::api::session::{ChoosePassword as ChooseAction, LinkPurpose, load_link};
use crate::api::{Field, Problem};
use crate::components::{FormError, TextField};
use crate::frame::Bare;
use crate::i18n::{errors, session as t};
use crate::settings::use_lang;

#[component]
pub(crate) fn ChoosePassword() -> impl IntoView {
    let lang = use_lang();
    let params = use_params_map();
    let token = Memo::new(move |_| params.with(|p| p.get("token").unwrap_or_default()));
    let link = Resource::new_blocking(move || token.get(), load_link);
    view! {
        <Title text=t::choose_password(lang)/>
        <Bare>
            <Transition>
                {move || Suspend::new(async move {
                    match link.await.map(|l| l.purpose) {
                        Ok(LinkPurpose::Password { account, user }) => {
                            view! { <PasswordForm token=token.get_untracked() account user/> }.into_any()
                        }
                        Ok(LinkPurpose::Setup) => view! { <BadLink error=Problem::LinkInvalid.into()/> }.into_any(),
                        Err(error) => view! { <BadLink error/> }.into_any(),
                    }
                })}
            </Transition>
        </Bare>
    }
}

#[component]
fn PasswordForm(token: String, account: String, user: String) -> impl IntoView {
    let lang = use_lang();
    let action = ServerAction::<ChooseAction>::new();
    let error = Signal::derive(move || action.value().get().and_then(Result::err));
    let at = move |field| Signal::derive(move || error.with(|e| errors::at_field(lang, e.as_ref(), field)));
    let password = RwSignal::new(String::new());
    let again = RwSignal::new(String::new());
    view! {
        <ActionForm action=action attr:class="panel form">
            <div class="stack stack-sm">
                <h1>{t::choose_password(lang)}</h1>
                <p class="muted">{t::choose_password_for(lang, &user, account)}</p>
            </div>
            <FormError error=error/>
            <input type="hidden" name="token" value=token/>
            <input class="vh" type="text" autocomplete="username" tabindex="-1" aria-hidden="true" readonly=true value=user/>
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
            <button
                class="btn btn-primary btn-wide"
                type="submit"
                aria-busy=move || action.pending().get().then_some("true")
            >
                {t::choose_password(lang)}
            </button>
        </ActionForm>
    }
}
