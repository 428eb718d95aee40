//! Carriers on loopback, and what they told.

#![allow(dead_code, unreachable_pub, reason = "shared by several test crates")]

pub mod namespace;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt as _;
use libp2p::swarm::{Swarm, SwarmEvent};
use libp2p::{PeerId, noise, tcp, yamux};
use mesh_core::limits::{LAN_LINKS_MAX, LAN_VISITS_MAX};
use mesh_core::transport::lan::{LanCarrier, LanConfig, LanHandle};
use mesh_core::transport::{LinkIds, TransportCommand, TransportEvent};
use mesh_core::types::{CarrierStatus, LinkId, LinkInfo};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

/// Generous: a silent network is noticed after 25 s, and a machine may be loaded.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// A carrier and the sum of its events; checks what every carrier must keep.
pub struct Station {
    pub handle: LanHandle,
    events: mpsc::Receiver<TransportEvent>,
    pub links: BTreeMap<LinkId, LinkInfo>,
    gone: Vec<LinkId>,
    pub ups: usize,
    pub received: BTreeMap<LinkId, Vec<u8>>,
    pub sent: BTreeMap<LinkId, usize>,
    pub listening: Vec<SocketAddr>,
    pub status: Option<CarrierStatus>,
}

/// Loopback, any port, no discovery.
pub fn quiet() -> LanConfig {
    LanConfig {
        listen: vec!["127.0.0.1:0".parse().unwrap()],
        dial: Vec::new(),
        discovery: false,
        secret: [9; 32],
    }
}

impl Station {
    pub fn start(config: LanConfig) -> Self {
        let (sender, events) = mpsc::channel(64);
        Self {
            handle: LanCarrier::start(config, LinkIds::default(), sender).unwrap(),
            events,
            links: BTreeMap::new(),
            gone: Vec::new(),
            ups: 0,
            received: BTreeMap::new(),
            sent: BTreeMap::new(),
            listening: Vec::new(),
            status: None,
        }
    }

    /// Started, and listening.
    pub async fn listening(config: LanConfig) -> Self {
        let mut station = Self::start(config);
        station
            .until("listening", |s| !s.listening.is_empty())
            .await;
        station
    }

    pub fn address(&self) -> SocketAddr {
        self.listening[0]
    }

    pub fn only_link(&self) -> LinkId {
        assert_eq!(self.links.len(), 1);
        *self.links.keys().next().unwrap()
    }

    pub fn dial(&self, address: SocketAddr) {
        self.handle
            .command(TransportCommand::Dial { address })
            .unwrap();
    }

    pub fn transmit(&self, link: LinkId, bytes: Vec<u8>) {
        self.handle
            .command(TransportCommand::Transmit { link, bytes })
            .unwrap();
    }

    /// Takes events until the condition holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !holds(self) {
            let event = timeout_at(deadline, self.events.recv())
                .await
                .unwrap_or_else(|_| panic!("not in time: {what}"))
                .expect("the carrier ended");
            self.apply(event);
        }
    }

    /// Takes events for a while: for showing that nothing more happens.
    pub async fn settle(&mut self, time: Duration) {
        let deadline = Instant::now() + time;
        while let Ok(Some(event)) = timeout_at(deadline, self.events.recv()).await {
            self.apply(event);
        }
    }

    /// Ends the carrier while taking its last events.
    pub async fn end(mut self) {
        let ended = self.handle.shutdown();
        let drained = async { while self.events.recv().await.is_some() {} };
        tokio::time::timeout(DEADLINE, async { tokio::join!(ended, drained) })
            .await
            .expect("the carrier did not end");
    }

    fn apply(&mut self, event: TransportEvent) {
        match event {
            TransportEvent::LinkUp { link, info } => {
                assert!(!self.gone.contains(&link), "a link id came back");
                assert_eq!(self.links.insert(link, info), None);
                let most = LAN_LINKS_MAX + 2 * LAN_VISITS_MAX;
                assert!(self.links.len() <= most, "too many links");
                self.ups += 1;
            }
            TransportEvent::LinkDown { link } => {
                assert!(self.links.remove(&link).is_some(), "down without up");
                self.gone.push(link);
            }
            TransportEvent::Received { link, bytes } => {
                assert!(self.links.contains_key(&link) && !bytes.is_empty());
                assert!(bytes.len() <= 16 * 1_024);
                self.received.entry(link).or_default().extend(bytes);
            }
            TransportEvent::Sent { link, bytes } => {
                assert!(self.links.contains_key(&link));
                *self.sent.entry(link).or_default() += bytes;
            }
            TransportEvent::Listening { addresses } => {
                assert!(addresses.is_sorted());
                self.listening = addresses.iter().map(|a| a.parse().unwrap()).collect();
            }
            TransportEvent::Status(status) => self.status = Some(status),
        }
    }
}

/// Takes events of both until the condition holds for each.
pub async fn both(what: &str, a: &mut Station, b: &mut Station, holds: impl Fn(&Station) -> bool) {
    tokio::join!(a.until(what, &holds), b.until(what, &holds));
}

/// A libp2p peer that is not ours.
pub fn stranger() -> Swarm<libp2p_stream::Behaviour> {
    libp2p::SwarmBuilder::with_new_identity()
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .unwrap()
        .with_behaviour(|_| libp2p_stream::Behaviour::new())
        .unwrap()
        .with_swarm_config(|config| config.with_idle_connection_timeout(DEADLINE))
        .build()
}

/// Connects, and says who answered.
pub async fn connect(swarm: &mut Swarm<libp2p_stream::Behaviour>, to: SocketAddr) -> PeerId {
    let address =
        libp2p::Multiaddr::from(to.ip()).with(libp2p::multiaddr::Protocol::Tcp(to.port()));
    swarm.dial(address).unwrap();
    let connected = async {
        loop {
            if let SwarmEvent::ConnectionEstablished { peer_id, .. } =
                swarm.select_next_some().await
            {
                return peer_id;
            }
        }
    };
    tokio::time::timeout(DEADLINE, connected)
        .await
        .expect("not connected")
}
