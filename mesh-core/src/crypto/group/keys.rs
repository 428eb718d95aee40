//! Wrapping keys: our own, replaced now and then, and those that others announced.
//!
//! Who steals a wrapping key opens the operations that were wrapped to it. So each
//! member announces a new one after the last was used, and erases the old one once
//! nobody can wrap to it any more: 72 hours after everybody acknowledged an operation
//! that uses a newer one, or 14 days after it was replaced, whatever comes first.

use std::collections::{BTreeMap, BTreeSet};

use rand_core::CryptoRng;

use crate::limits::{
    GROUP_KEY_ANNOUNCE_MS, GROUP_KEY_KEPT_MS, GROUP_KEY_KEPT_MS_MAX, GROUP_KEYS_KNOWN_MAX,
    GROUP_OWN_KEYS_MAX, GROUP_PARENTS_MAX,
};
use crate::types::Wall;

use super::super::identity::is_low_order;
use super::super::primitives::{draw_secret, public_key};
use super::super::secret::Secret;
use super::epoch::{put_time, take_time};
use super::member::{MemberId, Roster};
use super::op::{Eid, Reader};

/// One of ours.
pub(super) struct OwnKey {
    pub(super) secret: Secret<32>,
    pub(super) public: [u8; 32],
    /// How many came before it.
    seq: u32,
    made: Wall,
    /// When the first operation that uses it came.
    used: Option<Wall>,
    /// The newest operations that use it.
    listed: Vec<Eid>,
    /// Who said to know one of them.
    acknowledged: BTreeSet<MemberId>,
    /// When everybody did.
    settled: Option<Wall>,
}

impl OwnKey {
    fn new(secret: Secret<32>, seq: u32, made: Wall) -> Self {
        Self {
            public: public_key(&secret),
            secret,
            seq,
            made,
            used: None,
            listed: Vec::new(),
            acknowledged: BTreeSet::new(),
            settled: None,
        }
    }
}

/// Ours, newest first, never empty.
pub(super) struct OwnRing(Vec<OwnKey>);

impl OwnRing {
    pub(super) fn new(secret: Secret<32>, now: Wall) -> Self {
        Self(vec![OwnKey::new(secret, 0, now)])
    }

    pub(super) fn secrets(&self) -> impl Iterator<Item = &Secret<32>> {
        self.0.iter().map(|key| &key.secret)
    }

    pub(super) fn publics(&self) -> Vec<[u8; 32]> {
        self.0.iter().map(|key| key.public).collect()
    }

    /// When a new one is to be announced at the latest: 6 hours after the newest was
    /// used. `None` if that was not used, or as many as may be are kept.
    pub(super) fn due(&self) -> Option<Wall> {
        let used = self.0.first().and_then(|key| key.used)?;
        let has_room = self.0.len() < GROUP_OWN_KEYS_MAX;
        has_room.then(|| Wall(used.0.saturating_add(GROUP_KEY_ANNOUNCE_MS)))
    }

    /// Draws a new one, to be announced with its number. `None` if none is due.
    pub(super) fn rotate(&mut self, rng: &mut dyn CryptoRng, now: Wall) -> Option<(u32, [u8; 32])> {
        self.due()?;
        let seq = self.0.first().map_or(0, |key| key.seq).checked_add(1)?;
        let key = OwnKey::new(draw_secret(rng), seq, now);
        let announced = (seq, key.public);
        self.0.insert(0, key);
        Some(announced)
    }

    /// An operation came that uses some of them.
    pub(super) fn is_used(&mut self, eid: Eid, now: Wall, uses: impl Fn(&[u8; 32]) -> bool) {
        for key in self.0.iter_mut().filter(|key| uses(&key.public)) {
            key.used.get_or_insert(now);
            key.listed.insert(0, eid);
            key.listed.truncate(GROUP_PARENTS_MAX);
        }
    }

    /// A member said what it knows.
    pub(super) fn acknowledge(
        &mut self,
        member: MemberId,
        roster: &Roster,
        me: MemberId,
        now: Wall,
        knows: impl Fn(&Eid) -> bool,
    ) {
        for key in &mut self.0 {
            if key.listed.iter().any(&knows) {
                key.acknowledged.insert(member);
            }
            key.acknowledged.retain(|id| roster.contains_key(id));
            let mut others = roster.keys().filter(|id| **id != me);
            if others.all(|id| key.acknowledged.contains(id)) && key.used.is_some() {
                key.settled.get_or_insert(now);
            }
        }
    }

    /// Erases those whose time is over. Stamps after `now` are of a clock that was
    /// ahead: their time begins again.
    pub(super) fn erase(&mut self, now: Wall) {
        for key in &mut self.0 {
            key.made = key.made.min(now);
            key.settled = key.settled.map(|at| at.min(now));
        }
        let since = |at: Wall| now.0.saturating_sub(at.0);
        let is_settled =
            |key: &OwnKey| key.settled.is_some_and(|at| since(at) >= GROUP_KEY_KEPT_MS);
        let has_lasted = |key: &OwnKey| since(key.made) >= GROUP_KEY_KEPT_MS_MAX;
        let newest = self
            .0
            .iter()
            .position(|key| is_settled(key) || has_lasted(key));
        if let Some(newest) = newest {
            self.0.truncate(newest.saturating_add(1));
        }
    }

