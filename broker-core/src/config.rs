//! What the server hands to the broker, already checked.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

/// Settings of the broker. All values are in range.
#[derive(Clone, Debug)]
pub struct Config {
    pub store: StoreConfig,
    pub tcp: TcpConfig,
}

#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Folder of the message store inside the data folder; made when missing.
    pub dir: PathBuf,
    pub segment_bytes: u64,
    /// A segment is sealed after this time even when it is not full.
    pub roll_after: Duration,
    pub retention: Duration,
    /// Sends are refused when more of the disk is used, in percent.
    pub disk_used_percent_max: u8,
    pub spare_segments: usize,
    /// Bytes of the log kept in memory for readers of the tail.
    pub tail_bytes: usize,
}

impl StoreConfig {
    /// The product's defaults for a store in `dir`.
    pub fn new(dir: PathBuf) -> Self {
        Self {
            dir,
            segment_bytes: 64 << 20,
            roll_after: Duration::from_secs(6 * 3600),
            retention: Duration::from_secs(72 * 3600),
            disk_used_percent_max: 85,
            spare_segments: 2,
            tail_bytes: 8 << 20,
        }
    }
}

#[derive(Clone, Debug)]
pub struct TcpConfig {
    /// Address of the shared port and of every instance's port.
    pub listen: IpAddr,
    /// Shared port; 0 takes any free one (tests).
    pub port: u16,
    /// Host in routes: an IPv4 address or a name, without port.
    pub advertised_host: String,
    /// Host in stored records and offset ids.
    pub advertised_ipv4: Ipv4Addr,
    /// Connections of the whole process; [`TcpConfig::CONNECTIONS_MAX`] unless the system allows fewer
    /// open files.
    pub connections_max: usize,
    /// Event loops; 0 takes one fewer than the machine's cores, at least one.
    pub loops: usize,
    /// Port and instance that take unsigned clients, loopback only.
    pub unsigned_listener: Option<UnsignedListener>,
}

impl TcpConfig {
    /// The product's limit of connections.
    pub const CONNECTIONS_MAX: usize = 16_384;
}

#[derive(Clone, Debug)]
pub struct UnsignedListener {
    pub port: u16,
    /// Instance ID.
    pub instance: String,
}
