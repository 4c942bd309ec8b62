//! A broker without doors for tests: operations over the medium in memory and a clock set by hand.

use std::net::SocketAddr;
use std::sync::Arc;

use super::pull::{Pull, PullAnswer, PullError, PullFilter, PullRequest};
use super::send::{SendBatch, SendRequest};
use super::{Caller, Located, Operations, Target};
use crate::access::{Access, Action, Decision, FoundKey, Principal, Resource};
use crate::client_table::{Door, Session};
use crate::clock::ManualClock;
use crate::config::{Config, StoreConfig, TcpConfig};
use crate::metadata::{Catalogue, Group, GroupEntry, GroupProtocol, Instance, MessageType, Topic, TopicEntry};
use crate::protocol::remoting::body::heartbeat::{
    ConsumeFromWhere, ConsumeType, ConsumerData, Heartbeat, MessageModel, SubscriptionData,
};
use crate::protocol::tag::TagExpression;
use crate::store::medium::MemoryMedium;
use crate::store::{Appended, Durability, Records};
use crate::types::{AccountNo, GroupNo, InstanceNo, TopicNo, UserNo};
use crate::{SendError, broker};

pub(crate) const INSTANCE_ID: &str = "MQ_INST_1000000000000001_Babcdefg";
pub(crate) const OTHER_ID: &str = "MQ_INST_2000000000000002_Babcdefg";
/// A second instance of the first account.
pub(crate) const SISTER_ID: &str = "MQ_INST_1000000000000001_Bsister1";
pub(crate) const START_MS: i64 = 1_700_000_000_000;

/// Allows everything inside the caller's own account but one Topic that nobody may use.
pub(crate) struct OwnAccount;

impl Access for OwnAccount {
    fn find_key(&self, _: &str) -> FoundKey {
        FoundKey::Unknown
    }

    fn epoch(&self) -> u64 {
        1
    }

    fn authorize(&self, who: &Principal, _: Action, _: InstanceNo, of: AccountNo, on: Resource<'_>) -> Decision {
        match on {
            _ if who.account != of => Decision::Hidden,
            Resource::Topic("not_granted") => Decision::Denied,
            _ => Decision::Allow,
        }
    }
}

pub(crate) fn principal(account: u32) -> Principal {
    Principal { account: AccountNo(account), user: UserNo(1), key_id: "TNkey".into() }
}

pub(crate) struct Bench {
    pub(crate) medium: MemoryMedium,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) ops: Arc<Operations>,
    me: Principal,
}

pub(crate) fn topic(no: u64, name: &str) -> Topic {
    Topic {
        no: TopicNo(no),
        instance: InstanceNo(1),
        name: name.into(),
        message_type: MessageType::Normal,
        queues: 4,
        durability: Durability::Synced,
        created_at_ms: START_MS,
    }
}

pub(crate) fn group(no: u64, name: &str, start_position: u64, created_at_ms: i64) -> Group {
    Group {
        no: GroupNo(no),
        instance: InstanceNo(1),
        name: name.into(),
        protocol: GroupProtocol::Tcp,
        created_at_ms,
        start_position,
    }
}

fn instance(no: u32, account: u32, id: &str, port: u16) -> Instance {
    Instance { no: InstanceNo(no), account: AccountNo(account), id: id.into(), region: "local".into(), port }
}

/// What a test changes of a send to queue 0 of `orders`.
#[derive(Default)]
pub(crate) struct TestSend<'a> {
    pub(crate) born_at_ms: i64,
    pub(crate) topic: Option<&'a Arc<TopicEntry>>,
    pub(crate) queue_id: i32,
    pub(crate) sys_flag: i32,
    pub(crate) properties: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) batch: bool,
}

impl Bench {
    /// What most tests need: Topic `orders` (1) with 4 queues, Group `GID_x` (1).
    pub(crate) fn new() -> Self {
        let catalogue = Catalogue {
            instances: vec![
                instance(1, 1, INSTANCE_ID, 19_876),
                instance(2, 2, OTHER_ID, 19_880),
                instance(3, 1, SISTER_ID, 19_884),
            ],
            topics: vec![topic(1, "orders"), Topic { instance: InstanceNo(2), ..topic(2, "orders") }],
            groups: vec![group(1, "GID_x", 0, START_MS - 1)],
        };
        Self::open(MemoryMedium::new(), Arc::new(ManualClock::new(START_MS)), catalogue)
    }

