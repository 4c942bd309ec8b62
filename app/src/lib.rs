//! The console.
#![recursion_limit = "256"]
