//! The remoting protocol of RocketMQ clients: frames, headers in two codings, requests, bodies,
//! signatures.

pub mod body;
