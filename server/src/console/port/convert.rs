//! The broker's findings as the pages' plain data. No rule and no lookup is in here.

use app::api::connections::RefusalReason as PageReason;
use app::api::groups::{Client, ClientKind, Difference, Protocol, QueueProgress, SubscriptionRow};
use app::api::messages::{Message, MessageRow};
use app::api::topics::{MessageType as PageType, QueueStatus};
use app::api::{Figure, Unknown, Whole};
use broker_core::admin::{
    self, Consistency, ConsumeKind, ConsumeModel, ConsumerClient, GroupStatus, MessageView, RefusalReason,
};
use broker_core::metadata::{GroupProtocol, MessageType};
use broker_core::store::StoreError;
use bytes::Bytes;

use super::body;

/// An offset or count that can't be below zero; one that is would be a fault of the broker.
pub(super) fn whole(value: i64) -> Whole {
    Whole(u64::try_from(value).unwrap_or(0))
}

/// A figure that the store may fail to give. The cause goes to the log, the page says "unknown".
pub(super) fn figure<T>(read: Result<T, StoreError>) -> Figure<T> {
    match read {
        Ok(value) => Figure::Value(value),
        Err(error) => {
            tracing::warn!(%error, "a figure could not be read from the store");
            Figure::Unknown(Unknown::StoreUnreadable)
        }
    }
}

/// How many there are, as the pages count.
pub(super) fn count<T>(items: &[T]) -> u32 {
    capped(items.len())
}

/// A count, length or limit as the pages count; what would not fit is as much as they can say.
pub(super) fn capped(count: impl TryInto<u32>) -> u32 {
    count.try_into().unwrap_or(u32::MAX)
}

pub(super) fn page_type(message_type: MessageType) -> PageType {
    match message_type {
        MessageType::Normal => PageType::Normal,
        MessageType::PartitionOrder => PageType::PartitionOrder,
        MessageType::GlobalOrder => PageType::GlobalOrder,
        MessageType::Scheduled => PageType::Scheduled,
        MessageType::Transaction => PageType::Transaction,
    }
}

pub(super) fn broker_type(message_type: PageType) -> MessageType {
    match message_type {
        PageType::Normal => MessageType::Normal,
        PageType::PartitionOrder => MessageType::PartitionOrder,
        PageType::GlobalOrder => MessageType::GlobalOrder,
        PageType::Scheduled => MessageType::Scheduled,
        PageType::Transaction => MessageType::Transaction,
    }
}

pub(super) fn page_protocol(protocol: GroupProtocol) -> Protocol {
    match protocol {
        GroupProtocol::Tcp => Protocol::Tcp,
        GroupProtocol::Http => Protocol::Http,
    }
}

pub(super) fn broker_protocol(protocol: Protocol) -> GroupProtocol {
    match protocol {
        Protocol::Tcp => GroupProtocol::Tcp,
        Protocol::Http => GroupProtocol::Http,
    }
}

pub(super) fn queue_status(queue: &admin::QueueStatus) -> QueueStatus {
    QueueStatus {
        queue_id: queue.queue_id,
        min_offset: whole(queue.min_offset),
        max_offset: whole(queue.max_offset),
        last_stored_at_ms: queue.last_stored_at_ms,
    }
}

pub(super) fn message_row(view: &MessageView) -> MessageRow {
    MessageRow {
        message_id: view.message_id.clone(),
        offset_id: view.offset_id.clone(),
        topic: view.topic_name.clone(),
        tag: view.tag.clone(),
        keys: view.keys.clone(),
        stored_at_ms: view.stored_at_ms,
        body_bytes: view.body_bytes,
    }
}

/// A message in full; inflates its body, so run it where it may block. `instance`: its instance ID.
pub(super) fn message(view: &MessageView, body: &Bytes, instance: String) -> Message {
    let shown = body::show(body, view.sys_flag);
    Message {
        row: message_row(view),
        instance,
        queue_id: view.queue_id,
        queue_offset: whole(view.queue_offset),
        born_at_ms: view.born_at_ms,
        born_from: view.born_from.to_string(),
        store_host: view.store_host.clone(),
        size: view.size,
        body_crc: view.body_crc,
        sys_flag: view.sys_flag,
        flag: view.flag,
        reconsume_times: view.reconsume_times,
        properties: view.properties.clone(),
        body_form: shown.form,
        body_base64: shown.base64,
        body_shown_bytes: shown.bytes,
    }
}

fn broadcasting(model: ConsumeModel) -> bool {
    match model {
        ConsumeModel::Broadcasting => true,
        ConsumeModel::Clustering => false,
    }
}

pub(super) fn client(client: &ConsumerClient) -> Client {
    Client {
        client_id: client.client_id.clone(),
        address: client.address.to_string(),
        language: client.language.clone(),
        version: client.version.clone(),
        last_heartbeat_ms: client.last_heartbeat_ms,
        connected_at_ms: client.connected_at_ms,
        broadcasting: broadcasting(client.model),
        kind: match client.kind {
            ConsumeKind::Push => ClientKind::Push,
            ConsumeKind::Pull => ClientKind::Pull,
            ConsumeKind::Pop => ClientKind::Pop,
        },
        consume_from: client.consume_from.clone(),
        id_shared: client.id_shared,
    }
}

