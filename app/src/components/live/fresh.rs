//! How fresh what is shown is, as state and as elements.
use leptos::prelude::*;

use super::{LiveData, LiveValue};
use crate::api::ApiError;
use crate::components::Icon;
use crate::components::to_sign_in::SignInLink;
use crate::i18n::{Lang, common as c, errors, figures as f, shell as t};
use crate::settings::use_lang;
use crate::time::{clock, use_zone};

/// What the stream is doing. Times are the server's; `None`: nothing has come by the stream yet.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fresh {
    /// Nothing has come by the stream yet, and that is no news.
    Starting,
    Live {
        at_ms: i64,
    },
    /// There is no connection now; it is tried again.
    Reconnecting {
        at_ms: Option<i64>,
    },
    /// The tab is hidden.
    Paused {
        at_ms: i64,
    },
    /// The server could not read it; it is tried again.
    Fault {
        at_ms: Option<i64>,
        error: ApiError,
    },
    /// Nobody is signed in any more.
    Ended {
        at_ms: Option<i64>,
    },
}

impl Fresh {
    pub(super) fn at_ms(&self) -> Option<i64> {
        match self {
            Self::Starting => None,
            Self::Live { at_ms } | Self::Paused { at_ms } => Some(*at_ms),
            Self::Fault { at_ms, .. } | Self::Ended { at_ms } | Self::Reconnecting { at_ms } => *at_ms,
        }
    }

    /// What is shown can't be trusted to be the present any more. The first paint can, until the stream
    /// had its time to come.
    pub(crate) fn is_stale(&self) -> bool {
        match self {
            Self::Starting | Self::Live { .. } | Self::Paused { .. } => false,
            Self::Reconnecting { at_ms } => at_ms.is_some(),
            Self::Fault { .. } | Self::Ended { .. } => true,
        }
    }
}

/// How fresh the data is that everything inside [`super::Loaded`] is drawn from.
#[derive(Clone, Copy)]
pub(super) struct Around(pub(super) Signal<Fresh>);

/// Whether what is drawn here may not hold any more; never where nothing is live.
pub(crate) fn use_stale() -> Signal<bool> {
    match use_context::<Around>() {
        Some(Around(fresh)) => Memo::new(move |_| fresh.with(Fresh::is_stale)).into(),
        None => Signal::stored(false),
    }
}

/// As [`use_stale`], in words: since when, and why.
pub(crate) fn use_stale_since() -> Signal<Option<String>> {
    let Some(Around(fresh)) = use_context::<Around>() else { return Signal::stored(None) };
    let (lang, zone) = (use_lang(), use_zone());
    Memo::new(move |_| {
        fresh.with(|fresh| {
            let why = why_stale(lang, fresh).filter(|_| fresh.is_stale())?;
            Some(fresh.at_ms().map_or_else(|| why.to_owned(), |at| f::as_of(lang, clock(at, zone.get()), why)))
        })
    })
    .into()
}

fn why_stale(lang: Lang, fresh: &Fresh) -> Option<&'static str> {
    match fresh {
        Fresh::Starting | Fresh::Live { .. } | Fresh::Paused { .. } => None,
        Fresh::Reconnecting { .. } => Some(f::reconnecting(lang)),
        Fresh::Fault { .. } => Some(f::refresh_failed(lang)),
        Fresh::Ended { .. } => Some(f::session_ended(lang)),
    }
}

/// Live, paused or stale, always with the time of the data.
#[component]
pub(crate) fn Freshness<T: LiveValue>(data: LiveData<T>) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    let fresh = data.fresh();
    let tone = move || {
        fresh.with(|f| match f {
            Fresh::Starting => "starting",
            Fresh::Paused { .. } => "paused",
            Fresh::Live { .. } => "live",
            _ => "stale",
        })
    };
    let text = move || {
        fresh.with(|f| {
            let at = f.at_ms().map(|at| clock(at, zone.get()));
            match (f, at) {
                // Not seen; keeps the room.
                (Fresh::Starting, _) => t::live(lang, "00:00:00".to_owned()),
                (Fresh::Reconnecting { .. }, None) => t::connecting(lang).to_owned(),
                (_, None) => state(lang, f).unwrap_or_default().to_owned(),
                (Fresh::Live { .. }, Some(at)) => t::live(lang, at),
                (Fresh::Reconnecting { .. }, Some(at)) => t::reconnecting(lang, at),
                (Fresh::Paused { .. }, Some(at)) => t::paused(lang, at),
                (Fresh::Fault { .. }, Some(at)) => t::stale(lang, at),
                (Fresh::Ended { .. }, Some(at)) => t::ended(lang, at),
            }
        })
    };
    let ended = Memo::new(move |_| fresh.with(|f| matches!(f, Fresh::Ended { .. })));
    // The time changes each few seconds: announced only when the state does.
    let announced = Memo::new(move |_| fresh.with(|f| state(lang, f)));
    view! {
        <span class="fresh" data-s=tone>
            {text} {move || ended.get().then(|| view! { <SignInLink/> })}
        </span>
        <span class="vh" role="status">
            {announced}
        </span>
    }
}

/// A state that is news, in words without a time.
fn state(lang: Lang, fresh: &Fresh) -> Option<&'static str> {
    match fresh {
        Fresh::Starting | Fresh::Live { .. } | Fresh::Paused { .. } => None,
        Fresh::Reconnecting { .. } => Some(t::reconnecting_now(lang)),
        Fresh::Fault { .. } => Some(t::stale_now(lang)),
        Fresh::Ended { .. } => Some(t::ended_now(lang)),
    }
}

/// Reads the page's data again at once.
#[component]
pub(crate) fn RefreshButton<T: LiveValue>(data: LiveData<T>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <button
            class="btn btn-icon"
            type="button"
            aria-label=c::refresh(lang)
            aria-busy=move || data.refreshing.get().then_some("true")
            on:click=move |_| data.refresh()
        >
            <Icon name="refresh"/>
        </button>
    }
}

/// On top of a table whose data could not be refreshed: since when and why, with Retry.
#[component]
pub(crate) fn StaleBar<T: LiveValue>(data: LiveData<T>) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    let fresh = data.fresh();
    move || {
        fresh.with(|f| match f {
            Fresh::Fault { at_ms, error } => {
                let why = errors::problem(lang, &error.problem);
                let text = match at_ms {
                    Some(at) => t::stale_bar(lang, clock(*at, zone.get()), why),
                    None => t::stale_bar_undated(lang, why),
                };
                Some(view! {
                    <div class="barline" data-s="stale" role="status">
                        <Icon name="warn"/>
                        <span>{text}</span>
                        <button class="link" type="button" on:click=move |_| data.refresh()>
                            {c::retry(lang)}
                        </button>
                    </div>
                })
            }
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_just_read_is_not_called_stale_because_the_stream_is_late() {
        assert!(!Fresh::Starting.is_stale());
        assert!(!Fresh::Reconnecting { at_ms: None }.is_stale());
        assert!(Fresh::Reconnecting { at_ms: Some(1) }.is_stale());
        assert!(Fresh::Ended { at_ms: None }.is_stale());
    }
}
