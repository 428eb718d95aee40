//! Bluetooth: three to five links, one of them given up when others wait.
//!
//! A crowd is one mesh only if links change: four links a person, chosen once,
//! fall into knots that never touch. So a link that brings nothing makes room for
//! somebody not met lately, at once when it is idle and in any case every one to
//! two minutes. Who was never met comes first, then who had the most news, and of
//! those whoever has been near the longest: a call takes longer than two people who
//! pass each other are in reach, and what has lasted lasts.

use std::collections::BTreeMap;

use rand_core::CryptoRng;

use crate::limits::{
    BLE_BREAK_MS, BLE_CALL_MS_MAX, BLE_CANDIDATES_MAX, BLE_HEARD_MS, BLE_IDLE_MS, BLE_LINKS_AIM,
    BLE_LINKS_MAX, BLE_MEET_AGAIN_MS, BLE_RETRY_MS, BLE_ROTATE_MS, BLE_SETTLE_MS,
};
use crate::types::Mono;

use super::Decision;

/// What somebody never met may have, in envelopes times seconds.
const NEWS_MAX: u64 = 10_000;
/// Seconds near after which somebody does not get steadier.
const STEADY_S_MAX: u64 = 20;

/// Somebody heard, or met before.
#[derive(Debug, Clone, Copy)]
struct Candidate {
    /// Since when it was heard without a break.
    near_since: Mono,
    heard_at: Mono,
    /// Whether it says that it takes calls.
    has_room: bool,
    /// Not called before this.
    retry_at: Mono,
    /// When the last link with it ended.
    met_at: Option<Mono>,
    /// Envelopes that the last link moved.
    news: u64,
}

/// A link that stands.
#[derive(Debug, Clone, Copy)]
struct Standing {
    since: Mono,
    /// Envelopes moved either way so far, and when that grew last.
    moved: u64,
    moved_at: Mono,
}

/// The rule for one Bluetooth adapter. One call at a time: stacks do no better.
#[derive(Debug)]
pub struct BleNeighbours<K> {
    candidates: BTreeMap<K, Candidate>,
    links: BTreeMap<K, Standing>,
    calling: Option<(K, Mono)>,
    /// A link is given up at this moment if somebody waits.
    rotate_at: Option<Mono>,
}

impl<K> Default for BleNeighbours<K> {
    fn default() -> Self {
        Self {
            candidates: BTreeMap::new(),
            links: BTreeMap::new(),
            calling: None,
            rotate_at: None,
        }
    }
}

impl<K: Ord + Copy> BleNeighbours<K> {
    /// Its advertisement came; `has_room` is what that says of free slots.
    pub fn heard(&mut self, now: Mono, key: K, has_room: bool) {
        if let Some(candidate) = self.candidates.get_mut(&key) {
            if now.ms_since(candidate.heard_at) > BLE_BREAK_MS {
                candidate.near_since = now;
            }
            candidate.heard_at = now;
            candidate.has_room = has_room;
            return;
        }
        if self.candidates.len() >= BLE_CANDIDATES_MAX {
            self.forget_one();
        }
        let candidate = Candidate {
            near_since: now,
            heard_at: now,
            has_room,
            retry_at: now,
            met_at: None,
            news: 0,
        };
        self.candidates.insert(key, candidate);
    }

    /// A link with it stands, whoever called.
    pub fn linked(&mut self, now: Mono, key: K) {
        self.end_call(key);
        let standing = Standing {
            since: now,
            moved: 0,
            moved_at: now,
        };
        self.links.insert(key, standing);
    }

    /// Envelopes that this link moved since it stands, both ways together.
    pub fn moved(&mut self, now: Mono, key: K, envelopes: u64) {
        if let Some(link) = self.links.get_mut(&key)
            && link.moved < envelopes
        {
            link.moved = envelopes;
            link.moved_at = now;
        }
    }

    /// The link with it ended.
    pub fn unlinked(&mut self, now: Mono, key: K) {
        let Some(link) = self.links.remove(&key) else {
            return;
        };
        if let Some(candidate) = self.candidates.get_mut(&key) {
            candidate.met_at = Some(now);
            candidate.news = link.moved;
        }
    }

    /// A call to it came to nothing.
    pub fn call_failed(&mut self, now: Mono, rng: &mut dyn CryptoRng, key: K) {
        self.end_call(key);
        if let Some(candidate) = self.candidates.get_mut(&key) {
            candidate.retry_at = now.plus_ms(within(rng, BLE_RETRY_MS));
        }
    }

