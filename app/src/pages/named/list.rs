//! The page of a list: create, search, the table kept live, and why it is empty.
use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::NamedRow;
use super::held::use_held_rows;
use crate::api::NamedList;
use crate::components::live::{Beside, LiveValue};
use crate::components::skeleton::TableSkeleton;
use crate::components::table::ListingState;
use crate::components::{
    Empty, Freshness, Icon, LiveData, Loaded, Pager, RefreshButton, SearchBox, SortHead, StackTable, StaleBar,
    use_listing, use_row,
};
use crate::i18n::{common as c, figures as f, named as t};
use crate::pages::here::InstancePage;
use crate::place::Section;
use crate::settings::use_lang;

/// What a list page is made of. Copy it into handlers.
pub(crate) struct Listed<T: NamedRow, C: LiveValue> {
    pub(crate) data: LiveData<NamedList<T, C>>,
    /// The dialog that creates one.
    pub(crate) create: RwSignal<bool>,
    own: RwSignal<bool>,
}

impl<T: NamedRow, C: LiveValue> Clone for Listed<T, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: NamedRow, C: LiveValue> Copy for Listed<T, C> {}

impl<T: NamedRow, C: LiveValue> Listed<T, C> {
    pub(crate) fn new(data: LiveData<NamedList<T, C>>, create: RwSignal<bool>) -> Self {
        Self { data, create, own: RwSignal::new(false) }
    }

    /// For a row that the user changed here: reads anew.
    pub(crate) fn row_changed(self) -> Callback<()> {
        Callback::new(move |()| self.data.refresh())
    }

    /// For a row that the user created or deleted here: reads anew, and it shows at once.
    pub(crate) fn rows_changed(self) -> Callback<()> {
        Callback::new(move |()| {
            self.own.set(true);
            self.data.refresh();
        })
    }
}

/// - `address`: of this list without search.
/// - `none`: title and reason while there is none and the user may create one.
/// - `heads`: the heads of the columns between the name and the description.
/// - `row`: draws one row.
/// - children: between the title and the search.
#[component]
pub(crate) fn NamedPage<T, C, H, R>(
    section: Section,
    title: &'static str,
    list: Listed<T, C>,
    #[prop(into)] address: Signal<String>,
    #[prop(into)] none: Signal<(&'static str, &'static str)>,
    heads: H,
    row: R,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView
where
    T: NamedRow,
    C: LiveValue,
    H: Fn(ListingState) -> AnyView + Copy + Send + Sync + 'static,
    R: Fn(Memo<T>) -> AnyView + Copy + Send + Sync + 'static,
{
    let lang = use_lang();
    let state = use_listing();
    let data = list.data;
    let head_button = move || view! { <Beside data show=move |of| view! { <HeadCreate list of/> }.into_any()/> };
    let kind = T::KIND(lang);
    view! {
        <InstancePage section title actions=head_button>
            {children.map(|children| children())}
            <div class="toolbar">
                <SearchBox state label=t::search(lang, kind)/>
                <div class="end">
                    <Freshness data/>
                    <RefreshButton data/>
                </div>
            </div>
            <Loaded data what=t::list_of(lang, kind) loading=|| view! { <TableSkeleton columns=7/> } let:value>
                <Table value list state heads row none address/>
            </Loaded>
        </InstancePage>
    }
    .into_any()
}

/// The button in the head of the page. Not while the empty list offers the same.
#[component]
fn HeadCreate<T: NamedRow, C: LiveValue>(list: Listed<T, C>, of: Option<Signal<NamedList<T, C>>>) -> impl IntoView {
    let is_offered = Memo::new(move |_| of.is_some_and(|of| of.with(|l| l.page.total_unfiltered == 0 && l.may_create)));
    move || (!is_offered.get()).then(|| view! { <Create list of/> })
}

/// The button that opens the dialog; resting, with the reason beside it, for those who may not.
/// `of`: `None` while it is not known; the server decides in any case.
#[component]
fn Create<T: NamedRow, C: LiveValue>(list: Listed<T, C>, of: Option<Signal<NamedList<T, C>>>) -> impl IntoView {
    let lang = use_lang();
    let refused = Memo::new(move |_| of.is_some_and(|of| of.with(|list| !list.may_create)));
    let kind = T::KIND(lang);
    let why_id = || format!("create-{}-why", T::IDS.slug);
    view! {
        {move || {
            refused.get().then(|| view! { <span class="hint" id=why_id()>{c::not_allowed_manage(lang)}</span> })
        }}
        <button
            class="btn btn-primary"
            type="button"
            disabled=refused
            aria-describedby=move || refused.get().then(why_id)
            on:click=move |_| list.create.set(true)
        >
            <Icon name="plus"/>
            {t::create(lang, kind)}
        </button>
    }
    .into_any()
}

#[component]
fn Table<T, C, H, R>(
    value: Signal<NamedList<T, C>>,
    list: Listed<T, C>,
    state: ListingState,
    heads: H,
    row: R,
    none: Signal<(&'static str, &'static str)>,
    address: Signal<String>,
) -> impl IntoView
where
    T: NamedRow,
    C: LiveValue,
    H: Fn(ListingState) -> AnyView + Copy + Send + Sync + 'static,
    R: Fn(Memo<T>) -> AnyView + Copy + Send + Sync + 'static,
{
    let lang = use_lang();
    let data = list.data;
    let kind = T::KIND(lang);
    let newest =
        Memo::new(move |_| value.with(|l| l.page.rows.iter().map(|row| row.name().to_owned()).collect::<Vec<_>>()));
    let rows = use_held_rows(newest, list.own);
    let shown = rows.shown();
    let is_empty = Memo::new(move |_| shown.with(Vec::is_empty));
    let one = move |name: String| {
        let find = move || value.with(|l| l.page.rows.iter().find(|row| row.name() == name).cloned());
        use_row(find).map(row)
    };
    let table = move || {
        let heads = view! {
            <SortHead state column="name" label=kind first=true/>
            {heads(state)}
            <th class="hide-mid" role="columnheader">{c::description(lang)}</th>
            <SortHead state column="created" label=c::created(lang)/>
            <th class="acts" role="columnheader">{c::actions(lang)}</th>
        }
        .into_any();
        view! {
            <StackTable heads>
                <For each=move || shown.get() key=String::clone children=one/>
            </StackTable>
        }
        .into_any()
    };
    let frame = NodeRef::<leptos::html::Div>::new();
    let take = move |_| {
        rows.take();
        // The bar goes, and would take the focus with it.
        let first = frame.get_untracked().and_then(|frame| frame.query_selector("tbody a").ok().flatten());
        if let Some(first) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
            drop(first.focus());
        }
    };
    let bar = move || {
        rows.waiting().map(|new| {
            view! {
                <button class="barline" data-s="new" type="button" on:click=take>
                    {t::list_changed(lang, new)}
                </button>
            }
        })
    };
    view! {
        <div
            class="table-box"
            node_ref=frame
            on:pointermove=move |_| rows.on_pointer_move()
            on:pointerleave=move |ev| rows.on_pointer_leave(ev)
            on:focusin=move |ev| rows.on_focus_in(ev)
            on:focusout=move |ev| rows.on_focus_out(ev)
        >
            <StaleBar data/>
            {move || {
                if is_empty.get() { view! { <NoRows value list state none address/> }.into_any() } else { table() }
            }}
            {bar}
            {move || (!is_empty.get()).then(|| view! { <Foot value state/> })}
        </div>
    }
    .into_any()
}

