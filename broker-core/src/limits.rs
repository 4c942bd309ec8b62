//! Every limit on what a client may hand in, in one place. The values are those of the threat
//! model; what is beyond is refused, never cut.
//! (How many elements a batch and how many entries a heartbeat may have is checked where they are
//! decoded, before anything is allocated for them: [`crate::protocol`].)

use std::time::Duration;

use crate::store::SearchLimits;

/// Whole name on the wire with every prefix: a stored record has one signed byte for its length.
pub const WIRE_NAME_BYTES_MAX: usize = 127;
pub const LOCAL_NAME_BYTES_MAX: usize = 64;
pub const BODY_BYTES_MAX: usize = 4 << 20;
/// 32,767 less 1 KiB: a message accepted at the limit can still carry the notes that the server
/// adds when it is retried and dead-lettered.
pub const PROPERTY_BYTES_MAX: usize = 31_743;
pub const PROPERTIES_MAX: usize = 256;
pub const TAG_BYTES_MAX: usize = 128;
pub const KEYS_MAX: usize = 64;
pub const KEYS_BYTES_MAX: usize = 1 << 10;
pub const UNIQUE_ID_BYTES_MAX: usize = 256;
pub const BATCH_BYTES_MAX: usize = 4 << 20;
pub const CLIENT_ID_BYTES_MAX: usize = 255;
pub const EXPRESSION_BYTES_MAX: usize = 2 << 10;
pub const PULL_MESSAGES_MAX: usize = 32;
pub const PULL_BYTES_MAX: usize = 1 << 20;
pub const HOLD_MS_MAX: i64 = 30_000;
pub const HOLDS_PER_CONNECTION_MAX: usize = 1_024;
pub const HOLDS_MAX: usize = 20_000;
pub const HOLDS_PER_ACCOUNT_MAX: usize = 10_000;
/// Client ids that one connection speaks for. Clients have one; some libraries share a connection.
pub const CLIENTS_PER_CONNECTION_MAX: usize = 64;
pub const PRODUCERS_PER_CONNECTION_MAX: usize = 64;
/// Consumers online at once.
pub const MEMBERS_PER_GROUP_MAX: usize = 4_096;
pub const MEMBERS_PER_ACCOUNT_MAX: usize = 4_096;
/// Producers online at once: a connection has one or a few.
pub const PRODUCERS_PER_ACCOUNT_MAX: usize = 16_384;
/// Messages in an answer to a query by key, and their bytes: so many, or one message.
pub const LOOKUP_MESSAGES_MAX: usize = 64;
pub const LOOKUP_BYTES_MAX: usize = 1 << 20;
/// What a client's query by key may cost. It runs on an event loop, which serves nobody else
/// meanwhile.
pub const CLIENT_SEARCH: SearchLimits =
    SearchLimits { records: 4_096, bytes: 8 << 20, files: 1_024, time: Duration::from_millis(100) };
/// What a search of the console may cost.
pub const CONSOLE_SEARCH: SearchLimits =
    SearchLimits { records: 1_000_000, bytes: usize::MAX, files: usize::MAX, time: Duration::from_secs(5) };
/// Kinds of refusals that are remembered for one owner, and for all.
pub const REFUSALS_PER_OWNER_MAX: usize = 200;
pub const REFUSALS_MAX: usize = 10_000;
/// How long a send waits for the disk.
pub const FLUSH_MAX: Duration = Duration::from_secs(5);
/// A client that says nothing for so long is gone.
pub const CLIENT_EXPIRY: Duration = Duration::from_secs(120);
