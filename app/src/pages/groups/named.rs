//! A Group ID as a resource with a name.
use std::future::Future;

use leptos::prelude::*;

use crate::api::groups::{Group, GroupImpact, delete_group, edit_group, load_group_impact};
use crate::api::{ApiError, Rights};
use crate::components::Cell;
use crate::i18n::{Lang, common as c, figures as f, groups as t, named as tn};
use crate::pages::here::Here;
use crate::pages::named::{Ids, NamedRow};

impl NamedRow for Group {
    type Impact = GroupImpact;
    const IDS: Ids =
        Ids { slug: "group", edit: "edit-group", edit_description: "edit-group-description", delete: "delete-group" };
    const KIND: fn(Lang) -> &'static str = c::group_id;

    fn name(&self) -> &str {
        &self.name
    }

    fn description(&self) -> &str {
        &self.description
    }

    fn created_at_ms(&self) -> i64 {
        self.created_at_ms
    }

    fn rights(&self) -> Rights {
        self.rights
    }

    fn address(&self, here: Here) -> String {
        here.group(self.protocol, &self.name)
    }

    fn describe(
        instance: String,
        name: String,
        description: String,
    ) -> impl Future<Output = Result<Self, ApiError>> + Send + 'static {
        edit_group(instance, name, description)
    }

    fn delete(
        instance: String,
        name: String,
        typed: String,
    ) -> impl Future<Output = Result<(), ApiError>> + Send + 'static {
        delete_group(instance, name, typed)
    }

    fn impact(instance: String, name: String) -> impl Future<Output = Result<GroupImpact, ApiError>> + Send + 'static {
        load_group_impact(instance, name)
    }

    fn stops(lang: Lang, impact: GroupImpact) -> AnyView {
        let names = move |names: Vec<String>| {
            if names.is_empty() { "-".into_any() } else { names.join(lang.comma()).into_any() }
        };
        view! {
            <dl class="kv kv-1 card-body card">
                <div>
                    <dt>{tn::online_clients(lang)}</dt>
                    <dd>
                        <Cell figure=impact.clients show=|n| view! { <b>{n}</b> }.into_any()/>
                    </dd>
                </div>
                <div>
                    <dt>{t::subscribed_topics(lang)}</dt>
                    <dd>
                        <Cell figure=impact.topics show=names/>
                    </dd>
                </div>
                <div>
                    <dt>{t::not_consumed(lang)}</dt>
                    <dd>
                        <Cell figure=impact.waiting show=|n| view! { <b>{f::grouped(n.0)}</b> }.into_any()/>
                    </dd>
                </div>
            </dl>
            <p class="hint">{t::deletes_progress(lang)}</p>
        }
        .into_any()
    }
}
