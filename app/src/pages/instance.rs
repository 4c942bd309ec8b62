//! One instance: what it is, its endpoints, sample code, edit and delete.
use leptos::prelude::*;

use crate::api::groups::Protocol;
use crate::api::instances::{Endpoint, EndpointKind, InstanceDetails, InstanceState, edit_instance, load_instance};
use crate::api::live::Watch;
use crate::api::{Field, Figure};
use crate::components::dialog_form::DialogForm;
use crate::components::submit::use_submit;
use crate::components::{
    Callout, Cell, CopyButton, DescriptionField, Dialog, Freshness, Icon, Loaded, LongId, RefreshButton, StaleBar,
    Stamp, TextField, Tone, or_dash, use_live, use_toasts,
};
use crate::frame::{InstanceChips, LiveTitle, use_instance_id, use_region};
use crate::i18n::figures::grouped;
use crate::i18n::{common as c, instances as t};
use crate::paths;
use crate::place::Section;
use crate::settings::use_lang;

mod code;
mod delete;
mod sample;

#[component]
pub(crate) fn Instance() -> impl IntoView {
    let lang = use_lang();
    let id = use_instance_id();
    let data = use_live(move || id.get(), load_instance, |id| Watch::Instance { id });
    view! {
        <InstanceChips section=Section::Instances current=id/>
        <Loaded data what=t::information(lang) let:value>
            <Details value refresh=Callback::new(move |()| data.refresh())>
                <Freshness data/>
                <RefreshButton data/>
            </Details>
            <div class="stack">
                <StaleBar data/>
                <PortProblem value/>
                <Basic value/>
                <Endpoints value/>
                <sample::SampleCode instance=id.get_untracked()/>
            </div>
        </Loaded>
    }
}

/// Title, badge and actions; the children stand before the actions.
#[component]
fn Details(value: Signal<InstanceDetails>, refresh: Callback<()>, children: Children) -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let editing = RwSignal::new(false);
    let name = Memo::new(move |_| value.with(|v| v.instance.name.clone()));
    let title = Memo::new(move |_| format!("{} – {}", name.get(), t::information(lang)));
    let state = Memo::new(move |_| value.with(|v| v.instance.state.clone()));
    let manage = Memo::new(move |_| value.with(|v| v.instance.rights.manage));
    view! {
        <LiveTitle text=title/>
        <div class="page-head">
            <div>
                <h1>{name} " " {move || super::instances::state(lang, &state.get())}</h1>
            </div>
            <div class="row actions">
                {children()}
                {move || {
                    (!manage.get())
                        .then(|| view! { <span class="hint" id="edit-why">{c::not_allowed_manage(lang)}</span> })
                }}
                <button
                    class="btn"
                    type="button"
                    disabled=move || !manage.get()
                    aria-describedby=move || (!manage.get()).then_some("edit-why")
                    on:click=move |_| editing.set(true)
                >
                    <Icon name="edit"/>
                    {c::edit(lang)}
                </button>
                <a class="btn btn-primary" href=move || paths::create_instance(&region.get())>
                    <Icon name="plus"/>
                    {t::create(lang)}
                </a>
            </div>
        </div>
        <Edit open=editing value refresh/>
    }
}

#[component]
fn PortProblem(value: Signal<InstanceDetails>) -> impl IntoView {
    let lang = use_lang();
    let state = Memo::new(move |_| value.with(|v| v.instance.state.clone()));
    move || match state.get() {
        InstanceState::Running => None,
        InstanceState::PortUnavailable { port, why } => Some(view! {
            <Callout tone=Tone::Bad title=t::port_unavailable_title(lang, port)>
                <p>{t::port_unavailable_why(lang, why)}</p>
            </Callout>
        }),
    }
}

