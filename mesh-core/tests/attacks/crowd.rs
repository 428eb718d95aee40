//! A crowd of honest nodes and Sybils on one LAN, on virtual time and without a
//! socket. The honest ones run the carrier's own choosing code; a Sybil answers
//! every call at once, holds every link for ever, calls everybody again and again,
//! beacons as often as it is heard, and passes nothing on.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use mesh_core::transport::lan::trial::{Act, Chooser};

/// Half a round trip and the work of a handshake step.
const STEP_MS: u64 = 20;
/// Four times as often as an honest one that has company.
const SYBIL_BEACON_MS: u64 = 5_000;
const TICK_MS: u64 = 100;
/// From the start of a link until both hold what the other held.
const EXCHANGE_MS: u64 = 120;

/// Numbers that depend on the seed alone (SplitMix64).
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Join(usize),
    Tick(usize),
    Beacon(usize),
    SybilCalls(usize, usize),
    Handshake(usize),
    Stream(usize, usize),
    Exchange(usize),
    Write,
}

struct Connection {
    caller: usize,
    callee: usize,
    started: BTreeSet<usize>,
    flows: bool,
}

impl Connection {
    fn other(&self, party: usize) -> usize {
        if party == self.caller {
            self.callee
        } else {
            self.caller
        }
    }
}

/// When everybody comes and when the honest ones write, milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) honest: usize,
    pub(crate) sybils: usize,
    pub(crate) honest_come_ms: u64,
    pub(crate) sybils_come_ms: u64,
    pub(crate) write_ms: u64,
    /// Time between two calls of one Sybil to one node, at least.
    pub(crate) sybil_calls_ms: u64,
    /// Whether honest nodes drop every link of the attackers' at `write_ms`: what
    /// attackers do who held still until then.
    pub(crate) sybils_leave: bool,
    /// Each honest node was given the address of the next one.
    pub(crate) by_hand: bool,
}

pub(crate) struct Crowd {
    plan: Plan,
    now_ms: u64,
    draw: Draw,
    nodes: Vec<Chooser>,
    present: BTreeSet<usize>,
    connections: BTreeMap<usize, Connection>,
    linked_to_sybil: BTreeSet<(usize, usize)>,
    agenda: BTreeSet<(u64, u64, Happening)>,
    number: u64,
    holds: Vec<BTreeSet<usize>>,
    has_left: bool,
    pub(crate) calls: usize,
    pub(crate) calls_in_second_max: usize,
    recent: Vec<Vec<u64>>,
}

impl Crowd {
    pub(crate) fn new(plan: Plan, seed: u64) -> Self {
        let mut crowd = Self {
            nodes: (0..plan.honest).map(|n| Chooser::new(n, seed)).collect(),
            holds: vec![BTreeSet::new(); plan.honest],
            recent: vec![Vec::new(); plan.honest],
            plan,
            now_ms: 0,
            draw: Draw::new(seed),
            present: BTreeSet::new(),
            connections: BTreeMap::new(),
            linked_to_sybil: BTreeSet::new(),
            agenda: BTreeSet::new(),
            number: 0,
            has_left: false,
            calls: 0,
            calls_in_second_max: 0,
        };
        for party in 0..plan.honest + plan.sybils {
            let come_ms = if party < plan.honest {
                plan.honest_come_ms
            } else {
                plan.sybils_come_ms
            };
            let spread_ms = crowd.draw.below(1_000);
            crowd.at(come_ms + spread_ms, Happening::Join(party));
        }
        crowd.at(plan.write_ms, Happening::Write);
        crowd
    }

    /// Runs until then; returns how many of all (writer, reader) pairs are served.
    pub(crate) fn run_until(&mut self, end_ms: u64) -> usize {
        while let Some((at_ms, _, happening)) = self.agenda.pop_first() {
            if at_ms > end_ms {
                self.agenda.insert((at_ms, 0, happening));
                break;
            }
            self.now_ms = at_ms;
            self.happen(happening);
        }
        self.holds.iter().map(BTreeSet::len).sum()
    }

    /// Whether all hold what all wrote.
    pub(crate) fn is_served(&self) -> bool {
        let all = self.plan.honest;
        self.holds.iter().all(|holds| holds.len() == all)
    }

    /// Neighbours of all honest nodes, and those of them that are honest.
    pub(crate) fn links(&self) -> (usize, usize) {
        let links = self.nodes.iter().map(Chooser::links).sum();
        let flowing = self.connections.values().filter(|c| c.flows);
        (links, 2 * flowing.count())
    }

