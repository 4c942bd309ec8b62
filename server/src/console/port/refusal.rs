//! The platform's refusals as the pages' problems, and each problem as its status: one exhaustive
//! table each.

use app::api::{Field, FieldError, Limit, Problem, Rule as PageRule, Source};
use axum::http::StatusCode;

use super::convert::capped;
use crate::auth::password::{LENGTH_MIN, PasswordRule};
use crate::db::DbError;
use crate::tenant::rules::Rule;
use crate::tenant::{Internal, Kind, TenantError};

/// A result before the request's id is put on it.
pub(crate) type Answer<T> = Result<T, Problem>;

/// Names of what is left in an instance, of each kind at most.
const NAMES_SHOWN: usize = 20;

pub(super) fn status(problem: &Problem) -> StatusCode {
    match problem {
        Problem::SignedOut | Problem::WrongCredentials { .. } => StatusCode::UNAUTHORIZED,
        Problem::LinkNotLocal | Problem::NotActivated | Problem::Forbidden => StatusCode::FORBIDDEN,
        Problem::LinkInvalid | Problem::NotFound => StatusCode::NOT_FOUND,
        Problem::Fields(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Problem::LimitReached { .. } | Problem::NotEmpty { .. } => StatusCode::CONFLICT,
        Problem::Busy { .. }
        | Problem::NoPortFree
        | Problem::StoreFull
        | Problem::Unconfirmed
        | Problem::Stopping
        | Problem::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Problem::Offline | Problem::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// A catalogue that can't be read: the cause goes to the log.
fn catalogue(error: DbError) -> Problem {
    tracing::error!(%error, "the catalogue could not be read or written");
    Problem::Unavailable(Source::Catalogue)
}

/// A message store that can't be read: the cause goes to the log.
pub(super) fn store(error: broker_core::store::StoreError) -> Problem {
    tracing::error!(%error, "the message store could not be read");
    Problem::Unavailable(Source::Store)
}

/// One refused field.
pub(super) fn field(field: Field, rule: PageRule) -> Problem {
    Problem::Fields(vec![FieldError { field, rule }])
}

pub(super) fn refused(error: TenantError) -> Problem {
    match error {
        TenantError::Rule(rule) => broken(rule),
        TenantError::NotFound(_) => Problem::NotFound,
        TenantError::Forbidden { .. } => Problem::Forbidden,
        TenantError::Busy => Problem::Busy { wait_s: 1 },
        TenantError::Internal(Internal::Db(error)) => catalogue(error),
        TenantError::Internal(Internal::Store(error)) => store(error),
        TenantError::Internal(error) => {
            tracing::error!(%error, "an operation of the platform failed");
            Problem::Internal
        }
    }
}

fn broken(rule: Rule) -> Problem {
    match rule {
        Rule::NameLength { kind, min, max, actual } => {
            field(name_of(kind), PageRule::Length { min: capped(min), max: capped(max), actual: capped(actual) })
        }
        Rule::NameCharacters { kind, found, .. } => {
            field(name_of(kind), PageRule::Characters { found: found.to_string() })
        }
        Rule::TopicPrefix { .. } => field(Field::TopicName, PageRule::TopicPrefix),
        Rule::NameReserved { .. } => field(Field::TopicName, PageRule::Reserved),
        Rule::GroupPrefix => field(Field::GroupId, PageRule::GroupPrefix),
        Rule::NameTaken { by, .. } => field(name_of(by), PageRule::Taken),
        Rule::DescriptionLength { max, actual } => {
            field(Field::Description, PageRule::Length { min: 0, max: capped(max), actual: capped(actual) })
        }
        Rule::Queues { min, max, .. } => field(Field::Queues, PageRule::Range { min: min.into(), max: max.into() }),
        Rule::GlobalOrderQueues { .. } => field(Field::Queues, PageRule::Range { min: 1, max: 1 }),
        Rule::Limit { kind, max } => limit(kind, max),
        Rule::ServiceNotEnabled => Problem::NotActivated,
        Rule::RegionUnknown { .. } => field(Field::Region, PageRule::Malformed),
        Rule::InstanceNotEmpty { topics, groups, names } => {
            let split = usize::try_from(topics).unwrap_or(names.len()).min(names.len());
            let shown = |part: &[String]| part.iter().take(NAMES_SHOWN).cloned().collect();
            let (topic_names, group_names) = names.split_at(split);
            Problem::NotEmpty {
                topics: shown(topic_names),
                groups: shown(group_names),
                topics_total: capped(topics),
                groups_total: capped(groups),
            }
        }
        Rule::ConfirmName { .. } => field(Field::Confirm, PageRule::Differs),
        Rule::NoPortLeft { .. } => Problem::NoPortFree,
        Rule::TypeNotBuilt { .. } => field(Field::MessageType, PageRule::TypeNotBuilt),
        Rule::Password(rule) => field(Field::Password, password(rule)),
        Rule::LinkInvalid | Rule::AlreadySetUp => Problem::LinkInvalid,
        Rule::LoopbackOnly => Problem::LinkNotLocal,
        // No form of the console holds these.
        rule @ (Rule::PortTaken { .. } | Rule::UidForm | Rule::IdSuffixForm | Rule::AccessKeyForm) => {
            tracing::error!(rule = rule.code(), "a rule without a field in the console");
            Problem::Internal
        }
    }
}

/// A Topic's or Group's name that is taken: by which kind decides what the form says.
pub(super) fn refused_name(error: TenantError, wanted: Kind) -> Problem {
    match (error, wanted) {
        (TenantError::Rule(Rule::NameTaken { by: Kind::Group, .. }), Kind::Topic) => {
            field(Field::TopicName, PageRule::TakenByGroup)
        }
        (TenantError::Rule(Rule::NameTaken { by: Kind::Topic, .. }), Kind::Group) => {
            field(Field::GroupId, PageRule::TakenByTopic)
        }
        (error, _) => refused(error),
    }
}

fn password(rule: PasswordRule) -> PageRule {
    match rule {
        PasswordRule::Length { actual } if actual < LENGTH_MIN => PageRule::PasswordShort { min: capped(LENGTH_MIN) },
        PasswordRule::Length { actual } => PageRule::Length {
            min: capped(LENGTH_MIN),
            max: capped(crate::auth::password::LENGTH_MAX),
            actual: capped(actual),
        },
        PasswordRule::Common | PasswordRule::ContextWord { .. } | PasswordRule::Pattern => PageRule::PasswordWeak,
    }
}

fn limit(kind: Kind, max: u64) -> Problem {
    let limit = match kind {
        Kind::Instance => Limit::InstancesPerRegion,
        Kind::Topic => Limit::TopicsPerInstance,
        Kind::Group => Limit::GroupsPerInstance,
        Kind::AccessKey => Limit::KeysPerUser,
        Kind::Account | Kind::User => {
            tracing::error!(kind = kind.as_str(), "a limit without a text in the console");
            return Problem::Internal;
        }
    };
    Problem::LimitReached { limit, max: capped(max) }
}

fn name_of(kind: Kind) -> Field {
    match kind {
        Kind::Account => Field::Account,
        Kind::User => Field::User,
        Kind::Instance => Field::InstanceName,
        Kind::Topic => Field::TopicName,
        Kind::Group => Field::GroupId,
        Kind::AccessKey => Field::Confirm,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_in_an_instance_is_named_by_kind() {
        let names = ["TopicA", "TopicB", "GID_a"].map(str::to_owned).to_vec();
        let problem = broken(Rule::InstanceNotEmpty { topics: 2, groups: 1, names });
        let expected = Problem::NotEmpty {
            topics: vec!["TopicA".into(), "TopicB".into()],
            groups: vec!["GID_a".into()],
            topics_total: 2,
            groups_total: 1,
        };
        assert_eq!(problem, expected);
    }

    #[test]
    fn a_full_queue_of_password_checks_is_the_servers_state_not_the_persons_fault() {
        assert_eq!(status(&refused(TenantError::Busy)), StatusCode::SERVICE_UNAVAILABLE);
    }

    #[test]
    fn a_foreign_thing_and_a_missing_one_are_the_same_answer() {
        for kind in [Kind::Instance, Kind::Topic, Kind::Group, Kind::AccessKey] {
            assert_eq!(refused(TenantError::NotFound(kind)), Problem::NotFound);
        }
    }
}
