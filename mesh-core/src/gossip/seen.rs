//! Ids that need not be fetched: evicted, refused, or dropped before their time.
//!
//! What is held stands in the inventory; this is for the rest. Bounded, and when
//! full the oldest entry of whoever filled it most goes: a set that refuses when
//! full, or that forgets the oldest of all, lets one source stop the mesh.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::gossip::Slot;
use crate::types::EnvelopeId;

/// Who brought an id: a neighbour's slot, or ourselves (the store).
type Owner = Option<Slot>;

/// A bounded set of ids, fair to those who fill it.
#[derive(Debug)]
pub struct Seen {
    owner_of: HashMap<EnvelopeId, Owner>,
    queues: BTreeMap<Owner, VecDeque<EnvelopeId>>,
    ids_max: usize,
}

impl Seen {
    /// An empty set of at most `ids_max` ids.
    #[must_use]
    pub fn new(ids_max: usize) -> Self {
        Self {
            owner_of: HashMap::new(),
            queues: BTreeMap::new(),
            ids_max,
        }
    }

    /// Remembers an id on the account of whoever brought it.
    pub fn insert(&mut self, id: EnvelopeId, owner: Option<Slot>) {
        if self.ids_max == 0 || self.owner_of.contains_key(&id) {
            return;
        }
        if self.owner_of.len() >= self.ids_max {
            self.drop_one();
        }
        self.owner_of.insert(id, owner);
        self.queues.entry(owner).or_default().push_back(id);
    }

    /// Whether the id is remembered.
    #[must_use]
    pub fn contains(&self, id: EnvelopeId) -> bool {
        self.owner_of.contains_key(&id)
    }

    /// How many ids are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owner_of.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owner_of.is_empty()
    }

    /// Forgets what neighbours brought and we refused; what we dropped ourselves
    /// stays.
    pub fn forget_brought(&mut self) {
        self.queues.retain(|owner, _| owner.is_none());
        self.owner_of.retain(|_, owner| owner.is_none());
    }

    fn drop_one(&mut self) {
        let Some(queue) = self.queues.values_mut().max_by_key(|queue| queue.len()) else {
            return;
        };
        if let Some(oldest) = queue.pop_front() {
            self.owner_of.remove(&oldest);
        }
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
        (0..10).for_each(|n| seen.insert(id(n), Some(honest)));
        (1_000..9_000).for_each(|n| seen.insert(id(n), Some(flooder)));
        assert_eq!(seen.len(), 100);
        assert!((0..10).all(|n| seen.contains(id(n))));
        assert!(!seen.contains(id(1_000)) && seen.contains(id(8_999)));
    }

    #[test]
    fn an_id_counts_once() {
        let mut seen = Seen::new(2);
        (0..5).for_each(|_| seen.insert(id(1), None));
        seen.insert(id(2), None);
        assert!(seen.contains(id(1)) && seen.contains(id(2)));
    }
}
