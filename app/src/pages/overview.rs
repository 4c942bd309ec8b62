//! The overview of a region: the checklist that ticks itself, figures, what needs attention.
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::groups::Protocol;
use crate::api::live::Watch;
use crate::api::overview::{InconsistentGroup, Overview as Data, load_overview};
use crate::api::{Figure, Whole};
use crate::components::{
    Callout, Cell, Freshness, Loaded, RefreshButton, StaleBar, Stamp, Tile, Tone, use_live, use_stale,
};
use crate::frame::{use_me, use_region};
use crate::i18n::Lang;
use crate::i18n::figures::{bytes, grouped};
use crate::i18n::{audit as ta, common as c, groups as tg, overview as t, shell as s};
use crate::pages::groups::{parts, sentence};
use crate::paths;
use crate::settings::use_lang;
use crate::time::{clock, use_zone};

mod checklist;

#[component]
pub(crate) fn Overview() -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let data = use_live(move || region.get(), load_overview, |region| Watch::Overview { region });
    view! {
        <Title text=s::overview(lang)/>
        <div class="page-head">
            <div>
                <h1>{s::overview(lang)}</h1>
            </div>
            <div class="row actions">
                <Freshness data/>
                <RefreshButton data/>
            </div>
        </div>
        <Loaded data what=s::overview(lang) let:value>
            <div class="stack">
                <StaleBar data/>
                <Attention value/>
                <Tiles value/>
                <div class="cols-main">
                    <checklist::Checklist value/>
                    <div class="stack">
                        <Resources value/>
                        {use_me().owner.then(|| view! { <Changes value/> })}
                    </div>
                </div>
            </div>
        </Loaded>
    }
}

/// What needs somebody now.
#[component]
fn Attention(value: Signal<Data>) -> impl IntoView {
    let lang = use_lang();
    let refusing = Memo::new(move |_| value.with(|o| o.store_refusing));
    let groups = Memo::new(move |_| value.with(|o| o.inconsistent.clone()));
    view! {
        {move || {
            refusing
                .get()
                .then(|| {
                    view! {
                        <Callout tone=Tone::Bad title=t::store_refusing(lang)>
                            <p>{t::store_refusing_why(lang)}</p>
                        </Callout>
                    }
                })
        }}
        {move || groups.get().into_iter().map(|group| view! { <Inconsistent group/> }).collect_view()}
    }
}

#[component]
fn Inconsistent(group: InconsistentGroup) -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let InconsistentGroup { instance_id, group: name, difference } = group;
    view! {
        <Callout tone=Tone::Warn title=t::inconsistent(lang, &name)>
            <p>
                {parts(lang, sentence(lang, &difference), &difference)} {lang.gap()}
                {parts(lang, tg::differs_since(lang), &difference)} {lang.gap()}
                <a href=move || {
                    paths::group_subscription(&region.get(), &instance_id, Protocol::Tcp, &name)
                }>{t::view_subscription(lang)}</a>
            </p>
        </Callout>
    }
}

fn whole(figure: &Figure<Whole>) -> Figure<String> {
    figure.clone().map(|n| grouped(n.0))
}

fn small(figure: &Figure<u32>) -> Figure<String> {
    figure.clone().map(|n| grouped(u64::from(n)))
}

#[component]
fn Tiles(value: Signal<Data>) -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let figure = move |of: fn(&Data) -> Figure<String>| Signal::derive(move || value.with(of));
    let zone = use_zone();
    let counted_since = Signal::derive(move || match value.with(|o| o.refused_since_ms) {
        Some(start) => t::tile_refused_since(lang, clock(start, zone.get())),
        None => t::tile_refused_hint(lang).to_owned(),
    });
    view! {
        <div class="tiles">
            <Tile
                label=t::tile_messages(lang)
                figure=figure(|o| whole(&o.messages))
                hint=t::tile_messages_hint(lang)
            />
            <Tile label=t::tile_waiting(lang) figure=figure(|o| whole(&o.waiting)) hint=t::tile_waiting_hint(lang)/>
            <Tile
                label=t::tile_producers(lang)
                figure=figure(|o| small(&o.producers))
                hint=t::tile_clients_hint(lang)
            />
            <Tile
                label=t::tile_consumers(lang)
                figure=figure(|o| small(&o.consumers))
                hint=t::tile_clients_hint(lang)
            />
            <Tile
                label=t::tile_refused(lang)
                figure=figure(|o| whole(&o.refused))
                hint=counted_since
                href=paths::rejected_of_region(&region.get_untracked())
            />
        </div>
    }
}