    fn at(&mut self, at_ms: u64, happening: Happening) {
        self.number += 1;
        self.agenda.insert((at_ms, self.number, happening));
    }

    fn after(&mut self, wait_ms: u64, happening: Happening) {
        self.at(self.now_ms + wait_ms, happening);
    }

    fn is_honest(&self, party: usize) -> bool {
        party < self.plan.honest
    }

    fn happen(&mut self, happening: Happening) {
        match happening {
            Happening::Join(party) => self.join(party),
            Happening::Tick(node) => self.tick(node),
            Happening::Beacon(party) => self.beacon(party),
            Happening::SybilCalls(sybil, node) => self.sybil_calls(sybil, node),
            Happening::Handshake(connection) => self.handshake(connection),
            Happening::Stream(connection, opener) => self.stream(connection, opener),
            Happening::Exchange(connection) => self.exchange(connection),
            Happening::Write => self.write(),
        }
    }

    fn join(&mut self, party: usize) {
        self.present.insert(party);
        let wait_ms = self.draw.below(1_000);
        self.after(wait_ms, Happening::Beacon(party));
        if self.is_honest(party) {
            if self.plan.by_hand {
                let friend = (party + 1) % self.plan.honest;
                self.nodes[party].by_hand(0, address(friend));
            }
            let wait_ms = self.draw.below(TICK_MS);
            self.after(wait_ms, Happening::Tick(party));
        } else {
            for node in 0..self.plan.honest {
                let wait_ms = self.draw.below(self.plan.sybil_calls_ms);
                self.after(wait_ms, Happening::SybilCalls(party, node));
            }
        }
    }

    fn tick(&mut self, node: usize) {
        let now_ms = self.clock_ms();
        let acts = self.nodes[node].tick(now_ms);
        self.act(node, acts);
        for call in self.nodes[node].calls(now_ms) {
            let connection = self.fresh();
            self.nodes[node].calling(connection, call);
            self.count_call(node);
            match party_at(call.address()).filter(|party| self.present.contains(party)) {
                Some(party) if self.is_honest(party) || !self.has_left => {
                    self.connect(connection, node, party);
                }
                _ => self.nodes[node].call_failed(now_ms, connection),
            }
        }
        self.after(TICK_MS, Happening::Tick(node));
    }

    fn count_call(&mut self, node: usize) {
        let now_ms = self.now_ms;
        self.calls += 1;
        let recent = &mut self.recent[node];
        recent.retain(|at_ms| at_ms + 1_000 > now_ms);
        recent.push(now_ms);
        self.calls_in_second_max = self.calls_in_second_max.max(recent.len());
    }

    fn beacon(&mut self, party: usize) {
        if self.has_left && !self.is_honest(party) {
            return;
        }
        let now_ms = self.clock_ms();
        for node in 0..self.plan.honest {
            if node != party && self.present.contains(&node) {
                self.nodes[node].beacon(now_ms, address(party));
            }
        }
        let wait_ms = if !self.is_honest(party) {
            SYBIL_BEACON_MS
        } else if self.nodes[party].links() == 0 {
            2_000
        } else {
            15_000 + self.draw.below(10_000)
        };
        self.after(wait_ms, Happening::Beacon(party));
    }

    fn sybil_calls(&mut self, sybil: usize, node: usize) {
        let free = !self.linked_to_sybil.contains(&(sybil, node));
        if free && !self.has_left && self.present.contains(&node) {
            let connection = self.fresh();
            self.connect(connection, sybil, node);
        }
        let wait_ms = self.plan.sybil_calls_ms + self.draw.below(self.plan.sybil_calls_ms);
        self.after(wait_ms, Happening::SybilCalls(sybil, node));
    }

    fn fresh(&mut self) -> usize {
        self.number += 1;
        usize::try_from(self.number).unwrap()
    }

    fn connect(&mut self, connection: usize, caller: usize, callee: usize) {
        let known = Connection {
            caller,
            callee,
            started: BTreeSet::new(),
            flows: false,
        };
        self.connections.insert(connection, known);
        self.after(STEP_MS, Happening::Handshake(connection));
    }

    fn handshake(&mut self, connection: usize) {
        let Some(known) = self.connections.get(&connection) else {
            return;
        };
        let (caller, callee) = (known.caller, known.callee);
        if let Some(pair) = self.sybil_pair(connection) {
            self.linked_to_sybil.insert(pair);
        }
        let mut opens = false;
        for (party, peer) in [(callee, caller), (caller, callee)] {
            if self.is_honest(party) && self.connections.contains_key(&connection) {
                let acts = self.established(party, connection, peer, party == caller);
                opens |= acts.contains(&Act::Open(connection));
                self.act(party, acts);
            }
        }
        let sybil = [caller, callee].into_iter().find(|p| !self.is_honest(*p));
        if let (false, Some(sybil)) = (opens, sybil) {
            self.after(STEP_MS, Happening::Stream(connection, sybil));
        }
    }

