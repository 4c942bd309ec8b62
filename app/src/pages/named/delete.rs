//! The confirmation before a deletion: what stops, and the name to be typed.
use leptos::prelude::*;

use super::{Chosen, NamedRow};
use crate::api::Figure;
use crate::components::submit::use_submit;
use crate::components::{Cell, Confirm, use_toasts};
use crate::i18n::{Lang, common as c, errors, named as t};
use crate::pages::here::Here;
use crate::settings::use_lang;

/// What a deletion would stop, as it is told before.
pub(crate) struct Stops {
    /// Each with its name.
    pub(crate) figures: [(&'static str, AnyView); 3],
    /// What else is lost.
    pub(crate) lost: Option<&'static str>,
}

/// One of the figures that is a list of names.
pub(crate) fn names(lang: Lang, figure: Figure<Vec<String>>) -> AnyView {
    let show =
        move |names: Vec<String>| if names.is_empty() { "-".into_any() } else { names.join(lang.comma()).into_any() };
    view! { <Cell figure show/> }.into_any()
}

#[component]
pub(crate) fn DeleteNamed<T: NamedRow>(here: Here, chosen: Chosen<T>, on_done: Callback<()>) -> impl IntoView {
    let lang = use_lang();
    let toasts = use_toasts();
    let submit = use_submit();
    let Chosen { open, .. } = chosen;
    let name = chosen.name();
    Effect::new(move |_| {
        if open.get() {
            submit.error.set(None);
        }
    });
    let confirm = move |typed: String| {
        let name = name.get_untracked();
        submit.run(T::delete(here.id_now(), name.clone(), typed), move |()| {
            toasts.done(t::deleted_toast(lang, T::KIND(lang), name));
            open.set(false);
            on_done.run(());
        });
    };
    view! {
        <Confirm
            open
            id=T::IDS.delete
            title=Signal::derive(move || t::delete_of(lang, T::KIND(lang), name.get()))
            name
            verb=t::delete(lang, T::KIND(lang))
            busy=submit.busy
            error=submit.error
            on_confirm=confirm
        >
            <Impact chosen here/>
        </Confirm>
    }
    .into_any()
}

#[component]
fn Impact<T: NamedRow>(here: Here, chosen: Chosen<T>) -> impl IntoView {
    let lang = use_lang();
    let name = chosen.name().get_untracked();
    let impact = LocalResource::new(move || T::impact(here.id_now(), name.clone()));
    view! {
        <p>{t::deletes_stop(lang)}</p>
        {move || match impact.get() {
            None => view! { <p class="hint">{c::loading(lang)}</p> }.into_any(),
            Some(Err(error)) => view! { <p class="hint">{errors::problem(lang, &error.problem)}</p> }.into_any(),
            Some(Ok(impact)) => show(T::stops(lang, impact)),
        }}
    }
    .into_any()
}

fn show(stops: Stops) -> AnyView {
    let figure = |(name, figure)| {
        view! {
            <div>
                <dt>{name}</dt>
                <dd>{figure}</dd>
            </div>
        }
    };
    view! {
        <dl class="kv kv-1 card-body card">{stops.figures.map(figure).into_iter().collect_view()}</dl>
        {stops.lost.map(|text| view! { <p class="hint">{text}</p> })}
    }
    .into_any()
}
