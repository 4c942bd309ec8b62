//! Group IDs of an instance: the list under each protocol, and what can be done with a Group ID.

mod clients;
mod create;
mod delete;
mod edit;
mod page;
mod progress;
mod row;
mod subscription;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

pub(crate) use page::GroupPage;
pub(super) use subscription::{parts, sentence};

use crate::api::groups::{Group, Groups, Protocol, load_groups};
use crate::api::live::{Reading, Watch};
use crate::components::skeleton::TableSkeleton;
use crate::components::{
    Empty, Freshness, Icon, LiveData, Loaded, Pager, SearchBox, SortHead, StaleBar, use_listing, use_live,
};
use crate::i18n::{common as c, figures as f, groups as t};
use crate::pages::here::{Here, InstancePage, use_here};
use crate::place::Section;
use crate::settings::use_lang;

/// The word of a protocol in addresses.
pub(super) fn slug(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "tcp",
        Protocol::Http => "http",
    }
}

/// Protocol of the address; TCP for anything else.
pub(super) fn use_protocol() -> Memo<Protocol> {
    let params = use_params_map();
    Memo::new(move |_| {
        if params.with(|p| p.get("protocol").as_deref() == Some("http")) { Protocol::Http } else { Protocol::Tcp }
    })
}

/// Dialogs of a page about Groups: which is open, and of which Group.
#[derive(Clone, Copy)]
pub(super) struct GroupDialogs {
    create: RwSignal<bool>,
    edit: RwSignal<bool>,
    delete: RwSignal<bool>,
    subscription: RwSignal<bool>,
    of: RwSignal<Option<Group>>,
}

impl GroupDialogs {
    fn new() -> Self {
        Self {
            create: RwSignal::new(false),
            edit: RwSignal::new(false),
            delete: RwSignal::new(false),
            subscription: RwSignal::new(false),
            of: RwSignal::new(None),
        }
    }

    fn open(self, dialog: RwSignal<bool>, group: Group) {
        self.of.set(Some(group));
        dialog.set(true);
    }

    fn name(self) -> Signal<String> {
        let of = self.of;
        Signal::derive(move || of.with(|g| g.as_ref().map(|g| g.name.clone()).unwrap_or_default()))
    }
}

/// The list.
#[component]
pub(crate) fn GroupsPage() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let protocol = use_protocol();
    let state = use_listing();
    let dialogs = GroupDialogs::new();
    let data = use_live(
        move || (here.id(), protocol.get(), state.listing.get()),
        |(instance, protocol, listing)| load_groups(instance, protocol, listing),
        |(instance, protocol, listing)| Watch::Groups { instance, protocol, listing },
        |reading| match reading {
            Reading::Groups(groups) => Some(groups),
            _ => None,
        },
    );
    let create = move || {
        view! {
            <button class="btn btn-primary" type="button" on:click=move |_| dialogs.create.set(true)>
                <Icon name="plus"/>
                {t::create(lang)}
            </button>
        }
    };
    let counts = RwSignal::new(None::<(u32, u32)>);
    view! {
        <InstancePage section=Section::Groups title=t::title(lang) actions=create>
            <nav class="tabs">
                <ProtocolTab of=Protocol::Tcp current=protocol here counts/>
                <ProtocolTab of=Protocol::Http current=protocol here counts/>
            </nav>
            <div class="toolbar">
                <SearchBox state label=t::search(lang)/>
                <div class="end">
                    <Freshness data/>
                    <button
                        class="btn btn-icon"
                        type="button"
                        aria-label=c::refresh(lang)
                        on:click=move |_| data.refresh()
                    >
                        <Icon name="refresh"/>
                    </button>
                </div>
            </div>
            <Loaded data what=t::title(lang) loading=|| view! { <TableSkeleton columns=6/> } let:groups>
                <List groups data here protocol dialogs counts/>
            </Loaded>
        </InstancePage>
        <create::CreateGroup here protocol dialogs on_done=Callback::new(move |()| data.refresh())/>
        <edit::EditGroup here dialogs on_done=Callback::new(move |()| data.refresh())/>
        <delete::DeleteGroup here dialogs on_done=Callback::new(move |()| data.refresh())/>
        <subscription::SubscriptionDrawer here dialogs/>
    }
    .into_any()
}

