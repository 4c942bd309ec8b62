//! Toasts: what the user just did. They go by themselves, errors stay until closed.
use std::time::Duration;

use leptos::prelude::*;

use super::Icon;
use crate::i18n::common as c;
use crate::settings::use_lang;

#[derive(Clone)]
struct Toast {
    no: u64,
    text: String,
    bad: bool,
}

/// The toasts of the page; copy it into handlers.
#[derive(Clone, Copy)]
pub(crate) struct ToastList {
    list: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
}

impl ToastList {
    pub(crate) fn provide() {
        provide_context(Self { list: RwSignal::new(Vec::new()), next: StoredValue::new(0) });
    }

    /// Reports success; goes after 5 s.
    pub(crate) fn done(self, text: impl Into<String>) {
        let no = self.push(text.into(), false);
        set_timeout(move || self.close(no), Duration::from_secs(5));
    }

    /// Reports a failure; stays until closed.
    pub(crate) fn failed(self, text: impl Into<String>) {
        self.push(text.into(), true);
    }

    fn push(self, text: String, bad: bool) -> u64 {
        let no = self.next.get_value();
        self.next.set_value(no.wrapping_add(1));
        self.list.update(|list| {
            // The same words twice would only push others away.
            list.retain(|t| t.text != text);
            list.push(Toast { no, text, bad });
            if list.len() > 4 {
                list.remove(0);
            }
        });
        no
    }

    fn close(self, no: u64) {
        _ = self.list.try_update(|list| list.retain(|t| t.no != no));
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
        <div class="toasts toasts-top" role="status" popover="manual" node_ref=region>
            <For each=move || toasts.list.get() key=|t| t.no let:toast>
                <div class="toast" data-s=toast.bad.then_some("bad")>
                    <Icon name=if toast.bad { "bad" } else { "check" }/>
                    <span>{toast.text}</span>
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
