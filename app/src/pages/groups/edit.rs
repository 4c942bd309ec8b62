//! The dialog that changes a Group ID's description.
use leptos::prelude::*;

use super::GroupDialogs;
use super::create::DESCRIPTION_CHARS_MAX;
use crate::api::Field;
use crate::api::groups::{Group, edit_group};
use crate::components::submit::use_submit;
use crate::components::{Dialog, FormError, TextArea, use_toasts};
use crate::i18n::{common as c, groups as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

#[component]
pub(super) fn EditGroup(here: Here, dialogs: GroupDialogs, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let open = dialogs.edit;
    let name = dialogs.name();
    view! {
        <Dialog open id="edit-group" small=true title=Signal::derive(move || t::edit_of(lang, name.get()))>
            {move || dialogs.of.get().map(|group| view! { <Form group here open on_done/> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(group: Group, here: Here, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let submit = use_submit();
    let description = RwSignal::new(group.description.clone());
    let send = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let call = edit_group(here.id_now(), group.name.clone(), description.get_untracked().trim().to_owned());
        submit.run(call, move |group| {
            toasts.done(t::saved_toast(lang, group.name));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <form class="dlg-form" novalidate on:submit=send>
            <div class="dlg-body">
                <div class="form">
                    <FormError error=submit.error/>
                    <TextArea
                        id="edit-group-description"
                        name="description"
                        label=c::description(lang)
                        value=description
                        error=submit.at(Field::Description)
                        count=Signal::derive(move || {
                            c::chars_count(lang, description.with(|d| d.chars().count()), DESCRIPTION_CHARS_MAX)
                        })
                        optional=true
                        rows=3
                    />
                </div>
            </div>
            <div class="dlg-foot">
                <button class="btn" type="button" on:click=move |_| open.set(false)>
                    {c::cancel(lang)}
                </button>
                <button
                    class="btn btn-primary"
                    type="submit"
                    aria-busy=move || submit.busy.get().then_some("true")
                    disabled=move || submit.busy.get()
                >
                    {move || if submit.busy.get() { c::saving(lang) } else { c::save(lang) }}
                </button>
            </div>
        </form>
    }
    .into_any()
}
