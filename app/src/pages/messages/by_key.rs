//! Search by Message Key, in one Topic or in all of the instance.
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::range::{Range, RangePicker, now_ms, pair, use_range, use_range_fields, use_value};
use super::results::Results;
use super::topic_field::TopicField;
use super::{QueryPage, Way, range_empty};
use crate::api::messages::{MessagePage, find_messages_by_key};
use crate::api::{ApiError, Field};
use crate::components::empty::read_failed;
use crate::components::skeleton::TableSkeleton;
use crate::components::submit::{focus_first_refused, use_focus_on_refusal};
use crate::components::{Callout, Empty, TextField};
use crate::i18n::{errors, figures as f, messages as t};
use crate::pages::here::{Here, use_here};
use crate::settings::use_lang;

const KEY: &str = "key";
const TOPIC: &str = "topic";

type Found = Resource<Option<Result<MessagePage, ApiError>>>;

#[component]
pub(crate) fn MessagesByKey() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let key = use_value(KEY);
    let topic = use_value(TOPIC);
    let range = use_range(Range::All);
    let found: Found = Resource::new_blocking(
        move || (here.id(), topic.get(), key.get(), range.get()),
        |(instance, topic, key, range)| async move {
            if key.trim().is_empty() {
                return None;
            }
            let (from_ms, to_ms) = range.bounds(now_ms());
            Some(find_messages_by_key(instance, topic, key.trim().to_owned(), from_ms, to_ms).await)
        },
    );
    view! {
        <QueryPage way=Way::Key>
            <SearchForm here key topic range found/>
            <Transition fallback=|| view! { <TableSkeleton columns=7/> }>
                {move || Suspend::new(async move {
                    match found.await {
                        None => view! {
                            <div class="table-box">
                                <Empty icon="search" title=t::key_start(lang) why=t::key_start_why(lang)/>
                            </div>
                        }
                        .into_any(),
                        Some(Ok(page)) => view! { <Outcome page here/> }.into_any(),
                        // Said at its field.
                        Some(Err(error)) if said_at_field(&error) => ().into_any(),
                        Some(Err(error)) => read_failed(found, error, t::message(lang)),
                    }
                })}
            </Transition>
        </QueryPage>
    }
    .into_any()
}

/// Every rule of the form has a field that shows it.
fn said_at_field(error: &ApiError) -> bool {
    [Field::Key, Field::Topic, Field::From, Field::To].into_iter().any(|field| error.rule(field).is_some())
}

#[component]
fn SearchForm(here: Here, key: Memo<String>, topic: Memo<String>, range: Memo<Range>, found: Found) -> impl IntoView {
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
        if same(key, typed_key) && same(topic, typed_topic) && this.get_untracked() == range {
            // The address stays as it is: only then nothing else would happen.
            found.refetch();
            return;
        }
        let to = format!("{}?{}", untrack(|| here.messages_by_key()), query.join("&"));
        navigate(&to, leptos_router::NavigateOptions { scroll: false, ..Default::default() });
    });
    // By way of an effect: a field lies outside of what waits for the search.
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        let error = found.get().flatten().and_then(Result::err);
        fields.refuse(lang, error.as_ref());
        refused.set(error);
    });
    use_focus_on_refusal(refused.into());
    let error = move |field: Field| Signal::derive(move || refused.with(|e| errors::at_field(lang, e.as_ref(), field)));
    view! {
        <form
            class="card card-body form"
            role="search"
            on:submit=move |ev| {
                ev.prevent_default();
                match fields.read(lang) {
                    Some(range) => go.run(range),
                    None => focus_first_refused(),
                }
            }
        >
            <div class="cols cols-form">
                <TextField
                    id="query-key"
                    name=KEY
                    label=t::key(lang)
                    value=typed_key
                    error=error(Field::Key)
                    hint=t::key_hint(lang)
                    mono=true
                />
                <TopicField here value=typed_topic error=error(Field::Topic) optional=true/>
            </div>
            <RangePicker fields pick=go/>
            <div class="row">
                <button class="btn btn-primary" type="submit">
                    {t::search(lang)}
                </button>
            </div>
        </form>
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
