//! The description: its field, and the dialog that changes it, with the way back.
use leptos::prelude::*;

use super::{Chosen, NamedRow};
use crate::api::Field;
use crate::components::dialog_form::DialogForm;
use crate::components::submit::{Submit, use_submit};
use crate::components::{Dialog, TextArea, use_toasts};
use crate::i18n::{common as c, named as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

/// Most characters of a description, for the counter; the server decides.
const DESCRIPTION_CHARS_MAX: usize = 128;

#[component]
pub(crate) fn DescriptionField(
    id: &'static str,
    value: RwSignal<String>,
    submit: Submit,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let lang = use_lang();
    let count = Signal::derive(move || c::chars_count(lang, value.with(|d| d.chars().count()), DESCRIPTION_CHARS_MAX));
    view! {
        <TextArea
            id
            name="description"
            label=c::description(lang)
            value
            error=submit.at(Field::Description)
            count
            optional=true
            rows=3
            autofocus
        />
    }
}

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
            <DescriptionField id=T::IDS.edit_description value=description submit autofocus=true/>
        </DialogForm>
    }
    .into_any()
}
