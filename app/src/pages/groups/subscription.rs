//! The subscription relation of a Group: online, consistent, one row for each client and Topic, the
//! odd client named. In a drawer over the list, and as a tab of the Group's page.
use leptos::prelude::*;

use super::row::{Consistent, Online};
use crate::api::groups::{Difference, Group, GroupStatus, SubscriptionRow, load_group_status};
use crate::api::live::Watch;
use crate::components::live_rows::LiveRows;
use crate::components::rich::rich;
use crate::components::skeleton::TableSkeleton;
use crate::components::{
    Ago, Callout, Cell, CloseButton, Drawer, Empty, Freshness, Icon, LiveData, Loaded, LongId, StaleBar, Stamp, State,
    Tone, use_live,
};
use crate::i18n::{Lang, common as c, groups as t};
use crate::pages::here::Here;
use crate::pages::named::{Chosen, NamedRow};
use crate::settings::use_lang;

#[component]
pub(super) fn SubscriptionDrawer(here: Here, chosen: Chosen<Group>) -> impl IntoView {
    let lang = use_lang();
    let Chosen { open, of } = chosen;
    let subtitle = Signal::derive(move || {
        of.with(|of| of.as_ref().map(|g| format!("{} · {}", g.name, t::protocol_name(lang, g.protocol))))
    });
    view! {
        <Drawer open id="group-subscription" title=t::subscription(lang) subtitle>
            {move || of.get().map(|group| view! { <DrawerBody group here open/> })}
        </Drawer>
    }
    .into_any()
}

#[component]
fn DrawerBody(group: Group, here: Here, open: RwSignal<bool>) -> impl IntoView {
    let lang = use_lang();
    let page = group.address(here);
    let data = use_group(here, group.name);
    view! {
        <div class="dlg-body">
            <Loaded data what=t::subscription(lang) loading=|| view! { <TableSkeleton columns=5/> } let:status>
                <SubscriptionView status data here/>
            </Loaded>
        </div>
        <div class="dlg-foot">
            <a class="btn start" href=page>
                {t::consumer_status(lang)}
            </a>
            <CloseButton open text=c::close(lang) autofocus=true/>
        </div>
    }
    .into_any()
}

/// One Group, kept live.
pub(super) fn use_group(here: Here, name: String) -> LiveData<GroupStatus> {
    let name = StoredValue::new(name);
    use_live(
        move || (here.id(), name.get_value()),
        |(instance, name)| load_group_status(instance, name),
        |(instance, name)| Watch::GroupStatus { instance, name },
    )
}

#[component]
pub(super) fn SubscriptionView(status: Signal<GroupStatus>, data: LiveData<GroupStatus>, here: Here) -> impl IntoView {
    let lang = use_lang();
    let clients = Memo::new(move |_| status.with(|s| s.group.clients.clone()));
    let consistent = Memo::new(move |_| status.with(|s| s.group.consistent.clone()));
    let differences = Memo::new(move |_| status.with(|s| s.differences.clone()));
    let rows = Memo::new(move |_| status.with(|s| s.subscriptions.clone()));
    view! {
        <div class="stack">
            <div class="row row-between">
                <dl class="row row-wide">
                    <div class="row">
                        <dt class="muted">{t::online(lang)}</dt>
                        <dd>
                            {move || view! { <Online clients=clients.get() yes=c::yes(lang) no=c::no(lang)/> }}
                        </dd>
                    </div>
                    <div class="row">
                        <dt class="muted">{t::is_consistent(lang)}</dt>
                        <dd>
                            {move || {
                                view! {
                                    <Consistent
                                        consistent=consistent.get()
                                        yes=t::consistent_yes(lang)
                                        no=t::consistent_no(lang)
                                    />
                                }
                            }}
                        </dd>
                    </div>
                    <div class="row">
                        <dt class="muted">{t::clients(lang)}</dt>
                        <dd class="num">
                            {move || view! { <Cell figure=clients.get() show=|n| n.into_any()/> }}
                        </dd>
                    </div>
                </dl>
                <Freshness data/>
            </div>
            {move || {
                let all = differences.get();
                (!all.is_empty()).then(|| view! { <Differences all/> })
            }}
            <div class="table-box">
                <StaleBar data/>
                <LiveRows
                    figure=rows
                    what=t::subscription(lang)
                    key=|row: &SubscriptionRow| (row.client_id.clone(), row.address.clone(), row.topic.clone())
                    empty=move || view! { <Nobody here/> }.into_any()
                    heads=move || heads(lang)
                    row=move |row| client_row(row, data.at_ms(), here)
                />
            </div>
        </div>
    }
    .into_any()
}

/// Most differences that are written out; the rows below mark all.
const DIFFERENCES_SHOWN_MAX: usize = 5;

