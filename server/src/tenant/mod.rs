//! What tenants own and the rules of it. The console, the command line and the resources file all
//! call these operations; no rule lives in a page. Knows neither HTTP nor request codes.
//!
//! A change is committed in SQL first (the truth), then told to the broker through its front door;
//! [`Platform::reconcile`] makes the two equal at start and soon after every change.

pub mod accounts;
pub mod audit;
pub mod denials;
pub mod engine;
pub mod groups;
pub mod instances;
pub mod keys;
pub mod limits;
pub mod links;
pub mod named;
pub mod names;
pub mod rules;
pub mod service;
pub mod sign_in;
pub mod topics;
pub mod users;

#[cfg(test)]
pub(crate) mod tests;

use std::net::IpAddr;
use std::sync::Arc;

use broker_core::access::{Action, Decision, Resource};
use broker_core::clock::Clock;
use broker_core::metadata::HighWater;
use broker_core::store::StoreError;
use broker_core::types::{AccountNo, InstanceNo, UserNo};
use tokio::sync::{Mutex, Notify};

use crate::auth::access::{AccessTable, LoadError, UserEntry};
use crate::auth::hashing::{HashError, Hasher};
use crate::auth::rights::decide;
use crate::auth::sealing::{SealError, Vault};
use crate::auth::session::Sessions;
use crate::auth::throttle::Throttle;
use crate::db::{Db, DbError, Sequence, Tx, audit as audit_table, resources};
use engine::Engine;
use limits::Limits;
use rules::Rule;

/// A quota scope that the operator configures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    pub id: String,
    pub name_zh: String,
    pub name_en: String,
}

/// How clients reach the service; from the configuration.
#[derive(Clone, Debug)]
pub struct Reach {
    /// Host in endpoints, without port.
    pub advertised_host: String,
    /// `*.<base domain>` resolves to the host.
    pub base_domain: Option<String>,
    /// Ports for instances: first and last, in steps of 4.
    pub instance_ports: (u16, u16),
    /// Ports that no instance may have.
    pub ports_taken: Vec<u16>,
    /// The first is the default.
    pub regions: Vec<Region>,
}

/// Who asks for something, and from where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub account: AccountNo,
    /// `None`: the machine itself (resources file, command line), which may do everything in the
    /// account.
    pub user: Option<UserNo>,
    /// For the audit.
    pub name: String,
    /// Address or command, for the audit.
    pub source: String,
    /// Id under which the log knows the request, for the audit. `None`: it came by no request.
    pub request_id: Option<Arc<str>>,
}

impl Caller {
    /// The machine itself, acting in an account.
    pub fn machine(account: AccountNo, source: &str) -> Self {
        Self { account, user: None, name: "system".to_owned(), source: source.to_owned(), request_id: None }
    }
}

/// Where somebody who is not signed in asks from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asker {
    pub address: IpAddr,
    /// Id under which the log knows the request, for the audit.
    pub request_id: Option<Arc<str>>,
}

impl From<IpAddr> for Asker {
    fn from(address: IpAddr) -> Self {
        Self { address, request_id: None }
    }
}

impl Asker {
    /// A user of an account that turns out to be the one who asks.
    fn is(self, account: AccountNo, user: Option<UserNo>, name: &str) -> Caller {
        let Self { address, request_id } = self;
        Caller { account, user, name: name.to_owned(), source: address.to_string(), request_id }
    }
}

/// A kind of thing, for "does not exist".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Account,
    User,
    Instance,
    Topic,
    Group,
    AccessKey,
}

impl Kind {
    /// Stable name in codes.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::User => "user",
            Kind::Instance => "instance",
            Kind::Topic => "topic",
            Kind::Group => "group",
            Kind::AccessKey => "access_key",
        }
    }
}

