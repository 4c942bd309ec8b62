//! The project's commands: `cargo xtask run | test | site | soak | bench`.
//!
//! Each verb is one module. They start other programs (cargo, Maven, npm, the product) and know the folders of this
//! workspace; they hold nothing that the product itself needs at run time.

mod bench;
mod clients;
mod command;
mod prepare;
mod site;
mod soak;
mod start;
mod tally;
mod test;
mod workspace;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use workspace::Workspace;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Builds, runs and tests TernMQ")]
struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Build everything in release mode and start the product; arguments after `--` go to `ternmq serve`
    Run {
        #[arg(last = true, allow_hyphen_values = true)]
        serve: Vec<String>,
    },
    /// Run every test, installing what they need; the last line is `N passed, N failed`
    Test {
        /// Only these steps (several allowed)
        #[arg(long, value_enum)]
        only: Vec<test::Step>,
    },
    /// Kill the server under load and fuzz its readers, for a long time
    Soak {
        /// How long, in minutes
        #[arg(long, default_value_t = 60)]
        minutes: u64,
    },
    /// Measure rates, latencies, start-up and memory beside the load generator's own ceiling
    Bench {
        /// The load generator `mqload`
        #[arg(long)]
        mqload: PathBuf,
        #[arg(long, default_value_t = 3)]
        rounds: usize,
        /// Length of one measurement
        #[arg(long, default_value_t = 5)]
        seconds: u64,
    },
    /// Build the browser half of the console (wasm, styles, static files) into the target folder
    Site {
        /// Unoptimised and uncompressed: seconds instead of minutes, for work on the pages
        #[arg(long)]
        dev: bool,
    },
}

fn main() {
    let result = Workspace::find().and_then(|workspace| match Arguments::parse().verb {
        Verb::Run { serve } => start::run(&workspace, &serve),
        Verb::Test { only } => test::run(&workspace, &only),
        Verb::Soak { minutes } => soak::run(&workspace, minutes),
        Verb::Bench { mqload, rounds, seconds } => bench::run(&workspace, &mqload, rounds, seconds),
        Verb::Site { dev } => site::build(&workspace, if dev { site::Kind::Dev } else { site::Kind::Release }),
    });
    if let Err(failure) = result {
        command::say(&format!("xtask: {failure}"));
        std::process::exit(failure.exit_code());
    }
}
