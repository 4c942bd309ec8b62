//! Finding messages. Every record is checked before it is shown: its Topic must live in the named
//! instance and the caller must be allowed to query it.

use app::api::messages::{FoundById, Lookup, Message, MessagePage, MessagePort, NotFound};
use app::api::{ApiError, Field, Problem, Rule};
use async_trait::async_trait;
use broker_core::access::{Action, Resource};
use broker_core::admin::{self, KeySearch, MessageView, TimeSearch};
use broker_core::store::StoreError;
use bytes::Bytes;

use super::convert::{capped, message, message_row};
use super::refusal::{Answer, field, store};
use super::{CallerPort, blocking};
use crate::db::resources::{Instance, Topic};

/// Longest id or key that is looked for.
const ID_BYTES_MAX: usize = 256;
const KEY_BYTES_MAX: usize = 1024;
/// Rows of a search by key.
const KEY_ROWS_MAX: usize = 64;

impl CallerPort {
    async fn find_by_id(&self, instance: &str, id: &str) -> Answer<FoundById> {
        let instance = self.instance(instance).await?;
        self.may_query_something(&instance)?;
        let id = id.trim().to_owned();
        if id.is_empty() {
            return Err(field(Field::MessageId, Rule::Required));
        }
        let started = self.console.now_ms();
        let found = if id.len() > ID_BYTES_MAX {
            admin::Lookup::NotFound(admin::NotFound::Malformed)
        } else {
            self.lookup(&instance, id).await?
        };
        let lookup = match found {
            admin::Lookup::Found(views) => {
                let mine = self.readable(&instance, &views).await?;
                if mine.is_empty() {
                    // It is there, in a Topic that the caller may not query.
                    return Err(Problem::Forbidden);
                }
                Lookup::Found(mine.into_iter().map(message_row).collect())
            }
            admin::Lookup::NotFound(why) => Lookup::NotFound(self.why_not(why).await?),
        };
        // The broker looks through all instances of the account; those that the caller sees are named.
        let searched = self.instances().await?.into_iter().filter(|one| self.rights(one, Resource::Instance).query);
        let searched = searched.map(|one| one.name).collect();
        Ok(FoundById { lookup, took_ms: self.took_ms(started), searched })
    }

    /// The broker's look-up, off the request's thread: it may read the disk.
    async fn lookup(&self, instance: &Instance, id: String) -> Answer<admin::Lookup> {
        let (broker, account, no) = (self.console.broker().clone(), instance.of_broker.account, instance.of_broker.no);
        self.searching(instance, move || broker.find_by_id(account, no, &id)).await
    }

    async fn why_not(&self, why: admin::NotFound) -> Answer<NotFound> {
        Ok(match why {
            admin::NotFound::Malformed => NotFound::Malformed,
            admin::NotFound::NotKept { oldest_ms } => NotFound::NotKept { oldest_ms, born_ms: None },
            admin::NotFound::Expired { oldest_ms } => NotFound::Expired { oldest_ms },
            admin::NotFound::Stopped => NotFound::Stopped,
            admin::NotFound::OtherInstance { instance, oldest_ms } => {
                let other = self.instances().await?.into_iter().find(|one| one.of_broker.no == instance);
                // An instance that the caller does not see is not named.
                other.filter(|one| self.rights(one, Resource::Instance).query).map_or_else(
                    || NotFound::NotKept { oldest_ms, born_ms: None },
                    |one| NotFound::OtherInstance {
                        instance: one.of_broker.id.to_string(),
                        name: one.name,
                        region: one.of_broker.region.to_string(),
                    },
                )
            }
        })
    }

    async fn find_by_key(
        &self,
        instance: &str,
        topic: &str,
        key: &str,
        from_ms: i64,
        to_ms: i64,
    ) -> Answer<MessagePage> {
        let (instance, topic) = if topic.is_empty() {
            let instance = self.instance(instance).await?;
            self.may_query_something(&instance)?;
            (instance, None)
        } else {
            let (instance, topic) = self.topic(instance, topic, Some(Action::Query)).await?;
            (instance, Some(topic.of_broker.no))
        };
        check_range(from_ms, to_ms)?;
        let key = key.trim();
        if key.is_empty() {
            return Err(field(Field::Key, Rule::Required));
        }
        if key.len() > KEY_BYTES_MAX {
            return Err(field(Field::Key, too_large(KEY_BYTES_MAX, key.len())));
        }
        let search = KeySearch {
            instance: instance.of_broker.no,
            topic,
            key: key.to_owned(),
            from_ms,
            to_ms,
            count_max: KEY_ROWS_MAX,
        };
        let started = self.console.now_ms();
        let broker = self.console.broker().clone();
        let page = self.searching(&instance, move || broker.find_by_key(&search)).await?;
        self.page_of(&instance, page, started).await
    }

