//! The AccessKeys of the signed-in user.
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::keys::{
    AccessKey, AccessKeys as Data, NewAccessKey, create_access_key, load_access_keys, set_access_key_active,
};
use crate::api::live::Watch;
use crate::components::submit::{Submit, use_submit};
use crate::components::{
    Empty, Freshness, Icon, LiveData, Loaded, LongId, RefreshButton, StackTable, StaleBar, Stamp, State, Tone,
    use_live, use_row, use_toasts,
};
use crate::frame::{Crumbs, use_me, use_region};
use crate::i18n::{Lang, common as c, keys as t};
use crate::paths;
use crate::settings::use_lang;

mod created;
mod delete;
mod disable;

use disable::Disabling;

#[component]
pub(crate) fn AccessKeys() -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let account = use_me().account;
    let data = use_live(|| (), |()| load_access_keys(), |()| Watch::AccessKeys);
    let made = RwSignal::new(None::<NewAccessKey>);
    let creating = use_submit();
    let create = Callback::new(move |()| {
        creating.run(create_access_key(), move |key| {
            // The secret stays in the dialog alone.
            made.set(Some(key));
            data.refresh();
        });
    });
    toast_refusals(creating);
    view! {
        <Title text=t::title(lang)/>
        <Crumbs
            up=Signal::derive(move || vec![(paths::overview(&region.get()), account.clone())])
            here=t::title(lang).to_owned()
        />
        <Loaded data what=t::list(lang) let:value>
            <Shown data value create busy=creating.busy/>
        </Loaded>
        <created::Created made/>
    }
}

/// The page once its keys are there.
#[component]
fn Shown(data: LiveData<Data>, value: Signal<Data>, create: Callback<()>, busy: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    // By itself: drawn anew with every reading, the list would close its dialogs.
    let empty = Memo::new(move |_| value.with(|v| v.rows.is_empty()));
    let refresh = Callback::new(move |()| data.refresh());
    view! {
        <div class="page-head">
            <div>
                <h1>{t::title(lang)}</h1>
                <p>{move || t::lead(lang, value.with(|v| v.max))}</p>
            </div>
            <div class="row actions">
                <Freshness data/>
                <RefreshButton data/>
                {move || (!empty.get()).then(|| view! { <Create value create busy/> })}
            </div>
        </div>
        <div class="table-box">
            <StaleBar data/>
            {move || {
                if empty.get() {
                    view! {
                        <Empty icon="key" title=t::none(lang) why=t::none_why(lang)>
                            <Create value create busy/>
                        </Empty>
                    }
                        .into_any()
                } else {
                    view! { <List value refresh/> }.into_any()
                }
            }}
        </div>
    }
}

/// A step without a form: what went wrong becomes a toast.
fn toast_refusals(submit: Submit) {
    let lang = use_lang();
    let toasts = use_toasts();
    Effect::new(move |_| {
        if let Some(error) = submit.error.get() {
            toasts.refused(lang, error);
        }
    });
}

#[component]
fn Create(value: Signal<Data>, create: Callback<()>, busy: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let full = move || value.with(|v| u32::try_from(v.rows.len()).is_ok_and(|n| n >= v.max));
    view! {
        {move || full().then(|| view! { <span class="hint" id="key-limit">{t::limit(lang, value.with(|v| v.max))}</span> })}
        <button
            class="btn btn-primary"
            type="button"
            disabled=full
            aria-busy=move || busy.get().then_some("true")
            aria-describedby=move || full().then_some("key-limit")
            on:click=move |_| create.run(())
        >
            <Icon name="plus"/>
            {move || if busy.get() { t::creating(lang) } else { t::create(lang) }}
        </button>
    }
}

