//! A name and a cure for each reason of refusal.
use leptos::prelude::*;

use crate::api::connections::{Refusal, RefusalReason};
use crate::api::groups::Protocol;
use crate::components::copy::CopyIcon;
use crate::components::rich::rich;
use crate::i18n::{Lang, connections as t};
use crate::pages::here::Here;
use crate::paths;

pub(super) fn reason_name(lang: Lang, reason: RefusalReason) -> &'static str {
    match reason {
        RefusalReason::NoSignature => t::no_signature(lang),
        RefusalReason::UnknownKey => t::unknown_key(lang),
        RefusalReason::DisabledKey => t::disabled_key(lang),
        RefusalReason::WrongSignature => t::wrong_signature(lang),
        RefusalReason::KeyChanged => t::key_changed(lang),
        RefusalReason::TopicUnknown => t::topic_unknown(lang),
        RefusalReason::GroupUnknown => t::group_unknown(lang),
        RefusalReason::GroupIsHttp => t::group_is_http(lang),
        RefusalReason::OtherInstance => t::other_instance(lang),
        RefusalReason::NotGranted => t::not_granted(lang),
        RefusalReason::BareNameOnSharedPort => t::bare_name(lang),
        RefusalReason::WrongMessageType => t::wrong_type(lang),
        RefusalReason::MessageIllegal => t::message_illegal(lang),
        RefusalReason::UnsupportedRequest => t::unsupported(lang),
        RefusalReason::MalformedFrame => t::malformed(lang),
        RefusalReason::FrameTooLarge => t::too_large(lang),
        RefusalReason::LimitReached => t::limit(lang),
        RefusalReason::StoreFull => t::store_full(lang),
    }
}

fn cure_text(lang: Lang, refusal: &Refusal) -> &'static str {
    match refusal.reason {
        RefusalReason::NoSignature => t::no_signature_cure(lang),
        RefusalReason::UnknownKey => t::unknown_key_cure(lang),
        RefusalReason::DisabledKey => t::disabled_key_cure(lang),
        RefusalReason::WrongSignature => t::wrong_signature_cure(lang),
        RefusalReason::KeyChanged => t::key_changed_cure(lang),
        RefusalReason::TopicUnknown | RefusalReason::GroupUnknown if refusal.similar.is_some() => t::similar_cure(lang),
        RefusalReason::TopicUnknown => t::topic_unknown_cure(lang),
        RefusalReason::GroupUnknown => t::group_unknown_cure(lang),
        RefusalReason::GroupIsHttp => t::group_is_http_cure(lang),
        RefusalReason::OtherInstance => t::other_instance_cure(lang),
        RefusalReason::NotGranted => t::not_granted_cure(lang),
        RefusalReason::BareNameOnSharedPort => t::bare_name_cure(lang),
        RefusalReason::WrongMessageType => t::wrong_type_cure(lang),
        RefusalReason::MessageIllegal => t::message_illegal_cure(lang),
        RefusalReason::UnsupportedRequest => t::unsupported_cure(lang),
        RefusalReason::MalformedFrame => t::malformed_cure(lang),
        RefusalReason::FrameTooLarge => t::too_large_cure(lang),
        RefusalReason::LimitReached => t::limit_cure(lang),
        RefusalReason::StoreFull => t::store_full_cure(lang),
    }
}

/// What to do, with the names of this refusal filled in.
pub(super) fn cure(lang: Lang, refusal: &Refusal, here: Here) -> Vec<AnyView> {
    let mono = |text: Option<&String>| match text.cloned() {
        Some(text) => view! {
            <span class="mono">{text.clone()}</span>
            <CopyIcon text=text.clone() of=text/>
        }
        .into_any(),
        None => "-".into_any(),
    };
    rich(cure_text(lang, refusal), |name| match name {
        "key" if refusal.reason == RefusalReason::DisabledKey => {
            let key = refusal.key_id.clone().unwrap_or_else(|| "AccessKey".to_owned());
            view! { <a class="mono" href=paths::ACCESS_KEYS>{key}</a> }.into_any()
        }
        "key" => mono(refusal.key_id.as_ref()),
        "name" => mono(refusal.resource.as_ref()),
        "similar" => similar(refusal, here),
        "code" => refusal.request_code.map_or_else(|| "-".to_owned(), |code| code.to_string()).into_any(),
        _ => ().into_any(),
    })
}

fn similar(refusal: &Refusal, here: Here) -> AnyView {
    let name = refusal.similar.clone().unwrap_or_default();
    let href = match refusal.reason {
        RefusalReason::GroupUnknown => here.group(Protocol::Tcp, &name),
        _ => here.topic(&name),
    };
    view! { <a href=href>{name}</a> }.into_any()
}
