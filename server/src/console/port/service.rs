//! Enabling the service.

use app::api::service::{Offer, Service, ServicePort};
use app::api::{ApiError, Field, Rule};
use async_trait::async_trait;

use super::CallerPort;
use super::audit::person;
use super::convert::capped;
use super::refusal::{Answer, field, refused};

const HOUR_MS: i64 = 3_600_000;

impl CallerPort {
    async fn service(&self) -> Answer<Service> {
        let account = self.console.platform().account(&self.who()?).await.map_err(refused)?;
        Ok(match account.service_enabled {
            Some(enabled) => Service::Activated { at_ms: enabled.at_ms, by: person(enabled.by) },
            None => Service::NotActivated,
        })
    }

    async fn make_offer(&self) -> Answer<Offer> {
        let retention_ms = self.reading(|port| port.console.broker().store_status().retention_ms).await?;
        Ok(Offer {
            service: self.service().await?,
            may_activate: self.is_owner(),
            instances_per_region: capped(self.console.platform().limits().instances_max),
            retention_hours: u32::try_from(retention_ms / HOUR_MS).unwrap_or(0),
        })
    }

    async fn order(&self, agreed: bool) -> Answer<Service> {
        let who = self.who()?;
        if !agreed {
            return Err(field(Field::Terms, Rule::NotAgreed));
        }
        self.console.platform().enable_service(&who).await.map_err(refused)?;
        self.service().await
    }
}

#[async_trait]
impl ServicePort for CallerPort {
    async fn offer(&self) -> Result<Offer, ApiError> {
        self.finish(self.make_offer().await)
    }

    async fn activate(&self, agreed: bool) -> Result<Service, ApiError> {
        self.finish(self.order(agreed).await)
    }
}
