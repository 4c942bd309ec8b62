//! Disabling a key stops clients, but can be undone: said first, one click. Of the last active key the
//! ID is typed, since after that no client of the user gets in.
use leptos::prelude::*;

use super::last_used;
use crate::api::keys::AccessKey;
use crate::components::{CloseButton, Confirm, Dialog};
use crate::i18n::{common as c, keys as t};
use crate::settings::use_lang;

/// A key that is about to be disabled.
#[derive(Clone)]
pub(super) struct Disabling {
    pub(super) key: AccessKey,
    /// No other key of the user is active.
    pub(super) is_last: bool,
}

#[component]
pub(super) fn Disable(asked: RwSignal<Option<Disabling>>, on_confirm: Callback<String>) -> impl IntoView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    let open_last = RwSignal::new(false);
    let key = RwSignal::new(None::<AccessKey>);
    Effect::new(move |_| {
        if let Some(Disabling { key: asked_key, is_last }) = asked.get() {
            key.set(Some(asked_key));
            if is_last { open_last } else { open }.set(true);
            asked.set(None);
        }
    });
    let id = Memo::new(move |_| key.with(|k| k.as_ref().map(|k| k.id.clone()).unwrap_or_default()));
    let used = move || {
        view! {
            <p>
                {t::last_used_of(lang)} {move || key.with(|k| last_used(lang, k.as_ref().and_then(|k| k.last_used_ms)))}
            </p>
        }
    };
    view! {
        <Dialog open id="disable-key" title=t::disable_title(lang).to_owned() small=true>
            <div class="dlg-body">
                <div class="form">
                    <p class="mono">{id}</p>
                    <p>{t::clients_next_request(lang)} {lang.gap()} {t::can_be_enabled(lang)}</p>
                    {used()}
                </div>
            </div>
            <div class="dlg-foot">
                <CloseButton open text=c::cancel(lang) autofocus=true/>
                <button
                    class="btn btn-primary"
                    type="button"
                    on:click=move |_| {
                        open.set(false);
                        on_confirm.run(id.get_untracked());
                    }
                >
                    {t::disable_title(lang)}
                </button>
            </div>
        </Dialog>
        <Confirm
            open=open_last
            id="disable-last-key"
            title=t::disable_title(lang).to_owned()
            name=id
            verb=t::disable_title(lang)
            busy=false
            error=Signal::stored(None)
            restorable=true
            on_confirm=Callback::new(move |_| {
                open_last.set(false);
                on_confirm.run(id.get_untracked());
            })
        >
            <p>{t::last_active_stops(lang)} {lang.gap()} {t::can_be_enabled(lang)}</p>
            {used()}
        </Confirm>
    }
}
