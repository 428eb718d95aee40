//! Whom to call, whom to keep: the roster of connections and the table of
//! addresses under one rule.
//!
//! Floor 5 (`docs/protocol/link.md`, "Whom to keep"). A pure machine on the
//! driver's clock, so that a crowd of them can be run in one process without a
//! socket. The driver tells what happened and does what the steps and calls say.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use libp2p::PeerId;
use libp2p::swarm::ConnectionId;

use super::chance::Chance;
use super::discovery::{Call, Discovery, View};
use super::met::Met;
use super::roster::{Aim, Arrival, Roster, Step};
use crate::limits::{
    LAN_LINKS_AIM, LAN_LINKS_MAX, LAN_LINKS_MIN, LAN_LINKS_OUTBOUND_MIN, LAN_REDRAW_MS,
};

/// A connection that came up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Newcomer {
    pub(super) connection: ConnectionId,
    pub(super) peer: PeerId,
    pub(super) outbound: bool,
    pub(super) host: Option<IpAddr>,
}

pub(super) struct Neighbours {
    roster: Roster,
    discovery: Discovery,
    met: Met,
    chance: Chance,
    /// What we called and have not lost, and by which address.
    called: BTreeMap<ConnectionId, Call>,
    room_due_ms: u64,
    redraw_due_ms: u64,
}

