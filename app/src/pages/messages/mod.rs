//! Message query: by Message ID, by Key, by Topic and time; one message in full.

mod body;
mod body_card;
mod by_id;
mod by_key;
mod by_topic;
mod detail;
mod detect;
mod not_found;
mod range;
mod results;
mod search;
mod time_input;
mod topic_field;

use leptos::prelude::*;

pub(crate) use by_id::MessagesById;
pub(crate) use by_key::MessagesByKey;
pub(crate) use by_topic::MessagesByTopic;
pub(crate) use detail::MessagePage;

use crate::api::messages::MessagePage as Rows;
use crate::components::rich::rich;
use crate::components::{Icon, Stamp};
use crate::i18n::{Lang, messages as t};
use crate::pages::here::{InstancePage, use_here};
use crate::place::Section;
use crate::settings::use_lang;

/// The three ways to search.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Id,
    Key,
    Topic,
}

/// Chips, title and the three ways.
#[component]
fn QueryPage(way: Way, children: Children) -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let current = move |of: Way| (way == of).then_some("page");
    view! {
        <InstancePage section=Section::Messages title=t::title(lang)>
            <nav class="tabs">
                <a class="tab" href=move || here.messages_by_id(None) aria-current=current(Way::Id)>
                    {t::by_id(lang)}
                </a>
                <a class="tab" href=move || here.messages_by_key() aria-current=current(Way::Key)>
                    {t::by_key(lang)}
                </a>
                <a class="tab" href=move || here.messages_by_topic(None) aria-current=current(Way::Topic)>
                    {t::by_topic(lang)}
                </a>
            </nav>
            <div class="stack">{children()}</div>
        </InstancePage>
    }
    .into_any()
}

/// Nothing in the range: says so, and from when to when something is kept.
fn range_empty(lang: Lang, title: &'static str, page: &Rows) -> impl IntoView + use<> {
    let kept = match (page.oldest_ms, page.newest_ms) {
        (Some(oldest), Some(newest)) => {
            let fill = move |name| {
                let at = if name == "oldest" { oldest } else { newest };
                view! { <Stamp at ms=true/> }.into_any()
            };
            rich(t::range_empty_why(lang), fill).into_any()
        }
        _ => t::nothing_kept(lang).into_any(),
    };
    view! {
        <div class="table-box">
            <div class="empty" role="status">
                <Icon name="filter"/>
                <h2>{title}</h2>
                <p>{kept}</p>
                <p class="hint num">{t::took(lang, page.took_ms)}</p>
            </div>
        </div>
    }
}
