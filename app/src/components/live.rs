//! A page's data: read once for the first paint, then kept live by the event stream. One stream per
//! tab; it is closed while the tab is hidden and comes back by itself.
//!
//! What fails later leaves the last value standing, and says since when.
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Once};

use leptos::prelude::*;

use super::Failed;
use crate::api::live::{Subject, Watch};
use crate::api::{ApiError, Problem};

mod fresh;
mod stream;

use fresh::Around;
pub(crate) use fresh::{Fresh, Freshness, RefreshButton, StaleBar, use_stale, use_stale_since};

/// What can be read, sent and compared.
pub(crate) trait LiveValue:
    Clone + PartialEq + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static
{
}

impl<T> LiveValue for T where
    T: Clone + PartialEq + Send + Sync + serde::Serialize + serde::de::DeserializeOwned + 'static
{
}

type Loader<T> = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<T, ApiError>> + Send>> + Send + Sync>;

/// The data of a page. Copy it into handlers.
///
/// What was read stands until its successor is there: the view of the old value is replaced in one
/// step, never taken apart while it can still be clicked.
pub(crate) struct LiveData<T: LiveValue> {
    /// The reading of the first paint; `None` where the browser reads all by itself.
    first: Option<Resource<Result<T, ApiError>>>,
    /// Done once for the first reading.
    first_shown: StoredValue<Arc<Once>>,
    /// What is shown; the value inside changes without a new view. `None` until the first is there.
    current: RwSignal<Option<Result<ArcRwSignal<T>, ApiError>>>,
    /// Raised by each read from the start; an answer to an older one is dropped.
    round: StoredValue<u32>,
    /// The answer to the last read from the start is still out.
    pending: RwSignal<bool>,
    fresh: RwSignal<Fresh>,
    /// A reading that was asked for by hand is out.
    refreshing: RwSignal<bool>,
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
        _ = self.refreshing.try_set(true);
        leptos::task::spawn_local(async move {
            let answer = self.read().await;
            _ = self.refreshing.try_set(false);
            if let Err(error) = answer {
                let at_ms = self.fresh.try_with_untracked(Fresh::at_ms).flatten();
                drop(self.fresh.try_set(match error.problem {
                    Problem::SignedOut => Fresh::Ended { at_ms },
                    _ => Fresh::Fault { at_ms, error },
                }));
            }
        });
    }

    /// Reads once and shows what it got. After the page has gone nothing is read.
    async fn read(self) -> Result<(), ApiError> {
        let Some(load) = self.loader.try_get_value() else { return Ok(()) };
        self.show(load().await?);
        Ok(())
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

    /// Waits for the first reading, where there is one, and shows it.
    async fn ready(self) {
        let Some(first) = self.first else { return };
        let first = first.await;
        // The server polls the parts of a page on several threads, and a signal that one thread is writing can't be
        // read by another: to the reader it looks disposed. So it is written once, and who comes second waits.
        if let Some(shown) = self.first_shown.try_get_value() {
            shown.call_once(|| {
                if self.current.with_untracked(Option::is_none) {
                    self.begin(first);
                }
            });
        }
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
pub(crate) fn use_live<K, T, F>(
    key: impl Fn() -> K + Copy + Send + Sync + 'static,
    load: impl Fn(K) -> F + Copy + Send + Sync + 'static,
    watch: impl Fn(K) -> Watch + Copy + Send + Sync + 'static,
) -> LiveData<T>
where
    K: Clone + PartialEq + Send + Sync + 'static,
    T: LiveValue + Subject,
    F: Future<Output = Result<T, ApiError>> + Send + 'static,
{
    // Read once, for the first paint; later reads replace its view without suspending it.
    let first = Resource::new_blocking(|| (), move |()| load(untrack(key)));
    let data = keep(Some(first), key, load);
    let subject = Memo::new(move |_| watch(key()));
    Effect::new(move |_| {
        let subject = subject.get();
        data.fresh.set(Fresh::Starting);
        let ask = Rc::new(move || -> Pin<Box<dyn Future<Output = _>>> { Box::pin(data.read()) });
        let stream = stream::open(subject, data.fresh, ask, move |value| {
            if let Some(value) = T::of(value) {
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
        first_shown: StoredValue::new(Arc::new(Once::new())),
        current: RwSignal::new(None),
        round: StoredValue::new(0),
        pending: RwSignal::new(false),
        fresh: RwSignal::new(Fresh::Starting),
        refreshing: RwSignal::new(false),
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

/// Shows the data of a page: `loading` until it is there, the children with the living value, or
/// why it could not be read. Tiles, tables and badges among the children show by themselves when it
/// is stale. `what`: for that text, for example "the Topic list".
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
            Some(Ok(value)) => {
                provide_context(Around(data.fresh()));
                children(value.into()).into_any()
            }
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
    if data.first.is_none() {
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
    }
    view! {
        <Suspense fallback=loading>
            {move || {
                let shown = shown();
                Suspend::new(async move {
                    data.ready().await;
                    shown
                })
            }}
        </Suspense>
    }
    .into_any()
}

/// A part of the page beside what [`Loaded`] shows, drawn with the same data on the server already.
/// `show`: gets the living value, or `None` while it is not there or when it could not be read.
#[component]
pub(crate) fn Beside<T, F>(data: LiveData<T>, show: F) -> impl IntoView
where
    T: LiveValue,
    F: Fn(Option<Signal<T>>) -> AnyView + Copy + Send + Sync + 'static,
{
    view! {
        <Suspense fallback=move || show(None)>
            {move || Suspend::new(async move {
                data.ready().await;
                move || show(data.current.get().and_then(Result::ok).map(Into::into))
            })}
        </Suspense>
    }
    .into_any()
}
