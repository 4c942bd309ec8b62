//! Setting a user's password by a one-time link.
use leptos::prelude::*;

use super::link_page::{LinkPage, NewPasswordFields};
use crate::api::session::{ChoosePassword as ChooseAction, LinkPurpose, OneTimeLink};
use crate::components::submit::{once, use_focus_on_refusal};
use crate::components::{FormError, SubmitButton};
use crate::i18n::session as t;
use crate::settings::use_lang;

#[component]
pub(crate) fn ChoosePassword() -> impl IntoView {
    let lang = use_lang();
    view! { <LinkPage title=t::choose_password(lang) form=password_form/> }
}

fn password_form(token: String, link: OneTimeLink) -> Option<AnyView> {
    match link.purpose {
        LinkPurpose::Password { account, user } => Some(view! { <PasswordForm token account user/> }.into_any()),
        LinkPurpose::Setup => None,
    }
}

#[component]
fn PasswordForm(token: String, account: String, user: String) -> impl IntoView {
    let lang = use_lang();
    let action = ServerAction::<ChooseAction>::new();
    let error = Signal::derive(move || action.value().get().and_then(Result::err));
    use_focus_on_refusal(error);
    view! {
        <ActionForm action=action attr:class="panel form" on:submit:capture=once(action.pending())>
            <div class="stack stack-sm">
                <h1>{t::choose_password(lang)}</h1>
                <p class="muted">{t::choose_password_for(lang, &user, account)}</p>
            </div>
            <FormError error=error/>
            <input type="hidden" name="token" value=token/>
            <input class="vh" type="text" autocomplete="username" tabindex="-1" aria-hidden="true" readonly=true value=user/>
            <NewPasswordFields error/>
            <SubmitButton
                busy=action.pending()
                verb=t::choose_password(lang)
                doing=t::choose_password(lang)
                wide=true
            />
        </ActionForm>
    }
}
