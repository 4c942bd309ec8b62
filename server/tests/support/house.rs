//! The server in-process on a temporary folder: catalogue, broker, platform and console router.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use broker_core::Broker;
use broker_core::clock::{Clock, ManualClock};
use broker_core::config::{Config, StoreConfig, TcpConfig};
use broker_core::metadata::Catalogue;
use server::auth::access::AccessTable;
use server::auth::rights::Grant;
use server::auth::sealing::Vault;
use server::console::{Console, ConsoleSettings, router};
use server::db::Db;
use server::db::accounts::Role;
use server::http::{HttpLimits, HttpServer};
use server::tenant::accounts::create_account;
use server::tenant::engine::Engine;
use server::tenant::limits::Limits;
use server::tenant::links::new_password_link;
use server::tenant::users::NewUser;
use server::tenant::{Caller, Platform, PlatformParts, Reach, Region};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::Visitor;

pub(crate) const PASSWORD: &str = "blue kettle on the hill 7";

/// When the tests begin: 2026-01-02 03:04:05 UTC.
const START_MS: i64 = 1_767_323_045_000;

pub(crate) struct House {
    pub db: Db,
    pub platform: Arc<Platform>,
    pub broker: Broker,
    pub clock: Arc<ManualClock>,
    pub stop: CancellationToken,
    router: Router,
    _folder: tempfile::TempDir,
}

impl House {
    /// Nothing in it: no account yet. On plain http.
    pub(crate) async fn open() -> Self {
        Self::open_with(ConsoleSettings { cookie_id: "test".to_owned(), tls: false, public_origin: None }).await
    }

    pub(crate) async fn open_with(settings: ConsoleSettings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(ManualClock::new(START_MS));
        let db = Db::open_sqlite(&folder.path().join("catalogue.db")).await.expect("a new catalogue");
        let vault = Vault::open(&db, &folder.path().join("master.key")).await.expect("a new master key");
        let access = Arc::new(AccessTable::new(clock.clone()));
        access.reload(&db, &vault).await.expect("an empty table");
        let mut store = StoreConfig::new(folder.path().join("store"));
        store.segment_bytes = 4 << 20;
        store.spare_segments = 0;
        let tcp = TcpConfig {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            advertised_host: "127.0.0.1".to_owned(),
            advertised_ipv4: Ipv4Addr::LOCALHOST,
            connections_max: TcpConfig::CONNECTIONS_MAX,
            loops: 1,
            unsigned_listener: None,
        };
        let broker = Broker::start(Config { store, tcp }, Catalogue::default(), access.clone(), clock.clone())
            .await
            .expect("a broker on an empty folder");
        let ports = free_ports();
        let platform = Arc::new(Platform::new(PlatformParts {
            db: db.clone(),
            vault,
            access,
            engine: Arc::new(broker.clone()) as Arc<dyn Engine>,
            clock: clock.clone(),
            limits: Limits::default(),
            reach: Reach {
                advertised_host: "127.0.0.1".to_owned(),
                base_domain: None,
                instance_ports: ports,
                ports_taken: Vec::new(),
                regions: vec![region("local"), region("public")],
            },
        }));
        platform.take_over_numbers().await.expect("numbers of an empty store");
        let stop = CancellationToken::new();
        let console =
            Console::new(platform.clone(), broker.clone(), clock.clone() as Arc<dyn Clock>, settings, stop.clone());
        let router = router(&console).expect("the settings are right");
        Self { db, platform, broker, clock, stop, router, _folder: folder }
    }

    /// A browser on the machine itself.
    pub(crate) fn visitor(&self) -> Visitor {
        Visitor::new(self.router.clone())
    }

    /// The console on a real socket.
    pub(crate) async fn listen(&self) -> HttpServer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        HttpServer::start(listener, self.router.clone(), HttpLimits::default()).expect("a bound address")
    }

    /// A browser somewhere else.
    pub(crate) fn visitor_from(&self, address: &str) -> Visitor {
        Visitor::from(address, self.router.clone())
    }

    /// An account with its owner, service enabled.
    pub(crate) async fn account(&self, name: &str, owner: &str) -> Caller {
        let now = self.clock.wall_ms();
        let (account, token) = create_account(&self.db, name, owner, false, now, "test").await.expect("a new account");
        self.platform.refresh_access().await.expect("a table");
        let user = self
            .platform
            .redeem_password_link(&token, PASSWORD, IpAddr::V4(Ipv4Addr::LOCALHOST))
            .await
            .expect("a link that was just made");
        let caller = Caller {
            account: account.no,
            user: Some(user),
            name: owner.to_owned(),
            source: "test".to_owned(),
            request_id: None,
        };
        self.platform.enable_service(&caller).await.expect("an owner may");
        caller
    }

    /// A member of an account with these grants.
    pub(crate) async fn member(&self, owner: &Caller, account: &str, name: &str, grants: &[Grant]) {
        let new = NewUser { name: name.to_owned(), role: Role::Member, operator: false };
        self.platform.add_user(owner, new).await.expect("an owner may");
        self.platform.set_grants(owner, name, grants).await.expect("an owner may");
        let now = self.clock.wall_ms();
        let token = new_password_link(&self.db, account, name, now, "test").await.expect("a user that exists");
        self.platform
            .redeem_password_link(&token, PASSWORD, IpAddr::V4(Ipv4Addr::LOCALHOST))
            .await
            .expect("a link that was just made");
    }

    /// A browser in which somebody is signed in.
    pub(crate) async fn signed_in(&self, account: &str, user: &str) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.sign_in(account, user, PASSWORD).await;
        assert!(answer.status.is_success() || answer.status.is_redirection(), "{} {}", answer.status, answer.text());
        assert!(visitor.cookie().is_some(), "no session cookie for {account}/{user}");
        visitor
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) async fn close(self) {
        self.stop.cancel();
        self.broker.stop().await;
        self.db.close().await;
    }
}

fn region(id: &str) -> Region {
    Region { id: id.to_owned(), name_zh: id.to_owned(), name_en: id.to_owned() }
}

/// A range of ports that this test process has for itself, as far as the system lets it know.
fn free_ports() -> (u16, u16) {
    let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let first = listener.local_addr().expect("a bound address").port().clamp(1024, 65_000);
    (first, first.saturating_add(400))
}
