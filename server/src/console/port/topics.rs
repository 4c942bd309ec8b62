//! Topics: list, create, edit, delete, figures, subscriptions, and the test message.

use app::api::topics::{
    BODY_BYTES_MAX, KEYS_BYTES_MAX, MessageType, Sent, TAG_BYTES_MAX, Topic as TopicRow, TopicImpact, TopicPort,
    TopicStatus, TopicSubscription, Topics,
};
use app::api::{ApiError, Field, FieldError, Figure, Listing, Problem, Rule, Unknown, Whole};
use async_trait::async_trait;
use broker_core::access::{Action, Resource};
use broker_core::admin::{self, Consistency};
use broker_core::{OutgoingMessage, SendError};

use super::CallerPort;
use super::convert::{self, broker_type, capped, count, figure, page_type, queue_status};
use super::listing;
use super::refusal::{Answer, field, refused, refused_name, store};
use crate::db::resources::{Group, Instance, Topic};
use crate::tenant::Kind;
use crate::tenant::topics::NewTopic;

impl CallerPort {
    /// The store's figures of a Topic. Of one that the broker does not hold they are not known.
    pub(super) fn figures(&self, topic: &Topic) -> Figure<admin::TopicStatus> {
        match self.console.broker().topic_status(topic.of_broker.no) {
            Some(read) => figure(read),
            None => Figure::Unknown(Unknown::StoreUnreadable),
        }
    }

    /// One Topic of the instance as it is now.
    async fn topic_now(&self, instance: &str, topic: Topic) -> Answer<TopicRow> {
        let instance = self.instance(instance).await?;
        self.reading(move |port| port.topic_row(&instance, &topic, &port.figures(&topic))).await
    }

    fn topic_row(&self, instance: &Instance, topic: &Topic, figures: &Figure<admin::TopicStatus>) -> TopicRow {
        TopicRow {
            name: topic.of_broker.name.to_string(),
            message_type: page_type(topic.of_broker.message_type),
            description: topic.description.clone(),
            created_at_ms: topic.of_broker.created_at_ms,
            queues: topic.of_broker.queues,
            messages: figures.clone().map(|status| Whole(status.messages)),
            last_stored_at_ms: figures.clone().map(|status| status.last_stored_at_ms),
            rights: self.rights(instance, Resource::Topic(&topic.of_broker.name)),
        }
    }

    async fn list_topics(&self, instance: &str, listing: &Listing) -> Answer<Topics> {
        let instance = self.instance(instance).await?;
        let all = self.topics_of(&instance).await?;
        let page = listing::page(
            all,
            listing,
            |topic| [&topic.of_broker.name, &topic.description],
            |a, b| {
                let by_type = || type_order(a).cmp(&type_order(b));
                if listing.sort == "type" {
                    by_type().then(listing::order("", a, b))
                } else {
                    listing::order(&listing.sort, a, b)
                }
            },
        );
        let may_create = self.rights(&instance, Resource::Instance).manage;
        let rows =
            move |port: &Self| listing::map(page, |topic| port.topic_row(&instance, &topic, &port.figures(&topic)));
        Ok(Topics {
            page: self.reading(rows).await?,
            max: capped(self.console.platform().limits().topics_max),
            may_create,
            counts: (),
        })
    }

    async fn status_of_topic(&self, instance: &str, name: &str) -> Answer<TopicStatus> {
        let (instance, topic) = self.topic(instance, name, None).await?;
        let groups = self.groups_of(&instance).await?;
        let status = move |port: &Self| {
            let figures = port.figures(&topic);
            TopicStatus {
                topic: port.topic_row(&instance, &topic, &figures),
                queues: figures.map(|status| status.queues.iter().map(queue_status).collect()),
                subscriptions: port.subscriptions_of(&topic, &groups),
            }
        };
        self.reading(status).await
    }

    /// - `groups`: those of the Topic's instance that the caller sees.
    fn subscriptions_of(&self, topic: &Topic, groups: &[Group]) -> Figure<Vec<TopicSubscription>> {
        let subscribing = self.console.broker().topic_groups(topic.of_broker.no);
        let mut rows = Vec::new();
        for group in groups.iter().filter(|group| subscribing.contains(&group.of_broker.no)) {
            let Some(status) = self.console.broker().group_status(group.of_broker.no) else { continue };
            let status = match figure(status) {
                Figure::Value(status) => status,
                Figure::Unknown(why) | Figure::Stale { why, .. } => return Figure::Unknown(why),
            };
            rows.push(subscription_of(topic, &group.of_broker.name, &status));
        }
        rows.sort_by(|a, b| a.group.cmp(&b.group));
        Figure::Value(rows)
    }

