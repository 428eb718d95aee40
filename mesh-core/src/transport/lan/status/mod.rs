//! Where the carrier listens, and in plain words how it stands.
//!
//! Floor 5. The words are read by frightened people: say what is, then what to do.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, SocketAddrV4};

use libp2p::Multiaddr;
use libp2p::core::transport::ListenerId;
use libp2p::multiaddr::Protocol;

use crate::types::{CarrierStatus, LinkKind};

/// `IP:PORT` of a TCP address; `None` for any other kind.
pub(super) fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter();
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    match parts.next()? {
        Protocol::Tcp(port) => Some(SocketAddr::new(ip, port)),
        _ => None,
    }
}

/// The TCP address as libp2p writes it.
pub(super) fn multiaddr(address: SocketAddr) -> Multiaddr {
    Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()))
}

/// Addresses we were told to listen on, and those we do listen on.
pub(super) struct Listening {
    wanted: Vec<(SocketAddr, State)>,
    addresses: BTreeSet<SocketAddr>,
}

enum State {
    Closed(io::ErrorKind),
    Open(ListenerId),
}

impl Listening {
    pub(super) fn new(wanted: &[SocketAddr]) -> Self {
        let unique: BTreeSet<SocketAddr> = wanted.iter().copied().collect();
        let closed = |address| (address, State::Closed(io::ErrorKind::NotConnected));
        Self {
            wanted: unique.into_iter().map(closed).collect(),
            addresses: BTreeSet::new(),
        }
    }

    /// Opens what is not open; says whether anything changed.
    pub(super) fn open(
        &mut self,
        mut listen: impl FnMut(Multiaddr) -> io::Result<ListenerId>,
    ) -> bool {
        let mut changed = false;
        for (address, state) in &mut self.wanted {
            let State::Closed(before) = *state else {
                continue;
            };
            *state = match listen(multiaddr(*address)) {
                Ok(listener) => State::Open(listener),
                Err(error) => State::Closed(error.kind()),
            };
            changed |= !matches!(*state, State::Closed(now) if now == before);
        }
        changed
    }

    pub(super) fn closed(&mut self, listener: ListenerId, why: io::ErrorKind) {
        for (_, state) in &mut self.wanted {
            if matches!(*state, State::Open(open) if open == listener) {
                *state = State::Closed(why);
            }
        }
    }

    /// Says whether it was new.
    pub(super) fn add(&mut self, address: &Multiaddr) -> bool {
        socket_address(address)
            .filter(|address| is_dialable(address.ip()))
            .is_some_and(|address| self.addresses.insert(address))
    }

    /// Says whether it was there.
    pub(super) fn remove(&mut self, address: &Multiaddr) -> bool {
        socket_address(address).is_some_and(|address| self.addresses.remove(&address))
    }

    pub(super) fn addresses(&self) -> &BTreeSet<SocketAddr> {
        &self.addresses
    }

    pub(super) fn sorted(&self) -> Vec<String> {
        let mut texts: Vec<String> = self.addresses.iter().map(SocketAddr::to_string).collect();
        texts.sort_unstable();
        texts
    }

    /// Where neighbours on this very machine reach us.
    pub(super) fn loopback(&self) -> Option<SocketAddrV4> {
        self.addresses.iter().find_map(|address| match address {
            SocketAddr::V4(address) if address.ip().is_loopback() => Some(*address),
            _ => None,
        })
    }

    /// Whether only this machine was asked for: then no network is touched.
    pub(super) fn is_loopback_only(&self) -> bool {
        self.wanted.iter().all(|(wanted, _)| is_loopback(wanted))
    }

    fn failure(&self) -> Option<io::ErrorKind> {
        self.wanted.iter().find_map(|(_, state)| match state {
            State::Closed(kind) => Some(*kind),
            State::Open(_) => None,
        })
    }

    fn is_closed(&self) -> bool {
        let closed = |(_, state): &(SocketAddr, State)| matches!(state, State::Closed(_));
        self.wanted.iter().all(closed)
    }
}

