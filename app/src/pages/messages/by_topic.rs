//! Search by Topic and time of storing, newest first, in stable pages.
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};

use super::range::{LATEST_ROWS, Range, now_ms, pair, use_asked, use_range, use_range_fields, use_value};
use super::results::Results;
use super::search::{Answer, Found, RangeForm, use_refused};
use super::time_input::QuickRange;
use super::topic_field::TopicField;
use super::{QueryPage, Way, range_empty};
use crate::api::messages::{MessagePage, find_messages_by_time};
use crate::api::{ApiError, Field, Problem, Rule};
use crate::components::skeleton::TableSkeleton;
use crate::components::{Empty, Icon, Trail, steps};
use crate::i18n::{Lang, errors, figures as f, messages as t};
use crate::pages::here::{Here, use_here};
use crate::settings::use_lang;

const TOPIC: &str = "topic";
/// Cursor of this page; empty: the newest.
const AT: &str = "at";
/// Cursors of the pages before this one, newest first.
const TRAIL: &str = "trail";

const PAGE_ROWS: u32 = 20;

/// A page with the bounds it was searched in: a quick range is fixed by its first page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Searched {
    from_ms: i64,
    to_ms: i64,
    page: MessagePage,
}

#[component]
pub(crate) fn MessagesByTopic() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let asked = use_asked(TOPIC);
    let topic = Memo::new(move |_| asked.get().unwrap_or_default());
    let at = use_value(AT);
    let range = use_range(Range::Quick(QuickRange::Hours24));
    let found = Resource::new_blocking(
        move || (here.id(), asked.get(), range.get(), at.get()),
        |(instance, asked, range, at)| async move {
            let (from_ms, to_ms) = match range.bounds(now_ms()) {
                Ok(bounds) => bounds,
                Err(refused) => return Some(Err(refused)),
            };
            let topic = asked?;
            if topic.is_empty() {
                return Some(Err(ApiError::field(Field::Topic, Rule::Required)));
            }
            let cursor = (!at.is_empty()).then_some(at);
            let rows = if range == Range::Latest { LATEST_ROWS } else { PAGE_ROWS };
            let page = find_messages_by_time(instance, topic, from_ms, to_ms, cursor, rows).await;
            Some(page.map(|page| Searched { from_ms, to_ms, page }))
        },
    );
    view! {
        <QueryPage way=Way::Topic>
            <SearchForm here asked topic range at found/>
            <Answer
                found
                start=(t::topic_start(lang), t::topic_start_why(lang))
                at_field=said_at_field
                show=move |searched| {
                    view! { <Outcome searched here topic=topic.get_untracked() at=at.get_untracked()/> }.into_any()
                }
                loading=|| view! { <TableSkeleton columns=7/> }
            />
        </QueryPage>
    }
    .into_any()
}

/// What is wrong with the Topic: its own rule, or that it does not exist.
fn at_topic(lang: Lang, error: &ApiError) -> Option<String> {
    match error.problem {
        Problem::NotFound => Some(t::topic_unknown(lang).to_owned()),
        Problem::Fields(_) => errors::at_field(lang, Some(error), Field::Topic),
        _ => None,
    }
}

/// What a field of the form shows.
fn said_at_field(lang: Lang, error: &ApiError) -> Option<String> {
    let of_range = |field| errors::at_field(lang, Some(error), field);
    at_topic(lang, error).or_else(|| of_range(Field::From)).or_else(|| of_range(Field::To))
}

#[component]
fn SearchForm(
    here: Here,
    asked: Memo<Option<String>>,
    topic: Memo<String>,
    range: Memo<Range>,
    at: Memo<String>,
    found: Found<Searched>,
) -> impl IntoView {
    let lang = use_lang();
    let navigate = use_navigate();
    let typed = RwSignal::new(topic.get_untracked());
    Effect::new(move |_| typed.set(topic.get()));
    let fields = use_range_fields(range);
    let this = range;
    let go = Callback::new(move |range: Range| {
        let topic = typed.get_untracked().trim().to_owned();
        if asked.get_untracked().as_ref() == Some(&topic)
            && this.get_untracked() == range
            && at.get_untracked().is_empty()
        {
            // The address stays as it is: nothing else would happen.
            found.refetch();
            return;
        }
        let to = format!("{}?{}&{}", untrack(|| here.messages_by_topic(None)), pair(TOPIC, &topic), range.query());
        navigate(&to, leptos_router::NavigateOptions { scroll: false, ..Default::default() });
    });
    let refused = use_refused(found, fields);
    let error = Signal::derive(move || refused.with(|error| error.as_ref().and_then(|error| at_topic(lang, error))));
    view! {
        <RangeForm fields latest=true go>
            <TopicField here value=typed error optional=false/>
        </RangeForm>
    }
    .into_any()
}

#[component]
fn Outcome(searched: Searched, here: Here, topic: String, at: String) -> impl IntoView {
    let lang = use_lang();
    let page = searched.page;
    if page.rows.is_empty() && at.is_empty() && page.older.is_none() {
        return range_empty(lang, t::range_empty(lang), &page).into_any();
    }
    let fixed = Range::Between { from_ms: searched.from_ms, to_ms: searched.to_ms };
    let link = |to: &Trail| {
        let base = untrack(|| here.messages_by_topic(None));
        let (at, before) = (pair(AT, &to.at), pair(TRAIL, &to.before));
        format!("{base}?{}&{}&{at}&{before}", pair(TOPIC, &topic), fixed.query())
    };
    let at = Trail { at, before: use_value(TRAIL).get_untracked() };
    let pages = steps(t::title(lang), &at, page.older, link);
    let count = f::grouped(u64::try_from(page.rows.len()).unwrap_or(u64::MAX));
    let rows = if page.rows.is_empty() {
        view! { <Empty icon="clock" title=t::past_end(lang) why=t::newest_first(lang)/> }.into_any()
    } else {
        view! { <Results rows=page.rows here/> }.into_any()
    };
    view! {
        <div class="table-box">
            {page
                .partial
                .then(|| {
                    view! {
                        <div class="barline" data-s="stale">
                            <Icon name="warn"/>
                            <span>{t::partial(lang)}</span>
                        </div>
                    }
                })} {rows}
            <div class="table-foot">
                <span>
                    {format!("{} · {} · {}", t::found(lang, &count), t::newest_first(lang), t::took(lang, page.took_ms))}
                </span>
                {pages}
            </div>
        </div>
    }
    .into_any()
}
