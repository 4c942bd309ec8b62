//! `--dev`: a demonstration account with an instance, a Topic of each type, groups and a fresh key
//! pair, for a laptop. Loopback only.

use std::path::PathBuf;

use broker_core::metadata::{GroupProtocol, MessageType};
use broker_core::store::Durability;

use super::{Plan, PlannedAccount, PlannedGroup, PlannedInstance, PlannedTopic, PlannedUser, ProvisionError, apply};
use crate::auth::sealing::Secret;
use crate::auth::token;
use crate::db::accounts::Role;
use crate::tenant::groups::Group;
use crate::tenant::topics::Topic;
use crate::tenant::{Caller, Kind, Platform, TenantError};

const ACCOUNT: &str = "demo";
const USER: &str = "dev";
const INSTANCE: &str = "demo";
const SOURCE: &str = "--dev";

/// What is printed on the terminal.
pub struct Demonstration {
    pub account: &'static str,
    pub user: &'static str,
    pub password: Secret,
    pub instance_id: String,
    pub tcp_endpoint: String,
    pub topics: Vec<String>,
    pub groups: Vec<String>,
    pub access_key_id: String,
    pub access_key_secret: Secret,
}

/// Makes what is missing of the demonstration; password and key pair are new at each start.
pub async fn demonstrate(platform: &Platform) -> Result<Demonstration, ProvisionError> {
    let topic = |name: &str, message_type| PlannedTopic {
        line: 0,
        name: name.to_owned(),
        message_type,
        queues: None,
        durability: Durability::Synced,
    };
    let group = |name: &str, protocol| PlannedGroup { line: 0, name: name.to_owned(), protocol };
    let user = PlannedUser {
        line: 0,
        name: USER.to_owned(),
        role: Role::Owner,
        operator: true,
        password: None,
        access_keys: Vec::new(),
        grants: Vec::new(),
    };
    let instance = PlannedInstance {
        line: 0,
        name: INSTANCE.to_owned(),
        region: None,
        id_suffix: None,
        tcp_port: None,
        topics: vec![
            topic("TopicTestMQ", MessageType::Normal),
            topic("TopicPartitionOrder", MessageType::PartitionOrder),
            topic("TopicGlobalOrder", MessageType::GlobalOrder),
            topic("TopicScheduled", MessageType::Scheduled),
            topic("TopicTransaction", MessageType::Transaction),
        ],
        groups: vec![group("GID_test", GroupProtocol::Tcp), group("GID_test_http", GroupProtocol::Http)],
    };
    let account = PlannedAccount {
        line: 0,
        name: ACCOUNT.to_owned(),
        uid: None,
        service: true,
        users: vec![user],
        instances: vec![instance],
    };
    let plan = Plan { path: PathBuf::from(SOURCE), accounts: vec![account] };
    apply(platform, &plan).await?;
    fresh(platform).await.map_err(|error| ProvisionError::Line { path: plan.path, line: 0, what: error.to_string() })
}

async fn fresh(platform: &Platform) -> Result<Demonstration, TenantError> {
    let account = platform.account_by_name(ACCOUNT).await?.ok_or(TenantError::NotFound(Kind::Account))?;
    let machine = Caller::machine(account.no, SOURCE);
    let user = platform.user_by_name(&machine, USER).await?.ok_or(TenantError::NotFound(Kind::User))?;
    let password = Secret::new(token::letters(20));
    platform.give_password(&machine, &user, password.reveal()).await?;
    let caller = Caller { user: Some(user.no), ..machine.clone() };
    for old in platform.access_keys(&caller).await? {
        platform.delete_access_key(&caller, &old.id, &old.id).await?;
    }
    let key = platform.create_access_key(&caller).await?;
    let instances = platform.instances(&machine, None).await?;
    let instance = instances.into_iter().find(|view| view.instance.name == INSTANCE);
    let instance = instance.ok_or(TenantError::NotFound(Kind::Instance))?;
    let id = instance.instance.of_broker.id.to_string();
    let topics = platform.all::<Topic>(&machine, &instance.instance).await?;
    let groups = platform.all::<Group>(&machine, &instance.instance).await?;
    Ok(Demonstration {
        account: ACCOUNT,
        user: USER,
        password,
        tcp_endpoint: instance.tcp_endpoint,
        instance_id: id,
        topics: topics
            .into_iter()
            .map(|topic| {
                let of_broker = topic.of_broker;
                format!("{} ({})", of_broker.name, crate::db::resources::type_name(of_broker.message_type))
            })
            .collect(),
        groups: groups
            .into_iter()
            .map(|group| {
                let of_broker = group.of_broker;
                format!("{} ({})", of_broker.name, crate::db::resources::protocol_name(of_broker.protocol))
            })
            .collect(),
        access_key_id: key.view.id,
        access_key_secret: key.secret,
    })
}
