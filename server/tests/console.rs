//! The console, asked in-process: its routes, and who may do what with them.

#![recursion_limit = "256"]

mod access;
mod routes;
mod support;
