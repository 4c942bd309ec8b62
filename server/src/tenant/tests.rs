//! The rules of the model, on both databases, with an engine that only remembers.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::task::Poll;
use std::time::Duration;

use broker_core::access::Access;
use broker_core::admin::ListenerState;
use broker_core::clock::ManualClock;
use broker_core::metadata::{self, Catalogue, GroupProtocol, MessageType};
use broker_core::types::{GroupNo, TopicNo};
use futures::FutureExt;

use super::audit::{Entry, Recorded};
use super::groups::{Group, NewGroup};
use super::instances::NewInstance;
use super::links::Opens;
use super::sign_in::SignInError;
use super::topics::{NewTopic, Topic};
use super::users::NewUser;
use super::*;
use crate::auth::rights::{Actions, Grant};
use crate::db::accounts::Role;
use crate::db::testing::{Fresh, both, sqlite};

/// Remembers what it was told.
#[derive(Default)]
pub(crate) struct Remembering {
    pub(crate) state: parking_lot::Mutex<State>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) instances: BTreeMap<u32, metadata::Instance>,
    pub(crate) topics: BTreeMap<u64, metadata::Topic>,
    pub(crate) groups: BTreeMap<u64, metadata::Group>,
    pub(crate) high_water: HighWater,
    pub(crate) position: u64,
    pub(crate) access_changes: u64,
}

impl Engine for Remembering {
    fn put_instance(&self, instance: metadata::Instance) -> ListenerState {
        let port = instance.port;
        self.state.lock().instances.insert(instance.no.0, instance);
        ListenerState::Listening((Ipv4Addr::LOCALHOST, port).into())
    }
    fn remove_instance(&self, instance: InstanceNo) {
        self.state.lock().instances.remove(&instance.0);
    }
    fn put_topic(&self, topic: metadata::Topic) {
        self.state.lock().topics.insert(topic.no.0, topic);
    }
    fn remove_topic(&self, topic: TopicNo) {
        self.state.lock().topics.remove(&topic.0);
    }
    fn put_group(&self, group: metadata::Group) {
        self.state.lock().groups.insert(group.no.0, group);
    }
    fn remove_group(&self, group: GroupNo) {
        self.state.lock().groups.remove(&group.0);
    }
    fn reconcile(&self, catalogue: Catalogue) -> Vec<String> {
        let mut state = self.state.lock();
        let topics: BTreeMap<_, _> = catalogue.topics.into_iter().map(|topic| (topic.no.0, topic)).collect();
        let differs = if topics == state.topics { Vec::new() } else { vec!["Topics differed".to_owned()] };
        state.topics = topics;
        differs
    }
    fn high_water(&self) -> HighWater {
        self.state.lock().high_water
    }
    fn raise_high_water(&self, numbers: HighWater) -> Result<(), StoreError> {
        self.state.lock().high_water = numbers;
        Ok(())
    }
    fn log_mark(&self) -> Result<u64, StoreError> {
        let mut state = self.state.lock();
        state.position += 100;
        Ok(state.position)
    }
    fn access_changed(&self) {
        self.state.lock().access_changes += 1;
    }
    fn listener(&self, instance: InstanceNo) -> Option<ListenerState> {
        let port = self.state.lock().instances.get(&instance.0)?.port;
        Some(ListenerState::Listening((Ipv4Addr::LOCALHOST, port).into()))
    }
}

pub(crate) struct World {
    pub(crate) platform: Platform,
    pub(crate) engine: Arc<Remembering>,
    pub(crate) access: Arc<AccessTable>,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) folder: tempfile::TempDir,
}

const PASSWORD: &str = "trains leave at nine";
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(crate) async fn world(fresh: Fresh) -> World {
    world_with(fresh, Limits { instances_max: 3, topics_max: 3, groups_max: 2, access_keys_max: 2 }).await
}

pub(crate) async fn world_with(fresh: Fresh, limits: Limits) -> World {
    let engine = Arc::new(Remembering::default());
    let clock = Arc::new(ManualClock::new(1_700_000_000_000));
    let vault = Vault::open(&fresh.db, &fresh.folder.path().join("master.key")).await.unwrap();
    let access = Arc::new(AccessTable::new(clock.clone()));
    access.reload(&fresh.db, &vault).await.unwrap();
    let region = |id: &str| Region { id: id.to_owned(), name_zh: id.to_owned(), name_en: id.to_owned() };
    let platform = Platform::new(PlatformParts {
        db: fresh.db,
        vault,
        access: access.clone(),
        engine: engine.clone(),
        clock: clock.clone(),
        limits,
        reach: Reach {
            advertised_host: "mq.example.test".to_owned(),
            base_domain: Some("mq.test".to_owned()),
            instance_ports: (9901, 9920),
            ports_taken: vec![9905],
            regions: vec![region("north"), region("south")],
        },
    });
    World { platform, engine, access, clock, folder: fresh.folder }
}

impl World {
    /// The first account, made through the set-up page.
    async fn owner(&self) -> Caller {
        let token = self.platform.new_setup_link().await.unwrap();
        let no = self.platform.set_up(&token, HERE, "acme", "alice", PASSWORD).await.unwrap();
        self.platform.caller(no, HERE).unwrap()
    }

    async fn enabled_owner(&self) -> Caller {
        let owner = self.owner().await;
        assert!(self.platform.enable_service(&owner).await.unwrap());
        owner
    }

