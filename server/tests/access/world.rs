//! Two tenants side by side: `acme` has everything there is to reach for, `rival` reaches for it.

use app::api::messages::FindMessageById;
use app::api::topics::SendMessage;
use broker_core::metadata::{GroupProtocol, MessageType};
use leptos::server_fn::ServerFn;
use serde_json::{Value, json};
use server::auth::rights::{Actions, Grant};
use server::tenant::Caller;
use server::tenant::groups::{Group, NewGroup};
use server::tenant::instances::NewInstance;
use server::tenant::links::new_password_link;
use server::tenant::topics::{NewTopic, Topic};

use crate::support::{Answer, House, Visitor};
use broker_core::clock::Clock;

/// What a call names.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    pub instance: String,
    /// An instance with nothing in it.
    pub empty: String,
    pub topic: String,
    /// A Topic and a Group ID that may be deleted.
    pub topic_gone: String,
    pub group: String,
    pub group_gone: String,
    pub key: String,
    pub key_gone: String,
    pub message_id: String,
    pub offset_id: String,
    /// Token of a password link of `acme/pat`.
    pub token: String,
}

impl Names {
    /// Well formed, and of nobody.
    pub(crate) fn of_nobody() -> Self {
        Self {
            instance: "MQ_INST_1111111111111111_BAAAAAAA".to_owned(),
            empty: "MQ_INST_1111111111111111_BBBBBBBB".to_owned(),
            topic: "TopicNobody".to_owned(),
            topic_gone: "TopicNobodyGone".to_owned(),
            group: "GID_nobody".to_owned(),
            group_gone: "GID_nobody_gone".to_owned(),
            key: "TN1111111111111111111111".to_owned(),
            key_gone: "TN2222222222222222222222".to_owned(),
            message_id: "00000000000000000000000000000000".to_owned(),
            offset_id: "00000000000000000000000000000000".to_owned(),
            token: "nobody".to_owned(),
        }
    }
}

pub(crate) struct World {
    pub house: House,
    pub ann: Caller,
    pub names: Names,
    /// Owner of `acme`.
    pub owner: Visitor,
    /// Member of `acme`, may only consume with one Group ID.
    pub subscriber: Visitor,
    /// Member of `acme`, may look at everything of one instance and change nothing.
    pub reader: Visitor,
    /// Owner of `rival`.
    pub foreign: Visitor,
}

pub(crate) fn parsed(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap_or_else(|_| panic!("{} {}", answer.status, answer.text()))
}

impl World {
    pub(crate) async fn new() -> Self {
        let house = House::open().await;
        let ann = house.account("acme", "ann").await;
        let bob = house.account("rival", "bob").await;
        let made = house.platform.create_instance(&ann, instance("orders")).await.expect("ann may").instance;
        let empty = house.platform.create_instance(&ann, instance("empty")).await.expect("ann may").instance;
        house.platform.create_instance(&bob, instance("orders")).await.expect("bob may");
        let id = made.of_broker.id.to_string();
        for topic in ["TopicA", "TopicGone"] {
            house.platform.create_topic(&ann, &id, NewTopic::new(topic, MessageType::Normal)).await.expect("ann may");
        }
        for name in ["GID_orders", "GID_gone"] {
            let (name, protocol) = (name.to_owned(), GroupProtocol::Tcp);
            let new = NewGroup { name, protocol, description: String::new() };
            house.platform.create_group(&ann, &id, new).await.expect("ann may");
        }
        let key = house.platform.create_access_key(&ann).await.expect("ann may").view.id;
        let key_gone = house.platform.create_access_key(&ann).await.expect("ann may").view.id;
        let here = Some(made.of_broker.no);
        let grant = |resource: &str, actions| [Grant { instance: here, resource: resource.to_owned(), actions }];
        house.member(&ann, "acme", "sue", &grant("GID_orders", Actions::SUBSCRIBE_ONLY)).await;
        house.member(&ann, "acme", "ray", &grant("*", Actions::READ_ONLY)).await;
        house.member(&ann, "acme", "pat", &[]).await;
        let now = house.clock.wall_ms();
        let token = new_password_link(&house.db, "acme", "pat", now, "test").await.expect("pat exists");

        let mut owner = house.signed_in("acme", "ann").await;
        let message =
            json!({ "instance": id, "topic": "TopicA", "body": "Hello MQ", "tag": "TagA", "key": "ORDERID_100" });
        let sent = parsed(&owner.call_json(SendMessage::PATH, &message).await);
        let message_id = text(&sent, "/message_id");
        let asked = json!({ "instance": id, "id": message_id });
        let found = parsed(&owner.call_json(FindMessageById::PATH, &asked).await);
        let names = Names {
            instance: id,
            empty: empty.of_broker.id.to_string(),
            topic: "TopicA".to_owned(),
            topic_gone: "TopicGone".to_owned(),
            group: "GID_orders".to_owned(),
            group_gone: "GID_gone".to_owned(),
            key,
            key_gone,
            message_id,
            offset_id: text(&found, "/lookup/Found/0/offset_id"),
            token,
        };
        let subscriber = house.signed_in("acme", "sue").await;
        let reader = house.signed_in("acme", "ray").await;
        let foreign = house.signed_in("rival", "bob").await;
        Self { house, ann, names, owner, subscriber, reader, foreign }
    }

    /// All that `acme` has, in words: nobody else may change it.
    pub(crate) async fn estate(&self) -> String {
        let platform = &self.house.platform;
        let mut estate = String::new();
        for instance in platform.all_instances(&self.ann).await.expect("ann may") {
            let topics = platform.all::<Topic>(&self.ann, &instance).await.expect("ann may");
            let groups = platform.all::<Group>(&self.ann, &instance).await.expect("ann may");
            estate.push_str(&format!("{instance:?}\n{topics:?}\n{groups:?}\n"));
        }
        let keys = platform.access_keys(&self.ann).await.expect("ann may");
        estate.push_str(&format!("{keys:?}"));
        estate
    }
}

fn instance(name: &str) -> NewInstance {
    NewInstance { name: name.to_owned(), ..NewInstance::default() }
}

pub(crate) fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("no {pointer} in {value}")).to_owned()
}
