//! The one process: everything but `main`, so that tests build the server in-process.
#![recursion_limit = "256"]

pub mod auth;
pub mod cli;
pub mod compose;
pub mod config;
pub mod console;
pub mod data_folder;
pub mod db;
pub mod http;
pub mod open_files;
pub mod ops;
pub mod provision;
pub mod samples;
pub mod shutdown;
pub mod tenant;
pub mod upkeep;
