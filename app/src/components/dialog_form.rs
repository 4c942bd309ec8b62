//! The form that fills a dialog: fields, what was refused, Cancel, and the button that sends it.
use leptos::prelude::*;

use super::submit::Submit;
use super::{CloseButton, FormError, SubmitButton};
use crate::i18n::common as c;
use crate::settings::use_lang;

/// - `submit`: the step that `on_submit` runs.
/// - `verb`, `doing`: words of the button at rest and while it runs.
/// - `cancel`: the word for leaving; Cancel where it is not given.
/// - children: the fields.
#[component]
pub(crate) fn DialogForm(
    open: RwSignal<bool>,
    submit: Submit,
    on_submit: Callback<()>,
    #[prop(into)] verb: Signal<&'static str>,
    doing: &'static str,
    #[prop(optional, into)] cancel: Option<Signal<&'static str>>,
    children: Children,
) -> impl IntoView {
    let lang = use_lang();
    let cancel = cancel.unwrap_or_else(|| Signal::stored(c::cancel(lang)));
    let send = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        on_submit.run(());
    };
    view! {
        <form class="dlg-form" novalidate on:submit=send>
            <div class="dlg-body">
                <div class="form">
                    <FormError error=submit.error/>
                    {children()}
                </div>
            </div>
            <div class="dlg-foot">
                <CloseButton open text=cancel/>
                <SubmitButton busy=submit.busy verb doing/>
            </div>
        </form>
    }
    .into_any()
}
