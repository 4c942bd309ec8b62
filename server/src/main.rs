//! `ternmq`: everything is in the library.
#![recursion_limit = "256"]

use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
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
