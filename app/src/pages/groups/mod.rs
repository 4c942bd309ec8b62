//! Group IDs of an instance: the list under each protocol, and what can be done with a Group ID.

mod clients;
mod create;
mod named;
mod page;
mod progress;
mod row;
mod subscription;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub(crate) use page::GroupPage;
pub(super) use subscription::{parts, sentence};

use crate::api::groups::{Group, Groups, Protocol, load_groups};
use crate::api::live::Watch;
use crate::components::live::Beside;
use crate::components::{LiveData, Missing, use_listing, use_live};
use crate::i18n::{figures as f, groups as t};
use crate::pages::here::{Here, use_here};
use crate::pages::named::{Chosen, DeleteNamed, EditDescription, Listed, NamedPage};
use crate::place::Section;
use crate::settings::use_lang;

/// The page of the protocol in the address. Where there is no such protocol it says that.
fn with_protocol(page: fn(Memo<Protocol>) -> AnyView) -> impl IntoView {
    let params = use_params_map();
    let asked = Memo::new(move |_| params.with(|p| Protocol::of_slug(&p.get("protocol").unwrap_or_default())));
    let known = Memo::new(move |_| asked.get().is_some());
    // The page that is being left still reads it.
    let protocol =
        Memo::new(move |before: Option<&Protocol>| asked.get().or_else(|| before.copied()).unwrap_or(Protocol::Tcp));
    move || if known.get() { page(protocol) } else { view! { <Missing/> }.into_any() }
}

/// Dialogs about one Group ID.
#[derive(Clone, Copy, Default)]
struct GroupDialogs {
    edit: Chosen<Group>,
    delete: Chosen<Group>,
    subscription: Chosen<Group>,
}

/// The list.
#[component]
pub(crate) fn GroupsPage() -> impl IntoView {
    with_protocol(|protocol| view! { <List protocol/> }.into_any())
}

#[component]
fn List(protocol: Memo<Protocol>) -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let listing = use_listing().listing;
    let dialogs = GroupDialogs::default();
    let data = use_live(
        move || (here.id(), protocol.get(), listing.get()),
        |(instance, protocol, listing)| load_groups(instance, protocol, listing),
        |(instance, protocol, listing)| Watch::Groups { instance, protocol, listing },
    );
    let list = Listed::new(data, RwSignal::new(false));
    let none = move || match protocol.get() {
        Protocol::Tcp => (t::none_tcp(lang), t::none_why(lang)),
        Protocol::Http => (t::none_http(lang), t::none_why(lang)),
    };
    view! {
        <NamedPage
            section=Section::Groups
            title=t::title(lang)
            list
            address=Signal::derive(move || here.groups(protocol.get()))
            none=Signal::derive(none)
            heads=move |_| {
                view! {
                    <th role="columnheader">{t::online(lang)}</th>
                    <th role="columnheader">{t::subscription(lang)}</th>
                    <th class="r" role="columnheader">{t::waiting(lang)}</th>
                }
                    .into_any()
            }
            row=move |group| view! { <row::Row group here dialogs/> }.into_any()
        >
            <nav class="tabs">
                <ProtocolTab of=Protocol::Tcp current=protocol here data/>
                <ProtocolTab of=Protocol::Http current=protocol here data/>
            </nav>
        </NamedPage>
        <create::CreateGroup here protocol open=list.create on_done=list.rows_changed()/>
        <EditDescription here chosen=dialogs.edit on_done=list.row_changed()/>
        <DeleteNamed here chosen=dialogs.delete on_done=list.rows_changed()/>
        <subscription::SubscriptionDrawer here chosen=dialogs.subscription/>
    }
    .into_any()
}

#[component]
fn ProtocolTab(of: Protocol, current: Memo<Protocol>, here: Here, data: LiveData<Groups>) -> impl IntoView {
    let lang = use_lang();
    let count = move |groups: Option<Signal<Groups>>| {
        let count = move || {
            groups.map(|groups| {
                let n = groups.with(|g| if of == Protocol::Tcp { g.counts.tcp } else { g.counts.http });
                view! { <span class="n">{f::grouped(n.into())}</span> }
            })
        };
        count.into_any()
    };
    view! {
        <a class="tab" href=move || here.groups(of) aria-current=move || (current.get() == of).then_some("page")>
            {t::protocol_name(lang, of)}
            <Beside data show=count/>
        </a>
    }
    .into_any()
}
