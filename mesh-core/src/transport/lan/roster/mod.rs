//! Which connection carries the link to a peer: exactly one, and both ends agree.
//!
//! Floor 5 (`docs/protocol/link.md`). A pure machine: the driver tells what
//! happened to connections and does what the returned steps say.
//!
//! Two peers may dial each other at once, or by several addresses. Of two peers
//! the one with the smaller `PeerId` chooses: it opens the link's stream on one
//! connection, and only it ever opens one. The other end waits for the stream and
//! takes it as the choice, so the two cannot disagree, whatever order their
//! connections come up in, and a duplicate never harms a link that lives. A new
//! connection from a peer whose link seems up is kept aside for a moment while
//! the old one is probed: that peer may have lost it without our knowing.
//!
//! A link is a neighbour's, or a visit: one of a second or so beyond the places
//! for neighbours. Who calls when all places are taken visits, and at the next
//! call of a host that did not visit lately has to go.

mod places;

use std::collections::{BTreeMap, BTreeSet};

use libp2p::PeerId;
use libp2p::swarm::ConnectionId;

use crate::limits::LAN_LINKS_MAX;

/// A connection without a stream is closed after this.
pub(super) const STREAM_TIMEOUT_MS: u64 = 10_000;
/// Connections without a stream; the oldest gives way.
const WAITING_MAX: usize = 16;
/// Connections of one peer: its link, and two that cross on the way.
const PER_PEER_MAX: usize = 3;

/// What the driver must do, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Open the stream; answer with `opened` or `failed`.
    Open(ConnectionId),
    /// Close the connection; it is forgotten here already.
    Close(ConnectionId),
    /// See whether the other end still answers.
    Probe(ConnectionId),
    /// The stream is the link from now on.
    Start(ConnectionId),
    /// End the link; answer with `link_ended` when its last event is out.
    End(ConnectionId),
}

/// A connection that came up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrival {
    pub(super) connection: ConnectionId,
    pub(super) peer: PeerId,
    /// What we called for; `None`: the other end called.
    pub(super) aim: Option<Aim>,
    /// We had no link with its host lately.
    pub(super) is_fresh: bool,
    /// Links that must stay free for calling out.
    pub(super) reserved: usize,
}

/// What a call of ours is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aim {
    /// A person gave the address.
    Hand,
    /// A link that stays.
    Neighbour,
    /// A link of a second, to hear what others hold.
    Visit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Neighbour,
    Visit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// No stream yet.
    Waiting,
    /// We asked for the stream.
    Opening,
    /// The stream is here and waits for the peer's former link to end.
    Held,
    Up,
    /// The link's last event is not out yet.
    Ending {
        closed: bool,
    },
}

#[derive(Debug)]
struct Entry {
    peer: PeerId,
    outbound: bool,
    by_hand: bool,
    since_ms: u64,
    phase: Phase,
    place: Place,
}

/// All connections that may become or are links.
pub(super) struct Roster {
    me: PeerId,
    entries: BTreeMap<ConnectionId, Entry>,
}

impl Roster {
    pub(super) fn new(me: PeerId) -> Self {
        Self {
            me,
            entries: BTreeMap::new(),
        }
    }

    /// A handshake is through.
    pub(super) fn established(&mut self, now_ms: u64, arrival: Arrival) -> Vec<Step> {
        let Arrival {
            connection, peer, ..
        } = arrival;
        let refuse = vec![Step::Close(connection)];
        if peer == self.me || self.of_peer(peer).count() >= PER_PEER_MAX {
            return refuse;
        }
        let link = self.link_of(peer);
        let Some((place, mut steps)) = self.place_for(now_ms, &arrival, link) else {
            return refuse;
        };
        let opens = link.is_none() && self.chooses(peer);
        self.entries.insert(
            connection,
            Entry {
                peer,
                outbound: arrival.aim.is_some(),
                by_hand: arrival.aim == Some(Aim::Hand),
                since_ms: now_ms,
                phase: if opens {
                    Phase::Opening
                } else {
                    Phase::Waiting
                },
                place,
            },
        );
        if opens {
            steps.push(Step::Open(connection));
        } else if self.chooses(peer) {
            steps.extend(link.map(Step::Probe));
        }
        steps.extend(self.trim_waiting());
        steps
    }