#[component]
fn Basic(value: Signal<InstanceDetails>) -> impl IntoView {
    let lang = use_lang();
    let deleting = RwSignal::new(false);
    let i = Memo::new(move |_| value.with(|v| v.instance.clone()));
    let manage = Memo::new(move |_| i.with(|i| i.rights.manage));
    let count = |figure: Figure<u32>| figure.map(|n| grouped(u64::from(n)));
    let plain = |text: String| text.into_any();
    let place = move || i.with(|i| (i.region.clone(), i.id.clone()));
    let id = i.with_untracked(|i| i.id.clone());
    let created = i.with_untracked(|i| i.created_at_ms);
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::basic(lang)}</h2>
                <div class="row">
                    {move || {
                        (!manage.get())
                            .then(|| view! { <span class="hint" id="delete-why">{c::not_allowed_manage(lang)}</span> })
                    }}
                    <button
                        class="link link-danger"
                        type="button"
                        disabled=move || !manage.get()
                        aria-describedby=move || (!manage.get()).then_some("delete-why")
                        on:click=move |_| deleting.set(true)
                    >
                        {c::delete(lang)}
                    </button>
                </div>
            </div>
            <div class="card-body">
                <dl class="kv">
                    <div>
                        <dt>{t::instance_id(lang)}</dt>
                        <dd>
                            <LongId value=id/>
                        </dd>
                    </div>
                    <div>
                        <dt>{t::edition(lang)}</dt>
                        <dd>{t::standard(lang)}</dd>
                    </div>
                    <div>
                        <dt>{t::namespace(lang)}</dt>
                        <dd>{t::namespace_yes(lang)}</dd>
                    </div>
                    <div>
                        <dt>{c::topic(lang)}</dt>
                        <dd>
                            <a href=move || {
                                let (region, id) = place();
                                paths::topics(&region, &id)
                            }>{move || view! { <Cell figure=count(i.get().topics) show=plain/> }}</a>
                            " "
                            <span class="muted">
                                {move || c::of_max(lang, grouped(u64::from(value.with(|v| v.topics_max))))}
                            </span>
                        </dd>
                    </div>
                    <div>
                        <dt>{c::group_id(lang)}</dt>
                        <dd>
                            <a href=move || {
                                let (region, id) = place();
                                paths::groups(&region, &id, Protocol::Tcp)
                            }>{move || view! { <Cell figure=count(i.get().groups) show=plain/> }}</a>
                            " "
                            <span class="muted">
                                {move || c::of_max(lang, grouped(u64::from(value.with(|v| v.groups_max))))}
                            </span>
                        </dd>
                    </div>
                    <div>
                        <dt>{c::created(lang)}</dt>
                        <dd>
                            <Stamp at=created/>
                        </dd>
                    </div>
                    <div class="kv-wide">
                        <dt>{c::description(lang)}</dt>
                        <dd>{move || i.with(|i| or_dash(&i.description))}</dd>
                    </div>
                </dl>
            </div>
        </section>
        <delete::Delete open=deleting value/>
    }
}

#[component]
fn Endpoints(value: Signal<InstanceDetails>) -> impl IntoView {
    let lang = use_lang();
    let list = Memo::new(move |_| value.with(|v| v.endpoints.clone()));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::endpoints(lang)}</h2>
            </div>
            <div class="card-body">
                {move || list.with(Vec::is_empty).then(|| view! { <p class="muted">{t::no_endpoint(lang)}</p> })}
                {move || {
                    let all = list.get();
                    let one_tcp = all.iter().filter(|e| e.kind != EndpointKind::Http).count() == 1;
                    all.into_iter().map(|endpoint| view! { <EndpointRow endpoint one_tcp/> }).collect_view()
                }}
            </div>
        </section>
    }
}

/// `one_tcp`: no other TCP endpoint stands beside it.
#[component]
fn EndpointRow(endpoint: Endpoint, one_tcp: bool) -> impl IntoView {
    let lang = use_lang();
    let (name, hint) = match endpoint.kind {
        EndpointKind::TcpHost => (t::tcp(lang), t::tcp_host_hint(lang)),
        EndpointKind::TcpPort if one_tcp => (t::tcp(lang), t::tcp_port_hint(lang)),
        EndpointKind::TcpPort => (t::tcp_port(lang), t::tcp_port_hint(lang)),
        EndpointKind::Http => (t::http(lang), t::http_hint(lang)),
    };
    view! {
        <div class="endpoint">
            <h3>{name}</h3>
            <div>
                <output>{endpoint.address.clone()}</output>
                <p>{hint}</p>
            </div>
            <div class="row">
                <CopyButton text=endpoint.address of=name/>
                <a class="btn btn-sm" href="#sample" rel="external">
                    <Icon name="code"/>
                    {t::sample_code(lang)}
                </a>
            </div>
        </div>
    }
}

#[component]
fn Edit(open: RwSignal<bool>, value: Signal<InstanceDetails>, refresh: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let name = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let submit = use_submit();
    Effect::new(move |_| {
        if open.get() {
            name.set(value.with_untracked(|v| v.instance.name.clone()));
            description.set(value.with_untracked(|v| v.instance.description.clone()));
            submit.error.set(None);
        }
    });
    let send = move |()| {
        let old = value.with_untracked(|v| v.instance.clone());
        let new_name = name.get_untracked().trim().to_owned();
        let call = edit_instance(old.id.clone(), new_name, description.get_untracked().trim().to_owned());
        submit.run(call, move |_| {
            open.set(false);
            let back = move || edit_instance(old.id.clone(), old.name.clone(), old.description.clone());
            toasts.done_with_undo(lang, t::saved_toast(lang), back, refresh);
            refresh.run(());
        });
    };
    view! {
        <Dialog open id="edit-instance" title=t::edit(lang).to_owned()>
            <DialogForm open submit on_submit=Callback::new(send) verb=c::save(lang) doing=c::saving(lang)>
                <TextField
                    id="edit-name"
                    name="name"
                    label=t::instance_name(lang)
                    value=name
                    error=submit.at(Field::InstanceName)
                    max=64
                    hint=t::name_hint(lang)
                    autofocus=true
                />
                <DescriptionField id="edit-description" value=description error=submit.at(Field::Description)/>
            </DialogForm>
        </Dialog>
    }
}