    async fn find_by_time(
        &self,
        instance: &str,
        topic: &str,
        (from_ms, to_ms): (i64, i64),
        cursor: Option<String>,
        count: u32,
    ) -> Answer<MessagePage> {
        if topic.is_empty() {
            self.instance(instance).await?;
            return Err(field(Field::Topic, Rule::Required));
        }
        let (instance, topic) = self.topic(instance, topic, Some(Action::Query)).await?;
        check_range(from_ms, to_ms)?;
        let count_max = usize::try_from(count.clamp(1, 100)).unwrap_or(100);
        let search = TimeSearch { topic: topic.of_broker.no, from_ms, to_ms, cursor, count_max };
        let started = self.console.now_ms();
        let broker = self.console.broker().clone();
        let page = self.searching(&instance, move || broker.find_by_time(&search)).await?;
        self.page_of(&instance, page, started).await
    }

    /// Runs a search, one of a few that the account may run at once.
    async fn searching<T: Send + 'static>(
        &self,
        instance: &Instance,
        search: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Answer<T> {
        let place = self.console.searches().begin(instance.of_broker.account).await?;
        let found = blocking(move || {
            // Kept to the end of the search, also when nobody waits for the answer any more.
            let _place = place;
            search()
        });
        found.await?.map_err(store)
    }

    async fn page_of(&self, instance: &Instance, page: admin::MessagePage, started: i64) -> Answer<MessagePage> {
        let rows = self.readable(instance, &page.messages).await?.into_iter().map(message_row).collect();
        Ok(MessagePage {
            rows,
            older: page.older,
            partial: page.partial,
            oldest_ms: page.oldest_ms,
            newest_ms: page.newest_ms,
            took_ms: self.took_ms(started),
        })
    }

    /// One stored copy that the caller may read, and the fact that it did goes to the audit.
    async fn open_message(&self, instance: &str, offset_id: &str) -> Answer<(Instance, MessageView, Bytes)> {
        let instance = self.instance(instance).await?;
        self.may_query_something(&instance)?;
        if offset_id.is_empty() || offset_id.len() > ID_BYTES_MAX {
            return Err(Problem::NotFound);
        }
        let (account, no, id) = (instance.of_broker.account, instance.of_broker.no, offset_id.to_owned());
        let opened = self.reading(move |port| port.console.broker().open_message(account, no, &id)).await?;
        let opened = opened.map_err(store)?;
        let (view, body) =
            opened.filter(|(view, _)| view.offset_id.eq_ignore_ascii_case(offset_id)).ok_or(Problem::NotFound)?;
        if self.readable(&instance, std::slice::from_ref(&view)).await?.is_empty() {
            return Err(Problem::Forbidden);
        }
        self.record_read(&instance, &view).await?;
        Ok((instance, view, body))
    }

    async fn message_in_full(&self, instance: &str, offset_id: &str) -> Answer<Message> {
        let (instance, view, body) = self.open_message(instance, offset_id).await?;
        blocking(move || message(&view, &body, instance.of_broker.id.to_string())).await
    }

    /// The body as stored, for the download.
    pub(in crate::console) async fn exact_body(&self, instance: &str, offset_id: &str) -> Result<Bytes, ApiError> {
        self.finish(self.open_message(instance, offset_id).await.map(|(_, _, body)| body))
    }

    /// Those that belong to a living Topic of the instance which the caller may query.
    async fn readable<'a>(&self, instance: &Instance, views: &'a [MessageView]) -> Answer<Vec<&'a MessageView>> {
        let topics: Vec<Topic> = self.topics_of(instance).await?;
        let may = |view: &&MessageView| {
            topics.iter().any(|topic| {
                topic.of_broker.no == view.topic
                    && view.instance == instance.of_broker.no
                    && self.demand(Action::Query, instance, Resource::Topic(&topic.of_broker.name)).is_ok()
            })
        };
        Ok(views.iter().filter(may).collect())
    }

    /// A look-up that names no Topic is open to whoever may query any Topic of the instance.
    fn may_query_something(&self, instance: &Instance) -> Answer<()> {
        self.demand(Action::Query, instance, Resource::Instance)
    }

    fn took_ms(&self, started: i64) -> u32 {
        u32::try_from(self.console.now_ms().saturating_sub(started)).unwrap_or(0)
    }
}

fn too_large(max: usize, actual: usize) -> Rule {
    Rule::TooLarge { max: capped(max), actual: capped(actual) }
}

fn check_range(from_ms: i64, to_ms: i64) -> Answer<()> {
    if to_ms <= from_ms { Err(field(Field::To, Rule::RangeEmpty)) } else { Ok(()) }
}

#[async_trait]
impl MessagePort for CallerPort {
    async fn message_by_id(&self, instance: String, id: String) -> Result<FoundById, ApiError> {
        self.finish(self.find_by_id(&instance, &id).await)
    }

    async fn messages_by_key(
        &self,
        instance: String,
        topic: String,
        key: String,
        from_ms: i64,
        to_ms: i64,
    ) -> Result<MessagePage, ApiError> {
        self.finish(self.find_by_key(&instance, &topic, &key, from_ms, to_ms).await)
    }

    async fn messages_by_time(
        &self,
        instance: String,
        topic: String,
        from_ms: i64,
        to_ms: i64,
        cursor: Option<String>,
        count: u32,
    ) -> Result<MessagePage, ApiError> {
        self.finish(self.find_by_time(&instance, &topic, (from_ms, to_ms), cursor, count).await)
    }

    async fn message(&self, instance: String, offset_id: String) -> Result<Message, ApiError> {
        self.finish(self.message_in_full(&instance, &offset_id).await)
    }
}
