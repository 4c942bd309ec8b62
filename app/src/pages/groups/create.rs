//! The dialog that creates a Group ID under the protocol of the open tab.
use leptos::prelude::*;

use crate::api::Field;
use crate::api::groups::{Protocol, create_group};
use crate::components::dialog_form::DialogForm;
use crate::components::submit::use_submit;
use crate::components::{Callout, Dialog, TextField, use_toasts};
use crate::frame::use_me;
use crate::i18n::{common as c, groups as t, named as tn};
use crate::pages::here::Here;
use crate::pages::named::{DescriptionField, NAME_CHARS_MAX};
use crate::settings::use_lang;

#[component]
pub(super) fn CreateGroup(
    here: Here,
    protocol: Memo<Protocol>,
    open: RwSignal<bool>,
    on_done: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let subtitle = Signal::derive(move || Some(t::protocol_name(lang, protocol.get()).to_owned()));
    view! {
        <Dialog open id="create-group" title=tn::create(lang, c::group_id(lang)) subtitle>
            <Form here protocol open on_done/>
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(here: Here, protocol: Memo<Protocol>, open: RwSignal<bool>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let submit = use_submit();
    let name = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let without_endpoint = protocol.get_untracked() == Protocol::Http && !use_me().http;
    let send = move |()| {
        let call = create_group(
            here.id_now(),
            name.get_untracked().trim().to_owned(),
            protocol.get_untracked(),
            description.get_untracked().trim().to_owned(),
        );
        submit.run(call, move |group| {
            toasts.done(tn::created_toast(lang, c::group_id(lang), group.name));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <DialogForm open submit on_submit=Callback::new(send) verb=c::confirm(lang) doing=tn::creating(lang)>
            {without_endpoint
                .then(|| {
                    view! {
                        <Callout title=t::http_not_yet(lang)>
                            <p>{t::protocol_hint(lang)}</p>
                        </Callout>
                    }
                })}
            <TextField
                id="group-name"
                name="name"
                label=c::group_id(lang)
                value=name
                error=submit.at(Field::GroupId)
                max=NAME_CHARS_MAX
                hint=t::name_hint(lang)
                autofocus=true
            />
            <DescriptionField id="group-description" value=description submit/>
        </DialogForm>
    }
    .into_any()
}
