//! Whom to call: addresses heard of and addresses given by a person.
//!
//! Floor 5 (`docs/protocol/link.md`). A pure machine on the driver's clock. All
//! that is heard may be forged, so: the table is bounded, also for one address;
//! the order of calls and of eviction comes from a hash keyed by a local secret,
//! after how often an address failed; and calls are spaced whatever is heard.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use libp2p::PeerId;

use super::chance::Chance;
use crate::limits::{
    LAN_CANDIDATES_MAX, LAN_CANDIDATES_PER_HOST_MAX, LAN_DIALS_PENDING_MAX,
    LAN_DIALS_PER_SECOND_MAX, LAN_HAND_ADDRESSES_MAX, LAN_LINKS_AIM, LAN_LINKS_MAX,
    LAN_LINKS_OUTBOUND_MIN,
};

const BACKOFF_MS_MIN: u64 = 1_000;
const BACKOFF_MS_MAX: u64 = 60_000;
/// A person waits for this one.
const BACKOFF_BY_HAND_MS_MAX: u64 = 15_000;
/// An honest neighbour answers within this; an older call no longer counts as one
/// of the links to come, or a few dead addresses would hold up the rest.
const DIAL_FRESH_MS: u64 = 1_500;
/// An address that failed so often keeps no place free.
const FAILURES_HOPELESS: u32 = 3;
/// Half at once and half as the second passes: never more than the limit in any second.
const BURST: u64 = LAN_DIALS_PER_SECOND_MAX as u64 / 2;

/// What the driver knows of links when it asks whom to call.
pub(super) struct View {
    pub(super) links: usize,
    pub(super) links_outbound: usize,
    pub(super) linked: BTreeSet<PeerId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Dialing { since_ms: u64 },
    Connected,
    Up,
}

struct Candidate {
    by_hand: bool,
    /// Who answered last, proven by the handshake; what is merely advertised is not kept.
    peer: Option<PeerId>,
    rank: u64,
    failures: u32,
    due_ms: u64,
    phase: Phase,
    /// We answered ourselves.
    is_own: bool,
}

/// The table of addresses and the budget of calls.
pub(super) struct Discovery {
    secret: [u8; 32],
    chance: Chance,
    table: BTreeMap<SocketAddr, Candidate>,
    /// Thousandths of a call.
    budget: u64,
    refilled_ms: u64,
}

impl Discovery {
    pub(super) fn new(secret: [u8; 32], chance: Chance) -> Self {
        Self {
            secret,
            chance,
            table: BTreeMap::new(),
            budget: BURST * 1_000,
            refilled_ms: 0,
        }
    }

    /// An address that somebody advertised.
    pub(super) fn heard(&mut self, now_ms: u64, address: SocketAddr) {
        if address.port() == 0 || self.table.contains_key(&address) {
            return;
        }
        let rank = self.rank(address);
        if self.make_place(address.ip(), rank) {
            self.insert(now_ms, address, rank, false);
        }
    }

    /// An address that a person gave: kept, and called now.
    pub(super) fn by_hand(&mut self, now_ms: u64, address: SocketAddr) {
        if address.port() == 0 || address.ip().is_unspecified() {
            return;
        }
        if let Some(candidate) = self.table.get_mut(&address) {
            candidate.by_hand = true;
            candidate.failures = 0;
            candidate.due_ms = now_ms;
            return;
        }
        if self.table.values().filter(|c| c.by_hand).count() >= LAN_HAND_ADDRESSES_MAX {
            self.drop_worst(|_, candidate| candidate.by_hand);
        }
        let rank = self.rank(address);
        self.insert(now_ms, address, rank, true);
    }

    /// The advertisement ran out. A live link does not care.
    pub(super) fn expired(&mut self, address: SocketAddr) {
        let stale = |candidate: &Candidate| candidate.phase == Phase::Idle && !candidate.by_hand;
        if self.table.get(&address).is_some_and(stale) {
            self.table.remove(&address);
        }
    }

    /// The network is another one: what failed may work now.
    pub(super) fn network_changed(&mut self, now_ms: u64) {
        for candidate in self.table.values_mut() {
            candidate.failures = 0;
            candidate.due_ms = candidate.due_ms.min(now_ms);
            candidate.is_own = false;
        }
    }

