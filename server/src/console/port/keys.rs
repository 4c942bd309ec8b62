//! The AccessKeys of the signed-in user.

use app::api::ApiError;
use app::api::keys::{AccessKey, AccessKeys, KeyPort, NewAccessKey};
use async_trait::async_trait;

use super::CallerPort;
use super::convert::capped;
use super::refusal::{Answer, refused};
use crate::tenant::keys::KeyView;

impl CallerPort {
    /// Oldest first. Errors: `NotActivated`.
    pub(super) async fn own_keys(&self) -> Answer<Vec<KeyView>> {
        self.console.platform().access_keys(&self.who()?).await.map_err(refused)
    }

    async fn list_keys(&self) -> Answer<AccessKeys> {
        let rows = self.own_keys().await?.into_iter().map(|key| AccessKey {
            id: key.id,
            active: key.active,
            created_at_ms: key.created_at_ms,
            last_used_ms: key.last_used_at_ms,
        });
        Ok(AccessKeys { rows: rows.collect(), max: capped(self.console.platform().limits().access_keys_max) })
    }

    async fn make_key(&self) -> Answer<NewAccessKey> {
        let made = self.console.platform().create_access_key(&self.who()?).await.map_err(refused)?;
        Ok(NewAccessKey { id: made.view.id, secret: made.secret.reveal().to_owned() })
    }
}

#[async_trait]
impl KeyPort for CallerPort {
    async fn access_keys(&self) -> Result<AccessKeys, ApiError> {
        self.finish(self.list_keys().await)
    }

    async fn create_access_key(&self) -> Result<NewAccessKey, ApiError> {
        self.finish(self.make_key().await)
    }

    async fn set_access_key_active(&self, id: String, active: bool) -> Result<(), ApiError> {
        self.finish(
            async { self.console.platform().set_access_key_active(&self.who()?, &id, active).await.map_err(refused) }
                .await,
        )
    }

    async fn delete_access_key(&self, id: String, confirm: String) -> Result<(), ApiError> {
        self.finish(
            async { self.console.platform().delete_access_key(&self.who()?, &id, &confirm).await.map_err(refused) }
                .await,
        )
    }
}
