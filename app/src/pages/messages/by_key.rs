//! Search by Message Key, in one Topic or in all of the instance.
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::range::{Range, now_ms, pair, use_asked, use_range, use_range_fields, use_value};
use super::results::Results;
use super::search::{Answer, Found, RangeForm, use_refused};
use super::topic_field::TopicField;
use super::{QueryPage, Way, range_empty};
use crate::api::messages::{MessagePage, find_messages_by_key};
use crate::api::{ApiError, Field, Rule};
use crate::components::skeleton::TableSkeleton;
use crate::components::submit::at_field;
use crate::components::{Callout, TextField};
use crate::i18n::{Lang, errors, figures as f, messages as t};
use crate::pages::here::{Here, use_here};
use crate::settings::use_lang;

const KEY: &str = "key";
const TOPIC: &str = "topic";

#[component]
pub(crate) fn MessagesByKey() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let asked = use_asked(KEY);
    let key = Memo::new(move |_| asked.get().unwrap_or_default());
    let topic = use_value(TOPIC);
    let range = use_range(Range::All);
    let found = Resource::new_blocking(
        move || (here.id(), topic.get(), asked.get(), range.get()),
        |(instance, topic, asked, range)| async move {
            let (from_ms, to_ms) = match range.bounds(now_ms()) {
                Ok(bounds) => bounds,
                Err(refused) => return Some(Err(refused)),
            };
            let key = asked?;
            if key.is_empty() {
                return Some(Err(ApiError::field(Field::Key, Rule::Required)));
            }
            Some(find_messages_by_key(instance, topic, key, from_ms, to_ms).await)
        },
    );
    view! {
        <QueryPage way=Way::Key>
            <SearchForm here asked key topic range found/>
            <Answer
                found
                start=(t::key_start(lang), t::key_start_why(lang))
                at_field=said_at_field
                show=move |page| view! { <Outcome page here/> }.into_any()
                loading=|| view! { <TableSkeleton columns=7/> }
            />
        </QueryPage>
    }
    .into_any()
}

/// Every rule of the form has a field that shows it.
fn said_at_field(lang: Lang, error: &ApiError) -> Option<String> {
    let fields = [Field::Key, Field::Topic, Field::From, Field::To];
    fields.into_iter().find_map(|field| errors::at_field(lang, Some(error), field))
}

#[component]
fn SearchForm(
    here: Here,
    asked: Memo<Option<String>>,
    key: Memo<String>,
    topic: Memo<String>,
    range: Memo<Range>,
    found: Found<MessagePage>,
) -> impl IntoView {
    let lang = use_lang();
    let navigate = use_navigate();
    let typed_key = RwSignal::new(key.get_untracked());
    let typed_topic = RwSignal::new(topic.get_untracked());
    Effect::new(move |_| typed_key.set(key.get()));
    Effect::new(move |_| typed_topic.set(topic.get()));
    let fields = use_range_fields(range);
    let this = range;
    let go = Callback::new(move |range: Range| {
        let query = [
            pair(KEY, typed_key.get_untracked().trim()),
            pair(TOPIC, typed_topic.get_untracked().trim()),
            range.query(),
        ];
        let same = |asked: Memo<String>, typed: RwSignal<String>| {
            asked.with_untracked(|asked| typed.with_untracked(|typed| asked.trim() == typed.trim()))
        };
        let again = asked.with_untracked(Option::is_some);
        if again && same(key, typed_key) && same(topic, typed_topic) && this.get_untracked() == range {
            // The address stays as it is: only then nothing else would happen.
            found.refetch();
            return;
        }
        let to = format!("{}?{}", untrack(|| here.messages_by_key()), query.join("&"));
        navigate(&to, leptos_router::NavigateOptions { scroll: false, ..Default::default() });
    });
    let refused = use_refused(found, fields);
    view! {
        <RangeForm fields go>
            <div class="cols cols-form">
                <TextField
                    id="query-key"
                    name=KEY
                    label=t::key(lang)
                    value=typed_key
                    error=at_field(refused, Field::Key)
                    hint=t::key_hint(lang)
                    mono=true
                />
                <TopicField here value=typed_topic error=at_field(refused, Field::Topic) optional=true/>
            </div>
        </RangeForm>
    }
    .into_any()
}

#[component]
fn Outcome(page: MessagePage, here: Here) -> impl IntoView {
    let lang = use_lang();
    if page.rows.is_empty() && page.partial {
        return view! {
            <Callout title=t::not_found_stopped(lang)>
                <p>{t::stopped_why(lang)}</p>
            </Callout>
        }
        .into_any();
    }
    if page.rows.is_empty() {
        return range_empty(lang, t::key_none(lang), &page).into_any();
    }
    let shown = page.rows.len();
    let count = f::grouped(u64::try_from(shown).unwrap_or(u64::MAX));
    let cap = page.partial.then(|| t::key_cap(lang, &count)).map(|text| {
        view! {
            <Callout title=t::key_cap_title(lang)>
                <p>{text}</p>
            </Callout>
        }
    });
    view! {
        {cap}
        <div class="table-box">
            <Results rows=page.rows here/>
            <div class="table-foot">
                <span>{format!("{} · {} · {}", t::found(lang, &count), t::newest_first(lang), t::took(lang, page.took_ms))}</span>
            </div>
        </div>
    }
    .into_any()
}
