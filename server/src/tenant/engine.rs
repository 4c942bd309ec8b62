//! Port to the broker: the few operations by which the catalogue is carried out. Another engine
//! could answer them later.

use broker_core::Broker;
use broker_core::admin::ListenerState;
use broker_core::metadata::{Catalogue, Group, HighWater, Instance, Topic};
use broker_core::store::StoreError;
use broker_core::types::{GroupNo, InstanceNo, TopicNo};

/// See [`Broker`], whose operations these are.
pub trait Engine: Send + Sync + 'static {
    fn put_instance(&self, instance: Instance) -> ListenerState;
    fn remove_instance(&self, instance: InstanceNo);
    fn put_topic(&self, topic: Topic);
    fn remove_topic(&self, topic: TopicNo);
    fn put_group(&self, group: Group);
    fn remove_group(&self, group: GroupNo);
    fn reconcile(&self, catalogue: Catalogue) -> Vec<String>;
    fn high_water(&self) -> HighWater;
    /// Waits for the disk.
    fn raise_high_water(&self, numbers: HighWater) -> Result<(), StoreError>;
    /// Waits for the disk.
    fn log_mark(&self) -> Result<u64, StoreError>;
    fn access_changed(&self);
    fn listener(&self, instance: InstanceNo) -> Option<ListenerState>;
}

impl Engine for Broker {
    fn put_instance(&self, instance: Instance) -> ListenerState {
        Broker::put_instance(self, instance)
    }

    fn remove_instance(&self, instance: InstanceNo) {
        Broker::remove_instance(self, instance);
    }

    fn put_topic(&self, topic: Topic) {
        Broker::put_topic(self, topic);
    }

    fn remove_topic(&self, topic: TopicNo) {
        Broker::remove_topic(self, topic);
    }

    fn put_group(&self, group: Group) {
        Broker::put_group(self, group);
    }

    fn remove_group(&self, group: GroupNo) {
        Broker::remove_group(self, group);
    }

    fn reconcile(&self, catalogue: Catalogue) -> Vec<String> {
        Broker::reconcile(self, catalogue)
    }

    fn high_water(&self) -> HighWater {
        Broker::high_water(self)
    }

    fn raise_high_water(&self, numbers: HighWater) -> Result<(), StoreError> {
        Broker::raise_high_water(self, numbers)
    }

    fn log_mark(&self) -> Result<u64, StoreError> {
        Broker::log_mark(self)
    }

    fn access_changed(&self) {
        Broker::access_changed(self);
    }

    fn listener(&self, instance: InstanceNo) -> Option<ListenerState> {
        Broker::listener(self, instance)
    }
}
