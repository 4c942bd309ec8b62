//! What tenants own and the rules of it. The console, the command line and the resources file all
//! call these operations; no rule lives in a page. Knows neither HTTP nor request codes.
//!
//! A change is committed in SQL first (the truth), then told to the broker through its front door;
//! [`Platform::reconcile`] makes the two equal at start and soon after every change.

pub mod accounts;
pub mod audit;
pub mod engine;
pub mod groups;
pub mod instances;
pub mod keys;
pub mod limits;
pub mod listing;
pub mod names;
pub mod rules;
pub mod sign_in;
pub mod topics;

#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;
use std::time::Duration;

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
}

impl Caller {
    /// The machine itself, acting in an account.
    pub fn machine(account: AccountNo, source: &str) -> Self {
        Self { account, user: None, name: "system".to_owned(), source: source.to_owned() }
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
    Session,
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
            Kind::Session => "session",
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

impl TenantError {
    /// Stable code of the answer.
    pub fn code(&self) -> &'static str {
        match self {
            TenantError::Rule(rule) => rule.code(),
            TenantError::NotFound(_) => "not_found",
            TenantError::Forbidden { .. } => "forbidden",
            TenantError::Busy => "busy",
            TenantError::Internal(_) => "internal",
        }
    }
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
    chain_seen: parking_lot::Mutex<Option<(Duration, audit::Chain)>>,
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
/// middle of it.
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
            chain_seen: parking_lot::Mutex::default(),
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

    /// Rises with every change of a key, user or grant.
    pub fn access_epoch(&self) -> u64 {
        broker_core::access::Access::epoch(&*self.access)
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
        [Action::Query, Action::Publish, Action::Subscribe, Action::Manage]
            .into_iter()
            .any(|action| self.allows(caller, action, instance, on))
    }

    fn allows(&self, caller: &Caller, action: Action, instance: &resources::Instance, on: Resource<'_>) -> bool {
        let of_broker = &instance.of_broker;
        self.decide(caller, action, of_broker.no, of_broker.account, on) == Decision::Allow
    }

    fn is_owner(&self, caller: &Caller) -> bool {
        use crate::db::accounts::Role;
        match caller.user {
            None => true,
            Some(no) => self.user(no).is_some_and(|entry| entry.user.role == Role::Owner),
        }
    }

    /// The instance, if it is the caller's and visible to it.
    async fn visible_instance(
        &self,
        tx: &mut Tx,
        caller: &Caller,
        id: &str,
    ) -> Result<resources::Instance, TenantError> {
        resources::instance(tx, id)
            .await?
            .filter(|instance| self.is_visible(caller, instance, Resource::Instance))
            .ok_or(TenantError::NotFound(Kind::Instance))
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
        let entry = audit_table::Entry {
            at_ms: self.clock.wall_ms(),
            account: Some(caller.account),
            actor: caller.name.clone(),
            action: action.to_owned(),
            target: target.to_owned(),
            old_value,
            new_value,
            source: caller.source.clone(),
        };
        tracing::info!(
            action,
            target,
            account = caller.account.0,
            actor = caller.name,
            source = caller.source,
            "catalogue changed"
        );
        audit_table::append(tx, &entry).await
    }

    /// Makes the store remember every number given out so far; called before a commit that gives
    /// one out, so that a catalogue restored from an older copy can't give it out again.
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

    /// Makes the broker's tables equal to the catalogue; differences are logged and returned.
    pub async fn reconcile(&self) -> Result<Vec<String>, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.read().await?;
        let catalogue = resources::catalogue(&mut tx).await?;
        drop(tx);
        let differed = self.engine.reconcile(catalogue);
        for difference in &differed {
            tracing::warn!(difference, "the broker differed from the catalogue and was corrected");
        }
        Ok(differed)
    }

    /// Resolves when something was changed since the last call.
    pub async fn changed(&self) {
        self.dirty.notified().await;
    }
}