/// Why an operation did nothing.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// A rule of the model; the person can act on it.
    #[error(transparent)]
    Rule(#[from] Rule),
    /// Not there, or not visible to the caller: the same answer.
    #[error("no such {}", .0.as_str())]
    NotFound(Kind),
    /// Visible to the caller, but not granted.
    #[error("not permitted: {action} needs a grant")]
    Forbidden { action: &'static str },
    /// Too many passwords at once.
    #[error("busy: try again in a moment")]
    Busy,
    /// For the operator; the person gets an error id.
    #[error(transparent)]
    Internal(#[from] Internal),
}

/// What the operator has to look at.
#[derive(Debug, thiserror::Error)]
pub enum Internal {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("password hashing: {0}")]
    Hash(String),
    #[error("a task of the process ended early: {0}")]
    Task(String),
}

macro_rules! internal_from {
    ($($error:ty),*) => {$(
        impl From<$error> for TenantError {
            fn from(error: $error) -> Self {
                TenantError::Internal(error.into())
            }
        }
    )*};
}
internal_from!(DbError, StoreError, SealError, LoadError);

impl From<HashError> for TenantError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy => TenantError::Busy,
            HashError::Failed(why) => TenantError::Internal(Internal::Hash(why)),
        }
    }
}

/// The operations of the platform. One for the process, behind an `Arc`.
pub struct Platform {
    db: Db,
    vault: Vault,
    access: Arc<AccessTable>,
    engine: Arc<dyn Engine>,
    clock: Arc<dyn Clock>,
    hasher: Hasher,
    throttle: Throttle,
    sessions: Sessions,
    limits: Limits,
    reach: Reach,
    /// Changes follow one another, so that the broker hears of them in the order of their commits.
    changes: Mutex<()>,
    dirty: Notify,
    denials: denials::Denials,
    chain: parking_lot::Mutex<audit::Checked>,
}

/// What [`Platform::new`] is built from.
pub struct PlatformParts {
    pub db: Db,
    pub vault: Vault,
    pub access: Arc<AccessTable>,
    pub engine: Arc<dyn Engine>,
    pub clock: Arc<dyn Clock>,
    pub limits: Limits,
    pub reach: Reach,
}

/// Asks for a reconciliation when dropped: also when the caller of a change goes away in the
/// middle of it. Made before the commit, dropped when the broker has heard of the change.
struct Changing<'a>(&'a Notify);

