//! Roles, grants and the one rule of rights. Pure: decides from what it is given.

use std::fmt;

use broker_core::access::{Action, Decision, Resource};
use broker_core::types::{AccountNo, InstanceNo};

use crate::db::accounts::Role;

/// A set of actions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    pub publish: bool,
    pub subscribe: bool,
    pub query: bool,
    pub manage: bool,
}

impl Actions {
    /// Preset: everything.
    pub const FULL: Actions = Actions { publish: true, subscribe: true, query: true, manage: true };
    /// Preset: send only.
    pub const PUBLISH_ONLY: Actions = Actions { publish: true, subscribe: false, query: false, manage: false };
    /// Preset: consume only.
    pub const SUBSCRIBE_ONLY: Actions = Actions { publish: false, subscribe: true, query: false, manage: false };
    /// Preset: look only.
    pub const READ_ONLY: Actions = Actions { publish: false, subscribe: false, query: true, manage: false };

    pub fn contains(self, action: Action) -> bool {
        match action {
            Action::Publish => self.publish,
            Action::Subscribe => self.subscribe,
            Action::Query => self.query,
            Action::Manage => self.manage,
        }
    }

    pub fn is_empty(self) -> bool {
        self == Actions::default()
    }

    /// Names separated by commas, as [`Actions`] prints them. `None`: a name is not an action.
    pub fn parse(text: &str) -> Option<Actions> {
        let mut actions = Actions::default();
        for name in text.split(',').filter(|name| !name.is_empty()) {
            match name {
                "publish" => actions.publish = true,
                "subscribe" => actions.subscribe = true,
                "query" => actions.query = true,
                "manage" => actions.manage = true,
                _ => return None,
            }
        }
        Some(actions)
    }
}

impl fmt::Display for Actions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names =
            [(self.publish, "publish"), (self.subscribe, "subscribe"), (self.query, "query"), (self.manage, "manage")];
        let mut first = true;
        for (_, name) in names.into_iter().filter(|(has, _)| *has) {
            if !first {
                f.write_str(",")?;
            }
            f.write_str(name)?;
            first = false;
        }
        Ok(())
    }
}

/// What a member may do: these actions, on this, in that instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// `None`: every instance of the account.
    pub instance: Option<InstanceNo>,
    /// A Topic or Group ID, exact, or a prefix followed by `*`, or `*`.
    pub resource: String,
    pub actions: Actions,
}

impl Grant {
    fn covers(&self, instance: InstanceNo, on: Resource<'_>) -> bool {
        if self.instance.is_some_and(|granted| granted != instance) {
            return false;
        }
        match on {
            // Seeing an instance, or using what it has in common, follows from any grant in it;
            // managing it needs a grant for all of it (checked by the caller).
            Resource::Instance => true,
            Resource::Topic(name) | Resource::Group(name) => match self.resource.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == self.resource,
            },
        }
    }
}

/// What a user is allowed, as loaded from the catalogue.
#[derive(Clone, Debug)]
pub struct Rights {
    pub account: AccountNo,
    pub role: Role,
    pub active: bool,
    pub grants: Vec<Grant>,
}

/// The one rule under all protocols (R48): default deny.
pub fn decide(
    rights: &Rights,
    action: Action,
    instance: InstanceNo,
    instance_account: AccountNo,
    on: Resource<'_>,
) -> Decision {
    if rights.account != instance_account {
        return Decision::Hidden;
    }
    if !rights.active {
        return Decision::Denied;
    }
    let allowed = match rights.role {
        Role::Owner => true,
        Role::Member => rights.grants.iter().any(|grant| {
            let whole = !matches!((action, on), (Action::Manage, Resource::Instance)) || grant.resource == "*";
            whole && grant.actions.contains(action) && grant.covers(instance, on)
        }),
    };
    if allowed { Decision::Allow } else { Decision::Denied }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: AccountNo = AccountNo(1);
    const FOREIGN: AccountNo = AccountNo(2);
    const ORDERS: InstanceNo = InstanceNo(10);
    const OTHER: InstanceNo = InstanceNo(11);

    fn member(grants: &[Grant]) -> Rights {
        Rights { account: MINE, role: Role::Member, active: true, grants: grants.to_vec() }
    }

    fn grant(instance: Option<InstanceNo>, resource: &str, actions: Actions) -> Grant {
        Grant { instance, resource: resource.to_owned(), actions }
    }

    /// The whole rule as a table that is read in review.
    #[test]
    fn authorize_table() {
        let owner = Rights { account: MINE, role: Role::Owner, active: true, grants: Vec::new() };
        let people: Vec<(&str, Rights)> = vec![
            ("owner", owner.clone()),
            ("owner, inactive", Rights { active: false, ..owner }),
            ("member without grants", member(&[])),
            ("full on *", member(&[grant(None, "*", Actions::FULL)])),
            ("full on orders/*", member(&[grant(Some(ORDERS), "*", Actions::FULL)])),
            ("publish only on orders/Topic*", member(&[grant(Some(ORDERS), "Topic*", Actions::PUBLISH_ONLY)])),
            ("subscribe only on orders/*", member(&[grant(Some(ORDERS), "*", Actions::SUBSCRIBE_ONLY)])),
            ("read only on */TopicA", member(&[grant(None, "TopicA", Actions::READ_ONLY)])),
            (
                "manage on orders/TopicA",
                member(&[grant(Some(ORDERS), "TopicA", Actions { manage: true, ..Actions::default() })]),
            ),
        ];
        let things = [
            ("orders", ORDERS, MINE, Resource::Instance),
            ("orders/TopicA", ORDERS, MINE, Resource::Topic("TopicA")),
            ("orders/TopicB", ORDERS, MINE, Resource::Topic("TopicB")),
            ("orders/GID_a", ORDERS, MINE, Resource::Group("GID_a")),
            ("other/TopicA", OTHER, MINE, Resource::Topic("TopicA")),
            ("foreign/TopicA", ORDERS, FOREIGN, Resource::Topic("TopicA")),
        ];
        let mut table = String::new();
        for (person, rights) in &people {
            for (name, instance, account, on) in things {
                let answers: Vec<&str> = [Action::Publish, Action::Subscribe, Action::Query, Action::Manage]
                    .into_iter()
                    .map(|action| match decide(rights, action, instance, account, on) {
                        Decision::Allow => "yes",
                        Decision::Denied => "no",
                        Decision::Hidden => "hidden",
                    })
                    .collect();
                table.push_str(&format!(
                    "{person:30} {name:15} publish {:6} subscribe {:6} query {:6} manage {}\n",
                    answers[0], answers[1], answers[2], answers[3]
                ));
            }
        }
        insta::assert_snapshot!(table);
    }

    #[test]
    fn actions_are_read_as_they_are_written() {
        for actions in
            [Actions::FULL, Actions::PUBLISH_ONLY, Actions::SUBSCRIBE_ONLY, Actions::READ_ONLY, Actions::default()]
        {
            assert_eq!(Actions::parse(&actions.to_string()), Some(actions));
        }
        assert_eq!(Actions::parse("publish,all"), None);
    }
}
