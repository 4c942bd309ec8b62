//! Topics of an instance: the list, and what can be done with a Topic.

mod create;
mod named;
mod page;
mod row;
mod send;
mod subscriptions;

use leptos::prelude::*;

pub(crate) use page::TopicPage;

use crate::api::live::Watch;
use crate::api::topics::{Topic, load_topics};
use crate::components::{SortHead, use_listing, use_live};
use crate::i18n::{common as c, topics as t};
use crate::pages::here::use_here;
use crate::pages::named::{Chosen, DeleteNamed, EditDescription, Listed, NamedPage};
use crate::place::Section;
use crate::settings::use_lang;

/// Dialogs about one Topic.
#[derive(Clone, Copy, Default)]
struct TopicDialogs {
    send: Chosen<Topic>,
    edit: Chosen<Topic>,
    delete: Chosen<Topic>,
    subscriptions: Chosen<Topic>,
}

/// The list.
#[component]
pub(crate) fn TopicsPage() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let listing = use_listing().listing;
    let dialogs = TopicDialogs::default();
    let data = use_live(
        move || (here.id(), listing.get()),
        |(instance, listing)| load_topics(instance, listing),
        |(instance, listing)| Watch::Topics { instance, listing },
    );
    let list = Listed::new(data, RwSignal::new(false));
    view! {
        <NamedPage
            section=Section::Topics
            title=t::title(lang)
            list
            address=Signal::derive(move || here.topics())
            none=Signal::stored((t::none(lang), t::none_why(lang)))
            heads=move |state| {
                view! {
                    <SortHead state column="type" label=c::message_type(lang)/>
                    <th class="r" role="columnheader">{t::stored_messages(lang)}</th>
                    <th role="columnheader">{t::last_stored(lang)}</th>
                }
                    .into_any()
            }
            row=move |topic| view! { <row::Row topic here dialogs/> }.into_any()
        />
        <create::CreateTopic here open=list.create on_done=list.rows_changed()/>
        <send::SendMessage here chosen=dialogs.send/>
        <EditDescription here chosen=dialogs.edit on_done=list.row_changed()/>
        <DeleteNamed here chosen=dialogs.delete on_done=list.rows_changed()/>
        <subscriptions::SubscriptionsDrawer here chosen=dialogs.subscriptions/>
    }
    .into_any()
}
