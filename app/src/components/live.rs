//! A page's data: read once for the first paint, then kept live by the event stream. One stream per
//! tab; it is closed while the tab is hidden and comes back by itself.
//!
//! What fails later leaves the last value standing, and says since when.
use std::future::Future;
use std::sync::Arc;

use leptos::prelude::*;

use super::{Failed, Icon};
use crate::api::ApiError;
use crate::api::live::{Dated, Reading, Watch};
use crate::i18n::{common as c, errors, shell as t};
use crate::settings::use_lang;
use crate::time::{clock, use_zone};

/// What the stream is doing. Times are the server's.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fresh {
    /// Nothing has come by the stream yet.
    Starting,
    Live {
        at_ms: i64,
    },
    /// The connection broke; the browser tries again by itself.
    Reconnecting {
        at_ms: i64,
    },
    /// The tab is hidden.
    Paused {
        at_ms: i64,
    },
    /// The server could not read it.
    Fault {
        at_ms: Option<i64>,
        error: ApiError,
    },
    /// The session is over, or the process stops.
    Ended {
        at_ms: Option<i64>,
    },
}

impl Fresh {
    fn at_ms(&self) -> Option<i64> {
        match self {
            Self::Starting => None,
            Self::Live { at_ms } | Self::Reconnecting { at_ms } | Self::Paused { at_ms } => Some(*at_ms),
            Self::Fault { at_ms, .. } | Self::Ended { at_ms } => *at_ms,
        }
    }

    /// What is shown can't be trusted to be the present any more.
    pub(crate) fn is_stale(&self) -> bool {
        matches!(self, Self::Fault { .. } | Self::Ended { .. } | Self::Reconnecting { .. })
    }
}

/// What can be read, sent and compared.
pub(crate) trait LiveValue:
    Clone + PartialEq + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static
{
}

impl<T> LiveValue for T where
    T: Clone + PartialEq + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static
{
}

type Loader<T> = Arc<dyn Fn() -> std::pin::Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send>> + Send + Sync>;

/// The data of a page. Copy it into handlers.
///
/// What was read stands until its successor is there: the view of the old value is replaced in one
/// step, never taken apart while it can still be clicked.
pub(crate) struct LiveData<T: LiveValue> {
    /// The reading of the first paint; `None` where the browser reads all by itself.
    first: Option<Resource<Result<T, ApiError>>>,
    /// What is shown; the value inside changes without a new view. `None` until the first is there.
    current: RwSignal<Option<Result<ArcRwSignal<T>, ApiError>>>,
    /// Raised by each read from the start; an answer to an older one is dropped.
    round: StoredValue<u32>,
    /// The answer to the last read from the start is still out.
    pending: RwSignal<bool>,
    fresh: RwSignal<Fresh>,
    loader: StoredValue<Loader<T>>,
}

impl<T: LiveValue> Clone for LiveData<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: LiveValue> Copy for LiveData<T> {}

impl<T: LiveValue> LiveData<T> {
    pub(crate) fn fresh(self) -> Signal<Fresh> {
        self.fresh.into()
    }

    /// The server's time of what is shown, once known.
    pub(crate) fn at_ms(self) -> Signal<Option<i64>> {
        let fresh = self.fresh;
        Signal::derive(move || fresh.with(Fresh::at_ms))
    }

    /// Reads again at once: after an own change, or by the Refresh button. The view stays.
    pub(crate) fn refresh(self) {
        let load = self.loader.get_value();
        leptos::task::spawn_local(async move {
            match load().await {
                Ok(value) => self.show(value),
                Err(error) => {
                    let at_ms = self.fresh.try_with_untracked(Fresh::at_ms).flatten();
                    drop(self.fresh.try_set(Fresh::Fault { at_ms, error }));
                }
            }
        });
    }

