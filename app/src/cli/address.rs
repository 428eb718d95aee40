//! Addresses as people and scripts write them: `IP:PORT`, or a multiaddr of an
//! IP and a TCP port. Names are refused: a mesh has no name server to trust.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Why a text is no address we can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum AddressError {
    /// A host name, which would have to be looked up.
    #[error("host names are not looked up: type the address as IP:PORT")]
    Name,
    /// An IP without a port.
    #[error("the port is missing: type the address as IP:PORT")]
    PortMissing,
    /// Port 0, which nobody can be called at.
    #[error("port 0 cannot be called: it only means \"any\" when listening")]
    PortZero,
    /// Anything else.
    #[error("that is no address: type it as IP:PORT, for example 192.168.1.20:4000")]
    Shape,
}

/// Reads an address to listen on; port 0 lets the system choose.
pub(crate) fn parse_listen(text: &str) -> Result<SocketAddr, AddressError> {
    if text.starts_with('/') {
        return parse_multiaddr(text);
    }
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    if text.parse::<IpAddr>().is_ok() {
        return Err(AddressError::PortMissing);
    }
    Err(if looks_like_name(text) {
        AddressError::Name
    } else {
        AddressError::Shape
    })
}

/// Reads an address to call: as [`parse_listen`], and port 0 is refused.
pub(crate) fn parse_dial(text: &str) -> Result<SocketAddr, AddressError> {
    match parse_listen(text)? {
        address if address.port() == 0 => Err(AddressError::PortZero),
        address => Ok(address),
    }
}

/// `/ip4/A/tcp/P` or `/ip6/A/tcp/P` and nothing behind it: a `/p2p/` key would be
/// of no use, as every node draws a new one for every run.
fn parse_multiaddr(text: &str) -> Result<SocketAddr, AddressError> {
    let mut parts = text.split('/').skip(1);
    let (family, ip) = (parts.next(), parts.next());
    let ip = match (family, ip) {
        (Some("ip4"), Some(ip)) => ip.parse::<Ipv4Addr>().map(IpAddr::V4),
        (Some("ip6"), Some(ip)) => ip.parse::<Ipv6Addr>().map(IpAddr::V6),
        (Some("dns" | "dns4" | "dns6" | "dnsaddr"), _) => return Err(AddressError::Name),
        _ => return Err(AddressError::Shape),
    }
    .map_err(|_| AddressError::Shape)?;
    match (parts.next(), parts.next(), parts.next()) {
        (None, _, _) => Err(AddressError::PortMissing),
        (Some("tcp"), Some(port), None) => port
            .parse()
            .map(|port| SocketAddr::new(ip, port))
            .map_err(|_| AddressError::Shape),
        _ => Err(AddressError::Shape),
    }
}

fn looks_like_name(text: &str) -> bool {
    let host = text.rsplit_once(':').map_or(text, |(host, _)| host);
    host.bytes().any(|byte| byte.is_ascii_alphabetic())
        && host
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String, AddressError> {
        parse_listen(text).map(|address| address.to_string())
    }

    #[test]
    fn both_notations_of_both_families_are_read() {
        for (text, address) in [
            ("192.168.1.20:4000", "192.168.1.20:4000"),
            ("0.0.0.0:0", "0.0.0.0:0"),
            ("[::1]:4000", "[::1]:4000"),
            ("/ip4/10.0.0.1/tcp/65535", "10.0.0.1:65535"),
            ("/ip6/fe80::1/tcp/0", "[fe80::1]:0"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(address), "{text}");
        }
    }

    #[test]
    fn names_are_refused_as_names() {
        for text in [
            "localhost:4000",
            "laptop.local:1",
            "example",
            "/dns4/a.b/tcp/1",
        ] {
            assert_eq!(shown(text), Err(AddressError::Name), "{text}");
        }
    }

    #[test]
    fn a_missing_port_is_said() {
        for text in ["10.0.0.1", "::1", "/ip4/10.0.0.1"] {
            assert_eq!(shown(text), Err(AddressError::PortMissing), "{text}");
        }
    }

    #[test]
    fn everything_else_is_no_address() {
        for text in [
            "",
            ":",
            "/",
            "10.0.0.1:65536",
            "10.0.0.256:1",
            "10.0.0.1:-1",
            "/ip4/::1/tcp/1",
            "/ip4/10.0.0.1/udp/1",
            "/ip4/10.0.0.1/tcp",
            "/ip4/10.0.0.1/tcp/",
            "/ip4/10.0.0.1/tcp/1/p2p/12D3",
            "/unix/a",
            "é:1",
        ] {
            assert_eq!(shown(text), Err(AddressError::Shape), "{text}");
        }
    }

    #[test]
    fn port_zero_can_be_listened_on_but_not_called() {
        assert_eq!(parse_dial("10.0.0.1:0"), Err(AddressError::PortZero));
        assert!(parse_dial("10.0.0.1:1").is_ok());
    }
}
