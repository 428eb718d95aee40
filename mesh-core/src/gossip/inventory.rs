//! The envelopes this node holds, and which neighbours are known to have each.
//!
//! In memory, rebuilt from the relay store at start; bodies stay in the store.
//! Neighbours are bits of one word for each envelope: "offer it to everyone not
//! known to have it" is the question asked most.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher as _, RandomState};

use hashbrown::HashTable;

use crate::types::{EnvelopeId, Mono, Source, Tick};
use crate::wire::envelope::Class;

/// A neighbour's bit, below [`crate::limits::LINKS_MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot(u8);

impl Slot {
    /// The lowest slot that none of `taken` uses; `None` when all are in use.
    #[must_use]
    pub fn lowest_free(taken: impl IntoIterator<Item = Self>) -> Option<Self> {
        let used = taken
            .into_iter()
            .fold(0_u32, |bits, slot| bits | slot.bit());
        let free = used.trailing_ones();
        (free < u32::BITS).then(|| Self(u8::try_from(free).unwrap_or(0)))
    }

    /// Whose account it is that this neighbour's deliveries go to.
    #[must_use]
    pub fn source(self) -> Source {
        Source(self.0.saturating_add(1))
    }

    fn bit(self) -> u32 {
        1 << self.0
    }
}

/// Some neighbours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Slots(u32);

impl Slots {
    /// Whether a neighbour is one of them.
    #[must_use]
    pub fn contains(self, slot: Slot) -> bool {
        self.0 & slot.bit() != 0
    }

    /// With one more.
    pub fn insert(&mut self, slot: Slot) {
        self.0 |= slot.bit();
    }

    /// With one less.
    pub fn remove(&mut self, slot: Slot) {
        self.0 &= !slot.bit();
    }
}

/// One held envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// From its header.
    pub class: Class,
    /// From its header.
    pub expiry: Tick,
    /// Its delivery tag.
    pub tag: [u8; 16],
    /// Its length.
    pub bytes: u32,
    /// Who brought it.
    pub source: Source,
    /// When it is dropped whatever its header says: a clock step must neither
    /// keep nor kill it.
    pub drop_at: Mono,
}

#[derive(Debug)]
struct Entry {
    id: EnvelopeId,
    held: Held,
    known_by: u32,
    /// It was dropped, and its place is used again when places are counted anew.
    is_gone: bool,
}

/// What one source brought of one class.
#[derive(Debug, Default)]
struct Account {
    bytes: u64,
    count: usize,
    /// None of them stands before this place.
    oldest: usize,
}

/// Places of the dropped are kept until there are more of them than of the others,
/// and at least this many.
const GONE_MIN: usize = 32;
/// Entries in one piece of the list. A list in one piece would be copied, and leave a
/// hole behind, each time it grows.
const PIECE: usize = 64;

/// Entries by place.
#[derive(Debug, Default)]
struct Entries {
    /// Full ones, and one that is not.
    pieces: Vec<Vec<Entry>>,
    len: usize,
}

impl Entries {
    fn len(&self) -> usize {
        self.len
    }

    fn push(&mut self, entry: Entry) {
        if self.len.is_multiple_of(PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        if let Some(last) = self.pieces.last_mut() {
            last.push(entry);
            self.len += 1;
        }
    }

    fn get(&self, place: usize) -> Option<&Entry> {
        self.pieces.get(place / PIECE)?.get(place % PIECE)
    }

    fn get_mut(&mut self, place: usize) -> Option<&mut Entry> {
        self.pieces.get_mut(place / PIECE)?.get_mut(place % PIECE)
    }

    fn iter(&self) -> impl DoubleEndedIterator<Item = &Entry> + Clone {
        self.pieces.iter().flatten()
    }

    fn iter_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.pieces.iter_mut().flatten()
    }

