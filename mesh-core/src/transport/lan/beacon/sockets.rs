//! The sockets of the beacon: one to hear on for loopback, IPv4 and IPv6 each,
//! and one to send from for every network.
//!
//! Floor 5 (`docs/protocol/link.md`). On a network a beacon goes to a multicast
//! group and, on IPv4, to the broadcast address: access points lose the one or
//! the other. Its time to live is 1, so no router passes it on.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::UdpSocket;

use super::super::interfaces::Interface;
use super::datagram::BEACON_BYTES;
use super::{Announced, Plan};
use crate::limits::LAN_INTERFACES_MAX;

/// The UDP port of the beacon, the same for everyone.
pub(super) const BEACON_PORT: u16 = 47_741;

const LOOPBACK_BROADCAST: Ipv4Addr = Ipv4Addr::new(127, 255, 255, 255);
/// Site-local scope (RFC 2365), drawn at random once.
const GROUP_V4: Ipv4Addr = Ipv4Addr::new(239, 255, 83, 76);
/// Link-local scope, transient (RFC 4291): `SLNG` in its last bytes.
const GROUP_V6: Ipv6Addr = Ipv6Addr::new(0xff12, 0, 0, 0, 0, 0, 0x534c, 0x4e47);

/// One more than a beacon: a longer datagram is none.
type Buffer = [u8; BEACON_BYTES + 1];

/// One datagram and where it came from.
pub(super) struct Datagram {
    buffer: Buffer,
    length: usize,
    pub(super) from: SocketAddr,
}

impl Datagram {
    pub(super) fn bytes(&self) -> &[u8] {
        self.buffer.get(..self.length).unwrap_or_default()
    }
}

/// Where one beacon leaves, and to whom.
pub(super) struct Sender {
    socket: UdpSocket,
    pub(super) port: u16,
    to: Vec<SocketAddr>,
}

/// Everything that is open.
pub(super) struct Air {
    loopback: Option<UdpSocket>,
    ipv4: Option<UdpSocket>,
    ipv6: Option<UdpSocket>,
    pub(super) senders: Vec<Sender>,
    /// Something could not be opened, and may be later.
    pub(super) is_partial: bool,
}

impl Air {
    /// Opens what the plan needs and the system gives.
    pub(super) fn open(plan: &Plan) -> Self {
        let mut partial = false;
        let mut note = |error: io::Error| {
            tracing::debug!(kind = ?error.kind(), "beacon socket not opened");
            partial = true;
        };
        let mut senders = Vec::new();
        let loopback = plan.loopback.and_then(|address| {
            let opened = hear_loopback().and_then(|hear| Ok((hear, loopback_sender(address)?)));
            let (hear, sender) = opened.map_err(&mut note).ok()?;
            senders.push(sender);
            Some(hear)
        });
        for announced in plan.networks.iter().take(LAN_INTERFACES_MAX) {
            match network_sender(announced) {
                Ok(sender) => senders.push(sender),
                Err(error) => note(error),
            }
        }
        let on = |ipv4: bool| {
            let networks = plan.networks.iter().map(|announced| &announced.interface);
            let on: Vec<&Interface> = networks.filter(|own| own.ip.is_ipv4() == ipv4).collect();
            (!on.is_empty()).then_some(on)
        };
        let ipv4 = on(true).and_then(|own| hear_ipv4(&own).map_err(&mut note).ok());
        let ipv6 = on(false).and_then(|own| hear_ipv6(&own).map_err(&mut note).ok());
        Self {
            loopback,
            ipv4,
            ipv6,
            senders,
            is_partial: partial,
        }
    }

    /// The next datagram of any socket; an error is one too, for counting.
    pub(super) async fn receive(&self) -> io::Result<Datagram> {
        tokio::select! {
            datagram = receive(self.loopback.as_ref(), true) => datagram,
            datagram = receive(self.ipv4.as_ref(), false) => datagram,
            datagram = receive(self.ipv6.as_ref(), false) => datagram,
        }
    }
}

impl Sender {
    /// Sends; what cannot be sent now may be the next time.
    pub(super) async fn send(&self, beacon: &[u8]) {
        for to in &self.to {
            if let Err(error) = self.socket.send_to(beacon, to).await {
                tracing::debug!(kind = ?error.kind(), "beacon not sent");
            }
        }
    }
}

