//! The dialog that creates a Group ID under the protocol of the open tab.
use leptos::prelude::*;

use super::GroupDialogs;
use crate::api::Field;
use crate::api::groups::{Protocol, create_group};
use crate::components::submit::use_submit;
use crate::components::{Callout, Dialog, FormError, TextArea, TextField, use_toasts};
use crate::frame::use_me;
use crate::i18n::{common as c, groups as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

const NAME_CHARS_MAX: usize = 64;
pub(super) const DESCRIPTION_CHARS_MAX: usize = 128;

#[component]
pub(super) fn CreateGroup(
    here: Here,
    protocol: Memo<Protocol>,
    dialogs: GroupDialogs,
    on_done: Callback<()>,
) -> impl IntoView {
    let lang = use_lang();
    let open = dialogs.create;
    let subtitle = Signal::derive(move || Some(t::protocol_name(lang, protocol.get()).to_owned()));
    view! {
        <Dialog open id="create-group" title=t::create(lang) subtitle>
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
    let send = move |ev: leptos::ev::SubmitEvent| {
        ev.prevent_default();
        let call = create_group(
            here.id_now(),
            name.get_untracked().trim().to_owned(),
            protocol.get_untracked(),
            description.get_untracked().trim().to_owned(),
        );
        submit.run(call, move |group| {
            toasts.done(t::created_toast(lang, group.name));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <form class="dlg-form" novalidate on:submit=send>
            <div class="dlg-body">
                <div class="form">
                    <FormError error=submit.error/>
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
                    <TextArea
                        id="group-description"
                        name="description"
                        label=c::description(lang)
                        value=description
                        error=submit.at(Field::Description)
                        count=Signal::derive(move || {
                            c::chars_count(lang, description.with(|d| d.chars().count()), DESCRIPTION_CHARS_MAX)
                        })
                        optional=true
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
                    {move || if submit.busy.get() { t::creating(lang) } else { c::confirm(lang) }}
                </button>
            </div>
        </form>
    }
    .into_any()
}
