//! The way to the sign-in page and back to where one was.
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_location;

use crate::i18n::session as t;
use crate::paths;
use crate::settings::use_lang;

/// Address of the sign-in page that leads back to this page. Reading it follows the address.
fn sign_in_from_here() -> impl Fn() -> String + Copy {
    let location = use_location();
    let (pathname, search) = (location.pathname, location.search);
    move || {
        let pathname = pathname.get();
        let query = search.get();
        let query = query.trim_start_matches('?');
        let here = if query.is_empty() { pathname } else { format!("{pathname}?{query}") };
        if here == paths::HOME { paths::SIGN_IN.to_owned() } else { paths::sign_in_then(&here) }
    }
}

/// Goes there at once: nobody is signed in.
#[component]
pub(crate) fn ToSignIn() -> impl IntoView {
    let path = untrack(sign_in_from_here());
    view! { <Redirect path/> }
}

/// For places where something that is typed would be lost by going at once.
#[component]
pub(crate) fn SignInLink() -> impl IntoView {
    let lang = use_lang();
    let href = sign_in_from_here();
    view! { <a href=href>{t::sign_in(lang)}</a> }
}