/// Waits for ever where there is no socket. `local`: only loopback sources count
/// there, and only others on a network, so that nobody is heard twice.
async fn receive(socket: Option<&UdpSocket>, local: bool) -> io::Result<Datagram> {
    let Some(socket) = socket else {
        return std::future::pending().await;
    };
    let mut buffer = [0; BEACON_BYTES + 1];
    let (length, from) = socket.recv_from(&mut buffer).await?;
    if from.ip().is_loopback() != local {
        return Err(io::ErrorKind::InvalidData.into());
    }
    Ok(Datagram {
        buffer,
        length,
        from,
    })
}

/// Bound to the broadcast address itself, it gets nothing from any network.
fn hear_loopback() -> io::Result<UdpSocket> {
    let socket = shared_socket(Domain::IPV4)?;
    let broadcast = SocketAddrV4::new(LOOPBACK_BROADCAST, BEACON_PORT);
    // Where a broadcast address cannot be bound, loopback broadcasts do not work
    // either, and profiles on one machine meet by address.
    socket.bind(&SocketAddr::from(broadcast).into())?;
    UdpSocket::from_std(socket.into())
}

fn hear_ipv4(own: &[&Interface]) -> io::Result<UdpSocket> {
    let socket = shared_socket(Domain::IPV4)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::UNSPECIFIED, BEACON_PORT)).into())?;
    for interface in own {
        if let IpAddr::V4(ip) = interface.ip {
            joined(socket.join_multicast_v4(&GROUP_V4, &ip))?;
        }
    }
    UdpSocket::from_std(socket.into())
}

fn hear_ipv6(own: &[&Interface]) -> io::Result<UdpSocket> {
    let socket = shared_socket(Domain::IPV6)?;
    socket.set_only_v6(true)?;
    socket.bind(&SocketAddr::from((Ipv6Addr::UNSPECIFIED, BEACON_PORT)).into())?;
    for interface in own {
        joined(socket.join_multicast_v6(&GROUP_V6, interface.index))?;
    }
    UdpSocket::from_std(socket.into())
}

/// Two addresses of one interface join twice, and that is no failure.
fn joined(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => Ok(()),
        other => other,
    }
}

fn loopback_sender(address: SocketAddrV4) -> io::Result<Sender> {
    let socket = datagram_socket(Domain::IPV4)?;
    socket.set_broadcast(true)?;
    socket.bind(&SocketAddr::from((*address.ip(), 0)).into())?;
    Ok(Sender {
        socket: UdpSocket::from_std(socket.into())?,
        port: address.port(),
        to: vec![SocketAddr::from((LOOPBACK_BROADCAST, BEACON_PORT))],
    })
}

fn network_sender(announced: &Announced) -> io::Result<Sender> {
    let interface = &announced.interface;
    let (socket, to) = match interface.ip {
        IpAddr::V4(ip) => {
            let socket = datagram_socket(Domain::IPV4)?;
            socket.set_broadcast(true)?;
            socket.set_multicast_ttl_v4(1)?;
            socket.set_multicast_if_v4(&ip)?;
            socket.bind(&SocketAddr::from((ip, 0)).into())?;
            let broadcast = interface.broadcast.filter(|to| *to != ip);
            let to = [Some(GROUP_V4), broadcast].into_iter().flatten();
            let to = to.map(|to| SocketAddr::from((to, BEACON_PORT))).collect();
            (socket, to)
        }
        IpAddr::V6(ip) => {
            let socket = datagram_socket(Domain::IPV6)?;
            socket.set_multicast_hops_v6(1)?;
            socket.set_multicast_if_v6(interface.index)?;
            let from = SocketAddrV6::new(ip, 0, 0, interface.index);
            socket.bind(&SocketAddr::from(from).into())?;
            let to = SocketAddrV6::new(GROUP_V6, BEACON_PORT, 0, interface.index);
            (socket, vec![SocketAddr::from(to)])
        }
    };
    Ok(Sender {
        socket: UdpSocket::from_std(socket.into())?,
        port: announced.port,
        to,
    })
}

/// For a port that every profile on this machine hears on.
fn shared_socket(domain: Domain) -> io::Result<Socket> {
    let socket = datagram_socket(domain)?;
    socket.set_reuse_address(true)?;
    // Linux shares broadcasts with the above alone, and with the below only among
    // processes of one user.
    #[cfg(all(unix, not(target_os = "linux")))]
    socket.set_reuse_port(true)?;
    Ok(socket)
}

fn datagram_socket(domain: Domain) -> io::Result<Socket> {
    let socket = Socket::new(domain, Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}
