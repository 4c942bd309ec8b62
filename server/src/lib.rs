//! The one process.
#![recursion_limit = "256"]
