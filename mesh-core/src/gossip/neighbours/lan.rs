//! LAN: six links, three of them called out by a secret of our own.
//!
//! Addresses and keys are made by whoever answers to them, so any order that both
//! ends can compute could be ground until a victim has only hostile neighbours. The
//! three calls go to whoever a local secret picks, one of them is drawn again each
//! minute, and two links stay with peers that a person named or Bluetooth found,
//! as long as there are any.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use crate::limits::{
    LAN_CANDIDATES_MAX, LAN_HEARD_MS, LAN_LINKS_AIM, LAN_LINKS_BY_HAND_MIN, LAN_LINKS_MAX,
    LAN_LINKS_OUTBOUND_MIN, LAN_REDRAW_MS, LAN_RETRY_MS,
};
use crate::types::Mono;

use super::Decision;

/// How we came to know of somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    /// It says itself that it is there.
    Heard,
    /// A person gave the address, or a Bluetooth neighbour did: not for whoever
    /// floods the network to make.
    Vouched,
}

#[derive(Debug, Clone, Copy)]
struct Candidate {
    heard_at: Mono,
    found: Found,
    retry_at: Mono,
}

#[derive(Debug, Clone, Copy)]
struct Standing {
    outbound: bool,
}

/// The rule for one LAN carrier. `K` is what the carrier knows a peer by.
#[derive(Debug)]
pub struct LanNeighbours<K> {
    secret: [u8; 32],
    candidates: BTreeMap<K, Candidate>,
    links: BTreeMap<K, Standing>,
    calling: BTreeMap<K, Mono>,
    /// One number for each of the three calls; another number, another order.
    draws: [u64; LAN_LINKS_OUTBOUND_MIN],
    redraws: u64,
    redraw_at: Option<Mono>,
}

