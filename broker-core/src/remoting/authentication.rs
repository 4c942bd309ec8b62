//! Who signed a request. A connection belongs to the first key that signed on it.

use std::sync::Arc;

use crate::access::{Access, Key};
use crate::admin::RefusalReason;
use crate::protocol::remoting::fields::Fields;
use crate::protocol::remoting::signature::{ACCESS_KEY, SIGNATURE, verify};
use crate::types::AccountNo;

/// After so many bad signatures a connection is closed.
const FAILURES_MAX: u8 = 3;

/// What a connection has proved.
#[derive(Default)]
pub(super) struct Credentials {
    /// The key that the connection belongs to.
    key: Option<Arc<Key>>,
    /// The key was active at this epoch.
    epoch: u64,
    failures: u8,
}

/// Why a request counts as unsigned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) reason: RefusalReason,
    /// The account of the key, where there is such a key.
    pub(super) account: Option<AccountNo>,
    pub(super) remark: &'static str,
}

impl Credentials {
    pub(super) fn key(&self) -> Option<&Arc<Key>> {
        self.key.as_ref()
    }

    /// The key that signed the request. Text and time are the same for an unknown key, a disabled
    /// key and a wrong signature (threats R37).
    pub(super) fn check(
        &mut self,
        access: &dyn Access,
        code: i32,
        fields: &Fields<'_>,
        body: &[u8],
    ) -> Result<Arc<Key>, Rejection> {
        let key_id = fields.get(ACCESS_KEY).filter(|id| !id.is_empty());
        let (Some(key_id), Some(_)) = (key_id, fields.get(SIGNATURE)) else {
            return Err(Rejection {
                reason: RefusalReason::NoSignature,
                account: None,
                remark: "the request is not signed: configure an AccessKey ID and its secret in the client",
            });
        };
        if let Some(tied) = &self.key
            && *tied.principal.key_id != *key_id
        {
            return Err(Rejection {
                reason: RefusalReason::KeyChanged,
                account: Some(tied.principal.account),
                remark: "a connection belongs to one AccessKey: this request was signed with another",
            });
        }
        let epoch = access.epoch();
        let key = match &self.key {
            Some(tied) if self.epoch == epoch => Some(tied.clone()),
            _ => access.find_key(key_id),
        };
        if verify(code, fields, body, key.as_ref().map(|key| &key.mac))
            && let Some(key) = &key
        {
            self.key = Some(key.clone());
            self.epoch = epoch;
            return Ok(key.clone());
        }
        let reason = if key.is_some() { RefusalReason::WrongSignature } else { RefusalReason::UnknownKey };
        Err(Rejection {
            reason,
            account: key.map(|key| key.principal.account),
            remark: "check signature failed: the AccessKey ID is not an active one, or its secret is another",
        })
    }

    /// Counts a refused request; whether the connection is to be closed after its answer.
    pub(super) fn failed(&mut self, reason: RefusalReason) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.failures >= FAILURES_MAX || reason == RefusalReason::KeyChanged
    }

    /// Whether the key that the connection belongs to is still active.
    pub(super) fn still_valid(&self, access: &dyn Access) -> bool {
        let Some(key) = &self.key else { return true };
        self.epoch == access.epoch() || access.find_key(&key.principal.key_id).is_some()
    }

    /// Whether a request with these fields may be read further: its key exists. Says nothing about
    /// its signature.
    pub(super) fn names_a_key(&self, access: &dyn Access, fields: &Fields<'_>) -> bool {
        fields.get(ACCESS_KEY).is_some_and(|id| access.find_key(id).is_some())
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit};

    use super::*;
    use crate::access::{Action, Decision, Principal, Resource};
    use crate::types::{InstanceNo, UserNo};

    /// One key, `my-ak` with `my-secret`, active at even epochs.
    struct OneKey(std::sync::atomic::AtomicU64);

    impl Access for OneKey {
        fn find_key(&self, key_id: &str) -> Option<Arc<Key>> {
            let mac = Hmac::new_from_slice(b"my-secret").expect("any length");
            let principal = Principal { account: AccountNo(7), user: UserNo(1), key_id: key_id.into() };
            (key_id == "my-ak" && self.epoch().is_multiple_of(2)).then(|| Arc::new(Key { principal, mac }))
        }

        fn epoch(&self) -> u64 {
            self.0.load(std::sync::atomic::Ordering::SeqCst)
        }

        fn authorize(&self, _: &Principal, _: Action, _: InstanceNo, _: AccountNo, _: Resource<'_>) -> Decision {
            Decision::Hidden
        }
    }

    const SIGNED: &str = "Co264lBh9bmeaM0ojOAXYfoNvCY=";

    fn request<'a>(key: &'a str, signature: &'a str) -> Fields<'a> {
        [("topic", "TopicTest"), ("AccessKey", key), ("Signature", signature)].into_iter().collect()
    }

    fn reason(done: Result<Arc<Key>, Rejection>) -> Option<RefusalReason> {
        done.err().map(|rejection| rejection.reason)
    }

    #[test]
    fn r37_unknown_key_and_wrong_signature_read_alike() {
        let (access, mut credentials) = (OneKey(0.into()), Credentials::default());
        let wrong = credentials.check(&access, 30, &request("my-ak", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), b"");
        let unknown = credentials.check(&access, 30, &request("your-ak", SIGNED), b"");
        let (wrong, unknown) = (wrong.err().expect("refused"), unknown.err().expect("refused"));
        assert_eq!(wrong.remark, unknown.remark);
        assert_eq!((wrong.reason, unknown.reason), (RefusalReason::WrongSignature, RefusalReason::UnknownKey));
        assert_eq!((wrong.account, unknown.account), (Some(AccountNo(7)), None));
    }

    #[test]
    fn r38_a_connection_belongs_to_its_first_key() {
        let (access, mut credentials) = (OneKey(0.into()), Credentials::default());
        assert_eq!(reason(credentials.check(&access, 30, &request("my-ak", SIGNED), b"")), None);
        let other = credentials.check(&access, 30, &request("your-ak", SIGNED), b"");
        assert_eq!(reason(other), Some(RefusalReason::KeyChanged));
        assert!(credentials.failed(RefusalReason::KeyChanged), "closed at once");
    }

    #[test]
    fn r38_the_third_failure_closes() {
        let mut credentials = Credentials::default();
        let closes = [(); 3].map(|()| credentials.failed(RefusalReason::WrongSignature));
        assert_eq!(closes, [false, false, true]);
    }

    #[test]
    fn r38_a_disabled_key_is_refused_at_the_next_request() {
        let (access, mut credentials) = (OneKey(0.into()), Credentials::default());
        assert_eq!(reason(credentials.check(&access, 30, &request("my-ak", SIGNED), b"")), None);
        assert!(credentials.still_valid(&access));
        access.0.store(1, std::sync::atomic::Ordering::SeqCst);
        let refused = credentials.check(&access, 30, &request("my-ak", SIGNED), b"");
        assert_eq!(reason(refused), Some(RefusalReason::UnknownKey));
        assert!(!credentials.still_valid(&access));
    }

    #[test]
    fn unsigned_requests_are_told_so() {
        let (access, mut credentials) = (OneKey(0.into()), Credentials::default());
        for fields in [vec![], vec![("AccessKey", "")], vec![("AccessKey", "my-ak")], vec![("Signature", SIGNED)]] {
            let fields: Fields<'_> = fields.into_iter().collect();
            assert_eq!(reason(credentials.check(&access, 30, &fields, b"")), Some(RefusalReason::NoSignature));
        }
    }
}
