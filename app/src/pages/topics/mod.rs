//! Topics of an instance: the list, and what can be done with a Topic.

mod create;
mod delete;
mod edit;
mod page;
mod row;
mod send;
mod subscriptions;

use leptos::prelude::*;

pub(crate) use page::TopicPage;

use crate::api::live::{Reading, Watch};
use crate::api::topics::{Topic, Topics, load_topics};
use crate::components::skeleton::TableSkeleton;
use crate::components::{
    Empty, Freshness, Icon, LiveData, Loaded, Pager, SearchBox, SortHead, StaleBar, use_listing, use_live,
};
use crate::i18n::{common as c, figures as f, topics as t};
use crate::pages::here::{Here, InstancePage, use_here};
use crate::place::Section;
use crate::settings::use_lang;

/// Dialogs of a page about Topics: which is open, and of which Topic.
#[derive(Clone, Copy)]
pub(super) struct TopicDialogs {
    create: RwSignal<bool>,
    send: RwSignal<bool>,
    edit: RwSignal<bool>,
    delete: RwSignal<bool>,
    subscriptions: RwSignal<bool>,
    of: RwSignal<Option<Topic>>,
}

impl TopicDialogs {
    fn new() -> Self {
        Self {
            create: RwSignal::new(false),
            send: RwSignal::new(false),
            edit: RwSignal::new(false),
            delete: RwSignal::new(false),
            subscriptions: RwSignal::new(false),
            of: RwSignal::new(None),
        }
    }

    fn open(self, dialog: RwSignal<bool>, topic: Topic) {
        self.of.set(Some(topic));
        dialog.set(true);
    }

    fn name(self) -> Signal<String> {
        let of = self.of;
        Signal::derive(move || of.with(|t| t.as_ref().map(|t| t.name.clone()).unwrap_or_default()))
    }
}

/// The list.
#[component]
pub(crate) fn TopicsPage() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let state = use_listing();
    let dialogs = TopicDialogs::new();
    let data = use_live(
        move || (here.id(), state.listing.get()),
        |(instance, listing)| load_topics(instance, listing),
        |(instance, listing)| Watch::Topics { instance, listing },
        |reading| match reading {
            Reading::Topics(topics) => Some(topics),
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
    view! {
        <InstancePage section=Section::Topics title=t::title(lang) actions=create>
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
            <Loaded data what=t::title(lang) loading=|| view! { <TableSkeleton columns=7/> } let:topics>
                <List topics data here dialogs/>
            </Loaded>
        </InstancePage>
        <create::CreateTopic here dialogs on_done=Callback::new(move |()| data.refresh())/>
        <send::SendMessage here dialogs/>
        <edit::EditTopic here dialogs on_done=Callback::new(move |()| data.refresh())/>
        <delete::DeleteTopic here dialogs on_done=Callback::new(move |()| data.refresh())/>
        <subscriptions::SubscriptionsDrawer here dialogs/>
    }
    .into_any()
}

#[component]
fn List(topics: Signal<Topics>, data: LiveData<Topics>, here: Here, dialogs: TopicDialogs) -> impl IntoView {
    let lang = use_lang();
    let state = use_listing();
    let is_empty = Memo::new(move |_| topics.with(|t| t.page.rows.is_empty()));
    let none_at_all = Memo::new(move |_| topics.with(|t| t.page.total_unfiltered == 0));
    let names = Memo::new(move |_| topics.with(|t| t.page.rows.iter().map(|r| r.name.clone()).collect::<Vec<_>>()));
    let stale = move || data.fresh().with(|f| f.is_stale()).then_some("");
    let count = Signal::derive(move || {
        topics.with(|t| {
            if state.listing.with(|l| l.search.is_empty()) {
                t::of_max(lang, f::grouped(t.page.total.into()), f::grouped(t.max.into()))
            } else {
                t::total(lang, f::grouped(t.page.total.into()))
            }
        })
    });
    let table = move || {
        view! {
            <table class="table table-stack" role="table" data-stale=stale>
                <thead role="rowgroup">
                    <tr role="row">
                        <SortHead state column="name" label=c::topic(lang) first=true/>
                        <SortHead state column="type" label=c::message_type(lang)/>
                        <th class="r" role="columnheader">{t::stored_messages(lang)}</th>
                        <th role="columnheader">{t::last_stored(lang)}</th>
                        <th class="hide-mid" role="columnheader">{c::description(lang)}</th>
                        <SortHead state column="created" label=c::created(lang)/>
                        <th class="acts" role="columnheader">{c::actions(lang)}</th>
                    </tr>
                </thead>
                <tbody role="rowgroup">
                    <For each=move || names.get() key=String::clone let:name>
                        <row::Row name topics here dialogs/>
                    </For>
                </tbody>
            </table>
            <Pager
                state
                total=Signal::derive(move || topics.with(|t| t.page.total))
                page=Signal::derive(move || topics.with(|t| t.page.page))
                per_page=Signal::derive(move || topics.with(|t| t.page.per_page))
                count
            />
        }
    };
    let empty = move || {
        if none_at_all.get() {
            view! {
                <Empty title=t::none(lang) why=t::none_why(lang)>
                    <button class="btn btn-primary" type="button" on:click=move |_| dialogs.create.set(true)>
                        <Icon name="plus"/>
                        {t::create(lang)}
                    </button>
                </Empty>
            }
            .into_any()
        } else {
            let total = topics.with_untracked(|t| t.page.total_unfiltered);
            let what = state.listing.with(|l| l.search.clone());
            let clear = here.topics();
            view! {
                <Empty
                    icon="filter"
                    title=t::no_match(lang)
                    why=t::no_match_why(lang, f::grouped(total.into()), what)
                >
                    <a class="btn" href=clear>{c::clear_filter(lang)}</a>
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
