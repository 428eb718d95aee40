//! The envelopes this node holds, and which neighbours are known to have each.
//!
//! In memory, rebuilt from the relay store at start; bodies stay in the store.
//! Neighbours are bits of one word for each envelope: "offer it to everyone not
//! known to have it" is the question asked most.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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
}

/// What one source brought of one class.
#[derive(Debug, Default)]
struct Account {
    arrivals: BTreeSet<u64>,
    bytes: u64,
}

/// All held envelopes, in order of arrival.
#[derive(Debug, Default)]
pub struct Inventory {
    by_id: HashMap<EnvelopeId, u64>,
    by_arrival: BTreeMap<u64, Entry>,
    arrivals: u64,
    accounts: BTreeMap<(Class, Source), Account>,
    /// Count and bytes of each class.
    totals: [(usize, u64); Class::ALL.len()],
    /// By delivery tag and arrival; only where somebody asks by tag.
    by_tag: Option<BTreeSet<([u8; 16], u64)>>,
}

impl Inventory {
    /// Adds an envelope; `false` if it is held already.
    pub fn insert(&mut self, id: EnvelopeId, held: Held) -> bool {
        if self.by_id.contains_key(&id) {
            return false;
        }
        self.arrivals += 1;
        self.by_id.insert(id, self.arrivals);
        if let Some(by_tag) = &mut self.by_tag {
            by_tag.insert((held.tag, self.arrivals));
        }
        self.by_arrival.insert(
            self.arrivals,
            Entry {
                id,
                held,
                known_by: 0,
            },
        );
        let account = self.accounts.entry((held.class, held.source)).or_default();
        account.arrivals.insert(self.arrivals);
        account.bytes += u64::from(held.bytes);
        if let Some((count, bytes)) = self.total_mut(held.class) {
            *count += 1;
            *bytes += u64::from(held.bytes);
        }
        true
    }

    /// Envelopes with a delivery tag, the first to come first: anybody may copy the
    /// tag of another's envelope. The first call builds an index, which a node that
    /// opens nothing never pays for.
    pub fn tagged(&mut self, tag: &[u8; 16]) -> Vec<EnvelopeId> {
        let by_tag = self.by_tag.get_or_insert_with(|| {
            let entries = self.by_arrival.iter();
            entries
                .map(|(arrival, entry)| (entry.held.tag, *arrival))
                .collect()
        });
        let arrivals = by_tag.range((*tag, 0)..=(*tag, u64::MAX));
        arrivals
            .filter_map(|(_, arrival)| self.by_arrival.get(arrival))
            .map(|entry| entry.id)
            .collect()
    }

    /// Drops an envelope.
    pub fn remove(&mut self, id: EnvelopeId) -> Option<Held> {
        let arrival = self.by_id.remove(&id)?;
        let held = self.by_arrival.remove(&arrival)?.held;
        if let Some(by_tag) = &mut self.by_tag {
            by_tag.remove(&(held.tag, arrival));
        }
        let key = (held.class, held.source);
        if let Some(account) = self.accounts.get_mut(&key) {
            account.arrivals.remove(&arrival);
            account.bytes -= u64::from(held.bytes);
            if account.arrivals.is_empty() {
                self.accounts.remove(&key);
            }
        }
        if let Some((count, bytes)) = self.total_mut(held.class) {
            *count -= 1;
            *bytes -= u64::from(held.bytes);
        }
        Some(held)
    }

    /// What goes first when a class is over its quota: the oldest of the source that
    /// takes most of it. A flooder so pushes out its own.
    #[must_use]
    pub fn victim(&self, class: Class) -> Option<EnvelopeId> {
        let of_class = self
            .accounts
            .range((class, Source(0))..=(class, Source(u8::MAX)));
        let (_, largest) = of_class.max_by_key(|(_, account)| account.bytes)?;
        let arrival = largest.arrivals.first()?;
        self.by_arrival.get(arrival).map(|entry| entry.id)
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
        for entry in self.by_arrival.values_mut() {
            entry.known_by &= !slot.bit();
        }
    }

    /// Whether the neighbour has it or was told that we do; `None` if we do not hold it.
    #[must_use]
    pub fn is_known_by(&self, id: EnvelopeId, slot: Slot) -> Option<bool> {
        let entry = self.by_arrival.get(self.by_id.get(&id)?)?;
        Some(entry.known_by & slot.bit() != 0)
    }

    /// At most `count` envelopes of a class that the neighbour is not known to
    /// have, newest first, below the arrival number `below`; and where to go on,
    /// `None` at the end. Looks at no more than 16 entries for each one asked for.
    #[must_use]
    pub fn unknown_to(
        &self,
        slot: Slot,
        class: Class,
        below: u64,
        count: usize,
    ) -> (Vec<EnvelopeId>, Option<u64>) {
        let mut found = Vec::new();
        for (looked, (arrival, entry)) in self.by_arrival.range(..below).rev().enumerate() {
            if found.len() >= count || looked >= count.saturating_mul(16) {
                return (found, Some(arrival + 1));
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
        for entry in self.by_arrival.values_mut() {
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
        self.by_arrival
            .get(self.by_id.get(&id)?)
            .map(|entry| &entry.held)
    }

    /// Whether it is held.
    #[must_use]
    pub fn contains(&self, id: EnvelopeId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// All of them, oldest arrival first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (EnvelopeId, &Held)> + Clone {
        self.by_arrival
            .values()
            .map(|entry| (entry.id, &entry.held))
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
        self.by_id.len()
    }

    /// Whether nothing is held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Bytes of all of them.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.totals.iter().map(|(_, bytes)| bytes).sum()
    }

    fn entry_mut(&mut self, id: EnvelopeId) -> Option<&mut Entry> {
        self.by_arrival.get_mut(self.by_id.get(&id)?)
    }

    fn total(&self, class: Class) -> (usize, u64) {
        let at = usize::from(class.code());
        self.totals.get(at).copied().unwrap_or_default()
    }

    fn total_mut(&mut self, class: Class) -> Option<&mut (usize, u64)> {
        self.totals.get_mut(usize::from(class.code()))
    }
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
    fn envelopes_are_found_by_their_tag_in_order_of_arrival() {
        let tagged = |tag| Held {
            tag: [tag; 16],
            ..held(Class::Text)
        };
        let mut inventory = Inventory::default();
        inventory.insert(id(9), tagged(1));
        inventory.insert(id(2), tagged(2));
        assert_eq!(inventory.tagged(&[1; 16]), [id(9)]);
        inventory.insert(id(1), tagged(1));
        assert_eq!(inventory.tagged(&[1; 16]), [id(9), id(1)]);
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
