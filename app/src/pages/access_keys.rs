//! The AccessKeys of the signed-in user.
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::ApiError;
use crate::api::keys::{
    AccessKey, AccessKeys as Data, DeleteAccessKey, NewAccessKey, SetAccessKeyActive, create_access_key,
    delete_access_key, load_access_keys, set_access_key_active,
};
use crate::api::live::{Reading, Watch};
use crate::components::{
    Confirm, Empty, Freshness, Icon, Loaded, LongId, StaleBar, Stamp, State, Tone, use_live, use_toasts,
};
use crate::frame::{Crumbs, use_me, use_region};
use crate::i18n::{common as c, errors, keys as t};
use crate::paths;
use crate::settings::use_lang;

mod created;
mod disable;

#[component]
pub(crate) fn AccessKeys() -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let region = use_region();
    let account = use_me().account;
    let data = use_live(
        || (),
        |()| load_access_keys(),
        |()| Watch::AccessKeys,
        |reading| match reading {
            Reading::AccessKeys(k) => Some(k),
            _ => None,
        },
    );
    let made = RwSignal::new(None::<NewAccessKey>);
    let create = Action::new(|(): &()| create_access_key());
    Effect::new(move |_| match create.value().get() {
        Some(Ok(key)) => {
            made.set(Some(key));
            // The secret stays in the dialog alone.
            create.value().set(None);
            data.refresh();
        }
        Some(Err(error)) => toasts.failed(errors::problem(lang, &error.problem)),
        None => {}
    });
    let refresh = Callback::new(move |()| data.refresh());
    view! {
        <Title text=t::title(lang)/>
        <Crumbs
            up=Signal::derive(move || vec![(paths::overview(&region.get()), account.clone())])
            here=t::title(lang).to_owned()
        />
        <Loaded data what=t::title(lang) let:value>
            <div class="page-head">
                <div>
                    <h1>{t::title(lang)}</h1>
                    <p>{move || t::lead(lang, value.with(|v| v.max))}</p>
                </div>
                <div class="row actions">
                    <Freshness data/>
                    <Create value create/>
                </div>
            </div>
            <div class="table-box">
                <StaleBar data/>
                {move || {
                    if value.with(|v| v.rows.is_empty()) {
                        view! {
                            <Empty icon="key" title=t::none(lang) why=t::none_why(lang)>
                                <Create value create/>
                            </Empty>
                        }
                            .into_any()
                    } else {
                        let stale = Signal::derive(move || data.fresh().with(|f| f.is_stale()));
                        view! { <List value stale refresh/> }.into_any()
                    }
                }}
            </div>
        </Loaded>
        <created::Created made/>
    }
}

#[component]
fn Create(value: Signal<Data>, create: Action<(), Result<NewAccessKey, ApiError>>) -> impl IntoView {
    let lang = use_lang();
    let full = move || value.with(|v| u32::try_from(v.rows.len()).is_ok_and(|n| n >= v.max));
    view! {
        {move || full().then(|| view! { <span class="hint" id="key-limit">{t::limit(lang, value.with(|v| v.max))}</span> })}
        <button
            class="btn btn-primary"
            type="button"
            disabled=move || full() || create.pending().get()
            aria-busy=move || create.pending().get().then_some("true")
            aria-describedby=move || full().then_some("key-limit")
            on:click=move |_| {
                create.dispatch(());
            }
        >
            <Icon name="plus"/>
            {move || if create.pending().get() { t::creating(lang) } else { t::create(lang) }}
        </button>
    }
}