    async fn instance(&self, caller: &Caller, name: &str) -> String {
        let new = NewInstance { name: name.to_owned(), ..NewInstance::default() };
        self.platform.create_instance(caller, new).await.unwrap().instance.of_broker.id.to_string()
    }

    async fn user(&self, owner: &Caller, name: &str, role: Role) -> Caller {
        let new = NewUser { name: name.to_owned(), role, operator: false };
        let user = self.platform.add_user(owner, new).await.unwrap();
        self.platform.caller(user.no, HERE).unwrap()
    }

    async fn stranger(&self) -> Caller {
        let account = self.platform.add_account("evil", None, "test").await.unwrap();
        let machine = Caller::machine(account.no, "test");
        self.platform.enable_service(&machine).await.unwrap();
        self.user(&machine, "mallory", Role::Owner).await
    }
}

fn code<T>(result: Result<T, TenantError>) -> &'static str {
    match result {
        Ok(_) => "ok",
        Err(TenantError::Rule(rule)) => rule.code(),
        Err(TenantError::NotFound(_)) => "not_found",
        Err(TenantError::Forbidden { .. }) => "forbidden",
        Err(TenantError::Busy) => "busy",
        Err(TenantError::Internal(_)) => "internal",
    }
}

fn topic(name: &str) -> NewTopic {
    NewTopic::new(name, MessageType::Normal)
}

fn group(name: &str) -> NewGroup {
    NewGroup { name: name.to_owned(), protocol: GroupProtocol::Tcp, description: String::new() }
}

#[tokio::test]
async fn the_set_up_link_works_once_on_this_machine_for_thirty_minutes() {
    for fresh in both().await {
        let world = world(fresh).await;
        let platform = &world.platform;
        assert!(!platform.is_set_up().await.unwrap());
        let token = platform.new_setup_link().await.unwrap();
        let far = IpAddr::from([192, 0, 2, 9]);
        assert_eq!(code(platform.set_up(&token, far, "acme", "alice", PASSWORD).await), "loopback_only");
        assert_eq!(code(platform.set_up("x", HERE, "acme", "alice", PASSWORD).await), "link_invalid");
        assert_eq!(code(platform.set_up(&token, HERE, "Acme", "alice", PASSWORD).await), "name_characters");
        assert_eq!(code(platform.set_up(&token, HERE, "acme", "alice", "short").await), "password_length");
        world.clock.advance(Duration::from_secs(29 * 60));
        assert_eq!(platform.link(&token).await.unwrap().unwrap().opens, Opens::Setup);
        world.clock.advance(Duration::from_secs(60));
        assert_eq!(platform.link(&token).await.unwrap(), None);
        assert_eq!(code(platform.set_up(&token, HERE, "acme", "alice", PASSWORD).await), "link_invalid");
        let older = platform.new_setup_link().await.unwrap();
        let token = platform.new_setup_link().await.unwrap();
        assert_eq!(code(platform.set_up(&older, HERE, "acme", "alice", PASSWORD).await), "link_invalid");
        let no = platform.set_up(&token, HERE, "acme", "alice", PASSWORD).await.unwrap();
        let entry = platform.user(no).unwrap();
        assert!(entry.user.operator && entry.user.role == Role::Owner);
        assert_eq!(code(platform.set_up(&token, HERE, "other", "bob", PASSWORD).await), "link_invalid");
        assert_eq!(code(platform.new_setup_link().await), "already_set_up");
    }
}

#[tokio::test]
async fn nothing_works_before_the_service_is_enabled_and_enabling_is_idempotent() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.owner().await;
        let platform = &world.platform;
        let new = || NewInstance { name: "orders".to_owned(), ..NewInstance::default() };
        assert_eq!(code(platform.create_instance(&owner, new()).await), "service_not_enabled");
        assert_eq!(code(platform.instances(&owner, None).await), "service_not_enabled");
        assert_eq!(code(platform.create_access_key(&owner).await), "service_not_enabled");
        assert!(platform.enable_service(&owner).await.unwrap());
        world.clock.advance(Duration::from_secs(5));
        assert!(!platform.enable_service(&owner).await.unwrap());
        let enabled = platform.account(&owner).await.unwrap().service_enabled.unwrap();
        assert_eq!((enabled.at_ms, enabled.by.as_str()), (1_700_000_000_000, "alice"));
        let page = platform.audit_page(&owner, "service.enable", None, 10).await.unwrap();
        assert_eq!(page.entries.len(), 1);
        assert_eq!(code(platform.create_instance(&owner, new()).await), "ok");
    }
}