    /// Reads from the start, with the view of an empty page when that fails.
    pub(crate) fn reload(self) {
        let Some(round) = self.round.try_update_value(|r| {
            *r = r.wrapping_add(1);
            *r
        }) else {
            return;
        };
        self.pending.set(true);
        let load = self.loader.get_value();
        leptos::task::spawn_local(async move {
            let answer = load().await;
            // The page may be gone, or has asked anew.
            if self.round.try_get_value() == Some(round) {
                self.begin(answer);
            }
        });
    }

    /// A new view for a new value.
    fn begin(self, answer: Result<T, ApiError>) {
        _ = self.pending.try_set(false);
        drop(self.current.try_set(Some(answer.map(ArcRwSignal::new))));
    }

    /// A newer value for the same view.
    fn show(self, value: T) {
        if self.pending.try_get_untracked() == Some(true) {
            // It belongs to what was asked for and is not shown yet.
            _ = self.round.try_update_value(|r| *r = r.wrapping_add(1));
            return self.begin(Ok(value));
        }
        match self.current.try_get_untracked().flatten() {
            // Same value, no redraw.
            Some(Ok(shown)) if shown.with_untracked(|old| *old == value) => {}
            Some(Ok(shown)) => shown.set(value),
            Some(Err(_)) => self.begin(Ok(value)),
            None => {}
        }
    }
}

/// Data for a page.
///
/// - `key`: what the page shows now; a change reads from the start.
/// - `load`: the server function.
/// - `watch`: the same as a subject of the event stream.
/// - `pick`: takes the value out of a reading of that subject.
pub(crate) fn use_live<K, T, F>(
    key: impl Fn() -> K + Copy + Send + Sync + 'static,
    load: impl Fn(K) -> F + Copy + Send + Sync + 'static,
    watch: impl Fn(K) -> Watch + Copy + Send + Sync + 'static,
    pick: fn(Reading) -> Option<T>,
) -> LiveData<T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: LiveValue,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    // Read once, for the first paint; later reads replace its view without suspending it.
    let first = Resource::new_blocking(|| (), move |()| load(untrack(key)));
    let data = keep(Some(first), key, load);
    let subject = Memo::new(move |_| watch(key()));
    Effect::new(move |_| {
        let subject = subject.get();
        data.fresh.set(Fresh::Starting);
        let stream = stream::open(subject, data.fresh, move |value| {
            if let Some(value) = pick(value) {
                data.show(value);
            }
        });
        let stream = StoredValue::new_local(stream);
        on_cleanup(move || _ = stream.try_with_value(stream::Stream::close));
    });
    data
}

/// Data that the browser reads by itself once the page is awake.
///
/// For parts that appear inside what was read: a reading of the first paint made in there is given
/// its number at another moment by the server than by the browser, which then wakes the page with
/// the wrong data.
pub(crate) fn use_later<K, T, F>(
    key: impl Fn() -> K + Copy + Send + Sync + 'static,
    load: impl Fn(K) -> F + Copy + Send + Sync + 'static,
) -> LiveData<T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: LiveValue,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    keep(None, key, load)
}

fn keep<K, T, F>(
    first: Option<Resource<Result<T, ApiError>>>,
    key: impl Fn() -> K + Copy + Send + Sync + 'static,
    load: impl Fn(K) -> F + Copy + Send + Sync + 'static,
) -> LiveData<T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: LiveValue,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    let read_at_once = first.is_none();
    let data = LiveData {
        first,
        current: RwSignal::new(None),
        round: StoredValue::new(0),
        pending: RwSignal::new(false),
        fresh: RwSignal::new(Fresh::Starting),
        loader: StoredValue::new(Arc::new(move || Box::pin(load(untrack(key))))),
    };
    Effect::new(move |before: Option<K>| {
        let now = key();
        if before.map_or(read_at_once, |before| before != now) {
            data.reload();
        }
        now
    });
    data
}

/// The browser's side of the event stream.
mod stream {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use wasm_bindgen::JsCast;
    use wasm_bindgen::closure::Closure;