    /// Whether a call from somebody else is taken now.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.links.len() + usize::from(self.calling.is_some()) < BLE_LINKS_MAX
    }

    /// Whether anything would come of looking around now: a scan costs energy.
    #[must_use]
    pub fn is_looking(&self, now: Mono) -> bool {
        self.links.len() < BLE_LINKS_AIM
            || self.links.values().any(|link| is_spent(now, link))
            || self.rotate_at.is_none_or(|at| at <= now)
    }

    /// What to do now. Call it about once a second and after every change.
    pub fn decide(&mut self, now: Mono, rng: &mut dyn CryptoRng) -> Vec<Decision<K>> {
        let rotate_at = *self
            .rotate_at
            .get_or_insert_with(|| now.plus_ms(within(rng, BLE_ROTATE_MS)));
        if let Some((key, deadline)) = self.calling {
            if now < deadline {
                return Vec::new();
            }
            self.call_failed(now, rng, key);
        }
        let is_full = self.links.len() >= BLE_LINKS_AIM;
        let Some(next) = self.best_candidate(now, rng, is_full) else {
            return Vec::new();
        };
        let mut decided = Vec::new();
        if is_full {
            let Some(given_up) = self.least_useful(now, rotate_at <= now) else {
                return Vec::new();
            };
            if rotate_at <= now {
                self.rotate_at = Some(now.plus_ms(within(rng, BLE_ROTATE_MS)));
            }
            decided.push(Decision::Disconnect(given_up));
        }
        self.calling = Some((next, now.plus_ms(BLE_CALL_MS_MAX)));
        decided.push(Decision::Connect(next));
        decided
    }

    /// Whom to call: the never met, then who had the most news for the longest.
    /// With all slots in use only somebody not met lately is worth one.
    fn best_candidate(&self, now: Mono, rng: &mut dyn CryptoRng, is_full: bool) -> Option<K> {
        let salt = rng.next_u64();
        let waiting = self.candidates.iter().filter(|(key, candidate)| {
            now.ms_since(candidate.heard_at) <= BLE_HEARD_MS
                && candidate.has_room
                && candidate.retry_at <= now
                && !self.links.contains_key(*key)
        });
        let worth = waiting.filter(|(_, candidate)| {
            !is_full
                || candidate
                    .met_at
                    .is_none_or(|at| now.ms_since(at) >= BLE_MEET_AGAIN_MS)
        });
        worth
            .zip(0_u64..)
            .max_by_key(|((_, candidate), number)| {
                let draw = mix(salt, *number);
                (promise(now, candidate), draw)
            })
            .map(|((key, _), _)| *key)
    }

    /// The link to give up: one with nothing more to say, or when it is time for a
    /// change, the one that moved least for its age.
    fn least_useful(&self, now: Mono, is_time: bool) -> Option<K> {
        let settled = self
            .links
            .iter()
            .filter(|(_, link)| now.ms_since(link.since) >= BLE_SETTLE_MS);
        settled
            .filter(|(_, link)| is_time || is_spent(now, link))
            .min_by_key(|(key, link)| {
                let per_s = link.moved.saturating_mul(1_000) / now.ms_since(link.since).max(1);
                (!is_spent(now, link), per_s, link.since, **key)
            })
            .map(|(key, _)| *key)
    }

    fn end_call(&mut self, key: K) {
        if self.calling.is_some_and(|(called, _)| called == key) {
            self.calling = None;
        }
    }

    /// Of the candidates without a link, the one heard longest ago.
    fn forget_one(&mut self) {
        let idle = self
            .candidates
            .iter()
            .filter(|(key, _)| !self.links.contains_key(*key));
        let oldest = idle
            .min_by_key(|(key, candidate)| (candidate.heard_at, **key))
            .map(|(key, _)| *key);
        if let Some(key) = oldest {
            self.candidates.remove(&key);
        }
    }
}

/// How much a call promises: the news that it may bring, the never met most, times
/// how likely it is to come to a link.
fn promise(now: Mono, candidate: &Candidate) -> u64 {
    let news = candidate.met_at.map_or(NEWS_MAX, |at| {
        let since_s = now.ms_since(at) / 1_000;
        (since_s * (candidate.news + 1)).min(NEWS_MAX)
    });
    let near_s = now.ms_since(candidate.near_since) / 1_000;
    news * (1 + near_s).min(STEADY_S_MAX)
}

/// Whether a link has had its time and moved nothing for a while.
fn is_spent(now: Mono, link: &Standing) -> bool {
    now.ms_since(link.since) >= BLE_SETTLE_MS && now.ms_since(link.moved_at) >= BLE_IDLE_MS
}

fn within(rng: &mut dyn CryptoRng, span: core::ops::Range<u64>) -> u64 {
    span.start + rng.next_u64() % (span.end - span.start)
}

/// Spreads a number by a salt, so that candidates of equal promise come in an
/// order of this moment and this device.
fn mix(salt: u64, number: u64) -> u64 {
    let mixed = (salt ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

#[cfg(test)]
mod tests;
