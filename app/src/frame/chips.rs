//! Instance chips on top of instance pages, and the way from a region's menu entry to its first
//! instance.
use leptos::prelude::*;
use leptos_router::components::Redirect;
use leptos_router::hooks::use_params_map;

use super::{use_region, use_session};
use crate::api::instances::load_instances;
use crate::components::empty::read_failed;
use crate::components::{Empty, Icon};
use crate::i18n::{common as c, instances as ti, shell as t};
use crate::paths;
use crate::place::Section;
use crate::settings::use_lang;

/// Links to the same section of every instance of the region. `current`: the instance shown.
#[component]
pub(crate) fn InstanceChips(section: Section, #[prop(into)] current: Signal<String>) -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let session = use_session();
    let list = Resource::new_blocking(move || region.get(), load_instances);
    view! {
        <nav class="chips" aria-label=c::instance(lang)>
            <span>{c::instance(lang)}</span>
            <Transition>
                {move || Suspend::new(async move {
                    // What fails here is said by the page itself.
                    let rows = session.instances(&region.get_untracked(), list.await);
                    rows.into_iter()
                        .map(|(id, name)| {
                            view! {
                                <a
                                    class="chip"
                                    href=section.of_instance(&region.get_untracked(), &id)
                                    aria-current=move || (current.get() == id).then_some("true")
                                >
                                    {name}
                                </a>
                            }
                        })
                        .collect_view()
                })}
            </Transition>
        </nav>
    }
}

/// A page of the menu without an instance in its address: goes on to the first instance, or says
/// that there is none. `title`: of the page.
#[component]
pub(crate) fn RegionEntry(section: Section, #[prop(into)] title: String) -> impl IntoView {
    let lang = use_lang();
    let params = use_params_map();
    let region = Memo::new(move |_| params.with(|p| p.get("region").unwrap_or_default()));
    let list = Resource::new_blocking(move || region.get(), load_instances);
    view! {
        <leptos_meta::Title text=title.clone()/>
        <div class="page-head">
            <div>
                <h1>{title}</h1>
            </div>
        </div>
        <Transition>
            {move || Suspend::new(async move {
                match list.await {
                    Ok(list) => {
                        match list.rows.first() {
                            Some(first) => {
                                view! { <Redirect path=section.of_instance(&region.get_untracked(), &first.id)/> }
                                    .into_any()
                            }
                            None => view! { <NoInstance region=region.get_untracked() may_create=list.may_create/> }.into_any(),
                        }
                    }
                    Err(error) => read_failed(list, error, ti::list(lang)),
                }
            })}
        </Transition>
    }
}

/// The region has no instance yet.
#[component]
pub(crate) fn NoInstance(region: String, may_create: bool) -> impl IntoView {
    let lang = use_lang();
    view! {
        <div class="table-box">
            <Empty title=t::no_instance(lang) why=t::no_instance_why(lang)>
                {if may_create {
                    view! {
                        <a class="btn btn-primary" href=paths::create_instance(&region)>
                            <Icon name="plus"/>
                            {t::create_instance(lang)}
                        </a>
                    }
                        .into_any()
                } else {
                    view! { <span class="hint">{c::not_allowed_owner(lang)}</span> }.into_any()
                }}
            </Empty>
        </div>
    }
}
