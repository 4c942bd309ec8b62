//! Times as elements.
use leptos::prelude::*;

use super::CopyButton;
use crate::i18n::common as c;
use crate::settings::use_lang;
use crate::time::{ZoneSignal, date_time, date_time_ms, iso, use_zone};

/// A time in the visitor's zone; its title is ISO 8601 in UTC. `ms`: with milliseconds.
#[component]
pub(crate) fn Stamp(at: i64, #[prop(optional)] ms: bool) -> impl IntoView {
    let zone = use_zone();
    view! {
        <time class="num" datetime=iso(at) title=iso(at)>
            {move || if ms { date_time_ms(at, zone.get()) } else { date_time(at, zone.get()) }}
        </time>
    }
}

/// Seconds since a heartbeat, counted against the server's time `now`, so that a wrong clock of the
/// browser does not show; the full time from a minute on.
#[component]
pub(crate) fn Ago(at: i64, now: Option<i64>) -> impl IntoView {
    let lang = use_lang();
    match now.map(|now| (now - at) / 1000) {
        Some(seconds) if (0..60).contains(&seconds) => {
            view! { <time class="num" datetime=iso(at) title=iso(at)>{c::seconds_ago(lang, seconds)}</time> }.into_any()
        }
        _ => view! { <Stamp at/> }.into_any(),
    }
}

/// A time with its values to copy: ISO 8601, and milliseconds since 1970.
#[component]
pub(crate) fn CopyTime(at: i64) -> impl IntoView {
    view! {
        <Stamp at ms=true/>
        <span class="copies">
            <CopyButton text=iso(at) of="ISO 8601" label="ISO 8601" quiet=true/>
            <CopyButton text=at.to_string() of="epoch ms" label="epoch ms" quiet=true/>
        </span>
    }
}

/// The browser's zone or UTC, for all times of the console.
#[component]
pub(crate) fn ZoneChoice() -> impl IntoView {
    let lang = use_lang();
    let signal = expect_context::<ZoneSignal>();
    let utc = signal.utc;
    view! {
        <span class="seg" role="group" aria-label=c::zone(lang)>
            <button type="button" aria-pressed=move || (!utc.get()).to_string() on:click=move |_| signal.choose(false)>
                {c::zone_browser(lang)}
            </button>
            <button type="button" aria-pressed=move || utc.get().to_string() on:click=move |_| signal.choose(true)>
                "UTC"
            </button>
        </span>
    }
}