    fn open(medium: MemoryMedium, clock: Arc<ManualClock>, catalogue: Catalogue) -> Self {
        Self::open_as([127, 0, 0, 1], medium, clock, catalogue)
    }

    fn open_as(advertised: [u8; 4], medium: MemoryMedium, clock: Arc<ManualClock>, catalogue: Catalogue) -> Self {
        let config = Config {
            store: StoreConfig { segment_bytes: 1 << 20, ..StoreConfig::new("/store".into()) },
            tcp: TcpConfig {
                listen: [127, 0, 0, 1].into(),
                port: 9876,
                advertised_host: std::net::Ipv4Addr::from(advertised).to_string(),
                advertised_ipv4: advertised.into(),
                connections_max: TcpConfig::CONNECTIONS_MAX,
                loops: 1,
                unsigned_listener: None,
            },
        };
        let ops = broker::open(&config, catalogue, Arc::new(OwnAccount), clock.clone(), Arc::new(medium.clone()));
        Self { medium, clock, ops: Arc::new(ops.expect("the store opens")), me: principal(1) }
    }

    /// Closes cleanly and opens again.
    pub(crate) fn restarted(self) -> Self {
        self.restarted_as([127, 0, 0, 1])
    }

    /// The same with another advertised address.
    pub(crate) fn restarted_as(self, advertised: [u8; 4]) -> Self {
        let catalogue = self.ops.metadata.snapshot();
        self.opened_again(advertised, catalogue)
    }

    /// The same with another catalogue.
    pub(crate) fn restarted_with(self, catalogue: Catalogue) -> Self {
        self.opened_again([127, 0, 0, 1], catalogue)
    }

    fn opened_again(self, advertised: [u8; 4], catalogue: Catalogue) -> Self {
        let Self { medium, clock, ops, .. } = self;
        ops.close().expect("closes");
        drop(ops);
        Self::open_as(advertised, medium, clock, catalogue)
    }

    /// What the next process finds after this one was killed.
    pub(crate) fn killed(&self) -> Self {
        Self::open(self.medium.killed(), self.clock.clone(), self.ops.metadata.snapshot())
    }

    /// What is there after a power cut.
    pub(crate) fn after_power_cut(&self, seed: u64) -> Self {
        Self::open(self.medium.after_power_cut(seed), self.clock.clone(), self.ops.metadata.snapshot())
    }

