//! Who signed a request. A connection belongs to the first key that signed on it.

use std::sync::Arc;
use std::time::Duration;

use crate::access::{Access, FoundKey, Key};
use crate::admin::RefusalReason;
use crate::protocol::remoting::fields::Fields;
use crate::protocol::remoting::signature::{ACCESS_KEY, SIGNATURE, verify};
use crate::types::AccountNo;

/// After so many bad signatures nothing is checked any more, and the connection is closed.
const FAILURES_MAX: u8 = 3;
/// Requests that are refused unchecked before it is closed at once.
const UNCHECKED_MAX: u8 = 16;
/// Routes that are badly signed are answered alike and not counted with the others, since a client
/// with a wrong secret asks for them all the time. But each costs the work of a check.
const ROUTE_FAILURES_MAX: u16 = 256;
/// How often the use of a key is told.
const USED_EVERY: Duration = Duration::from_secs(1);

/// What a connection has proved.
#[derive(Default)]
pub(super) struct Credentials {
    /// The key that the connection belongs to.
    key: Option<Arc<Key>>,
    /// The key was active at this epoch.
    epoch: u64,
    /// When the use of the key was last told.
    used_at: Option<Duration>,
    failures: u8,
    route_failures: u16,
    /// What every further request is told.
    verdict: Option<Rejection>,
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

    /// The key that signed the request. `now`: monotonic. Text and time are the same for an unknown key, a disabled
    /// key and a wrong signature (R37).
    pub(super) fn check(
        &mut self,
        access: &dyn Access,
        now: Duration,
        code: i32,
        fields: &Fields<'_>,
        body: &[u8],
    ) -> Result<Arc<Key>, Rejection> {
        if let Some(verdict) = self.verdict {
            return Err(verdict);
        }
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
        let found = match &self.key {
            Some(tied) if self.epoch == epoch => FoundKey::Active(tied.clone()),
            _ => access.find_key(key_id),
        };
        // The same work is done for a key that nobody may use.
        let mac = if let FoundKey::Active(key) = &found { Some(&key.mac) } else { None };
        let verified = verify(code, fields, body, mac);
        let (reason, account) = match found {
            FoundKey::Active(key) if verified => {
                if self.used_at.is_none_or(|at| now.saturating_sub(at) >= USED_EVERY) {
                    self.used_at = Some(now);
                    access.used(&key);
                }
                self.key = Some(key.clone());
                self.epoch = epoch;
                return Ok(key);
            }
            FoundKey::Active(key) => (RefusalReason::WrongSignature, Some(key.principal.account)),
            FoundKey::Inactive { account } => (RefusalReason::DisabledKey, Some(account)),
            FoundKey::Unknown => (RefusalReason::UnknownKey, None),
        };
        Err(Rejection {
            reason,
            account,
            remark: "check signature failed: the AccessKey ID is not an active one, or its secret is another",
        })
    }

    /// Counts a refused request; whether the connection is to be closed after its answer.
    pub(super) fn failed(&mut self, rejection: &Rejection) -> bool {
        self.failures = self.failures.saturating_add(1);
        if self.failures >= FAILURES_MAX {
            self.verdict = Some(*rejection);
        }
        self.failures >= FAILURES_MAX + UNCHECKED_MAX || rejection.reason == RefusalReason::KeyChanged
    }

    /// Whether no request is checked any more: the connection is to be closed as soon as what its peer may have sent
    /// before it knew is answered.
    pub(super) fn are_spent(&self) -> bool {
        self.verdict.is_some()
    }

    /// Counts a route that was badly signed; whether the connection is to be closed after its answer.
    pub(super) fn route_failed(&mut self) -> bool {
        self.route_failures = self.route_failures.saturating_add(1);
        self.route_failures >= ROUTE_FAILURES_MAX
    }

    /// Whether the key that the connection belongs to is still active.
    pub(super) fn still_valid(&self, access: &dyn Access) -> bool {
        let Some(key) = &self.key else { return true };
        self.epoch == access.epoch() || matches!(access.find_key(&key.principal.key_id), FoundKey::Active(_))
    }