    /// Whom to call now; each must be answered by `connected`, `failed` or `own`.
    pub(super) fn dials(&mut self, now_ms: u64, view: &View) -> Vec<SocketAddr> {
        self.refill(now_ms);
        let mut ready: Vec<(bool, u32, u64, SocketAddr)> = self
            .table
            .iter()
            .filter(|(_, candidate)| candidate.is_due(now_ms, view))
            .map(|(address, c)| (!c.by_hand, c.failures, c.rank, *address))
            .collect();
        ready.sort_unstable();
        let mut wanted = self.strangers_wanted(now_ms, view);
        let pending = self.count(|c| matches!(c.phase, Phase::Dialing { .. }));
        let free = LAN_DIALS_PENDING_MAX.saturating_sub(pending);
        let mut chosen = Vec::new();
        for (is_stranger, _, _, address) in ready.into_iter().take(free) {
            if self.budget < 1_000 || (is_stranger && wanted == 0) {
                break;
            }
            wanted = wanted.saturating_sub(usize::from(is_stranger));
            self.budget -= 1_000;
            if let Some(candidate) = self.table.get_mut(&address) {
                candidate.phase = Phase::Dialing { since_ms: now_ms };
            }
            chosen.push(address);
        }
        chosen
    }

    /// The handshake is through, and this is who answered.
    pub(super) fn connected(&mut self, address: SocketAddr, peer: PeerId) {
        self.with(address, |candidate| {
            candidate.peer = Some(peer);
            candidate.phase = Phase::Connected;
        });
    }

    /// The connection became a link.
    pub(super) fn linked(&mut self, address: SocketAddr) {
        self.with(address, |candidate| {
            candidate.failures = 0;
            candidate.phase = Phase::Up;
        });
    }

    /// Nobody answered.
    pub(super) fn failed(&mut self, now_ms: u64, address: SocketAddr) {
        let chance = &mut self.chance;
        let Some(candidate) = self.table.get_mut(&address) else {
            return;
        };
        let cap_ms = if candidate.by_hand {
            BACKOFF_BY_HAND_MS_MAX
        } else {
            BACKOFF_MS_MAX
        };
        let step_ms = BACKOFF_MS_MIN << candidate.failures.min(10);
        let base_ms = step_ms.min(cap_ms / 3 * 2);
        candidate.failures = candidate.failures.saturating_add(1);
        candidate.due_ms = now_ms + chance.between(base_ms, base_ms / 2 * 3);
        candidate.phase = Phase::Idle;
    }

    /// The connection is gone. `peer_is_linked`: over another one.
    pub(super) fn disconnected(&mut self, now_ms: u64, address: SocketAddr, peer_is_linked: bool) {
        let phase = self.table.get(&address).map(|candidate| candidate.phase);
        if phase == Some(Phase::Up) || peer_is_linked {
            let due_ms = now_ms + self.chance.between(200, BACKOFF_MS_MIN);
            self.with(address, |candidate| {
                candidate.due_ms = due_ms;
                candidate.phase = Phase::Idle;
            });
        } else {
            self.failed(now_ms, address);
        }
    }

    /// We reached ourselves.
    pub(super) fn own(&mut self, address: SocketAddr) {
        self.with(address, |candidate| {
            candidate.is_own = true;
            candidate.phase = Phase::Idle;
        });
    }

    /// Links to keep free so that calling out stays possible: without this, whoever
    /// calls us first eight times decides what we hear.
    pub(super) fn reserved(&self, view: &View) -> usize {
        let missing = LAN_LINKS_OUTBOUND_MIN.saturating_sub(view.links_outbound);
        let hopeful = self.count(|candidate| candidate.is_hopeful(view));
        missing.min(hopeful)
    }

    /// Whether somebody is to be called within a second.
    pub(super) fn is_waiting(&self, now_ms: u64, view: &View) -> bool {
        let strangers = self.wants_strangers(view);
        let soon_ms = now_ms + 1_000;
        let mut candidates = self.table.values();
        candidates.any(|c| (c.by_hand || strangers) && c.is_due(soon_ms, view))
    }

