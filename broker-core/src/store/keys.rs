//! Keys of messages: their hash, and whether a message names one. Pure.

use super::envelope::array;
use crate::types::InstanceNo;

/// Hash of a key in an instance. Written to disk: never changes.
pub(crate) fn hash(instance: InstanceNo, key: &str) -> u64 {
    const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut hash = (u64::from(instance.0) ^ 0x6a09_e667_f3bc_c908).wrapping_mul(MIX);
    let mut step = |word: u64| {
        hash = (hash ^ word).wrapping_mul(MIX);
        hash ^= hash >> 32;
    };
    let words = key.as_bytes().chunks_exact(8);
    let rest = words.remainder();
    for word in words {
        step(array(word, 0).map_or(0, u64::from_le_bytes));
    }
    let mut last = [0; 8];
    for (into, byte) in last.iter_mut().zip(rest) {
        *into = *byte;
    }
    step(u64::from_le_bytes(last));
    step(key.len() as u64);
    hash
}

/// Whether a V1 message record names the key: as its unique id or as a word of its keys.
pub(crate) fn names(message: &[u8], key: &str) -> bool {
    let Some(properties) = properties(message) else { return false };
    properties.split(|byte| *byte == 2).any(|property| {
        let mut parts = property.splitn(2, |byte| *byte == 1);
        let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        match name {
            b"UNIQ_KEY" => value == key.as_bytes(),
            b"KEYS" => value.split(|byte| *byte == b' ').any(|word| !word.is_empty() && word == key.as_bytes()),
            _ => false,
        }
    })
}

/// The properties of a V1 message record with IPv4 hosts.
fn properties(message: &[u8]) -> Option<&[u8]> {
    let body_bytes = usize::try_from(u32::from_be_bytes(array(message, 84)?)).ok()?;
    let topic_at = 88_usize.checked_add(body_bytes)?;
    let properties_at = topic_at.checked_add(1)?.checked_add(usize::from(*message.get(topic_at)?))?;
    let bytes = usize::from(u16::from_be_bytes(array(message, properties_at)?));
    let from = properties_at.checked_add(2)?;
    message.get(from..from.checked_add(bytes)?)
}
