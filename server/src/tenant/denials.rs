//! What was refused, for want of a right or of the right password, on its way into the audit (R46,
//! R50).
//!
//! A refusal is noted in memory, since it is found in the middle of reading, and written by
//! [`Platform::write_denials`] soon after. The same refusal of the same person, or from the same
//! address for the same name, is written once in ten minutes, with how often it came: neither a page
//! that asks every second nor a stranger fills the audit (R34). What belongs to another account is
//! written for the operator only, since the person's own account may not learn that it exists.

use std::time::Duration;

use broker_core::access::{Action, Decision, Resource};
use broker_core::types::{AccountNo, host_of};
use tokio::sync::Notify;

use super::{Asker, Caller, Kind, Platform, TenantError};
use crate::db::{audit as audit_table, resources};

/// The action of what was refused for want of a right.
pub const ACTION: &str = "access.denied";
/// The action of what was refused for want of the right password.
pub const SIGN_IN_FAILED: &str = "session.sign_in_failed";
/// Not written again within this time.
const AGAIN_AFTER: Duration = Duration::from_secs(600);
/// Refusals of people that are remembered.
const DENIED_MAX: usize = 1_024;
/// Failed sign-ins that are remembered: names of a stranger's choice are among them.
const FAILED_MAX: usize = 256;
/// Refusals of one person, and of one address, that are remembered apart.
const OF_ONE_MAX: usize = 64;
/// What stands for all those for which there is no room.
const REST: &str = "*";
/// A target is written up to so many characters: it may be anything that was typed.
const TARGET_CHARACTERS_MAX: usize = 200;

/// A refusal that came at least once.
struct Note {
    /// Whose and which it is: who, a blank, what.
    key: String,
    /// As it came last.
    entry: audit_table::Entry,
    /// How often it came since it was written.
    times: u64,
    /// When it was written; `None`: never.
    written_at: Option<Duration>,
}

impl Note {
    /// Whether it is long enough ago that it was written.
    fn has_rested(&self, now: Duration) -> bool {
        self.written_at.is_none_or(|at| now.saturating_sub(at) >= AGAIN_AFTER)
    }

    /// The row of the audit.
    fn row(&self) -> audit_table::Entry {
        let times = (self.times > 1).then(|| format!("times={}", self.times));
        let told: Vec<String> = self.entry.new_value.clone().into_iter().chain(times).collect();
        self.entry.clone().new((!told.is_empty()).then(|| told.join(" ")))
    }
}

/// What is about to be written.
struct Due {
    key: String,
    times: u64,
    row: audit_table::Entry,
}

struct Notes {
    /// In the order in which they came first: `max` and the rest.
    notes: Vec<Note>,
    max: usize,
    of_one_max: usize,
}

impl Notes {
    fn new(max: usize, of_one_max: usize) -> Self {
        Self { notes: Vec::new(), max, of_one_max }
    }

    /// Counts one. Whether there is something to write now that was not there before.
    ///
    /// - `who`: without blanks.
    fn take(&mut self, who: &str, what: &str, mut entry: audit_table::Entry, now: Duration) -> bool {
        let mut key = format!("{who} {what}");
        let rest = || REST.to_owned();
        entry.target = entry.target.chars().take(TARGET_CHARACTERS_MAX).collect();
        if !self.has_room_beside(who, &key, now) {
            key = format!("{who} {REST}");
            entry = audit_table::Entry { target: rest(), ..entry }.new(None);
        }
        if !self.has_room_for(&key, now) {
            key = rest();
            entry =
                audit_table::Entry { account: None, actor: rest(), source: rest(), target: rest(), ..entry }.new(None);
        }
        match self.notes.iter_mut().find(|note| note.key == key) {
            Some(note) => {
                note.entry = entry;
                note.times = note.times.saturating_add(1);
                note.times == 1 && note.has_rested(now)
            }
            None => {
                self.notes.push(Note { key, entry, times: 1, written_at: None });
                true
            }
        }
    }

    fn has_room_beside(&mut self, who: &str, key: &str, now: Duration) -> bool {
        let of_who = |note: &Note| note.key.split(' ').next() == Some(who);
        let count = |notes: &[Note]| notes.iter().filter(|note| of_who(note)).count();
        if self.notes.iter().any(|note| note.key == key) || count(&self.notes) < self.of_one_max {
            return true;
        }
        self.notes.retain(|note| !of_who(note) || note.times > 0 || !note.has_rested(now));
        count(&self.notes) < self.of_one_max
    }

