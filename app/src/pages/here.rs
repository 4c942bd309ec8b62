//! The instance that a page is about, and the addresses below it.
use leptos::prelude::*;

use crate::api::groups::Protocol;
use crate::api::instances::load_instance;
use crate::frame::{Crumbs, InstanceChips, use_instance_id, use_region};
use crate::paths;
use crate::place::Section;

/// Region and instance of this page. Copy it into handlers.
#[derive(Clone, Copy)]
pub(crate) struct Here {
    region: Signal<String>,
    id: Memo<String>,
}

pub(crate) fn use_here() -> Here {
    Here { region: use_region(), id: use_instance_id() }
}

impl Here {
    /// The instance ID; following it follows the address.
    pub(crate) fn id(self) -> String {
        self.id.get()
    }

    /// The instance ID, for handlers.
    pub(crate) fn id_now(self) -> String {
        self.id.get_untracked()
    }

    fn with<T>(self, f: impl FnOnce(&str, &str) -> T) -> T {
        self.region.with(|region| self.id.with(|id| f(region, id)))
    }

    pub(crate) fn instance(self) -> String {
        self.with(paths::instance)
    }

    pub(crate) fn sample_code(self) -> String {
        self.with(paths::sample_code)
    }

    pub(crate) fn topics(self) -> String {
        self.with(paths::topics)
    }

    pub(crate) fn topic(self, name: &str) -> String {
        self.with(|region, id| paths::topic(region, id, name))
    }

    pub(crate) fn groups(self, protocol: Protocol) -> String {
        self.with(|region, id| paths::groups(region, id, protocol))
    }

    pub(crate) fn group(self, protocol: Protocol, name: &str) -> String {
        self.with(|region, id| paths::group(region, id, protocol, name))
    }

    pub(crate) fn messages_by_id(self, message_id: Option<&str>) -> String {
        self.with(|region, id| paths::messages_by_id(region, id, message_id))
    }

    pub(crate) fn messages_by_key(self) -> String {
        self.with(paths::messages_by_key)
    }

    pub(crate) fn messages_by_topic(self, topic: Option<&str>) -> String {
        self.with(|region, id| paths::messages_by_topic(region, id, topic))
    }

    pub(crate) fn message(self, offset_id: &str) -> String {
        self.with(|region, id| paths::message(region, id, offset_id))
    }

    pub(crate) fn rejected(self) -> String {
        self.with(paths::rejected)
    }
}

/// Breadcrumbs of a page below a list: instance, list, page.
///
/// - `list`: address and name of the list.
/// - `title`: of the page.
#[component]
pub(crate) fn InstanceCrumbs(
    here: Here,
    #[prop(into)] list: Signal<(String, String)>,
    #[prop(into)] title: Signal<String>,
) -> impl IntoView {
    let details = Resource::new_blocking(move || here.id(), load_instance);
    view! {
        <Transition>
            {move || Suspend::new(async move {
                // What fails here is said by the page itself.
                let name = details.await.map_or_else(|_| here.id_now(), |details| details.instance.name);
                let up = Signal::derive(move || vec![(here.instance(), name.clone()), list.get()]);
                view! { <Crumbs up here=title/> }
            })}
        </Transition>
    }
    .into_any()
}

/// A list page of an instance: chips, title, at most one sentence, actions on the right.
#[component]
pub(crate) fn InstancePage(
    section: Section,
    #[prop(into)] title: String,
    #[prop(optional, into)] lead: Option<String>,
    #[prop(optional, into)] actions: ViewFn,
    children: Children,
) -> impl IntoView {
    let here = use_here();
    view! {
        <leptos_meta::Title text=title.clone()/>
        <InstanceChips section current=here.id/>
        <div class="page-head">
            <div>
                <h1>{title}</h1>
                {lead.map(|lead| view! { <p>{lead}</p> })}
            </div>
            <div class="row actions">{actions.run()}</div>
        </div>
        {children()}
    }
    .into_any()
}
