//! One stored message in full: where and when, properties, body.
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::body::visible;
use super::body_card::BodyCard;
use crate::api::messages::{Message, load_message};
use crate::api::{ApiError, Problem};
use crate::components::copy::CopyIcon;
use crate::components::skeleton::TableSkeleton;
use crate::components::stamp::CopyTime;
use crate::components::{Failed, LongId};
use crate::frame::LiveTitle;
use crate::i18n::{common as c, figures as f, messages as t};
use crate::pages::here::{Here, InstanceCrumbs, use_here};
use crate::settings::use_lang;

/// The page of one message.
#[component]
pub(crate) fn MessagePage() -> impl IntoView {
    let lang = use_lang();
    let here = use_here();
    let params = use_params_map();
    let offset_id = Memo::new(move |_| params.with(|p| p.get("message").unwrap_or_default()));
    let read = Resource::new_blocking(
        move || (here.id(), offset_id.get()),
        |(instance, offset_id)| load_message(instance, offset_id),
    );
    let list = Signal::derive(move || (here.messages_by_id(None), t::title(lang).to_owned()));
    view! {
        <InstanceCrumbs here list title=t::message(lang).to_owned()/>
        <Transition fallback=|| view! { <TableSkeleton columns=2/> }>
            {move || Suspend::new(async move {
                let message = read.await;
                let retry = Callback::new(move |()| read.refetch());
                let id = match &message {
                    Ok(message) => Some(message.row.message_id.clone()),
                    // What is missing has a title of its own.
                    Err(error) => (error.problem != Problem::NotFound).then(|| offset_id.get_untracked()),
                };
                view! { {id.map(|id| view! { <Head id/> })} <Detail message here retry/> }
            })}
        </Transition>
    }
    .into_any()
}

/// `id`: the Message ID, as the client that sent it knows it; of a message that could not be read the ID in the address.
#[component]
fn Head(id: String) -> impl IntoView {
    let lang = use_lang();
    let title = format!("{} {id}", t::message(lang));
    view! {
        <LiveTitle text=Memo::new(move |_| title.clone())/>
        <div class="page-head">
            <div>
                <h1>{t::message(lang)} " " <LongId value=id/></h1>
            </div>
        </div>
    }
    .into_any()
}

/// A message that was read, or why it could not be. It must read nothing itself: it is shown inside of
/// what another reading gave.
#[component]
pub(super) fn Detail(message: Result<Message, ApiError>, here: Here, retry: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    match message {
        Ok(message) => view! { <Shown message here/> }.into_any(),
        Err(error) => view! {
            <div class="table-box">
                <Failed error what=t::message(lang) retry/>
            </div>
        }
        .into_any(),
    }
}

#[component]
fn Shown(message: Message, here: Here) -> impl IntoView {
    let facts = view! { <Facts message=message.clone() here/> };
    view! {
        <div class="stack">
            <BodyCard message/>
            {facts}
        </div>
    }
    .into_any()
}

#[component]
fn Facts(message: Message, here: Here) -> impl IntoView {
    let lang = use_lang();
    let row = message.row;
    let topic = here.topic(&row.topic);
    view! {
        <section class="card">
            <div class="card-head">
                <h2>{c::details(lang)}</h2>
            </div>
            <div class="card-body">
                <dl class="kv">
                    {fact(t::message_id(lang), view! { <LongId value=row.message_id/> }.into_any())}
                    {fact(t::offset_id(lang), view! { <LongId value=row.offset_id/> }.into_any())}
                    {fact(c::topic(lang), view! { <a href=topic>{row.topic}</a> }.into_any())}
                    {fact(
                        t::tag(lang),
                        match row.tag {
                            Some(tag) => view! { <span class="tag">{tag}</span> }.into_any(),
                            None => "-".into_any(),
                        },
                    )}
                    {fact(
                        t::key(lang),
                        if row.keys.is_empty() {
                            "-".into_any()
                        } else {
                            row.keys
                                .into_iter()
                                .map(|key| view! { <span class="mono">{key.clone()}</span> <CopyIcon text=key.clone() of=key/> " " })
                                .collect_view()
                                .into_any()
                        },
                    )}
                    {fact(t::stored_at(lang), view! { <CopyTime at=row.stored_at_ms/> }.into_any())}
                    {fact(
                        t::created_at(lang),
                        view! {
                            <CopyTime at=message.born_at_ms/>
                            " "
                            <small class="muted nowrap">{t::created_hint(lang)}</small>
                        }
                            .into_any(),
                    )}
                    {fact(
                        t::producer_address(lang),
                        copied(message.born_from),
                    )}
                    {fact(t::store_host(lang), copied(message.store_host))}
                    {fact(
                        t::queue_offset(lang),
                        format!("{} / {}", message.queue_id, f::grouped(message.queue_offset.0)).into_any(),
                    )} {fact(t::record_size(lang), f::bytes(message.size.into()).into_any())}
                    {fact(t::reconsume_times(lang), message.reconsume_times.into_any())}
                    {fact(
                        t::flags(lang),
                        format!("flag {} · sysFlag {:#x}", message.flag, message.sys_flag).into_any(),
                    )}
                </dl>
            </div>
            <div class="card-body">
                <h3>{t::properties(lang)}</h3>
                <Properties properties=message.properties/>
            </div>
        </section>
    }
    .into_any()
}

/// A short machine-made value, with Copy.
fn copied(text: String) -> AnyView {
    view! {
        <span class="mono">{text.clone()}</span>
        <CopyIcon text=text.clone() of=text/>
    }
    .into_any()
}

fn fact(name: &'static str, value: AnyView) -> AnyView {
    view! {
        <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
        </div>
    }
    .into_any()
}

/// A value longer than this is cut in the middle and can be copied in full.
const VALUE_CHARS_PLAIN: usize = 28;

#[component]
fn Properties(properties: Vec<(String, String)>) -> impl IntoView {
    let lang = use_lang();
    if properties.is_empty() {
        return view! { <p class="hint">{t::no_properties(lang)}</p> }.into_any();
    }
    view! {
        <dl class="kv">
            {properties
                .into_iter()
                .map(|(name, value)| {
                    let shown = if value.chars().count() > VALUE_CHARS_PLAIN && visible(&value) == value {
                        view! { <LongId value/> }.into_any()
                    } else {
                        visible(&value).into_any()
                    };
                    view! {
                        <div>
                            <dt class="mono">{visible(&name)}</dt>
                            <dd class="mono">{shown}</dd>
                        </div>
                    }
                })
                .collect_view()}
        </dl>
    }
    .into_any()
}
