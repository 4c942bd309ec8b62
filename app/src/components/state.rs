//! State badges, kinds and callouts.
use leptos::prelude::*;

use super::{Icon, use_stale};
use crate::api::topics::MessageType;
use crate::i18n::{Lang, topics as t};
use crate::settings::use_lang;

/// What a state means; colour and drawing follow from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Ok,
    Warn,
    Bad,
    Off,
}

impl Tone {
    pub(crate) fn slug(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Off => "off",
        }
    }

    fn icon(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Off => "pause",
        }
    }
}

/// A state: colour, drawing and word; without the colour where it may not hold any more.
#[component]
pub(crate) fn State(tone: Tone, #[prop(into)] text: String) -> impl IntoView {
    let stale = use_stale();
    view! {
        <span class="state" data-s=tone.slug() data-stale=move || stale.get().then_some("")>
            <Icon name=tone.icon()/>
            {text}
        </span>
    }
}

/// A message type: drawing and word, no colour.
#[component]
pub(crate) fn Kind(of: MessageType) -> impl IntoView {
    let icon = match of {
        MessageType::Normal => "t-normal",
        MessageType::PartitionOrder => "t-part",
        MessageType::GlobalOrder => "t-global",
        MessageType::Scheduled => "t-delay",
        MessageType::Transaction => "t-tx",
    };
    view! {
        <span class="kind">
            <Icon name=icon/>
            {message_type(use_lang(), of)}
        </span>
    }
}

/// The standard term of a message type.
pub(crate) fn message_type(lang: Lang, of: MessageType) -> &'static str {
    match of {
        MessageType::Normal => t::normal(lang),
        MessageType::PartitionOrder => t::partition_order(lang),
        MessageType::GlobalOrder => t::global_order(lang),
        MessageType::Scheduled => t::scheduled(lang),
        MessageType::Transaction => t::transaction(lang),
    }
}

/// Stays while its cause stays. `tone`: none, Ok, Warn or Bad.
#[component]
pub(crate) fn Callout(
    #[prop(optional)] tone: Option<Tone>,
    #[prop(into)] title: String,
    /// Announce it when it appears.
    #[prop(optional)]
    status: bool,
    children: Children,
) -> impl IntoView {
    let icon = tone.map_or("info", Tone::icon);
    let role = match (status, tone) {
        (false, _) => None,
        (true, Some(Tone::Bad)) => Some("alert"),
        (true, _) => Some("status"),
    };
    view! {
        <div class="callout" data-s=tone.map(Tone::slug) role=role>
            <Icon name=icon/>
            <strong>{title}</strong>
            {children()}
        </div>
    }
}