    fn has_room_for(&mut self, key: &str, now: Duration) -> bool {
        if self.notes.len() < self.max || self.notes.iter().any(|note| note.key == key) {
            return true;
        }
        self.notes.retain(|note| note.times > 0 || !note.has_rested(now));
        self.notes.len() < self.max
    }

    /// - `all`: also those that were written lately.
    fn due(&self, now: Duration, all: bool) -> Vec<Due> {
        let due = self.notes.iter().filter(|note| note.times > 0 && (all || note.has_rested(now)));
        due.map(|note| Due { key: note.key.clone(), times: note.times, row: note.row() }).collect()
    }

    fn written(&mut self, due: &[Due], now: Duration) {
        for one in due {
            if let Some(note) = self.notes.iter_mut().find(|note| note.key == one.key) {
                note.times = note.times.saturating_sub(one.times);
                note.written_at = Some(now);
            }
        }
    }
}

/// Refusals of this process. Strangers take no room from people.
pub(super) struct Denials {
    denied: parking_lot::Mutex<Notes>,
    failed: parking_lot::Mutex<Notes>,
    came: Notify,
}

impl Default for Denials {
    fn default() -> Self {
        let notes = |max| parking_lot::Mutex::new(Notes::new(max, OF_ONE_MAX));
        Self { denied: notes(DENIED_MAX), failed: notes(FAILED_MAX), came: Notify::new() }
    }
}

impl Platform {
    /// Notes that something visible to a person was refused.
    ///
    /// - `wanted`: the right that is missing.
    /// - `target`: name of the thing.
    pub(super) fn denied(&self, caller: &Caller, wanted: &str, target: &str) {
        self.note_denial(caller, wanted, target, false);
    }

    /// Notes that a person asked for something that it may not know of.
    pub(super) fn hidden(&self, caller: &Caller, instance: &resources::Instance, target: &str) {
        self.note_denial(caller, "sight", target, instance.of_broker.account != caller.account);
    }

    fn note_denial(&self, caller: &Caller, wanted: &str, target: &str, foreign: bool) {
        // The machine itself may do everything in its account.
        let Some(user) = caller.user else { return };
        let mut entry = audit_table::Entry::of(caller, self.clock.wall_ms(), ACTION, target);
        entry.new_value = Some(format!("wanted={wanted}"));
        if foreign {
            let account = self.user(user).map_or_else(String::new, |entry| entry.account_name.clone());
            entry.actor = format!("{account}/{}", caller.name);
            entry.account = None;
        }
        let (actor, source) = (entry.actor.clone(), entry.source.clone());
        let what = format!("{wanted} {target}");
        if self.denials.denied.lock().take(&user.to_string(), &what, entry, self.clock.monotonic()) {
            tracing::info!(actor, source, wanted, target, "access denied");
            self.denials.came.notify_one();
        }
    }

    /// Notes that somebody did not get in.
    ///
    /// - `account`: that of the name, if there is one.
    /// - `name`: account and user name as typed.
    pub(super) fn sign_in_failed(&self, account: Option<AccountNo>, name: &str, from: &Asker) {
        let entry = audit_table::Entry {
            at_ms: self.clock.wall_ms(),
            account,
            actor: "unknown".to_owned(),
            action: SIGN_IN_FAILED.to_owned(),
            target: name.to_owned(),
            old_value: None,
            new_value: None,
            source: from.address.to_string(),
            request_id: from.request_id.as_deref().map(str::to_owned),
        };
        let place = host_of(from.address).to_string();
        if self.denials.failed.lock().take(&place, name, entry, self.clock.monotonic()) {
            self.denials.came.notify_one();
        }
    }

    /// Resolves when a refusal waits to be written.
    pub async fn denials_came(&self) {
        self.denials.came.notified().await;
    }

    /// Writes the refusals that are due into the audit. After an error they still are.
    ///
    /// - `all`: also how often those came that were written lately; at the end.
    pub async fn write_denials(&self, all: bool) -> Result<(), TenantError> {
        let now = self.clock.monotonic();
        for notes in [&self.denials.denied, &self.denials.failed] {
            let due = notes.lock().due(now, all);
            if due.is_empty() {
                continue;
            }
            let mut tx = self.db.write().await?;
            for one in &due {
                audit_table::append(&mut tx, &one.row).await?;
            }
            tx.commit().await?;
            notes.lock().written(&due, now);
        }
        Ok(())
    }

