//! Name service: from a Topic to the queues and the address that serve it. One broker serves all;
//! what differs is the door.

use std::sync::Arc;

use crate::metadata::WireName;

/// Read and write.
pub const PERM_READ_WRITE: i32 = 6;

/// Host and port to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoutePlace {
    /// An IPv4 address or a name.
    pub host: String,
    pub port: u16,
}

impl RoutePlace {
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

/// The route of one Topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// Broker name and cluster: the instance ID, since two instances in one client process must
    /// not share an address table.
    pub broker_name: Arc<str>,
    /// `host:port` of the master.
    pub address: String,
    /// Both for reading and for writing.
    pub queues: u16,
    pub perm: i32,
}

impl Route {
    pub fn new(instance_id: &Arc<str>, queues: u16, place: RoutePlace) -> Self {
        Self { broker_name: instance_id.clone(), address: place.address(), queues, perm: PERM_READ_WRITE }
    }

    /// A route that any name gets: four queues.
    pub(crate) fn constant(name: &str, place: RoutePlace) -> Self {
        let broker_name = match WireName::parse(name) {
            Ok(WireName::Full { instance, .. }) => instance.into(),
            _ => "ternmq".into(),
        };
        Self { broker_name, address: place.address(), queues: 4, perm: PERM_READ_WRITE }
    }
}
