//! Builds the parts of the broker, owns its background task, closes everything in order. No rules.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use parking_lot::Mutex;
use tokio::task::JoinHandle;

use crate::access::Access;
use crate::admin::high_water::highest;
use crate::admin::{
    GroupStatus, KeySearch, ListenerState, Lookup, MessagePage, MessageView, Milestones, ProducerClient, Refusal,
    RefusalOwner, StoreStatus, TimeSearch, TopicStatus,
};
use crate::clock::Clock;
use crate::config::Config;
use crate::delivery::long_polling::LongPolling;
use crate::metadata::{Catalogue, Group, HighWater, Instance, Metadata, Topic};
use crate::operations::send::SendRequest;
use crate::operations::{Operations, Parts};
use crate::protocol::properties::{self, name};
use crate::remoting::Remoting;
use crate::store::medium::{Medium, SystemMedium};
use crate::store::{OpenError, Store, StoreError};
use crate::types::{AccountNo, GroupNo, InstanceNo, TopicNo};
use crate::{OutgoingMessage, Receipt, SendError, StartError};

/// How often silent clients are looked for.
const EXPIRY_EVERY: Duration = Duration::from_secs(5);

/// A running broker. Cheap to clone; all clones are the same broker.
#[derive(Clone)]
pub struct Broker {
    inner: Arc<Inner>,
}

struct Inner {
    ops: Arc<Operations>,
    remoting: Remoting,
    config: Config,
    expiry: Mutex<Option<JoinHandle<()>>>,
}

