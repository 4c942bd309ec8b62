//! First times of an instance: kept durably, because "has it ever" has no other source.

use std::sync::atomic::Ordering;

use super::Operations;
use crate::admin::Milestones;
use crate::metadata::InstanceEntry;
use crate::types::InstanceNo;

pub(crate) const PRODUCER_SEEN: u8 = 1;
pub(crate) const MESSAGE_STORED: u8 = 2;
pub(crate) const CONSUMER_ONLINE: u8 = 4;

/// First byte of this state's keys.
const KIND: u8 = b'm';

fn key(instance: InstanceNo) -> [u8; 5] {
    let [a, b, c, d] = instance.0.to_be_bytes();
    [KIND, a, b, c, d]
}

impl Operations {
    /// A first time, or a further one: then it costs one load.
    pub(crate) fn reach(&self, instance: &InstanceEntry, milestone: u8) {
        if instance.milestones.load(Ordering::Relaxed) & milestone == 0 {
            self.state.put_with(&key(instance.instance.no), || {
                [instance.milestones.fetch_or(milestone, Ordering::AcqRel) | milestone]
            });
        }
    }

    /// Takes over what was reached before the start.
    pub(crate) fn recover_milestones(&self) {
        for (key, value) in self.state.entries() {
            let Some((&KIND, no)) = key.split_first() else { continue };
            let (Ok(no), [reached]) = (<[u8; 4]>::try_from(no), &value[..]) else { continue };
            if let Some(entry) = self.metadata.instance(InstanceNo(u32::from_be_bytes(no))) {
                entry.milestones.fetch_or(*reached, Ordering::AcqRel);
            }
        }
    }

    pub(crate) fn forget_milestones(&self, instance: InstanceNo) {
        self.state.remove(&key(instance));
    }

    pub fn milestones(&self, instance: InstanceNo) -> Milestones {
        let reached = self.metadata.instance(instance).map_or(0, |i| i.milestones.load(Ordering::Acquire));
        Milestones {
            producer_seen: reached & PRODUCER_SEEN != 0,
            message_stored: reached & MESSAGE_STORED != 0,
            consumer_online: reached & CONSUMER_ONLINE != 0,
        }
    }
}
