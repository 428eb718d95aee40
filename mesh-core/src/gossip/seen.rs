//! Ids that need not be fetched: evicted, refused, or dropped before their time.
//!
//! What is held stands in the inventory; this is for the rest. Bounded, and when
//! full the oldest entry of whoever filled it most goes: a set that refuses when
//! full, or that forgets the oldest of all, lets one source stop the mesh.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use crate::gossip::Slot;
use crate::types::EnvelopeId;

/// Who brought an id: a neighbour's slot, or ourselves (the store).
type Owner = Option<Slot>;

/// A bounded set of ids, fair to those who fill it. Whether one is there is asked of a
/// keyed hash of 8 bytes, which only this process knows: among a million ids a new one
/// is taken for one of them once in 2⁴⁴ times. About 26 bytes an id.
#[derive(Debug)]
pub struct Seen {
    prints: HashTable<u64>,
    hasher: RandomState,
    queues: BTreeMap<Owner, VecDeque<EnvelopeId>>,
    ids_max: usize,
}

impl Seen {
    /// An empty set of at most `ids_max` ids.
    #[must_use]
    pub fn new(ids_max: usize) -> Self {
        Self {
            prints: HashTable::new(),
            hasher: RandomState::new(),
            queues: BTreeMap::new(),
            ids_max,
        }
    }

    /// Remembers an id on the account of whoever brought it. Returns the id that
    /// had to be forgotten for it, if the set was full.
    pub fn insert(&mut self, id: EnvelopeId, owner: Option<Slot>) -> Option<EnvelopeId> {
        if self.ids_max == 0 || self.contains(id) {
            return None;
        }
        let is_full = self.prints.len() >= self.ids_max;
        let dropped = if is_full { self.drop_one() } else { None };
        let print = self.hasher.hash_one(id);
        self.prints.insert_unique(print, print, |print| *print);
        self.queues.entry(owner).or_default().push_back(id);
        dropped
    }

    /// Whether the id is remembered.
    #[must_use]
    pub fn contains(&self, id: EnvelopeId) -> bool {
        let print = self.hasher.hash_one(id);
        self.prints.find(print, |other| *other == print).is_some()
    }

    /// How many ids are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.prints.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.prints.is_empty()
    }

    /// Forgets what neighbours brought and we refused; what we dropped ourselves
    /// stays.
    pub fn forget_brought(&mut self) {
        self.queues.retain(|owner, _| owner.is_none());
        self.prints.clear();
        for id in self.queues.values().flatten() {
            let print = self.hasher.hash_one(id);
            self.prints.insert_unique(print, print, |print| *print);
        }
    }

    fn forget(&mut self, id: EnvelopeId) {
        let print = self.hasher.hash_one(id);
        if let Ok(found) = self.prints.find_entry(print, |other| *other == print) {
            found.remove();
        }
    }

    fn drop_one(&mut self) -> Option<EnvelopeId> {
        let largest = self.queues.values_mut().max_by_key(|queue| queue.len())?;
        let oldest = largest.pop_front()?;
        self.forget(oldest);
        Some(oldest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u32) -> EnvelopeId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        EnvelopeId(bytes)
    }

    #[test]
    fn a_flooder_pushes_out_its_own_entries_only() {
        let honest = Slot::lowest_free([]).unwrap();
        let flooder = Slot::lowest_free([honest]).unwrap();
        let mut seen = Seen::new(100);
        (0..10).for_each(|n| assert_eq!(seen.insert(id(n), Some(honest)), None));
        let forgotten = (1_000..9_000).filter_map(|n| seen.insert(id(n), Some(flooder)));
        assert_eq!(forgotten.count(), 8_000 - 90);
        assert_eq!(seen.len(), 100);
        assert!((0..10).all(|n| seen.contains(id(n))));
        assert!(!seen.contains(id(1_000)) && seen.contains(id(8_999)));
    }

    #[test]
    fn an_id_counts_once() {
        let mut seen = Seen::new(2);
        (0..5).for_each(|_| assert_eq!(seen.insert(id(1), None), None));
        assert_eq!(seen.insert(id(2), None), None);
        assert!(seen.contains(id(1)) && seen.contains(id(2)));
    }
}
