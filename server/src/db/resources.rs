//! Instances, Topics and groups.

use std::sync::Arc;

use broker_core::metadata::{self, GroupProtocol, MessageType};
use broker_core::store::Durability;
use broker_core::types::{AccountNo, GroupNo, InstanceNo, TopicNo};

use super::{DbError, Tx, execute, fetch_all, fetch_optional, narrow};

/// What the broker holds, with what only the catalogue knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    pub of_broker: metadata::Instance,
    pub name: String,
    pub description: String,
    pub created_at_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    pub of_broker: metadata::Topic,
    pub description: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    pub of_broker: metadata::Group,
    pub description: String,
}

/// The name of a message type in the catalogue and in the resources file.
pub fn type_name(message_type: MessageType) -> &'static str {
    match message_type {
        MessageType::Normal => "normal",
        MessageType::PartitionOrder => "partition_order",
        MessageType::GlobalOrder => "global_order",
        MessageType::Scheduled => "scheduled",
        MessageType::Transaction => "transaction",
    }
}

pub fn parse_type(name: &str) -> Option<MessageType> {
    [
        MessageType::Normal,
        MessageType::PartitionOrder,
        MessageType::GlobalOrder,
        MessageType::Scheduled,
        MessageType::Transaction,
    ]
    .into_iter()
    .find(|message_type| type_name(*message_type) == name)
}

pub fn flush_name(durability: Durability) -> &'static str {
    match durability {
        Durability::Synced => "sync",
        Durability::Written => "async",
    }
}

pub fn parse_flush(name: &str) -> Option<Durability> {
    match name {
        "sync" => Some(Durability::Synced),
        "async" => Some(Durability::Written),
        _ => None,
    }
}

pub fn protocol_name(protocol: GroupProtocol) -> &'static str {
    match protocol {
        GroupProtocol::Tcp => "tcp",
        GroupProtocol::Http => "http",
    }
}

pub fn parse_protocol(name: &str) -> Option<GroupProtocol> {
    match name {
        "tcp" => Some(GroupProtocol::Tcp),
        "http" => Some(GroupProtocol::Http),
        _ => None,
    }
}

#[derive(sqlx::FromRow)]
struct InstanceRow {
    no: i64,
    account_no: i64,
    id: String,
    region: String,
    name: String,
    description: String,
    port: i64,
    created_at_ms: i64,
}

impl InstanceRow {
    fn instance(self) -> Result<Instance, DbError> {
        Ok(Instance {
            of_broker: metadata::Instance {
                no: InstanceNo(narrow("instance.no", self.no)?),
                account: AccountNo(narrow("instance.account_no", self.account_no)?),
                id: self.id.into(),
                region: self.region.into(),
                port: narrow("instance.port", self.port)?,
            },
            name: self.name,
            description: self.description,
            created_at_ms: self.created_at_ms,
        })
    }
}

#[derive(sqlx::FromRow)]
struct TopicRow {
    no: i64,
    instance_no: i64,
    name: String,
    message_type: String,
    queues: i64,
    flush: String,
    description: String,
    created_at_ms: i64,
}

impl TopicRow {
    fn topic(self) -> Result<Topic, DbError> {
        let unknown = |column, found: &str| DbError::Unknown { column, found: found.to_owned() };
        Ok(Topic {
            of_broker: metadata::Topic {
                no: TopicNo(narrow("topic.no", self.no)?),
                instance: InstanceNo(narrow("topic.instance_no", self.instance_no)?),
                name: self.name.into(),
                message_type: parse_type(&self.message_type)
                    .ok_or_else(|| unknown("topic.message_type", &self.message_type))?,
                queues: narrow("topic.queues", self.queues)?,
                durability: parse_flush(&self.flush).ok_or_else(|| unknown("topic.flush", &self.flush))?,
                created_at_ms: self.created_at_ms,
            },
            description: self.description,
        })
    }
}

#[derive(sqlx::FromRow)]
struct GroupRow {
    no: i64,
    instance_no: i64,
    name: String,
    protocol: String,
    description: String,
    created_at_ms: i64,
    start_position: i64,
}

