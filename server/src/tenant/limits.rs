//! Every count that a tenant is held to, and every length: the one place.

/// Characters of a Topic name.
pub const TOPIC_NAME: (usize, usize) = (3, 64);
/// Characters of a Group ID.
pub const GROUP_NAME: (usize, usize) = (7, 64);
/// Characters of an instance name.
pub const INSTANCE_NAME: (usize, usize) = (3, 64);
/// Characters of an account name.
pub const ACCOUNT_NAME: (usize, usize) = (3, 64);
/// Characters of a user name.
pub const USER_NAME: (usize, usize) = (1, 64);
/// Characters of a description, at most.
pub const DESCRIPTION_MAX: usize = 128;
/// Queues of a Topic.
pub const QUEUES: (u16, u16) = (1, 64);
/// Queues of a Topic unless told.
pub const QUEUES_DEFAULT: u16 = 4;
/// Distance of the ports of two instances: old clients dial the port below by two as well.
pub const PORT_STEP: u16 = 4;
/// Rows of a page, at most.
pub const PAGE_MAX: usize = 100;

/// Counts; small ones in tests.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Of an account in a region.
    pub instances_max: u64,
    /// Of an instance.
    pub topics_max: u64,
    /// Of an instance.
    pub groups_max: u64,
    /// Of a user.
    pub access_keys_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { instances_max: 8, topics_max: 1_000, groups_max: 1_000, access_keys_max: 2 }
    }
}
