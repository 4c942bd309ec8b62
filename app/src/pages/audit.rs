//! The audit of the account: every change and sign-in, newest first, for its owners.
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::api::Problem;
use crate::api::audit::{AuditPage as Rows, AuditRow, load_audit};
use crate::components::empty::read_failed;
use crate::components::skeleton::TableSkeleton;
use crate::components::{Callout, Empty, GetForm, Icon, StackTable, Stamp, State, Tone, Trail, steps};
use crate::frame::{Crumbs, use_me, use_region};
use crate::i18n::{audit as t, common as c, shell};
use crate::paths;
use crate::settings::use_lang;
use crate::time::{clock, use_zone};

const SEARCH: &str = "q";
/// Cursor of this page; empty: the newest.
const AT: &str = "at";
/// Cursors of the pages before this one, newest first.
const TRAIL: &str = "trail";
const PAGE_ROWS: u32 = 50;

#[component]
pub(crate) fn AuditPage() -> impl IntoView {
    let lang = use_lang();
    let query = use_query_map();
    let value = move |name: &'static str| Memo::new(move |_| query.with(|q| q.get(name).unwrap_or_default()));
    let (search, at, trail) = (value(SEARCH), value(AT), value(TRAIL));
    let rows = Resource::new_blocking(
        move || (search.get(), at.get()),
        |(search, at)| load_audit(search, (!at.is_empty()).then_some(at), PAGE_ROWS),
    );
    let region = use_region();
    let account = use_me().account;
    let refetch = Callback::new(move |()| rows.refetch());
    view! {
        <leptos_meta::Title text=t::title(lang)/>
        <Crumbs
            up=Signal::derive(move || vec![(paths::overview(&region.get()), account.clone())])
            here=t::title(lang).to_owned()
        />
        <div class="page-head">
            <div>
                <h1>{t::title(lang)}</h1>
                <p>{t::lead(lang)}</p>
            </div>
        </div>
        <div class="toolbar">
            <SearchForm search refetch/>
            <div class="end">
                <Transition>
                    {move || Suspend::new(async move { rows.await.ok().map(|page| view! { <AsOf at=page.at_ms/> }) })}
                </Transition>
                <button class="btn btn-icon" type="button" aria-label=c::refresh(lang) on:click=move |_| refetch.run(())>
                    <Icon name="refresh"/>
                </button>
            </div>
        </div>
        <Transition fallback=|| view! { <TableSkeleton columns=6 rows=8/> }>
            {move || Suspend::new(async move {
                match rows.await {
                    Ok(page) => {
                        let at = Trail { at: at.get_untracked(), before: trail.get_untracked() };
                        view! { <Shown page search=search.get_untracked() at/> }.into_any()
                    }
                    Err(error) if error.problem == Problem::Forbidden => view! {
                        <div class="table-box">
                            <Empty
                                icon="lock"
                                title=shell::not_permitted(lang, t::title(lang))
                                why=t::not_permitted_why(lang)
                            />
                        </div>
                    }
                    .into_any(),
                    Err(error) => read_failed(rows, error, t::title(lang)),
                }
            })}
        </Transition>
    }
    .into_any()
}

/// When the page was read: it does not follow what happens, and stays as it is until it is read again.
#[component]
fn AsOf(at: i64) -> impl IntoView {
    let lang = use_lang();
    let zone = use_zone();
    view! {
        <span class="fresh" data-s="paused">
            {move || shell::as_of(lang, clock(at, zone.get()))}
        </span>
    }
}

#[component]
fn SearchForm(search: Memo<String>, refetch: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <GetForm class="search" on_same=refetch>
            <Icon name="search"/>
            <input
                class="input"
                type="search"
                name=SEARCH
                aria-label=t::search(lang)
                placeholder=t::search(lang)
                value=search.get_untracked()
                prop:value=move || search.get()
            />
            <button class="vh" type="submit">
                {c::search(lang)}
            </button>
        </GetForm>
    }
    .into_any()
}

