//! The instances of a region.
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::Figure;
use crate::api::instances::{Instance, InstanceState, Instances as Data, load_instances};
use crate::api::live::{Reading, Watch};
use crate::components::{Cell, Freshness, Icon, Loaded, LongId, StaleBar, Stamp, State, Tone, use_live};
use crate::frame::{NoInstance, use_region};
use crate::i18n::figures::grouped;
use crate::i18n::{Lang, common as c, instances as t};
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(crate) fn Instances() -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let data = use_live(
        move || region.get(),
        load_instances,
        |region| Watch::Instances { region },
        |reading| match reading {
            Reading::Instances(i) => Some(i),
            _ => None,
        },
    );
    view! {
        <Title text=t::title(lang)/>
        <div class="page-head">
            <div>
                <h1>{t::title(lang)}</h1>
            </div>
            <div class="row actions">
                <Freshness data/>
                <a class="btn btn-primary" href=move || paths::create_instance(&region.get())>
                    <Icon name="plus"/>
                    {t::create(lang)}
                </a>
            </div>
        </div>
        <Loaded data what=t::list(lang) let:value>
            {move || {
                if value.with(|v| v.rows.is_empty()) {
                    let may_create = value.with(|v| v.may_create);
                    view! { <NoInstance region=region.get() may_create/> }.into_any()
                } else {
                    let stale = Signal::derive(move || data.fresh().with(|f| f.is_stale()));
                    view! {
                        <div class="table-box">
                            <StaleBar data/>
                            <List value stale/>
                        </div>
                    }
                        .into_any()
                }
            }}
        </Loaded>
    }
}

/// The state of an instance, as a badge.
pub(super) fn state(lang: Lang, state: &InstanceState) -> impl IntoView + use<> {
    match state {
        InstanceState::Running => view! { <State tone=Tone::Ok text=t::running(lang)/> },
        InstanceState::PortUnavailable { .. } => view! { <State tone=Tone::Bad text=t::port_unavailable(lang)/> },
    }
}

#[component]
fn List(value: Signal<Data>, stale: Signal<bool>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <table class="table table-stack" data-stale=move || stale.get().then_some("")>
            <thead>
                <tr>
                    <th>{t::instance_name(lang)}</th>
                    <th>{t::instance_id(lang)}</th>
                    <th>{c::status(lang)}</th>
                    <th class="r">{c::topic(lang)}</th>
                    <th class="r">{c::group_id(lang)}</th>
                    <th class="hide-mid">{c::description(lang)}</th>
                    <th>{c::created(lang)}</th>
                    <th class="acts">{c::actions(lang)}</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || value.with(|v| v.rows.clone()) key=|row| format!("{row:?}") let:row>
                    <Row row/>
                </For>
            </tbody>
        </table>
        <div class="table-foot">
            <span>{move || value.with(|v| t::count(lang, v.rows.len(), v.max))}</span>
        </div>
    }
}

#[component]
fn Row(row: Instance) -> impl IntoView {
    let lang = use_lang();
    let region = row.region.clone();
    let details = paths::instance(&region, &row.id);
    let count = |figure: Figure<u32>| figure.map(|n| grouped(u64::from(n)));
    let plain = |text: String| text.into_any();
    let described = if row.description.is_empty() { "-".to_owned() } else { row.description.clone() };
    view! {
        <tr>
            <th class="idcol" scope="row">
                <LongId value=row.name name=true href=details.clone()/>
            </th>
            <td data-l=t::instance_id(lang)>
                <LongId value=row.id.clone()/>
            </td>
            <td data-l=c::status(lang)>{state(lang, &row.state)}</td>
            <td class="r" data-l=c::topic(lang)>
                <Cell figure=count(row.topics) show=plain/>
            </td>
            <td class="r" data-l=c::group_id(lang)>
                <Cell figure=count(row.groups) show=plain/>
            </td>
            <td class="clip hide-mid" title=row.description>
                {described}
            </td>
            <td class="t" data-l=c::created(lang)>
                <Stamp at=row.created_at_ms/>
            </td>
            <td class="acts">
                <div>
                    <a class="link" href=details.clone()>
                        {c::details(lang)}
                    </a>
                    <a class="link" href=paths::topics(&region, &row.id)>
                        {c::topic(lang)}
                    </a>
                    <a class="link" href=paths::groups(&region, &row.id, "tcp")>
                        {c::group_id(lang)}
                    </a>
                </div>
            </td>
        </tr>
    }
}
