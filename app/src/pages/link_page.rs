//! What the pages of one-time links share: the link is looked at first, then comes a form with a new
//! password.
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::session::{OneTimeLink, load_link};
use crate::api::{ApiError, Field, Problem};
use crate::components::copy::CopyIcon;
use crate::components::submit::at_field;
use crate::components::{Empty, TextField};
use crate::frame::Bare;
use crate::i18n::{errors, session as t};
use crate::paths;
use crate::settings::use_lang;

/// The page of the link in the address.
///
/// - `command`: prints a new link of this kind.
/// - `form`: for the token and its link; `None` when the link is for something else.
#[component]
pub(super) fn LinkPage(
    title: &'static str,
    command: &'static str,
    form: fn(String, OneTimeLink) -> Option<AnyView>,
) -> impl IntoView {
    let params = use_params_map();
    let token = Memo::new(move |_| params.with(|p| p.get("token").unwrap_or_default()));
    let link = Resource::new_blocking(move || token.get(), load_link);
    view! {
        <Title text=title/>
        <Bare>
            <Transition>
                {move || Suspend::new(async move {
                    let bad = |error| view! { <BadLink error command/> }.into_any();
                    match link.await {
                        Ok(link) => {
                            form(token.get_untracked(), link).unwrap_or_else(|| bad(Problem::LinkInvalid.into()))
                        }
                        Err(error) => bad(error),
                    }
                })}
            </Transition>
        </Bare>
    }
}

/// A link that can't be used, with the command that makes a new one.
#[component]
fn BadLink(error: ApiError, command: &'static str) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Empty icon="lock" title=t::link_bad(lang) why=errors::problem(lang, &error.problem) page=true>
            <p class="own-line">
                <span class="tag">{command}</span>
                <CopyIcon text=command of=command/>
            </p>
            <a class="btn" href=paths::SIGN_IN>
                {t::to_sign_in(lang)}
            </a>
        </Empty>
    }
}

/// The password, twice.
#[component]
pub(super) fn NewPasswordFields(#[prop(into)] error: Signal<Option<ApiError>>) -> impl IntoView {
    let lang = use_lang();
    let password = RwSignal::new(String::new());
    let again = RwSignal::new(String::new());
    view! {
        <TextField
            id="password"
            name="password"
            kind="password"
            label=t::password(lang)
            value=password
            error=at_field(error, Field::Password)
            hint=t::password_hint(lang)
            autocomplete="new-password"
        />
        <TextField
            id="password_again"
            name="password_again"
            kind="password"
            label=t::password_again(lang)
            value=again
            error=at_field(error, Field::PasswordAgain)
            autocomplete="new-password"
        />
    }
}