#[tokio::test]
async fn instances_follow_the_rules() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let new = |name: &str, region: &str| NewInstance {
            name: name.to_owned(),
            region: Some(region.to_owned()),
            ..NewInstance::default()
        };
        let view = platform.create_instance(&owner, new("订单组", "north")).await.unwrap();
        let of_broker = &view.instance.of_broker;
        let uid = platform.account(&owner).await.unwrap().uid;
        let suffix = of_broker.id.strip_prefix(&format!("MQ_INST_{uid}_B")).unwrap();
        assert!(suffix.len() == 7 && suffix.bytes().all(|b| b.is_ascii_alphanumeric()), "{}", of_broker.id);
        assert_eq!(view.tcp_endpoint, "http://mq.example.test:9901");
        assert_eq!(view.tcp_domain_endpoint.as_deref(), Some(&*format!("http://{}.mq.test:9901", of_broker.id)));
        assert!(world.engine.state.lock().instances.contains_key(&of_broker.no.0));
        assert_eq!(code(platform.create_instance(&owner, new("订单组", "north")).await), "name_taken");
        assert_eq!(code(platform.create_instance(&owner, new("x y z", "north")).await), "name_characters");
        assert_eq!(code(platform.create_instance(&owner, new("abc", "east")).await), "region_unknown");
        // The same name in another region; the next free port leaves out the taken one.
        let south = platform.create_instance(&owner, new("订单组", "south")).await.unwrap();
        assert_eq!(south.instance.of_broker.port, 9909);
        let same = NewInstance { port: Some(9909), ..new("same-port", "north") };
        assert_eq!(code(platform.create_instance(&owner, same).await), "port_taken");
        let taken = NewInstance { id_suffix: Some(format!("B{}", suffix.to_uppercase())), ..new("same-id", "north") };
        assert_eq!(code(platform.create_instance(&owner, taken).await), "name_taken");
        assert_eq!(code(platform.create_instance(&owner, new("two", "north")).await), "ok");
        assert_eq!(code(platform.create_instance(&owner, new("three", "north")).await), "ok");
        assert_eq!(code(platform.create_instance(&owner, new("four", "north")).await), "limit");
        assert_eq!(code(platform.create_instance(&owner, new("four", "south")).await), "no_port_left");
        let id = of_broker.id.to_string();
        assert_eq!(code(platform.update_instance(&owner, &id, "two", "").await), "name_taken");
        let changed = platform.update_instance(&owner, &id, "orders", "for the shop").await.unwrap();
        assert_eq!((changed.instance.name.as_str(), changed.instance.description.as_str()), ("orders", "for the shop"));
        let listed = platform.instances(&owner, Some("north")).await.unwrap();
        assert_eq!(listed.len(), 3);
    }
}

#[tokio::test]
async fn an_instance_is_deleted_when_it_is_empty_and_its_name_is_typed() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let id = world.instance(&owner, "orders").await;
        platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
        platform.create_group(&owner, &id, group("GID_aaa")).await.unwrap();
        let refused = platform.delete_instance(&owner, &id, "orders").await.unwrap_err();
        let TenantError::Rule(rule) = refused else { panic!("{refused}") };
        assert_eq!(
            rule,
            Rule::InstanceNotEmpty { topics: 1, groups: 1, names: vec!["TopicA".to_owned(), "GID_aaa".to_owned()] }
        );
        platform.delete::<Topic>(&owner, &id, "TopicA", "TopicA").await.unwrap();
        platform.delete::<Group>(&owner, &id, "GID_aaa", "GID_aaa").await.unwrap();
        assert_eq!(code(platform.delete_instance(&owner, &id, "order").await), "confirm_name");
        platform.delete_instance(&owner, &id, "orders").await.unwrap();
        assert!(world.engine.state.lock().instances.is_empty());
        assert_eq!(code(platform.instance(&owner, &id).await), "not_found");
    }
}

#[tokio::test]
async fn topics_and_groups_share_their_names_and_each_life_has_its_number() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let id = world.instance(&owner, "orders").await;
        let first = platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
        assert_eq!(first.of_broker.queues, 4);
        assert!(world.engine.state.lock().topics.contains_key(&first.of_broker.no.0));
        assert_eq!(code(platform.create_topic(&owner, &id, topic("TopicA")).await), "name_taken");
        assert_eq!(code(platform.create_topic(&owner, &id, topic("GID_abc")).await), "topic_prefix");
        assert_eq!(code(platform.create_group(&owner, &id, group("GID_abc")).await), "ok");
        assert_eq!(code(platform.create_group(&owner, &id, group("GID_abc")).await), "name_taken");
        let global = |queues| NewTopic { queues, ..NewTopic::new("TopicG", MessageType::GlobalOrder) };
        assert_eq!(code(platform.create_topic(&owner, &id, global(None)).await), "type_not_built");
        let file = Caller::machine(owner.account, "test");
        assert_eq!(code(platform.create_topic(&file, &id, global(Some(4))).await), "global_order_queues");
        assert_eq!(platform.create_topic(&file, &id, global(None)).await.unwrap().of_broker.queues, 1);
        let many = NewTopic { queues: Some(65), ..topic("TopicQ") };
        assert_eq!(code(platform.create_topic(&owner, &id, many).await), "queues");
        assert_eq!(code(platform.create_topic(&owner, &id, topic("TopicC")).await), "ok");
        assert_eq!(code(platform.create_topic(&owner, &id, topic("TopicD")).await), "limit");
        assert_eq!(code(platform.create_group(&owner, &id, group("GID_abd")).await), "ok");
        assert_eq!(code(platform.create_group(&owner, &id, group("GID_abe")).await), "limit");
        assert_eq!(code(platform.delete::<Topic>(&owner, &id, "TopicA", "topica").await), "confirm_name");
        platform.delete::<Topic>(&owner, &id, "TopicA", "TopicA").await.unwrap();
        let second = platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
        assert!(second.of_broker.no > first.of_broker.no);
        let high_water = world.engine.state.lock().high_water;
        assert_eq!(high_water.topic, second.of_broker.no.0);
        assert_eq!((high_water.account, high_water.instance, high_water.group), (1, 1, 2));
        let described = platform.describe::<Topic>(&owner, &id, "TopicA", "all orders").await.unwrap();
        assert_eq!(described.description, "all orders");
        let long = "x".repeat(129);
        assert_eq!(code(platform.describe::<Topic>(&owner, &id, "TopicA", &long).await), "description_length");
    }
}