    async fn impact_of_topic(&self, instance: &str, name: &str) -> Answer<TopicImpact> {
        let (instance, topic) = self.topic(instance, name, None).await?;
        let groups = self.groups_of(&instance).await?;
        let online = |rows: Vec<TopicSubscription>| rows.into_iter().filter(|row| row.clients > 0);
        let impact = move |port: &Self| {
            let subscriptions = port.subscriptions_of(&topic, &groups);
            TopicImpact {
                producers: Figure::Value(count(&port.console.broker().producers(instance.of_broker.no))),
                consumers: subscriptions
                    .clone()
                    .map(|rows| rows.iter().fold(0, |sum: u32, row| sum.saturating_add(row.clients))),
                groups: subscriptions.map(|rows| online(rows).map(|row| row.group).collect()),
                messages: port.figures(&topic).map(|status| Whole(status.messages)),
            }
        };
        self.reading(impact).await
    }

    async fn make_topic(
        &self,
        instance: &str,
        name: String,
        message_type: MessageType,
        queues: Option<u16>,
        description: String,
    ) -> Answer<TopicRow> {
        let who = self.who()?;
        let new = NewTopic { queues, description, ..NewTopic::new(&name, broker_type(message_type)) };
        let made = self.console.platform().create_topic(&who, instance, new).await;
        let topic = made.map_err(|error| refused_name(error, Kind::Topic))?;
        self.topic_now(instance, topic).await
    }

    async fn change_topic(&self, instance: &str, name: &str, description: &str) -> Answer<TopicRow> {
        let who = self.who()?;
        let topic =
            self.console.platform().describe::<Topic>(&who, instance, name, description).await.map_err(refused)?;
        self.topic_now(instance, topic).await
    }

    async fn remove_topic(&self, instance: &str, name: &str, confirm: &str) -> Answer<()> {
        self.console.platform().delete::<Topic>(&self.who()?, instance, name, confirm).await.map_err(refused)
    }

    async fn send_test_message(&self, instance: &str, topic: &str, body: String, tag: &str, key: &str) -> Answer<Sent> {
        let (instance, topic) = self.topic(instance, topic, Some(Action::Publish)).await?;
        check_message(&body, tag, key)?;
        let started = self.console.now_ms();
        let message = OutgoingMessage {
            topic: topic.of_broker.no,
            tag: (!tag.is_empty()).then(|| tag.to_owned()),
            keys: (!key.is_empty()).then(|| key.to_owned()),
            properties: Vec::new(),
            body: body.into_bytes(),
            from: self.caller.peer.address,
        };
        let receipt = self.console.broker().send(message).await.map_err(send_problem)?;
        self.record_sent(&instance, &topic, &receipt.message_id).await;
        Ok(Sent {
            message_id: receipt.message_id,
            stored_at_ms: receipt.stored_at_ms,
            took_ms: u32::try_from(self.console.now_ms().saturating_sub(started)).unwrap_or(0),
        })
    }
}

fn type_order(topic: &Topic) -> usize {
    let message_type = page_type(topic.of_broker.message_type);
    MessageType::ALL.iter().position(|one| *one == message_type).unwrap_or(usize::MAX)
}

fn subscription_of(topic: &Topic, group: &str, status: &admin::GroupStatus) -> TopicSubscription {
    let mine = |client: &admin::ConsumerClient| {
        client.subscriptions.iter().find(|one| one.topic == Some(topic.of_broker.no)).map(|one| one.expression.clone())
    };
    let online: Vec<(&admin::ConsumerClient, String)> =
        status.clients.iter().filter_map(|client| Some((client, mine(client)?))).collect();
    let mut expressions: Vec<String> = online.iter().map(|(_, expression)| expression.clone()).collect();
    expressions.sort();
    expressions.dedup();
    TopicSubscription {
        group: group.to_owned(),
        clients: count(&online),
        expressions,
        broadcasting: online.iter().any(|(client, _)| client.model == admin::ConsumeModel::Broadcasting),
        consistent: !matches!(status.consistency, Consistency::Inconsistent(_)),
        waiting: Figure::Value(convert::waiting_in(
            status.progress.iter().filter(|row| row.topic == topic.of_broker.no),
        )),
    }
}