    /// The stream that we asked for is here.
    pub(super) fn opened(&mut self, connection: ConnectionId) -> Vec<Step> {
        let Some(entry) = self.entries.get_mut(&connection) else {
            return vec![Step::Close(connection)];
        };
        if entry.phase != Phase::Opening {
            return self.fail(connection);
        }
        entry.phase = Phase::Up;
        let peer = entry.peer;
        let mut steps = self.close_waiting_of(peer);
        steps.push(Step::Start(connection));
        steps
    }

    /// The other end opened its stream.
    pub(super) fn accepted(&mut self, connection: ConnectionId) -> Vec<Step> {
        let Some(entry) = self.entries.get(&connection) else {
            return vec![Step::Close(connection)];
        };
        let peer = entry.peer;
        if entry.phase != Phase::Waiting || self.chooses(peer) {
            // It was not its turn: the peer does not keep to the protocol.
            return self.fail(connection);
        }
        let former = self.link_of(peer);
        let full = entry.place == Place::Neighbour && self.links() >= LAN_LINKS_MAX;
        if former.is_none() && (full || self.is_crowded()) {
            return self.fail(connection);
        }
        let mut steps = Vec::new();
        if let Some(former) = former {
            steps.extend(self.end(former));
        }
        let waits = self.link_of(peer).is_some();
        if let Some(entry) = self.entries.get_mut(&connection) {
            entry.phase = if waits { Phase::Held } else { Phase::Up };
        }
        steps.extend(self.close_waiting_of(peer));
        if !waits {
            steps.push(Step::Start(connection));
        }
        steps
    }

    /// The stream cannot be had, the peer does not answer, or the link is unwanted.
    pub(super) fn fail(&mut self, connection: ConnectionId) -> Vec<Step> {
        let Some(entry) = self.entries.get(&connection) else {
            return vec![Step::Close(connection)];
        };
        match entry.phase {
            Phase::Up => self.end(connection),
            Phase::Ending { .. } => Vec::new(),
            Phase::Waiting | Phase::Opening | Phase::Held => {
                let mut steps = vec![Step::Close(connection)];
                steps.extend(self.forget(connection));
                steps
            }
        }
    }

    /// The connection is gone.
    pub(super) fn closed(&mut self, connection: ConnectionId) -> Vec<Step> {
        let Some(entry) = self.entries.get_mut(&connection) else {
            return Vec::new();
        };
        match entry.phase {
            Phase::Up => {
                entry.phase = Phase::Ending { closed: true };
                vec![Step::End(connection)]
            }
            Phase::Ending { .. } => {
                entry.phase = Phase::Ending { closed: true };
                Vec::new()
            }
            Phase::Waiting | Phase::Opening | Phase::Held => self.forget(connection),
        }
    }

    /// The link's last event is out.
    pub(super) fn link_ended(&mut self, connection: ConnectionId) -> Vec<Step> {
        let Some(entry) = self.entries.get(&connection) else {
            return Vec::new();
        };
        let mut steps = Vec::new();
        if entry.phase != (Phase::Ending { closed: true }) {
            steps.push(Step::Close(connection));
        }
        steps.extend(self.forget(connection));
        steps
    }

    /// Links to neighbours that are, are being made, or are not quite gone.
    pub(super) fn links(&self) -> usize {
        self.entries.values().filter(|e| e.is_neighbour()).count()
    }

    /// Those of them that we called.
    pub(super) fn links_outbound(&self) -> usize {
        let links = self.entries.values().filter(|e| e.is_neighbour());
        links.filter(|entry| entry.outbound).count()
    }

