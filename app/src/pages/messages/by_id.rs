//! Search by Message ID: the message in full, or why it is not there.
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use serde::{Deserialize, Serialize};

use super::detail::Detail;
use super::not_found::WhyNot;
use super::range::use_asked;
use super::results::Results;
use super::search::{Answer, Found};
use super::{QueryPage, Way};
use crate::api::instances::load_instance;
use crate::api::messages::{FoundById, Lookup, Message, find_message_by_id, load_message};
use crate::api::{ApiError, Field, Rule};
use crate::components::skeleton::TableSkeleton;
use crate::components::submit::{at_field, use_focus_on_refusal};
use crate::components::{Callout, ErrorLine, GetForm, Icon};
use crate::i18n::{Lang, errors, messages as t};
use crate::pages::here::{Here, use_here};
use crate::settings::use_lang;

const ID: &str = "id";

#[component]
pub(crate) fn MessagesById() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let asked = use_asked(ID);
    let id = Memo::new(move |_| asked.get().unwrap_or_default());
    let found = Resource::new_blocking(
        move || (here.id(), asked.get()),
        |(instance, asked)| async move {
            match asked {
                Some(id) if !id.is_empty() => Some(search(instance, id).await),
                // A foreign instance is said to be missing before anything is asked of it.
                _ => load_instance(instance)
                    .await
                    .err()
                    .or_else(|| asked.map(|_| ApiError::field(Field::MessageId, Rule::Required)))
                    .map(Err),
            }
        },
    );
    view! {
        <QueryPage way=Way::Id>
            <SearchForm here asked id found/>
            <Answer
                found
                start=(t::id_start(lang), t::id_start_why(lang))
                at_field=|lang: Lang, error: &ApiError| errors::at_field(lang, Some(error), Field::MessageId)
                show=move |outcome| view! { <Outcome outcome id=id.get_untracked() here found/> }.into_any()
                loading=|| view! { <TableSkeleton columns=6 rows=1/> }
            />
        </QueryPage>
    }
    .into_any()
}

/// What a search found, with the newest message in full. Both are read at once: what is read only
/// inside of what another reading shows does not wake up in the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Searched {
    found: FoundById,
    newest: Option<Result<Message, ApiError>>,
}

async fn search(instance: String, id: String) -> Result<Searched, ApiError> {
    let found = find_message_by_id(instance.clone(), id).await?;
    let newest = match &found.lookup {
        Lookup::Found(rows) => rows.first().map(|row| row.offset_id.clone()),
        Lookup::NotFound(_) => None,
    };
    let newest = match newest {
        Some(offset_id) => Some(load_message(instance, offset_id).await),
        None => None,
    };
    Ok(Searched { found, newest })
}

#[component]
fn SearchForm(here: Here, asked: Memo<Option<String>>, id: Memo<String>, found: Found<Searched>) -> impl IntoView {
    let lang = use_lang();
    let navigate = use_navigate();
    // By way of an effect: the field lies outside of what waits for the search.
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        refused.set(found.get().flatten().and_then(Result::err).filter(|e| e.rule(Field::MessageId).is_some()));
    });
    use_focus_on_refusal(refused.into());
    let error = at_field(refused.into(), Field::MessageId);
    let on_same = Callback::new(move |()| {
        if asked.with_untracked(Option::is_some) {
            found.refetch();
        } else {
            // Nothing was asked for yet, and nothing is typed: from here on that is an answer.
            navigate(&format!("{}?{ID}=", untrack(|| here.messages_by_id(None))), NavigateOptions::default());
        }
    });
    view! {
        <div class="stack stack-sm">
            <GetForm class="row" on_same>
                <div class="search search-lg grow">
                    <Icon name="search"/>
                    <input
                        class="input"
                        name=ID
                        aria-label=t::message_id(lang)
                        placeholder=t::message_id(lang)
                        autocomplete="off"
                        spellcheck="false"
                        aria-invalid=move || refused.with(Option::is_some).then_some("true")
                        aria-describedby=move || {
                            if refused.with(Option::is_some) { "message-id-e message-id-h" } else { "message-id-h" }
                        }
                        value=id.get_untracked()
                        prop:value=move || id.get()
                    />
                </div>
                <button class="btn btn-primary" type="submit">
                    {t::search(lang)}
                </button>
            </GetForm>
            {move || error.get().map(|text| view! { <ErrorLine id="message-id-e".to_owned() text/> })}
            <p class="hint" id="message-id-h">
                {t::id_hint(lang)}
            </p>
        </div>
    }
    .into_any()
}

#[component]
fn Outcome(outcome: Searched, id: String, here: Here, found: Found<Searched>) -> impl IntoView {
    let lang = use_lang();
    let Searched { found: FoundById { lookup, searched, took_ms }, newest } = outcome;
    match lookup {
        Lookup::NotFound(why) => view! { <WhyNot why id searched took_ms here/> }.into_any(),
        Lookup::Found(rows) => {
            let selected = rows.first().map(|row| row.offset_id.clone());
            let copies = rows.len();
            let retry = Callback::new(move |()| found.refetch());
            view! {
                <div class="table-box">
                    <Results rows here selected/>
                </div>
                {(copies > 1)
                    .then(|| {
                        view! {
                            <Callout title=t::stored_times(lang, copies)>
                                <p>{t::stored_times_why(lang)}</p>
                            </Callout>
                        }
                    })}
                {newest.map(|message| view! { <Detail message here retry/> })}
            }
            .into_any()
        }
    }
}