    /// With their places, those before `below`, the last one first.
    fn down_from(&self, below: usize) -> impl Iterator<Item = (usize, &Entry)> {
        let below = below.min(self.len);
        let places = (0..below).rev();
        places.filter_map(|place| Some((place, self.get(place)?)))
    }

    /// The first of which `is_it` says so, from a place on.
    fn find_from(&self, place: usize, is_it: impl Fn(&Entry) -> bool) -> Option<usize> {
        (place..self.len).find(|place| self.get(*place).is_some_and(&is_it))
    }

    /// Without those of which `keeps` says no.
    fn retain(&mut self, keeps: impl Fn(&Entry) -> bool) {
        let before = std::mem::take(self);
        let kept = before.pieces.into_iter().flatten().filter(keeps);
        kept.for_each(|entry| self.push(entry));
    }
}

/// All held envelopes, in order of arrival. A *place* is an index into that order; it
/// shrinks, and never grows, when the dropped ones before it are cleared away.
#[derive(Debug, Default)]
pub struct Inventory {
    entries: Entries,
    /// Places by id.
    places: HashTable<u32>,
    hasher: RandomState,
    accounts: BTreeMap<(Class, Source), Account>,
    /// Count and bytes of each class.
    totals: [(usize, u64); Class::ALL.len()],
    /// By delivery tag; only where somebody asks by it.
    by_tag: Option<BTreeSet<([u8; 16], EnvelopeId)>>,
}

impl Inventory {
    /// Adds an envelope; `false` if it is held already.
    pub fn insert(&mut self, id: EnvelopeId, held: Held) -> bool {
        if self.contains(id) {
            return false;
        }
        let place = self.entries.len();
        let Ok(number) = u32::try_from(place) else {
            return false;
        };
        self.entries.push(Entry {
            id,
            held,
            known_by: 0,
            is_gone: false,
        });
        self.index(id, number);
        if let Some(by_tag) = &mut self.by_tag {
            by_tag.insert((held.tag, id));
        }
        let account = self.accounts.entry((held.class, held.source)).or_default();
        if account.count == 0 {
            account.oldest = place;
        }
        account.count += 1;
        account.bytes += u64::from(held.bytes);
        if let Some((count, bytes)) = self.total_mut(held.class) {
            *count += 1;
            *bytes += u64::from(held.bytes);
        }
        true
    }

    /// Envelopes with a delivery tag, in order of their ids: anybody may copy the tag of
    /// another's envelope. The first call builds an index, which a node that opens
    /// nothing never pays for.
    pub fn tagged(&mut self, tag: &[u8; 16]) -> Vec<EnvelopeId> {
        let by_tag = self.by_tag.get_or_insert_with(|| {
            let held = self.entries.iter().filter(|entry| !entry.is_gone);
            held.map(|entry| (entry.held.tag, entry.id)).collect()
        });
        let all = (*tag, EnvelopeId([0; 16]))..=(*tag, EnvelopeId([u8::MAX; 16]));
        by_tag.range(all).map(|(_, id)| *id).collect()
    }

    /// Drops an envelope.
    pub fn remove(&mut self, id: EnvelopeId) -> Option<Held> {
        let entries = &mut self.entries;
        let is_it = |place: &u32| is_at(entries, *place, id);
        let found = self.places.find_entry(self.hasher.hash_one(id), is_it);
        let (place, _) = found.ok()?.remove();
        let entry = entries.get_mut(place as usize)?;
        entry.is_gone = true;
        let held = entry.held;
        if let Some(by_tag) = &mut self.by_tag {
            by_tag.remove(&(held.tag, id));
        }
        let key = (held.class, held.source);
        if let Some(account) = self.accounts.get_mut(&key) {
            account.count -= 1;
            account.bytes -= u64::from(held.bytes);
            if account.count == 0 {
                self.accounts.remove(&key);
            }
        }
        if let Some((count, bytes)) = self.total_mut(held.class) {
            *count -= 1;
            *bytes -= u64::from(held.bytes);
        }
        let gone = self.entries.len() - self.places.len();
        if gone > self.places.len().max(GONE_MIN) {
            self.count_anew();
        }
        Some(held)
    }