#[component]
fn Foot<T: NamedRow, C: LiveValue>(value: Signal<NamedList<T, C>>, state: ListingState) -> impl IntoView {
    let lang = use_lang();
    let kind = T::KIND(lang);
    let count = Signal::derive(move || {
        value.with(|l| {
            let total = f::grouped(l.page.total.into());
            if state.listing.with(|l| l.search.is_empty()) {
                t::of_max(lang, kind, total, f::grouped(l.max.into()))
            } else {
                t::matching(lang, kind, total)
            }
        })
    });
    view! {
        <Pager
            state
            total=Signal::derive(move || value.with(|l| l.page.total))
            page=Signal::derive(move || value.with(|l| l.page.page))
            per_page=Signal::derive(move || value.with(|l| l.page.per_page))
            count
        />
    }
}

/// Why a list without rows has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum WhyEmpty {
    /// There is none yet, and the user may create one.
    None,
    /// None that the user may see.
    NoneVisible,
    /// None matches the search. `total`: without it.
    NoMatch { total: u32 },
}

impl WhyEmpty {
    fn of<T, C>(list: &NamedList<T, C>, search: &str) -> Self {
        match list.page.total_unfiltered {
            // Without a search rows can only be missing because they wait behind the bar.
            total if total > 0 && !search.is_empty() => Self::NoMatch { total },
            _ if list.may_create => Self::None,
            _ => Self::NoneVisible,
        }
    }
}

/// Stands in place of the rows: says why there are none.
#[component]
fn NoRows<T: NamedRow, C: LiveValue>(
    value: Signal<NamedList<T, C>>,
    list: Listed<T, C>,
    state: ListingState,
    none: Signal<(&'static str, &'static str)>,
    address: Signal<String>,
) -> impl IntoView {
    let lang = use_lang();
    let kind = T::KIND(lang);
    let search = move || state.listing.with(|l| l.search.clone());
    let why = Memo::new(move |_| value.with(|l| WhyEmpty::of(l, &search())));
    move || match why.get() {
        WhyEmpty::None => {
            let (title, why) = none.get();
            view! {
                <Empty title why>
                    <Create list of=Some(value)/>
                </Empty>
            }
            .into_any()
        }
        WhyEmpty::NoneVisible => {
            view! { <Empty icon="lock" title=t::none_visible(lang, kind) why=t::none_visible_why(lang)/> }.into_any()
        }
        WhyEmpty::NoMatch { total } => {
            let why = t::no_match_why(lang, kind, f::grouped(total.into()), search());
            view! {
                <Empty icon="filter" title=t::no_match(lang, kind) why>
                    <a class="btn" href=address>{c::clear_filter(lang)}</a>
                </Empty>
            }
            .into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Page;

    #[test]
    fn an_empty_list_says_which_of_three_reasons_it_has() {
        let list = |total_unfiltered, may_create| {
            let page = Page::<()> { rows: Vec::new(), total: 0, total_unfiltered, page: 1, per_page: 20 };
            NamedList { page, max: 100, may_create, counts: () }
        };
        for (total, may_create, search, why) in [
            (0, true, "", WhyEmpty::None),
            (0, true, "x", WhyEmpty::None),
            (0, false, "", WhyEmpty::NoneVisible),
            (7, true, "x", WhyEmpty::NoMatch { total: 7 }),
            // Made elsewhere while the pointer rests on the button: it stays where it is.
            (1, true, "", WhyEmpty::None),
            (1, false, "", WhyEmpty::NoneVisible),
        ] {
            assert_eq!(WhyEmpty::of(&list(total, may_create), search), why, "{total} {may_create} {search}");
        }
    }
}
