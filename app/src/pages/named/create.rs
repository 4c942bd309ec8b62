//! The form that creates one: its name, what its kind adds, the description.
use std::future::Future;

use leptos::prelude::*;

use super::NamedRow;
use crate::api::{ApiError, Field};
use crate::components::dialog_form::DialogForm;
use crate::components::submit::Submit;
use crate::components::{DescriptionField, TextField, use_toasts};
use crate::i18n::named as t;
use crate::settings::use_lang;

/// Most characters of the name, for the counter; the server decides.
const NAME_CHARS_MAX: usize = 64;

/// - `create`: from the name and the description.
/// - `verb`: word of the button.
/// - `name_hint`: what a name may be.
/// - `above`: stands before the fields.
/// - `on_done`: runs when it was created and the dialog is closed.
/// - children: between the name and the description.
#[component]
pub(crate) fn CreateForm<T, F, C>(
    open: RwSignal<bool>,
    submit: Submit,
    create: C,
    verb: &'static str,
    name_hint: &'static str,
    on_done: Callback<()>,
    #[prop(optional)] above: Option<AnyView>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView
where
    T: NamedRow,
    F: Future<Output = Result<T, ApiError>> + 'static,
    C: Fn(String, String) -> F + Send + Sync + 'static,
{
    let lang = use_lang();
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let typed = |text: RwSignal<String>| text.with_untracked(|text| text.trim().to_owned());
    let send = move |()| {
        submit.run(create(typed(name), typed(description)), move |made| {
            toasts.done(t::created_toast(lang, T::KIND(lang), made.name()));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <DialogForm open submit on_submit=Callback::new(send) verb doing=t::creating(lang)>
            {above}
            <TextField
                id=T::IDS.name
                name="name"
                label=T::KIND(lang)
                value=name
                error=submit.at(T::NAME_FIELD)
                max=NAME_CHARS_MAX
                hint=name_hint
                autofocus=true
            />
            {children.map(|children| children())}
            <DescriptionField id=T::IDS.description value=description error=submit.at(Field::Description) rows=3/>
        </DialogForm>
    }
    .into_any()
}
