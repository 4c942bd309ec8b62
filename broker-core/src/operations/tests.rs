//! Behaviour of the operations, by the numbers of `docs/rules.md`.

mod clients;
mod disk;
mod expiry;
mod names;
mod offsets;
mod polling;
mod pulls;
mod search;
mod sends;
