//! Search by Message ID: the message in full, or why it is not there.
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use super::detail::Detail;
use super::not_found::WhyNot;
use super::results::Results;
use super::search::{Answer, Found};
use super::{QueryPage, Way};
use crate::api::instances::load_instance;
use crate::api::messages::{FoundById, Lookup, Message, find_message_by_id, load_message};
use crate::api::{ApiError, Field};
use crate::components::skeleton::TableSkeleton;
use crate::components::submit::use_focus_on_refusal;
use crate::components::{Callout, ErrorLine, GetForm, Icon};
use crate::i18n::{errors, messages as t};
use crate::pages::here::{Here, use_here};
use crate::settings::use_lang;

const ID: &str = "id";

#[component]
pub(crate) fn MessagesById() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let query = use_query_map();
    let id = Memo::new(move |_| query.with(|q| q.get(ID).unwrap_or_default().trim().to_owned()));
    let found = Resource::new_blocking(
        move || (here.id(), id.get()),
        |(instance, id)| async move {
            if id.is_empty() {
                // A foreign instance is said to be missing before anything is asked of it.
                return load_instance(instance).await.err().map(Err);
            }
            Some(search(instance, id).await)
        },
    );
    view! {
        <QueryPage way=Way::Id>
            <SearchForm id found/>
            <Answer
                found
                start=(t::id_start(lang), t::id_start_why(lang))
                at_field=|error: &ApiError| error.rule(Field::MessageId).is_some()
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
fn SearchForm(id: Memo<String>, found: Found<Searched>) -> impl IntoView {
    let lang = use_lang();
    let error = move || match found.get() {
        Some(Some(Err(error))) => errors::at_field(lang, Some(&error), Field::MessageId),
        _ => None,
    };
    // By way of an effect: the field lies outside of what waits for the search.
    let refused = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        refused.set(found.get().flatten().and_then(Result::err).filter(|e| e.rule(Field::MessageId).is_some()));
    });
    use_focus_on_refusal(refused.into());
    view! {
        <div class="stack stack-sm">
            <GetForm class="row" on_same=Callback::new(move |()| found.refetch())>
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
            <Transition>
                {move || error().map(|text| view! { <ErrorLine id="message-id-e".to_owned() text/> })}
            </Transition>
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
