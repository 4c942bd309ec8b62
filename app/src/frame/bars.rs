//! Top bar and left menu.
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::signed_in::region_name;
use super::{PRODUCT, use_me, use_region};
use crate::api::session::SignOut;
use crate::components::Icon;
use crate::components::icon::{IconEnd, Logo};
use crate::i18n::shell as t;
use crate::paths;
use crate::place::{Place, Section};
use crate::settings::{Settings, Theme, remember, use_lang};

#[component]
pub(super) fn TopBar() -> impl IntoView {
    let lang = use_lang();
    let me = use_me();
    let region = use_region();
    let regions = StoredValue::new(me.regions.clone());
    let current = move || {
        regions.with_value(|all| all.iter().find(|r| r.id == region.get()).map(region_name)).unwrap_or_default()
    };
    view! {
        <header class="topbar">
            <button class="tb tb-menu" type="button" popovertarget="side" aria-label=t::menu(lang)>
                <Icon name="menu"/>
            </button>
            <a class="brand" href=move || paths::overview(&region.get()) aria-label="TernMQ">
                <Logo/>
            </a>
            <button class="tb tb-wide" type="button" popovertarget="m-region">
                <Icon name="globe"/>
                <span class="hide-narrow">{t::region_colon(lang)}</span>
                <b class="tb-wide">{current}</b>
                <IconEnd name="down" wide=true/>
            </button>
            <span class="spacer"></span>
            <LanguageLink class="tb tb-wide"/>
            <ThemeButton/>
            <button class="tb" type="button" popovertarget="m-acct" aria-label=format!("{}: {} / {}", t::account_menu(lang), me.account, me.user)>
                <Icon name="user"/>
                <b class="tb-wide">{format!("{} / {}", me.account, me.user)}</b>
                <IconEnd name="down" wide=true/>
            </button>
            <div class="menu" id="m-region" popover="auto">
                <RegionLinks/>
            </div>
            <ThemeMenu/>
            <div class="menu" id="m-acct" popover="auto">
                <a href=paths::ACCESS_KEYS>
                    <Icon name="key"/>
                    {t::access_keys(lang)}
                </a>
                {me.owner
                    .then(|| {
                        view! {
                            <a href=paths::AUDIT>
                                <Icon name="stack"/>
                                {t::audit(lang)}
                            </a>
                        }
                    })} <hr/> <SignOutButton/>
            </div>
        </header>
    }
}

/// Works without scripts too: it is a form.
#[component]
fn SignOutButton() -> impl IntoView {
    let lang = use_lang();
    let sign_out = ServerAction::<SignOut>::new();
    view! {
        <ActionForm action=sign_out>
            <button type="submit">
                <Icon name="ext"/>
                {t::sign_out(lang)}
            </button>
        </ActionForm>
    }
}

#[component]
fn RegionLinks() -> impl IntoView {
    let region = use_region();
    use_me()
        .regions
        .into_iter()
        .map(|r| {
            let name = region_name(&r);
            let id = r.id.clone();
            let is_current = move || region.get() == id;
            let mark = is_current.clone();
            view! {
                <a href=paths::overview(&r.id) aria-current=move || is_current().then_some("true")>
                    {move || {
                        if mark() {
                            view! { <Icon name="check"/> }.into_any()
                        } else {
                            view! { <svg class="i" aria-hidden="true"></svg> }.into_any()
                        }
                    }}
                    {name}
                </a>
            }
        })
        .collect_view()
}

/// To the same page in the other language; loads it again.
#[component]
pub(super) fn LanguageLink(class: &'static str) -> impl IntoView {
    let other = use_lang().other();
    let location = use_location();
    let href = move || {
        let search = location.search.get();
        let kept = search.trim_start_matches('?').split('&').filter(|p| !p.is_empty() && !p.starts_with("lang="));
        let mut query: Vec<&str> = kept.collect();
        let lang = format!("lang={}", other.slug());
        query.push(&lang);
        format!("{}?{}", location.pathname.get(), query.join("&"))
    };
    view! {
        <a class=class href=href rel="external" lang=other.tag() hreflang=other.tag()>
            <Icon name="lang"/>
            {other.name()}
        </a>
    }
}

#[component]
pub(super) fn ThemeButton() -> impl IntoView {
    let lang = use_lang();
    view! {
        <button class="tb tb-wide" type="button" popovertarget="m-theme" aria-label=t::theme(lang)>
            <Icon name="moon"/>
        </button>
    }
}

#[component]
pub(super) fn ThemeMenu() -> impl IntoView {
    view! {
        <div class="menu" id="m-theme" popover="auto">
            <ThemeLinks/>
        </div>
    }
}

/// Links, so that they work before the page is awake; after that, no reload.
#[component]
fn ThemeLinks() -> impl IntoView {
    let lang = use_lang();
    let chosen = RwSignal::new(use_context::<Settings>().unwrap_or_default().theme);
    [
        (Theme::System, "undo", t::theme_system(lang)),
        (Theme::Light, "sun", t::theme_light(lang)),
        (Theme::Dark, "moon", t::theme_dark(lang)),
    ]
    .into_iter()
    .map(|(theme, icon, name)| {
        let icon = if theme == Theme::System { "columns" } else { icon };
        view! {
            <a
                href=format!("?theme={}", theme.slug())
                rel="external"
                aria-current=move || (chosen.get() == theme).then_some("true")
                on:click=move |ev| {
                    ev.prevent_default();
                    chosen.set(theme);
                    apply(theme);
                }
            >
                <Icon name=icon/>
                {name}
            </a>
        }
    })
    .collect_view()
}

fn apply(theme: Theme) {
    if let Some(root) = document().document_element() {
        let done = match theme.attribute() {
            Some(value) => root.set_attribute("data-theme", value),
            None => root.remove_attribute("data-theme"),
        };
        drop(done);
    }
    remember("theme", theme.slug());
}

#[component]
pub(super) fn SideMenu() -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let pathname = use_location().pathname;
    let place = Memo::new(move |_| Place::of(&pathname.get()));
    let entry = move |section: Section, icon: &'static str, name: &'static str| {
        // From one instance's page to another of the same instance.
        let href = move || {
            let place = place.get();
            match (&place.instance, section) {
                (Some(id), s) if s != Section::Overview => s.of_instance(&region.get(), id),
                _ => section.of_region(&region.get()),
            }
        };
        view! {
            <a href=href aria-current=move || (place.get().section == section).then_some("page")>
                <Icon name=icon/>
                <span>{name}</span>
            </a>
        }
    };
    view! {
        <nav class="side" id="side" popover="auto" aria-label=t::main_menu(lang)>
            {entry(Section::Overview, "overview", t::overview(lang))}
            {entry(Section::Instances, "instance", t::instance_details(lang))}
            {entry(Section::Topics, "topic", t::topics(lang))} {entry(Section::Groups, "group", t::groups(lang))}
            <h2>{t::messages_heading(lang)}</h2>
            {entry(Section::Messages, "search", t::message_query(lang))} <h2>{t::observe_heading(lang)}</h2>
            {entry(Section::Rejected, "plug", t::rejected(lang))} <div class="side-narrow">
                <RegionLinks/>
                <LanguageLink class=""/>
                <ThemeLinks/>
            </div> <p class="side-foot">{PRODUCT}</p>
        </nav>
    }
}