/// How the carrier stands; `searching`: whether discovery is on, and works.
pub(super) fn status(listening: &Listening, searching: Searching) -> CarrierStatus {
    let on_network = listening.addresses.iter().any(|a| !is_loopback(a));
    let (reason, advice) = words(listening, searching, on_network);
    let can_find = on_network && searching == Searching::On;
    CarrierStatus {
        kind: LinkKind::Lan,
        name: "Wi-Fi and cable".to_owned(),
        can_find,
        can_be_found: can_find && !listening.is_closed(),
        reason: reason.map(str::to_owned),
        advice: advice.map(str::to_owned),
    }
}

/// Whether others are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Searching {
    On,
    /// The person said no.
    Off,
    /// The system does not let us.
    Broken,
}

type Words = (Option<&'static str>, Option<&'static str>);

fn words(listening: &Listening, searching: Searching, on_network: bool) -> Words {
    if listening.is_closed() {
        return match listening.failure() {
            Some(io::ErrorKind::AddrInUse) => (
                Some("Another program uses the port that Starling was told to use"),
                Some("Close the other program, or choose another port"),
            ),
            Some(io::ErrorKind::PermissionDenied) => (
                Some("This computer does not let Starling open a port"),
                Some("Choose a port above 1024, or allow Starling in the firewall"),
            ),
            Some(_) => (
                Some("Starling could not open a port on this computer"),
                Some("Check that Wi-Fi or a cable is connected; Starling keeps trying"),
            ),
            None => (
                Some("Starling was not told where to listen, so others cannot call it"),
                Some("Call others by their address"),
            ),
        };
    }
    if listening.is_loopback_only() {
        return (
            Some("Starling was told to stay on this computer"),
            Some("Start it without a listen address to reach the network"),
        );
    }
    if !on_network {
        return (
            Some("This computer is not connected to any network"),
            Some("Join any Wi-Fi, even one without internet, or plug in a cable"),
        );
    }
    match searching {
        Searching::Off => (
            Some("Searching for others is switched off"),
            Some("Give others your address, or type in theirs"),
        ),
        Searching::Broken => (
            Some("This computer does not let Starling search the network"),
            Some("Give others your address, or type in theirs"),
        ),
        Searching::On if listening.failure().is_some() => (
            Some("Part of the network could not be opened; the rest works"),
            None,
        ),
        Searching::On => (None, None),
    }
}

/// The networks that this computer is on now, for judging what is advertised.
pub(super) struct Nearby(Vec<(IpAddr, u8)>);

impl Nearby {
    /// Asks the system.
    pub(super) fn look() -> Self {
        let interfaces = if_addrs::get_if_addrs().unwrap_or_default();
        let networks = interfaces.iter().map(|interface| match &interface.addr {
            if_addrs::IfAddr::V4(v4) => (IpAddr::V4(v4.ip), v4.prefixlen),
            if_addrs::IfAddr::V6(v6) => (IpAddr::V6(v6.ip), v6.prefixlen),
        });
        Self(networks.collect())
    }

    /// Whether an advertised address is on one of our networks. Others are never
    /// called: an advertisement must not send us out into the internet.
    pub(super) fn contains(&self, ip: IpAddr) -> bool {
        is_dialable(ip)
            && !ip.is_loopback()
            && self.0.iter().any(|(own, prefix)| match (own, ip) {
                (IpAddr::V4(own), IpAddr::V4(ip)) => {
                    let shift = 32_u32.saturating_sub(u32::from(*prefix));
                    (u32::from(*own) ^ u32::from(ip))
                        .checked_shr(shift)
                        .unwrap_or(0)
                        == 0
                }
                (IpAddr::V6(own), IpAddr::V6(ip)) => {
                    let shift = 128_u32.saturating_sub(u32::from(*prefix));
                    (u128::from(*own) ^ u128::from(ip))
                        .checked_shr(shift)
                        .unwrap_or(0)
                        == 0
                }
                _ => false,
            })
    }
}

fn is_loopback(address: &SocketAddr) -> bool {
    address.ip().is_loopback()
}

/// A link-local IPv6 address means nothing without the interface, which a
/// multiaddress cannot say.
fn is_dialable(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => !ip.is_unspecified() && !ip.is_multicast() && ip != Ipv4Addr::BROADCAST,
        IpAddr::V6(ip) => !ip.is_unspecified() && !ip.is_multicast() && !ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests;
