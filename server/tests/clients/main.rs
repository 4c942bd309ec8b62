//! Unchanged client libraries against the one binary, over real sockets.
//!
//! `scenarios` is one list for all libraries; `samples` runs the sample projects exactly as the console hands them out;
//! `kills` ends the server with SIGKILL under load. The programs that hold the libraries are in `end2end/clients` and
//! are built by `cargo xtask test`, which then runs the tests here; without them there is nothing to run, hence
//! `ignored`. Each test has a server of its own: an empty data folder, free ports, a resources file.

mod console;
mod driver;
mod kills;
mod library;
mod program;
mod samples;
mod scenarios;
mod ternmq;
