//! The console.
#![recursion_limit = "256"]

pub mod api;
pub mod paths;
