//! The browser's side of the event stream.
//!
//! A broken connection is opened again by the browser itself. What the browser gives up (an answer
//! other than 200) and what the server ends because it stops is opened again from here, each time a
//! little later. Only "nobody is signed in any more" is final.
use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::Fresh;
use crate::api::live::{Dated, End, Reading, Watch};
use crate::api::{ApiError, Problem};

/// A stream from which nothing has come for this long is said to be connecting.
const SILENT_AT_START: Duration = Duration::from_secs(5);

/// How long to wait before the next try, after `failures` in a row.
fn wait(failures: u32) -> Duration {
    Duration::from_secs(1 << failures.min(5)).min(Duration::from_secs(30))
}

/// Reads once, without the stream, and shows what it got.
type Ask = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = Result<(), ApiError>>>>>;

struct Inner {
    address: String,
    fresh: RwSignal<Fresh>,
    ask: Ask,
    source: Option<web_sys::EventSource>,
    on_event: Option<Closure<dyn FnMut(web_sys::MessageEvent)>>,
    on_error: Option<Closure<dyn FnMut(web_sys::Event)>>,
    on_visibility: Option<Closure<dyn FnMut(web_sys::Event)>>,
    /// Nobody is signed in, or the page is gone: never again.
    over: bool,
    /// Tries since something came.
    failures: u32,
    retry: Option<TimeoutHandle>,
    silence: Option<TimeoutHandle>,
}

type Shared = Rc<RefCell<Inner>>;

pub(super) struct Stream(Shared);

/// Opens the stream of `watch` and keeps it open while the tab is visible.
pub(super) fn open(watch: Watch, fresh: RwSignal<Fresh>, ask: Ask, show: impl Fn(Reading) + 'static) -> Stream {
    let inner = Rc::new(RefCell::new(Inner {
        address: crate::paths::events(&watch),
        fresh,
        ask,
        source: None,
        on_event: None,
        on_error: None,
        on_visibility: None,
        over: false,
        failures: 0,
        retry: None,
        silence: None,
    }));
    // The closures must not own what owns them.
    let weak = Rc::downgrade(&inner);
    let on_event = Closure::new(move |ev: web_sys::MessageEvent| {
        let Some(inner) = weak.upgrade() else { return };
        let text = ev.data().as_string().unwrap_or_default();
        inner.borrow_mut().failures = 0;
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
                    set(fresh, |at_ms| Fresh::Fault { at_ms, error });
                }
            }
            _ => match End::parse(&text) {
                Some(End::SignedOut) => finish(&inner),
                // A reason that this page does not know yet is found out by the next try.
                Some(End::Stopping) | None => {
                    disconnect(&inner);
                    set(fresh, |at_ms| Fresh::Reconnecting { at_ms });
                    try_again(&inner);
                }
            },
        }
    });
    let weak = Rc::downgrade(&inner);
    let on_error = Closure::new(move |_: web_sys::Event| {
        let Some(inner) = weak.upgrade() else { return };
        let given_up = inner.borrow().source.as_ref().is_some_and(|s| s.ready_state() == web_sys::EventSource::CLOSED);
        if given_up {
            refused(&inner);
        } else {
            set(fresh, |at_ms| Fresh::Reconnecting { at_ms });
        }
    });
    let weak = Rc::downgrade(&inner);
    let on_visibility = Closure::new(move |_: web_sys::Event| {
        let Some(inner) = weak.upgrade() else { return };
        if inner.borrow().over {
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

/// The next state, with the time of what is shown. The page may be gone.
fn set(fresh: RwSignal<Fresh>, next: impl FnOnce(Option<i64>) -> Fresh) {
    let at_ms = fresh.try_with_untracked(Fresh::at_ms).flatten();
    drop(fresh.try_set(next(at_ms)));
}

fn connect(shared: &Shared) {
    disconnect(shared);
    let weak = Rc::downgrade(shared);
    let mut inner = shared.borrow_mut();
    if inner.over {
        return;
    }
    let Ok(source) = web_sys::EventSource::new(&inner.address) else { return };
    if let Some(on_event) = &inner.on_event {
        for name in ["value", "same", "fault", "end"] {
            drop(source.add_event_listener_with_callback(name, on_event.as_ref().unchecked_ref()));
        }
    }
    source.set_onerror(inner.on_error.as_ref().map(|c| c.as_ref().unchecked_ref()));
    inner.source = Some(source);
    let silent = move || {
        if let Some(inner) = weak.upgrade() {
            let fresh = inner.borrow().fresh;
            if fresh.try_with_untracked(|f| *f == Fresh::Starting) == Some(true) {
                set(fresh, |at_ms| Fresh::Reconnecting { at_ms });
            }
        }
    };
    inner.silence = set_timeout_with_handle(silent, SILENT_AT_START).ok();
}

/// Closes the connection and forgets the timers.
fn disconnect(shared: &Shared) {
    let (source, timers) = {
        let mut inner = shared.borrow_mut();
        (inner.source.take(), [inner.retry.take(), inner.silence.take()])
    };
    if let Some(source) = source {
        source.close();
    }
    for timer in timers.into_iter().flatten() {
        timer.clear();
    }
}

fn finish(shared: &Shared) {
    disconnect(shared);
    shared.borrow_mut().over = true;
    set(shared.borrow().fresh, |at_ms| Fresh::Ended { at_ms });
}

/// The server answered, but not with a stream, and the browser does not say with what: a plain reading
/// tells, and gives the page its present values meanwhile.
fn refused(shared: &Shared) {
    disconnect(shared);
    let weak = Rc::downgrade(shared);
    let (fresh, ask) = {
        let inner = shared.borrow();
        (inner.fresh, Rc::clone(&inner.ask))
    };
    leptos::task::spawn_local(async move {
        let answer = ask().await;
        let Some(shared) = weak.upgrade() else { return };
        if shared.borrow().over {
            return;
        }
        match answer {
            Err(error) if error.problem == Problem::SignedOut => return finish(&shared),
            Err(error) => set(fresh, |at_ms| Fresh::Fault { at_ms, error }),
            Ok(()) => set(fresh, |at_ms| Fresh::Reconnecting { at_ms }),
        }
        try_again(&shared);
    });
}

fn try_again(shared: &Shared) {
    // A hidden tab comes back by its own event.
    if document().hidden() {
        return;
    }
    let weak = Rc::downgrade(shared);
    let again = move || {
        if let Some(shared) = weak.upgrade() {
            connect(&shared);
        }
    };
    let mut inner = shared.borrow_mut();
    inner.retry = set_timeout_with_handle(again, wait(inner.failures)).ok();
    inner.failures = inner.failures.saturating_add(1);
}

impl Stream {
    pub(super) fn close(&self) {
        disconnect(&self.0);
        let mut inner = self.0.borrow_mut();
        inner.over = true;
        if let Some(on_visibility) = inner.on_visibility.take() {
            drop(
                document()
                    .remove_event_listener_with_callback("visibilitychange", on_visibility.as_ref().unchecked_ref()),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_try_waits_longer_up_to_half_a_minute() {
        let waits: Vec<u64> = (0..8).map(|failures| wait(failures).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(wait(u32::MAX).as_secs(), 30);
    }
}
