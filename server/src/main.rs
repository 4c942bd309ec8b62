//! `ternmq`: everything is in the library.
#![recursion_limit = "256"]

use std::process::ExitCode;

fn main() -> ExitCode {
    // One worker. Where the parts of a page are rendered on two, a rendering now and then never ends (one of 3,500 with
    // Leptos 0.8.23 on two cores). Messages have threads of their own, and what blocks or computes for long is
    // spawned as blocking.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(server::cli::run());
            // What still runs after the deadline of the stop is cut.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            // Before logging is set up.
            server::cli::fail(1, &error)
        }
    }
}
