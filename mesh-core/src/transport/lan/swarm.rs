//! What of libp2p is used: TCP, Noise, Yamux, mDNS; no identify, no DNS, no QUIC.
//!
//! Floor 5 (`docs/protocol/link.md`).

use std::net::SocketAddr;
use std::time::Duration;

use libp2p::core::muxing::StreamMuxerBox;
use libp2p::core::transport::{ListenerId, Transport as _};
use libp2p::core::upgrade::Version;
use libp2p::identity::Keypair;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::behaviour::{FromSwarm, NewListenAddr};
use libp2p::swarm::{Config, NetworkBehaviour, Swarm};
use libp2p::{PeerId, mdns, noise, yamux};
use tokio::sync::mpsc;

use super::LanError;
use super::gate::{Gate, HANDSHAKE_TIMEOUT};
use super::links::{Links, NEGOTIATING_STREAMS_MAX};
use super::quiet::Quiet;
use super::status::multiaddr;
use super::tcp::{Outcome, Refusal, Tcp};

const MDNS_TTL: Duration = Duration::from_secs(120);
const MDNS_QUERY_INTERVAL: Duration = Duration::from_secs(30);
/// Streams of one connection: the link, a heartbeat each way, and a few going.
const STREAMS_MAX: usize = 16;

/// Links, and mDNS where it is wanted.
#[derive(NetworkBehaviour)]
pub(super) struct Behaviour {
    pub(super) links: Links,
    pub(super) mdns: Toggle<mdns::tokio::Behaviour>,
}

/// A swarm that does nothing yet; what became of its calls goes to `outcomes`.
pub(super) fn build(
    key: &Keypair,
    outcomes: mpsc::Sender<Outcome>,
    refusal: Refusal,
) -> Result<Swarm<Behaviour>, LanError> {
    let mut yamux = yamux::Config::default();
    yamux.set_max_num_streams(STREAMS_MAX);
    let noise = noise::Config::new(key).map_err(|_| LanError::Handshake)?;
    let transport = Tcp::new(outcomes, refusal)
        .upgrade(Version::V1Lazy)
        .authenticate(noise)
        .multiplex(Quiet(yamux))
        .map(|(peer, muxer), _| (peer, StreamMuxerBox::new(muxer)))
        .boxed();
    let behaviour = Behaviour {
        links: Links::new(),
        mdns: Toggle::from(None),
    };
    let config = Config::with_tokio_executor()
        .with_idle_connection_timeout(HANDSHAKE_TIMEOUT)
        .with_max_negotiating_inbound_streams(NEGOTIATING_STREAMS_MAX);
    let me = key.public().to_peer_id();
    Ok(Swarm::new(
        Gate::new(transport).boxed(),
        behaviour,
        me,
        config,
    ))
}

/// mDNS that advertises these addresses; `None` when the system does not tell of
/// its interfaces.
pub(super) fn mdns<'a>(
    me: PeerId,
    listening: impl Iterator<Item = &'a SocketAddr>,
) -> Option<mdns::tokio::Behaviour> {
    let config = mdns::Config {
        ttl: MDNS_TTL,
        query_interval: MDNS_QUERY_INTERVAL,
        enable_ipv6: false,
    };
    let mut mdns = mdns::tokio::Behaviour::new(config, me).ok()?;
    for address in listening {
        // It came late, so nobody told it of these.
        mdns.on_swarm_event(FromSwarm::NewListenAddr(NewListenAddr {
            listener_id: ListenerId::next(),
            addr: &multiaddr(*address),
        }));
    }
    Some(mdns)
}
