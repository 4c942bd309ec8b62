//! The field that names a Topic, with suggestions.
use leptos::prelude::*;

use crate::api::Listing;
use crate::api::topics::load_topics;
use crate::components::ErrorLine;
use crate::i18n::{common as c, messages as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

/// Topics that are suggested; any other can be typed.
const SUGGESTED_MAX: u32 = 100;

#[component]
pub(super) fn TopicField(
    here: Here,
    value: RwSignal<String>,
    #[prop(into)] error: Signal<Option<String>>,
    optional: bool,
) -> impl IntoView {
    let lang = use_lang();
    let topics = Resource::new(
        move || here.id(),
        |instance| async move {
            let listing = Listing { per_page: SUGGESTED_MAX, ..Listing::default() };
            // Without suggestions the field still works.
            load_topics(instance, listing).await.map(|t| t.page.rows).unwrap_or_default()
        },
    );
    view! {
        <div class="field">
            <div class="label-row">
                <label class="label" for="query-topic">
                    {c::topic(lang)} {optional.then(|| view! { <span class="opt">{c::optional(lang)}</span> })}
                </label>
            </div>
            <input
                class="input"
                id="query-topic"
                name="topic"
                list="query-topics"
                autocomplete="off"
                spellcheck="false"
                placeholder=if optional { t::all_topics(lang) } else { t::choose_topic(lang) }
                aria-invalid=move || error.with(Option::is_some).then_some("true")
                aria-describedby=move || error.with(Option::is_some).then_some("query-topic-e")
                value=value.get_untracked()
                bind:value=value
            />
            {move || error.get().map(|text| view! { <ErrorLine id="query-topic-e".to_owned() text/> })}
            <datalist id="query-topics">
                <Transition>
                    {move || Suspend::new(async move {
                        topics.await.into_iter().map(|topic| view! { <option value=topic.name></option> }).collect_view()
                    })}
                </Transition>
            </datalist>
        </div>
    }
    .into_any()
}