#[tokio::test]
async fn of_many_parallel_creates_of_one_name_exactly_one_succeeds() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let id = world.instance(&owner, "orders").await;
        let creates = (0..20).map(|_| world.platform.create_topic(&owner, &id, topic("TopicA")));
        let made = futures::future::join_all(creates).await;
        assert_eq!(made.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(made.into_iter().all(|result| matches!(code(result), "ok" | "name_taken")));
    }
}

#[tokio::test]
async fn c14_a_new_group_starts_at_the_place_in_the_log_of_its_creation() {
    let world = world(sqlite().await).await;
    let owner = world.enabled_owner().await;
    let id = world.instance(&owner, "orders").await;
    let first = world.platform.create_group(&owner, &id, group("GID_aaa")).await.unwrap();
    let second = world.platform.create_group(&owner, &id, group("GID_bbb")).await.unwrap();
    assert_eq!((first.of_broker.start_position, second.of_broker.start_position), (100, 200));
    assert_eq!(world.engine.state.lock().groups[&second.of_broker.no.0], second.of_broker);
}

#[tokio::test]
async fn numbers_that_the_store_has_seen_are_not_given_out_again() {
    for fresh in both().await {
        let world = world(fresh).await;
        // An older catalogue was put back beside a newer store.
        world.engine.state.lock().high_water = HighWater { account: 5, instance: 7, topic: 90, group: 40 };
        world.platform.take_over_numbers().await.unwrap();
        let owner = world.enabled_owner().await;
        assert_eq!(owner.account, AccountNo(6));
        let id = world.instance(&owner, "orders").await;
        let made = world.platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
        assert_eq!((made.of_broker.instance, made.of_broker.no), (InstanceNo(8), TopicNo(91)));
        assert_eq!(world.platform.create_group(&owner, &id, group("GID_aaa")).await.unwrap().of_broker.no, GroupNo(41));
    }
}

#[tokio::test]
async fn another_tenants_things_answer_like_missing_ones() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let id = world.instance(&owner, "orders").await;
        platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
        platform.create_group(&owner, &id, group("GID_aaa")).await.unwrap();
        let key = platform.create_access_key(&owner).await.unwrap().view.id;
        let stranger = world.stranger().await;
        for id in [id.as_str(), "MQ_INST_1_Bmissing"] {
            assert_eq!(code(platform.instance(&stranger, id).await), "not_found");
            assert_eq!(code(platform.update_instance(&stranger, id, "mine", "").await), "not_found");
            assert_eq!(code(platform.delete_instance(&stranger, id, "orders").await), "not_found");
            assert_eq!(code(platform.one::<Topic>(&stranger, id, "TopicA").await), "not_found");
            assert_eq!(code(platform.create_topic(&stranger, id, topic("TopicB")).await), "not_found");
            assert_eq!(code(platform.describe::<Topic>(&stranger, id, "TopicA", "x").await), "not_found");
            assert_eq!(code(platform.delete::<Topic>(&stranger, id, "TopicA", "TopicA").await), "not_found");
            assert_eq!(code(platform.create_group(&stranger, id, group("GID_bbb")).await), "not_found");
            assert_eq!(code(platform.delete::<Group>(&stranger, id, "GID_aaa", "GID_aaa").await), "not_found");
        }
        assert_eq!(platform.instances(&stranger, None).await.unwrap().len(), 0);
        assert_eq!(code(platform.set_access_key_active(&stranger, &key, false).await), "not_found");
        assert_eq!(code(platform.delete_access_key(&stranger, &key, &key).await), "not_found");
        assert!(platform.access_keys(&stranger).await.unwrap().is_empty());
        let page = platform.audit_page(&stranger, "", None, 100).await.unwrap();
        assert!(page.entries.iter().all(|entry| !entry.entry.target.contains("TopicA")));
        // Positive twins.
        assert_eq!(code(platform.instance(&owner, &id).await), "ok");
        assert_eq!(code(platform.one::<Topic>(&owner, &id, "TopicA").await), "ok");
        assert_eq!(code(platform.set_access_key_active(&owner, &key, false).await), "ok");
    }
}

