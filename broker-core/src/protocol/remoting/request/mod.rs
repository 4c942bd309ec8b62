//! Requests with their fields in fixed structs, one file per family. No maps: every field that a
//! handler needs is picked in one pass.

pub mod client;
pub mod offset;
pub mod pull;
pub mod query;
pub mod send;