/// The form's own rules; the broker checks the message once more as it does any client's.
fn check_message(body: &str, tag: &str, key: &str) -> Answer<()> {
    let mut wrong = Vec::new();
    let mut refuse = |field, rule| wrong.push(FieldError { field, rule });
    if body.is_empty() {
        refuse(Field::Body, Rule::Required);
    } else if body.len() > BODY_BYTES_MAX {
        refuse(Field::Body, Rule::TooLarge { max: capped(BODY_BYTES_MAX), actual: capped(body.len()) });
    }
    if tag.len() > TAG_BYTES_MAX {
        refuse(Field::Tag, Rule::TooLarge { max: capped(TAG_BYTES_MAX), actual: capped(tag.len()) });
    } else if let Some(found) = tag.chars().find(|c| c.is_control() || c.is_whitespace() || *c == '|') {
        refuse(Field::Tag, Rule::Characters { found: found.to_string() });
    }
    if key.len() > KEYS_BYTES_MAX {
        refuse(Field::Key, Rule::TooLarge { max: capped(KEYS_BYTES_MAX), actual: capped(key.len()) });
    } else if let Some(found) = key.chars().find(|c| c.is_control()) {
        refuse(Field::Key, Rule::Characters { found: found.to_string() });
    }
    if wrong.is_empty() { Ok(()) } else { Err(Problem::Fields(wrong)) }
}

fn send_problem(error: SendError) -> Problem {
    match error {
        SendError::TopicUnknown => Problem::NotFound,
        SendError::WrongType { .. } => field(Field::MessageType, Rule::TypeNotBuilt),
        SendError::Illegal { what } => {
            tracing::info!(%what, "the broker refused a test message");
            field(Field::Body, Rule::Malformed)
        }
        SendError::QueueUnknown { queue_id, queues } => {
            tracing::error!(queue_id, queues, "a test message was given a queue that does not exist");
            Problem::Internal
        }
        SendError::Full => Problem::StoreFull,
        SendError::Stopping => Problem::Stopping,
        SendError::Unconfirmed => Problem::Unconfirmed,
        SendError::Store(error) => store(error),
    }
}

#[async_trait]
impl TopicPort for CallerPort {
    async fn topics(&self, instance: String, listing: Listing) -> Result<Topics, ApiError> {
        self.finish(self.list_topics(&instance, &listing).await)
    }

    async fn create_topic(
        &self,
        instance: String,
        name: String,
        message_type: MessageType,
        queues: Option<u16>,
        description: String,
    ) -> Result<TopicRow, ApiError> {
        self.finish(self.make_topic(&instance, name, message_type, queues, description).await)
    }

    async fn edit_topic(&self, instance: String, name: String, description: String) -> Result<TopicRow, ApiError> {
        self.finish(self.change_topic(&instance, &name, &description).await)
    }

    async fn delete_topic(&self, instance: String, name: String, confirm: String) -> Result<(), ApiError> {
        self.finish(self.remove_topic(&instance, &name, &confirm).await)
    }

    async fn topic_impact(&self, instance: String, name: String) -> Result<TopicImpact, ApiError> {
        self.finish(self.impact_of_topic(&instance, &name).await)
    }

    async fn topic_status(&self, instance: String, name: String) -> Result<TopicStatus, ApiError> {
        self.finish(self.status_of_topic(&instance, &name).await)
    }

    async fn send_message(
        &self,
        instance: String,
        topic: String,
        body: String,
        tag: String,
        key: String,
    ) -> Result<Sent, ApiError> {
        self.finish(self.send_test_message(&instance, &topic, body, &tag, &key).await)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The form offers what the platform makes: the app can't ask it, so it has a list of its own.
    #[test]
    fn the_form_offers_the_types_that_can_be_made() {
        for message_type in MessageType::ALL {
            assert_eq!(message_type.can_be_created(), crate::tenant::topics::is_built(broker_type(message_type)));
        }
    }
}
