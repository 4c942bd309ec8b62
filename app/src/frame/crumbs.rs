//! Breadcrumbs, for pages below a list. Pages with instance chips have none.
use leptos::prelude::*;

use crate::i18n::shell as t;
use crate::settings::use_lang;

/// `up`: address and name of each page above, from the top; `here`: name of this page.
#[component]
pub(crate) fn Crumbs(
    #[prop(into)] up: Signal<Vec<(String, String)>>,
    #[prop(into)] here: Signal<String>,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <nav aria-label=t::here(lang)>
            <ol class="crumbs">
                {move || {
                    up.get()
                        .into_iter()
                        .map(|(href, name)| {
                            view! {
                                <li>
                                    <a href=href>{name}</a>
                                </li>
                            }
                        })
                        .collect_view()
                }}
                <li>
                    <span aria-current="page">{here}</span>
                </li>
            </ol>
        </nav>
    }
}
