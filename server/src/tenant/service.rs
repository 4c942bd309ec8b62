//! The service's enablement: once for each account, for good.

use super::rules::Rule;
use super::{Caller, Kind, Platform, TenantError};
use crate::db::Tx;
use crate::db::accounts::{self, Account};

impl Platform {
    /// The account, once its service is enabled.
    pub(super) async fn enabled_account(&self, tx: &mut Tx, caller: &Caller) -> Result<Account, TenantError> {
        let account = accounts::by_no(tx, caller.account).await?.ok_or(TenantError::NotFound(Kind::Account))?;
        if account.service_enabled.is_none() {
            return Err(Rule::ServiceNotEnabled.into());
        }
        Ok(account)
    }

    /// Enables the service, once and for good. `false`: it was enabled before.
    pub async fn enable_service(&self, caller: &Caller) -> Result<bool, TenantError> {
        self.require_owner(caller)?;
        let _one = self.changes.lock().await;
        let now = self.clock.wall_ms();
        let mut tx = self.db.write().await?;
        let account = accounts::by_no(&mut tx, caller.account).await?.ok_or(TenantError::NotFound(Kind::Account))?;
        let changed = accounts::enable_service(&mut tx, account.no, now, &caller.name).await?;
        if changed {
            self.audit(&mut tx, caller, "service.enable", &account.name, None, None).await?;
        }
        tx.commit().await?;
        Ok(changed)
    }
}
