//! What the pages of one-time links share: the link is looked at first, then comes a form with a new
//! password.
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::api::session::{OneTimeLink, load_link, load_welcome};
use crate::api::{ApiError, Field, Problem};
use crate::components::copy::CopyIcon;
use crate::components::submit::at_field;
use crate::components::{Empty, TextField};
use crate::frame::Bare;
use crate::i18n::{errors, session as t};
use crate::paths;
use crate::settings::use_lang;

/// Prints a link that sets a password.
pub(super) const RESET_PASSWORD: &str = "ternmq reset-password <account> <user>";

/// The page of the link in the address.
///
/// - `setup`: it makes the first account; else it sets a password.
/// - `form`: for the token and its link; `None` when the link is for something else.
#[component]
pub(super) fn LinkPage(
    title: &'static str,
    #[prop(optional)] setup: bool,
    form: fn(String, OneTimeLink) -> Option<AnyView>,
) -> impl IntoView {
    let params = use_params_map();
    let token = Memo::new(move |_| params.with(|p| p.get("token").unwrap_or_default()));
    let link = Resource::new_blocking(
        move || token.get(),
        move |token| async move {
            let link = load_link(token).await;
            // Only a link that is no good asks what there is instead.
            let over = setup && link.is_err() && load_welcome().await.is_ok_and(|welcome| !welcome.needs_setup);
            (link, over)
        },
    );
    view! {
        <Title text=title/>
        <Bare>
            <Transition>
                {move || Suspend::new(async move {
                    let (link, over) = link.await;
                    let bad = |error| view! { <BadLink error setup over/> }.into_any();
                    match link {
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

/// A link that can't be used, with the command that makes a new one. `over`: there is nothing left to set up.
#[component]
fn BadLink(error: ApiError, setup: bool, over: bool) -> impl IntoView {
    let lang = use_lang();
    let command = if setup && !over { "ternmq setup-link" } else { RESET_PASSWORD };
    let (title, why) = match error.problem {
        Problem::LinkInvalid if over => (t::set_up_already(lang), t::set_up_already_why(lang).to_owned()),
        Problem::LinkInvalid => (t::link_bad(lang), t::link_bad_why(lang).to_owned()),
        problem => (t::link_bad(lang), errors::problem(lang, &problem)),
    };
    view! {
        <Empty icon="lock" title why page=true>
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
