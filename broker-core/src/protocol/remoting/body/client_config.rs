//! The check of a client's settings (46): one subscription that the client asks about before it
//! starts.

use super::heartbeat::{BYTES_MAX, SubscriptionData};
use super::{BodyError, parse, text};

/// What a client asks about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientConfig {
    pub client_id: Option<String>,
    pub group: String,
    pub subscription: Option<SubscriptionData>,
}

impl ClientConfig {
    pub fn decode(body: &[u8]) -> Result<Self, BodyError> {
        let json = parse(body, BYTES_MAX)?;
        Ok(Self {
            client_id: text(&json, "clientId"),
            group: text(&json, "group").ok_or(BodyError::Missing { field: "group" })?,
            subscription: json.get("subscriptionData").and_then(SubscriptionData::read),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_subscription_and_its_type_are_read() {
        let body = br#"{"clientId":"c","group":"G","namespace":"",
            "subscriptionData":{"topic":"T","subString":"a > 1","expressionType":"SQL92"}}"#;
        let config = ClientConfig::decode(body).expect("good");
        assert_eq!(config.subscription.map(|one| one.expression_type).as_deref(), Some("SQL92"));
    }
}
