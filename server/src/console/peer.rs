//! Where a request comes from.
//!
//! The accept loop puts the peer's address on each request as [`ConnectInfo`]. No header is trusted
//! for it; a forwarding header only takes away: what came through a proxy is not from this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::{Extensions, HeaderMap};

use crate::config::is_loopback;

const FORWARDED: [&str; 4] = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip"];

/// The peer, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Peer {
    pub address: SocketAddr,
    /// The request was made on this machine itself, and by no proxy.
    pub local: bool,
}

impl Peer {
    pub(super) fn of(extensions: &Extensions, headers: &HeaderMap) -> Self {
        match extensions.get::<ConnectInfo<SocketAddr>>() {
            Some(ConnectInfo(address)) => {
                let forwarded = FORWARDED.iter().any(|name| headers.contains_key(*name));
                Self { address: *address, local: is_loopback(address.ip()) && !forwarded }
            }
            None => Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), local: false },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    fn from(address: &str) -> Extensions {
        let mut extensions = Extensions::new();
        extensions.insert(ConnectInfo(address.parse::<SocketAddr>().expect("an address")));
        extensions
    }

    #[test]
    fn only_an_unproxied_loopback_peer_is_local() {
        let plain = HeaderMap::new();
        assert!(Peer::of(&from("127.0.0.1:5000"), &plain).local);
        assert!(Peer::of(&from("[::ffff:127.0.0.1]:5000"), &plain).local);
        assert!(!Peer::of(&from("10.0.0.5:5000"), &plain).local);
        assert!(!Peer::of(&Extensions::new(), &plain).local);
        let mut proxied = HeaderMap::new();
        proxied.insert("x-forwarded-for", HeaderValue::from_static("127.0.0.1"));
        assert!(!Peer::of(&from("127.0.0.1:5000"), &proxied).local);
    }
}
