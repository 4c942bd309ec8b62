//! A Group ID as a resource with a name.
use leptos::prelude::*;

use crate::api::groups::{Group, GroupImpact, delete_group, edit_group, load_group_impact};
use crate::api::{ApiError, Field, Rights};
use crate::components::Cell;
use crate::i18n::{Lang, common as c, figures as f, groups as t, named as tn};
use crate::pages::here::Here;
use crate::pages::named::{Ids, NamedRow, Stops, names};

impl NamedRow for Group {
    type Impact = GroupImpact;
    const IDS: Ids = Ids {
        slug: "group",
        name: "group-name",
        description: "group-description",
        edit: "edit-group",
        edit_description: "edit-group-description",
        delete: "delete-group",
    };
    const KIND: fn(Lang) -> &'static str = c::group_id;
    const NAME_FIELD: Field = Field::GroupId;

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

    async fn describe(instance: String, name: String, description: String) -> Result<Self, ApiError> {
        edit_group(instance, name, description).await
    }

    async fn delete(instance: String, name: String, typed: String) -> Result<(), ApiError> {
        delete_group(instance, name, typed).await
    }

    async fn impact(instance: String, name: String) -> Result<GroupImpact, ApiError> {
        load_group_impact(instance, name).await
    }

    fn stops(lang: Lang, impact: GroupImpact) -> Stops {
        let clients = view! { <Cell figure=impact.clients show=|n| view! { <b>{n}</b> }.into_any()/> }.into_any();
        let waiting =
            view! { <Cell figure=impact.waiting show=|n| view! { <b>{f::grouped(n.0)}</b> }.into_any()/> }.into_any();
        Stops {
            figures: [
                (tn::online_clients(lang), clients),
                (t::subscribed_topics(lang), names(lang, impact.topics)),
                (t::not_consumed(lang), waiting),
            ],
            lost: Some(t::deletes_progress(lang)),
        }
    }
}