#[component]
fn Shown(page: Rows, search: String, at: Trail) -> impl IntoView {
    let lang = use_lang();
    let chain = if page.chain_intact {
        ().into_any()
    } else {
        view! {
            <Callout tone=Tone::Bad title=t::chain_broken(lang) status=true>
                <p>{t::chain_broken_why(lang)}</p>
            </Callout>
        }
        .into_any()
    };
    let link = |to: &Trail| {
        format!(
            "{}?{SEARCH}={}&{AT}={}&{TRAIL}={}",
            paths::AUDIT,
            paths::escape(&search),
            paths::escape(&to.at),
            paths::escape(&to.before)
        )
    };
    let pages = steps(t::title(lang), &at, page.older, link);
    let content = if page.rows.is_empty() {
        nothing(search, &at.at).into_any()
    } else {
        view! { <Table rows=page.rows/> }.into_any()
    };
    view! {
        <div class="stack">
            {chain}
            <div class="table-box">
                {content}
                <div class="table-foot">
                    {page.chain_intact.then(|| view! { <State tone=Tone::Ok text=t::chain_intact(lang)/> })}
                    <span>{t::newest_first(lang)}</span>
                    {pages}
                </div>
            </div>
        </div>
    }
    .into_any()
}

fn nothing(search: String, at: &str) -> impl IntoView + use<> {
    let lang = use_lang();
    if !at.is_empty() {
        view! { <Empty icon="clock" title=t::past_end(lang) why=t::newest_first(lang)/> }.into_any()
    } else if search.is_empty() {
        view! { <Empty icon="stack" title=t::none(lang) why=t::none_why(lang)/> }.into_any()
    } else {
        view! {
            <Empty icon="filter" title=t::no_match(lang) why=t::no_match_why(lang, search)>
                <a class="btn" href=paths::AUDIT>
                    {c::clear_filter(lang)}
                </a>
            </Empty>
        }
        .into_any()
    }
}

#[component]
fn Table(rows: Vec<AuditRow>) -> impl IntoView {
    let lang = use_lang();
    let heads = view! {
        <th role="columnheader">{t::action(lang)}</th>
        <th role="columnheader">{t::resource(lang)}</th>
        <th role="columnheader">{t::user(lang)}</th>
        <th role="columnheader">{t::change(lang)}</th>
        <th role="columnheader">{t::from(lang)}</th>
        <th role="columnheader">{t::time(lang)}</th>
    }
    .into_any();
    view! {
        <StackTable heads>
            {rows.into_iter().map(audit_row).collect_view()}
        </StackTable>
    }
    .into_any()
}

fn audit_row(row: AuditRow) -> impl IntoView {
    let lang = use_lang();
    let says_so = t::says_that_it_failed(&row.action);
    let action = t::action_name(lang, &row.action).map_or(row.action, str::to_owned);
    let action = match (row.succeeded, says_so) {
        (true, _) => action.into_any(),
        (false, true) => view! { <State tone=Tone::Bad text=action/> }.into_any(),
        (false, false) => view! { {action} " " <State tone=Tone::Bad text=t::failed(lang)/> }.into_any(),
    };
    let change = match (row.old, row.new) {
        (None, None) => "-".into_any(),
        (old, new) => {
            let part = |name: &'static str, text: Option<String>| {
                text.map(|text| {
                    view! {
                        <div>
                            <small class="muted">{name}</small>
                            " "
                            <span class="mono">{text}</span>
                        </div>
                    }
                })
            };
            view! { <div>{part(t::before(lang), old)} {part(t::after(lang), new)}</div> }.into_any()
        }
    };
    view! {
        <tr role="row">
            <th scope="row" role="rowheader">
                {action}
            </th>
            <td role="cell" class="wrap" data-l=t::resource(lang)>
                <span>
                    {row.kind.map(|kind| format!("{} ", t::kind(lang, kind)))} {row.resource.unwrap_or_else(|| "-".to_owned())}
                    {row
                        .instance
                        .map(|instance| {
                            view! {
                                <br/>
                                <small class="muted mono">{instance}</small>
                            }
                        })}
                </span>
            </td>
            <td role="cell" data-l=t::user(lang)>
                {row.user.unwrap_or_else(|| "-".to_owned())}
            </td>
            <td role="cell" class="wrap wrap-main" data-l=t::change(lang)>
                {change}
            </td>
            <td role="cell" class="nowrap" data-l=t::from(lang)>
                {row.from.map_or_else(|| "-".to_owned(), |from| t::source(lang, from))}
            </td>
            <td role="cell" class="t" data-l=t::time(lang)>
                <Stamp at=row.at_ms ms=true/>
            </td>
        </tr>
    }
    .into_any()
}