#[component]
fn List(value: Signal<Data>, refresh: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let deleting = RwSignal::new(None::<AccessKey>);
    let disabling = RwSignal::new(None::<Disabling>);
    let switching = use_submit();
    toast_refusals(switching);
    let switch = move |id: String, active: bool| {
        switching.run(set_access_key_active(id, active), move |()| {
            toasts.done(if active { t::enabled_toast(lang) } else { t::disabled_toast(lang) });
            refresh.run(());
        });
    };
    let steps = Steps {
        enable: Callback::new(move |id| switch(id, true)),
        disable: Callback::new(move |key: AccessKey| {
            let is_last = value.with_untracked(|v| is_last_active(&v.rows, &key.id));
            disabling.set(Some(Disabling { key, is_last }));
        }),
        delete: Callback::new(move |key| deleting.set(Some(key))),
    };
    let ids = move || value.with(|v| v.rows.iter().map(|row| row.id.clone()).collect::<Vec<_>>());
    let heads = view! {
        <th role="columnheader">{t::id(lang)}</th>
        <th role="columnheader">{c::status(lang)}</th>
        <th role="columnheader">{c::created(lang)}</th>
        <th role="columnheader">{t::last_used(lang)}</th>
        <th role="columnheader" class="acts">{c::actions(lang)}</th>
    }
    .into_any();
    view! {
        <StackTable heads>
            <For each=ids key=String::clone let:id>
                <Row id value steps/>
            </For>
        </StackTable>
        <disable::Disable asked=disabling on_confirm=Callback::new(move |id| switch(id, false))/>
        <delete::Delete asked=deleting refresh/>
    }
}

/// Without it no key of the user would be active any more.
fn is_last_active(rows: &[AccessKey], id: &str) -> bool {
    rows.iter().filter(|key| key.active).all(|key| key.id == id)
}

/// What a row can ask for.
#[derive(Clone, Copy)]
struct Steps {
    enable: Callback<String>,
    disable: Callback<AccessKey>,
    delete: Callback<AccessKey>,
}

/// When a key was last used, or that it never was.
fn last_used(lang: Lang, at: Option<i64>) -> AnyView {
    match at {
        Some(at) => view! { <Stamp at/> }.into_any(),
        None => t::never_used(lang).into_any(),
    }
}

#[component]
fn Row(id: String, value: Signal<Data>, steps: Steps) -> impl IntoView {
    let row = use_row(move || value.with(|v| v.rows.iter().find(|key| key.id == id).cloned()));
    row.map(|row| view! { <Cells row steps/> })
}

#[component]
fn Cells(row: Memo<AccessKey>, steps: Steps) -> impl IntoView {
    let lang = use_lang();
    let (id, created_at) = row.with_untracked(|key| (key.id.clone(), key.created_at_ms));
    let active = Memo::new(move |_| row.with(|key| key.active));
    let used = Memo::new(move |_| row.with(|key| key.last_used_ms));
    let switch = move |_| {
        let key = row.get_untracked();
        if key.active {
            steps.disable.run(key);
        } else {
            steps.enable.run(key.id);
        }
    };
    view! {
        <tr role="row">
            <th class="idcol" scope="row" role="rowheader">
                <LongId value=id/>
            </th>
            <td role="cell" data-l=c::status(lang)>
                {move || {
                    if active.get() {
                        view! { <State tone=Tone::Ok text=t::active(lang)/> }
                    } else {
                        view! { <State tone=Tone::Off text=t::inactive(lang)/> }
                    }
                }}
            </td>
            <td role="cell" class="t" data-l=c::created(lang)>
                <Stamp at=created_at/>
            </td>
            <td role="cell" class="t" data-l=t::last_used(lang)>
                {move || last_used(lang, used.get())}
            </td>
            <td role="cell" class="acts">
                <div>
                    <button class="link" type="button" on:click=switch>
                        {move || if active.get() { t::disable(lang) } else { t::enable(lang) }}
                    </button>
                    <button class="link link-danger" type="button" on:click=move |_| steps.delete.run(row.get_untracked())>
                        {c::delete(lang)}
                    </button>
                </div>
            </td>
        </tr>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_active_key_is_the_one_without_which_none_is_active() {
        let key = |id: &str, active| AccessKey { id: id.into(), active, created_at_ms: 0, last_used_ms: None };
        assert!(is_last_active(&[key("a", true)], "a"));
        assert!(is_last_active(&[key("a", true), key("b", false)], "a"));
        assert!(!is_last_active(&[key("a", true), key("b", true)], "a"));
    }
}
