//! Creating an instance: type, name, description. Works without scripts.
use leptos::prelude::*;
use leptos_meta::Title;

use crate::api::Field;
use crate::api::instances::CreateInstance as CreateAction;
use crate::components::submit::{at_field, once, use_focus_on_refusal};
use crate::components::{DescriptionField, ErrorLine, FormError, SubmitButton, TextField};
use crate::frame::{Crumbs, use_me, use_region};
use crate::i18n::{common as c, instances as t};
use crate::paths;
use crate::settings::use_lang;

#[component]
pub(crate) fn CreateInstance() -> impl IntoView {
    let lang = use_lang();
    let region = use_region();
    let regions = StoredValue::new(use_me().regions);
    let action = ServerAction::<CreateAction>::new();
    let error = Signal::derive(move || action.value().get().and_then(Result::err));
    use_focus_on_refusal(error);
    let at_region = at_field(error, Field::Region);
    let name = RwSignal::new(String::new());
    let description = RwSignal::new(String::new());
    let region_name = move || {
        let id = region.get();
        regions.with_value(|all| {
            all.iter().find(|r| r.id == id).map_or(id.clone(), |r| match lang {
                crate::i18n::Lang::Zh => r.name_zh.clone(),
                crate::i18n::Lang::En => r.name_en.clone(),
            })
        })
    };
    view! {
        <Title text=t::create(lang)/>
        <Crumbs
            up=Signal::derive(move || vec![(paths::instances(&region.get()), t::title(lang).to_owned())])
            here=t::create(lang).to_owned()
        />
        <div class="page-head">
            <div>
                <h1>{t::create(lang)}</h1>
                <p>{move || t::in_region(lang, region_name())}</p>
            </div>
        </div>
        <section class="card form-card">
            <ActionForm action=action attr:class="card-body form" on:submit:capture=once(action.pending())>
                <FormError error=error/>
                {move || at_region.get().map(|text| view! { <ErrorLine id="region-e".to_owned() text/> })}
                <input type="hidden" name="region" value=move || region.get()/>
                <fieldset class="field">
                    <legend class="label">{t::edition(lang)}</legend>
                    <div class="choice">
                        <label>
                            <input type="radio" checked=true/>
                            <span>{t::standard(lang)} <small>{t::standard_hint(lang)}</small></span>
                        </label>
                    </div>
                </fieldset>
                <TextField
                    id="name"
                    name="name"
                    label=t::instance_name(lang)
                    value=name
                    error=at_field(error, Field::InstanceName)
                    max=64
                    hint=t::name_hint(lang)
                />
                <DescriptionField id="description" value=description error=at_field(error, Field::Description)/>
                <div class="row row-end">
                    <a class="btn" href=move || paths::instances(&region.get())>
                        {c::cancel(lang)}
                    </a>
                    <SubmitButton busy=action.pending() verb=c::confirm(lang) doing=t::creating(lang)/>
                </div>
            </ActionForm>
        </section>
    }
}
