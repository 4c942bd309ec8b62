//! Deleting an instance: only an empty one, by typing its name. For one with something in it the
//! dialog opens with that.
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api::groups::Protocol;
use crate::api::instances::{Instance, InstanceDetails, delete_instance};
use crate::api::{Figure, Problem};
use crate::components::submit::use_submit;
use crate::components::{Callout, Confirm, Tone, use_toasts};
use crate::i18n::figures::grouped;
use crate::i18n::{Lang, common as c, instances as t};
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(super) fn Delete(open: RwSignal<bool>, value: Signal<InstanceDetails>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let navigate = use_navigate();
    let submit = use_submit();
    let failed = submit.error;
    let name = Memo::new(move |_| value.with(|v| v.instance.name.clone()));
    Effect::new(move |_| {
        if open.get() {
            failed.set(None);
        }
    });
    let on_confirm = Callback::new(move |confirm| {
        let navigate = navigate.clone();
        let (id, region) = value.with_untracked(|v| (v.instance.id.clone(), v.instance.region.clone()));
        submit.run(delete_instance(id, confirm), move |()| {
            open.set(false);
            toasts.done(t::deleted_toast(lang, name.get_untracked()));
            navigate(&paths::instances(&region), Default::default());
        });
    });
    let left = Memo::new(move |_| value.with(|v| left(&v.instance)));
    // What is still in it has its own place; the rest stands at the field.
    let other = Signal::derive(move || failed.get().filter(|e| !matches!(e.problem, Problem::NotEmpty { .. })));
    view! {
        <Confirm
            open
            id="delete-instance"
            title=Signal::derive(move || t::delete_of(lang, name.get()))
            name
            verb=t::delete(lang)
            busy=submit.busy
            error=other
            on_confirm
            blocked=Signal::derive(move || left.with(Option::is_some))
        >
            {move || match (failed.get().map(|e| e.problem), left.get()) {
                (Some(Problem::NotEmpty { topics, groups, topics_total, groups_total }), _) => {
                    view! {
                        <NotEmpty>
                            <Names kind=c::topic(lang) names=topics total=topics_total/>
                            <Names kind=c::group_id(lang) names=groups total=groups_total/>
                        </NotEmpty>
                    }
                        .into_any()
                }
                (_, Some((topics, groups))) => view! { <NotEmpty>{counts(lang, value, topics, groups)}</NotEmpty> }.into_any(),
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

/// How many Topics and Group IDs it still has, as far as that is known; `None`: it may be deleted. The
/// server decides.
fn left(instance: &Instance) -> Option<(u32, u32)> {
    let known = |figure: &Figure<u32>| figure.value().copied().unwrap_or(0);
    let (topics, groups) = (known(&instance.topics), known(&instance.groups));
    (topics > 0 || groups > 0).then_some((topics, groups))
}

#[component]
fn NotEmpty(children: Children) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Callout tone=Tone::Bad title=t::delete_has_things(lang) status=true>
            <p>{t::delete_has_things_why(lang)}</p>
            {children()}
        </Callout>
    }
}

/// The counts, as links to the lists.
fn counts(lang: Lang, value: Signal<InstanceDetails>, topics: u32, groups: u32) -> impl IntoView + use<> {
    let (region, id) = value.with_untracked(|v| (v.instance.region.clone(), v.instance.id.clone()));
    let link = |n: u32, href: String, name: &'static str| {
        (n > 0).then(|| view! { <a href=href>{format!("{name}: {}", grouped(u64::from(n)))}</a> })
    };
    view! {
        <p class="row">
            {link(topics, paths::topics(&region, &id), c::topic(lang))}
            {link(groups, paths::groups(&region, &id, Protocol::Tcp), c::group_id(lang))}
        </p>
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::instances::InstanceState;
    use crate::api::{Rights, Unknown};

    #[test]
    fn an_instance_with_something_in_it_is_refused_before_anything_is_typed() {
        let with = |topics, groups| Instance {
            id: "MQ_INST_1_B".into(),
            name: "orders".into(),
            description: String::new(),
            region: "local".into(),
            created_at_ms: 0,
            topics,
            groups,
            state: InstanceState::Running,
            rights: Rights::default(),
        };
        assert_eq!(left(&with(Figure::Value(0), Figure::Value(0))), None);
        assert_eq!(left(&with(Figure::Value(0), Figure::Value(2))), Some((0, 2)));
        // The server answers for what is not known here.
        assert_eq!(left(&with(Figure::Unknown(Unknown::TimedOut), Figure::Value(0))), None);
    }
}