    /// What goes first when a class is over its quota: the oldest of the source that
    /// takes most of it. A flooder so pushes out its own.
    pub fn victim(&mut self, class: Class) -> Option<EnvelopeId> {
        let of_class = self
            .accounts
            .range_mut((class, Source(0))..=(class, Source(u8::MAX)));
        let ((_, source), largest) = of_class.max_by_key(|(_, account)| account.bytes)?;
        let is_of_it = |entry: &Entry| {
            !entry.is_gone && entry.held.class == class && entry.held.source == *source
        };
        largest.oldest = self.entries.find_from(largest.oldest, is_of_it)?;
        self.entries.get(largest.oldest).map(|entry| entry.id)
    }

    /// The neighbour was not told after all.
    pub fn mark_unknown(&mut self, id: EnvelopeId, slot: Slot) {
        if let Some(entry) = self.entry_mut(id) {
            entry.known_by &= !slot.bit();
        }
    }

    /// The neighbour has it, or was told that we do.
    pub fn mark_known(&mut self, id: EnvelopeId, slot: Slot) {
        if let Some(entry) = self.entry_mut(id) {
            entry.known_by |= slot.bit();
        }
    }

    /// The neighbour is gone: its slot may mean another one from now on.
    pub fn forget_neighbour(&mut self, slot: Slot) {
        for entry in self.entries.iter_mut() {
            entry.known_by &= !slot.bit();
        }
    }

    /// Whether the neighbour has it or was told that we do; `None` if we do not hold it.
    #[must_use]
    pub fn is_known_by(&self, id: EnvelopeId, slot: Slot) -> Option<bool> {
        self.known_by(id).map(|slots| slots.contains(slot))
    }

    /// Who has it or was told that we do; `None` if we do not hold it.
    #[must_use]
    pub fn known_by(&self, id: EnvelopeId) -> Option<Slots> {
        self.entry(id).map(|entry| Slots(entry.known_by))
    }

    /// These, and nobody else, have it or were told that we do.
    pub fn set_known_by(&mut self, id: EnvelopeId, slots: Slots) {
        if let Some(entry) = self.entry_mut(id) {
            entry.known_by = slots.0;
        }
    }

    /// At most `count` envelopes of a class that the neighbour is not known to
    /// have, newest first, before the place `below`; and where to go on, `None` at the
    /// end. Looks at no more than 16 entries for each one asked for.
    #[must_use]
    pub fn unknown_to(
        &self,
        slot: Slot,
        class: Class,
        below: u64,
        count: usize,
    ) -> (Vec<EnvelopeId>, Option<u64>) {
        let below = usize::try_from(below).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        let before = self.entries.down_from(below);
        let live = before.filter(|(_, entry)| !entry.is_gone);
        for (looked, (place, entry)) in live.enumerate() {
            if found.len() >= count || looked >= count.saturating_mul(16) {
                return (found, Some(place as u64 + 1));
            }
            if entry.held.class == class && entry.known_by & slot.bit() == 0 {
                found.push(entry.id);
            }
        }
        (found, None)
    }

    /// The neighbour said what it has of a class that expires after `cut`: nothing is
    /// known to be there until it is marked. What expires before counts as known: it
    /// would come too late.
    pub fn forget_known(&mut self, slot: Slot, class: Class, cut: Tick) {
        for entry in self.entries.iter_mut() {
            if entry.held.class == class {
                let is_late = entry.held.expiry <= cut;
                entry.known_by &= !slot.bit();
                entry.known_by |= if is_late { slot.bit() } else { 0 };
            }
        }
    }

    /// What is known of a held envelope.
    #[must_use]
    pub fn held(&self, id: EnvelopeId) -> Option<&Held> {
        self.entry(id).map(|entry| &entry.held)
    }

