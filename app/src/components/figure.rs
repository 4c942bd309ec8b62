//! Figures in their four looks: value, zero, unknown (why), stale (since).
use leptos::prelude::*;

use super::{Icon, use_stale_since};
use crate::api::Figure;
use crate::i18n::{common as c, figures as f};
use crate::settings::use_lang;
use crate::time::{clock, use_zone};

/// A figure in a table cell or a key/value row. `show` writes the value.
#[component]
pub(crate) fn Cell<T, F>(figure: Figure<T>, show: F) -> impl IntoView
where
    T: Send + Sync + 'static,
    F: Fn(T) -> AnyView,
{
    let lang = use_lang();
    let zone = use_zone();
    match figure {
        Figure::Value(value) => show(value),
        Figure::Unknown(why) => view! {
            <span class="unk">
                <span>{c::unknown(lang)}</span>
                <small>{f::why(lang, why)}</small>
            </span>
        }
        .into_any(),
        Figure::Stale { value, since_ms, why } => view! {
            <span class="stale" title=move || f::as_of(lang, clock(since_ms, zone.get()), f::why(lang, why))>
                {show(value)}
            </span>
        }
        .into_any(),
    }
}

/// A text that may be missing, as a cell or a key/value row shows it.
pub(crate) fn or_dash(text: &str) -> String {
    if text.is_empty() { "-".to_owned() } else { text.to_owned() }
}

/// A figure as a tile. `text` is the written value; `hint` stands below it; `href`: where it leads.
#[component]
pub(crate) fn Tile(
    #[prop(into)] label: String,
    #[prop(into)] figure: Signal<Figure<String>>,
    #[prop(into)] hint: Signal<String>,
    #[prop(optional, into)] href: Option<String>,
    /// Tone of the hint: warn or bad.
    #[prop(optional)]
    tone: Option<&'static str>,
) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    let page = use_stale_since();
    let kind = move || {
        figure.with(|f| match f {
            Figure::Value(_) => page.with(Option::is_some).then_some("stale"),
            Figure::Unknown(_) => Some("unknown"),
            Figure::Stale { .. } => Some("stale"),
        })
    };
    let value = move || {
        figure.with(|f| match f {
            Figure::Value(v) | Figure::Stale { value: v, .. } => v.clone(),
            Figure::Unknown(_) => c::unknown(lang).to_owned(),
        })
    };
    // No empty text: an empty line takes its room.
    let below = move || {
        figure.with(|figure| match figure {
            Figure::Value(_) => page.get().or_else(|| Some(hint.get()).filter(|hint| !hint.is_empty())),
            Figure::Unknown(why) => Some(f::why(lang, *why).to_owned()),
            Figure::Stale { since_ms, why, .. } => {
                Some(f::as_of(lang, clock(*since_ms, zone.get()), f::why(lang, *why)))
            }
        })
    };
    let inside = view! {
        <span class="tile-k">
            {move || (kind() == Some("unknown")).then(|| view! { <Icon name="unknown"/> })} {label}
        </span>
        <span class="tile-v">{value}</span>
        <span class="tile-s" data-s=tone>{below}</span>
    };
    match href {
        Some(href) => view! { <a class="tile" href=href data-v=kind>{inside}</a> }.into_any(),
        None => view! { <div class="tile" data-v=kind>{inside}</div> }.into_any(),
    }
}