impl GroupRow {
    fn group(self) -> Result<Group, DbError> {
        Ok(Group {
            of_broker: metadata::Group {
                no: GroupNo(narrow("consumer_group.no", self.no)?),
                instance: InstanceNo(narrow("consumer_group.instance_no", self.instance_no)?),
                name: Arc::from(self.name),
                protocol: parse_protocol(&self.protocol)
                    .ok_or(DbError::Unknown { column: "consumer_group.protocol", found: self.protocol })?,
                created_at_ms: self.created_at_ms,
                start_position: narrow("consumer_group.start_position", self.start_position)?,
            },
            description: self.description,
        })
    }
}

/// Everything that the broker holds.
pub async fn catalogue(tx: &mut Tx) -> Result<metadata::Catalogue, DbError> {
    let instances = fetch_all!(tx, InstanceRow, "SELECT * FROM instance ORDER BY no")?;
    let topics = fetch_all!(tx, TopicRow, "SELECT * FROM topic ORDER BY no")?;
    let groups = fetch_all!(tx, GroupRow, "SELECT * FROM consumer_group ORDER BY no")?;
    Ok(metadata::Catalogue {
        instances: instances.into_iter().map(|row| Ok(row.instance()?.of_broker)).collect::<Result<_, DbError>>()?,
        topics: topics.into_iter().map(|row| Ok(row.topic()?.of_broker)).collect::<Result<_, DbError>>()?,
        groups: groups.into_iter().map(|row| Ok(row.group()?.of_broker)).collect::<Result<_, DbError>>()?,
    })
}

pub async fn instances_of(tx: &mut Tx, account: AccountNo) -> Result<Vec<Instance>, DbError> {
    let rows =
        fetch_all!(tx, InstanceRow, "SELECT * FROM instance WHERE account_no = $1 ORDER BY no", i64::from(account.0))?;
    rows.into_iter().map(InstanceRow::instance).collect()
}

pub async fn instance(tx: &mut Tx, id: &str) -> Result<Option<Instance>, DbError> {
    let row = fetch_optional!(tx, InstanceRow, "SELECT * FROM instance WHERE id = $1", id)?;
    row.map(InstanceRow::instance).transpose()
}

/// Whether an instance ID is taken, in any spelling.
pub async fn instance_id_taken(tx: &mut Tx, id: &str) -> Result<bool, DbError> {
    let row = fetch_optional!(tx, (i64,), "SELECT no FROM instance WHERE id_folded = $1", id.to_ascii_lowercase())?;
    Ok(row.is_some())
}

/// Ports that instances have, lowest first.
pub async fn instance_ports(tx: &mut Tx) -> Result<Vec<u16>, DbError> {
    let rows = fetch_all!(tx, (i64,), "SELECT port FROM instance ORDER BY port")?;
    rows.into_iter().map(|row| narrow("instance.port", row.0)).collect()
}

pub async fn insert_instance(tx: &mut Tx, instance: &Instance) -> Result<(), DbError> {
    let of_broker = &instance.of_broker;
    execute!(
        tx,
        "INSERT INTO instance (no, account_no, id, id_folded, region, name, description, port, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        i64::from(of_broker.no.0),
        i64::from(of_broker.account.0),
        &*of_broker.id,
        of_broker.id.to_ascii_lowercase(),
        &*of_broker.region,
        &instance.name,
        &instance.description,
        i64::from(of_broker.port),
        instance.created_at_ms,
    )?;
    Ok(())
}

pub async fn update_instance(tx: &mut Tx, no: InstanceNo, name: &str, description: &str) -> Result<(), DbError> {
    execute!(tx, "UPDATE instance SET name = $1, description = $2 WHERE no = $3", name, description, i64::from(no.0))?;
    Ok(())
}

pub async fn delete_instance(tx: &mut Tx, no: InstanceNo) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM instance WHERE no = $1", i64::from(no.0))?;
    Ok(())
}

pub async fn topics_of(tx: &mut Tx, instance: InstanceNo) -> Result<Vec<Topic>, DbError> {
    let rows =
        fetch_all!(tx, TopicRow, "SELECT * FROM topic WHERE instance_no = $1 ORDER BY no", i64::from(instance.0))?;
    rows.into_iter().map(TopicRow::topic).collect()
}

