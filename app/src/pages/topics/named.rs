//! A Topic as a resource with a name.
use leptos::prelude::*;

use crate::api::topics::{Topic, TopicImpact, delete_topic, edit_topic, load_topic_impact};
use crate::api::{ApiError, Field, Rights};
use crate::components::Cell;
use crate::i18n::{Lang, common as c, figures as f, named as tn, topics as t};
use crate::pages::here::Here;
use crate::pages::named::{Ids, NamedRow, Stops, names};

impl NamedRow for Topic {
    type Impact = TopicImpact;
    const IDS: Ids = Ids {
        slug: "topic",
        name: "topic-name",
        description: "topic-description",
        edit: "edit-topic",
        edit_description: "edit-topic-description",
        delete: "delete-topic",
    };
    const KIND: fn(Lang) -> &'static str = c::topic;
    const NAME_FIELD: Field = Field::TopicName;

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
        here.topic(&self.name)
    }

    async fn describe(instance: String, name: String, description: String) -> Result<Self, ApiError> {
        edit_topic(instance, name, description).await
    }

    async fn delete(instance: String, name: String, typed: String) -> Result<(), ApiError> {
        delete_topic(instance, name, typed).await
    }

    async fn impact(instance: String, name: String) -> Result<TopicImpact, ApiError> {
        load_topic_impact(instance, name).await
    }

    fn stops(lang: Lang, impact: TopicImpact) -> Stops {
        let clients = view! {
            <Cell figure=impact.producers show=move |n| t::deletes_producers(lang, n).into_any()/>
            " · "
            <Cell figure=impact.consumers show=move |n| t::deletes_consumers(lang, n).into_any()/>
        }
        .into_any();
        let messages =
            view! { <Cell figure=impact.messages show=|n| view! { <b>{f::grouped(n.0)}</b> }.into_any()/> }.into_any();
        Stops {
            figures: [
                (tn::online_clients(lang), clients),
                (c::group_id(lang), names(lang, impact.groups)),
                (t::deletes_messages(lang), messages),
            ],
            lost: None,
        }
    }
}
