//! Whom to call: addresses heard of and addresses given by a person.
//!
//! Floor 5 (`docs/protocol/link.md`). A pure machine on the driver's clock. All
//! that is heard may be forged, so: the table is bounded, also for one address;
//! the order of calls and of eviction comes from a hash keyed by a local secret,
//! after how often an address failed; and calls are spaced whatever is heard.
//!
//! Calls are for links that stay while too few are there. Once there are enough,
//! everybody else heard of is visited for a second, in the first minute as fast as
//! calls may go and then now and again: among a thousand invented neighbours that
//! is how an honest one is met.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};

use libp2p::PeerId;

use super::chance::Chance;
use super::met::AGAIN_MS;
use super::roster::Aim;
use crate::limits::{
    LAN_CANDIDATES_MAX, LAN_CANDIDATES_PER_HOST_MAX, LAN_DIALS_PENDING_MAX,
    LAN_DIALS_PER_SECOND_MAX, LAN_HAND_ADDRESSES_MAX, LAN_LINKS_BY_HAND_MIN, LAN_LINKS_MAX,
    LAN_LINKS_MIN, LAN_LINKS_OUTBOUND_MIN, LAN_VISITS_MAX,
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
/// Inbound gets so long to fill the places that calling out leaves.
const INBOUND_MS: u64 = 15_000;
/// The first round of visits lasts so long.
const ROUND_MS: u64 = 60_000;
/// In it whoever was not met would all be visited within this, so that a few are
/// visited at leisure and a thousand as fast as calls may go.
const ROUND_PACE_MS: u64 = 30_000;
/// Time between two visits in the first round, at least, and afterwards.
const VISIT_INTERVAL_MS_MIN: u64 = 110;
const VISIT_INTERVAL_MS: u64 = 30_000;
/// Visits that were not made in time are not made up for beyond this.
const VISIT_LAG_MS: u64 = 250;
/// A link that stays shorter was no neighbour's: the other end had no place for us.
const SETTLED_MS: u64 = 10_000;
/// An address whose link was re-drawn rests this long, or it would be drawn again.
const REST_MS: u64 = 5 * 60_000;
/// An address whose node had no place for us is called for one again after this.
const NO_PLACE_MS: u64 = 60_000;
/// Calls at once; the rest of the limit is earned as the second passes, so that no
/// second of any sort has more.
const BURST: u64 = 2;
const EARNED_PER_SECOND: u64 = LAN_DIALS_PER_SECOND_MAX as u64 - BURST;

/// What the driver knows of links when it asks whom to call.
#[derive(Default)]
pub(super) struct View {
    pub(super) links: usize,
    pub(super) links_outbound: usize,
    pub(super) links_by_hand: usize,
    /// Visits of ours that go on.
    pub(super) visits: usize,
    pub(super) linked: BTreeSet<PeerId>,
}

/// One call to make.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Call {
    pub(super) address: SocketAddr,
    pub(super) aim: Aim,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Idle,
    Dialing { since_ms: u64, aim: Aim },
    Connected { aim: Aim },
    Up { since_ms: u64, aim: Aim },
}

struct Candidate {
    by_hand: bool,
    /// Who answered last, proven by the handshake; what is merely advertised is not kept.
    peer: Option<PeerId>,
    rank: u64,
    failures: u32,
    due_ms: u64,
    phase: Phase,
    /// When we last had a link to its host.
    met_ms: Option<u64>,
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
    visit_due_ms: u64,
    /// Since when there are too few links.
    few_since_ms: Option<u64>,
}

impl Discovery {
    pub(super) fn new(secret: [u8; 32], chance: Chance) -> Self {
        Self {
            secret,
            chance,
            table: BTreeMap::new(),
            budget: BURST * 1_000,
            refilled_ms: 0,
            visit_due_ms: 0,
            few_since_ms: None,
        }
    }

