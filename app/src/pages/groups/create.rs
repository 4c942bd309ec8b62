//! The dialog that creates a Group ID under the protocol of the open tab.
use leptos::prelude::*;

use crate::api::groups::{Protocol, create_group};
use crate::components::submit::use_submit;
use crate::components::{Callout, Dialog};
use crate::frame::use_me;
use crate::i18n::{common as c, groups as t, named as tn};
use crate::pages::here::Here;
use crate::pages::named::CreateForm;
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
    let without_endpoint = protocol.get_untracked() == Protocol::Http && !use_me().http;
    let create = move |name, description| create_group(here.id_now(), name, protocol.get_untracked(), description);
    let not_yet = without_endpoint.then(|| {
        view! {
            <Callout title=t::http_not_yet(lang)>
                <p>{t::protocol_hint(lang)}</p>
            </Callout>
        }
    });
    view! {
        <CreateForm
            open
            submit=use_submit()
            create
            verb=c::confirm(lang)
            name_hint=t::name_hint(lang)
            on_done
            above=not_yet.into_any()
        />
    }
    .into_any()
}
