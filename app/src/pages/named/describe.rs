//! The dialog that changes the description, with the way back.
use leptos::prelude::*;

use super::{Chosen, NamedRow};
use crate::api::Field;
use crate::components::dialog_form::DialogForm;
use crate::components::submit::use_submit;
use crate::components::{DescriptionField, Dialog, use_toasts};
use crate::i18n::{common as c, named as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

/// `on_done`: runs after a change, and after it was taken back.
#[component]
pub(crate) fn EditDescription<T: NamedRow>(here: Here, chosen: Chosen<T>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let name = chosen.name();
    view! {
        <Dialog
            open=chosen.open
            id=T::IDS.edit
            small=true
            title=Signal::derive(move || t::edit_of(lang, T::KIND(lang), name.get()))
        >
            {move || chosen.of.get().map(|row| view! { <Form row here open=chosen.open on_done/> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form<T: NamedRow>(row: T, here: Here, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let submit = use_submit();
    let description = RwSignal::new(row.description().to_owned());
    let row = StoredValue::new(row);
    let send = move |()| {
        let instance = here.id_now();
        let (name, old) = row.with_value(|row| (row.name().to_owned(), row.description().to_owned()));
        let call = T::describe(instance.clone(), name.clone(), description.get_untracked().trim().to_owned());
        submit.run(call, move |_| {
            open.set(false);
            let text = t::saved_toast(lang, &name);
            let back = move || T::describe(instance.clone(), name.clone(), old.clone());
            toasts.done_with_undo(lang, text, back, on_done);
            on_done.run(());
        });
    };
    view! {
        <DialogForm open submit on_submit=Callback::new(send) verb=c::save(lang) doing=c::saving(lang)>
            <DescriptionField
                id=T::IDS.edit_description
                value=description
                error=submit.at(Field::Description)
                rows=3
                autofocus=true
            />
        </DialogForm>
    }
    .into_any()
}
