//! Pages without the frame: sign-in, set-up, not found.
use leptos::prelude::*;

use super::bars::{LanguageLink, ThemeButton, ThemeMenu};
use crate::components::Toasts;
use crate::components::icon::Logo;
use crate::i18n::shell as t;
use crate::settings::use_lang;

/// `version`: of the running process, where it is known.
#[component]
pub(crate) fn Bare(#[prop(optional, into)] version: Option<String>, children: Children) -> impl IntoView {
    let lang = use_lang();
    view! {
        <a class="skip" href="#main">
            {t::skip(lang)}
        </a>
        <div class="bare">
            <header class="topbar">
                <a class="brand" href=crate::paths::HOME aria-label="TernMQ">
                    <Logo/>
                </a>
                <span class="spacer"></span>
                <LanguageLink class="tb"/>
                <ThemeButton/>
                <ThemeMenu/>
            </header>
            <main class="bare-body" id="main" tabindex="-1">
                {children()}
            </main>
            <footer class="bare-foot">{version.map(|v| view! { <span>{format!("TernMQ {v}")}</span> })}</footer>
        </div>
        <Toasts/>
    }
}