    pub(crate) fn caller(&self) -> Caller<'_> {
        Caller { door: Door::Instance(InstanceNo(1)), principal: Some(&self.me) }
    }

    pub(crate) fn session(&self) -> Session {
        let address = SocketAddr::from(([10, 0, 0, 7], 50_000));
        self.ops.connect(0, Door::Instance(InstanceNo(1)), 19_876, address)
    }

    pub(crate) fn topic(&self, name: &str) -> Target {
        let located = self.ops.locate_topic(&self.caller(), &[Action::Publish], name);
        located.expect("the Topic exists").entry
    }

    pub(crate) fn group(&self, name: &str) -> Arc<GroupEntry> {
        let Located { entry, .. } =
            self.ops.locate_group(&self.caller(), Action::Subscribe, name).expect("the group exists");
        entry
    }

    /// Makes a group now: it starts here.
    pub(crate) fn make_group(&self, no: u64, name: &str) -> Arc<GroupEntry> {
        use crate::clock::Clock;
        let mark = self.ops.store.barrier().expect("a mark");
        assert!(self.ops.put_group(group(no, name, mark, self.clock.wall_ms())));
        self.group(name)
    }

    /// Appends without waiting for the disk.
    pub(crate) fn try_send<'a>(&self, change: impl FnOnce(&mut TestSend<'a>)) -> Result<Vec<Appended>, SendError> {
        let Target::Topic(orders) = self.topic("orders") else { unreachable!("a Topic") };
        let mut send = TestSend { body: b"hello", born_at_ms: START_MS, ..TestSend::default() };
        change(&mut send);
        let request = SendRequest {
            topic: send.topic.unwrap_or(&orders),
            queue_id: send.queue_id,
            sys_flag: send.sys_flag,
            born_at_ms: send.born_at_ms,
            flag: 0,
            reconsume_times: 0,
            properties: send.properties,
            body: send.body,
            batch: send.batch,
            from: SocketAddr::from(([10, 0, 0, 9], 40_000)),
        };
        let mut batch = SendBatch::default();
        let number = batch.push(&self.ops, &request)?;
        batch.append(&self.ops)?;
        Ok(batch.sent(&self.ops, number).expect("sent").records.to_vec())
    }

    /// Sends to queue 0 of `orders` and waits until it is on disk.
    pub(crate) fn send(&self, body: &str, properties: &str) -> Appended {
        self.send_to(0, body, properties)
    }

    pub(crate) fn send_to(&self, queue_id: i32, body: &str, properties: &str) -> Appended {
        let sent = self.try_send(|r| {
            r.queue_id = queue_id;
            r.body = body.as_bytes();
            r.properties = properties;
        });
        self.settle();
        sent.expect("stored")[0]
    }

    /// Everything appended is on disk and readable.
    pub(crate) fn settle(&self) {
        self.ops.submit();
        self.ops.store.barrier().expect("the disk takes it");
    }

    /// A pull of queue 0 of `orders` with an inline expression, that is not held.
    pub(crate) fn pull(
        &self,
        session: &mut Session,
        group: &str,
        offset: i64,
        expression: &str,
    ) -> Result<(PullAnswer, Vec<String>), PullError> {
        let filter = PullFilter::Inline { expression_type: "TAG", expression };
        self.pull_as(session, group, offset, filter)
    }

    pub(crate) fn pull_as(
        &self,
        session: &mut Session,
        group: &str,
        offset: i64,
        filter: PullFilter<'_>,
    ) -> Result<(PullAnswer, Vec<String>), PullError> {
        let pull = self.prepare(session, group, offset, filter)?;
        let mut out = Records::default();
        let answer = self.ops.pull(session, &pull, &mut out)?;
        Ok((answer, bodies(&out)))
    }

    pub(crate) fn prepare(
        &self,
        session: &mut Session,
        group: &str,
        offset: i64,
        filter: PullFilter<'_>,
    ) -> Result<Pull, PullError> {
        let (group, target) = (self.group(group), self.topic("orders"));
        let request = PullRequest {
            group: &group,
            target: &target,
            queue_id: 0,
            offset,
            messages_max: 32,
            bytes_max: None,
            commit: None,
            filter,
        };
        self.ops.prepare_pull(session, &request)
    }
}

pub(crate) fn bodies(records: &Records) -> Vec<String> {
    let body = |r: &[u8]| {
        let message = crate::protocol::message::Message::decode(r).expect("a record");
        String::from_utf8(message.body.to_vec()).expect("a text")
    };
    records.iter().map(body).collect()
}

/// A clustering push consumer's heartbeat: group, and Topics with their expressions.
pub(crate) fn heartbeat(client_id: &str, group: &str, topics: &[(&str, &str)], sub_version: i64) -> Heartbeat {
    let subscription = |(topic, expression): &(&str, &str)| SubscriptionData {
        topic: (*topic).to_owned(),
        expression: (*expression).to_owned(),
        expression_type: "TAG".to_owned(),
        tags: TagExpression::parse(expression),
        version: sub_version,
    };
    Heartbeat {
        client_id: client_id.to_owned(),
        producer_groups: Vec::new(),
        consumers: vec![ConsumerData {
            group: group.to_owned(),
            consume_type: ConsumeType::Passively,
            model: MessageModel::Clustering,
            consume_from: ConsumeFromWhere::LastOffset,
            subscriptions: topics.iter().map(subscription).collect(),
        }],
        without_subscriptions: false,
    }
}