#[tokio::test]
async fn a_member_sees_and_does_what_its_grants_say() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let orders = world.instance(&owner, "orders").await;
        let other = world.instance(&owner, "other").await;
        platform.create_topic(&owner, &orders, topic("TopicA")).await.unwrap();
        platform.create_topic(&owner, &orders, topic("Hidden")).await.unwrap();
        let member = world.user(&owner, "mia", Role::Member).await;
        assert_eq!(platform.instances(&member, None).await.unwrap().len(), 0);
        assert_eq!(code(platform.instance(&member, &orders).await), "not_found");
        let instance = Some(platform.instance(&owner, &orders).await.unwrap().instance.of_broker.no);
        let grant = |actions| Grant { instance, resource: "Topic*".to_owned(), actions };
        platform.set_grants(&owner, "mia", &[grant(Actions::READ_ONLY)]).await.unwrap();
        assert_eq!(platform.instances(&member, None).await.unwrap().len(), 1);
        assert_eq!(code(platform.instance(&member, &other).await), "not_found");
        let seen = platform.instance_only(&member, &orders).await.unwrap();
        let topics = platform.all::<Topic>(&member, &seen).await.unwrap();
        assert_eq!(topics.iter().map(|topic| &*topic.of_broker.name).collect::<Vec<_>>(), ["TopicA"]);
        assert_eq!(code(platform.one::<Topic>(&member, &orders, "Hidden").await), "not_found");
        let on = Resource::Topic("TopicA");
        assert_eq!(code(platform.demand(&member, Action::Publish, &seen, on)), "forbidden");
        assert_eq!(code(platform.demand(&member, Action::Query, &seen, on)), "ok");
        assert_eq!(code(platform.create_topic(&member, &orders, topic("TopicB")).await), "forbidden");
        assert_eq!(code(platform.delete::<Topic>(&member, &orders, "TopicA", "TopicA").await), "forbidden");
        assert_eq!(code(platform.update_instance(&member, &orders, "mine", "").await), "forbidden");
        let new = || NewInstance { name: "mine".to_owned(), ..NewInstance::default() };
        assert_eq!(code(platform.create_instance(&member, new()).await), "forbidden");
        assert_eq!(code(platform.audit_page(&member, "", None, 10).await), "forbidden");
        assert_eq!(code(platform.enable_service(&member).await), "forbidden");
        let user = NewUser { name: "eve".to_owned(), role: Role::Owner, operator: true };
        assert_eq!(code(platform.add_user(&member, user).await), "forbidden");
        assert_eq!(code(platform.set_grants(&member, "mia", &[]).await), "forbidden");
        platform.set_grants(&owner, "mia", &[grant(Actions::FULL)]).await.unwrap();
        assert_eq!(code(platform.create_topic(&member, &orders, topic("TopicB")).await), "ok");
        assert_eq!(code(platform.create_topic(&member, &orders, topic("Foo")).await), "forbidden");
        assert_eq!(code(platform.update_instance(&member, &orders, "mine", "").await), "forbidden");
    }
}

#[tokio::test]
async fn access_keys_are_shown_once_two_a_user_and_act_at_once() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let new = platform.create_access_key(&owner).await.unwrap();
        let id = new.view.id.clone();
        assert!(id.starts_with("TN") && id.len() == 24, "{id}");
        assert_eq!(new.secret.reveal().len(), 30);
        assert_eq!(new.view.last_used_at_ms, None);
        let second = platform.create_access_key(&owner).await.unwrap().view.id;
        assert_eq!(code(platform.create_access_key(&owner).await), "limit");
        let key = world.access.find_key(&id).active().expect("usable at once");
        use hmac::{KeyInit, Mac};
        let mut expected = hmac::Hmac::<sha1::Sha1>::new_from_slice(new.secret.reveal().as_bytes()).unwrap();
        let mut actual = key.mac.clone();
        expected.update(b"x");
        actual.update(b"x");
        assert!(actual.finalize().into_bytes() == expected.finalize().into_bytes());
        let instance = world.instance(&owner, "orders").await;
        let of_broker = platform.instance(&owner, &instance).await.unwrap().instance.of_broker;
        let allowed = world.access.authorize(
            &key.principal,
            Action::Publish,
            of_broker.no,
            of_broker.account,
            Resource::Topic("TopicA"),
        );
        assert_eq!(allowed, Decision::Allow);
        let used = platform.access_keys(&owner).await.unwrap();
        assert_eq!(used[0].last_used_at_ms.or(used[1].last_used_at_ms), None, "a question about rights is no use");
        world.access.used(&key);
        let used = platform.access_keys(&owner).await.unwrap();
        assert_eq!(used[0].last_used_at_ms.or(used[1].last_used_at_ms), Some(1_700_000_000_000));
        platform.save_last_used().await.unwrap();
        let epoch = world.access.epoch();
        let told = || world.engine.state.lock().access_changes;
        let before = told();
        platform.set_access_key_active(&owner, &id, false).await.unwrap();
        assert!(world.access.epoch() > epoch);
        assert!(told() > before, "R38: the broker closes the key's connections");
        assert!(world.access.find_key(&id).active().is_none());
        platform.set_access_key_active(&owner, &id, true).await.unwrap();
        assert!(world.access.find_key(&id).active().is_some());
        assert_eq!(code(platform.delete_access_key(&owner, &second, "TN").await), "confirm_name");
        platform.delete_access_key(&owner, &second, &second).await.unwrap();
        assert!(world.access.find_key(&second).active().is_none());
        // A user that is not active has no keys and no session either.
        let before = told();
        platform.set_user_active(&owner, "alice", false).await.unwrap();
        assert!(told() > before, "R38: the broker closes the user's connections");
        assert!(world.access.find_key(&id).active().is_none());
        assert!(platform.caller(owner.user.unwrap(), HERE).is_none());
    }
}

#[tokio::test]
async fn the_catalogue_holds_no_secret_in_plain_text() {
    let world = world(sqlite().await).await;
    let owner = world.enabled_owner().await;
    let secret = world.platform.create_access_key(&owner).await.unwrap().secret;
    for name in ["catalogue.db", "catalogue.db-wal"] {
        let bytes = std::fs::read(world.folder.path().join(name)).unwrap();
        for hidden in [secret.reveal(), PASSWORD] {
            assert!(!bytes.windows(hidden.len()).any(|window| window == hidden.as_bytes()), "{name}");
        }
    }
}