    fn established(
        &mut self,
        party: usize,
        connection: usize,
        peer: usize,
        outbound: bool,
    ) -> Vec<Act> {
        let (clock_ms, host) = (self.clock_ms(), address(peer).ip());
        self.nodes[party].established(clock_ms, connection, peer, outbound, host)
    }

    /// The clock of the honest ones starts when they come.
    fn clock_ms(&self) -> u64 {
        self.now_ms.saturating_sub(self.plan.honest_come_ms)
    }

    fn stream(&mut self, connection: usize, opener: usize) {
        let Some(known) = self.connections.get(&connection) else {
            return;
        };
        let other = known.other(opener);
        if self.is_honest(opener) {
            let acts = self.nodes[opener].opened(connection);
            self.act(opener, acts);
        }
        if self.is_honest(other) && self.connections.contains_key(&connection) {
            let acts = self.nodes[other].accepted(connection);
            self.act(other, acts);
        }
    }

    fn act(&mut self, party: usize, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Open(connection) => {
                    self.after(STEP_MS, Happening::Stream(connection, party));
                }
                Act::Close(connection) => self.close(connection),
                Act::Start(connection) => self.start(party, connection),
                Act::End(connection) => {
                    let acts = self.nodes[party].ended(connection);
                    self.act(party, acts);
                }
            }
        }
    }

    fn start(&mut self, party: usize, connection: usize) {
        let clock_ms = self.clock_ms();
        self.nodes[party].started(clock_ms, connection);
        let Some(known) = self.connections.get_mut(&connection) else {
            return;
        };
        known.started.insert(party);
        if known.started.len() == 2 {
            self.after(EXCHANGE_MS, Happening::Exchange(connection));
        }
    }

    fn close(&mut self, connection: usize) {
        let pair = self.sybil_pair(connection);
        let Some(known) = self.connections.remove(&connection) else {
            return;
        };
        if let Some(pair) = pair {
            self.linked_to_sybil.remove(&pair);
        }
        for (party, peer) in [(known.caller, known.callee), (known.callee, known.caller)] {
            if self.is_honest(party) {
                let clock_ms = self.clock_ms();
                let acts = self.nodes[party].closed(clock_ms, connection, peer);
                self.act(party, acts);
            }
        }
    }

    fn sybil_pair(&self, connection: usize) -> Option<(usize, usize)> {
        let known = self.connections.get(&connection)?;
        match (self.is_honest(known.caller), self.is_honest(known.callee)) {
            (true, false) => Some((known.callee, known.caller)),
            (false, true) => Some((known.caller, known.callee)),
            _ => None,
        }
    }

    fn exchange(&mut self, connection: usize) {
        if let Some(known) = self.connections.get_mut(&connection) {
            known.flows = true;
            self.spread();
        }
    }

    /// On a link that lives everything passes at once.
    fn spread(&mut self) {
        loop {
            let mut changed = false;
            for known in self.connections.values().filter(|c| c.flows) {
                let (a, b) = (known.caller, known.callee);
                if self.holds[a] != self.holds[b] {
                    let union: BTreeSet<usize> =
                        self.holds[a].union(&self.holds[b]).copied().collect();
                    self.holds[a].clone_from(&union);
                    self.holds[b] = union;
                    changed = true;
                }
            }
            if !changed {
                return;
            }
        }
    }

    fn write(&mut self) {
        if self.plan.sybils_leave {
            self.has_left = true;
            let theirs: Vec<usize> = self.connections.keys().copied().collect();
            for connection in theirs {
                if self.sybil_pair(connection).is_some() {
                    self.close(connection);
                }
            }
        }
        for node in 0..self.plan.honest {
            self.holds[node].insert(node);
        }
        self.spread();
    }
}

fn address(party: usize) -> SocketAddr {
    let [.., high, low] = u32::try_from(party).unwrap().to_be_bytes();
    SocketAddr::from(([10, 0, high, low], 4_000))
}

fn party_at(address: SocketAddr) -> Option<usize> {
    match address.ip() {
        IpAddr::V4(ip) => {
            let [_, _, high, low] = ip.octets();
            Some(usize::from(u16::from_be_bytes([high, low])))
        }
        IpAddr::V6(_) => None,
    }
}
