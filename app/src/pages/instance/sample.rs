//! Sample code: complete projects with this tenant's endpoint, Topic, Group ID and AccessKey ID
//! filled in. What was filled in is marked.
use leptos::prelude::*;

use super::code::{Look, looks};
use crate::api::instances::{
    Sample, SampleChoice, SampleChoices, SampleFile, SampleLanguage, load_sample, load_sample_choices,
};
use crate::components::{CopyButton, Icon, Loaded, use_later};
use crate::i18n::{common as c, instances as t, keys as k};
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(super) fn SampleCode(instance: String) -> impl IntoView {
    let lang = use_lang();
    let id = StoredValue::new(instance);
    let choices = use_later(move || id.get_value(), load_sample_choices);
    let section = NodeRef::<leptos::html::Section>::new();
    // The router has looked for the anchor before this was there.
    Effect::new(move |_| {
        if let Some(section) = section.get()
            && window().location().hash().is_ok_and(|hash| hash == "#sample")
        {
            section.scroll_into_view();
        }
    });
    view! {
        <section class="card" id="sample" node_ref=section>
            <Loaded data=choices what=t::sample_code(lang) let:choices>
                <Chooser instance=id.get_value() choices=choices.get_untracked()/>
            </Loaded>
        </section>
    }
    .into_any()
}

fn option(name: String) -> impl IntoView {
    let value = name.clone();
    view! { <option value=value>{name}</option> }
}

/// A choice among names; without any, the reason.
#[component]
fn Select(
    id: &'static str,
    #[prop(into)] label: String,
    names: Vec<String>,
    empty: &'static str,
    chosen: RwSignal<String>,
) -> impl IntoView {
    let none = names.is_empty();
    view! {
        <label class="vh" for=id>
            {label}
        </label>
        <select class="input input-auto" id=id disabled=none bind:value=chosen>
            {none.then(|| view! { <option value="">{empty}</option> })}
            {names.into_iter().map(option).collect_view()}
        </select>
    }
}

