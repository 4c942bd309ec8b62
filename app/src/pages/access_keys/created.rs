//! The one time a secret is shown. Done waits for the tick; until then Esc and × ask once more.
use leptos::prelude::*;

use crate::api::keys::NewAccessKey;
use crate::components::{Callout, CopyButton, Dialog, Icon, Tone};
use crate::i18n::common as c;
use crate::i18n::keys as t;
use crate::settings::use_lang;

#[component]
pub(super) fn Created(made: RwSignal<Option<NewAccessKey>>) -> impl IntoView {
    let lang = use_lang();
    let open = RwSignal::new(false);
    let stored = RwSignal::new(false);
    let warned = RwSignal::new(false);
    Effect::new(move |_| {
        if made.with(Option::is_some) {
            stored.set(false);
            warned.set(false);
            open.set(true);
        }
    });
    // Closed: nothing of the secret stays in the page.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if was_open == Some(true) && !is_open {
            made.set(None);
        }
        is_open
    });
    let may_close = Callback::new(move |()| {
        let may = stored.get_untracked() || warned.get_untracked();
        warned.set(true);
        may
    });
    let id = Signal::derive(move || made.with(|m| m.as_ref().map(|k| k.id.clone()).unwrap_or_default()));
    let secret = Signal::derive(move || made.with(|m| m.as_ref().map(|k| k.secret.clone()).unwrap_or_default()));
    view! {
        <Dialog open id="key-created" title=t::created(lang).to_owned() may_close>
            <div class="dlg-body">
                <div class="form">
                    <Callout tone=Tone::Warn title=t::once(lang)>
                        <p>{t::once_why(lang)}</p>
                    </Callout>
                    <div class="field">
                        <span class="label">{t::id(lang)}</span>
                        <div class="secret">
                            <output data-testid="access-key-id">{id}</output>
                            <CopyButton text=id of=t::id(lang)/>
                        </div>
                    </div>
                    <div class="field">
                        <span class="label">{t::secret(lang)}</span>
                        <div class="secret">
                            <output data-testid="access-key-secret">{secret}</output>
                            <CopyButton text=secret of=t::secret(lang) autofocus=true/>
                        </div>
                    </div>
                    <label class="check">
                        <input type="checkbox" bind:checked=stored/>
                        <span>{t::stored(lang)}</span>
                    </label>
                    {move || {
                        (warned.get() && !stored.get())
                            .then(|| {
                                view! {
                                    <div class="callout" data-s="bad" role="alert">
                                        <Icon name="bad"/>
                                        <strong>{t::not_stored(lang)}</strong>
                                        <div class="row">
                                            <button class="btn btn-sm" type="button" on:click=move |_| open.set(false)>
                                                {t::close_anyway(lang)}
                                            </button>
                                        </div>
                                    </div>
                                }
                            })
                    }}
                </div>
            </div>
            <div class="dlg-foot">
                <button
                    class="btn start"
                    type="button"
                    on:click=move |_| save_csv(&id.get_untracked(), &secret.get_untracked())
                >
                    <Icon name="download"/>
                    {t::csv(lang)}
                </button>
                <button
                    class="btn btn-primary"
                    type="button"
                    disabled=move || !stored.get()
                    on:click=move |_| open.set(false)
                >
                    {c::done(lang)}
                </button>
            </div>
        </Dialog>
    }
}

/// Both values hold letters and digits only, so the file needs no quoting.
fn csv(id: &str, secret: &str) -> String {
    format!("AccessKey ID,AccessKey Secret\r\n{id},{secret}\r\n")
}

/// Made in the browser: the secret does not travel a second time.
fn save_csv(id: &str, secret: &str) {
    use wasm_bindgen::{JsCast, JsValue};
    let parts = js_sys::Array::of1(&JsValue::from_str(&csv(id, secret)));
    let options = web_sys::BlobPropertyBag::new();
    options.set_type("text/csv;charset=utf-8");
    let Ok(blob) = web_sys::Blob::new_with_str_sequence_and_options(&parts, &options) else { return };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    if let Ok(link) = document().create_element("a")
        && let Some(link) = link.dyn_ref::<web_sys::HtmlAnchorElement>()
    {
        link.set_href(&url);
        link.set_download(&format!("AccessKey-{id}.csv"));
        link.click();
    }
    drop(web_sys::Url::revoke_object_url(&url));
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_file_has_a_head_and_one_row() {
        assert_eq!(super::csv("TN1", "s"), "AccessKey ID,AccessKey Secret\r\nTN1,s\r\n");
    }
}
