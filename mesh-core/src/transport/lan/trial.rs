//! The choosing code of one node without sockets, for tests that run a crowd of
//! them in one process.
//!
//! Floor 5. Wraps the very machines that the carrier runs; numbers stand for
//! connections and peers. Only with the feature `testing`.

use std::net::{IpAddr, SocketAddr};

use libp2p::PeerId;
use libp2p::multihash::Multihash;
use libp2p::swarm::ConnectionId;

use super::beacon::TrialHearing;
use super::chance::Chance;
use super::discovery::Call;
use super::neighbours::{Neighbours, Newcomer};
use super::roster::Step;

/// What the node does to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Opens the link's stream on it.
    Open(usize),
    /// Closes it.
    Close(usize),
    /// It is a link from now on.
    Start(usize),
    /// The link on it ends; `ended` must follow.
    End(usize),
}

/// A call that the node wants to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted(Call);

impl Wanted {
    /// Whom.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.address
    }
}

/// One node.
pub struct Chooser {
    neighbours: Neighbours,
    hearing: TrialHearing,
}

impl Chooser {
    /// `peer` is its own number, `seed` makes its secret.
    #[must_use]
    pub fn new(peer: usize, seed: u64) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&seed.to_le_bytes());
        hasher.update(&peer.to_le_bytes());
        let secret = *hasher.finalize().as_bytes();
        let chance = |purpose: &'static [u8]| Chance::new(&secret, b"trial", purpose);
        Self {
            neighbours: Neighbours::new(peer_id(peer), secret, chance),
            hearing: TrialHearing::default(),
        }
    }

    /// A beacon came from there, bearing the port of that address.
    pub fn beacon(&mut self, now_ms: u64, from: SocketAddr) {
        if self.hearing.hears(now_ms, from) {
            self.neighbours.heard(now_ms, from);
        }
    }

    /// mDNS told of this address.
    pub fn advertised(&mut self, now_ms: u64, address: SocketAddr) {
        self.neighbours.heard(now_ms, address);
    }

    /// A person gave this address.
    pub fn by_hand(&mut self, now_ms: u64, address: SocketAddr) {
        self.neighbours.discovery().by_hand(now_ms, address);
    }

    /// What is due.
    pub fn tick(&mut self, now_ms: u64) -> Vec<Act> {
        acts(self.neighbours.tick(now_ms))
    }

    /// Whom to call now: each must be told to `calling`.
    pub fn calls(&mut self, now_ms: u64) -> Vec<Wanted> {
        self.neighbours
            .calls(now_ms)
            .into_iter()
            .map(Wanted)
            .collect()
    }

    /// The call is this connection.
    pub fn calling(&mut self, connection: usize, call: Wanted) {
        self.neighbours.calling(id(connection), call.0);
    }

    /// Nobody answered.
    pub fn call_failed(&mut self, now_ms: u64, connection: usize) {
        self.neighbours.call_failed(now_ms, id(connection), false);
    }

    /// The handshake is through with this peer at this host; `outbound`: we called.
    pub fn established(
        &mut self,
        now_ms: u64,
        connection: usize,
        peer: usize,
        outbound: bool,
        host: IpAddr,
    ) -> Vec<Act> {
        acts(self.neighbours.established(
            now_ms,
            Newcomer {
                connection: id(connection),
                peer: peer_id(peer),
                outbound,
                host: Some(host),
            },
        ))
    }

    /// The stream that it opened is there.
    pub fn opened(&mut self, connection: usize) -> Vec<Act> {
        acts(self.neighbours.roster().opened(id(connection)))
    }

    /// The other end opened the stream.
    pub fn accepted(&mut self, connection: usize) -> Vec<Act> {
        acts(self.neighbours.roster().accepted(id(connection)))
    }

    /// The link is up.
    pub fn started(&mut self, now_ms: u64, connection: usize) {
        self.neighbours.started(now_ms, id(connection));
    }

    /// The connection is gone.
    pub fn closed(&mut self, now_ms: u64, connection: usize, peer: usize) -> Vec<Act> {
        acts(
            self.neighbours
                .closed(now_ms, id(connection), peer_id(peer)),
        )
    }

    /// The link's last event is out.
    pub fn ended(&mut self, connection: usize) -> Vec<Act> {
        acts(self.neighbours.roster().link_ended(id(connection)))
    }

    /// Links to neighbours, without visits.
    #[must_use]
    pub fn links(&self) -> usize {
        self.neighbours.links()
    }
}

fn acts(steps: Vec<Step>) -> Vec<Act> {
    let number = |connection: ConnectionId| {
        // Displays as the number it was made from.
        connection.to_string().parse().unwrap_or(usize::MAX)
    };
    steps
        .into_iter()
        .filter_map(|step| match step {
            Step::Open(connection) => Some(Act::Open(number(connection))),
            Step::Close(connection) => Some(Act::Close(number(connection))),
            Step::Start(connection) => Some(Act::Start(number(connection))),
            Step::End(connection) => Some(Act::End(number(connection))),
            Step::Probe(_) => None,
        })
        .collect()
}

fn id(connection: usize) -> ConnectionId {
    ConnectionId::new_unchecked(connection)
}

/// An inline id, so that no key is needed; in no order with the numbers.
#[expect(
    clippy::expect_used,
    reason = "32 bytes fit an inline id of at most 42"
)]
fn peer_id(peer: usize) -> PeerId {
    let digest = *blake3::hash(&peer.to_le_bytes()).as_bytes();
    let inline = Multihash::wrap(0, &digest).expect("fits");
    PeerId::from_multihash(inline).expect("inline ids are ids")
}
