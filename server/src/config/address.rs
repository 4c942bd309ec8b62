//! The host that clients are told, and the IPv4 address in stored records.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs, UdpSocket};

use super::layers::{ConfigError, Layers};

/// Letters, digits, `-` in parts of 1 to 63, separated by dots.
pub(super) fn is_host_name(text: &str) -> bool {
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    text.len() <= 253 && text.split('.').all(part)
}

/// Host in routes and IPv4 in records.
///
/// - `listen`: address of the TCP listener.
pub(super) fn advertised(layers: &Layers, listen: IpAddr) -> Result<(String, Ipv4Addr), ConfigError> {
    let mut host = layers.text("advertised_host")?;
    if host.is_empty() {
        if !super::is_loopback(listen) {
            let cure = format!(
                "with tcp.listen on {listen} it must be known under which host clients reach this machine: set \
                 advertised_host (here: {})",
                candidates(listen).join(", ")
            );
            return Err(layers.wrong("advertised_host", cure));
        }
        host = Ipv4Addr::LOCALHOST.to_string();
    }
    let ipv4_given = layers.text("advertised_ipv4")?;
    let as_ipv4: Option<Ipv4Addr> = host.parse().ok();
    if as_ipv4.is_none() && (!is_host_name(&host) || host.parse::<IpAddr>().is_ok()) {
        let cure = "an IPv4 address or a host name is needed, without http:// and port";
        return Err(layers.wrong("advertised_host", cure));
    }
    if as_ipv4.is_some_and(|address| address.is_unspecified()) {
        let cure = "0.0.0.0 is not an address that a client can dial; name the host clients reach";
        return Err(layers.wrong("advertised_host", cure));
    }
    if !ipv4_given.is_empty() {
        let cure = "an IPv4 address is needed, such as 192.0.2.10";
        return Ok((host, ipv4_given.parse().map_err(|_| layers.wrong("advertised_ipv4", cure))?));
    }
    if let Some(address) = as_ipv4 {
        return Ok((host, address));
    }
    let resolved = (host.as_str(), 0).to_socket_addrs().ok();
    let ipv4 = resolved.into_iter().flatten().find_map(|address| match address.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    });
    match ipv4 {
        Some(address) => Ok((host, address)),
        None => {
            let cure = "the name has no IPv4 address here; give the address for stored records as advertised_ipv4";
            Err(layers.wrong("advertised_host", cure))
        }
    }
}

/// Hosts under which this machine may be reached.
fn candidates(listen: IpAddr) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |candidate: String| {
        if !candidate.is_empty() && !found.contains(&candidate) {
            found.push(candidate);
        }
    };
    if !listen.is_unspecified() {
        add(listen.to_string());
    }
    // Asks for the route to a documentation address; nothing is sent.
    let route = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).and_then(|socket| {
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
        socket.local_addr()
    });
    if let Ok(SocketAddr::V4(address)) = route {
        add(address.ip().to_string());
    }
    if let Ok(name) = std::fs::read_to_string("/proc/sys/kernel/hostname") {
        let name = name.trim().to_owned();
        for address in (name.as_str(), 0).to_socket_addrs().into_iter().flatten().filter(SocketAddr::is_ipv4) {
            if !super::is_loopback(address.ip()) {
                add(address.ip().to_string());
            }
        }
        add(name);
    }
    found
}
