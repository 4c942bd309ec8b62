//! The rules of the model, each with a stable code and its numbers. The console has a text in each
//! language for each code; the English here is for logs, the command line and files.

use broker_core::metadata::MessageType;

use super::Kind;
use crate::auth::password::PasswordRule;
use crate::db::resources::type_name;

/// A rule that was broken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rule {
    #[error("the name of {} has {min} to {max} characters, this one has {actual}", article(*.kind))]
    NameLength { kind: Kind, min: usize, max: usize, actual: usize },
    #[error("the name of {} is made of {allowed}; {found:?} is not among them", article(*.kind))]
    NameCharacters { kind: Kind, allowed: &'static str, found: char },
    #[error("a Topic name does not start with {prefix}")]
    TopicPrefix { prefix: &'static str },
    #[error("{name} is reserved by the system")]
    NameReserved { name: String },
    #[error("a Group ID starts with GID_ or GID-")]
    GroupPrefix,
    #[error("{name} is taken by {}", article(*.by))]
    NameTaken { name: String, by: Kind },
    #[error("a description has at most {max} characters, this one has {actual}")]
    DescriptionLength { max: usize, actual: usize },
    #[error("a Topic has {min} to {max} queues, not {actual}")]
    Queues { min: u16, max: u16, actual: u16 },
    #[error("a globally ordered Topic has 1 queue, not {actual}")]
    GlobalOrderQueues { actual: u16 },
    #[error("there are {max} already, which is the limit: {}", article(*.kind))]
    Limit { kind: Kind, max: u64 },
    #[error(
        "the service is not enabled yet: the account's owner activates it in the console, or service = true in the resources file"
    )]
    ServiceNotEnabled,
    #[error("there is no region {id}; name the id of a configured one ([[region]])")]
    RegionUnknown { id: String },
    #[error("the instance still has {topics} Topics and {groups} groups: {}", .names.join(", "))]
    InstanceNotEmpty { topics: u64, groups: u64, names: Vec<String> },
    #[error("type the name {expected} to delete it")]
    ConfirmName { expected: String },
    #[error(
        "all ports from {first} to {last} are taken; the operator widens tcp.instance_ports, or an instance is deleted"
    )]
    NoPortLeft { first: u16, last: u16 },
    #[error("port {port} is taken; choose another, or none for the lowest free one")]
    PortTaken { port: u16 },
    #[error("a UID has 16 digits, the first not 0")]
    UidForm,
    #[error("the end of an instance ID is B and 7 of A-Z, a-z, 0-9")]
    IdSuffixForm,
    #[error("an AccessKey ID is TN and 22 of A-Z, a-z, 0-9; its secret 30 of them")]
    AccessKeyForm,
    #[error("messages of type {} can't be sent yet", type_name(*.message_type))]
    TypeNotBuilt { message_type: MessageType },
    #[error(transparent)]
    Password(#[from] PasswordRule),
    #[error(
        "the link is used, replaced or too old; the operator prints a new one (ternmq setup-link, ternmq reset-password)"
    )]
    LinkInvalid,
    #[error("the set-up page opens on the machine itself only")]
    LoopbackOnly,
    #[error("the first account exists already")]
    AlreadySetUp,
}

fn article(kind: Kind) -> &'static str {
    match kind {
        Kind::Account => "an account",
        Kind::User => "a user",
        Kind::Instance => "an instance",
        Kind::Topic => "a Topic",
        Kind::Group => "a Group ID",
        Kind::AccessKey => "an AccessKey",
    }
}

impl Rule {
    /// Stable name of the rule.
    pub fn code(&self) -> &'static str {
        match self {
            Rule::NameLength { .. } => "name_length",
            Rule::NameCharacters { .. } => "name_characters",
            Rule::TopicPrefix { .. } => "topic_prefix",
            Rule::NameReserved { .. } => "name_reserved",
            Rule::GroupPrefix => "group_prefix",
            Rule::NameTaken { .. } => "name_taken",
            Rule::DescriptionLength { .. } => "description_length",
            Rule::Queues { .. } => "queues",
            Rule::GlobalOrderQueues { .. } => "global_order_queues",
            Rule::Limit { .. } => "limit",
            Rule::ServiceNotEnabled => "service_not_enabled",
            Rule::RegionUnknown { .. } => "region_unknown",
            Rule::InstanceNotEmpty { .. } => "instance_not_empty",
            Rule::ConfirmName { .. } => "confirm_name",
            Rule::NoPortLeft { .. } => "no_port_left",
            Rule::PortTaken { .. } => "port_taken",
            Rule::UidForm => "uid_form",
            Rule::IdSuffixForm => "id_suffix_form",
            Rule::AccessKeyForm => "access_key_form",
            Rule::TypeNotBuilt { .. } => "type_not_built",
            Rule::Password(PasswordRule::Length { .. }) => "password_length",
            Rule::Password(PasswordRule::Common) => "password_common",
            Rule::Password(PasswordRule::ContextWord { .. }) => "password_context_word",
            Rule::Password(PasswordRule::Pattern) => "password_pattern",
            Rule::LinkInvalid => "link_invalid",
            Rule::LoopbackOnly => "loopback_only",
            Rule::AlreadySetUp => "already_set_up",
        }
    }
}
