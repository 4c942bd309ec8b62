//! The one process: everything but `main`, so that tests build the server in-process.
#![recursion_limit = "256"]

pub mod auth;
pub mod console;
pub mod db;
pub mod samples;
pub mod tenant;
