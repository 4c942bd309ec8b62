//! Search by Message ID: the message in full, or why it is not there.
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use super::detail::Detail;
use super::not_found::WhyNot;
use super::results::Results;
use super::{QueryPage, Way};
use crate::api::Field;
use crate::api::instances::load_instance;
use crate::api::messages::{FoundById, Lookup, find_message_by_id};
use crate::components::skeleton::TableSkeleton;
use crate::components::{Callout, Empty, ErrorLine, Failed, GetForm, Icon};
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
            Some(find_message_by_id(instance, id).await)
        },
    );
    view! {
        <QueryPage way=Way::Id>
            <SearchForm id found/>
            <Transition fallback=|| view! { <TableSkeleton columns=6 rows=1/> }>
                {move || Suspend::new(async move {
                    match found.await {
                        None => view! {
                            <div class="table-box">
                                <Empty icon="search" title=t::id_start(lang) why=t::id_start_why(lang)/>
                            </div>
                        }
                        .into_any(),
                        Some(Ok(found)) => view! { <Outcome found id=id.get_untracked() here/> }.into_any(),
                        // Said at the field.
                        Some(Err(error)) if error.rule(Field::MessageId).is_some() => ().into_any(),
                        Some(Err(error)) => {
                            let retry = Callback::new(move |()| found.refetch());
                            view! {
                                <div class="table-box">
                                    <Failed error what=t::message(lang) retry/>
                                </div>
                            }
                            .into_any()
                        }
                    }
                })}
            </Transition>
        </QueryPage>
    }
    .into_any()
}

type Found = Resource<Option<Result<FoundById, crate::api::ApiError>>>;

#[component]
fn SearchForm(id: Memo<String>, found: Found) -> impl IntoView {
    let lang = use_lang();
    let error = move || match found.get() {
        Some(Some(Err(error))) => errors::at_field(lang, Some(&error), Field::MessageId),
        _ => None,
    };
    view! {
        <div class="stack stack-sm">
            <GetForm class="row">
                <div class="search search-lg grow">
                    <Icon name="search"/>
                    <input
                        class="input"
                        name=ID
                        aria-label=t::message_id(lang)
                        placeholder=t::message_id(lang)
                        autocomplete="off"
                        spellcheck="false"
                        aria-describedby="message-id-h"
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
fn Outcome(found: FoundById, id: String, here: Here) -> impl IntoView {
    let lang = use_lang();
    match found.lookup {
        Lookup::NotFound(why) => {
            view! { <WhyNot why id searched=found.searched took_ms=found.took_ms here/> }.into_any()
        }
        Lookup::Found(rows) => {
            let newest = rows.first().map(|row| row.offset_id.clone());
            let copies = rows.len();
            view! {
                <div class="table-box">
                    <Results rows here selected=newest.clone()/>
                </div>
                {(copies > 1)
                    .then(|| {
                        view! {
                            <Callout title=t::stored_times(lang, copies)>
                                <p>{t::stored_times_why(lang)}</p>
                            </Callout>
                        }
                    })}
                {newest.map(|offset_id| view! { <Detail here offset_id/> })}
            }
            .into_any()
        }
    }
}