#[component]
fn Chooser(instance: String, choices: SampleChoices) -> impl IntoView {
    let lang = use_lang();
    let instance = StoredValue::new(instance);
    let languages = choices.languages.clone();
    let Some(first) = languages.first().copied() else { return ().into_any() };
    let language = RwSignal::new(first);
    let start = |names: &[String]| RwSignal::new(names.first().cloned().unwrap_or_default());
    let (topic, group, key) = (start(&choices.topics), start(&choices.groups), start(&choices.keys));
    let missing = choices.topics.is_empty() || choices.groups.is_empty() || choices.keys.is_empty();
    let choice = Memo::new(move |_| SampleChoice {
        instance: instance.get_value(),
        language: language.get(),
        topic: topic.get(),
        group: group.get(),
        key: key.get(),
    });
    let sample = use_later(move || choice.get(), load_sample);
    let file = RwSignal::new(0_usize);
    view! {
        <div class="card-head">
            <h2>{t::sample_code(lang)}</h2>
            <div class="row">
                <Select id="sample-topic" label=c::topic(lang) names=choices.topics empty=t::no_topic_yet(lang) chosen=topic/>
                <Select id="sample-group" label=c::group_id(lang) names=choices.groups empty=t::no_group_yet(lang) chosen=group/>
                <Select id="sample-key" label=k::id(lang) names=choices.keys empty=t::no_key_yet(lang) chosen=key/>
            </div>
        </div>
        <div class="card-body">
            <p class="hint code-note">{if missing { t::sample_missing(lang) } else { t::sample_note(lang) }}</p>
            <div class="code">
                <div class="code-head">
                    <Languages languages language file/>
                    <div class="row">
                        <a
                            class="btn btn-quiet btn-sm"
                            href=move || paths::sample_archive(&choice.get())
                            rel="external"
                            download=""
                        >
                            <Icon name="download"/>
                            {t::download_project(lang)}
                        </a>
                    </div>
                </div>
                <Loaded data=sample what=t::sample_code(lang) let:sample>
                    <Files sample=sample.get_untracked() file/>
                </Loaded>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Languages(
    languages: Vec<SampleLanguage>,
    language: RwSignal<SampleLanguage>,
    file: RwSignal<usize>,
) -> impl IntoView {
    let lang = use_lang();
    view! {
        <div class="tabs" role="group" aria-label=t::language(lang)>
            {languages
                .into_iter()
                .map(|l| {
                    view! {
                        <button
                            class="tab"
                            type="button"
                            aria-current=move || (language.get() == l).then_some("page")
                            on:click=move |_| {
                                file.set(0);
                                language.set(l);
                            }
                        >
                            {l.label()}
                        </button>
                    }
                })
                .collect_view()}
        </div>
    }
}

/// Name of a file on its button.
fn title(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

#[component]
fn Files(sample: Sample, file: RwSignal<usize>) -> impl IntoView {
    let lang = use_lang();
    let names: Vec<_> = sample.files.iter().map(|f| (title(&f.path), f.path.clone())).collect();
    let sample = StoredValue::new(sample);
    let shown = move || sample.with_value(|s| s.files.get(file.get()).or(s.files.first()).cloned());
    let text = Signal::derive(move || shown().map(|f| f.text).unwrap_or_default());
    view! {
        <div class="code-files">
            <div class="seg" role="group" aria-label=t::file(lang)>
                {names
                    .into_iter()
                    .enumerate()
                    .map(|(i, (name, path))| {
                        view! {
                            <button
                                type="button"
                                title=path
                                aria-pressed=move || if file.get() == i { "true" } else { "false" }
                                on:click=move |_| file.set(i)
                            >
                                {name}
                            </button>
                        }
                    })
                    .collect_view()}
            </div>
            <CopyButton text of=t::sample_code(lang) quiet=true/>
        </div>
        {move || {
            shown()
                .map(|SampleFile { path, text }| {
                    let pieces = sample
                        .with_value(|s| {
                            looks(&path, &text)
                                .into_iter()
                                .map(|(look, text)| dressed(look, marked(text, &s.filled)))
                                .collect_view()
                        });
                    view! {
                        <pre tabindex="0" aria-label=path>
                            <code>{pieces}</code>
                        </pre>
                    }
                })
        }}
    }
}

/// In the colour of its look.
fn dressed(look: Look, content: AnyView) -> AnyView {
    match look.class() {
        Some(class) => view! { <span class=class>{content}</span> }.into_any(),
        None => content,
    }
}

/// With a mark around what was filled in.
fn marked(text: &str, filled: &[String]) -> AnyView {
    let piece = |(text, mine): (String, bool)| {
        if mine { view! { <mark>{text}</mark> }.into_any() } else { text.into_any() }
    };
    mark(text, filled).into_iter().map(piece).collect_view().into_any()
}

/// Cuts `text` at what was filled in; true: filled in. Longer values win over shorter ones that
/// begin at the same place.
fn mark(text: &str, filled: &[String]) -> Vec<(String, bool)> {
    let mut out = Vec::new();
    let mut rest = text;
    loop {
        let hit = filled
            .iter()
            .filter(|f| !f.is_empty())
            .filter_map(|f| rest.find(f.as_str()).map(|at| (at, f.len())))
            .min_by_key(|&(at, len)| (at, std::cmp::Reverse(len)));
        let Some((at, len)) = hit else { break };
        let (before, from) = rest.split_at(at);
        let (mine, after) = from.split_at(len);
        if !before.is_empty() {
            out.push((before.to_owned(), false));
        }
        out.push((mine.to_owned(), true));
        rest = after;
    }
    if !rest.is_empty() {
        out.push((rest.to_owned(), false));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::mark;

    #[test]
    fn filled_values_are_marked_and_nothing_is_lost() {
        let filled = ["Topic".to_owned(), "TopicTestMQ".to_owned(), String::new()];
        let pieces = mark("send(\"TopicTestMQ\"); // Topic", &filled);
        assert_eq!(pieces.iter().map(|p| p.0.as_str()).collect::<String>(), "send(\"TopicTestMQ\"); // Topic");
        let mine: Vec<_> = pieces.iter().filter(|p| p.1).map(|p| p.0.as_str()).collect();
        assert_eq!(mine, ["TopicTestMQ", "Topic"]);
    }
}
