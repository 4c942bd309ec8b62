//! Empty pages, four different ones: nothing there, nothing matches, not permitted, could not be
//! read. And the two that are no error: not activated, nobody online.
use leptos::prelude::*;

use super::Icon;
use super::icon::TERN;
use super::report::Facts;
use super::to_sign_in::ToSignIn;
use crate::api::{ApiError, Problem};
use crate::i18n::{common as c, errors, shell as t};
use crate::settings::use_lang;

/// The tern over the water: nothing there yet.
#[component]
pub(crate) fn Perch() -> impl IntoView {
    view! {
        <svg class="perch" viewBox="0 0 168 72" fill="none" stroke="currentColor" stroke-width="1.500" aria-hidden="true">
            <path d="M4 58h160M24 65h56M100 65h40"/>
            <g transform="translate(62 2) scale(1.400)">
                <path fill="currentColor" stroke="none" opacity=".55" d=TERN/>
            </g>
        </svg>
    }
}

/// One sentence why, one action (the children). Without an icon the tern is shown.
#[component]
pub(crate) fn Empty(
    #[prop(optional)] icon: Option<&'static str>,
    #[prop(into)] title: String,
    #[prop(into)] why: String,
    /// It stands in place of a whole page: it gives the page its title and its first heading.
    #[prop(optional)]
    page: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let drawing = match icon {
        Some(name) => view! { <Icon name/> }.into_any(),
        None => view! { <Perch/> }.into_any(),
    };
    let heading = if page {
        view! {
            <leptos_meta::Title text=title.clone()/>
            <h1>{title}</h1>
        }
        .into_any()
    } else {
        view! { <h2>{title}</h2> }.into_any()
    };
    view! {
        <div class="empty">
            {drawing} {heading} <p>{why}</p>
            {children.map(|children| view! { <div class="row">{children()}</div> })}
        </div>
    }
}

/// What is shown in place of something that could not be read. `what`: for example "the Topic
/// list"; `retry`: reads it again.
#[component]
pub(crate) fn Failed(
    error: ApiError,
    #[prop(into)] what: String,
    #[prop(optional, into)] retry: Option<Callback<()>>,
) -> impl IntoView {
    let lang = use_lang();
    match error.problem {
        Problem::Forbidden => {
            view! { <Empty icon="lock" title=t::not_permitted(lang, &what) why=t::not_permitted_why(lang)/> }.into_any()
        }
        Problem::NotFound => view! {
            <Empty title=t::no_such_page(lang) why=t::no_such_page_why(lang) page=true>
                <a class="btn" href=crate::paths::HOME>{t::overview(lang)}</a>
            </Empty>
        }
        .into_any(),
        Problem::NotActivated => view! { <NotActivated/> }.into_any(),
        Problem::SignedOut => view! { <ToSignIn/> }.into_any(),
        _ => {
            let why = errors::problem(lang, &error.problem);
            view! {
                <div class="empty" data-kind="error" role="alert">
                    <Icon name="bad"/>
                    <h2>{t::could_not_read(lang, &what)}</h2>
                    <p>{why}</p>
                    <Facts error/>
                    {retry
                        .map(|retry| {
                            view! {
                                <div class="row">
                                    <button class="btn btn-primary" type="button" on:click=move |_| retry.run(())>
                                        <Icon name="refresh"/>
                                        {c::retry(lang)}
                                    </button>
                                </div>
                            }
                        })}
                </div>
            }
            .into_any()
        }
    }
}

/// In place of a page of an address that names nothing, inside the frame.
#[component]
pub(crate) fn Missing() -> impl IntoView {
    #[cfg(feature = "ssr")]
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(http::StatusCode::NOT_FOUND);
    }
    view! {
        <div class="table-box">
            <Failed error=Problem::NotFound.into() what=""/>
        </div>
    }
}

/// What is shown in place of what `resource` could not read; Retry reads it again.
pub(crate) fn read_failed<T>(resource: Resource<T>, error: ApiError, what: &'static str) -> AnyView
where
    T: Clone + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static,
{
    let retry = Callback::new(move |()| resource.refetch());
    view! {
        <div class="table-box">
            <Failed error what retry/>
        </div>
    }
    .into_any()
}

/// In place of every page that needs the service.
#[component]
pub(crate) fn NotActivated() -> impl IntoView {
    let lang = use_lang();
    view! {
        <Empty icon="lock" title=t::not_activated(lang) why=t::not_activated_why(lang) page=true>
            <a class="btn btn-primary" href=crate::paths::ACTIVATE>{t::activate_now(lang)}</a>
        </Empty>
    }
}
