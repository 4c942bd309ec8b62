//! Lists whose search, order and page lie in the address: they can be linked, reloaded, and work
//! before the page is awake.
use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use super::{GetForm, Icon, use_stale};
use crate::api::Listing;
use crate::i18n::common as c;
use crate::paths::escape;
use crate::settings::use_lang;

/// Names of the query parameters.
const SEARCH: &str = "q";
const SORT: &str = "sort";
const ORDER: &str = "order";
const PAGE: &str = "page";
const PER_PAGE: &str = "size";

/// The listing of this page, from its address.
#[derive(Clone, Copy)]
pub(crate) struct ListingState {
    pub(crate) listing: Memo<Listing>,
}

pub(crate) fn use_listing() -> ListingState {
    let query = use_query_map();
    let listing = Memo::new(move |_| {
        query.with(|q| {
            let default = Listing::default();
            Listing {
                search: q.get(SEARCH).unwrap_or_default(),
                sort: q.get(SORT).unwrap_or_default(),
                descending: q.get(ORDER).as_deref() == Some("desc"),
                page: q.get(PAGE).and_then(|p| p.parse().ok()).unwrap_or(default.page),
                per_page: q.get(PER_PAGE).and_then(|p| p.parse().ok()).unwrap_or(default.per_page),
            }
        })
    });
    ListingState { listing }
}

/// Query string of a listing, without what is the default.
pub(crate) fn query_of(listing: &Listing) -> String {
    let default = Listing::default();
    let mut pairs = Vec::new();
    if !listing.search.is_empty() {
        pairs.push(format!("{SEARCH}={}", escape(&listing.search)));
    }
    if !listing.sort.is_empty() {
        pairs.push(format!("{SORT}={}", escape(&listing.sort)));
    }
    if listing.descending {
        pairs.push(format!("{ORDER}=desc"));
    }
    if listing.page != default.page {
        pairs.push(format!("{PAGE}={}", listing.page));
    }
    if listing.per_page != default.per_page {
        pairs.push(format!("{PER_PAGE}={}", listing.per_page));
    }
    if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) }
}

/// Address of this list with another listing.
fn href(listing: &Listing) -> String {
    format!("{}{}", use_location().pathname.get_untracked(), query_of(listing))
}

/// A table whose rows become cards where the page is narrow. The roles are written out, because such a
/// layout would take them away.
///
/// - `heads`: the cells of the head.
/// - children: the rows.
#[component]
pub(crate) fn StackTable(heads: AnyView, #[prop(optional)] compact: bool, children: Children) -> impl IntoView {
    let stale = use_stale();
    view! {
        <table
            class="table table-stack"
            role="table"
            data-stale=move || stale.get().then_some("")
            data-density=compact.then_some("compact")
        >
            <thead role="rowgroup">
                <tr role="row">{heads}</tr>
            </thead>
            <tbody role="rowgroup">{children()}</tbody>
        </table>
    }
    .into_any()
}

/// A column head that sorts. `column`: the name the server knows; `first`: the list's own order.
#[component]
pub(crate) fn SortHead(
    state: ListingState,
    column: &'static str,
    #[prop(into)] label: String,
    #[prop(optional)] first: bool,
) -> impl IntoView {
    let lang = use_lang();
    let is_current = move |l: &Listing| l.sort == column || (first && l.sort.is_empty());
    let order =
        move || state.listing.with(|l| is_current(l).then_some(if l.descending { "descending" } else { "ascending" }));
    let to = move || {
        state.listing.with(|l| {
            let descending = is_current(l) && !l.descending;
            href(&Listing { sort: column.to_owned(), descending, page: 1, ..l.clone() })
        })
    };
    view! {
        <th aria-sort=order>
            <a class="sort" href=to aria-label=c::sort_by(lang, &label)>
                {label.clone()} {move || order().map(|_| view! { <Icon name="down"/> })}
            </a>
        </th>
    }
}

/// Search over a list; keeps order and page size, goes back to page 1.
#[component]
pub(crate) fn SearchBox(state: ListingState, #[prop(into)] label: String) -> impl IntoView {
    let lang = use_lang();
    let l = state.listing;
    view! {
        <GetForm class="search">
            <Icon name="search"/>
            <input
                class="input"
                type="search"
                name=SEARCH
                aria-label=label.clone()
                placeholder=label
                value=l.with_untracked(|l| l.search.clone())
                prop:value=move || l.with(|l| l.search.clone())
            />
            {move || l.with(|l| (!l.sort.is_empty()).then(|| view! { <input type="hidden" name=SORT value=l.sort.clone()/> }))}
            {move || l.with(|l| l.descending.then(|| view! { <input type="hidden" name=ORDER value="desc"/> }))}
            {move || {
                l.with(|l| {
                    (l.per_page != Listing::default().per_page)
                        .then(|| view! { <input type="hidden" name=PER_PAGE value=l.per_page.to_string()/> })
                })
            }}
            <button class="vh" type="submit">{c::search(lang)}</button>
        </GetForm>
    }
}

/// Foot of a list: the total, page size, and the way through the pages.
#[component]
pub(crate) fn Pager(
    state: ListingState,
    /// Rows that match.
    #[prop(into)]
    total: Signal<u32>,
    /// The page shown.
    #[prop(into)]
    page: Signal<u32>,
    #[prop(into)] per_page: Signal<u32>,
    /// "8 Topics".
    #[prop(into)]
    count: Signal<String>,
) -> impl IntoView {
    let lang = use_lang();
    let pages = move || total.get().div_ceil(per_page.get().max(1)).max(1);
    let at = move |page: u32| state.listing.with(|l| href(&Listing { page, ..l.clone() }));
    view! {
        <div class="table-foot">
            <span>{count}</span>
            <nav class="pager" aria-label=c::page_size(lang)>
                <span class="muted" aria-hidden="true">
                    {c::page_size(lang)}
                </span>
                {[10, 20, 50, 100]
                    .into_iter()
                    .map(|n| {
                        view! {
                            <a
                                class="btn btn-quiet btn-sm"
                                href=move || {
                                    state.listing.with(|l| href(&Listing { page: 1, per_page: n, ..l.clone() }))
                                }
                                aria-current=move || (per_page.get() == n).then_some("true")
                                aria-label=c::per_page(lang, n)
                            >
                                {n}
                            </a>
                        }
                    })
                    .collect_view()}
                <a
                    role="link"
                    class="btn btn-icon btn-sm"
                    href=move || (page.get() > 1).then(|| at(page.get() - 1))
                    aria-disabled=move || (page.get() <= 1).then_some("true")
                    aria-label=c::previous_page(lang)
                >
                    <Icon name="left"/>
                </a>
                <span>{move || format!("{} / {}", page.get(), pages())}</span>
                <a
                    role="link"
                    class="btn btn-icon btn-sm"
                    href=move || (page.get() < pages()).then(|| at(page.get() + 1))
                    aria-disabled=move || (page.get() >= pages()).then_some("true")
                    aria-label=c::next_page(lang)
                >
                    <Icon name="right"/>
                </a>
            </nav>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_listing_leaves_the_address_alone() {
        assert_eq!(query_of(&Listing::default()), "");
        let l = Listing { search: "a&b".into(), sort: "created".into(), descending: true, page: 3, per_page: 50 };
        assert_eq!(query_of(&l), "?q=a%26b&sort=created&order=desc&page=3&size=50");
    }
}