#[component]
fn ProtocolTab(
    of: Protocol,
    current: Memo<Protocol>,
    here: Here,
    counts: RwSignal<Option<(u32, u32)>>,
) -> impl IntoView {
    let lang = use_lang();
    let count = move || {
        counts.get().map(|(tcp, http)| {
            let n = if of == Protocol::Tcp { tcp } else { http };
            view! { <span class="n">{f::grouped(n.into())}</span> }
        })
    };
    view! {
        <a
            class="tab"
            href=move || here.groups(slug(of))
            aria-current=move || (current.get() == of).then_some("page")
        >
            {t::protocol_name(lang, of)}
            {count}
        </a>
    }
    .into_any()
}

#[component]
fn List(
    groups: Signal<Groups>,
    data: LiveData<Groups>,
    here: Here,
    protocol: Memo<Protocol>,
    dialogs: GroupDialogs,
    counts: RwSignal<Option<(u32, u32)>>,
) -> impl IntoView {
    let lang = use_lang();
    let state = use_listing();
    Effect::new(move |_| counts.set(Some(groups.with(|g| (g.tcp, g.http)))));
    let is_empty = Memo::new(move |_| groups.with(|g| g.page.rows.is_empty()));
    let none_at_all = Memo::new(move |_| groups.with(|g| g.page.total_unfiltered == 0));
    let names = Memo::new(move |_| groups.with(|g| g.page.rows.iter().map(|r| r.name.clone()).collect::<Vec<_>>()));
    let stale = move || data.fresh().with(|f| f.is_stale()).then_some("");
    let count = Signal::derive(move || {
        groups.with(|g| t::of_max(lang, f::grouped(g.page.total.into()), f::grouped(g.max.into())))
    });
    let table = move || {
        view! {
            <table class="table table-stack" role="table" data-stale=stale>
                <thead role="rowgroup">
                    <tr role="row">
                        <SortHead state column="name" label=c::group_id(lang) first=true/>
                        <th role="columnheader">{t::online(lang)}</th>
                        <th role="columnheader">{t::subscription(lang)}</th>
                        <th class="r" role="columnheader">{t::waiting(lang)}</th>
                        <th class="hide-mid" role="columnheader">{c::description(lang)}</th>
                        <SortHead state column="created" label=c::created(lang)/>
                        <th class="acts" role="columnheader">{c::actions(lang)}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || names.get() key=String::clone let:name>
                        <row::Row name groups here dialogs/>
                    </For>
                </tbody>
            </table>
            <Pager
                state
                total=Signal::derive(move || groups.with(|g| g.page.total))
                page=Signal::derive(move || groups.with(|g| g.page.page))
                per_page=Signal::derive(move || groups.with(|g| g.page.per_page))
                count
            />
        }
    };
    let empty = move || {
        if none_at_all.get() {
            let title = match protocol.get() {
                Protocol::Tcp => t::none_tcp(lang),
                Protocol::Http => t::none_http(lang),
            };
            view! {
                <Empty title why=t::none_why(lang)>
                    <button class="btn btn-primary" type="button" on:click=move |_| dialogs.create.set(true)>
                        <Icon name="plus"/>
                        {t::create(lang)}
                    </button>
                </Empty>
            }
            .into_any()
        } else {
            let total = groups.with_untracked(|g| g.page.total_unfiltered);
            let what = state.listing.with(|l| l.search.clone());
            view! {
                <Empty icon="filter" title=t::no_match(lang) why=t::no_match_why(lang, f::grouped(total.into()), what)>
                    <a class="btn" href=here.groups(slug(protocol.get()))>{c::clear_filter(lang)}</a>
                </Empty>
            }
            .into_any()
        }
    };
    view! {
        <div class="table-box">
            <StaleBar data/>
            {move || if is_empty.get() { empty().into_any() } else { table().into_any() }}
        </div>
    }
    .into_any()
}
