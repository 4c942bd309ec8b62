//! Rejected connections: who was refused, why, and what to do about it.

mod cure;

use leptos::prelude::*;

use crate::api::Page;
use crate::api::connections::{Refusal, load_refusals};
use crate::api::live::Watch;
use crate::components::copy::CopyIcon;
use crate::components::skeleton::TableSkeleton;
use crate::components::{
    Empty, Freshness, LiveData, Loaded, Pager, RefreshButton, SearchBox, StackTable, StaleBar, Stamp, use_listing,
    use_live,
};
use crate::i18n::{Lang, common as c, connections as t, figures as f};
use crate::pages::here::{Here, InstancePage, use_here};
use crate::place::Section;
use crate::settings::use_lang;

#[component]
pub(crate) fn RejectedPage() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let state = use_listing();
    let data = use_live(
        move || (here.id(), state.listing.get()),
        |(instance, listing)| load_refusals(instance, listing),
        |(instance, listing)| Watch::Refusals { instance, listing },
    );
    view! {
        <InstancePage section=Section::Rejected title=t::title(lang) lead=t::lead(lang)>
            <div class="toolbar">
                <SearchBox state label=t::search(lang)/>
                <div class="end">
                    <Freshness data/>
                    <RefreshButton data/>
                </div>
            </div>
            <Loaded data what=t::title(lang) loading=|| view! { <TableSkeleton columns=5/> } let:page>
                <List page data here/>
            </Loaded>
        </InstancePage>
    }
    .into_any()
}

/// What makes a row the same row while its count rises.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Identity {
    reason: crate::api::connections::RefusalReason,
    from: String,
    key_id: Option<String>,
    client_id: Option<String>,
    resource: Option<String>,
    request_code: Option<i32>,
}

fn identity(row: &Refusal) -> Identity {
    Identity {
        reason: row.reason,
        from: row.from.clone(),
        key_id: row.key_id.clone(),
        client_id: row.client_id.clone(),
        resource: row.resource.clone(),
        request_code: row.request_code,
    }
}

#[component]
fn List(page: Signal<Page<Refusal>>, data: LiveData<Page<Refusal>>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let state = use_listing();
    let all = move || page.with(|p| p.rows.iter().map(identity).collect::<Vec<_>>());
    // New kinds wait until they are asked for, so that nothing moves under the pointer.
    let shown = RwSignal::new(untrack(all));
    let waiting = Memo::new(move |_| shown.with(|shown| all().into_iter().filter(|one| !shown.contains(one)).count()));
    // The first ones are no news to somebody who sees an empty page.
    Effect::new(move |_| {
        if shown.with(Vec::is_empty) && waiting.get() > 0 {
            shown.set(all());
        }
    });
    let is_empty = Memo::new(move |_| shown.with(Vec::is_empty));
    let empty = move || {
        let total = page.with(|p| p.total_unfiltered);
        let what = state.listing.with(|l| l.search.clone());
        if total == 0 {
            view! { <Empty icon="plug" title=t::none(lang) why=t::none_why(lang)/> }.into_any()
        } else {
            view! {
                <Empty icon="filter" title=t::no_match(lang) why=t::no_match_why(lang, f::grouped(total.into()), what)>
                    <a class="btn" href=here.rejected()>
                        {c::clear_filter(lang)}
                    </a>
                </Empty>
            }
            .into_any()
        }
    };
    let table = move || {
        let heads = view! {
            <th role="columnheader">{t::reason(lang)}</th>
            <th role="columnheader">{t::client(lang)}</th>
            <th role="columnheader">{t::cure(lang)}</th>
            <th class="r" role="columnheader">{t::count(lang)}</th>
            <th role="columnheader">{t::latest(lang)}</th>
        }
        .into_any();
        view! {
            <StackTable heads>
                <For each=move || shown.get() key=Identity::clone let:id>
                    <Row id page here/>
                </For>
            </StackTable>
            <Pager
                state
                total=Signal::derive(move || page.with(|p| p.total))
                page=Signal::derive(move || page.with(|p| p.page))
                per_page=Signal::derive(move || page.with(|p| p.per_page))
                count=Signal::derive(move || t::total(lang, page.with(|p| f::grouped(p.total.into()))))
            />
        }
    };
    view! {
        <div class="table-box">
            <StaleBar data/>
            {move || {
                let n = waiting.get();
                (n > 0)
                    .then(|| {
                        view! {
                            <button
                                class="barline"
                                data-s="new"
                                type="button"
                                on:click=move |_| shown.set(untrack(all))
                            >
                                {t::new_rows(lang, n)}
                            </button>
                        }
                    })
            }}
            {move || if is_empty.get() { empty().into_any() } else { table().into_any() }}
        </div>
    }
    .into_any()
}

