//! Behaviour of the operations, by the numbers of the field cases.

mod clients;
mod disk;
mod expiry;
mod names;
mod offsets;
mod polling;
mod pulls;
mod search;
mod sends;
