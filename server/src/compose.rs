//! The only place that knows every part: builds them, starts them, stops them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use broker_core::Broker;
use broker_core::clock::{Clock, SystemClock};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::auth::access::{AccessTable, LoadError};
use crate::auth::sealing::{SealError, Vault};
use crate::config::Config;
use crate::console::{self, Console, ConsoleSettings};
use crate::data_folder::{DataFolder, FolderError};
use crate::db::{Db, DbError, resources};
use crate::http::{HttpLimits, HttpServer};
use crate::ops::health::{self, Health};
use crate::provision::dev::{Demonstration, demonstrate};
use crate::provision::{ProvisionError, apply, file};
use crate::tenant::limits::Limits;
use crate::tenant::{Platform, PlatformParts, Reach, TenantError};
use crate::upkeep;

/// How long running console requests may take at the end.
const HTTP_DEADLINE: Duration = Duration::from_secs(2);

/// Why the process did not start.
#[derive(Debug, thiserror::Error)]
pub enum ComposeError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error(transparent)]
    Broker(#[from] broker_core::StartError),
    #[error(transparent)]
    Tenant(#[from] TenantError),
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    #[error(
        "console.public_url is no address to open pages at: {0}; write scheme, host and port as in a browser, such as https://mq.example.com"
    )]
    PublicUrl(#[from] tower_http::csrf::ConfigError),
    #[error("--dev is for this machine only: console.listen and tcp.listen must be on loopback")]
    DevOutsideLoopback,
    #[error("the console's address {address} can't be listened on: {source}; set console.listen to a free one")]
    Console { address: std::net::SocketAddr, source: std::io::Error },
}

/// What to put in place at start.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub resources: Option<PathBuf>,
    pub dev: bool,
}

/// All parts but the console's listener, running.
#[derive(Clone)]
pub struct Core {
    pub config: Arc<Config>,
    pub platform: Arc<Platform>,
    pub broker: Broker,
    pub clock: Arc<dyn Clock>,
    /// Names this data folder; part of cookies' names.
    pub folder_id: Arc<str>,
    /// Cancelled when the process begins to stop: streams end.
    pub stopping: CancellationToken,
    db: Db,
    tasks: Arc<tokio::sync::Mutex<JoinSet<()>>>,
    _folder: Arc<DataFolder>,
}

impl Core {
    /// Opens catalogue and store, reconciles them, starts the broker and what runs beside it.
    pub async fn start(config: Config) -> Result<Core, ComposeError> {
        Self::start_with(config, Limits::default(), Arc::new(SystemClock::new())).await
    }

    /// As [`Core::start`] with limits and clock of the caller.
    pub async fn start_with(config: Config, limits: Limits, clock: Arc<dyn Clock>) -> Result<Core, ComposeError> {
        let folder = DataFolder::open(&config.data_dir)?;
        let db = open_catalogue(&config).await?;
        let vault = Vault::open(&db, &config.master_key_file()).await?;
        let access = Arc::new(AccessTable::new(clock.clone()));
        access.reload(&db, &vault).await?;
        let catalogue = resources::catalogue(&mut db.read().await?).await?;
        let broker_config = broker_core::config::Config { store: config.store.clone(), tcp: config.tcp.clone() };
        let broker = Broker::start(broker_config, catalogue, access.clone(), clock.clone()).await?;
        let reach = Reach {
            advertised_host: config.advertised_host.clone(),
            base_domain: config.base_domain.clone(),
            instance_ports: config.instance_ports,
            ports_taken: [broker.tcp_address().port(), config.console_listen.port()]
                .into_iter()
                .chain(config.tcp.unsigned_listener.as_ref().map(|listener| listener.port))
                .collect(),
            regions: config.regions.clone(),
        };
        let platform = Arc::new(Platform::new(PlatformParts {
            db: db.clone(),
            vault,
            access,
            engine: Arc::new(broker.clone()),
            clock: clock.clone(),
            limits,
            reach,
        }));
        let core = Core {
            folder_id: folder.short_id.as_str().into(),
            config: Arc::new(config),
            platform,
            broker,
            clock,
            stopping: CancellationToken::new(),
            db,
            tasks: Arc::default(),
            _folder: Arc::new(folder),
        };
        if let Err(error) = core.reconcile().await {
            core.stop().await;
            return Err(error.into());
        }
        core.start_upkeep().await;
        Ok(core)
    }

    /// Neither catalogue nor store gives out a number that the other has seen; what the broker was
    /// started with is looked at again.
    async fn reconcile(&self) -> Result<(), TenantError> {
        self.platform.take_over_numbers().await?;
        self.platform.reconcile().await?;
        Ok(())
    }

    async fn start_upkeep(&self) {
        let mut tasks = self.tasks.lock().await;
        let stop = self.stopping.clone();
        tasks.spawn(upkeep::reconcile(self.platform.clone(), stop.clone()));
        tasks.spawn(upkeep::write_denials(self.platform.clone(), stop.clone()));
        tasks.spawn(upkeep::tidy(self.platform.clone(), stop.clone()));
        if self.config.database_url.is_none() {
            let file = self.config.catalogue_file();
            tasks.spawn(upkeep::copy_daily(self.db.clone(), file, self.clock.clone(), stop));
        }
    }

    /// Doors first, then held polls, then the last flush; the catalogue last.
    pub async fn stop(&self) {
        self.stopping.cancel();
        self.broker.stop().await;
        self.close().await;
    }