impl Neighbours {
    /// `chance` makes the stream of random numbers of one purpose.
    pub(super) fn new(
        me: PeerId,
        secret: [u8; 32],
        chance: impl Fn(&'static [u8]) -> Chance,
    ) -> Self {
        Self {
            roster: Roster::new(me),
            discovery: Discovery::new(secret, chance(b"dials")),
            met: Met::default(),
            chance: chance(b"redraw"),
            called: BTreeMap::new(),
            room_due_ms: 0,
            redraw_due_ms: LAN_REDRAW_MS,
        }
    }

    /// Somebody advertises this address.
    pub(super) fn heard(&mut self, now_ms: u64, address: SocketAddr) {
        let met_ms = self.met.at(now_ms, address.ip());
        self.discovery.heard(now_ms, address, met_ms);
    }

    /// The addresses: what was given and what ran out goes there.
    pub(super) fn discovery(&mut self) -> &mut Discovery {
        &mut self.discovery
    }

    /// The connections: streams are told to it.
    pub(super) fn roster(&mut self) -> &mut Roster {
        &mut self.roster
    }

    /// The addresses that a person gave.
    pub(super) fn hand_addresses(&self) -> Vec<SocketAddr> {
        self.discovery.hand_addresses()
    }

    /// What is due by now. Call often.
    pub(super) fn tick(&mut self, now_ms: u64) -> Vec<Step> {
        self.make_room(now_ms);
        self.redraw(now_ms);
        let reserved = self.discovery.reserved(&self.view());
        self.roster.tick(now_ms, reserved)
    }

    /// Whom to call now; each must be answered by `calling`.
    pub(super) fn calls(&mut self, now_ms: u64) -> Vec<Call> {
        let view = self.view();
        self.discovery.dials(now_ms, &view)
    }

    /// The call is under way as this connection.
    pub(super) fn calling(&mut self, connection: ConnectionId, call: Call) {
        self.called.insert(connection, call);
    }

    /// Nobody answered or the call could not be begun, or, `is_own`, we answered
    /// ourselves.
    pub(super) fn call_failed(&mut self, now_ms: u64, connection: ConnectionId, is_own: bool) {
        let Some(call) = self.called.remove(&connection) else {
            return;
        };
        if is_own {
            self.discovery.own(call.address);
        } else {
            self.discovery.failed(now_ms, call.address);
        }
    }

    /// A handshake is through.
    pub(super) fn established(&mut self, now_ms: u64, newcomer: Newcomer) -> Vec<Step> {
        let call = self.called.get(&newcomer.connection).copied();
        if let Some(call) = call {
            self.discovery.connected(call.address, newcomer.peer);
        }
        let ours = newcomer.outbound.then_some(Aim::Neighbour);
        // Callers come by the hundred when all places are taken: nothing to count then.
        let full = self.roster.links() >= LAN_LINKS_MAX;
        let reserved = if full {
            0
        } else {
            self.discovery.reserved(&self.view())
        };
        let arrival = Arrival {
            connection: newcomer.connection,
            peer: newcomer.peer,
            aim: call.map(|call| call.aim).or(ours),
            is_fresh: newcomer
                .host
                .is_some_and(|host| self.met.at(now_ms, host).is_none()),
            reserved,
        };
        let steps = self.roster.established(now_ms, arrival);
        let is_refused = steps.contains(&Step::Close(newcomer.connection));
        if let Some(host) = newcomer.host.filter(|_| !is_refused) {
            // Not only when the link is up: who holds back its part had its turn too.
            self.met.remember(now_ms, host);
            self.discovery.met(now_ms, newcomer.peer, host);
        }
        steps
    }

    /// The connection became a link.
    pub(super) fn started(&mut self, now_ms: u64, connection: ConnectionId) {
        if let Some(call) = self.called.get(&connection) {
            self.discovery.linked(now_ms, call.address);
        }
    }

    /// The connection to this peer is gone.
    pub(super) fn closed(
        &mut self,
        now_ms: u64,
        connection: ConnectionId,
        peer: PeerId,
    ) -> Vec<Step> {
        let steps = self.roster.closed(connection);
        if let Some(call) = self.called.remove(&connection) {
            let linked = self.roster.is_linked(&peer);
            self.discovery.disconnected(now_ms, call.address, linked);
        }
        steps
    }

    /// Whether we called this connection and have not lost it.
    pub(super) fn is_called(&self, connection: ConnectionId) -> bool {
        self.called.contains_key(&connection)
    }

    /// Links to neighbours.
    pub(super) fn links(&self) -> usize {
        self.roster.links()
    }

    /// Whether more neighbours would be welcome.
    pub(super) fn wants_more(&self) -> bool {
        self.links() < LAN_LINKS_AIM
    }

    /// Whether somebody is to be called, or a visit to be ended, within a second.
    pub(super) fn is_waiting(&self, now_ms: u64) -> bool {
        let visits = self.roster.visits(true) + self.roster.visits(false);
        visits > 0 || self.discovery.is_waiting(now_ms, &self.view())
    }

    /// Lets go of one caller when callers hold every link and we know whom to call.
    fn make_room(&mut self, now_ms: u64) {
        let view = self.view();
        let crowded = view.links >= LAN_LINKS_MAX && view.links_outbound < LAN_LINKS_OUTBOUND_MIN;
        if !crowded || now_ms < self.room_due_ms || self.discovery.reserved(&view) == 0 {
            return;
        }
        if let Some(connection) = self.roster.least_settled() {
            self.room_due_ms = now_ms + LAN_REDRAW_MS;
            self.roster.demote(connection);
        }
    }

    /// Gives one neighbour's place to another when others wait.
    fn redraw(&mut self, now_ms: u64) {
        let view = self.view();
        let others = self.discovery.has_others(now_ms, &view) || self.roster.visits(false) > 0;
        if now_ms < self.redraw_due_ms || view.links < LAN_LINKS_MIN || !others {
            return;
        }
        let open = self.roster.redrawable();
        let draw = self.chance.between(0, open.len() as u64);
        let drawn = usize::try_from(draw).ok().and_then(|draw| open.get(draw));
        if let Some(connection) = drawn {
            self.redraw_due_ms = now_ms + LAN_REDRAW_MS;
            self.roster.demote(*connection);
            if let Some(call) = self.called.get(connection) {
                self.discovery.rest(call.address);
            }
        }
    }

    fn view(&self) -> View {
        View {
            links: self.roster.links(),
            links_outbound: self.roster.links_outbound(),
            links_by_hand: self.roster.links_by_hand(),
            visits: self.roster.visits(true),
            linked: self.roster.linked(),
        }
    }
}
