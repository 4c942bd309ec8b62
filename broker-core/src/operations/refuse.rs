//! Remembering what was refused, for the console.

use super::heartbeat::LeftOut;
use super::{Caller, LocateError, Operations};
use crate::admin::refusals::Occurrence;
use crate::admin::{Refusal, RefusalOwner, RefusalReason};
use crate::client_table::{Door, Session};
use crate::types::{AccountNo, InstanceNo};

/// What was refused and what the client was told.
#[derive(Clone, Copy, Debug)]
pub struct Refused<'a> {
    pub reason: RefusalReason,
    /// The key that was given, known or not.
    pub key_id: Option<&'a str>,
    /// Account of the key, when the key is known.
    pub account: Option<AccountNo>,
    /// Instance that was named, when it is the caller's own.
    pub instance: Option<InstanceNo>,
    /// Instance ID that was named, whoever's it is; only used when neither key nor door tell whom
    /// to show it to.
    pub named_instance: Option<&'a str>,
    pub request_code: Option<i32>,
    /// Topic or Group ID that was named.
    pub resource: Option<&'a str>,
    pub remark: &'a str,
}

impl Operations {
    /// Keeps a refusal under the account of the key, else of the port's instance, else of the
    /// instance that was named, else for the operator only.
    pub fn refuse(&self, session: &Session, refused: &Refused<'_>) {
        let door = match session.door {
            Door::Instance(no) => self.metadata.instance(no),
            Door::Shared => None,
        };
        let by_key = refused.account;
        let instance = refused.instance.or(door.as_ref().map(|i| i.instance.no));
        let named = || refused.named_instance.and_then(|id| self.metadata.instance_by_id(id));
        let account = by_key.or(door.map(|i| i.instance.account)).or_else(|| named().map(|i| i.instance.account));
        let owner = account.map_or(RefusalOwner::Operator, RefusalOwner::Account);
        // Another account's instance is not told to the owner of the key.
        let instance = instance.filter(|no| {
            let of = self.metadata.instance(*no).map(|i| i.instance.account);
            account.is_none() || of == account
        });
        self.refusals.note(
            &Occurrence {
                owner,
                instance,
                reason: refused.reason,
                from: session.address.ip(),
                key_id: refused.key_id,
                client_id: session.client_id.as_deref(),
                language: &session.language,
                version: session.version,
                request_code: refused.request_code,
                resource: refused.resource,
                remark: refused.remark,
            },
            self.clock.wall_ms(),
        );
    }

    /// As [`Operations::refuse`], for a name that led nowhere.
    pub fn refuse_located(&self, session: &Session, caller: &Caller<'_>, request_code: i32, error: &LocateError) {
        let name = match error {
            LocateError::Illegal { name, .. }
            | LocateError::TopicMissing { name, .. }
            | LocateError::GroupMissing { name, .. }
            | LocateError::NotGranted { name, .. } => name,
        };
        let refused = Refused {
            reason: error.reason(),
            key_id: caller.principal.map(|p| &*p.key_id),
            account: caller.principal.map(|p| p.account),
            instance: error.instance(),
            named_instance: None,
            request_code: Some(request_code),
            resource: Some(name),
            remark: &error.to_string(),
        };
        self.refuse(session, &refused);
    }

    /// As [`Operations::refuse`], for an entry that a heartbeat was taken without.
    pub fn refuse_left_out(&self, session: &Session, caller: &Caller<'_>, request_code: i32, left_out: &LeftOut) {
        match left_out {
            LeftOut::Located(error) => self.refuse_located(session, caller, request_code, error),
            LeftOut::Limit { name, instance, why } => {
                let refused = Refused {
                    reason: left_out.reason(),
                    key_id: caller.principal.map(|p| &*p.key_id),
                    account: caller.principal.map(|p| p.account),
                    instance: Some(*instance),
                    named_instance: None,
                    request_code: Some(request_code),
                    resource: Some(name),
                    remark: why,
                };
                self.refuse(session, &refused);
            }
        }
    }

    /// Newest first.
    pub fn refusals(&self, owner: RefusalOwner) -> Vec<Refusal> {
        self.refusals.list(owner, self.clock.wall_ms())
    }
}
