//! One Group ID: who is online, what they subscribe, how far it has come, where it starts.
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::clients::Clients;
use super::progress::Progress;
use super::row::{Consistent, Online};
use super::subscription::{Differences, SubscriptionView, use_group};
use super::with_protocol;
use crate::api::groups::{GroupStatus, Protocol};
use crate::components::copy::CopyIcon;
use crate::components::rich::rich;
use crate::components::skeleton::TableSkeleton;
use crate::components::{Callout, Freshness, LiveData, Loaded, RefreshButton, StaleBar, Stamp, Tile, or_dash};
use crate::frame::LiveTitle;
use crate::i18n::{common as c, figures as f, groups as t, named as tn};
use crate::pages::here::{Here, InstanceCrumbs, use_here};
use crate::pages::named::StatusTabs;
use crate::settings::use_lang;

#[component]
pub(crate) fn GroupPage() -> impl IntoView {
    with_protocol(|protocol| view! { <OfProtocol protocol/> }.into_any())
}

#[component]
fn OfProtocol(protocol: Memo<Protocol>) -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|p| p.get("group").unwrap_or_default()));
    let list = Signal::derive(move || (here.groups(protocol.get()), t::title(lang).to_owned()));
    view! {
        <LiveTitle text=name/>
        <InstanceCrumbs here list title=name/>
        {move || {
            let link = here.group(protocol.get(), &name.get());
            view! { <OneGroup here name=name.get() link/> }
        }}
    }
    .into_any()
}

#[component]
fn OneGroup(here: Here, name: String, link: String) -> impl IntoView {
    let lang = use_lang();
    let data = use_group(here, name);
    let link = StoredValue::new(link);
    view! {
        <Loaded data what=t::consumer_status(lang) loading=|| view! { <TableSkeleton columns=7/> } let:status>
            <Head status/>
            <StatusTabs
                link=link.get_value()
                status=(t::consumer_status(lang), move || view! { <Status status data here/> }.into_any())
                subscription=(t::subscription(lang), move || view! { <SubscriptionView status data here/> }.into_any())
            />
        </Loaded>
    }
    .into_any()
}

#[component]
fn Head(status: Signal<GroupStatus>) -> impl IntoView {
    let lang = use_lang();
    let name = status.with_untracked(|s| s.group.name.clone());
    let clients = Memo::new(move |_| status.with(|s| s.group.clients.clone()));
    let consistent = Memo::new(move |_| status.with(|s| s.group.consistent.clone()));
    view! {
        <div class="page-head">
            <div>
                <h1>
                    <span class="mono">{name.clone()}</span>
                    <CopyIcon text=name.clone() of=name/>
                    {move || {
                        view! {
                            <Online clients=clients.get() yes=t::state_online(lang) no=t::state_offline(lang)/>
                        }
                    }}
                    {move || {
                        // Nothing to compare: no dash in a title.
                        (consistent.get().value() != Some(&None))
                            .then(|| {
                                view! {
                                    <Consistent
                                        consistent=consistent.get()
                                        yes=t::head_consistent(lang)
                                        no=t::head_inconsistent(lang)
                                    />
                                }
                            })
                    }}
                </h1>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Status(status: Signal<GroupStatus>, data: LiveData<GroupStatus>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let differences = Memo::new(move |_| status.with(|s| s.differences.clone()));
    let clients = Memo::new(move |_| status.with(|s| s.clients.clone()));
    let progress = Memo::new(move |_| status.with(|s| s.progress.clone()));
    let starts = Memo::new(move |_| status.with(|s| s.starts_from_ms));
    let online = Signal::derive(move || status.with(|s| s.group.clients.clone().map(|n| f::grouped(n.into()))));
    let waiting = Signal::derive(move || status.with(|s| s.group.waiting.clone().map(|n| f::grouped(n.0))));
    view! {
        <div class="stack">
            {move || {
                let all = differences.get();
                (!all.is_empty()).then(|| view! { <Differences all/> })
            }}
            <div class="tiles">
                <Tile label=tn::online_clients(lang) figure=online hint=""/>
                <Tile label=t::waiting_now(lang) figure=waiting hint=""/>
            </div>
            <div class="table-box">
                <div class="card-head">
                    <h2>{t::connections(lang)}</h2>
                    <div class="row">
                        <Freshness data/>
                        <RefreshButton data/>
                    </div>
                </div>
                <StaleBar data/>
                <Clients clients at_ms=data.at_ms() here/>
            </div>
            <div class="table-box">
                <div class="card-head">
                    <h2>{t::progress(lang)}</h2>
                </div>
                <Progress progress here/>
            </div>
            {move || {
                let at = starts.get();
                view! {
                    <Callout title=t::starts(lang)>
                        <p>
                            {rich(t::starts_why(lang), |_| view! { <b><Stamp at ms=true/></b> }.into_any())}
                        </p>
                        <p>{t::starts_setting(lang)}</p>
                    </Callout>
                }
            }}
            <Facts status/>
        </div>
    }
    .into_any()
}

#[component]
fn Facts(status: Signal<GroupStatus>) -> impl IntoView {
    let lang = use_lang();
    let protocol = Memo::new(move |_| status.with(|s| s.group.protocol));
    let created = Memo::new(move |_| status.with(|s| s.group.created_at_ms));
    let description = Memo::new(move |_| status.with(|s| or_dash(&s.group.description)));
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{t::information(lang)}</h2>
            </div>
            <div class="card-body">
                <dl class="kv">
                    <div>
                        <dt>{t::protocol(lang)}</dt>
                        <dd>{move || t::protocol_name(lang, protocol.get())}</dd>
                    </div>
                    <div>
                        <dt>{c::created(lang)}</dt>
                        <dd>{move || view! { <Stamp at=created.get()/> }}</dd>
                    </div>
                    <div>
                        <dt>{c::description(lang)}</dt>
                        <dd>{description}</dd>
                    </div>
                </dl>
            </div>
        </section>
    }
    .into_any()
}
