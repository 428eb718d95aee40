//! Where the carrier listens, and in plain words how it stands.
//!
//! Floor 5. The words are read by frightened people: say what is, then what to do.

use std::collections::BTreeSet;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};

use libp2p::Multiaddr;
use libp2p::core::transport::ListenerId;
use libp2p::multiaddr::Protocol;

use super::interfaces::{Interface, is_dialable, is_link_local_v6};
use crate::types::{CarrierStatus, LinkKind};

/// `IP:PORT` of a TCP address; `None` for any other kind.
pub(super) fn socket_address(address: &Multiaddr) -> Option<SocketAddr> {
    let mut parts = address.iter().peekable();
    let mut scope = 0;
    if let Some(Protocol::Ip6zone(zone)) = parts.peek() {
        scope = zone.parse().ok()?;
        parts.next();
    }
    let ip = match parts.next()? {
        Protocol::Ip4(ip) => IpAddr::V4(ip),
        Protocol::Ip6(ip) => IpAddr::V6(ip),
        _ => return None,
    };
    let Protocol::Tcp(port) = parts.next()? else {
        return None;
    };
    Some(match ip {
        IpAddr::V4(ip) => SocketAddr::from((ip, port)),
        IpAddr::V6(ip) => SocketAddr::from(SocketAddrV6::new(ip, port, 0, scope)),
    })
}

/// The TCP address as libp2p writes it; its interface, where it needs one, in front.
pub(super) fn multiaddr(address: SocketAddr) -> Multiaddr {
    let mut written = Multiaddr::empty();
    if let SocketAddr::V6(address) = address
        && address.scope_id() != 0
    {
        written.push(Protocol::Ip6zone(address.scope_id().to_string().into()));
    }
    written.push(address.ip().into());
    written.with(Protocol::Tcp(address.port()))
}

/// Addresses we were told to listen on, and those we do listen on.
pub(super) struct Listening {
    wanted: Vec<(SocketAddr, State)>,
    addresses: BTreeSet<SocketAddr>,
    /// Where we listen and nobody can be told of, as it means another interface there.
    link_local: BTreeSet<SocketAddr>,
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
            link_local: BTreeSet::new(),
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

    /// Says whether anything is new.
    pub(super) fn add(&mut self, address: &Multiaddr) -> bool {
        let address = socket_address(address).filter(|address| is_dialable(address.ip()));
        address.is_some_and(|address| self.set_of(address).insert(address))
    }

    /// Says whether it was there.
    pub(super) fn remove(&mut self, address: &Multiaddr) -> bool {
        socket_address(address).is_some_and(|address| self.set_of(address).remove(&address))
    }

    fn set_of(&mut self, address: SocketAddr) -> &mut BTreeSet<SocketAddr> {
        if is_link_local_v6(address.ip()) {
            &mut self.link_local
        } else {
            &mut self.addresses
        }
    }

    /// The port we listen on at this address of ours.
    pub(super) fn port_at(&self, interface: &Interface) -> Option<u16> {
        let mut all = self.addresses.iter().chain(&self.link_local);
        all.find(|address| address.ip() == interface.ip)
            .map(SocketAddr::port)
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

    /// The first address that could not be opened, and why.
    fn failure(&self) -> Option<(SocketAddr, io::ErrorKind)> {
        self.wanted.iter().find_map(|(wanted, state)| match state {
            State::Closed(kind) => Some((*wanted, *kind)),
            State::Open(_) => None,
        })
    }

    fn is_closed(&self) -> bool {
        let closed = |(_, state): &(SocketAddr, State)| matches!(state, State::Closed(_));
        self.wanted.iter().all(closed)
    }
}

/// How the carrier stands.
pub(super) fn status(listening: &Listening, searching: Searching, heard: Heard) -> CarrierStatus {
    let on_network =
        !listening.link_local.is_empty() || listening.addresses.iter().any(|a| !is_loopback(a));
    let isolated = on_network && heard == Heard::Unreachable;
    let (reason, advice) = words(listening, searching, heard, on_network);
    let can_find = on_network && searching == Searching::On && !isolated;
    CarrierStatus {
        kind: LinkKind::Lan,
        name: "Wi-Fi and cable".to_owned(),
        can_find,
        can_be_found: can_find && !listening.is_closed(),
        isolated,
        reason,
        advice,
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

/// What is known of others on our networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Some are linked, or it is too early to say.
    Fine,
    /// Nobody at all, for a while.
    Nobody,
    /// Some, and no call to them gets through.
    Unreachable,
}

type Words = (Option<String>, Option<String>);

fn words(listening: &Listening, searching: Searching, heard: Heard, on_network: bool) -> Words {
    let say = |reason: &str, advice: &str| (Some(reason.to_owned()), Some(advice.to_owned()));
    if listening.is_closed() {
        return match listening.failure() {
            Some((address, kind)) => not_open(address, kind),
            None => say(
                "Starling was not told where to listen, so others cannot call it",
                "Call others by their address",
            ),
        };
    }
    if listening.is_loopback_only() {
        return say(
            "Starling was told to stay on this computer",
            "Start it without a listen address to reach the network",
        );
    }
    if !on_network {
        return say(
            "This computer is not connected to any network",
            "Join any Wi-Fi, even one without internet, or plug in a cable",
        );
    }
    match (searching, heard) {
        (_, Heard::Unreachable) => say(
            "Others are on this network, but it keeps its users apart: nothing passes between you",
            "Use another Wi-Fi, the hotspot of a phone, or a cable between two computers",
        ),
        (Searching::Off, _) => say(
            "Searching for others is switched off",
            "Give others your address, or type in theirs",
        ),
        (Searching::Broken, _) => say(
            "This computer does not let Starling search the network",
            "Give others your address, or type in theirs",
        ),
        (Searching::On, _) if listening.failure().is_some() => partly_open(listening),
        (Searching::On, Heard::Nobody) => say(
            "Nobody else with Starling was heard on this network so far",
            "If you know that somebody is on it, try another Wi-Fi or the hotspot of a phone: \
             some networks keep their users apart",
        ),
        (Searching::On, Heard::Fine) => (None, None),
    }
}

/// Every address was refused; the first speaks for all.
fn not_open(address: SocketAddr, kind: io::ErrorKind) -> Words {
    let (reason, advice) = match kind {
        io::ErrorKind::AddrInUse => (
            format!("Another program uses {address}, where Starling was told to listen"),
            "Close the other program, or choose another port".to_owned(),
        ),
        io::ErrorKind::PermissionDenied => (
            format!("This computer does not let Starling listen on {address}"),
            "Choose a port above 1024, or allow Starling in the firewall".to_owned(),
        ),
        io::ErrorKind::AddrNotAvailable => (
            format!("This computer does not have the address {address} now"),
            format!("Connect to the network of {address}; Starling keeps trying"),
        ),
        _ => (
            format!("Starling could not listen on {address}"),
            "Check that Wi-Fi or a cable is connected; Starling keeps trying".to_owned(),
        ),
    };
    (Some(reason), Some(advice))
}

fn partly_open(listening: &Listening) -> Words {
    let Some((address, kind)) = listening.failure() else {
        return (None, None);
    };
    let (reason, advice) = not_open(address, kind);
    let reason = reason.map(|reason| format!("{reason}; the rest works"));
    (reason, advice)
}

fn is_loopback(address: &SocketAddr) -> bool {
    address.ip().is_loopback()
}

#[cfg(test)]
mod tests;