    /// Whether a request with these fields may be read further: its key exists. Says nothing about
    /// its signature.
    pub(super) fn names_a_key(&self, access: &dyn Access, fields: &Fields<'_>) -> bool {
        fields.get(ACCESS_KEY).is_some_and(|id| matches!(access.find_key(id), FoundKey::Active(_)))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use hmac::{Hmac, KeyInit};

    use super::*;
    use crate::access::{Action, Decision, Principal, Resource};
    use crate::types::{InstanceNo, UserNo};

    /// One key, `my-ak` with `my-secret`, active at even epochs.
    struct OneKey {
        epoch: AtomicU64,
        used: AtomicU64,
    }

    fn one_key() -> OneKey {
        OneKey { epoch: 0.into(), used: 0.into() }
    }

    impl Access for OneKey {
        fn find_key(&self, key_id: &str) -> FoundKey {
            let mac = Hmac::new_from_slice(b"my-secret").expect("any length");
            let principal = Principal { account: AccountNo(7), user: UserNo(1), key_id: key_id.into() };
            match (key_id, self.epoch() % 2) {
                ("my-ak", 0) => FoundKey::Active(Arc::new(Key { principal, mac })),
                ("my-ak", _) => FoundKey::Inactive { account: AccountNo(7) },
                _ => FoundKey::Unknown,
            }
        }

        fn used(&self, _: &Key) {
            self.used.fetch_add(1, Ordering::SeqCst);
        }

        fn epoch(&self) -> u64 {
            self.epoch.load(Ordering::SeqCst)
        }

        fn authorize(&self, _: &Principal, _: Action, _: InstanceNo, _: AccountNo, _: Resource<'_>) -> Decision {
            Decision::Hidden
        }
    }

    const NOW: Duration = Duration::from_secs(7);
    const SIGNED: &str = "Co264lBh9bmeaM0ojOAXYfoNvCY=";

    fn request<'a>(key: &'a str, signature: &'a str) -> Fields<'a> {
        [("topic", "TopicTest"), ("AccessKey", key), ("Signature", signature)].into_iter().collect()
    }

    fn reason(done: Result<Arc<Key>, Rejection>) -> Option<RefusalReason> {
        done.err().map(|rejection| rejection.reason)
    }

    #[test]
    fn r37_unknown_key_and_wrong_signature_read_alike() {
        let (access, mut credentials) = (one_key(), Credentials::default());
        let wrong = credentials.check(&access, NOW, 30, &request("my-ak", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), b"");
        let unknown = credentials.check(&access, NOW, 30, &request("your-ak", SIGNED), b"");
        let (wrong, unknown) = (wrong.err().expect("refused"), unknown.err().expect("refused"));
        assert_eq!(wrong.remark, unknown.remark);
        assert_eq!((wrong.reason, unknown.reason), (RefusalReason::WrongSignature, RefusalReason::UnknownKey));
        assert_eq!((wrong.account, unknown.account), (Some(AccountNo(7)), None));
    }

    #[test]
    fn r38_a_connection_belongs_to_its_first_key() {
        let (access, mut credentials) = (one_key(), Credentials::default());
        assert_eq!(reason(credentials.check(&access, NOW, 30, &request("my-ak", SIGNED), b"")), None);
        let other = credentials.check(&access, NOW, 30, &request("your-ak", SIGNED), b"");
        assert_eq!(reason(other), Some(RefusalReason::KeyChanged));
        let changed = credentials.check(&access, NOW, 30, &request("your-ak", SIGNED), b"").err().expect("refused");
        assert!(credentials.failed(&changed), "closed at once");
    }

    #[test]
    fn r38_after_the_third_failure_nothing_is_checked_any_more() {
        let (access, mut credentials) = (one_key(), Credentials::default());
        let mut refuse = |signature: &str| {
            let refused =
                credentials.check(&access, NOW, 30, &request("my-ak", signature), b"").err().expect("refused");
            (credentials.failed(&refused), credentials.are_spent())
        };
        let wrong = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=";
        assert_eq!([refuse(wrong), refuse(wrong), refuse(wrong)], [(false, false), (false, false), (false, true)]);
        assert!((1..UNCHECKED_MAX).all(|_| refuse(SIGNED) == (false, true)), "the right signature comes too late");
        assert_eq!(refuse(SIGNED), (true, true), "and may not come for ever");
    }

    #[test]
    fn r38_a_disabled_key_is_refused_at_the_next_request() {
        let (access, mut credentials) = (one_key(), Credentials::default());
        assert_eq!(reason(credentials.check(&access, NOW, 30, &request("my-ak", SIGNED), b"")), None);
        assert!(credentials.still_valid(&access));
        access.epoch.store(1, Ordering::SeqCst);
        let refused = credentials.check(&access, NOW, 30, &request("my-ak", SIGNED), b"");
        assert_eq!(reason(refused), Some(RefusalReason::DisabledKey));
        assert!(!credentials.still_valid(&access));
    }

    #[test]
    fn r37_a_disabled_key_reads_like_an_unknown_one_and_its_account_is_told() {
        let (access, mut credentials) = (one_key(), Credentials::default());
        access.epoch.store(1, Ordering::SeqCst);
        let disabled = credentials.check(&access, NOW, 30, &request("my-ak", SIGNED), b"").err().expect("refused");
        let unknown = credentials.check(&access, NOW, 30, &request("your-ak", SIGNED), b"").err().expect("refused");
        assert_eq!(disabled.remark, unknown.remark);
        assert_eq!((disabled.reason, disabled.account), (RefusalReason::DisabledKey, Some(AccountNo(7))));
    }

    #[test]
    fn the_use_of_a_key_is_told_once_a_second() {
        let (access, mut credentials) = (one_key(), Credentials::default());
        let mut told = |ms: u64, signature: &str| {
            let at = Duration::from_millis(ms);
            let _ = credentials.check(&access, at, 30, &request("my-ak", signature), b"");
            access.used.load(Ordering::SeqCst)
        };
        assert_eq!(told(0, "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), 0, "a wrong signature is no use");
        assert_eq!([told(5, SIGNED), told(6, SIGNED), told(1_004, SIGNED), told(1_005, SIGNED)], [1, 1, 1, 2]);
    }

    #[test]
    fn badly_signed_routes_end_a_connection_only_when_there_are_many() {
        let mut credentials = Credentials::default();
        assert!((1..256).all(|_| !credentials.route_failed()));
        assert!(credentials.route_failed());
    }

    #[test]
    fn unsigned_requests_are_told_so() {
        let (access, mut credentials) = (one_key(), Credentials::default());
        for fields in [vec![], vec![("AccessKey", "")], vec![("AccessKey", "my-ak")], vec![("Signature", SIGNED)]] {
            let fields: Fields<'_> = fields.into_iter().collect();
            assert_eq!(reason(credentials.check(&access, NOW, 30, &fields, b"")), Some(RefusalReason::NoSignature));
        }
    }
}
