//! The one process.
#![recursion_limit = "256"]

pub mod console;
pub mod samples;