/// Names each odd client, then says what to do.
#[component]
pub(super) fn Differences(all: Vec<Difference>) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Callout tone=Tone::Warn title=t::inconsistent_title(lang) status=true>
            {all
                .into_iter()
                .take(DIFFERENCES_SHOWN_MAX)
                .map(|difference| {
                    let text = sentence(lang, &difference);
                    view! {
                        <p>{parts(lang, text, &difference)} {lang.gap()} {parts(lang, t::differs_since(lang), &difference)}</p>
                    }
                })
                .collect_view()}
            <p>{t::inconsistent_cure(lang)}</p>
        </Callout>
    }
    .into_any()
}

/// What differs, with places for [`parts`] to fill.
pub(in crate::pages) fn sentence(lang: Lang, difference: &Difference) -> &'static str {
    match (&difference.topic, &difference.has, &difference.others) {
        (None, ..) => t::differs_mode(lang),
        (Some(_), Some(_), None) => t::differs_extra(lang),
        (Some(_), None, _) => t::differs_missing(lang),
        (Some(_), Some(_), Some(_)) => t::differs(lang),
    }
}

/// `text` with its places filled from `difference`.
pub(in crate::pages) fn parts(lang: Lang, text: &'static str, difference: &Difference) -> Vec<AnyView> {
    let is_model = difference.topic.is_none();
    let tag = |text: &Option<String>| match text {
        Some(model) if is_model => t::model_name(lang, model).into_any(),
        Some(expression) => view! { <span class="tag">{expression.clone()}</span> }.into_any(),
        None => "-".into_any(),
    };
    rich(text, |name| match name {
        "client" => view! { <b><LongId value=difference.client_id.clone()/></b> }.into_any(),
        "topic" => difference.topic.clone().unwrap_or_default().into_any(),
        "has" => tag(&difference.has),
        "others" => tag(&difference.others),
        "n" => difference.others_count.into_any(),
        "time" => view! { <Stamp at=difference.since_ms/> }.into_any(),
        _ => ().into_any(),
    })
}

fn heads(lang: Lang) -> AnyView {
    view! {
        <th role="columnheader">{t::client(lang)}</th>
        <th role="columnheader">{c::topic(lang)}</th>
        <th role="columnheader">{t::expression(lang)}</th>
        <th role="columnheader">{t::mode(lang)}</th>
        <th role="columnheader">{t::heartbeat(lang)}</th>
    }
    .into_any()
}

/// Not an error: says so, and where to look.
#[component]
pub(super) fn Nobody(here: Here) -> impl IntoView {
    let lang = use_lang();
    view! {
        <Empty icon="group" title=t::nobody(lang) why=t::nobody_why(lang)>
            <a class="btn" href=here.sample_code()>
                <Icon name="code"/>
                {t::sample_code(lang)}
            </a>
            <a class="btn btn-quiet" href=here.rejected()>
                {t::rejected(lang)}
            </a>
        </Empty>
    }
    .into_any()
}

fn client_row(row: Memo<SubscriptionRow>, at_ms: Signal<Option<i64>>, here: Here) -> AnyView {
    let lang = use_lang();
    let client_id = row.with_untracked(|row| row.client_id.clone());
    let odd = Memo::new(move |_| row.with(|row| row.odd));
    let topic = Memo::new(move |_| row.with(|row| (row.topic.clone(), row.topic_missing)));
    let expression = Memo::new(move |_| row.with(|row| (row.expression_type.clone(), row.expression.clone(), row.odd)));
    view! {
        <tr role="row" data-s=move || odd.get().then_some("warn")>
            <th class="idcol" scope="row" role="rowheader">
                <LongId value=client_id/>
                <br/>
                <small class="muted">
                    {move || row.with(|row| format!("{} {} · {}", row.language, row.version, row.address))}
                </small>
            </th>
            <td role="cell" data-l=c::topic(lang)>
                {move || topic_link(lang, here, topic.get())}
            </td>
            <td role="cell" data-l=t::expression(lang)>
                {move || expression_of(expression.get())}
            </td>
            <td role="cell" class="nowrap" data-l=t::mode(lang)>
                {move || t::mode_name(lang, row.with(|row| row.broadcasting))}
            </td>
            <td role="cell" class="t" data-l=t::heartbeat(lang)>
                {move || view! { <Ago at=row.with(|row| row.last_heartbeat_ms) now=at_ms.get()/> }}
            </td>
        </tr>
    }
    .into_any()
}

fn topic_link(lang: Lang, here: Here, (topic, missing): (String, bool)) -> AnyView {
    if missing {
        view! { <span>{topic} " " <State tone=Tone::Warn text=t::topic_missing(lang)/></span> }.into_any()
    } else {
        view! { <a href=here.topic(&topic)>{topic.clone()}</a> }.into_any()
    }
}

/// Its kind is named when it is not a Tag expression.
fn expression_of((kind, expression, odd): (String, String, bool)) -> AnyView {
    let text = if odd {
        view! {
            <span class="state" data-s="warn">
                <Icon name="warn"/>
                <span class="mono">{expression}</span>
            </span>
        }
        .into_any()
    } else {
        view! { <span class="tag">{expression}</span> }.into_any()
    };
    let kind = (kind != "TAG").then(|| view! { " " <small class="muted">{kind}</small> });
    view! { <span>{text} {kind}</span> }.into_any()
}