#[component]
fn Row(id: Identity, page: Signal<Page<Refusal>>, here: Here) -> impl IntoView {
    let find = move |id: &Identity| page.with(|p| p.rows.iter().find(|r| identity(r) == *id).cloned());
    let first = untrack(|| find(&id));
    let row = Memo::new(move |before: Option<&Option<Refusal>>| {
        // A row that went to another page keeps what it showed.
        find(&id).or_else(|| before.cloned().flatten())
    });
    first.map(|refusal| view! { <Cells refusal row here/> })
}

/// What tells this row from others of the same reason and address.
fn facts(lang: Lang, refusal: &Refusal) -> Option<Vec<AnyView>> {
    let code = refusal.request_code.map(|code| code.to_string());
    let known = [
        (t::access_key_id(lang), refusal.key_id.clone()),
        (t::resource(lang), refusal.resource.clone()),
        (t::request_code(lang), code),
    ];
    let known: Vec<_> = known.into_iter().filter_map(|(name, value)| Some((name, value?))).collect();
    let view = |(at, (name, value)): (usize, (&'static str, String))| {
        let gap = (at > 0).then_some(" · ");
        view! { {gap} {name} " " <span class="mono">{value}</span> }.into_any()
    };
    (!known.is_empty()).then(|| known.into_iter().enumerate().map(view).collect())
}

#[component]
fn Cells(refusal: Refusal, row: Memo<Option<Refusal>>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let version = format!("{} {}", refusal.language, refusal.version);
    let version = match version.trim() {
        "" => t::unknown_client(lang).to_owned(),
        known => known.to_owned(),
    };
    let told = (!refusal.remark.is_empty()).then(|| {
        view! {
            <br/>
            <small class="muted">{t::told(lang)} " " <span class="mono">{refusal.remark.clone()}</span></small>
        }
    });
    let facts = facts(lang, &refusal).map(|facts| {
        view! {
            <br/>
            <small class="muted">{facts}</small>
        }
    });
    view! {
        <tr role="row">
            <th class="nowrap" scope="row" role="rowheader">
                {cure::reason_name(lang, refusal.reason)}
            </th>
            <td role="cell" data-l=t::client(lang)>
                <span>
                    <span class="mono">{refusal.from.clone()}</span>
                    <CopyIcon text=refusal.from.clone() of=refusal.from.clone()/>
                    <br/>
                    <small class="muted">
                        {version}
                        {refusal
                            .client_id
                            .clone()
                            .map(|id| view! { " · " <span class="mono">{id.clone()}</span> <CopyIcon text=id.clone() of=id/> })}
                    </small>
                </span>
            </td>
            <td role="cell" class="wrap" data-l=t::cure(lang)>
                <span>{cure::cure(lang, &refusal, here)} {facts} {told}</span>
            </td>
            <td role="cell" class="r" data-l=t::count(lang)>
                {move || row.with(|r| r.as_ref().map(|r| f::grouped(r.count.0)))}
            </td>
            <td role="cell" class="t" data-l=t::latest(lang)>
                {move || row.with(|r| r.as_ref().map(|r| r.last_ms)).map(|at| view! { <Stamp at/> })}
                <br/>
                <small class="muted">{t::first(lang)} " " <Stamp at=refusal.first_ms/></small>
            </td>
        </tr>
    }
    .into_any()
}
