//! Deleting an instance: only an empty one, by typing its name. One with something in it is shown
//! what.
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api::instances::{DeleteInstance, InstanceDetails, delete_instance};
use crate::api::{ApiError, Problem};
use crate::components::{Callout, Confirm, Tone, use_toasts};
use crate::i18n::{common as c, instances as t};
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(super) fn Delete(open: RwSignal<bool>, value: Signal<InstanceDetails>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let failed = RwSignal::new(None::<ApiError>);
    let action = Action::new(move |input: &DeleteInstance| {
        let DeleteInstance { id, confirm } = input.clone();
        delete_instance(id, confirm)
    });
    let name = Memo::new(move |_| value.with(|v| v.instance.name.clone()));
    Effect::new(move |_| {
        if open.get() {
            failed.set(None);
        }
    });
    Effect::new(move |_| match action.value().get() {
        Some(Ok(())) => {
            open.set(false);
            toasts.done(t::deleted_toast(lang, name.get_untracked()));
            navigate(&paths::instances(&value.with_untracked(|v| v.instance.region.clone())), Default::default());
        }
        Some(Err(error)) => failed.set(Some(error)),
        None => {}
    });
    let on_confirm = Callback::new(move |confirm| {
        action.dispatch(DeleteInstance { id: value.with_untracked(|v| v.instance.id.clone()), confirm });
    });
    // What is still in it has its own place; the rest stands at the field.
    let other = Signal::derive(move || failed.get().filter(|e| !matches!(e.problem, Problem::NotEmpty { .. })));
    view! {
        <Confirm
            open
            id="delete-instance"
            title=Signal::derive(move || t::delete_of(lang, name.get()))
            name
            verb=t::delete(lang)
            busy=action.pending()
            error=other
            on_confirm
        >
            {move || match failed.get().map(|e| e.problem) {
                Some(Problem::NotEmpty { topics, groups, topics_total, groups_total }) => {
                    view! {
                        <Callout tone=Tone::Bad title=t::delete_has_things(lang) status=true>
                            <p>{t::delete_has_things_why(lang)}</p>
                            <Names kind=c::topic(lang) names=topics total=topics_total/>
                            <Names kind=c::group_id(lang) names=groups total=groups_total/>
                        </Callout>
                    }
                        .into_any()
                }
                _ => {
                    view! {
                        <p>{t::delete_stops(lang)}</p>
                        <ul class="card card-body stack stack-sm">
                            {move || {
                                value
                                    .with(|v| {
                                        v.endpoints
                                            .iter()
                                            .map(|e| view! { <li class="mono">{e.address.clone()}</li> })
                                            .collect_view()
                                    })
                            }}
                        </ul>
                    }
                        .into_any()
                }
            }}
        </Confirm>
    }
}

#[component]
fn Names(kind: &'static str, names: Vec<String>, total: u32) -> impl IntoView {
    let lang = use_lang();
    let shown = u32::try_from(names.len()).unwrap_or(u32::MAX);
    (total > 0).then(|| {
        view! {
            <p class="names">
                <span>{kind} ":"</span>
                {names.into_iter().map(|n| view! { <span class="tag">{n}</span> }).collect_view()}
                {(total > shown).then(|| t::and_more(lang, total - shown))}
            </p>
        }
    })
}
