//! AccessKeys: they belong to a user and have its rights.

use broker_core::types::UserNo;

use super::rules::Rule;
use super::{Caller, Kind, Platform, TenantError, names};
use crate::auth::sealing::Secret;
use crate::auth::token;
use crate::db::keys::{self, StoredKey};
use crate::db::{Tx, accounts};

/// Characters of a secret.
const SECRET_LENGTH: usize = 30;
/// Characters of an ID after `TN`.
const ID_LENGTH: usize = 22;

/// An AccessKey without its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyView {
    pub id: String,
    pub active: bool,
    pub created_at_ms: i64,
    /// `None`: never.
    pub last_used_at_ms: Option<i64>,
}

/// A new AccessKey: the only time its secret leaves the process.
pub struct NewKey {
    pub view: KeyView,
    pub secret: Secret,
}

impl Platform {
    fn key_view(&self, key: StoredKey) -> KeyView {
        KeyView {
            last_used_at_ms: self.access.used_at_ms(&key.id).max(key.last_used_at_ms),
            id: key.id,
            active: key.active,
            created_at_ms: key.created_at_ms,
        }
    }

    /// The user whose keys a person works on: its own.
    fn key_user(caller: &Caller) -> Result<UserNo, TenantError> {
        caller.user.ok_or(TenantError::NotFound(Kind::User))
    }

    /// The caller's own keys, oldest first.
    pub async fn access_keys(&self, caller: &Caller) -> Result<Vec<KeyView>, TenantError> {
        let user = Self::key_user(caller)?;
        let mut tx = self.db.read().await?;
        self.enabled_account(&mut tx, caller).await?;
        Ok(keys::of_user(&mut tx, user).await?.into_iter().map(|key| self.key_view(key)).collect())
    }

    /// Makes a key of the caller's own; usable by the very next request.
    pub async fn create_access_key(&self, caller: &Caller) -> Result<NewKey, TenantError> {
        let user = Self::key_user(caller)?;
        let id = format!("TN{}", token::letters(ID_LENGTH));
        self.add_access_key(caller, user, id, Secret::new(token::letters(SECRET_LENGTH))).await
    }

    /// Adds a key with a given ID and secret to a user (resources file).
    pub(crate) async fn add_access_key(
        &self,
        caller: &Caller,
        user: UserNo,
        id: String,
        secret: Secret,
    ) -> Result<NewKey, TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let account = self.enabled_account(&mut tx, caller).await?;
        names::access_key(&id, secret.reveal())?;
        let user = accounts::user(&mut tx, user).await?.filter(|user| user.account == account.no);
        let user = user.ok_or(TenantError::NotFound(Kind::User))?;
        if keys::by_id(&mut tx, &id).await?.is_some() {
            return Err(Rule::NameTaken { name: id, by: Kind::AccessKey }.into());
        }
        let max = self.limits.access_keys_max;
        if u64::try_from(keys::of_user(&mut tx, user.no).await?.len()).unwrap_or(u64::MAX) >= max {
            return Err(Rule::Limit { kind: Kind::AccessKey, max }.into());
        }
        let version = 1;
        let key = StoredKey {
            sealed_secret: self.vault.seal(account.no.0, &id, version, &secret)?,
            id,
            user: user.no,
            version,
            active: true,
            created_at_ms: self.clock.wall_ms(),
            last_used_at_ms: None,
        };
        keys::insert(&mut tx, &key).await?;
        self.audit(&mut tx, caller, "access_key.create", &key.id, None, Some(format!("user={}", user.name))).await?;
        self.commit_access(tx).await?;
        Ok(NewKey { view: self.key_view(key), secret })
    }

    async fn own_key(&self, tx: &mut Tx, caller: &Caller, id: &str) -> Result<StoredKey, TenantError> {
        let user = Self::key_user(caller)?;
        keys::by_id(tx, id).await?.filter(|key| key.user == user).ok_or(TenantError::NotFound(Kind::AccessKey))
    }

    /// Disables or enables a key; acts on the next request.
    pub async fn set_access_key_active(&self, caller: &Caller, id: &str, active: bool) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        let key = self.own_key(&mut tx, caller, id).await?;
        if key.active != active {
            let state = |active| Some(if active { "active" } else { "inactive" }.to_owned());
            keys::set_active(&mut tx, id, active).await?;
            let action = if active { "access_key.enable" } else { "access_key.disable" };
            self.audit(&mut tx, caller, action, id, state(key.active), state(active)).await?;
        }
        self.commit_access(tx).await
    }

    /// Deletes a key; can't be undone, acts on the next request.
    ///
    /// - `confirm`: its ID, typed by the person.
    pub async fn delete_access_key(&self, caller: &Caller, id: &str, confirm: &str) -> Result<(), TenantError> {
        let _one = self.changes.lock().await;
        let mut tx = self.db.write().await?;
        self.own_key(&mut tx, caller, id).await?;
        if confirm != id {
            return Err(Rule::ConfirmName { expected: id.to_owned() }.into());
        }
        keys::delete(&mut tx, id).await?;
        self.audit(&mut tx, caller, "access_key.delete", id, None, None).await?;
        self.commit_access(tx).await
    }

    /// Whose key it is and its secret, whatever the account: for the resources file.
    pub(crate) async fn access_key_of_any(&self, id: &str) -> Result<Option<(UserNo, Secret)>, TenantError> {
        let mut tx = self.db.read().await?;
        let Some(key) = keys::by_id(&mut tx, id).await? else { return Ok(None) };
        let owner = accounts::user(&mut tx, key.user).await?.ok_or(TenantError::NotFound(Kind::User))?;
        let secret = self.vault.open_secret(owner.account.0, id, key.version, &key.sealed_secret)?;
        Ok(Some((key.user, secret)))
    }

    /// Writes down when keys were last used; called every minute and at the end.
    pub async fn save_last_used(&self) -> Result<(), TenantError> {
        let used = self.access.last_used();
        if used.is_empty() {
            return Ok(());
        }
        let mut tx = self.db.write().await?;
        for (id, at_ms) in used {
            keys::set_last_used(&mut tx, &id, at_ms).await?;
        }
        Ok(tx.commit().await?)
    }
}
