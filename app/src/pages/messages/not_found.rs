//! Why a Message ID was not found: the checks in their order, the one that answered marked, and the
//! next searches.
use leptos::prelude::*;

use crate::api::messages::NotFound;
use crate::components::rich::rich;
use crate::components::{Stamp, State, Tone};
use crate::i18n::{Lang, messages as t};
use crate::pages::here::Here;
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(super) fn WhyNot(why: NotFound, id: String, searched: Vec<String>, took_ms: u32, here: Here) -> impl IntoView {
    let lang = use_lang();
    let go = match &why {
        NotFound::OtherInstance { instance, name, region } => {
            let href = paths::messages_by_id(region, instance, Some(&id));
            view! {
                <a class="btn btn-primary btn-sm" href=href>
                    {t::other_go(lang, name)}
                </a>
            }
            .into_any()
        }
        _ => ().into_any(),
    };
    view! {
        <section class="card" role="status">
            <div class="card-head">
                <h2>{title(lang, &why)}</h2>
                <span class="hint num">{t::took(lang, took_ms)}</span>
            </div>
            <div class="card-body stack">
                <p>{sentence(lang, &why)}</p>
                <ol class="checklist why">{checks(lang, &why, &id, &searched)}</ol>
            </div>
            <div class="card-foot row">
                {go}
                <a class="btn btn-sm" href=here.messages_by_topic(None)>
                    {t::by_topic(lang)}
                </a>
                <a class="btn btn-sm" href=here.messages_by_key()>
                    {t::by_key(lang)}
                </a>
            </div>
        </section>
    }
    .into_any()
}

fn title(lang: Lang, why: &NotFound) -> String {
    match why {
        NotFound::Malformed => t::not_found_malformed(lang).to_owned(),
        NotFound::Expired { .. } => t::not_found_expired(lang).to_owned(),
        NotFound::NotKept { .. } => t::not_found_not_kept(lang).to_owned(),
        NotFound::Stopped => t::not_found_stopped(lang).to_owned(),
        NotFound::OtherInstance { name, .. } => t::not_found_other(lang, name),
    }
}

fn with_time(text: &'static str, at: i64) -> Vec<AnyView> {
    rich(text, move |_| view! { <b><Stamp at ms=true/></b> }.into_any())
}

fn sentence(lang: Lang, why: &NotFound) -> AnyView {
    match why {
        NotFound::Malformed => t::malformed_why(lang).into_any(),
        NotFound::Expired { .. } => t::expired_why(lang).into_any(),
        NotFound::NotKept { oldest_ms: Some(oldest), .. } => with_time(t::not_kept_why(lang), *oldest).into_any(),
        NotFound::NotKept { oldest_ms: None, .. } => t::nothing_kept_why(lang).into_any(),
        NotFound::Stopped => t::stopped_why(lang).into_any(),
        NotFound::OtherInstance { .. } => t::other_why(lang).into_any(),
    }
}

fn checks(lang: Lang, why: &NotFound, id: &str, searched: &[String]) -> Vec<AnyView> {
    if *why == NotFound::Malformed {
        return vec![hit(lang, t::check_format_bad(lang), t::check_format_why(lang, id.chars().count()).into_any())];
    }
    let format = passed(t::check_format(lang), t::check_format_why(lang, id.chars().count()).into_any());
    if let NotFound::OtherInstance { name, .. } = why {
        return vec![format, hit(lang, t::check_other_hit(lang), name.clone().into_any())];
    }
    if *why == NotFound::Stopped {
        return vec![format, hit(lang, t::not_found_stopped(lang), t::stopped_why(lang).into_any())];
    }
    let other = passed(t::check_other(lang), t::check_other_why(lang, searched.join(lang.comma())).into_any());
    let oldest = |oldest: &Option<i64>| match oldest {
        Some(at) => with_time(t::check_oldest(lang), *at).into_any(),
        None => t::nothing_kept(lang).into_any(),
    };
    let last = match why {
        NotFound::Expired { oldest_ms } => hit(lang, t::check_expired(lang), oldest(oldest_ms)),
        NotFound::NotKept { oldest_ms, born_ms } => {
            let born = born_ms.map(|at| view! { <br/> {with_time(t::check_born(lang), at)} });
            hit(lang, t::check_kept(lang), view! { {oldest(oldest_ms)} {born} }.into_any())
        }
        // These have returned above.
        NotFound::Malformed | NotFound::Stopped | NotFound::OtherInstance { .. } => ().into_any(),
    };
    vec![format, other, last]
}

fn passed(text: &'static str, detail: AnyView) -> AnyView {
    view! {
        <li data-done="">
            <div>
                <b>{text}</b>
                <small>{detail}</small>
            </div>
        </li>
    }
    .into_any()
}

fn hit(lang: Lang, text: &'static str, detail: AnyView) -> AnyView {
    view! {
        <li data-hit="">
            <div>
                <b>{text}</b>
                <small>{detail}</small>
            </div>
            <State tone=Tone::Warn text=t::the_reason(lang)/>
        </li>
    }
    .into_any()
}
