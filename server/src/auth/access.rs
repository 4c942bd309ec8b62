//! The table of keys and rights in memory, behind the broker's port. The catalogue is the truth:
//! the table is built from it at start and after every change, and the epoch tells the doors to
//! look again, so that a change acts on the next request.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use broker_core::access::{Access, Action, Decision, FoundKey, Key, Principal, Resource};
use broker_core::clock::Clock;
use broker_core::types::{AccountNo, InstanceNo, UserNo};
use hmac::{Hmac, KeyInit};
use parking_lot::RwLock;
use sha1::Sha1;

use super::rights::{Grant, Rights, decide};
use super::sealing::{SealError, Vault};
use crate::db::accounts::{self, User};
use crate::db::{Db, DbError, keys};

/// A user as the console needs it on every request.
#[derive(Clone, Debug)]
pub struct UserEntry {
    pub user: User,
    pub account_name: String,
    pub rights: Rights,
}

struct KeyEntry {
    account: AccountNo,
    /// `None`: known, but not active (or its user is not).
    key: Option<Arc<Key>>,
    /// 0: not since it was loaded.
    used_at_ms: AtomicI64,
}

#[derive(Default)]
struct Table {
    keys: HashMap<String, KeyEntry>,
    users: HashMap<UserNo, Arc<UserEntry>>,
}

/// Implements the broker's [`Access`].
pub struct AccessTable {
    epoch: AtomicU64,
    table: RwLock<Arc<Table>>,
    clock: Arc<dyn Clock>,
}

/// Why the table could not be built. One AccessKey that does not open is left out and reported, so
/// that one damaged row can't lock everybody out.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error(transparent)]
    Db(#[from] DbError),
}

impl AccessTable {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { epoch: AtomicU64::new(0), table: RwLock::default(), clock }
    }

    /// Reads everything again and raises the epoch.
    pub async fn reload(&self, db: &Db, vault: &Vault) -> Result<(), LoadError> {
        let mut tx = db.read().await?;
        let accounts = accounts::all(&mut tx).await?;
        let users = accounts::users(&mut tx).await?;
        let grants = accounts::grants(&mut tx).await?;
        let stored = keys::all(&mut tx).await?;
        drop(tx);

        let accounts: HashMap<AccountNo, _> = accounts.into_iter().map(|account| (account.no, account)).collect();
        let mut granted: HashMap<UserNo, Vec<Grant>> = HashMap::new();
        for (user, grant) in grants {
            granted.entry(user).or_default().push(grant);
        }
        let mut table = Table::default();
        for user in users {
            let Some(account) = accounts.get(&user.account) else { continue };
            let rights = Rights {
                account: user.account,
                role: user.role,
                active: user.active,
                grants: granted.remove(&user.no).unwrap_or_default(),
            };
            let entry = UserEntry { account_name: account.name.clone(), rights, user: user.clone() };
            table.users.insert(user.no, Arc::new(entry));
        }
        for row in stored {
            let Some(owner) = table.users.get(&row.user) else { continue };
            let account = owner.user.account;
            let key = match open(vault, account, &row) {
                Ok(key) if row.active && owner.user.active => Some(key),
                Ok(_) => None,
                Err(error) => {
                    tracing::error!(access_key = row.id, %error, "an AccessKey can't be used");
                    None
                }
            };
            table.keys.insert(row.id, KeyEntry { account, key, used_at_ms: AtomicI64::new(0) });
        }
        let mut current = self.table.write();
        for (id, entry) in &current.keys {
            if let Some(next) = table.keys.get(id) {
                next.used_at_ms.store(entry.used_at_ms.load(Ordering::Relaxed), Ordering::Relaxed);
            }
        }
        *current = Arc::new(table);
        self.epoch.fetch_add(1, Ordering::Release);
        Ok(())
    }

    fn table(&self) -> Arc<Table> {
        self.table.read().clone()
    }

    /// The user, active or not.
    pub fn user(&self, no: UserNo) -> Option<Arc<UserEntry>> {
        self.table().users.get(&no).cloned()
    }

    /// When a valid signature of the key was last seen since the start.
    pub fn used_at_ms(&self, key_id: &str) -> Option<i64> {
        let used = self.table().keys.get(key_id)?.used_at_ms.load(Ordering::Relaxed);
        (used > 0).then_some(used)
    }

    /// Every key used since the start, with the time.
    pub fn last_used(&self) -> Vec<(String, i64)> {
        let table = self.table();
        let times = table.keys.iter().map(|(id, entry)| (id.clone(), entry.used_at_ms.load(Ordering::Relaxed)));
        times.filter(|(_, used)| *used > 0).collect()
    }
}

fn open(vault: &Vault, account: AccountNo, row: &keys::StoredKey) -> Result<Arc<Key>, SealError> {
    let secret = vault.open_secret(account.0, &row.id, row.version, &row.sealed_secret)?;
    let mac = Hmac::<Sha1>::new_from_slice(secret.reveal().as_bytes()).map_err(|_| SealError::Cipher)?;
    let principal = Principal { account, user: row.user, key_id: row.id.as_str().into() };
    Ok(Arc::new(Key { principal, mac }))
}

impl Access for AccessTable {
    fn find_key(&self, key_id: &str) -> FoundKey {
        match self.table.read().keys.get(key_id) {
            Some(KeyEntry { key: Some(key), .. }) => FoundKey::Active(key.clone()),
            Some(entry) => FoundKey::Inactive { account: entry.account },
            None => FoundKey::Unknown,
        }
    }

    fn used(&self, key: &Key) {
        if let Some(entry) = self.table.read().keys.get(&*key.principal.key_id) {
            entry.used_at_ms.fetch_max(self.clock.wall_ms(), Ordering::Relaxed);
        }
    }

    fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    fn authorize(
        &self,
        who: &Principal,
        action: Action,
        instance: InstanceNo,
        instance_account: AccountNo,
        on: Resource<'_>,
    ) -> Decision {
        let table = self.table.read();
        match table.users.get(&who.user) {
            Some(entry) => decide(&entry.rights, action, instance, instance_account, on),
            None => Decision::Hidden,
        }
    }
}
