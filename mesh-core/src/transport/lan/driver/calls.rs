//! The driver's part that looks for others: listening, hearing, calling.
//!
//! Floor 5.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use libp2p::core::transport::ListenerId;
use libp2p::swarm::behaviour::toggle::Toggle;
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{ConnectionId, DialError};
use libp2p::{Multiaddr, TransportError, mdns};
use tokio::time::Instant;

use super::super::status::{Nearby, Searching, multiaddr, socket_address, status};
use super::super::swarm;
use super::{Driver, view};
use crate::limits::{LAN_CANDIDATES_MAX, LAN_LINKS_MAX, LAN_LINKS_OUTBOUND_MIN};

/// How often calls are considered while some are to be made, and otherwise.
const TICK_BUSY: Duration = Duration::from_millis(100);
const TICK_IDLE: Duration = Duration::from_secs(1);
const LISTEN_RETRY_MS: u64 = 5_000;
/// Peers that mDNS may remember: it bounds nothing itself, and searches linearly.
const MDNS_RECORDS_MAX: usize = 4 * LAN_CANDIDATES_MAX;
/// mDNS stays off so long after a flood, or after it failed to start.
const MDNS_PAUSE_MS: u64 = 10_000;
/// A full table of callers gives way to a call of ours at most this often.
const MAKE_ROOM_MS: u64 = 60_000;

impl Driver {
    pub(super) fn dial_failed(&mut self, connection: ConnectionId, error: &DialError) {
        let Some(address) = self.dialed.remove(&connection) else {
            return;
        };
        if matches!(error, DialError::LocalPeerId { .. }) {
            self.discovery.own(address);
        } else {
            self.discovery.failed(self.now_ms(), address);
        }
    }

    pub(super) fn mdns_event(&mut self, event: mdns::Event) {
        match event {
            mdns::Event::Discovered(records) => {
                for (_, address) in records {
                    let address = socket_address(&address);
                    if let Some(address) = address.filter(|a| self.nearby.contains(a.ip())) {
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
                        self.discovery.expired(address);
                    }
                }
            }
        }
    }

    pub(super) fn heard(&mut self, address: SocketAddr) {
        if !self.listening.addresses().contains(&address) {
            self.discovery.heard(self.now_ms(), address);
            self.tick_due = self.tick_due.min(Instant::now() + TICK_BUSY);
        }
    }

    /// Does what is due, and says to itself when to look again.
    pub(super) fn tick(&mut self) {
        let now_ms = self.now_ms();
        if now_ms >= self.listen_due_ms {
            self.listen_due_ms = now_ms + LISTEN_RETRY_MS;
            self.listen();
        }
        if self.mdns_due_ms.is_some_and(|due_ms| now_ms >= due_ms) {
            self.start_mdns(now_ms);
        }
        let steps = self.roster.tick(now_ms);
        self.take(steps);
        self.make_room(now_ms);
        let dials = self.discovery.dials(now_ms, &view(&self.roster));
        for address in dials {
            self.dial(now_ms, address);
        }
        let busy = self.discovery.is_waiting(now_ms, &view(&self.roster));
        self.tick_due = Instant::now() + if busy { TICK_BUSY } else { TICK_IDLE };
    }

    fn dial(&mut self, now_ms: u64, address: SocketAddr) {
        // A port of its own: from the listening port, two that call each other at
        // once would meet in one TCP connection with two callers.
        let opts = DialOpts::unknown_peer_id()
            .address(multiaddr(address))
            .allocate_new_port()
            .build();
        let connection = opts.connection_id();
        self.dialed.insert(connection, address);
        if self.swarm.dial(opts).is_err() {
            self.dialed.remove(&connection);
            self.discovery.failed(now_ms, address);
        }
    }

    /// Lets go of one caller when callers hold every link and we know whom to call.
    fn make_room(&mut self, now_ms: u64) {
        let view = view(&self.roster);
        let crowded = view.links >= LAN_LINKS_MAX && view.links_outbound < LAN_LINKS_OUTBOUND_MIN;
        if !crowded || now_ms < self.room_due_ms || self.discovery.reserved(&view) == 0 {
            return;
        }
        if let Some(connection) = self.roster.youngest_inbound() {
            self.room_due_ms = now_ms + MAKE_ROOM_MS;
            let steps = self.roster.fail(connection);
            self.take(steps);
        }
    }

    fn listen(&mut self) {
        let swarm = &mut self.swarm;
        let changed = self.listening.open(|address| {
            swarm.listen_on(address).map_err(|error| match error {
                TransportError::Other(error) => error,
                TransportError::MultiaddrNotSupported(_) => io::ErrorKind::Unsupported.into(),
            })
        });
        if changed {
            self.status_changed();
        }
    }

    pub(super) fn address_came(&mut self, address: &Multiaddr) {
        if self.listening.add(address) {
            self.discovery.network_changed(self.now_ms());
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
        self.nearby = Nearby::look();
        self.news.listening = Some(self.listening.sorted());
        self.status_changed();
        self.make_plan();
    }

    fn status_changed(&mut self) {
        let status = status(&self.listening, self.searching);
        self.news.status = (self.news.told.as_ref() != Some(&status)).then_some(status);
    }
}
