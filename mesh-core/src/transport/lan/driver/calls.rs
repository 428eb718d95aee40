//! The driver's part that looks for others: listening, hearing, calling.
//!
//! Floor 5.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use libp2p::core::transport::ListenerId;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError};
use libp2p::{Multiaddr, TransportError, mdns};
use tokio::time::Instant;

use super::super::beacon::Announced;
use super::super::discovery::Call;
use super::super::interfaces::{Interfaces, is_link_local_v6};
use super::super::isolation::Reach;
use super::super::status::{Heard, Searching, multiaddr, socket_address, status};
use super::super::swarm;
use super::Driver;
use crate::limits::LAN_CANDIDATES_MAX;

/// How often calls are considered while some are to be made, and otherwise.
const TICK_BUSY: Duration = Duration::from_millis(100);
const TICK_IDLE: Duration = Duration::from_secs(1);
const LISTEN_RETRY_MS: u64 = 5_000;
/// Peers that mDNS may remember: it bounds nothing itself, and searches linearly.
const MDNS_RECORDS_MAX: usize = 4 * LAN_CANDIDATES_MAX;
/// mDNS stays off so long after a flood, or after it failed to start.
const MDNS_PAUSE_MS: u64 = 10_000;
/// How often the system is asked for its interfaces.
const INTERFACES_MS: u64 = 2_000;
/// After so long without links everything is tried.
const LONELY_MS: u64 = 10_000;
/// Nobody was heard for so long: that is worth saying.
const SILENCE_TOLD_MS: u64 = 60_000;

