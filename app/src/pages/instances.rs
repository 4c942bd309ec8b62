//! The instances of a region.
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::Figure;
use crate::api::groups::Protocol;
use crate::api::instances::{Instance, InstanceState, Instances as Data, load_instances};
use crate::api::live::Watch;
use crate::components::live::Beside;
use crate::components::{
    Cell, Freshness, Icon, LiveData, Loaded, LongId, RefreshButton, StackTable, StaleBar, Stamp, State, Tone, or_dash,
    use_live, use_row,
};
use crate::frame::{NoInstance, use_region};
use crate::i18n::figures::grouped;
use crate::i18n::{Lang, common as c, instances as t};
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(crate) fn Instances() -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let data = use_live(move || region.get(), load_instances, |region| Watch::Instances { region });
    view! {
        <Title text=t::title(lang)/>
        <div class="page-head">
            <div>
                <h1>{t::title(lang)}</h1>
            </div>
            <div class="row actions">
                <Freshness data/>
                <RefreshButton data/>
                <Beside data show=|of| view! { <Create of/> }.into_any()/>
            </div>
        </div>
        <Loaded data what=t::list(lang) let:value>
            <Shown data value/>
        </Loaded>
    }
}

#[component]
fn Shown(data: LiveData<Data>, value: Signal<Data>) -> impl IntoView {
    let region = use_region();
    // By itself: drawn anew with every reading, the list would lose what has the focus.
    let empty = Memo::new(move |_| value.with(|v| v.rows.is_empty()));
    move || {
        if empty.get() {
            let may_create = value.with(|v| v.may_create);
            view! { <NoInstance region=region.get() may_create/> }.into_any()
        } else {
            view! {
                <div class="table-box">
                    <StaleBar data/>
                    <List value/>
                </div>
            }
            .into_any()
        }
    }
}

/// The way to the form that creates an instance; for those who may not, why. Without any instance the
/// page says it in the middle. `of`: `None` while it is not known; the server decides in any case.
#[component]
fn Create(of: Option<Signal<Data>>) -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let empty = Memo::new(move |_| of.is_some_and(|of| of.with(|list| list.rows.is_empty())));
    let may = Memo::new(move |_| of.is_none_or(|of| of.with(|list| list.may_create)));
    move || {
        if empty.get() {
            ().into_any()
        } else if may.get() {
            view! {
                <a class="btn btn-primary" href=move || paths::create_instance(&region.get())>
                    <Icon name="plus"/>
                    {t::create(lang)}
                </a>
            }
            .into_any()
        } else {
            view! {
                <span class="hint" id="create-why">
                    {c::not_allowed_owner(lang)}
                </span>
                <button class="btn btn-primary" type="button" disabled aria-describedby="create-why">
                    <Icon name="plus"/>
                    {t::create(lang)}
                </button>
            }
            .into_any()
        }
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
fn List(value: Signal<Data>) -> impl IntoView {
    let lang = use_lang();
    let ids = move || value.with(|v| v.rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>());
    let heads = view! {
        <th role="columnheader">{t::instance_name(lang)}</th>
        <th role="columnheader">{t::instance_id(lang)}</th>
        <th role="columnheader">{c::status(lang)}</th>
        <th role="columnheader" class="r">{c::topic(lang)}</th>
        <th role="columnheader" class="r">{c::group_id(lang)}</th>
        <th role="columnheader" class="hide-mid">{c::description(lang)}</th>
        <th role="columnheader">{c::created(lang)}</th>
        <th role="columnheader" class="acts">{c::actions(lang)}</th>
    }
    .into_any();
    view! {
        <StackTable heads>
            <For each=ids key=String::clone let:id>
                <Row id value/>
            </For>
        </StackTable>
        <div class="table-foot">
            <span>{move || value.with(|v| t::count(lang, v.rows.len(), v.max))}</span>
        </div>
    }
}

#[component]
fn Row(id: String, value: Signal<Data>) -> impl IntoView {
    let row = {
        let id = id.clone();
        use_row(move || value.with(|v| v.rows.iter().find(|row| row.id == id).cloned()))
    };
    row.map(|row| view! { <Cells id row/> })
}

#[component]
fn Cells(id: String, row: Memo<Instance>) -> impl IntoView {
    let lang = use_lang();
    let (region, created_at) = row.with_untracked(|r| (r.region.clone(), r.created_at_ms));
    let details = paths::instance(&region, &id);
    let count = |figure: Figure<u32>| figure.map(|n| grouped(u64::from(n)));
    let plain = |text: String| text.into_any();
    let name = Memo::new(move |_| row.with(|r| r.name.clone()));
    let name_cell = {
        let details = details.clone();
        move || view! { <LongId value=name.get() name=true href=details.clone()/> }
    };
    let state_now = Memo::new(move |_| row.with(|r| r.state.clone()));
    view! {
        <tr role="row">
            <th class="idcol" scope="row" role="rowheader">
                {name_cell}
            </th>
            <td role="cell" class="idcol" data-l=t::instance_id(lang)>
                <LongId value=id.clone()/>
            </td>
            <td role="cell" data-l=c::status(lang)>
                {move || state(lang, &state_now.get())}
            </td>
            <td role="cell" class="r" data-l=c::topic(lang)>
                {move || view! { <Cell figure=count(row.with(|r| r.topics.clone())) show=plain/> }}
            </td>
            <td role="cell" class="r" data-l=c::group_id(lang)>
                {move || view! { <Cell figure=count(row.with(|r| r.groups.clone())) show=plain/> }}
            </td>
            <td role="cell" class="clip clip-short hide-mid" data-l=c::description(lang) title=move || row.with(|r| r.description.clone())>
                {move || row.with(|r| or_dash(&r.description))}
            </td>
            <td role="cell" class="t" data-l=c::created(lang)>
                <Stamp at=created_at/>
            </td>
            <td role="cell" class="acts">
                <div>
                    <a class="link" href=details>
                        {c::details(lang)}
                    </a>
                    <a class="link" href=paths::topics(&region, &id)>
                        {c::topic(lang)}
                    </a>
                    <a class="link" href=paths::groups(&region, &id, Protocol::Tcp)>
                        {c::group_id(lang)}
                    </a>
                </div>
            </td>
        </tr>
    }
}