    /// Whether `action` is granted; what is hidden is "not there".
    pub fn demand(
        &self,
        caller: &Caller,
        action: Action,
        instance: &resources::Instance,
        on: Resource<'_>,
    ) -> Result<(), TenantError> {
        let of_broker = &instance.of_broker;
        let (kind, target) = match on {
            Resource::Instance => (Kind::Instance, of_broker.id.to_string()),
            Resource::Topic(name) => (Kind::Topic, super::named::target(instance, name)),
            Resource::Group(name) => (Kind::Group, super::named::target(instance, name)),
        };
        match self.decide(caller, action, of_broker.no, of_broker.account, on) {
            Decision::Allow => Ok(()),
            Decision::Denied => {
                let action = word(action);
                self.denied(caller, action, &target);
                Err(TenantError::Forbidden { action })
            }
            Decision::Hidden => {
                self.hidden(caller, instance, &target);
                Err(TenantError::NotFound(kind))
            }
        }
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Publish => "publish",
        Action::Subscribe => "subscribe",
        Action::Query => "query",
        Action::Manage => "manage",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(notes: &mut Notes, key: &str, at_s: u64) -> bool {
        let entry = audit_table::Entry::of(&Caller::machine(AccountNo(1), "test"), 0, ACTION, key);
        notes.take(key, "", entry, Duration::from_secs(at_s))
    }

    /// What is written at a time: targets and how often.
    fn write(notes: &mut Notes, at_s: u64, all: bool) -> Vec<(String, Option<String>)> {
        let now = Duration::from_secs(at_s);
        let due = notes.due(now, all);
        notes.written(&due, now);
        due.into_iter().map(|one| (one.row.target, one.row.new_value)).collect()
    }

    #[test]
    fn the_same_refusal_is_written_once_in_ten_minutes_with_how_often_it_came() {
        let mut notes = Notes::new(8, 8);
        let row = |times: Option<&str>| vec![("a".to_owned(), times.map(str::to_owned))];
        assert!(take(&mut notes, "a", 0));
        assert!(!take(&mut notes, "a", 0), "it waits to be written already");
        assert_eq!(write(&mut notes, 1, false), row(Some("times=2")));
        assert!(!take(&mut notes, "a", 2));
        assert!(!take(&mut notes, "a", 600));
        assert_eq!(write(&mut notes, 600, false), []);
        assert_eq!(write(&mut notes, 601, false), row(Some("times=2")));
        assert!(take(&mut notes, "a", 1_300));
        assert_eq!(write(&mut notes, 1_300, false), row(None));
        take(&mut notes, "a", 1_301);
        assert_eq!(write(&mut notes, 1_302, true), row(None), "at the end nothing is kept back");
    }

    #[test]
    fn refusals_that_came_during_a_write_are_counted_in_the_next() {
        let mut notes = Notes::new(8, 8);
        take(&mut notes, "a", 0);
        let due = notes.due(Duration::ZERO, false);
        take(&mut notes, "a", 0);
        notes.written(&due, Duration::ZERO);
        assert_eq!(write(&mut notes, 600, false), [("a".to_owned(), None)]);
    }

    #[test]
    fn those_without_room_are_counted_together() {
        let mut notes = Notes::new(8, 8);
        for n in 0..20 {
            take(&mut notes, &n.to_string(), 0);
        }
        let written = write(&mut notes, 1, false);
        assert_eq!((written.len(), written.last()), (9, Some(&("*".to_owned(), Some("times=12".to_owned())))));
        assert!(!take(&mut notes, "a", 599));
        assert!(take(&mut notes, "a", 601));
        let written = write(&mut notes, 601, false);
        assert_eq!(written, [("*".to_owned(), None), ("a".to_owned(), None)]);
    }

    #[test]
    fn one_person_takes_no_room_from_others() {
        let mut notes = Notes::new(8, 3);
        let mut denied = |who: &str, target: &str| {
            let entry = audit_table::Entry::of(&Caller::machine(AccountNo(1), "test"), 0, ACTION, target);
            notes.take(who, target, entry, Duration::ZERO)
        };
        for n in 0..100 {
            denied("loud", &format!("t{n}{}", "x".repeat(70_000)));
        }
        assert!(denied("quiet", "mine"), "there is room for others");
        let written = write(&mut notes, 1, false);
        let targets: Vec<_> = written.iter().map(|(target, _)| target.chars().take(4).collect::<String>()).collect();
        assert_eq!(targets, ["t0xx", "t1xx", "t2xx", "*", "mine"]);
        assert_eq!(written[3].1.as_deref(), Some("times=97"));
        assert!(written.iter().all(|(target, _)| target.len() <= TARGET_CHARACTERS_MAX));
    }
}
