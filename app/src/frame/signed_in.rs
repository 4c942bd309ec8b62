//! Loads who is signed in, and shows the frame, the sign-in page or why neither is possible.
use leptos::prelude::*;
use leptos_router::components::Outlet;
use leptos_router::hooks::{use_location, use_params_map};

use super::bars::{SideMenu, TopBar};
use super::keys;
use crate::api::instances::Instances;
use crate::api::session::{KnownCaller, Region, Whoami, load_whoami};
use crate::api::{ApiError, Problem};
use crate::components::empty::NotActivated;
use crate::components::to_sign_in::ToSignIn;
use crate::components::{Failed, Toasts};
use crate::i18n::shell as t;
use crate::paths;
use crate::place::Place;
use crate::settings::{REGION, remember, remembered_region, use_lang};

/// The session of this tab.
#[derive(Clone, Copy)]
pub(crate) struct Session {
    me: StoredValue<Option<Whoami>>,
    activated: RwSignal<bool>,
    /// Id of the region shown last.
    region: RwSignal<String>,
    /// Region, and ID and name of each of its instances, as read last.
    instances: StoredValue<(String, Vec<(String, String)>)>,
}

impl Session {
    pub(crate) fn knows(self, region: &str) -> bool {
        self.me.with_value(|me| me.as_ref().is_some_and(|me| me.regions.iter().any(|r| r.id == region)))
    }

    /// ID and name of the instances of `region`, as `read` or else as they were read last.
    pub(super) fn instances(self, region: &str, read: Result<Instances, ApiError>) -> Vec<(String, String)> {
        match read {
            Ok(list) => {
                let rows: Vec<_> = list.rows.into_iter().map(|one| (one.id, one.name)).collect();
                _ = self.instances.try_set_value((region.to_owned(), rows.clone()));
                rows
            }
            Err(_) => self
                .instances
                .try_with_value(|(of, rows)| (of == region).then(|| rows.clone()))
                .flatten()
                .unwrap_or_default(),
        }
    }

    /// The service has been enabled in this tab: all pages open, without drawing the frame anew.
    pub(crate) fn opened(self) {
        self.me.update_value(|me| {
            if let Some(me) = me {
                me.activated = true;
            }
        });
        self.activated.set(true);
    }
}

pub(crate) fn use_session() -> Session {
    expect_context()
}

/// Who is signed in. Pages inside the frame always have somebody.
pub(crate) fn use_me() -> Whoami {
    use_session().me.get_value().expect("the frame shows pages only when somebody is signed in")
}

/// The region of the page: of the address if there is such a one, else the one shown last, else the first.
pub(crate) fn use_region() -> Signal<String> {
    let session = use_session();
    let pathname = use_location().pathname;
    Signal::derive(move || {
        let asked = Place::of(&pathname.get()).region;
        asked.filter(|id| session.knows(id)).unwrap_or_else(|| session.region.get())
    })
}

/// Keeps the region of the address for pages that have none, in this tab and by a cookie.
fn remember_region(session: Session) {
    let pathname = use_location().pathname;
    Effect::new(move |_| {
        let asked = Place::of(&pathname.get()).region.filter(|id| session.knows(id));
        if let Some(id) = asked.filter(|id| session.region.with_untracked(|now| now != id)) {
            remember(REGION, &paths::escape(&id));
            session.region.set(id);
        }
    });
}

/// The instance ID in the address of a page below `/r/:region/i/:instance`.
pub(crate) fn use_instance_id() -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|p| p.get("instance").unwrap_or_default()))
}

/// Name of a region in the language of the page.
pub(super) fn region_name(region: &Region) -> String {
    match use_lang() {
        crate::i18n::Lang::Zh => region.name_zh.clone(),
        crate::i18n::Lang::En => region.name_en.clone(),
    }
}

/// Parent of every signed-in page.
///
/// Who is signed in comes with the page that the server sends; only a tab that came here from a page
/// before sign-in asks. It is not a reading that the pages wait in: the server and the browser build
/// what waits in a reading twice, and each page would read everything twice.
#[component]
pub(crate) fn SignedIn() -> impl IntoView {
    let told = SharedValue::new(told_by_server).into_inner();
    let ask = Action::new(|(): &()| load_whoami());
    if told.is_none() {
        ask.dispatch(());
    }
    let me = StoredValue::new(None);
    let activated = RwSignal::new(false);
    let region = RwSignal::new(String::new());
    let session = Session { me, activated, region, instances: StoredValue::default() };
    provide_context(session);
    let answer = ask.value();
    move || match answer.get().or_else(|| told.clone()) {
        None => ().into_any(),
        Some(Ok(who)) => {
            activated.set(who.activated);
            let first = who.regions.first().map(|r| r.id.clone()).unwrap_or_default();
            me.set_value(Some(who));
            region.set(remembered_region().filter(|id| session.knows(id)).unwrap_or(first));
            view! { <Frame/> }.into_any()
        }
        Some(Err(error)) if error.problem == Problem::SignedOut => view! { <ToSignIn/> }.into_any(),
        Some(Err(error)) => {
            let retry = Callback::new(move |()| _ = ask.dispatch(()));
            let what = t::error_title(use_lang());
            view! {
                <super::Bare>
                    <Failed error what retry/>
                </super::Bare>
            }
            .into_any()
        }
    }
}

/// What the server found out for this page; in the browser `None`.
fn told_by_server() -> Option<Result<Whoami, ApiError>> {
    use_context::<KnownCaller>().map(|KnownCaller(who)| who)
}

#[component]
fn Frame() -> impl IntoView {
    let lang = use_lang();
    let pathname = use_location().pathname;
    let activated = use_session().activated;
    let open = Memo::new(move |_| activated.get() || Place::of(&pathname.get()).section.without_service());
    close_menus_when_leaving();
    remember_region(use_session());
    keys::focus_page_when_left_behind();
    keys::slash_goes_to_search();
    view! {
        <a class="skip" href="#main">
            {t::skip(lang)}
        </a>
        <div class="app">
            <TopBar/>
            <SideMenu/>
            <main class="main" id="main" tabindex="-1">
                <Show
                    when=move || open.get()
                    fallback=|| {
                        view! {
                            <div class="table-box">
                                <NotActivated/>
                            </div>
                        }
                    }
                >
                    <Outlet/>
                </Show>
            </main>
        </div>
        <Toasts/>
    }
}

/// A popover stays open when the router changes the page under it.
fn close_menus_when_leaving() {
    use wasm_bindgen::JsCast;
    let location = use_location();
    Effect::new(move |before: Option<()>| {
        location.pathname.track();
        location.search.track();
        if before.is_none() {
            return;
        }
        let Ok(open) = document().query_selector_all("[popover]:popover-open:not([popover=manual])") else { return };
        for i in 0..open.length() {
            if let Some(menu) = open.get(i).and_then(|n| n.dyn_into::<web_sys::HtmlElement>().ok()) {
                drop(menu.hide_popover());
            }
        }
    });
}