    /// An address that somebody advertised. `met_ms`: when we had a link with its
    /// host, if lately.
    pub(super) fn heard(&mut self, now_ms: u64, address: SocketAddr, met_ms: Option<u64>) {
        if address.port() == 0 || self.table.contains_key(&address) {
            return;
        }
        let rank = self.rank(address);
        if self.make_place(address.ip(), (met_ms.is_some(), rank)) {
            self.insert(now_ms, address, rank, false);
            self.with(address, |candidate| candidate.met_ms = met_ms);
        }
    }

    /// We have a link with this peer at this host, whoever called.
    pub(super) fn met(&mut self, now_ms: u64, peer: PeerId, host: IpAddr) {
        for (address, candidate) in &mut self.table {
            if address.ip() == host || candidate.peer == Some(peer) {
                candidate.met_ms = Some(now_ms);
            }
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

    /// Addresses that a person gave, to be carried over to another run.
    pub(super) fn hand_addresses(&self) -> Vec<SocketAddr> {
        let by_hand = self.table.iter().filter(|(_, c)| c.by_hand);
        by_hand.map(|(address, _)| *address).collect()
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
    pub(super) fn dials(&mut self, now_ms: u64, view: &View) -> Vec<Call> {
        self.refill(now_ms);
        let few = view.links < LAN_LINKS_MIN;
        self.few_since_ms = few.then(|| self.few_since_ms.unwrap_or(now_ms));
        let pending = self.count(|c| matches!(c.phase, Phase::Dialing { .. }));
        let mut free = LAN_DIALS_PENDING_MAX.saturating_sub(pending);
        let visit_interval_ms = self.visit_interval_ms(now_ms, view);
        let mut calls = Vec::new();
        for (address, aim) in self.wishes(now_ms, view) {
            if free == 0 || self.budget < 1_000 {
                break;
            }
            free -= 1;
            self.budget -= 1_000;
            if aim == Aim::Visit {
                let lag_ms = now_ms.saturating_sub(VISIT_LAG_MS);
                self.visit_due_ms = self.visit_due_ms.max(lag_ms) + visit_interval_ms;
            }
            self.with(address, |candidate| {
                candidate.phase = Phase::Dialing {
                    since_ms: now_ms,
                    aim,
                };
            });
            calls.push(Call { address, aim });
        }
        calls
    }

    /// Whom we would call, the most wanted first.
    fn wishes(&self, now_ms: u64, view: &View) -> Vec<(SocketAddr, Aim)> {
        let mut ready: Vec<(bool, u32, u64, SocketAddr)> = self
            .table
            .iter()
            .filter(|(_, candidate)| candidate.is_due(now_ms, view))
            .map(|(address, c)| (!c.by_hand, c.failures, c.rank, *address))
            .collect();
        ready.sort_unstable();
        let strangers = ready.partition_point(|(is_stranger, ..)| !is_stranger);
        let (by_hand, strangers) = ready.split_at_checked(strangers).unwrap_or_default();
        let wanted = self.strangers_wanted(now_ms, view).min(strangers.len());
        let (wanted, others) = strangers.split_at_checked(wanted).unwrap_or_default();
        let visits = self.visits_wanted(now_ms, view);
        let others = others.iter().filter(|(.., address)| {
            let candidate = self.table.get(address);
            candidate.is_some_and(|candidate| candidate.is_unmet(now_ms))
        });
        let with = |aim| move |(.., address): &(bool, u32, u64, SocketAddr)| (*address, aim);
        let by_hand = by_hand.iter().map(with(Aim::Hand));
        let wanted = wanted.iter().map(with(Aim::Neighbour));
        let others = others.take(visits).map(with(Aim::Visit));
        by_hand.chain(wanted).chain(others).collect()
    }

    /// The handshake is through, and this is who answered.
    pub(super) fn connected(&mut self, address: SocketAddr, peer: PeerId) {
        let known = self.table.values().find(|c| c.peer == Some(peer));
        let met_ms = known.and_then(|known| known.met_ms);
        self.with(address, |candidate| {
            candidate.met_ms = candidate.met_ms.max(met_ms);
            candidate.peer = Some(peer);
            let aim = candidate.aim();
            candidate.phase = Phase::Connected { aim };
        });
    }

    /// The connection became a link.
    pub(super) fn linked(&mut self, now_ms: u64, address: SocketAddr) {
        let Some(candidate) = self.table.get_mut(&address) else {
            return;
        };
        let aim = candidate.aim();
        candidate.phase = Phase::Up {
            since_ms: now_ms,
            aim,
        };
    }

    /// The link to this address is re-drawn: others have their turn first.
    pub(super) fn rest(&mut self, address: SocketAddr) {
        self.with(address, |candidate| {
            if let Phase::Up { since_ms, .. } = candidate.phase {
                let aim = Aim::Visit;
                candidate.phase = Phase::Up { since_ms, aim };
            }
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
        let Some(phase) = self.table.get(&address).map(|candidate| candidate.phase) else {
            return;
        };
        let soon_ms = self.chance.between(200, BACKOFF_MS_MIN);
        let wait_ms = match phase {
            _ if peer_is_linked => soon_ms,
            Phase::Up { since_ms, aim } => {
                let is_settled = now_ms.saturating_sub(since_ms) >= SETTLED_MS;
                match (aim, is_settled) {
                    (Aim::Visit, true) => REST_MS,
                    (Aim::Visit, false) => SETTLED_MS,
                    (Aim::Hand | Aim::Neighbour, true) => soon_ms,
                    (Aim::Hand, false) => return self.failed(now_ms, address),
                    (Aim::Neighbour, false) => self.chance.between(NO_PLACE_MS, 2 * NO_PLACE_MS),
                }
            }
            Phase::Idle | Phase::Dialing { .. } | Phase::Connected { .. } => {
                return self.failed(now_ms, address);
            }
        };
        self.with(address, |candidate| {
            candidate.failures = if peer_is_linked {
                candidate.failures
            } else {
                0
            };
            candidate.due_ms = now_ms + wait_ms;
            candidate.phase = Phase::Idle;
        });
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
        let strangers = self.count(|c| !c.by_hand && c.is_hopeful(view));
        let missing_by_hand = LAN_LINKS_BY_HAND_MIN.saturating_sub(view.links_by_hand);
        let by_hand = self.count(|c| c.by_hand && c.is_hopeful(view));
        missing
            .min(strangers + by_hand)
            .max(missing_by_hand.min(by_hand))
    }

    /// Whether a stranger who is not linked could be called for a link now.
    pub(super) fn has_others(&self, now_ms: u64, view: &View) -> bool {
        let mut candidates = self.table.values();
        candidates.any(|c| !c.by_hand && c.is_hopeful(view) && c.is_due(now_ms, view))
    }

    /// Whether somebody is to be called within a second.
    pub(super) fn is_waiting(&self, now_ms: u64, view: &View) -> bool {
        let soon_ms = now_ms + 1_000;
        let strangers = self.links_missing(soon_ms, view) > 0;
        let visits = self.visits_wanted(soon_ms, view) > 0;
        let mut candidates = self.table.values();
        candidates.any(|c| {
            let wanted = c.by_hand || strangers || visits && c.is_unmet(soon_ms);
            wanted && c.is_due(soon_ms, view)
        })
    }

    /// Visits that may begin now: none while neighbours are missing.
    fn visits_wanted(&self, now_ms: u64, view: &View) -> usize {
        if self.links_missing(now_ms, view) > 0 || now_ms < self.visit_due_ms {
            return 0;
        }
        let is_visit = |c: &Candidate| c.aim() == Aim::Visit;
        let calling = self.count(|c| matches!(c.phase, Phase::Dialing { .. }) && is_visit(c));
        let free = LAN_VISITS_MAX.saturating_sub(view.visits + calling);
        let lag_ms = (now_ms - self.visit_due_ms).min(VISIT_LAG_MS);
        let due = 1 + lag_ms / self.visit_interval_ms(now_ms, view);
        free.min(usize::try_from(due).unwrap_or(free))
    }

    fn visit_interval_ms(&self, now_ms: u64, view: &View) -> u64 {
        if now_ms >= ROUND_MS {
            return VISIT_INTERVAL_MS;
        }
        let unmet = self.count(|c| !c.by_hand && !c.is_done(view) && c.is_unmet(now_ms));
        (ROUND_PACE_MS / (unmet as u64).max(1)).max(VISIT_INTERVAL_MS_MIN)
    }

    /// Links that are missing and that calling strangers may make.
    fn links_missing(&self, now_ms: u64, view: &View) -> usize {
        let is_long = |since_ms: u64| now_ms.saturating_sub(since_ms) >= INBOUND_MS;
        let few = if self.few_since_ms.is_some_and(is_long) {
            LAN_LINKS_MIN.saturating_sub(view.links)
        } else {
            0
        };
        let outbound = LAN_LINKS_OUTBOUND_MIN.saturating_sub(view.links_outbound);
        let free = LAN_LINKS_MAX.saturating_sub(view.links);
        few.max(outbound).min(free)
    }

    fn strangers_wanted(&self, now_ms: u64, view: &View) -> usize {
        let being_made = self.count(|c| !c.by_hand && c.is_being_made(now_ms));
        self.links_missing(now_ms, view).saturating_sub(being_made)
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
                met_ms: None,
                is_own: false,
            },
        );
    }

    /// Makes room for a newcomer of this worth, or says that it has to stay out.
    fn make_place(&mut self, host: IpAddr, worth: (bool, u64)) -> bool {
        let of_host = |address: &SocketAddr| address.ip() == host;
        let strangers = self.table.iter().filter(|(_, c)| !c.by_hand);
        if strangers.clone().filter(|(a, _)| of_host(a)).count() >= LAN_CANDIDATES_PER_HOST_MAX {
            return self.drop_worse(worth, |address, c| of_host(address) && !c.by_hand);
        }
        if strangers.count() >= LAN_CANDIDATES_MAX {
            return self.drop_worse(worth, |_, c| !c.by_hand);
        }
        true
    }

    fn drop_worse(
        &mut self,
        (is_met, rank): (bool, u64),
        applies: impl Fn(&SocketAddr, &Candidate) -> bool,
    ) -> bool {
        let newcomer = (0, is_met, rank);
        self.drop_worst(|a, c| applies(a, c) && c.expendable() > newcomer)
    }

    fn drop_worst(&mut self, applies: impl Fn(&SocketAddr, &Candidate) -> bool) -> bool {
        let worst = self
            .table
            .iter()
            .filter(|(address, c)| c.phase == Phase::Idle && applies(address, c))
            .max_by_key(|(_, candidate)| candidate.expendable())
            .map(|(address, _)| *address);
        worst.is_some_and(|address| self.table.remove(&address).is_some())
    }

    fn refill(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.refilled_ms);
        self.refilled_ms = now_ms;
        let earned = passed_ms.saturating_mul(EARNED_PER_SECOND);
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
        let is_up = matches!(self.phase, Phase::Up { .. });
        self.failures < FAILURES_HOPELESS && !is_up && !self.is_done(view)
    }

    fn is_unmet(&self, now_ms: u64) -> bool {
        self.met_ms
            .is_none_or(|at_ms| now_ms.saturating_sub(at_ms) >= AGAIN_MS)
    }

    /// The greater, the sooner it goes: what failed, then what had its turn.
    fn expendable(&self) -> (u32, bool, u64) {
        (self.failures, self.met_ms.is_some(), self.rank)
    }

    fn aim(&self) -> Aim {
        match self.phase {
            Phase::Dialing { aim, .. } | Phase::Connected { aim } | Phase::Up { aim, .. } => aim,
            Phase::Idle if self.by_hand => Aim::Hand,
            Phase::Idle => Aim::Neighbour,
        }
    }

    fn is_being_made(&self, now_ms: u64) -> bool {
        match self.phase {
            Phase::Dialing { since_ms, aim } => {
                aim != Aim::Visit && now_ms.saturating_sub(since_ms) < DIAL_FRESH_MS
            }
            Phase::Idle | Phase::Connected { .. } | Phase::Up { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
