//! One row of a list, and what its actions have in common. Figures change in place; the actions stand
//! still under the pointer.
use leptos::prelude::*;

use super::{Chosen, NamedRow};
use crate::components::{Icon, LongId, Stamp, or_dash, use_toasts};
use crate::i18n::common as c;
use crate::pages::here::Here;
use crate::settings::use_lang;

/// - `cells`: between the name and the description.
/// - `actions`: of the last cell.
#[component]
pub(crate) fn NamedTableRow<T: NamedRow>(row: Memo<T>, here: Here, cells: AnyView, actions: AnyView) -> impl IntoView {
    let lang = use_lang();
    let (name, address, created) =
        row.with_untracked(|row| (row.name().to_owned(), row.address(here), row.created_at_ms()));
    let description = Memo::new(move |_| row.with(|row| row.description().to_owned()));
    view! {
        <tr role="row">
            <th class="idcol" scope="row" role="rowheader">
                <LongId value=name name=true href=address/>
            </th>
            {cells}
            <td role="cell" class="clip hide-mid" data-l=c::description(lang) title=move || description.get()>
                {move || description.with(|text| or_dash(text))}
            </td>
            <td role="cell" class="t" data-l=c::created(lang)>
                <Stamp at=created/>
            </td>
            <td role="cell" class="acts">
                {actions}
            </td>
        </tr>
    }
    .into_any()
}

/// An action as a link of a row. While `why_not` gives a reason it is not done; it can still be
/// reached, and then says the reason.
#[component]
pub(crate) fn Refusable(
    #[prop(into)] id: String,
    text: &'static str,
    #[prop(into)] why_not: Signal<Option<&'static str>>,
    on_click: Callback<()>,
) -> impl IntoView {
    let toasts = use_toasts();
    let why_id = StoredValue::new(format!("{id}-why"));
    let press = move |_| match why_not.get_untracked() {
        None => on_click.run(()),
        Some(why) => toasts.failed(why),
    };
    view! {
        <button
            class="link"
            type="button"
            aria-disabled=move || why_not.get().map(|_| "true")
            aria-describedby=move || why_not.get().map(|_| why_id.get_value())
            title=why_not
            on:click=press
        >
            {text}
        </button>
        {move || why_not.get().map(|why| view! { <span class="vh" id=why_id.get_value()>{why}</span> })}
    }
    .into_any()
}

/// More: details, the links of the children, Edit and Delete.
#[component]
pub(crate) fn MoreMenu<T: NamedRow>(
    row: Memo<T>,
    here: Here,
    edit: Chosen<T>,
    delete: Chosen<T>,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let lang = use_lang();
    let (menu, address) = row.with_untracked(|row| (format!("{}-more-{}", T::IDS.slug, row.name()), row.address(here)));
    let may_manage = Memo::new(move |_| row.with(|row| row.rights().manage));
    let item = move |icon: &'static str, text: &'static str, class: &'static str, dialog: Chosen<T>| {
        view! {
            <button
                class=class
                type="button"
                aria-disabled=move || (!may_manage.get()).then_some("true")
                on:click=move |_| {
                    if may_manage.get_untracked() {
                        dialog.choose(row.get_untracked());
                    }
                }
            >
                <Icon name=icon/>
                <span>
                    {text}
                    {move || (!may_manage.get()).then(|| view! { " " <small>{c::not_allowed_manage(lang)}</small> })}
                </span>
            </button>
        }
    };
    view! {
        <button class="link" type="button" popovertarget=menu.clone()>
            {c::more(lang)}
            <Icon name="down"/>
        </button>
        <div class="menu" id=menu popover="auto">
            <a href=address>
                <Icon name="info"/>
                {c::details(lang)}
            </a>
            {children.map(|children| children())}
            {item("edit", c::edit(lang), "", edit)}
            <hr/>
            {item("trash", c::delete(lang), "bad", delete)}
        </div>
    }
    .into_any()
}