impl Broker {
    /// Opens the store, recovers it and listens on the shared port and the ports of `catalogue`.
    pub async fn start(
        config: Config,
        catalogue: Catalogue,
        access: Arc<dyn Access>,
        clock: Arc<dyn Clock>,
    ) -> Result<Broker, StartError> {
        let for_store = (config.clone(), clock.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let (config, clock) = for_store;
            open(&config, catalogue, access, clock, Arc::new(SystemMedium))
        });
        let ops = opened.await.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()))?;
        let ops = Arc::new(ops);
        let remoting = match Remoting::start(ops.clone(), &config.tcp) {
            Ok(remoting) => remoting,
            Err(error) => {
                close(ops).await;
                return Err(StartError::Listen { address: error.address, source: error.source });
            }
        };
        for instance in ops.metadata.snapshot().instances {
            // A busy port is the state of its instance; the rest starts.
            remoting.open(instance.no, instance.port);
        }
        let expiry = tokio::spawn(expire_clients(ops.clone()));
        let inner = Inner { ops, remoting, config, expiry: Mutex::new(Some(expiry)) };
        Ok(Broker { inner: Arc::new(inner) })
    }

    /// Doors first, then held pulls, then the last flush. Returns when all is on disk.
    pub async fn stop(&self) {
        self.inner.ops.begin_stop();
        let expiry = self.inner.expiry.lock().take();
        if let Some(expiry) = expiry {
            expiry.abort();
            // Aborted on purpose: the result says nothing else.
            let _ = expiry.await;
        }
        self.inner.remoting.stop().await;
        close(self.inner.ops.clone()).await;
    }

    /// Resolves when the log can't be written any more (R14): the process must end.
    pub async fn failed(&self) -> String {
        self.inner.ops.long_polling.failure().wait().await
    }

    /// Address of the shared port.
    pub fn tcp_address(&self) -> SocketAddr {
        self.inner.remoting.shared_address()
    }

    /// Adds or changes an instance and opens its port.
    pub fn put_instance(&self, instance: Instance) -> ListenerState {
        let (no, port) = (instance.no, instance.port);
        self.inner.ops.put_instance(instance);
        self.inner.remoting.open(no, port)
    }

    /// Closes its port and its connections.
    pub fn remove_instance(&self, instance: InstanceNo) {
        self.inner.remoting.close(instance);
        self.inner.ops.remove_instance(instance);
    }

    /// Usable by the very next request.
    pub fn put_topic(&self, topic: Topic) {
        self.inner.ops.put_topic(topic);
    }

    pub fn remove_topic(&self, topic: TopicNo) {
        self.inner.ops.remove_topic(topic);
    }

    pub fn put_group(&self, group: Group) {
        self.inner.ops.put_group(group);
    }

    pub fn remove_group(&self, group: GroupNo) {
        self.inner.ops.remove_group(group);
    }

    /// Makes the broker's tables equal to the catalogue; returns what differed, in words.
    pub fn reconcile(&self, catalogue: Catalogue) -> Vec<String> {
        let done = self.inner.ops.reconcile(&catalogue);
        for instance in done.gone {
            self.inner.remoting.close(instance);
        }
        for instance in done.opened {
            self.inner.remoting.open(instance.no, instance.port);
        }
        done.differences
    }

    /// Highest numbers that the store has seen.
    pub fn high_water(&self) -> HighWater {
        highest(self.inner.ops.high_water.get(), self.inner.ops.metadata.numbers())
    }

    /// Remembers numbers durably before they are used.
    pub fn raise_high_water(&self, numbers: HighWater) -> Result<(), StoreError> {
        self.inner.ops.high_water.raise(&self.inner.ops.state, numbers)
    }

    /// A durable place in the log: later messages lie behind it, also after a crash. Taken when a
    /// Group ID is made.
    pub fn log_mark(&self) -> Result<u64, StoreError> {
        self.inner.ops.store.barrier()
    }

    /// Keys, users or grants changed: open connections are checked again and closed within 5 s
    /// where their key is gone.
    pub fn access_changed(&self) {
        self.inner.ops.long_polling.mailboxes.recheck();
    }

    pub fn listener(&self, instance: InstanceNo) -> Option<ListenerState> {
        self.inner.remoting.state(instance)
    }

    /// Stores a message; resolves when it is acknowledged.
    ///
    /// - errors: [`SendError::Unconfirmed`] when the disk does not answer in time.
    pub async fn send(&self, message: OutgoingMessage) -> Result<Receipt, SendError> {
        let ops = &self.inner.ops;
        let topic = ops.metadata.topic(message.topic).ok_or(SendError::TopicUnknown)?;
        let mut text = String::new();
        let own = [(name::TAGS, &message.tag), (name::KEYS, &message.keys)];
        let own = own.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?)));
        for (name, value) in own.chain(message.properties.iter().map(|(n, v)| (n.as_str(), v.as_str()))) {
            if !properties::push(&mut text, name, value) {
                return Err(SendError::Illegal { what: format!("property [{name}] has no name or a separator in it") });
            }
        }
        let request = SendRequest {
            topic: &topic,
            queue_id: -1,
            sys_flag: 0,
            born_at_ms: ops.clock.wall_ms(),
            flag: 0,
            reconsume_times: 0,
            properties: &text,
            body: &message.body,
            batch: false,
            from: message.from,
        };
        let (receipt, durability, end) = ops.send_now(&request)?;
        ops.confirm(durability, end).await?;
        Ok(receipt)
    }

    /// Any form of Message ID, without naming a Topic. Searches all instances of the account, so
    /// that one of another instance can be named.
    pub fn find_by_id(&self, account: AccountNo, instance: InstanceNo, id: &str) -> Result<Lookup, StoreError> {
        self.inner.ops.find_by_id(account, instance, id)
    }

    /// The stored message that an offset id names, with its body; `None` where the instance has none
    /// there.
    pub fn open_message(
        &self,
        account: AccountNo,
        instance: InstanceNo,
        offset_id: &str,
    ) -> Result<Option<(MessageView, Bytes)>, StoreError> {
        self.inner.ops.open_message(account, instance, offset_id)
    }

    pub fn find_by_key(&self, search: &KeySearch) -> Result<MessagePage, StoreError> {
        self.inner.ops.find_by_key(search)
    }

    pub fn find_by_time(&self, search: &TimeSearch) -> Result<MessagePage, StoreError> {
        self.inner.ops.find_by_time(search)
    }

    /// `None`: no such Topic.
    pub fn topic_status(&self, topic: TopicNo) -> Option<Result<TopicStatus, StoreError>> {
        self.inner.ops.topic_status(topic)
    }

    /// Groups with a client online that subscribes the Topic, or with progress in it.
    pub fn topic_groups(&self, topic: TopicNo) -> Vec<GroupNo> {
        self.inner.ops.topic_groups(topic)
    }

    /// `None`: no such group.
    pub fn group_status(&self, group: GroupNo) -> Option<Result<GroupStatus, StoreError>> {
        self.inner.ops.group_status(group)
    }

    pub fn producers(&self, instance: InstanceNo) -> Vec<ProducerClient> {
        self.inner.ops.producer_clients(instance)
    }

    /// Newest first.
    pub fn refusals(&self, owner: RefusalOwner) -> Vec<Refusal> {
        self.inner.ops.refusals(owner)
    }

    pub fn milestones(&self, instance: InstanceNo) -> Milestones {
        self.inner.ops.milestones(instance)
    }

    pub fn store_status(&self) -> StoreStatus {
        self.inner.ops.store_status(self.inner.config.store.retention)
    }
}