impl Driver {
    pub(super) fn dial_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let is_own = matches!(error, DialError::LocalPeerId { .. });
        let now_ms = self.now_ms();
        self.neighbours.call_failed(now_ms, connection, is_own);
    }

    /// A TCP call ended, or somebody called: what that says of the network.
    pub(super) fn reached(&mut self, remote: SocketAddr, reach: Reach) {
        // Another profile on this machine shows nothing of the network between machines.
        if self.interfaces.has(remote.ip()) {
            return;
        }
        if let Some(network) = self.interfaces.network_of(remote.ip()) {
            let now_ms = self.now_ms();
            self.isolation.reached(now_ms, remote.ip(), network, reach);
            self.status_changed();
        }
    }

    pub(super) fn mdns_event(&mut self, event: mdns::Event) {
        match event {
            mdns::Event::Discovered(records) => {
                for (_, address) in records {
                    // Of a link-local address mDNS does not say the interface.
                    let address = socket_address(&address);
                    if let Some(address) = address.filter(|a| !is_link_local_v6(a.ip())) {
                        self.heard(address);
                    }
                }
                let mdns = self.swarm.behaviour().mdns.as_ref();
                if mdns.is_some_and(|mdns| mdns.discovered_nodes().len() > MDNS_RECORDS_MAX) {
                    tracing::warn!("flood of mDNS records: pausing");
                    self.swarm.behaviour_mut().mdns = Toggle::from(None);
                    self.mdns_due_ms = Some(self.now_ms() + MDNS_PAUSE_MS);
                }
            }
            mdns::Event::Expired(records) => {
                for (_, address) in records {
                    if let Some(address) = socket_address(&address) {
                        self.neighbours.discovery().expired(address);
                        self.isolation.expired(address.ip());
                    }
                }
            }
        }
    }

    /// A beacon came from there: of this machine, or of a network of ours.
    pub(super) fn beacon_heard(&mut self, address: SocketAddr) {
        if !address.ip().is_loopback() {
            self.heard(address);
        } else if !self.listening.addresses().contains(&address) {
            self.call_soon(address);
        }
    }

    /// Somebody advertises this address.
    fn heard(&mut self, address: SocketAddr) {
        let ip = address.ip();
        let is_own = self.interfaces.has(ip);
        if is_own && self.listening.addresses().contains(&address) {
            return;
        }
        if self.interfaces.network_of(ip).is_some() {
            self.is_anybody |= !is_own;
            self.isolation.heard(ip);
            self.call_soon(address);
        }
    }

    fn call_soon(&mut self, address: SocketAddr) {
        let now_ms = self.now_ms();
        self.neighbours.heard(now_ms, address);
        self.tick_due = self.tick_due.min(Instant::now() + TICK_BUSY);
    }

    /// Does what is due, and says to itself when to look again.
    pub(super) fn tick(&mut self) {
        let now_ms = self.now_ms();
        if now_ms >= self.listen_due_ms {
            self.listen_due_ms = now_ms + LISTEN_RETRY_MS;
            self.listen();
        }
        if now_ms >= self.interfaces_due_ms {
            self.interfaces_due_ms = now_ms + INTERFACES_MS;
            self.look_at_interfaces(now_ms);
        }
        if self.mdns_due_ms.is_some_and(|due_ms| now_ms >= due_ms) {
            self.start_mdns(now_ms);
        }
        let steps = self.neighbours.tick(now_ms);
        self.take(steps);
        for call in self.neighbours.calls(now_ms) {
            self.dial(now_ms, call);
        }
        let busy = self.neighbours.is_waiting(now_ms);
        self.tick_due = Instant::now() + if busy { TICK_BUSY } else { TICK_IDLE };
    }

    fn dial(&mut self, now_ms: u64, call: Call) {
        let opts = DialOpts::unknown_peer_id()
            .address(multiaddr(call.address))
            .build();
        let connection = opts.connection_id();
        self.neighbours.calling(connection, call);
        if self.swarm.dial(opts).is_err() {
            self.neighbours.call_failed(now_ms, connection, false);
        }
    }

    /// Networks come and go; to another one we go as somebody else.
    fn look_at_interfaces(&mut self, now_ms: u64) {
        if self.listening.is_loopback_only() {
            return;
        }
        self.interfaces = Interfaces::look();
        if self.neighbours.links() > 0 {
            self.company_ms = now_ms;
        }
        self.make_plan();
        self.has_moved = self.moves.has_moved(now_ms, &self.interfaces);
        self.status_changed();
    }

    /// Where we say that we are here: on IPv4 at every address; on IPv6 once for each
    /// interface, by the address that means nothing outside, but where there is IPv4
    /// only if that brought nobody: two addresses of one laptop are called twice.
    pub(super) fn announced(&self) -> Vec<Announced> {
        if self.listening.is_loopback_only() {
            return Vec::new();
        }
        let is_lonely = self.now_ms().saturating_sub(self.company_ms) >= LONELY_MS;
        let mut ipv6: BTreeMap<u32, Announced> = BTreeMap::new();
        let mut networks: Vec<Announced> = Vec::new();
        for interface in self.interfaces.networks() {
            let Some(port) = self.listening.port_at(interface) else {
                continue;
            };
            let announced = Announced {
                interface: *interface,
                port,
            };
            if interface.ip.is_ipv4() {
                networks.push(announced);
            } else if is_link_local_v6(interface.ip) || !ipv6.contains_key(&interface.index) {
                ipv6.insert(interface.index, announced);
            }
        }
        for (index, announced) in ipv6 {
            if is_lonely || networks.iter().all(|on| on.interface.index != index) {
                networks.push(announced);
            }
        }
        networks
    }

    fn listen(&mut self) {
        let swarm = &mut self.swarm;
        let refusal = &self.refusal;
        let changed = self.listening.open(|address| {
            swarm.listen_on(address).map_err(|error| match error {
                TransportError::Other(error) => refusal.take().map_or(error, io::Error::from),
                TransportError::MultiaddrNotSupported(_) => io::ErrorKind::Unsupported.into(),
            })
        });
        if changed {
            self.status_changed();
        }
    }

    pub(super) fn address_came(&mut self, address: &Multiaddr) {
        if self.listening.add(address) {
            let now_ms = self.now_ms();
            self.neighbours.discovery().network_changed(now_ms);
            self.listening_changed();
        }
    }

    pub(super) fn address_went(&mut self, address: &Multiaddr) {
        if self.listening.remove(address) {
            self.listening_changed();
        }
    }

    pub(super) fn listener_closed(
        &mut self,
        listener: ListenerId,
        addresses: &[Multiaddr],
        reason: io::Result<()>,
    ) {
        let why = reason
            .err()
            .map_or(io::ErrorKind::Other, |error| error.kind());
        self.listening.closed(listener, why);
        for address in addresses {
            self.listening.remove(address);
        }
        self.listening_changed();
    }

    fn start_mdns(&mut self, now_ms: u64) {
        let me = *self.swarm.local_peer_id();
        let mdns = swarm::mdns(me, self.listening.addresses().iter());
        self.searching = if mdns.is_some() {
            Searching::On
        } else {
            Searching::Broken
        };
        self.mdns_due_ms = mdns.is_none().then_some(now_ms + MDNS_PAUSE_MS);
        self.swarm.behaviour_mut().mdns = Toggle::from(mdns);
        self.status_changed();
    }

    pub(super) fn listening_changed(&mut self) {
        self.interfaces = Interfaces::look();
        self.news.listening = Some(self.listening.sorted());
        self.status_changed();
        self.make_plan();
    }

    fn status_changed(&mut self) {
        let now_ms = self.now_ms();
        let heard = if self.isolation.is_isolated(now_ms) && self.neighbours.links() == 0 {
            Heard::Unreachable
        } else if self.is_anybody || now_ms < SILENCE_TOLD_MS {
            Heard::Fine
        } else {
            Heard::Nobody
        };
        let status = status(&self.listening, self.searching, heard);
        self.news.status = (self.news.told.as_ref() != Some(&status)).then_some(status);
    }
}
