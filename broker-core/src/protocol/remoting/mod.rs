//! The remoting protocol of RocketMQ clients: frames, headers in two codings, requests, answers,
//! bodies and signatures.

pub mod body;
pub mod code;
pub mod command;
pub mod fields;
pub mod frame;
pub mod header;
pub mod request;
pub mod signature;

mod header_binary;
mod header_json;