fn differing(consistency: &Consistency) -> &[admin::Difference] {
    match consistency {
        Consistency::Inconsistent(all) => all,
        Consistency::NoClients | Consistency::Consistent => &[],
    }
}

/// `None`: nobody is online, nothing to compare.
pub(super) fn consistent(consistency: &Consistency) -> Option<bool> {
    match consistency {
        Consistency::NoClients => None,
        Consistency::Consistent => Some(true),
        Consistency::Inconsistent(_) => Some(false),
    }
}

pub(super) fn differences(status: &GroupStatus) -> Vec<Difference> {
    differing(&status.consistency)
        .iter()
        .map(|one| Difference {
            client_id: one.client_id.clone(),
            address: one.address.to_string(),
            topic: (!one.topic_name.is_empty()).then(|| one.topic_name.clone()),
            has: one.has.clone(),
            others: one.others.clone(),
            others_count: u32::try_from(one.others_count).unwrap_or(u32::MAX),
            since_ms: one.since_ms,
        })
        .collect()
}

/// One row for each client and Topic, by client, then Topic.
pub(super) fn subscription_rows(status: &GroupStatus) -> Vec<SubscriptionRow> {
    let odd = differing(&status.consistency);
    let mut rows: Vec<SubscriptionRow> = Vec::new();
    for client in &status.clients {
        for subscription in &client.subscriptions {
            rows.push(SubscriptionRow {
                client_id: client.client_id.clone(),
                address: client.address.to_string(),
                language: client.language.clone(),
                version: client.version.clone(),
                topic: subscription.topic_name.clone(),
                topic_missing: subscription.topic.is_none(),
                expression_type: subscription.expression_type.clone(),
                expression: subscription.expression.clone(),
                broadcasting: broadcasting(client.model),
                last_heartbeat_ms: client.last_heartbeat_ms,
                odd: odd.iter().any(|one| {
                    one.client_id == client.client_id
                        && one.address == client.address
                        && (one.topic_name.is_empty() || one.topic_name == subscription.topic_name)
                }),
            });
        }
    }
    rows.sort_by(|a, b| (&a.client_id, &a.address, &a.topic).cmp(&(&b.client_id, &b.address, &b.topic)));
    rows
}

pub(super) fn progress(rows: &[admin::QueueProgress]) -> Vec<QueueProgress> {
    rows.iter()
        .map(|row| QueueProgress {
            topic: row.topic_name.clone(),
            queue_id: row.queue_id,
            committed: row.committed.map(whole),
            position: whole(row.position),
            max_offset: whole(row.max_offset),
            waiting: Whole(row.waiting),
            last_committed_ms: row.last_committed_ms,
        })
        .collect()
}

/// Messages that a group has yet to consume. What it will subscribe to decides how many those are:
/// before it ever has, nobody knows.
pub(super) fn waiting(standing: &Figure<admin::GroupStatus>) -> Figure<Whole> {
    match standing {
        Figure::Value(status) if status.progress.is_empty() => Figure::Unknown(Unknown::NeverSubscribed),
        _ => standing.clone().map(|status| waiting_in(&status.progress)),
    }
}

pub(super) fn waiting_in<'a>(rows: impl IntoIterator<Item = &'a admin::QueueProgress>) -> Whole {
    Whole(rows.into_iter().fold(0, |sum, row| sum.saturating_add(row.waiting)))
}

pub(super) fn reason(reason: RefusalReason) -> PageReason {
    match reason {
        RefusalReason::NoSignature => PageReason::NoSignature,
        RefusalReason::UnknownKey => PageReason::UnknownKey,
        RefusalReason::DisabledKey => PageReason::DisabledKey,
        RefusalReason::WrongSignature => PageReason::WrongSignature,
        RefusalReason::KeyChanged => PageReason::KeyChanged,
        RefusalReason::TopicUnknown => PageReason::TopicUnknown,
        RefusalReason::GroupUnknown => PageReason::GroupUnknown,
        RefusalReason::GroupIsHttp => PageReason::GroupIsHttp,
        RefusalReason::OtherInstance => PageReason::OtherInstance,
        RefusalReason::NotGranted => PageReason::NotGranted,
        RefusalReason::BareNameOnSharedPort => PageReason::BareNameOnSharedPort,
        RefusalReason::WrongMessageType => PageReason::WrongMessageType,
        RefusalReason::MessageIllegal => PageReason::MessageIllegal,
        RefusalReason::UnsupportedRequest => PageReason::UnsupportedRequest,
        RefusalReason::MalformedFrame => PageReason::MalformedFrame,
        RefusalReason::FrameTooLarge => PageReason::FrameTooLarge,
        RefusalReason::LimitReached => PageReason::LimitReached,
        RefusalReason::StoreFull => PageReason::StoreFull,
    }
}