    /// Those of them whose address a person gave.
    pub(super) fn links_by_hand(&self) -> usize {
        let links = self.entries.values().filter(|e| e.is_neighbour());
        links.filter(|entry| entry.by_hand).count()
    }

    /// Whether a link to this peer is or is being made.
    pub(super) fn is_linked(&self, peer: &PeerId) -> bool {
        self.link_of(*peer).is_some()
    }

    /// The peers of all links.
    pub(super) fn linked(&self) -> BTreeSet<PeerId> {
        let links = self.entries.values().filter(|e| e.is_link());
        links.map(|entry| entry.peer).collect()
    }

    fn chooses(&self, peer: PeerId) -> bool {
        self.me < peer
    }

    fn of_peer(&self, peer: PeerId) -> impl Iterator<Item = (&ConnectionId, &Entry)> {
        self.entries
            .iter()
            .filter(move |(_, entry)| entry.peer == peer)
    }

    fn link_of(&self, peer: PeerId) -> Option<ConnectionId> {
        self.of_peer(peer)
            .find(|(_, entry)| entry.is_link())
            .map(|(connection, _)| *connection)
    }

    fn end(&mut self, connection: ConnectionId) -> Vec<Step> {
        match self.entries.get_mut(&connection) {
            Some(entry) if entry.phase == Phase::Up => {
                entry.phase = Phase::Ending { closed: false };
                vec![Step::End(connection)]
            }
            _ => Vec::new(),
        }
    }

    /// Removes the entry and lets the peer's next connection take its place.
    fn forget(&mut self, connection: ConnectionId) -> Vec<Step> {
        let Some(Entry { peer, .. }) = self.entries.remove(&connection) else {
            return Vec::new();
        };
        if self.link_of(peer).is_some() {
            return Vec::new();
        }
        let chooses = self.chooses(peer);
        let heirs = self.entries.iter_mut().filter(|(_, e)| e.peer == peer);
        let heir = heirs.max_by_key(|(_, entry)| (entry.phase == Phase::Held, entry.since_ms));
        match heir {
            Some((connection, entry)) if entry.phase == Phase::Held => {
                entry.phase = Phase::Up;
                vec![Step::Start(*connection)]
            }
            Some((connection, entry)) if chooses => {
                entry.phase = Phase::Opening;
                vec![Step::Open(*connection)]
            }
            _ => Vec::new(),
        }
    }

    fn close_waiting_of(&mut self, peer: PeerId) -> Vec<Step> {
        let waiting: Vec<ConnectionId> = self
            .of_peer(peer)
            .filter(|(_, entry)| entry.phase == Phase::Waiting)
            .map(|(connection, _)| *connection)
            .collect();
        waiting
            .into_iter()
            .map(|connection| {
                self.entries.remove(&connection);
                Step::Close(connection)
            })
            .collect()
    }

    fn trim_waiting(&mut self) -> Vec<Step> {
        let waiting = self
            .entries
            .iter()
            .filter(|(_, entry)| entry.phase == Phase::Waiting);
        if waiting.clone().count() <= WAITING_MAX {
            return Vec::new();
        }
        let oldest = waiting.min_by_key(|(_, entry)| entry.since_ms);
        oldest
            .map(|(connection, _)| *connection)
            .map_or_else(Vec::new, |connection| self.fail(connection))
    }
}

impl Entry {
    fn is_neighbour(&self) -> bool {
        self.is_link() && self.place == Place::Neighbour
    }

    /// A visit that is not over, ours or one to us.
    fn is_visit(&self, outbound: bool) -> bool {
        let over = matches!(self.phase, Phase::Ending { .. });
        self.place == Place::Visit && self.outbound == outbound && !over
    }

    fn is_link(&self) -> bool {
        match self.phase {
            Phase::Opening | Phase::Up | Phase::Ending { .. } => true,
            Phase::Waiting | Phase::Held => false,
        }
    }
}

#[cfg(test)]
mod tests;
