//! Bytes to values and back: the wire of RocketMQ clients and the layout of messages.
//!
//! Pure: no I/O, no clock, no tasks, no knowledge of tenants, Topics or the store. Bytes come from
//! strangers, so nothing here panics, and nothing is allocated by a length that was only claimed.

pub mod message;
pub mod message_batch;
pub mod message_id;
pub mod properties;
pub mod remoting;
pub mod tag;

mod bytes;
mod json;
