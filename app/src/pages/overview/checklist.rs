//! The quick start as a checklist. Steps tick by themselves, from what is really there; the next
//! one is tinted and has the only button.
use leptos::prelude::*;

use crate::api::Figure;
use crate::api::groups::Protocol;
use crate::api::overview::Overview as Data;
use crate::components::copy::CopyIcon;
use crate::frame::use_region;
use crate::i18n::{figures as f, overview as t, service as ts};
use crate::paths;
use crate::settings::use_lang;
use crate::time::{date_time, use_zone};

/// A step as shown.
#[derive(Clone, PartialEq)]
struct Step {
    title: &'static str,
    done: bool,
    /// What was made, or how to do it.
    note: String,
    mono: bool,
    action: Option<(&'static str, String)>,
}

#[component]
pub(super) fn Checklist(value: Signal<Data>) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    let region = use_region();
    let steps = Memo::new(move |_| {
        let region = region.get();
        value.with(|o| {
            let list = &o.checklist;
            let made = |title, done: Option<String>, label, href: String| Step {
                title,
                done: done.is_some(),
                note: done.unwrap_or_default(),
                mono: false,
                action: Some((label, href)),
            };
            // A resource's page needs an instance: without one, the way there is the region's page.
            let instance = list.instance.as_ref().map(|i| i.instance_id.clone());
            let of = |with: fn(&str, &str) -> String, without: fn(&str) -> String| {
                instance.as_deref().map_or_else(|| without(&region), |id| with(&region, id))
            };
            let groups = |r: &str, i: &str| paths::groups(r, i, Protocol::Tcp);
            let sample = of(paths::sample_code, paths::instances);
            // Found out by the broker: may be unknown.
            let seen = |title, figure: &Figure<bool>, hint: &str, done: &str, action| {
                let (is_done, note) = match figure {
                    Figure::Value(true) | Figure::Stale { value: true, .. } => (true, done.to_owned()),
                    Figure::Value(false) | Figure::Stale { .. } => (false, hint.to_owned()),
                    Figure::Unknown(why) => (false, t::step_unknown(lang, f::why(lang, *why))),
                };
                Step { title, done: is_done, note, mono: false, action: Some(action) }
            };
            vec![
                made(
                    t::step_activate(lang),
                    list.activated.as_ref().map(|a| {
                        let by = a.by.as_ref().map(|by| format!(" · {by}")).unwrap_or_default();
                        date_time(a.at_ms, zone.get()) + &by
                    }),
                    ts::activate(lang),
                    paths::ACTIVATE.to_owned(),
                ),
                made(
                    t::step_instance(lang),
                    list.instance.as_ref().map(|i| i.name.clone()),
                    t::step_instance(lang),
                    paths::create_instance(&region),
                ),
                made(
                    t::step_topic(lang),
                    list.topic.as_ref().map(|x| x.name.clone()),
                    t::step_topic(lang),
                    of(paths::topics, paths::topics_of_region),
                ),
                made(
                    t::step_group(lang),
                    list.group.as_ref().map(|x| x.name.clone()),
                    t::step_group(lang),
                    of(groups, paths::groups_of_region),
                ),
                Step {
                    mono: true,
                    ..made(t::step_key(lang), list.access_key.clone(), t::step_key(lang), paths::ACCESS_KEYS.to_owned())
                },
                seen(
                    t::step_producer(lang),
                    &list.producer_seen,
                    t::step_producer_hint(lang),
                    t::step_seen(lang),
                    (t::sample_code(lang), sample.clone()),
                ),
                seen(
                    t::step_message(lang),
                    &list.message_stored,
                    t::step_message_hint(lang),
                    t::step_message_done(lang),
                    (t::send(lang), of(paths::topics, paths::topics_of_region)),
                ),
                seen(
                    t::step_consumer(lang),
                    &list.consumer_online,
                    t::step_consumer_hint(lang),
                    t::step_seen(lang),
                    (t::sample_code(lang), sample),
                ),
            ]
        })
    });
    let next = move || steps.with(|s| s.iter().position(|s| !s.done));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::quick_start(lang)}</h2>
                <span class="hint num">
                    {move || steps.with(|s| format!("{} / {}", s.iter().filter(|s| s.done).count(), s.len()))}
                </span>
            </div>
            <ol class="checklist">
                {move || {
                    let next = next();
                    steps
                        .get()
                        .into_iter()
                        .enumerate()
                        .map(|(i, step)| {
                            let is_next = next == Some(i);
                            view! {
                                <li data-done=step.done.then_some("") aria-current=is_next.then_some("step")>
                                    <div>
                                        <b>{step.title}</b>
                                        <small class=step.mono.then_some("mono")>
                                            {step.note.clone()}
                                            {(step.mono && step.done)
                                                .then(|| view! { <CopyIcon text=step.note.clone() of=step.note/> })}
                                        </small>
                                    </div>
                                    {step
                                        .action
                                        .filter(|_| !step.done)
                                        .map(|(label, href)| {
                                            let class = if is_next { "btn btn-primary btn-sm" } else { "link" };
                                            view! {
                                                <a class=class href=href>
                                                    {label}
                                                </a>
                                            }
                                        })}
                                </li>
                            }
                        })
                        .collect_view()
                }}
            </ol>
        </section>
    }
}