    fn wants_strangers(&self, view: &View) -> bool {
        let few = view.links < LAN_LINKS_AIM || view.links_outbound < LAN_LINKS_OUTBOUND_MIN;
        few && view.links < LAN_LINKS_MAX
    }

    fn strangers_wanted(&self, now_ms: u64, view: &View) -> usize {
        if !self.wants_strangers(view) {
            return 0;
        }
        let missing = LAN_LINKS_AIM
            .saturating_sub(view.links)
            .max(LAN_LINKS_OUTBOUND_MIN.saturating_sub(view.links_outbound))
            .min(LAN_LINKS_MAX - view.links);
        missing.saturating_sub(self.count(|c| !c.by_hand && c.is_being_made(now_ms)))
    }

    fn insert(&mut self, due_ms: u64, address: SocketAddr, rank: u64, by_hand: bool) {
        self.table.insert(
            address,
            Candidate {
                by_hand,
                peer: None,
                rank,
                failures: 0,
                due_ms,
                phase: Phase::Idle,
                is_own: false,
            },
        );
    }

    /// Makes room for a newcomer of this rank, or says that it has to stay out.
    fn make_place(&mut self, host: IpAddr, rank: u64) -> bool {
        let of_host = |address: &SocketAddr| address.ip() == host;
        let strangers = self.table.iter().filter(|(_, c)| !c.by_hand);
        if strangers.clone().filter(|(a, _)| of_host(a)).count() >= LAN_CANDIDATES_PER_HOST_MAX {
            return self.drop_worse(rank, |address, c| of_host(address) && !c.by_hand);
        }
        if strangers.count() >= LAN_CANDIDATES_MAX {
            return self.drop_worse(rank, |_, c| !c.by_hand);
        }
        true
    }

    fn drop_worse(&mut self, rank: u64, applies: impl Fn(&SocketAddr, &Candidate) -> bool) -> bool {
        self.drop_worst(|a, c| applies(a, c) && (c.failures, c.rank) > (0, rank))
    }

    fn drop_worst(&mut self, applies: impl Fn(&SocketAddr, &Candidate) -> bool) -> bool {
        let worst = self
            .table
            .iter()
            .filter(|(address, c)| c.phase == Phase::Idle && applies(address, c))
            .max_by_key(|(_, c)| (c.peer.is_none(), c.failures, c.rank))
            .map(|(address, _)| *address);
        worst.is_some_and(|address| self.table.remove(&address).is_some())
    }

    fn refill(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.refilled_ms);
        self.refilled_ms = now_ms;
        let earned = passed_ms.saturating_mul(BURST);
        self.budget = self.budget.saturating_add(earned).min(BURST * 1_000);
    }

    fn rank(&self, address: SocketAddr) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(b"starling/1 lan neighbour");
        hasher.update(address.to_string().as_bytes());
        let mut rank = [0; 8];
        hasher.finalize_xof().fill(&mut rank);
        u64::from_le_bytes(rank)
    }

    fn count(&self, applies: impl Fn(&Candidate) -> bool) -> usize {
        self.table.values().filter(|c| applies(c)).count()
    }

    fn with(&mut self, address: SocketAddr, change: impl FnOnce(&mut Candidate)) {
        if let Some(candidate) = self.table.get_mut(&address) {
            change(candidate);
        }
    }
}

impl Candidate {
    fn is_done(&self, view: &View) -> bool {
        self.is_own || self.peer.is_some_and(|peer| view.linked.contains(&peer))
    }

    fn is_due(&self, now_ms: u64, view: &View) -> bool {
        self.phase == Phase::Idle && self.due_ms <= now_ms && !self.is_done(view)
    }

    fn is_hopeful(&self, view: &View) -> bool {
        self.failures < FAILURES_HOPELESS && self.phase != Phase::Up && !self.is_done(view)
    }

    fn is_being_made(&self, now_ms: u64) -> bool {
        match self.phase {
            Phase::Dialing { since_ms } => now_ms.saturating_sub(since_ms) < DIAL_FRESH_MS,
            Phase::Idle | Phase::Connected | Phase::Up => false,
        }
    }
}

#[cfg(test)]
mod tests;