    /// Whether it is held.
    #[must_use]
    pub fn contains(&self, id: EnvelopeId) -> bool {
        self.entry(id).is_some()
    }

    /// All of them, oldest arrival first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (EnvelopeId, &Held)> + Clone {
        let live = self.entries.iter().filter(|entry| !entry.is_gone);
        live.map(|entry| (entry.id, &entry.held))
    }

    /// How many of a class are held.
    #[must_use]
    pub fn count(&self, class: Class) -> usize {
        self.total(class).0
    }

    /// Bytes of a class.
    #[must_use]
    pub fn bytes_of(&self, class: Class) -> u64 {
        self.total(class).1
    }

    /// How many are held.
    #[must_use]
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Bytes of all of them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.totals.iter().map(|(_, bytes)| bytes).sum()
    }

    fn place(&self, id: EnvelopeId) -> Option<u32> {
        let is_it = |place: &u32| is_at(&self.entries, *place, id);
        let found = self.places.find(self.hasher.hash_one(id), is_it);
        found.copied()
    }

    fn entry(&self, id: EnvelopeId) -> Option<&Entry> {
        self.entries.get(self.place(id)? as usize)
    }

    fn entry_mut(&mut self, id: EnvelopeId) -> Option<&mut Entry> {
        let place = self.place(id)?;
        self.entries.get_mut(place as usize)
    }

    /// Notes the place of an id that has none.
    fn index(&mut self, id: EnvelopeId, place: u32) {
        let (hasher, entries) = (&self.hasher, &self.entries);
        let hash_of = |place: &u32| {
            let entry = entries.get(*place as usize);
            entry.map_or(0, |entry| hasher.hash_one(entry.id))
        };
        self.places
            .insert_unique(hasher.hash_one(id), place, hash_of);
    }

    /// Clears the dropped ones away.
    fn count_anew(&mut self) {
        self.entries.retain(|entry| !entry.is_gone);
        self.accounts
            .values_mut()
            .for_each(|account| account.oldest = 0);
        self.places.clear();
        let ids: Vec<EnvelopeId> = self.entries.iter().map(|entry| entry.id).collect();
        for (place, id) in (0..).zip(ids) {
            self.index(id, place);
        }
    }

    fn total(&self, class: Class) -> (usize, u64) {
        let at = usize::from(class.code());
        self.totals.get(at).copied().unwrap_or_default()
    }

    fn total_mut(&mut self, class: Class) -> Option<&mut (usize, u64)> {
        self.totals.get_mut(usize::from(class.code()))
    }
}

