//! Deleting a key: final, by typing its ID.
use leptos::prelude::*;

use super::last_used;
use crate::api::keys::{AccessKey, delete_access_key};
use crate::components::submit::use_submit;
use crate::components::{Confirm, use_toasts};
use crate::i18n::keys as t;
use crate::settings::use_lang;

#[component]
pub(super) fn Delete(asked: RwSignal<Option<AccessKey>>, refresh: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let key = RwSignal::new(None::<AccessKey>);
    let submit = use_submit();
    Effect::new(move |_| {
        if let Some(asked_key) = asked.get() {
            key.set(Some(asked_key));
            submit.error.set(None);
            open.set(true);
            asked.set(None);
        }
    });
    let id = Memo::new(move |_| key.with(|k| k.as_ref().map(|k| k.id.clone()).unwrap_or_default()));
    let on_confirm = Callback::new(move |confirm| {
        submit.run(delete_access_key(id.get_untracked(), confirm), move |()| {
            open.set(false);
            toasts.done(t::deleted_toast(lang));
            refresh.run(());
        });
    });
    view! {
        <Confirm
            open
            id="delete-key"
            title=t::delete_title(lang).to_owned()
            name=id
            verb=t::delete_title(lang)
            busy=submit.busy
            error=submit.error
            on_confirm
        >
            <p>{t::clients_next_request(lang)}</p>
            <p>
                {t::last_used_of(lang)} {move || key.with(|k| last_used(lang, k.as_ref().and_then(|k| k.last_used_ms)))}
            </p>
        </Confirm>
    }
}