    /// Bytes of [`OwnRing::encode`] at most.
    pub(super) fn encoded_bytes(&self) -> usize {
        let keys = self.0.iter();
        let of_each = keys.map(|key| 76 + 32 * key.listed.len() + 16 * key.acknowledged.len());
        1 + of_each.sum::<usize>()
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.push(u8::try_from(self.0.len()).unwrap_or(u8::MAX));
        for key in &self.0 {
            bytes.extend(key.secret.expose());
            bytes.extend(key.seq.to_le_bytes());
            bytes.extend(key.made.0.to_le_bytes());
            put_time(bytes, key.used);
            put_time(bytes, key.settled);
            bytes.push(u8::try_from(key.listed.len()).unwrap_or(u8::MAX));
            bytes.extend(key.listed.as_flattened());
            let count = u16::try_from(key.acknowledged.len()).unwrap_or(u16::MAX);
            bytes.extend(count.to_le_bytes());
            key.acknowledged.iter().for_each(|id| bytes.extend(id.0));
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let [count] = reader.take()?;
        (1..=GROUP_OWN_KEYS_MAX)
            .contains(&usize::from(count))
            .then_some(())?;
        let mut ring: Vec<OwnKey> = Vec::new();
        for _ in 0..count {
            let secret = Secret::take(&mut reader.take()?);
            let seq = u32::from_le_bytes(reader.take()?);
            let made = Wall(u64::from_le_bytes(reader.take()?));
            let mut key = OwnKey::new(secret, seq, made);
            (key.used, key.settled) = (take_time(reader)?, take_time(reader)?);
            let [listed] = reader.take()?;
            (usize::from(listed) <= GROUP_PARENTS_MAX).then_some(())?;
            for _ in 0..listed {
                key.listed.push(reader.take()?);
            }
            for _ in 0..reader.count()? {
                let id = MemberId(reader.take()?);
                let is_next = key.acknowledged.last().is_none_or(|last| *last < id);
                is_next.then(|| key.acknowledged.insert(id))?;
            }
            ring.last()
                .is_none_or(|last| seq < last.seq)
                .then_some(())?;
            ring.push(key);
        }
        Some(Self(ring))
    }
}

/// What others announced, newest first.
#[derive(Default)]
pub(super) struct Announced(BTreeMap<MemberId, Vec<(u32, [u8; 32])>>);

impl Announced {
    /// Remembers a key unless it is of low order or no newer than what is known.
    pub(super) fn take(&mut self, member: MemberId, seq: u32, mk: [u8; 32]) -> bool {
        let known = self.0.entry(member).or_default();
        let is_newer = seq > known.first().map_or(0, |(last, _)| *last);
        let is_taken = is_newer && !is_low_order(&mk);
        if is_taken {
            known.insert(0, (seq, mk));
            known.truncate(GROUP_KEYS_KNOWN_MAX);
        }
        is_taken
    }

    /// Keys of a member, newest first; the last is the one with which it came.
    pub(super) fn of(&self, member: MemberId, first: [u8; 32]) -> Vec<[u8; 32]> {
        let announced = self.0.get(&member).into_iter().flatten();
        announced.map(|(_, mk)| *mk).chain([first]).collect()
    }

    /// Forgets those of people who are gone.
    pub(super) fn retain(&mut self, is_member: impl Fn(&MemberId) -> bool) {
        self.0.retain(|id, keys| is_member(id) && !keys.is_empty());
    }

    pub(super) fn encode(&self, bytes: &mut Vec<u8>) {
        let known = self.0.iter().filter(|(_, keys)| !keys.is_empty());
        let count = u16::try_from(known.clone().count()).unwrap_or(u16::MAX);
        bytes.extend(count.to_le_bytes());
        for (id, keys) in known {
            bytes.extend(id.0);
            bytes.push(u8::try_from(keys.len()).unwrap_or(u8::MAX));
            for (seq, mk) in keys {
                bytes.extend(seq.to_le_bytes());
                bytes.extend(mk);
            }
        }
    }

    pub(super) fn decode(reader: &mut Reader<'_>) -> Option<Self> {
        let mut announced = BTreeMap::new();
        for _ in 0..reader.count()? {
            let id = MemberId(reader.take()?);
            let is_next = announced
                .last_key_value()
                .is_none_or(|(last, _)| *last < id);
            let [count] = reader.take()?;
            let is_valid = is_next && (1..=GROUP_KEYS_KNOWN_MAX).contains(&usize::from(count));
            is_valid.then_some(())?;
            let mut keys: Vec<(u32, [u8; 32])> = Vec::new();
            for _ in 0..count {
                let key = (u32::from_le_bytes(reader.take()?), reader.take()?);
                let is_older = keys.last().is_none_or(|(last, _)| key.0 < *last);
                is_older.then(|| keys.push(key))?;
            }
            announced.insert(id, keys);
        }
        Some(Self(announced))
    }
}
