//! Deleting an instance: only an empty one, by typing its name. For one with something in it the
//! dialog opens with that.
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use crate::api::groups::{Protocol, load_groups};
use crate::api::instances::{Instance, InstanceDetails, delete_instance};
use crate::api::topics::load_topics;
use crate::api::{Figure, Listing, Problem};
use crate::components::submit::use_submit;
use crate::components::{Callout, Confirm, Tone, use_toasts};
use crate::i18n::figures::grouped;
use crate::i18n::{common as c, instances as t};
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
                            <Kinds value totals=(topics_total, groups_total) names=(topics, groups)/>
                        </NotEmpty>
                    }
                        .into_any()
                }
                (_, Some(totals)) => {
                    view! {
                        <NotEmpty>
                            <Left value totals/>
                        </NotEmpty>
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

/// Most names shown of each kind.
const NAMES_MAX: usize = 5;

/// Names of Topics, and of Group IDs.
type Names = (Vec<String>, Vec<String>);

/// The first names of each kind, as far as they can be read: the counts stand in any case.
async fn first_names(instance: String) -> Names {
    let listing = || Listing { per_page: 10, ..Listing::default() };
    let topics = load_topics(instance.clone(), listing()).await.map(|list| list.page.rows).unwrap_or_default();
    let mut groups = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Http] {
        let list = load_groups(instance.clone(), protocol, listing()).await;
        groups.extend(list.map(|list| list.page.rows).unwrap_or_default());
    }
    (topics.into_iter().map(|topic| topic.name).collect(), groups.into_iter().map(|group| group.name).collect())
}

/// What is still in it, its names as soon as they are read.
#[component]
fn Left(value: Signal<InstanceDetails>, totals: (u32, u32)) -> impl IntoView {
    let id = value.with_untracked(|v| v.instance.id.clone());
    let names = LocalResource::new(move || first_names(id.clone()));
    move || view! { <Kinds value totals names=names.get().unwrap_or_default()/> }
}

/// `totals`: of Topics, and of Group IDs.
#[component]
fn Kinds(value: Signal<InstanceDetails>, totals: (u32, u32), names: Names) -> impl IntoView {
    let lang = use_lang();
    let (region, id) = value.with_untracked(|v| (v.instance.region.clone(), v.instance.id.clone()));
    let (topics, groups) = totals;
    let (topic_names, group_names) = names;
    view! {
        <Kind name=c::topic(lang) total=topics names=topic_names href=paths::topics(&region, &id)/>
        <Kind name=c::group_id(lang) total=groups names=group_names href=paths::groups(&region, &id, Protocol::Tcp)/>
    }
}

/// How many there are of one kind, as a link to their list, and the first of them.
#[component]
fn Kind(name: &'static str, total: u32, names: Vec<String>, href: String) -> impl IntoView {
    let lang = use_lang();
    let (names, more) = shown(names, total);
    (total > 0).then(|| {
        view! {
            <p class="names">
                <a href=href>{format!("{name}: {}", grouped(u64::from(total)))}</a>
                {names.into_iter().map(|n| view! { <span class="tag">{n}</span> }).collect_view()}
                {more.map(|more| t::and_more(lang, grouped(u64::from(more))))}
            </p>
        }
    })
}

/// The names that are shown, and how many more there are; without any name that is not said.
fn shown(mut names: Vec<String>, total: u32) -> (Vec<String>, Option<u32>) {
    names.truncate(NAMES_MAX);
    let more = total.saturating_sub(u32::try_from(names.len()).unwrap_or(u32::MAX));
    let more = (more > 0 && !names.is_empty()).then_some(more);
    (names, more)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::instances::InstanceState;
    use crate::api::{Rights, Unknown};

    #[test]
    fn the_first_five_are_named_and_the_others_counted() {
        let names = |n: u32| (0..n).map(|i| format!("Topic{i}")).collect::<Vec<_>>();
        assert_eq!(shown(names(5), 5), (names(5), None));
        assert_eq!(shown(names(10), 12), (names(5), Some(7)));
        assert_eq!(shown(names(2), 3), (names(2), Some(1)));
        assert_eq!(shown(names(0), 3), (names(0), None));
        // Some have come since the count.
        assert_eq!(shown(names(3), 2), (names(3), None));
    }

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