async fn expire_clients(ops: Arc<Operations>) {
    let mut every = tokio::time::interval(EXPIRY_EVERY);
    loop {
        every.tick().await;
        ops.expire_clients();
    }
}

async fn close(ops: Arc<Operations>) {
    match tokio::task::spawn_blocking(move || ops.close()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::error!(%error, "the store was not closed cleanly; the next start recovers it"),
        Err(error) => tracing::error!(%error, "closing the store failed; the next start recovers it"),
    }
}

/// Opens and recovers the store and builds the operations over it.
pub(crate) fn open(
    config: &Config,
    catalogue: Catalogue,
    access: Arc<dyn Access>,
    clock: Arc<dyn Clock>,
    medium: Arc<dyn Medium>,
) -> Result<Operations, StartError> {
    let dir = config.store.dir.display().to_string();
    let store_error = |source| StartError::Store { dir: dir.clone(), source };
    let long_polling = Arc::new(LongPolling::default());
    let opened = Store::open(&config.store, medium, clock.clone(), long_polling.clone());
    let (store, report) = opened.map_err(|error| match error {
        OpenError::Newer { found, supported } => StartError::NewerStore { dir: dir.clone(), found, supported },
        OpenError::InUse => StartError::InUse { dir: dir.clone() },
        OpenError::Store(source) => store_error(source),
    })?;
    tracing::info!(
        clean = report.clean,
        scanned_bytes = report.scanned_bytes,
        cut_bytes = report.cut_bytes,
        quarantined = report.quarantined.len(),
        "store opened"
    );
    for range in &report.quarantined {
        tracing::error!(range, "damaged range set aside");
    }
    let offset_log = Arc::new(store.state_log("consumer_offset").map_err(store_error)?);
    let state = Arc::new(store.state_log("broker_state").map_err(store_error)?);
    let metadata = Metadata::default();
    for instance in catalogue.instances {
        metadata.put_instance(instance);
    }
    for topic in catalogue.topics {
        metadata.put_topic(topic);
    }
    for group in catalogue.groups {
        metadata.put_group(group);
    }
    let ops = Operations::new(Parts {
        store: Arc::new(store),
        offset_log,
        state,
        long_polling,
        metadata,
        access,
        clock,
        advertised_host: config.tcp.advertised_host.clone(),
        advertised_ipv4: config.tcp.advertised_ipv4,
    });
    let existed = highest(ops.high_water.get(), ops.metadata.numbers());
    ops.store.topics_existed(TopicNo(existed.topic));
    Ok(ops)
}
