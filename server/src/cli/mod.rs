//! The command line: `ternmq serve` and the commands for the machine's own administrator.

mod links;
mod serve;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::config::layers::ConfigError;
use crate::config::{Config, Flags};

/// Of sysexits: something is wrong with the configuration.
const EXIT_CONFIG: u8 = 78;

/// A message queue service for RocketMQ clients, with its console, in one process.
///
/// Settings come from a file (--config), from environment variables over it (TERNMQ_TCP_LISTEN for
/// tcp.listen) and from flags over those. `ternmq check-config --print-default` prints every setting
/// with its default.
#[derive(Parser)]
#[command(name = "ternmq", version, disable_version_flag = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service.
    Serve(serve::Serve),
    /// Read and check the settings, change nothing.
    CheckConfig {
        #[command(flatten)]
        settings: Settings,
        /// Print the commented default file instead.
        #[arg(long)]
        print_default: bool,
    },
    /// Print a new one-time link that sets up the first account (30 minutes, this machine only).
    SetupLink {
        #[command(flatten)]
        settings: Settings,
    },
    /// Print a one-time link that sets the password of a user (24 hours).
    ResetPassword {
        #[command(flatten)]
        settings: Settings,
        account: String,
        user: String,
    },
    /// Accounts (tenants).
    Account {
        #[command(subcommand)]
        command: AccountCommand,
    },
    /// Print the version.
    Version,
}

#[derive(Subcommand)]
enum AccountCommand {
    /// Make an account and print a one-time link for its owner (24 hours).
    Create {
        #[command(flatten)]
        settings: Settings,
        /// Name of the account: a-z, 0-9, -.
        name: String,
        /// Name of its owner.
        #[arg(long, default_value = "owner")]
        owner: String,
        /// The owner is also an operator of the whole service.
        #[arg(long)]
        operator: bool,
    },
}

#[derive(Args)]
struct Settings {
    /// File with settings (TOML). Environment: TERNMQ_CONFIG.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Folder that holds all state.
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<String>,
    /// Address and port of the console.
    #[arg(long, value_name = "ADDRESS:PORT")]
    console_listen: Option<String>,
    /// Address and port for RocketMQ clients.
    #[arg(long, value_name = "ADDRESS:PORT")]
    tcp_listen: Option<String>,
    /// Host that clients are told to connect to.
    #[arg(long, value_name = "HOST")]
    advertised_host: Option<String>,
    /// PostgreSQL URL of the catalogue.
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
    /// error, warn, info, debug or trace.
    #[arg(long, value_name = "LEVEL")]
    log_level: Option<String>,
}

impl Settings {
    fn load(self) -> Result<Config, ConfigError> {
        let flags = Flags {
            config: self.config,
            data_dir: self.data_dir,
            console_listen: self.console_listen,
            tcp_listen: self.tcp_listen,
            advertised_host: self.advertised_host,
            database_url: self.database_url,
            log_level: self.log_level,
        };
        Config::check_environment(std::env::vars_os())?;
        Config::load(&flags, |name| std::env::var(name).ok())
    }
}

/// Answers of a command go to standard output, everything else to standard error. Whoever closed
/// standard output does not want to hear.
fn say(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

#[expect(clippy::print_stderr, reason = "a command that fails says why on standard error")]
pub fn fail(code: u8, error: &dyn std::error::Error) -> ExitCode {
    eprintln!("ternmq: {error}");
    ExitCode::from(code)
}

/// Runs the command line; returns the process's exit code.
pub async fn run() -> ExitCode {
    crate::data_folder::private_files();
    match Cli::parse().command {
        Command::Version => {
            say(&format!("ternmq {}", env!("CARGO_PKG_VERSION")));
            ExitCode::SUCCESS
        }
        Command::CheckConfig { print_default: true, .. } => {
            say(crate::config::DEFAULT_FILE.trim_end());
            ExitCode::SUCCESS
        }
        Command::CheckConfig { settings, .. } => match settings.load() {
            Ok(config) => {
                say(&format!(
                    "ok: console {}, TCP {}:{}, advertised host {}, data folder {}",
                    config.console_listen,
                    config.tcp.listen,
                    config.tcp.port,
                    config.advertised_host,
                    config.data_dir.display()
                ));
                ExitCode::SUCCESS
            }
            Err(error) => fail(EXIT_CONFIG, &error),
        },
        Command::Serve(serve) => serve.run().await,
        Command::SetupLink { settings } => links::answer(settings, links::Wanted::Setup).await,
        Command::ResetPassword { settings, account, user } => {
            links::answer(settings, links::Wanted::Password { account, user }).await
        }
        Command::Account { command: AccountCommand::Create { settings, name, owner, operator } } => {
            links::answer(settings, links::Wanted::Account { name, owner, operator }).await
        }
    }
}
