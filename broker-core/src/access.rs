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

/// What is known of an AccessKey ID. Callers are told the same of all but an active one; the account
/// of an inactive one is told apart.
#[derive(Clone)]
pub enum FoundKey {
    /// It, its user and its account are active.
    Active(Arc<Key>),
    Inactive {
        account: AccountNo,
    },
    Unknown,
}

impl FoundKey {
    /// The key, if it may be used.
    pub fn active(self) -> Option<Arc<Key>> {
        match self {
            Self::Active(key) => Some(key),
            Self::Inactive { .. } | Self::Unknown => None,
        }
    }
}

/// The table of keys and the one rule of rights.
pub trait Access: Send + Sync + 'static {
    fn find_key(&self, key_id: &str) -> FoundKey;

    /// A valid signature of the key was seen, for "last used". Doors say so about once a second for
    /// each connection. Does nothing where nobody asks for it.
    fn used(&self, _key: &Key) {}

    /// Rises with every change of a key, user or grant. What was looked up under an older epoch
    /// must be looked up again.
    fn epoch(&self) -> u64;

    /// The one rule under all protocols. Only decides: answers may be remembered while the epoch
    /// stays.
    fn authorize(
        &self,
        who: &Principal,
        action: Action,
        instance: InstanceNo,
        instance_account: AccountNo,
        on: Resource<'_>,
    ) -> Decision;
}