fn is_at(entries: &Entries, place: u32, id: EnvelopeId) -> bool {
    let entry = entries.get(place as usize);
    entry.is_some_and(|entry| entry.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> EnvelopeId {
        EnvelopeId([number; 16])
    }

    fn held(class: Class) -> Held {
        Held {
            class,
            expiry: Tick(9),
            tag: [0; 16],
            bytes: 480,
            source: Source::HERE,
            drop_at: Mono(1),
        }
    }

    #[test]
    fn envelopes_are_found_by_their_tag() {
        let tagged = |tag| Held {
            tag: [tag; 16],
            ..held(Class::Text)
        };
        let mut inventory = Inventory::default();
        inventory.insert(id(9), tagged(1));
        inventory.insert(id(2), tagged(2));
        assert_eq!(inventory.tagged(&[1; 16]), [id(9)]);
        inventory.insert(id(1), tagged(1));
        assert_eq!(inventory.tagged(&[1; 16]), [id(1), id(9)]);
        inventory.remove(id(9));
        assert_eq!(inventory.tagged(&[1; 16]), [id(1)]);
        assert_eq!(inventory.tagged(&[3; 16]), []);
    }

    #[test]
    fn counts_and_bytes_follow_insert_and_remove() {
        let mut inventory = Inventory::default();
        assert!(inventory.insert(id(1), held(Class::Text)));
        assert!(!inventory.insert(id(1), held(Class::Text)));
        assert!(inventory.insert(id(2), held(Class::Sos)));
        assert_eq!(
            (
                inventory.len(),
                inventory.bytes(),
                inventory.count(Class::Sos)
            ),
            (2, 960, 1)
        );
        assert!(inventory.remove(id(2)).is_some());
        assert!(inventory.remove(id(2)).is_none());
        assert_eq!(
            (
                inventory.len(),
                inventory.bytes(),
                inventory.count(Class::Sos)
            ),
            (1, 480, 0)
        );
    }

    #[test]
    fn places_of_the_dropped_are_used_again_and_nobody_is_lost() {
        let mut inventory = Inventory::default();
        let of = |n: u8| Held {
            source: Source(n % 3),
            ..held(Class::Text)
        };
        let (slot, mut round) = (Slot::lowest_free([]).unwrap(), 0);
        while inventory.entries.len() < 1_000 && round < 100 {
            (0..200).for_each(|n| assert!(inventory.insert(id(n), of(n))));
            inventory.mark_known(id(199), slot);
            let (unknown, _) = inventory.unknown_to(slot, Class::Text, u64::MAX, 300);
            let newest_first: Vec<EnvelopeId> = (0..199).rev().map(id).collect();
            assert_eq!(unknown, newest_first);
            let victims: Vec<EnvelopeId> = (0..200)
                .filter_map(|_| {
                    let victim = inventory.victim(Class::Text)?;
                    inventory.remove(victim).map(|_| victim)
                })
                .collect();
            // In turn of the three sources, and each source's oldest first.
            assert_eq!(victims.len(), 200);
            for source in 0..3 {
                let of_it = victims.iter().filter(|victim| victim.0[0] % 3 == source);
                assert!(of_it.is_sorted());
            }
            assert!(inventory.is_empty() && inventory.accounts.is_empty());
            round += 1;
        }
        assert_eq!(round, 100, "a list of 200 grows without bound");
    }

    #[test]
    fn sweep_names_the_newest_unknown_first_and_goes_on_where_it_stopped() {
        let mut inventory = Inventory::default();
        (1..=5).for_each(|n| assert!(inventory.insert(id(n), held(Class::Text))));
        let slot = Slot::lowest_free([]).unwrap();
        inventory.mark_known(id(4), slot);
        let (first, rest) = inventory.unknown_to(slot, Class::Text, u64::MAX, 2);
        assert_eq!(first, [id(5), id(3)]);
        let (second, rest) = inventory.unknown_to(slot, Class::Text, rest.unwrap(), 9);
        assert_eq!((second, rest), (vec![id(2), id(1)], None));
        inventory.forget_neighbour(slot);
        assert_eq!(inventory.is_known_by(id(4), slot), Some(false));
    }

    #[test]
    fn the_oldest_of_whoever_takes_most_goes_first() {
        let mut inventory = Inventory::default();
        let brought_by = |source| Held {
            source: Source(source),
            ..held(Class::Text)
        };
        assert!(inventory.insert(id(1), brought_by(1)));
        (2..=4).for_each(|n| assert!(inventory.insert(id(n), brought_by(2))));
        let mut victims = Vec::new();
        while let Some(victim) = inventory.victim(Class::Text) {
            victims.push(victim);
            inventory.remove(victim);
        }
        assert_eq!(victims[..2], [id(2), id(3)]);
        assert_eq!(inventory.victim(Class::Sos), None);
        assert!(inventory.accounts.is_empty());
    }

    #[test]
    fn slots_run_out_at_the_width_of_the_word() {
        let mut taken = Vec::new();
        while let Some(slot) = Slot::lowest_free(taken.iter().copied()) {
            assert!(!taken.contains(&slot));
            taken.push(slot);
        }
        assert_eq!(taken.len(), 32);
    }
}