impl Drop for Changing<'_> {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Platform {
    pub fn new(parts: PlatformParts) -> Self {
        Self {
            throttle: Throttle::new(parts.clock.clone()),
            sessions: Sessions::new(parts.db.clone(), parts.clock.clone()),
            hasher: Hasher::default(),
            changes: Mutex::default(),
            dirty: Notify::new(),
            denials: denials::Denials::default(),
            chain: parking_lot::Mutex::default(),
            db: parts.db,
            vault: parts.vault,
            access: parts.access,
            engine: parts.engine,
            clock: parts.clock,
            limits: parts.limits,
            reach: parts.reach,
        }
    }

    /// Store for the session layer.
    pub fn sessions(&self) -> Sessions {
        self.sessions.clone()
    }

    /// The user with account and rights as of now; `None` when unknown or not active.
    pub fn user(&self, no: UserNo) -> Option<Arc<UserEntry>> {
        self.access.user(no).filter(|entry| entry.user.active)
    }

    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Decides by the one rule; for things of instances that the console asks the broker about.
    pub fn decide(
        &self,
        caller: &Caller,
        action: Action,
        instance: InstanceNo,
        instance_account: AccountNo,
        on: Resource<'_>,
    ) -> Decision {
        match caller.user {
            None if caller.account == instance_account => Decision::Allow,
            None => Decision::Hidden,
            Some(no) => match self.access.user(no) {
                Some(entry) => decide(&entry.rights, action, instance, instance_account, on),
                None => Decision::Hidden,
            },
        }
    }

    /// Whether the caller may know of the thing: any right on it shows it.
    pub fn is_visible(&self, caller: &Caller, instance: &resources::Instance, on: Resource<'_>) -> bool {
        [Action::Query, Action::Publish, Action::Subscribe, Action::Manage].into_iter().any(|action| {
            let of_broker = &instance.of_broker;
            self.decide(caller, action, of_broker.no, of_broker.account, on) == Decision::Allow
        })
    }

    fn is_owner(&self, caller: &Caller) -> bool {
        use crate::db::accounts::Role;
        match caller.user {
            None => true,
            Some(no) => self.user(no).is_some_and(|entry| entry.user.role == Role::Owner),
        }
    }

    /// Only owners of the account, and the machine itself.
    fn require_owner(&self, caller: &Caller) -> Result<(), TenantError> {
        if self.is_owner(caller) {
            return Ok(());
        }
        self.denied(caller, "owner", "*");
        Err(TenantError::Forbidden { action: "manage" })
    }

    /// The instance, if it is the caller's and visible to it.
    async fn visible_instance(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: &str,
    ) -> Result<resources::Instance, TenantError> {
        let instance = resources::instance(tx, id).await?.ok_or(TenantError::NotFound(Kind::Instance))?;
        if !self.is_visible(caller, &instance, Resource::Instance) {
            self.hidden(caller, &instance, id);
            return Err(TenantError::NotFound(Kind::Instance));
        }
        Ok(instance)
    }

    async fn audit(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        action: &str,
        target: &str,
        old_value: Option<String>,
        new_value: Option<String>,
    ) -> Result<(), DbError> {
        let entry = audit_table::Entry::of(caller, self.clock.wall_ms(), action, target).old(old_value).new(new_value);
        tracing::info!(
            action,
            target,
            account = caller.account.0,
            actor = caller.name,
            source = caller.source,
            "written to the audit"
        );
        audit_table::append(tx, &entry).await
    }

    /// Makes the store remember the numbers of accounts, instances, Topics and groups given out so
    /// far; called before each commit of this process that gives one out, so that a catalogue restored
    /// from an older copy can't give it out again. What the command line gives out beside it is
    /// remembered with the next one, or at the next start.
    async fn remember_numbers(&self, tx: &mut Tx) -> Result<(), TenantError> {
        let column = "sequence.value";
        let numbers = HighWater {
            account: crate::db::narrow(column, Sequence::Account.current(tx).await?)?,
            instance: crate::db::narrow(column, Sequence::Instance.current(tx).await?)?,
            topic: crate::db::narrow(column, Sequence::Topic.current(tx).await?)?,
            group: crate::db::narrow(column, Sequence::Group.current(tx).await?)?,
        };
        let engine = self.engine.clone();
        self.blocking(move || engine.raise_high_water(numbers)).await?;
        Ok(())
    }

    /// Runs what waits for the disk outside the event loop.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, TenantError> {
        let done = tokio::task::spawn_blocking(work).await;
        Ok(done.map_err(|error| TenantError::Internal(Internal::Task(error.to_string())))??)
    }

    /// Commits a change of users, keys or grants; it acts on the next request (R38).
    async fn commit_access(&self, tx: Tx) -> Result<(), TenantError> {
        let _changing = Changing(&self.dirty);
        tx.commit().await?;
        self.access_changed().await
    }

    async fn access_changed(&self) -> Result<(), TenantError> {
        self.access.reload(&self.db, &self.vault).await?;
        self.engine.access_changed();
        Ok(())
    }

    /// Reads users and keys again; after a change made by another process (command line).
    pub async fn refresh_access(&self) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        self.access_changed().await
    }

    /// At start: takes over numbers that the store has seen, then makes the broker's tables equal
    /// to the catalogue.
    pub async fn take_over_numbers(&self) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        let seen = self.engine.high_water();
        let mut tx = self.db.write().await?;
        let stored = |value: u64| i64::try_from(value).map_err(|_| DbError::Range { what: "number", value });
        Sequence::Account.raise(&mut tx, i64::from(seen.account)).await?;
        Sequence::Instance.raise(&mut tx, i64::from(seen.instance)).await?;
        Sequence::Topic.raise(&mut tx, stored(seen.topic)?).await?;
        Sequence::Group.raise(&mut tx, stored(seen.group)?).await?;
        self.remember_numbers(&mut tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes the broker's tables, users and keys among them, equal to the catalogue; differences are
    /// logged and returned. After an error it is asked for again ([`Platform::changed`]).
    pub async fn reconcile(&self) -> Result<Vec<String>, TenantError> {
        let done = self.make_equal().await;
        if done.is_err() {
            self.dirty.notify_one();
        }
        done
    }

    async fn make_equal(&self) -> Result<Vec<String>, TenantError> {
        let _one = self.changes.lock().await;
        // As a writer: a commit that nobody waits for any more comes before it.
        let mut tx = self.db.write().await?;
        let catalogue = resources::catalogue(&mut tx).await?;
        drop(tx);
        let differed = self.engine.reconcile(catalogue);
        for difference in &differed {
            tracing::warn!(difference, "the broker differed from the catalogue and was corrected");
        }
        self.access_changed().await?;
        Ok(differed)
    }

    /// Resolves when a reconciliation is due: something was changed since the last call, or it failed.
    pub async fn changed(&self) {
        self.dirty.notified().await;
    }
}
