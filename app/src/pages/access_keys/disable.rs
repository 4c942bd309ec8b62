//! Disabling a key stops clients, but can be undone: said first, one click.
use leptos::prelude::*;

use crate::components::Dialog;
use crate::i18n::{common as c, keys as t};
use crate::settings::use_lang;

#[component]
pub(super) fn Disable(asked: RwSignal<Option<String>>, on_confirm: Callback<String>) -> impl IntoView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    let id = RwSignal::new(String::new());
    Effect::new(move |_| {
        if let Some(asked_id) = asked.get() {
            id.set(asked_id);
            open.set(true);
            asked.set(None);
        }
    });
    view! {
        <Dialog open id="disable-key" title=t::disable_title(lang).to_owned() small=true>
            <div class="dlg-body">
                <div class="form">
                    <p class="mono">{id}</p>
                    <p>{t::clients_next_request(lang)} " " {t::can_be_enabled(lang)}</p>
                </div>
            </div>
            <div class="dlg-foot">
                <button class="btn" type="button" data-autofocus="" on:click=move |_| open.set(false)>
                    {c::cancel(lang)}
                </button>
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
    }
}