    struct Inner {
        address: String,
        source: Option<web_sys::EventSource>,
        on_event: Option<Closure<dyn FnMut(web_sys::MessageEvent)>>,
        on_error: Option<Closure<dyn FnMut(web_sys::Event)>>,
        on_visibility: Option<Closure<dyn FnMut(web_sys::Event)>>,
        /// The server said that this is the end.
        ended: bool,
    }

    pub(super) struct Stream(Rc<RefCell<Inner>>);

    pub(super) fn open(watch: Watch, fresh: RwSignal<Fresh>, show: impl Fn(Reading) + 'static) -> Stream {
        let inner = Rc::new(RefCell::new(Inner {
            address: crate::paths::events(&watch),
            source: None,
            on_event: None,
            on_error: None,
            on_visibility: None,
            ended: false,
        }));
        // The closures must not own what owns them.
        let weak = Rc::downgrade(&inner);
        let on_event = Closure::new(move |ev: web_sys::MessageEvent| {
            let text = ev.data().as_string().unwrap_or_default();
            match ev.type_().as_str() {
                "value" => {
                    if let Ok(Dated { at_ms, value }) = serde_json::from_str::<Dated<Reading>>(&text) {
                        show(value);
                        drop(fresh.try_set(Fresh::Live { at_ms }));
                    }
                }
                "same" => {
                    if let Ok(at_ms) = text.parse() {
                        drop(fresh.try_set(Fresh::Live { at_ms }));
                    }
                }
                "fault" => {
                    if let Ok(error) = serde_json::from_str::<ApiError>(&text) {
                        let at_ms = fresh.try_with_untracked(Fresh::at_ms).flatten();
                        drop(fresh.try_set(Fresh::Fault { at_ms, error }));
                    }
                }
                _ => {
                    let at_ms = fresh.try_with_untracked(Fresh::at_ms).flatten();
                    drop(fresh.try_set(Fresh::Ended { at_ms }));
                    if let Some(inner) = weak.upgrade() {
                        inner.borrow_mut().ended = true;
                        disconnect(&inner);
                    }
                }
            }
        });
        let weak = Rc::downgrade(&inner);
        let on_error = Closure::new(move |_: web_sys::Event| {
            if weak.upgrade().is_some_and(|i| i.borrow().ended) {
                return;
            }
            if let Some(at_ms) = fresh.try_with_untracked(Fresh::at_ms).flatten() {
                drop(fresh.try_set(Fresh::Reconnecting { at_ms }));
            }
        });
        let weak = Rc::downgrade(&inner);
        let on_visibility = Closure::new(move |_: web_sys::Event| {
            let Some(inner) = weak.upgrade() else { return };
            if inner.borrow().ended {
                return;
            }
            if document().hidden() {
                disconnect(&inner);
                if let Some(at_ms) = fresh.try_with_untracked(Fresh::at_ms).flatten() {
                    drop(fresh.try_set(Fresh::Paused { at_ms }));
                }
            } else if inner.borrow().source.is_none() {
                connect(&inner);
            }
        });
        // Nothing is heard when this fails: then the tab does not pause.
        drop(document().add_event_listener_with_callback("visibilitychange", on_visibility.as_ref().unchecked_ref()));
        {
            let mut inner = inner.borrow_mut();
            inner.on_event = Some(on_event);
            inner.on_error = Some(on_error);
            inner.on_visibility = Some(on_visibility);
        }
        connect(&inner);
        Stream(inner)
    }

    fn connect(inner: &Rc<RefCell<Inner>>) {
        let mut inner = inner.borrow_mut();
        let Ok(source) = web_sys::EventSource::new(&inner.address) else { return };
        if let Some(on_event) = &inner.on_event {
            for name in ["value", "same", "fault", "end"] {
                drop(source.add_event_listener_with_callback(name, on_event.as_ref().unchecked_ref()));
            }
        }
        source.set_onerror(inner.on_error.as_ref().map(|c| c.as_ref().unchecked_ref()));
        inner.source = Some(source);
    }

