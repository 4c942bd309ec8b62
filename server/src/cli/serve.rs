//! `ternmq serve`.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::links::console_url;
use super::{EXIT_CONFIG, Settings, fail, say};
use crate::compose::{ComposeError, Options, Server};
use crate::open_files;
use crate::ops::logs;
use crate::provision::dev::Demonstration;
use crate::shutdown;

#[derive(Args)]
pub(super) struct Serve {
    #[command(flatten)]
    settings: Settings,
    /// Put the accounts, instances, Topics, groups and keys of this file in place at start.
    #[arg(long, value_name = "FILE")]
    resources: Option<PathBuf>,
    /// Put a demonstration account in place and print its keys (loopback only).
    #[arg(long)]
    dev: bool,
}

impl Serve {
    pub(super) async fn run(self) -> ExitCode {
        let mut config = match self.settings.load() {
            Ok(config) => config,
            Err(error) => return fail(EXIT_CONFIG, &error),
        };
        logs::start(&config.log);
        open_files::fit(&mut config);
        let options = Options { resources: self.resources, dev: self.dev };
        let server = match Server::start(config, options).await {
            Ok(server) => server,
            Err(error @ (ComposeError::Provision(_) | ComposeError::DevOutsideLoopback)) => {
                return fail(EXIT_CONFIG, &error);
            }
            Err(error) => return fail(1, &error),
        };
        // Caught before anybody hears that the server runs.
        let ready = async { Ok((shutdown::Watchdog::start()?, announce(&server).await?)) };
        let ready: Result<_, Box<dyn std::error::Error>> = ready.await;
        match ready {
            Ok((watchdog, ())) => shutdown::run_until_stopped(server, watchdog).await,
            Err(error) => {
                let code = fail(1, &*error);
                server.stop().await;
                code
            }
        }
    }
}

async fn announce(server: &Server) -> Result<(), crate::tenant::TenantError> {
    let console = console_url(server.console_address());
    say(&format!("TernMQ {}", env!("CARGO_PKG_VERSION")));
    say(&format!("  console      {console}"));
    say(&format!("  TCP clients  {}", server.core.broker.tcp_address()));
    say(&format!("  data folder  {}", server.core.config.data_dir.display()));
    if let Some(demonstration) = &server.demonstration {
        say(&describe(demonstration));
    }
    if !server.core.platform.is_set_up().await? {
        let token = server.core.platform.new_setup_link().await?;
        say(&format!(
            "  set up       {console}{}\n               (once, within 30 minutes, on this machine; `ternmq setup-link` prints a new one)",
            app::paths::setup(&token)
        ));
    }
    Ok(())
}

fn describe(demonstration: &Demonstration) -> String {
    format!(
        "  demonstration\n    account {} user {} password {}\n    instance    {}\n    endpoint    {}\n    AccessKey   {} {}\n    Topics      {}\n    Group IDs   {}",
        demonstration.account,
        demonstration.user,
        demonstration.password.reveal(),
        demonstration.instance_id,
        demonstration.tcp_endpoint,
        demonstration.access_key_id,
        demonstration.access_key_secret.reveal(),
        demonstration.topics.join(", "),
        demonstration.groups.join(", "),
    )
}