pub async fn topic(tx: &mut Tx, instance: InstanceNo, name: &str) -> Result<Option<Topic>, DbError> {
    let row = fetch_optional!(
        tx,
        TopicRow,
        "SELECT * FROM topic WHERE instance_no = $1 AND name = $2",
        i64::from(instance.0),
        name
    )?;
    row.map(TopicRow::topic).transpose()
}

/// Topics and groups of an instance, counted.
pub async fn counts(tx: &mut Tx, instance: InstanceNo) -> Result<(u64, u64), DbError> {
    let topics =
        fetch_optional!(tx, (i64,), "SELECT COUNT(*) FROM topic WHERE instance_no = $1", i64::from(instance.0))?;
    let groups = fetch_optional!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM consumer_group WHERE instance_no = $1",
        i64::from(instance.0)
    )?;
    let count = |row: Option<(i64,)>| narrow("count", row.map_or(0, |row| row.0));
    Ok((count(topics)?, count(groups)?))
}

fn stored_number(what: &'static str, value: u64) -> Result<i64, DbError> {
    i64::try_from(value).map_err(|_| DbError::Range { what, value })
}

pub async fn insert_topic(tx: &mut Tx, topic: &Topic) -> Result<(), DbError> {
    let of_broker = &topic.of_broker;
    execute!(
        tx,
        "INSERT INTO topic (no, instance_no, name, message_type, queues, flush, description, created_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        stored_number("topic number", of_broker.no.0)?,
        i64::from(of_broker.instance.0),
        &*of_broker.name,
        type_name(of_broker.message_type),
        i64::from(of_broker.queues),
        flush_name(of_broker.durability),
        &topic.description,
        of_broker.created_at_ms,
    )?;
    Ok(())
}

pub async fn describe_topic(tx: &mut Tx, no: TopicNo, description: &str) -> Result<(), DbError> {
    execute!(tx, "UPDATE topic SET description = $1 WHERE no = $2", description, stored_number("topic number", no.0)?)?;
    Ok(())
}

pub async fn delete_topic(tx: &mut Tx, no: TopicNo) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM topic WHERE no = $1", stored_number("topic number", no.0)?)?;
    Ok(())
}

pub async fn groups_of(tx: &mut Tx, instance: InstanceNo) -> Result<Vec<Group>, DbError> {
    let rows = fetch_all!(
        tx,
        GroupRow,
        "SELECT * FROM consumer_group WHERE instance_no = $1 ORDER BY no",
        i64::from(instance.0)
    )?;
    rows.into_iter().map(GroupRow::group).collect()
}

pub async fn group(tx: &mut Tx, instance: InstanceNo, name: &str) -> Result<Option<Group>, DbError> {
    let row = fetch_optional!(
        tx,
        GroupRow,
        "SELECT * FROM consumer_group WHERE instance_no = $1 AND name = $2",
        i64::from(instance.0),
        name
    )?;
    row.map(GroupRow::group).transpose()
}

pub async fn insert_group(tx: &mut Tx, group: &Group) -> Result<(), DbError> {
    let of_broker = &group.of_broker;
    execute!(
        tx,
        "INSERT INTO consumer_group (no, instance_no, name, protocol, description, created_at_ms, start_position) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        stored_number("group number", of_broker.no.0)?,
        i64::from(of_broker.instance.0),
        &*of_broker.name,
        protocol_name(of_broker.protocol),
        &group.description,
        of_broker.created_at_ms,
        stored_number("log position", of_broker.start_position)?,
    )?;
    Ok(())
}

pub async fn describe_group(tx: &mut Tx, no: GroupNo, description: &str) -> Result<(), DbError> {
    execute!(
        tx,
        "UPDATE consumer_group SET description = $1 WHERE no = $2",
        description,
        stored_number("group number", no.0)?
    )?;
    Ok(())
}

pub async fn delete_group(tx: &mut Tx, no: GroupNo) -> Result<(), DbError> {
    execute!(tx, "DELETE FROM consumer_group WHERE no = $1", stored_number("group number", no.0)?)?;
    Ok(())
}