#[component]
fn Resources(value: Signal<Data>) -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let plain = |text: String| text.into_any();
    let stale = use_stale();
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::resources(lang)}</h2>
            </div>
            <div class="card-body">
                <dl class="kv kv-1" data-stale=move || stale.get().then_some("")>
                    <div>
                        <dt>{t::instances(lang)}</dt>
                        <dd>
                            <a href=move || {
                                paths::instances(&region.get())
                            }>
                                {move || {
                                    value
                                        .with(|o| view! { <Cell figure=small(&o.instances) show=plain/> })
                                }}
                            </a> " "
                            <span class="muted">
                                {move || c::of_max(lang, value.with(|o| o.instances_max))}
                            </span>
                        </dd>
                    </div>
                    <div>
                        <dt>{c::topic(lang)}</dt>
                        <dd>{move || value.with(|o| view! { <Cell figure=small(&o.topics) show=plain/> })}</dd>
                    </div>
                    <div>
                        <dt>{c::group_id(lang)}</dt>
                        <dd>
                            {move || {
                                value
                                    .with(|o| {
                                        view! {
                                            "TCP "
                                            <Cell figure=small(&o.groups_tcp) show=plain/>
                                            " · HTTP "
                                            <Cell figure=small(&o.groups_http) show=plain/>
                                        }
                                    })
                            }}
                        </dd>
                    </div>
                    {move || {
                        value
                            .with(|o| o.disk.clone())
                            .map(|disk| {
                                view! {
                                    <div>
                                        <dt>{t::disk(lang)}</dt>
                                        <dd>
                                            <Cell
                                                figure=disk
                                                show=move |d| {
                                                    let taken = d.disk.0.saturating_sub(d.free.0);
                                                    view! {
                                                        {t::disk_used(lang, bytes(taken), bytes(d.disk.0))}
                                                        <progress
                                                            class="meter"
                                                            max=d.disk.0.to_string()
                                                            value=taken.to_string()
                                                            aria-label=t::disk(lang)
                                                        ></progress>
                                                        <small class="muted">{t::disk_files(lang, bytes(d.used.0))}</small>
                                                    }
                                                        .into_any()
                                                }
                                            />
                                        </dd>
                                    </div>
                                }
                            })
                    }}
                </dl>
            </div>
        </section>
    }
}

/// The text of an action, or its word where there is none.
fn action(lang: Lang, word: &str) -> String {
    ta::action_name(lang, word).unwrap_or(word).to_owned()
}

#[component]
fn Changes(value: Signal<Data>) -> impl IntoView {
    let lang = use_lang();
    let rows = Memo::new(move |_| value.with(|o| o.changes.clone()));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::recent_changes(lang)}</h2>
                <a class="link" href=paths::AUDIT>
                    {t::all_changes(lang)}
                </a>
            </div>
            <div class="card-body">
                {move || rows.with(Vec::is_empty).then(|| view! { <p class="muted">{t::no_changes(lang)}</p> })}
                <dl class="kv kv-1">
                    {move || {
                        rows.get()
                            .into_iter()
                            .map(|row| {
                                let done = action(lang, &row.action);
                                let whole = [row.user.as_deref(), Some(done.as_str()), row.resource.as_deref()];
                                let whole = whole.into_iter().flatten().collect::<Vec<_>>().join(" · ");
                                view! {
                                    <div>
                                        <dt>
                                            <Stamp at=row.at_ms/>
                                        </dt>
                                        <dd class="one-line" title=whole>
                                            {row.user.map(|user| format!("{user} · "))} {done}
                                            {row
                                                .resource
                                                .map(|name| view! { " · " <span class="mono">{name}</span> })}
                                        </dd>
                                    </div>
                                }
                            })
                            .collect_view()
                    }}
                </dl>
            </div>
        </section>
    }
}
