//! Commands that print a one-time link. They work on the catalogue itself, beside a running server
//! or without one.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;

use broker_core::clock::{Clock, SystemClock};

use super::{EXIT_CONFIG, Settings, fail, say};
use crate::compose::open_catalogue;
use crate::config::Config;
use crate::db::Db;
use crate::tenant::TenantError;
use crate::tenant::accounts::create_account;
use crate::tenant::links::{new_password_link, new_setup_link};

const SOURCE: &str = app::api::audit::FROM_COMMAND_LINE;

pub(super) enum Wanted {
    Setup,
    Password { account: String, user: String },
    Account { name: String, owner: String, operator: bool },
}

#[derive(Debug, thiserror::Error)]
enum LinkError {
    #[error("there is no catalogue in {0}: start `ternmq serve` once, or name its folder with --data-dir")]
    NoCatalogue(String),
    #[error(transparent)]
    Db(#[from] crate::db::DbError),
    #[error(transparent)]
    Tenant(#[from] TenantError),
}

/// Where a browser on this machine reaches the console.
pub(super) fn console_url(listen: SocketAddr) -> String {
    let ip = match listen.ip() {
        ip if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}", SocketAddr::new(ip, listen.port()))
}

pub(super) async fn answer(settings: Settings, wanted: Wanted) -> ExitCode {
    let config = match settings.load() {
        Ok(config) => config,
        Err(error) => return fail(EXIT_CONFIG, &error),
    };
    match make(&config, wanted).await {
        Ok(text) => {
            say(&text);
            ExitCode::SUCCESS
        }
        Err(error) => fail(1, &error),
    }
}

async fn make(config: &Config, wanted: Wanted) -> Result<String, LinkError> {
    if config.database_url.is_none() && !config.catalogue_file().exists() {
        return Err(LinkError::NoCatalogue(config.data_dir.display().to_string()));
    }
    let db = open_catalogue(config).await?;
    // The set-up link opens on this machine only; the others go to people.
    let local = console_url(config.console_listen);
    let console = match (&wanted, &config.console_public_url) {
        (Wanted::Password { .. } | Wanted::Account { .. }, Some(url)) => url.clone(),
        _ => local,
    };
    let made = link(&db, &console, wanted).await;
    db.close().await;
    Ok(made?)
}

async fn link(db: &Db, console: &str, wanted: Wanted) -> Result<String, TenantError> {
    let now = SystemClock::new().wall_ms();
    let password = |token: &str| format!("{console}{}", app::paths::choose_password(token));
    match wanted {
        Wanted::Setup => {
            let token = new_setup_link(db, now).await?;
            Ok(format!("{console}{}", app::paths::setup(&token)))
        }
        Wanted::Password { account, user } => {
            let token = new_password_link(db, &account, &user, now, SOURCE).await?;
            Ok(password(&token))
        }
        Wanted::Account { name, owner, operator } => {
            let (account, token) = create_account(db, &name, &owner, operator, now, SOURCE).await?;
            Ok(format!("account {} with UID {}, owner {owner}: {}", account.name, account.uid, password(&token)))
        }
    }
}
