//! Pages without the frame: sign-in, set-up, not found.
use leptos::prelude::*;

use super::PRODUCT;
use super::bars::{LanguageLink, ThemeButton, ThemeMenu};
use crate::components::Toasts;
use crate::components::icon::Logo;
use crate::i18n::shell as t;
use crate::settings::use_lang;

#[component]
pub(crate) fn Bare(children: Children) -> impl IntoView {
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
            <footer class="bare-foot">
                <span>{PRODUCT}</span>
            </footer>
        </div>
        <Toasts/>
    }
}
