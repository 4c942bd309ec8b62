//! The terms of service.
use leptos::prelude::*;
use leptos_meta::Title;

use super::activate::kept_for;
use crate::api::service::load_offer;
use crate::components::Failed;
use crate::i18n::service as t;
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(crate) fn Terms() -> impl IntoView {
    let lang = use_lang();
    let offer = Resource::new_blocking(|| (), |()| load_offer());
    view! {
        <Title text=t::terms_title(lang)/>
        <div class="page-head">
            <div>
                <h1>{t::terms_title(lang)}</h1>
            </div>
            <div class="row actions">
                <a class="btn" href=paths::ACTIVATE>
                    {t::terms_back(lang)}
                </a>
            </div>
        </div>
        <section class="card">
            <Transition>
                {move || Suspend::new(async move {
                    match offer.await {
                        Ok(offer) => {
                            view! {
                                <div class="card-body prose">
                                    <ol>
                                        <li>{t::terms_1(lang)}</li>
                                        <li>{t::terms_2(lang, kept_for(lang, offer.retention_hours))}</li>
                                        <li>{t::terms_3(lang)}</li>
                                        <li>{t::terms_4(lang)}</li>
                                        <li>{t::terms_5(lang)}</li>
                                    </ol>
                                </div>
                            }
                                .into_any()
                        }
                        Err(error) => view! { <Failed error what=t::terms_title(lang)/> }.into_any(),
                    }
                })}
            </Transition>
        </section>
    }
}
