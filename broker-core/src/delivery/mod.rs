//! How a stored message reaches a consumer: who waits, who is woken, how far each group is.
//!
//! Knows queues, groups and event loops by number; knows no wire format. Retries, delays,
//! transactions and pop will be further files here.

pub mod consumer_offset;
pub mod filter;
pub(crate) mod former_lives;
pub mod long_polling;
pub mod mailbox;