impl<K: Ord + Copy + AsRef<[u8]>> LanNeighbours<K> {
    /// Knows nobody. The secret is drawn here and never leaves.
    #[must_use]
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        let mut secret = [0; 32];
        rng.fill_bytes(&mut secret);
        Self {
            secret,
            candidates: BTreeMap::new(),
            links: BTreeMap::new(),
            calling: BTreeMap::new(),
            draws: core::array::from_fn(|at| at as u64),
            redraws: LAN_LINKS_OUTBOUND_MIN as u64,
            redraw_at: None,
        }
    }

    /// It announced itself, or its address was given.
    pub fn heard(&mut self, now: Mono, key: K, found: Found) {
        if let Some(candidate) = self.candidates.get_mut(&key) {
            candidate.heard_at = now;
            candidate.found = candidate.found.max(found);
            return;
        }
        if self.candidates.len() >= LAN_CANDIDATES_MAX && !self.forget_one() {
            return;
        }
        let candidate = Candidate {
            heard_at: now,
            found,
            retry_at: now,
        };
        self.candidates.insert(key, candidate);
    }

    /// A link with it stands; `outbound` if we called.
    pub fn linked(&mut self, key: K, outbound: bool) {
        self.calling.remove(&key);
        self.links.insert(key, Standing { outbound });
    }

    /// The link with it ended.
    pub fn unlinked(&mut self, now: Mono, key: K) {
        if self.links.remove(&key).is_some() {
            self.rest(now, key);
        }
    }

    /// A call to it came to nothing.
    pub fn call_failed(&mut self, now: Mono, key: K) {
        if self.calling.remove(&key).is_some() {
            self.rest(now, key);
        }
    }

    /// Whether a call from this one is taken now. The places for our own calls
    /// stay free for them, and the last two for the vouched-for if any are known.
    #[must_use]
    pub fn has_room_for(&self, key: K) -> bool {
        let inbound = self.links.values().filter(|link| !link.outbound).count();
        let is_vouched = self.is_vouched(&key);
        let kept = match is_vouched {
            true => 0,
            false => self.vouched_missing(),
        };
        inbound + LAN_LINKS_OUTBOUND_MIN + kept < LAN_LINKS_MAX + usize::from(is_vouched)
            && self.links.len() < LAN_LINKS_MAX
    }

    /// When [`Self::decide`] has something to do even if nothing happens.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        self.redraw_at
    }

    /// What to do now. Call it about once a second and after every change.
    pub fn decide(&mut self, now: Mono) -> Vec<Decision<K>> {
        let mut decided = self.redraw(now);
        let missing = self.vouched_missing();
        for key in self.waiting(now, Found::Vouched, missing) {
            if let Some(given_up) = self.place_for_vouched() {
                decided.push(Decision::Disconnect(given_up));
            }
            self.call(now, key, &mut decided);
        }
        for draw in self.draws {
            let called = self.links.values().filter(|link| link.outbound).count();
            if called + self.calling.len() >= LAN_LINKS_OUTBOUND_MIN {
                break;
            }
            if let Some(key) = self.first_by(now, draw) {
                self.call(now, key, &mut decided);
            }
        }
        // Inbound fills the rest; where nobody calls, we do.
        while self.links.len() + self.calling.len() < LAN_LINKS_AIM {
            let Some(key) = self.first_by(now, self.redraws) else {
                break;
            };
            self.call(now, key, &mut decided);
        }
        decided
    }

    /// Once a minute one of the three calls is given to another order; the link
    /// that the old order had picked goes, if the new one picks somebody else.
    fn redraw(&mut self, now: Mono) -> Vec<Decision<K>> {
        let at = *self
            .redraw_at
            .get_or_insert_with(|| now.plus_ms(LAN_REDRAW_MS));
        if now < at {
            return Vec::new();
        }
        self.redraw_at = Some(now.plus_ms(LAN_REDRAW_MS));
        let slot = usize::try_from(self.redraws % LAN_LINKS_OUTBOUND_MIN as u64).unwrap_or(0);
        let Some(draw) = self.draws.get_mut(slot) else {
            return Vec::new();
        };
        let old = std::mem::replace(draw, self.redraws);
        self.redraws += 1;
        let outbound = self
            .links
            .iter()
            .filter(|(key, link)| link.outbound && !self.is_vouched(key));
        let given_up = outbound
            .min_by_key(|(key, _)| (self.rank(old, key), **key))
            .map(|(key, _)| *key);
        let others_wait = self.first_by(now, self.redraws - 1).is_some();
        given_up
            .filter(|_| others_wait)
            .map(Decision::Disconnect)
            .into_iter()
            .collect()
    }

    fn call(&mut self, now: Mono, key: K, decided: &mut Vec<Decision<K>>) {
        self.calling.insert(key, now);
        decided.push(Decision::Connect(key));
    }

    /// With every place taken, the inbound link that somebody vouched-for gets:
    /// the last by our secret order, which nobody can aim at.
    fn place_for_vouched(&self) -> Option<K> {
        if self.links.len() + self.calling.len() < LAN_LINKS_MAX {
            return None;
        }
        let others = self
            .links
            .iter()
            .filter(|(key, _)| !self.is_vouched(key))
            .max_by_key(|(key, link)| (!link.outbound, self.rank(0, key), **key));
        others.map(|(key, _)| *key)
    }

    /// How many more links with the vouched-for there should and could be.
    fn vouched_missing(&self) -> usize {
        let linked = self.links.keys().chain(self.calling.keys());
        let have = linked.filter(|key| self.is_vouched(key)).count();
        let known = self
            .candidates
            .values()
            .filter(|candidate| candidate.found == Found::Vouched)
            .count();
        LAN_LINKS_BY_HAND_MIN.min(known).saturating_sub(have)
    }

    fn is_vouched(&self, key: &K) -> bool {
        self.candidates
            .get(key)
            .is_some_and(|candidate| candidate.found == Found::Vouched)
    }

    /// Whom the order `draw` of our secret puts first among those who wait.
    fn first_by(&self, now: Mono, draw: u64) -> Option<K> {
        self.callable(now, Found::Heard)
            .min_by_key(|key| (self.rank(draw, key), *key))
    }

    fn waiting(&self, now: Mono, found: Found, count: usize) -> Vec<K> {
        let mut keys: Vec<K> = self.callable(now, found).collect();
        keys.sort_by_key(|key| (self.rank(0, key), *key));
        keys.truncate(count);
        keys
    }

    fn callable(&self, now: Mono, found: Found) -> impl Iterator<Item = K> {
        self.candidates
            .iter()
            .filter(move |(key, candidate)| {
                candidate.found >= found
                    && candidate.retry_at <= now
                    && (candidate.found == Found::Vouched
                        || now.ms_since(candidate.heard_at) <= LAN_HEARD_MS)
                    && !self.links.contains_key(*key)
                    && !self.calling.contains_key(*key)
            })
            .map(|(key, _)| *key)
    }

    fn rank(&self, draw: u64, key: &K) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(&draw.to_le_bytes());
        hasher.update(key.as_ref());
        let mut rank = [0; 8];
        hasher.finalize_xof().fill(&mut rank);
        u64::from_le_bytes(rank)
    }

    fn rest(&mut self, now: Mono, key: K) {
        if let Some(candidate) = self.candidates.get_mut(&key) {
            candidate.retry_at = now.plus_ms(LAN_RETRY_MS);
        }
    }

    /// Of those without a link that nobody vouched for, the one heard longest ago.
    fn forget_one(&mut self) -> bool {
        let idle = self.candidates.iter().filter(|(key, candidate)| {
            candidate.found == Found::Heard && !self.links.contains_key(*key)
        });
        let oldest = idle
            .min_by_key(|(key, candidate)| (candidate.heard_at, **key))
            .map(|(key, _)| *key);
        oldest.is_some_and(|key| self.candidates.remove(&key).is_some())
    }
}