#[tokio::test]
async fn signing_in_is_slowed_down_audited_and_says_nothing() {
    let world = world(sqlite().await).await;
    let owner = world.owner().await;
    let platform = &world.platform;
    let entry = platform.sign_in("acme", "alice", PASSWORD, HERE).await.unwrap();
    assert_eq!(entry.user.name, "alice");
    let mut refusals = Vec::new();
    for (account, user, password) in
        [("acme", "alice", "wrong password"), ("acme", "nobody", PASSWORD), ("other", "alice", PASSWORD)]
    {
        refusals.push(platform.sign_in(account, user, password, HERE).await.unwrap_err().to_string());
    }
    refusals.dedup();
    assert_eq!(refusals, ["account, user or password is wrong"]);
    for _ in 0..4 {
        assert!(matches!(platform.sign_in("acme", "alice", "wrong", HERE).await, Err(SignInError::Wrong)));
    }
    let waits = platform.sign_in("acme", "alice", PASSWORD, HERE).await.unwrap_err();
    assert!(matches!(waits, SignInError::Wait { wait } if wait == Duration::from_secs(1)), "{waits}");
    world.clock.advance(Duration::from_secs(1));
    assert!(platform.sign_in("acme", "alice", PASSWORD, HERE).await.is_ok());
    platform.denials_came().await;
    platform.write_denials(false).await.unwrap();
    let page = platform.audit_page(&owner, "session.", None, 100).await.unwrap();
    let told = page.entries.iter().map(|row| {
        let Recorded { entry: Entry { action, actor, target, new_value, .. }, .. } = row;
        (action.as_str(), actor.as_str(), target.as_str(), new_value.as_deref())
    });
    // "other" is no account: its try is the operator's to see.
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            (denials::SIGN_IN_FAILED, "unknown", "acme/nobody", None),
            (denials::SIGN_IN_FAILED, "unknown", "acme/alice", Some("times=5")),
            ("session.sign_in", "alice", "acme/alice", None),
            ("session.sign_in", "alice", "acme/alice", None),
        ]
    );
    assert!(page.entries.iter().all(|entry| entry.entry.source == "127.0.0.1"));
}

#[tokio::test]
async fn a_password_link_works_once_and_ends_every_session() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.owner().await;
        let platform = &world.platform;
        let now = world.clock.wall_ms();
        let db = &platform.db;
        assert_eq!(code(super::links::new_password_link(db, "acme", "bob", now, "test").await), "not_found");
        let token = super::links::new_password_link(db, "acme", "alice", now, "test").await.unwrap();
        let mut record = tower_sessions::session::Record {
            id: Id::default(),
            data: [(crate::auth::session::USER.to_owned(), owner.user.unwrap().0.into())].into(),
            expiry_date: tower_sessions::cookie::time::OffsetDateTime::now_utc(),
        };
        use tower_sessions::SessionStore;
        use tower_sessions::session::Id;
        platform.sessions().create(&mut record).await.unwrap();
        assert!(platform.sessions().is_alive(&record.id).await.unwrap());
        assert_eq!(code(platform.redeem_password_link(&token, "acme-alice-1", HERE).await), "password_context_word");
        platform.redeem_password_link(&token, "a quite different one", HERE).await.unwrap();
        assert!(!platform.sessions().is_alive(&record.id).await.unwrap());
        assert_eq!(code(platform.redeem_password_link(&token, "a quite different two", HERE).await), "link_invalid");
        assert!(platform.sign_in("acme", "alice", PASSWORD, HERE).await.is_err());
        assert!(platform.sign_in("acme", "alice", "a quite different one", HERE).await.is_ok());
    }
}

#[tokio::test]
async fn an_account_made_beside_the_running_process_works_in_it() {
    for fresh in both().await {
        let world = world(fresh).await;
        let platform = &world.platform;
        let now = world.clock.wall_ms();
        let made = super::accounts::create_account(&platform.db, "beta", "bob", false, now, "test").await;
        let (_, token) = made.unwrap();
        let link = platform.link(&token).await.unwrap().unwrap();
        assert_eq!(link.opens, Opens::Password { account: "beta".to_owned(), user: "bob".to_owned() });
        let no = platform.redeem_password_link(&token, PASSWORD, HERE).await.unwrap();
        assert_eq!(platform.sign_in("beta", "bob", PASSWORD, HERE).await.unwrap().user.no, no);
        let again = super::accounts::create_account(&platform.db, "beta", "bob", false, now, "test").await;
        assert_eq!(code(again), "name_taken");
    }
}

#[tokio::test]
async fn a_broker_that_differs_is_corrected() {
    let world = world(sqlite().await).await;
    let owner = world.enabled_owner().await;
    let id = world.instance(&owner, "orders").await;
    let made = world.platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
    world.platform.changed().await;
    assert!(world.platform.reconcile().await.unwrap().is_empty());
    world.engine.state.lock().topics.clear();
    assert_eq!(world.platform.reconcile().await.unwrap(), ["Topics differed"]);
    assert!(world.engine.state.lock().topics.contains_key(&made.of_broker.no.0));
}

/// Polls `polls` times at most and drops what is not done by then; whether it was done.
async fn cut_off(future: impl Future, mut polls: usize) -> bool {
    let mut future = std::pin::pin!(future);
    std::future::poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(false);
        }
        polls -= 1;
        future.as_mut().poll(context).map(|_| true)
    })
    .await
}