    fn disconnect(inner: &Rc<RefCell<Inner>>) {
        if let Some(source) = inner.borrow_mut().source.take() {
            source.close();
        }
    }

    impl Stream {
        pub(super) fn close(&self) {
            disconnect(&self.0);
            let inner = self.0.borrow();
            if let Some(on_visibility) = &inner.on_visibility {
                drop(
                    document().remove_event_listener_with_callback(
                        "visibilitychange",
                        on_visibility.as_ref().unchecked_ref(),
                    ),
                );
            }
        }
    }
}

/// Shows the data of a page: `loading` until it is there, the children with the living value, or
/// why it could not be read. `what`: for that text, for example "the Topic list".
#[component]
pub(crate) fn Loaded<T, F, V>(
    data: LiveData<T>,
    #[prop(into)] what: String,
    #[prop(optional, into)] loading: ViewFnOnce,
    children: F,
) -> impl IntoView
where
    T: LiveValue,
    F: Fn(Signal<T>) -> V + Clone + Send + Sync + 'static,
    V: IntoView + 'static,
{
    let what = StoredValue::new(what);
    let shown = move || {
        let children = children.clone();
        move || match data.current.get() {
            Some(Ok(value)) => children(value.into()).into_any(),
            Some(Err(error)) => {
                let retry = Callback::new(move |()| data.reload());
                view! {
                    <div class="table-box">
                        <Failed error what=what.get_value() retry/>
                    </div>
                }
                .into_any()
            }
            None => ().into_any(),
        }
    };
    let Some(first) = data.first else {
        let waiting = move || data.current.with(Option::is_none);
        return view! {
            <Show when=waiting>
                <p class="card-body" aria-busy="true">
                    <span class="skel skel-l"></span>
                </p>
            </Show>
            {shown()}
        }
        .into_any();
    };
    view! {
        <Suspense fallback=loading>
            {move || {
                let shown = shown();
                Suspend::new(async move {
                    let first = first.await;
                    if data.current.with_untracked(Option::is_none) {
                        data.begin(first);
                    }
                    shown
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// Live, paused or stale, always with the time of the data.
#[component]
pub(crate) fn Freshness<T: LiveValue>(data: LiveData<T>) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    let fresh = data.fresh();
    let tone = move || {
        fresh.with(|f| match f {
            Fresh::Starting | Fresh::Paused { .. } => "paused",
            Fresh::Live { .. } => "live",
            _ => "stale",
        })
    };
    let text = move || {
        fresh.with(|f| {
            let at = f.at_ms().map_or_else(|| "-".to_owned(), |at| clock(at, zone.get()));
            match f {
                Fresh::Starting => String::new(),
                Fresh::Live { .. } => t::live(lang, at),
                Fresh::Reconnecting { .. } => t::reconnecting(lang, at),
                Fresh::Paused { .. } => t::paused(lang, at),
                Fresh::Fault { .. } => t::stale(lang, at),
                Fresh::Ended { .. } => t::ended(lang, at),
            }
        })
    };
    // The time changes each few seconds: announced only when the state does.
    view! {
        <span class="fresh" data-s=tone hidden=move || fresh.with(|f| *f == Fresh::Starting)>
            {text}
        </span>
    }
}

/// On top of a table whose data could not be refreshed: since when and why, with Retry. The table
/// itself takes `data-stale` by [`Fresh::is_stale`].
#[component]
pub(crate) fn StaleBar<T: LiveValue>(data: LiveData<T>) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    let fresh = data.fresh();
    move || {
        fresh.with(|f| match f {
            Fresh::Fault { at_ms, error } => {
                let at = at_ms.map_or_else(|| "-".to_owned(), |at| clock(at, zone.get()));
                let why = errors::problem(lang, &error.problem);
                Some(view! {
                    <div class="barline" data-s="stale" role="status">
                        <Icon name="warn"/>
                        <span>{t::stale_bar(lang, at, why)}</span>
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