#[component]
fn List(value: Signal<Data>, stale: Signal<bool>, refresh: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let deleting = RwSignal::new(None::<String>);
    let disabling = RwSignal::new(None::<String>);
    let set_active = Action::new(move |input: &SetAccessKeyActive| {
        let SetAccessKeyActive { id, active } = input.clone();
        async move { set_access_key_active(id, active).await.map(|()| active) }
    });
    Effect::new(move |_| match set_active.value().get() {
        Some(Ok(active)) => {
            toasts.done(if active { t::enabled_toast(lang) } else { t::disabled_toast(lang) });
            refresh.run(());
        }
        Some(Err(error)) => toasts.failed(errors::problem(lang, &error.problem)),
        None => {}
    });
    let enable = Callback::new(move |id: String| {
        set_active.dispatch(SetAccessKeyActive { id, active: true });
    });
    let disable = Callback::new(move |id: String| {
        set_active.dispatch(SetAccessKeyActive { id, active: false });
    });
    view! {
        <table class="table table-stack" data-stale=move || stale.get().then_some("")>
            <thead>
                <tr>
                    <th>{t::id(lang)}</th>
                    <th>{c::status(lang)}</th>
                    <th>{c::created(lang)}</th>
                    <th>{t::last_used(lang)}</th>
                    <th class="acts">{c::actions(lang)}</th>
                </tr>
            </thead>
            <tbody>
                <For each=move || value.with(|v| v.rows.clone()) key=|k| format!("{k:?}") let:row>
                    <Row row enable disabling deleting/>
                </For>
            </tbody>
        </table>
        <disable::Disable asked=disabling on_confirm=disable/>
        <Delete asked=deleting refresh/>
    }
}

#[component]
fn Row(
    row: AccessKey,
    enable: Callback<String>,
    disabling: RwSignal<Option<String>>,
    deleting: RwSignal<Option<String>>,
) -> impl IntoView {
    let lang = use_lang();
    let id = StoredValue::new(row.id.clone());
    view! {
        <tr>
            <th class="idcol" scope="row">
                <LongId value=row.id/>
            </th>
            <td data-l=c::status(lang)>
                {if row.active {
                    view! { <State tone=Tone::Ok text=t::active(lang)/> }
                } else {
                    view! { <State tone=Tone::Off text=t::inactive(lang)/> }
                }}
            </td>
            <td class="t" data-l=c::created(lang)>
                <Stamp at=row.created_at_ms/>
            </td>
            <td class="t" data-l=t::last_used(lang)>
                {match row.last_used_ms {
                    Some(at) => view! { <Stamp at/> }.into_any(),
                    None => t::never_used(lang).into_any(),
                }}
            </td>
            <td class="acts">
                <div>
                    {if row.active {
                        view! {
                            <button class="link" type="button" on:click=move |_| disabling.set(Some(id.get_value()))>
                                {t::disable(lang)}
                            </button>
                        }
                            .into_any()
                    } else {
                        view! {
                            <button class="link" type="button" on:click=move |_| enable.run(id.get_value())>
                                {t::enable(lang)}
                            </button>
                        }
                            .into_any()
                    }}
                    <button
                        class="link link-danger"
                        type="button"
                        on:click=move |_| deleting.set(Some(id.get_value()))
                    >
                        {c::delete(lang)}
                    </button>
                </div>
            </td>
        </tr>
    }
}

#[component]
fn Delete(asked: RwSignal<Option<String>>, refresh: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let open = RwSignal::new(false);
    let id = RwSignal::new(String::new());
    let failed = RwSignal::new(None::<ApiError>);
    Effect::new(move |_| {
        if let Some(asked_id) = asked.get() {
            id.set(asked_id);
            failed.set(None);
            open.set(true);
            asked.set(None);
        }
    });
    let action = Action::new(move |input: &DeleteAccessKey| {
        let DeleteAccessKey { id, confirm } = input.clone();
        delete_access_key(id, confirm)
    });
    Effect::new(move |_| match action.value().get() {
        Some(Ok(())) => {
            open.set(false);
            toasts.done(t::deleted_toast(lang));
            refresh.run(());
        }
        Some(Err(error)) => failed.set(Some(error)),
        None => {}
    });
    let on_confirm = Callback::new(move |confirm| {
        action.dispatch(DeleteAccessKey { id: id.get_untracked(), confirm });
    });
    view! {
        <Confirm
            open
            id="delete-key"
            title=t::delete_title(lang).to_owned()
            name=id
            verb=t::delete_title(lang)
            busy=action.pending()
            error=failed
            on_confirm
        >
            <p>{t::clients_next_request(lang)}</p>
        </Confirm>
    }
}
