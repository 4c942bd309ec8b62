//! Everything in place at start: the resources file (`--resources`) and the demonstration (`--dev`).
//! What is missing is made, what differs is reported, nothing is ever deleted.

mod apply;
mod check;
pub mod dev;
pub mod file;

#[cfg(test)]
mod tests;

use std::path::PathBuf;

use broker_core::metadata::{GroupProtocol, MessageType};
use broker_core::store::Durability;

use crate::auth::rights::Actions;
use crate::auth::sealing::Secret;
use crate::db::accounts::Role;
use crate::tenant::TenantError;

pub use apply::apply;

/// A resources file that can't be used; names the place and what would be right.
#[derive(Debug, thiserror::Error)]
pub enum ProvisionError {
    #[error("the resources file {path} can't be read: {source}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path}:{line}: {what}")]
    Line { path: PathBuf, line: usize, what: String },
}

/// Who the audit says did it.
const SOURCE: &str = app::api::audit::FROM_RESOURCES_FILE;

/// A checked resources file. `line` is where a thing stands in it.
pub struct Plan {
    pub path: PathBuf,
    pub accounts: Vec<PlannedAccount>,
}

impl Plan {
    /// An error about what stands at a line.
    fn wrong(&self, line: usize, error: impl Into<TenantError>) -> ProvisionError {
        ProvisionError::Line { path: self.path.clone(), line, what: error.into().to_string() }
    }

    /// An error about a grant.
    fn no_such_instance(&self, line: usize, name: &str) -> ProvisionError {
        let what = format!("the account has no instance {name} in this file; name one, or \"*\"");
        ProvisionError::Line { path: self.path.clone(), line, what }
    }
}

pub struct PlannedAccount {
    pub line: usize,
    pub name: String,
    pub uid: Option<String>,
    pub service: bool,
    pub users: Vec<PlannedUser>,
    pub instances: Vec<PlannedInstance>,
}

pub struct PlannedUser {
    pub line: usize,
    pub name: String,
    pub role: Role,
    pub operator: bool,
    pub password: Option<Secret>,
    pub access_keys: Vec<PlannedKey>,
    pub grants: Vec<PlannedGrant>,
}

pub struct PlannedKey {
    pub line: usize,
    pub id: String,
    pub secret: Secret,
}

pub struct PlannedGrant {
    pub line: usize,
    /// Instance name; `None`: every instance.
    pub instance: Option<String>,
    pub resource: String,
    pub actions: Actions,
}

pub struct PlannedInstance {
    pub line: usize,
    pub name: String,
    pub region: Option<String>,
    pub id_suffix: Option<String>,
    pub tcp_port: Option<u16>,
    pub topics: Vec<PlannedTopic>,
    pub groups: Vec<PlannedGroup>,
}

pub struct PlannedTopic {
    pub line: usize,
    pub name: String,
    pub message_type: MessageType,
    pub queues: Option<u16>,
    pub durability: Durability,
}

pub struct PlannedGroup {
    pub line: usize,
    pub name: String,
    pub protocol: GroupProtocol,
}
