//! The highest numbers ever given out, kept by the store (see [`HighWater`]).

use parking_lot::Mutex;

use crate::metadata::HighWater;
use crate::store::{StateLog, StoreError};

/// Key of this state.
const KEY: &[u8] = b"h";

/// Durable numbers that only rise.
#[derive(Debug, Default)]
pub(crate) struct HighWaterMark {
    numbers: Mutex<HighWater>,
}

impl HighWaterMark {
    pub(crate) fn recover(log: &StateLog) -> Self {
        let value = log.entries().into_iter().find(|(key, _)| key == KEY).map(|(_, value)| value);
        let numbers = value.and_then(|v| decode(&v)).unwrap_or_default();
        Self { numbers: Mutex::new(numbers) }
    }

    pub(crate) fn get(&self) -> HighWater {
        *self.numbers.lock()
    }

    /// Durable when it returns. A lower number than the one kept changes nothing.
    pub(crate) fn raise(&self, log: &StateLog, to: HighWater) -> Result<(), StoreError> {
        let mut numbers = self.numbers.lock();
        let raised = highest(*numbers, to);
        if raised != *numbers {
            log.put(KEY, &encode(raised));
            log.sync()?;
            *numbers = raised;
        }
        Ok(())
    }
}

/// The higher of each number.
pub(crate) fn highest(a: HighWater, b: HighWater) -> HighWater {
    HighWater {
        account: a.account.max(b.account),
        instance: a.instance.max(b.instance),
        topic: a.topic.max(b.topic),
        group: a.group.max(b.group),
    }
}

fn encode(numbers: HighWater) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(24);
    bytes.extend_from_slice(&numbers.account.to_be_bytes());
    bytes.extend_from_slice(&numbers.instance.to_be_bytes());
    bytes.extend_from_slice(&numbers.topic.to_be_bytes());
    bytes.extend_from_slice(&numbers.group.to_be_bytes());
    bytes
}

fn decode(bytes: &[u8]) -> Option<HighWater> {
    let (account, rest) = bytes.split_first_chunk()?;
    let (instance, rest) = rest.split_first_chunk()?;
    let (topic, rest) = rest.split_first_chunk()?;
    Some(HighWater {
        account: u32::from_be_bytes(*account),
        instance: u32::from_be_bytes(*instance),
        topic: u64::from_be_bytes(*topic),
        group: u64::from_be_bytes(rest.try_into().ok()?),
    })
}