/// A browser that goes away drops the handler wherever it waits.
#[tokio::test]
async fn a_change_of_a_key_acts_wherever_its_caller_goes_away() {
    for fresh in both().await {
        let db = fresh.db.clone();
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let id = platform.create_access_key(&owner).await.unwrap().view.id;
        platform.changed().await;
        for polls in 1.. {
            let active = world.access.find_key(&id).active().is_some();
            let done = cut_off(platform.set_access_key_active(&owner, &id, !active), polls).await;
            if platform.changed().now_or_never().is_some() {
                platform.reconcile().await.unwrap();
            }
            let stored = crate::db::keys::by_id(&mut db.read().await.unwrap(), &id).await.unwrap().unwrap().active;
            assert_eq!(world.access.find_key(&id).active().is_some(), stored, "cut off after {polls} polls");
            if done {
                break;
            }
        }
    }
}

#[tokio::test]
async fn every_change_leaves_one_audit_entry_with_old_and_new() {
    for fresh in both().await {
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let id = world.instance(&owner, "orders").await;
        platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
        platform.describe::<Topic>(&owner, &id, "TopicA", "new").await.unwrap();
        platform.create_group(&owner, &id, group("GID_aaa")).await.unwrap();
        let key = platform.create_access_key(&owner).await.unwrap().view.id;
        platform.set_access_key_active(&owner, &key, false).await.unwrap();
        platform.delete_access_key(&owner, &key, &key).await.unwrap();
        platform.delete::<Group>(&owner, &id, "GID_aaa", "GID_aaa").await.unwrap();
        platform.delete::<Topic>(&owner, &id, "TopicA", "TopicA").await.unwrap();
        platform.delete_instance(&owner, &id, "orders").await.unwrap();
        let page = platform.audit_page(&owner, "", None, 100).await.unwrap();
        let mut actions: Vec<_> = page.entries.iter().map(|entry| entry.entry.action.as_str()).collect();
        actions.reverse();
        assert_eq!(
            actions,
            [
                "account.create",
                "user.create",
                "service.enable",
                "instance.create",
                "topic.create",
                "topic.update",
                "group.create",
                "access_key.create",
                "access_key.disable",
                "access_key.delete",
                "group.delete",
                "topic.delete",
                "instance.delete"
            ]
        );
        let update = page.entries.iter().find(|entry| entry.entry.action == "topic.update").unwrap();
        assert_eq!((update.entry.old_value.as_deref(), update.entry.new_value.as_deref()), (Some(""), Some("new")));
        assert_eq!(update.entry.target, format!("{id}%TopicA"));
        let first = platform.audit_page(&owner, "", None, 5).await.unwrap();
        let second = platform.audit_page(&owner, "", first.older, 100).await.unwrap();
        assert_eq!((first.entries.len(), second.entries.len(), second.older), (5, 8, None));
        assert_eq!(platform.audit_chain().await.unwrap(), super::audit::Chain::Whole { entries: 13 });
    }
}

/// Every refusal for want of a right is in the audit; what is another account's only in the
/// operator's, where it tells nobody that it exists.
#[tokio::test]
async fn a_denial_is_audited_once_and_where_it_may_be_seen() {
    for fresh in both().await {
        let db = fresh.db.clone();
        let world = world(fresh).await;
        let owner = world.enabled_owner().await;
        let platform = &world.platform;
        let id = world.instance(&owner, "orders").await;
        platform.create_topic(&owner, &id, topic("TopicA")).await.unwrap();
        let member = world.user(&owner, "mia", Role::Member).await;
        let stranger = world.stranger().await;
        let grant = Grant { instance: None, resource: "TopicA".to_owned(), actions: Actions::READ_ONLY };
        platform.set_grants(&owner, "mia", &[grant]).await.unwrap();
        for _ in 0..3 {
            assert_eq!(code(platform.delete::<Topic>(&member, &id, "TopicA", "TopicA").await), "forbidden");
            assert_eq!(code(platform.enable_service(&member).await), "forbidden");
            assert_eq!(code(platform.one::<Topic>(&stranger, &id, "TopicA").await), "not_found");
            assert_eq!(code(platform.one::<Topic>(&stranger, "MQ_INST_1_Bmissing", "TopicA").await), "not_found");
        }
        platform.denials_came().await;
        platform.write_denials(false).await.unwrap();
        let told = async |caller: &Caller| {
            let page = platform.audit_page(caller, denials::ACTION, None, 100).await.unwrap();
            let entries = page.entries.into_iter().map(|row| (row.entry.actor, row.entry.target, row.entry.new_value));
            entries.collect::<Vec<_>>()
        };
        let entry = |target: &str, wanted: &str| ("mia".to_owned(), target.to_owned(), Some(wanted.to_owned()));
        assert_eq!(
            told(&owner).await,
            [entry("*", "wanted=owner times=3"), entry(&format!("{id}%TopicA"), "wanted=manage times=3")],
            "newest first"
        );
        assert_eq!(told(&stranger).await, []);
        let mut tx = db.read().await.unwrap();
        let of_operator: Vec<(String, String)> = crate::db::fetch_all!(
            &mut tx,
            (String, String),
            "SELECT actor, target FROM audit WHERE account_no IS NULL AND action = $1",
            denials::ACTION
        )
        .unwrap();
        assert_eq!(of_operator, [("evil/mallory".to_owned(), id.clone())]);
        drop(tx);
        assert!(matches!(platform.audit_chain().await.unwrap(), super::audit::Chain::Whole { .. }));
    }
}

