//! Toasts: what the user just did. They go by themselves, errors stay until closed.
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::Icon;
use super::report::Facts;
use crate::api::ApiError;
use crate::i18n::{Lang, common as c, errors};
use crate::settings::use_lang;

#[derive(Clone)]
struct Toast {
    no: u64,
    text: String,
    bad: bool,
    /// What an administrator needs of a failure.
    error: Option<ApiError>,
    undo: Option<Undo>,
}

/// Takes a step back.
type Undo = Arc<dyn Fn() + Send + Sync>;

/// The toasts of the page; copy it into handlers.
#[derive(Clone, Copy)]
pub(crate) struct ToastList {
    list: RwSignal<Vec<Toast>>,
    /// What came last, for those who hear the page.
    latest: RwSignal<String>,
    next: StoredValue<u64>,
}

impl ToastList {
    pub(crate) fn provide() {
        provide_context(Self {
            list: RwSignal::new(Vec::new()),
            latest: RwSignal::new(String::new()),
            next: StoredValue::new(0),
        });
    }

    /// Reports success; goes after 5 s.
    pub(crate) fn done(self, text: impl Into<String>) {
        self.report(text.into(), None, Duration::from_secs(5));
    }

    /// Reports a step that can be taken back, with Undo; goes after 10 s.
    ///
    /// - `back`: the call that takes it back. The form, and even the page, may be gone by then, so it
    ///   holds values, not signals.
    /// - `then`: runs after that, if its page is still there.
    pub(crate) fn done_with_undo<T, F>(
        self,
        lang: Lang,
        text: impl Into<String>,
        back: impl Fn() -> F + Send + Sync + 'static,
        then: Callback<()>,
    ) where
        T: 'static,
        F: Future<Output = Result<T, ApiError>> + 'static,
    {
        let undo = move || {
            let call = back();
            leptos::task::spawn_local(async move {
                match call.await {
                    Ok(_) => {
                        self.done(c::undone(lang));
                        then.try_run(());
                    }
                    Err(error) => self.refused(lang, error),
                }
            });
        };
        self.report(text.into(), Some(Arc::new(undo)), Duration::from_secs(10));
    }

    fn report(self, text: String, undo: Option<Undo>, stays: Duration) {
        let no = self.push(text, false, None, undo);
        set_timeout(move || self.close(no), stays);
    }

    /// Reports a failure; stays until closed.
    pub(crate) fn failed(self, text: impl Into<String>) {
        self.push(text.into(), true, None, None);
    }

    /// Reports why a step was refused, with code, request id and time; stays until closed.
    pub(crate) fn refused(self, lang: Lang, error: ApiError) {
        self.push(errors::problem(lang, &error.problem), true, Some(error), None);
    }

    fn push(self, text: String, bad: bool, error: Option<ApiError>, undo: Option<Undo>) -> u64 {
        let no = self.next.get_value();
        self.next.set_value(no.wrapping_add(1));
        self.latest.set(text.clone());
        self.list.update(|list| {
            // The same words twice would only push others away.
            list.retain(|t| t.text != text);
            list.push(Toast { no, text, bad, error, undo });
            if list.len() > 4 {
                list.remove(0);
            }
        });
        no
    }

    fn close(self, no: u64) {
        let left = self.list.try_update(|list| {
            list.retain(|t| t.no != no);
            list.len()
        });
        if left == Some(0) {
            // The same words are announced again next time.
            _ = self.latest.try_set(String::new());
        }
    }
}

pub(crate) fn use_toasts() -> ToastList {
    expect_context()
}

/// Where toasts appear; one on each page. A popover keeps it above an open dialog.
#[component]
pub(crate) fn Toasts() -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let region = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |_| {
        let some = toasts.list.with(|l| !l.is_empty());
        if let Some(region) = region.get() {
            // Hidden and shown again it comes to the top of the top layer.
            drop(region.hide_popover());
            if some {
                drop(region.show_popover());
            }
        }
    });
    view! {
        // A hidden region that appears is not announced: this one is always there.
        <div class="vh" role="status">
            {toasts.latest}
        </div>
        <div class="toasts toasts-top" popover="manual" node_ref=region>
            <For each=move || toasts.list.get() key=|t| t.no let:toast>
                <div class="toast" data-s=toast.bad.then_some("bad")>
                    <Icon name=if toast.bad { "bad" } else { "check" }/>
                    <div>{toast.text} {toast.error.map(|error| view! { <Facts error/> })}</div>
                    {toast
                        .undo
                        .map(|undo| {
                            view! {
                                <button
                                    class="btn btn-quiet btn-sm"
                                    type="button"
                                    on:click=move |_| {
                                        toasts.close(toast.no);
                                        undo();
                                    }
                                >
                                    <Icon name="undo"/>
                                    {c::undo(lang)}
                                </button>
                            }
                        })}
                    <button
                        class="btn btn-quiet btn-sm btn-icon"
                        type="button"
                        aria-label=c::close(lang)
                        on:click=move |_| toasts.close(toast.no)
                    >
                        <Icon name="x"/>
                    </button>
                </div>
            </For>
        </div>
    }
}
