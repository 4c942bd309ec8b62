//! No such page.
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_location;

use crate::components::Perch;
use crate::frame::Bare;
use crate::i18n::shell as t;
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(crate) fn NotFound() -> impl IntoView {
    let lang = use_lang();
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    let pathname = use_location().pathname;
    view! {
        <Title text=t::no_such_page(lang)/>
        <Bare>
            <div class="empty">
                <Perch/>
                <h1>{t::no_such_page(lang)}</h1>
                <p>{t::no_such_page_why(lang)}</p>
                <p class="facts">
                    <span>"404"</span>
                    <span>{pathname}</span>
                </p>
                <div class="row">
                    <a class="btn btn-primary" href=paths::HOME>
                        {t::overview(lang)}
                    </a>
                </div>
            </div>
        </Bare>
    }
}
