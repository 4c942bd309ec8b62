//! Port: who is calling and what they may do. The server implements it over its catalogue; the
//! broker never sees a user, a role or a grant.

use std::sync::Arc;

use crate::types::{AccountNo, InstanceNo, UserNo};

/// Who a request acts for: the owner of the AccessKey that signed it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Principal {
    pub account: AccountNo,
    pub user: UserNo,
    /// AccessKey ID; shown in logs and in the list of refused requests.
    pub key_id: Arc<str>,
}

/// An active AccessKey of an active user, with its secret ready for use.
pub struct Key {
    pub principal: Principal,
    /// HMAC-SHA1 keyed with the secret; cloned for each check.
    pub mac: hmac::Hmac<sha1::Sha1>,
}

/// What a request wants to do. Data rights only; `Manage` is asked by management doors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Publish,
    Subscribe,
    Query,
    Manage,
}

/// What a request wants to do it to. Names are local: without the instance and without `%RETRY%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource<'a> {
    Instance,
    Topic(&'a str),
    Group(&'a str),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    /// Inside the caller's own account, but not granted: answered as "no permission".
    Denied,
    /// Not of the caller's account: answered exactly like a thing that does not exist.
    Hidden,
}

/// The table of keys and the one rule of rights.
pub trait Access: Send + Sync + 'static {
    /// The key if it, its user and its account are active. `None` covers unknown and disabled alike.
    fn find_key(&self, key_id: &str) -> Option<Arc<Key>>;

    /// Rises with every change of a key, user or grant. What was looked up under an older epoch
    /// must be looked up again.
    fn epoch(&self) -> u64;

    /// The one rule under all protocols.
    fn authorize(
        &self,
        who: &Principal,
        action: Action,
        instance: InstanceNo,
        instance_account: AccountNo,
        on: Resource<'_>,
    ) -> Decision;
}