/// A disk that is full for a moment loses none.
#[tokio::test]
async fn a_denial_that_could_not_be_written_is_written_later() {
    let fresh = sqlite().await;
    let db = fresh.db.clone();
    let world = world(fresh).await;
    let owner = world.enabled_owner().await;
    let member = world.user(&owner, "mia", Role::Member).await;
    assert_eq!(code(world.platform.enable_service(&member).await), "forbidden");
    rename_table(&db, "ALTER TABLE audit RENAME TO away").await;
    assert!(world.platform.write_denials(false).await.is_err());
    rename_table(&db, "ALTER TABLE away RENAME TO audit").await;
    world.platform.write_denials(false).await.unwrap();
    let page = world.platform.audit_page(&owner, denials::ACTION, None, 100).await.unwrap();
    assert_eq!(page.entries.len(), 1);
}

async fn rename_table(db: &Db, sql: &'static str) {
    let mut tx = db.write().await.unwrap();
    crate::db::execute!(&mut tx, sql).unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_reconciliation_that_failed_is_due_again() {
    let fresh = sqlite().await;
    let db = fresh.db.clone();
    let world = world(fresh).await;
    let platform = &world.platform;
    world.enabled_owner().await;
    platform.changed().await;
    rename_table(&db, "ALTER TABLE topic RENAME TO away").await;
    assert!(platform.reconcile().await.is_err());
    assert!(platform.changed().now_or_never().is_some());
    rename_table(&db, "ALTER TABLE away RENAME TO topic").await;
    platform.reconcile().await.unwrap();
    assert!(platform.changed().now_or_never().is_none());
}

/// What a person did says so, from the first entry on; so does the request it came by.
#[tokio::test]
async fn the_audit_names_the_person_and_the_request() {
    for fresh in both().await {
        let world = world(fresh).await;
        let platform = &world.platform;
        let token = platform.new_setup_link().await.unwrap();
        let from = Asker { address: HERE, request_id: Some("00aa".into()) };
        let no = platform.set_up(&token, from, "acme", "alice", PASSWORD).await.unwrap();
        let owner = Caller { request_id: Some("00bb".into()), ..platform.caller(no, HERE).unwrap() };
        let new = NewUser { name: "mia".to_owned(), role: Role::Member, operator: false };
        platform.add_user(&owner, new).await.unwrap();
        let page = platform.audit_page(&owner, "", None, 100).await.unwrap();
        let told: Vec<_> = page
            .entries
            .iter()
            .map(|row| (row.entry.action.as_str(), row.entry.actor.as_str(), row.entry.request_id.as_deref()))
            .collect();
        assert_eq!(
            told,
            [
                ("user.create", "alice", Some("00bb")),
                ("user.create", "alice", Some("00aa")),
                ("account.create", "alice", Some("00aa"))
            ]
        );
    }
}

/// A search that matches nothing does not read the whole audit at once.
#[tokio::test]
async fn a_search_of_the_audit_looks_so_far_and_goes_on_from_there() {
    let fresh = sqlite().await;
    let db = fresh.db.clone();
    let world = world(fresh).await;
    let owner = world.enabled_owner().await;
    let mut tx = db.write().await.unwrap();
    for _ in 0..5_100 {
        let entry = audit_table::Entry::of(&owner, 1, "topic.create", "TopicA");
        audit_table::append(&mut tx, &entry).await.unwrap();
    }
    tx.commit().await.unwrap();
    let page = world.platform.audit_page(&owner, "account.create", None, 20).await.unwrap();
    assert!(page.entries.is_empty());
    let older = page.older.expect("there is more to look through");
    let page = world.platform.audit_page(&owner, "account.create", Some(older), 20).await.unwrap();
    assert_eq!((page.entries.len(), page.older), (1, None));
}

#[tokio::test]
async fn the_chain_is_checked_as_it_grows_and_from_its_start_once_a_day() {
    let fresh = sqlite().await;
    let db = fresh.db.clone();
    let world = world(fresh).await;
    let owner = world.enabled_owner().await;
    let platform = &world.platform;
    let whole = |entries| super::audit::Chain::Whole { entries };
    assert_eq!(platform.check_audit().await.unwrap(), whole(3));
    world.instance(&owner, "orders").await;
    // What the page says is the last check's answer.
    assert_eq!(platform.audit_chain().await.unwrap(), whole(3));
    assert_eq!(platform.check_audit().await.unwrap(), whole(4));
    let mut tx = db.write().await.unwrap();
    crate::db::execute!(&mut tx, "DROP TRIGGER audit_is_not_changed").unwrap();
    crate::db::execute!(&mut tx, "UPDATE audit SET actor = 'x' WHERE no = 2").unwrap();
    tx.commit().await.unwrap();
    assert_eq!(platform.check_audit().await.unwrap(), whole(4), "looked at before");
    world.clock.advance(Duration::from_secs(24 * 3600));
    let broken = super::audit::Chain::Broken { no: 2 };
    assert_eq!(platform.check_audit().await.unwrap(), broken);
    assert_eq!(platform.audit_chain().await.unwrap(), broken);
}
