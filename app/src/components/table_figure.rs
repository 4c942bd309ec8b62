//! A table whose rows are one figure: the rows, or in their place why they are not known.
use leptos::prelude::*;

use super::Empty;
use crate::api::Figure;
use crate::i18n::{figures as f, shell as t};
use crate::settings::use_lang;
use crate::time::{clock, use_zone};

/// - `what`: what the rows are, for the text when they are not known.
/// - `show`: draws the rows, the empty table included.
#[component]
pub(crate) fn TableFigure<T, F>(figure: Figure<T>, what: &'static str, show: F) -> impl IntoView
where
    T: Send + Sync + 'static,
    F: Fn(T) -> AnyView,
{
    let lang = use_lang();
    let zone = use_zone();
    match figure {
        Figure::Value(rows) => show(rows),
        Figure::Unknown(why) => {
            view! { <Empty icon="unknown" title=t::could_not_read(lang, what) why=f::why(lang, why)/> }.into_any()
        }
        Figure::Stale { value, since_ms, why } => view! {
            <div class="barline" data-s="stale">
                {move || f::as_of(lang, clock(since_ms, zone.get()), f::why(lang, why))}
            </div>
            {show(value)}
        }
        .into_any(),
    }
}
