//! Live values: a page names what it shows as a [`Watch`]; the server's event stream
//! `GET /events?watch=<JSON of Watch>` reads it at most once a second and sends what changed.
//!
//! Events: `value` (JSON of [`Reading`] within [`Dated`]) when it differs from the last one sent;
//! `same` (milliseconds since 1970, decimal) when the last value still holds, at least every 5 s;
//! `fault` (JSON of [`ApiError`]) when it could not be read; `end` (the word of an [`End`]) when the
//! session is over, which is final, or when the process stops, after which the page tries again.

use serde::{Deserialize, Serialize};

use super::{ApiError, ConsolePort, Listing, Page, connections, groups, instances, keys, overview, service, topics};

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Watch {
    Service,
    Overview { region: String },
    Instances { region: String },
    Instance { id: String },
    Topics { instance: String, listing: Listing },
    TopicStatus { instance: String, name: String },
    Groups { instance: String, protocol: groups::Protocol, listing: Listing },
    GroupStatus { instance: String, name: String },
    AccessKeys,
    Refusals { instance: String, listing: Listing },
}

/// What was read for the watch of the same name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reading {
    Service(service::Offer),
    Overview(Box<overview::Overview>),
    Instances(instances::Instances),
    Instance(Box<instances::InstanceDetails>),
    Topics(topics::Topics),
    TopicStatus(Box<topics::TopicStatus>),
    Groups(groups::Groups),
    GroupStatus(Box<groups::GroupStatus>),
    AccessKeys(keys::AccessKeys),
    Refusals(Page<connections::Refusal>),
}

/// What a page shows, taken out of a reading.
pub trait Subject: Sized {
    /// `None`: the reading is of another subject.
    fn of(reading: Reading) -> Option<Self>;
}

macro_rules! subjects {
    (plain { $($plain:ident: $of:ty,)+ } boxed { $($boxed:ident: $of_box:ty,)+ }) => {
        $(impl Subject for $of {
            fn of(reading: Reading) -> Option<Self> {
                if let Reading::$plain(value) = reading { Some(value) } else { None }
            }
        })+
        $(impl Subject for $of_box {
            fn of(reading: Reading) -> Option<Self> {
                if let Reading::$boxed(value) = reading { Some(*value) } else { None }
            }
        })+
    };
}

subjects! {
    plain {
        Service: service::Offer,
        Instances: instances::Instances,
        Topics: topics::Topics,
        Groups: groups::Groups,
        AccessKeys: keys::AccessKeys,
        Refusals: Page<connections::Refusal>,
    }
    boxed {
        Overview: overview::Overview,
        Instance: instances::InstanceDetails,
        TopicStatus: topics::TopicStatus,
        GroupStatus: groups::GroupStatus,
    }
}

/// A reading with the server's time at which it was true.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dated<T> {
    pub at_ms: i64,
    pub value: T,
}

/// Why a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The session is over, or its user may not be here any more.
    SignedOut,
    /// The process stops; another may come.
    Stopping,
}

impl End {
    /// As it stands in the event.
    pub fn word(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Stopping => "stopping",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::SignedOut, Self::Stopping].into_iter().find(|end| end.word() == word)
    }
}

/// Reads what `watch` names, with the rights of the port's caller.
pub async fn read(port: &dyn ConsolePort, watch: &Watch) -> Result<Reading, ApiError> {
    Ok(match watch.clone() {
        Watch::Service => Reading::Service(port.offer().await?),
        Watch::Overview { region } => Reading::Overview(Box::new(port.overview(region).await?)),
        Watch::Instances { region } => Reading::Instances(port.instances(region).await?),
        Watch::Instance { id } => Reading::Instance(Box::new(port.instance(id).await?)),
        Watch::Topics { instance, listing } => Reading::Topics(port.topics(instance, listing).await?),
        Watch::TopicStatus { instance, name } => {
            Reading::TopicStatus(Box::new(port.topic_status(instance, name).await?))
        }
        Watch::Groups { instance, protocol, listing } => {
            Reading::Groups(port.groups(instance, protocol, listing).await?)
        }
        Watch::GroupStatus { instance, name } => {
            Reading::GroupStatus(Box::new(port.group_status(instance, name).await?))
        }
        Watch::AccessKeys => Reading::AccessKeys(port.access_keys().await?),
        Watch::Refusals { instance, listing } => Reading::Refusals(port.refusals(instance, listing).await?),
    })
}