    /// After the doors are closed: ends what runs beside them and closes the catalogue.
    async fn close(&self) {
        while self.tasks.lock().await.join_next().await.is_some() {}
        if let Err(error) = self.platform.save_last_used().await {
            tracing::error!(%error, "when AccessKeys were last used can't be written down");
        }
        self.db.close().await;
    }

    /// Everything that is served on the console's listener. Health is asked without session and
    /// cookies, so it stands beside the console's layers but for the headers that all answers carry.
    ///
    /// - errors: a public address that is none; the configuration has checked it.
    pub fn router(&self) -> Result<Router, ComposeError> {
        let public = self.config.console_public_url.as_ref();
        let tls = public.is_some_and(|url| url.starts_with("https://"));
        let settings = ConsoleSettings { cookie_id: self.folder_id.to_string(), tls, public_origin: public.cloned() };
        let (platform, broker, stop) = (self.platform.clone(), self.broker.clone(), self.stopping.clone());
        let console = Console::new(platform, broker, self.clock.clone(), settings, stop);
        let health = health::router(Health {
            platform: self.platform.clone(),
            broker: self.broker.clone(),
            stopping: self.stopping.clone(),
        });
        Ok(console::with_fixed_headers(health, tls).merge(console::router(&console)?))
    }
}

/// Opens the catalogue that the configuration names.
pub async fn open_catalogue(config: &Config) -> Result<Db, DbError> {
    match &config.database_url {
        Some(url) => Db::open_postgres(&url.0).await,
        None => Db::open_sqlite(&config.catalogue_file()).await,
    }
}

/// The whole process, running.
pub struct Server {
    pub core: Core,
    /// What `--dev` put in place, to be printed.
    pub demonstration: Option<Demonstration>,
    http: HttpServer,
}

impl Server {
    pub async fn start(config: Config, options: Options) -> Result<Server, ComposeError> {
        let on_loopback = |ip: std::net::IpAddr| crate::config::is_loopback(ip);
        if options.dev && !(on_loopback(config.console_listen.ip()) && on_loopback(config.tcp.listen)) {
            return Err(ComposeError::DevOutsideLoopback);
        }
        // Read before anything is started: a bad file changes nothing.
        let plan = options.resources.as_deref().map(|path| file::read(path, &|name| std::env::var(name).ok()));
        let plan = plan.transpose()?;
        let address = config.console_listen;
        let listener = TcpListener::bind(address).await.map_err(|source| ComposeError::Console { address, source })?;
        let core = Core::start(config).await?;
        match Self::finish(&core, plan, options.dev, listener).await {
            Ok((demonstration, http)) => Ok(Server { core, demonstration, http }),
            Err(error) => {
                core.stop().await;
                Err(error)
            }
        }
    }

    async fn finish(
        core: &Core,
        plan: Option<crate::provision::Plan>,
        dev: bool,
        listener: TcpListener,
    ) -> Result<(Option<Demonstration>, HttpServer), ComposeError> {
        if let Some(plan) = plan {
            for difference in apply(&core.platform, &plan).await? {
                tracing::warn!("{difference}");
            }
        }
        let demonstration = if dev { Some(demonstrate(&core.platform).await?) } else { None };
        let address = core.config.console_listen;
        let limits = HttpLimits { connections_max: core.config.console_connections_max, ..HttpLimits::default() };
        let http = HttpServer::start(listener, core.router()?, limits)
            .map_err(|source| ComposeError::Console { address, source })?;
        Ok((demonstration, http))
    }

    /// Where the console is.
    pub fn console_address(&self) -> std::net::SocketAddr {
        self.http.address
    }

    /// Ends all: doors, streams and held polls, running requests, the last flush.
    pub async fn stop(self) {
        self.core.stopping.cancel();
        tokio::join!(self.http.stop(HTTP_DEADLINE), self.core.broker.stop());
        self.core.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Flags;

    /// On ports that are free, with as little on disk as may be.
    fn config(folder: &std::path::Path) -> Config {
        let flags = Flags { data_dir: Some(folder.display().to_string()), ..Flags::default() };
        let mut config = Config::load(&flags, |_| None).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        (config.tcp.listen, config.tcp.port) = (free.ip(), free.port());
        config.store.segment_bytes = 4 << 20;
        config.store.spare_segments = 0;
        config
    }

    #[tokio::test]
    async fn a_start_that_fails_after_the_broker_was_started_leaves_nothing_running() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let run = async |sql: &'static str| {
            let db = open_catalogue(&config).await.unwrap();
            let mut tx = db.write().await.unwrap();
            crate::db::execute!(&mut tx, sql).unwrap();
            tx.commit().await.unwrap();
            db.close().await;
        };
        let core = Core::start(config.clone()).await.expect("an empty folder");
        core.platform.add_account("acme", None, "test").await.expect("the first account");
        core.stop().await;
        drop(core);
        // An older catalogue, which can't take the number over that the store has seen.
        run("UPDATE sequence SET value = 0").await;
        run("CREATE TRIGGER stuck BEFORE UPDATE ON sequence BEGIN SELECT RAISE(ABORT, 'stuck'); END").await;
        let error = Core::start(config.clone()).await.err().expect("no number can be raised");
        assert!(error.to_string().contains("stuck"), "{error}");
        run("DROP TRIGGER stuck").await;
        let core = Core::start(config).await.expect("folder and port are free again");
        core.stop().await;
    }
}
