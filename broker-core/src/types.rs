//! Names and numbers that every part of the broker shares.
//!
//! Numbers are given out by the catalogue and never used again: each life of a Topic has its own
//! [`TopicNo`], so that nothing stored for a deleted Topic can be read through its successor.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

macro_rules! number {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number!(
    /// A tenant. 0 is never given out.
    AccountNo(u32)
);
number!(
    /// A user of an account. 0 is never given out.
    UserNo(u32)
);
number!(
    /// An instance (a tenant's namespace). 0 is never given out.
    InstanceNo(u32)
);
number!(
    /// One life of a Topic. A Topic made again under the same name has another number.
    TopicNo(u64)
);
number!(
    /// One life of a Group ID.
    GroupNo(u64)
);

/// One queue of one life of a Topic: the unit of order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct QueueKey {
    pub topic: TopicNo,
    /// 0..64
    pub queue: u16,
}

/// What counts as one address where addresses are counted: a host of IPv6 has a whole /64 to choose
/// from, this machine all of loopback.
pub fn host_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        own if own.is_loopback() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & (u128::MAX << 64)).into(),
        other => other,
    }
}
