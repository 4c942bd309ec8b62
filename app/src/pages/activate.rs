//! The order page: terms, confirm. Ordering again is harmless. Works without scripts.
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::service::{Activate as ActivateAction, Offer, Service, load_offer};
use crate::api::{ApiError, Field};
use crate::components::{Callout, ErrorLine, Failed, FormError, Stamp, State, Tone};
use crate::frame::{use_region, use_session};
use crate::i18n::{Lang, common as c, errors, overview as o, service as t, shell as s};
use crate::paths;
use crate::settings::use_lang;

/// How long messages are kept, in words.
pub(super) fn kept_for(lang: Lang, hours: u32) -> String {
    if hours >= 24 && hours.is_multiple_of(24) { c::days(lang, hours / 24) } else { c::hours(lang, hours) }
}

#[component]
pub(crate) fn Activate() -> impl IntoView {
    let lang = use_lang();
    let offer = Resource::new_blocking(|| (), |()| load_offer());
    // Made here, below the routes: only here the error of a form sent without scripts arrives.
    let action = ServerAction::<ActivateAction>::new();
    view! {
        <Title text=t::title(lang)/>
        <div class="page-head">
            <div>
                <h1>{t::title(lang)}</h1>
                <p>{t::lead(lang)}</p>
            </div>
        </div>
        <Transition>
            {move || Suspend::new(async move {
                match offer.await {
                    Ok(offer) => view! { <Order offer action/> }.into_any(),
                    Err(error) => {
                        let retry = Callback::new(move |()| offer_again(offer));
                        view! {
                            <div class="table-box">
                                <Failed error what=t::confirm_order(lang) retry/>
                            </div>
                        }
                            .into_any()
                    }
                }
            })}
        </Transition>
    }
}

fn offer_again(offer: Resource<Result<Offer, ApiError>>) {
    offer.refetch();
}

#[component]
fn Order(offer: Offer, action: ServerAction<ActivateAction>) -> impl IntoView {
    let lang = use_lang();
    let session = use_session();
    let region = use_region();
    let service = RwSignal::new(offer.service.clone());
    Effect::new(move |_| {
        if let Some(Ok(now)) = action.value().get() {
            service.set(now);
            session.opened();
        }
    });
    let activated = move || service.with(|s| matches!(s, Service::Activated { .. }));
    let may = offer.may_activate;
    view! {
        <div class="cols-main">
            <section class="card">
                <div class="card-head">
                    <h2>{t::confirm_order(lang)}</h2>
                    {move || {
                        if activated() {
                            view! { <State tone=Tone::Ok text=t::state_activated(lang)/> }
                        } else {
                            view! { <State tone=Tone::Off text=s::not_activated(lang)/> }
                        }
                    }}
                </div>
                <Items offer/>
                <div class="card-body stack">
                    {move || match service.get() {
                        Service::Activated { at_ms, by } => {
                            view! {
                                <Callout tone=Tone::Ok title=t::activated(lang) status=true>
                                    <p>
                                        <Stamp at=at_ms/>
                                        {by.map(|by| format!(" · {by}"))}
                                    </p>
                                    <div class="row">
                                        <a
                                            class="btn btn-primary"
                                            href=move || paths::create_instance(&region.get())
                                        >
                                            {o::step_instance(lang)}
                                        </a>
                                        <a
                                            class="btn"
                                            href=move || paths::overview(&region.get())
                                        >
                                            {s::overview(lang)}
                                        </a>
                                    </div>
                                </Callout>
                            }
                                .into_any()
                        }
                        Service::NotActivated => view! { <OrderForm action may/> }.into_any(),
                    }}
                </div>
            </section>
            <section class="card">
                <div class="card-head">
                    <h2>{t::after(lang)}</h2>
                </div>
                <ol class="checklist">
                    {[
                        o::step_instance(lang),
                        o::step_topic(lang),
                        o::step_group(lang),
                        o::step_key(lang),
                        crate::i18n::instances::endpoints(lang),
                    ]
                        .into_iter()
                        .map(|step| {
                            view! {
                                <li>
                                    <div>
                                        <b>{step}</b>
                                    </div>
                                </li>
                            }
                        })
                        .collect_view()}
                </ol>
            </section>
        </div>
    }
}

#[component]
fn Items(offer: Offer) -> impl IntoView {
    let lang = use_lang();
    let row = move |item: &'static str, specification: String| {
        view! {
            <tr>
                <th scope="row">{item}</th>
                <td data-l=t::specification(lang)>{specification}</td>
                <td class="r" data-l=t::quantity(lang)>
                    "1"
                </td>
                <td class="r" data-l=t::price(lang)>
                    "0.00"
                </td>
            </tr>
        }
    };
    view! {
        <div class="table-scroll">
            <table class="table table-stack">
                <thead>
                    <tr>
                        <th>{t::item(lang)}</th>
                        <th>{t::specification(lang)}</th>
                        <th class="r">{t::quantity(lang)}</th>
                        <th class="r">{t::price(lang)}</th>
                    </tr>
                </thead>
                <tbody>
                    {row(t::item_queue(lang), t::spec_queue(lang, offer.instances_per_region))}
                    {row(t::item_storage(lang), t::spec_storage(lang, kept_for(lang, offer.retention_hours)))}
                </tbody>
            </table>
        </div>
    }
}

#[component]
fn OrderForm(action: ServerAction<ActivateAction>, may: bool) -> impl IntoView {
    let lang = use_lang();
    let error = Signal::derive(move || action.value().get().and_then(Result::err));
    let agreed = RwSignal::new(false);
    // Before the page is awake the button works: the server checks the tick.
    let awake = RwSignal::new(false);
    Effect::new(move |_| awake.set(true));
    let blocked = move || !may || (awake.get() && !agreed.get());
    let terms_error = move || error.with(|e| errors::at_field(lang, e.as_ref(), Field::Terms));
    view! {
        <ActionForm action=action attr:class="stack">
            <FormError error=error/>
            <label class="check">
                <input type="checkbox" name="agreed" value="true" bind:checked=agreed disabled=!may/>
                <span>
                    {t::agree_before(lang)} <a href=paths::TERMS>{t::agree_terms(lang)}</a>
                </span>
            </label>
            {move || terms_error().map(|text| view! { <ErrorLine id="terms-e".to_owned() text/> })}
            <div class="row">
                <button
                    class="btn btn-primary"
                    type="submit"
                    disabled=blocked
                    aria-describedby="activate-why"
                    aria-busy=move || action.pending().get().then_some("true")
                >
                    {move || if action.pending().get() { t::activating(lang) } else { t::activate(lang) }}
                </button>
                <span class="hint" id="activate-why">
                    {move || match (may, blocked()) {
                        (false, _) => t::only_owner(lang),
                        (true, true) => t::tick_first(lang),
                        (true, false) => "",
                    }}
                </span>
            </div>
        </ActionForm>
    }
}
