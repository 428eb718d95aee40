//! Addresses as people, scripts and QR codes write them. Names are refused: a
//! mesh has no name server to trust.
//!
//! Floor 1 (`docs/protocol/link.md`). Read are `IP:PORT`, a multiaddr of an IP and
//! a TCP port, and the link form that [`address_link`] writes.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// What an address link begins with.
const LINK_PREFIX: &str = "starling:a/";

/// Why a text is no address we can use. `Display` is one plain sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A host name, which would have to be looked up.
    #[error("Host names are not looked up: type the address as IP:PORT.")]
    Name,
    /// An IP without a port.
    #[error("The port is missing: type the address as IP:PORT.")]
    PortMissing,
    /// Port 0, which nobody can be called at.
    #[error("Port 0 cannot be called: it only means \"any\" when listening.")]
    PortZero,
    /// An address of everybody or nobody.
    #[error("That address belongs to no single computer, so it cannot be called.")]
    Nobody,
    /// A link of another kind, such as one to a channel.
    #[error("That link is no address: it begins otherwise than starling:a/.")]
    OtherLink,
    /// Anything else.
    #[error("That is no address: type it as IP:PORT, for example 192.168.1.20:4000.")]
    Shape,
}

/// Reads an address to listen on; port 0 lets the system choose.
///
/// # Errors
/// The text is no numeric address with a port; the typist's mistake.
pub fn parse_listen(text: &str) -> Result<SocketAddr, AddressError> {
    let text = text.trim();
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

/// Reads an address to call: as [`parse_listen`], also as a link, and only what
/// one computer can be called at.
///
/// # Errors
/// The text is no address, or one that nobody can be called at.
pub fn parse_dial(text: &str) -> Result<SocketAddr, AddressError> {
    let text = text.trim();
    let address = match strip_prefix_ignoring_case(text, LINK_PREFIX) {
        // QR codes are shorter in capitals, so a scanner may give them so.
        Some(address) => parse_listen(address)?,
        None if strip_prefix_ignoring_case(text, "starling:").is_some() => {
            return Err(AddressError::OtherLink);
        }
        None => parse_listen(text)?,
    };
    if address.port() == 0 {
        return Err(AddressError::PortZero);
    }
    let ip = address.ip();
    let everybody = ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST);
    if ip.is_unspecified() || everybody {
        return Err(AddressError::Nobody);
    }
    Ok(address)
}

/// An address one listens on as a link, to be shown as text or as a QR code:
/// `starling:a/IP:PORT`. `None` for what another computer cannot call: loopback,
/// and texts that are no address.
#[must_use]
pub fn address_link(listening: &str) -> Option<String> {
    let address = parse_dial(listening).ok()?;
    (!address.ip().is_loopback()).then(|| format!("{LINK_PREFIX}{address}"))
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

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
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
            (" 0.0.0.0:0\n", "0.0.0.0:0"),
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
        let link = parse_dial("starling:a/laptop.local:1");
        assert_eq!(link, Err(AddressError::Name));
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
            "starling:a/10.0.0.1:1",
        ] {
            assert_eq!(shown(text), Err(AddressError::Shape), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_called_is_refused_with_its_reason() {
        for (text, error) in [
            ("10.0.0.1:0", AddressError::PortZero),
            ("starling:a/10.0.0.1:0", AddressError::PortZero),
            ("0.0.0.0:4000", AddressError::Nobody),
            ("[::]:4000", AddressError::Nobody),
            ("224.0.0.251:1", AddressError::Nobody),
            ("255.255.255.255:1", AddressError::Nobody),
            ("starling:p/nearby", AddressError::OtherLink),
            ("starling:a/", AddressError::Shape),
            ("starling:a/10.0.0.1:1/x", AddressError::Shape),
        ] {
            assert_eq!(parse_dial(text), Err(error), "{text}");
        }
        assert!(parse_dial("10.0.0.1:1").is_ok());
    }

    #[test]
    fn link_of_an_address_is_read_back_also_in_capitals() {
        for text in ["192.168.1.20:4000", "[fd00::1]:4000"] {
            let link = address_link(text).unwrap();
            assert_eq!(link, format!("starling:a/{text}"));
            let address = text.parse().unwrap();
            assert_eq!(parse_dial(&link), Ok(address));
            assert_eq!(parse_dial(&link.to_uppercase()), Ok(address));
        }
    }

    #[test]
    fn what_nobody_else_can_call_is_no_link() {
        for text in ["127.0.0.1:4000", "[::1]:4000", "10.0.0.1:0", "laptop:1"] {
            assert_eq!(address_link(text), None, "{text}");
        }
    }
}
