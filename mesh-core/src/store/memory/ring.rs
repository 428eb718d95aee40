//! Marks with a last day, of which the one made first goes when there are too many.

use super::table::Table;
use crate::types::Day;

/// Keys that are remembered until a day, and in which order they were marked.
#[derive(Clone)]
pub(super) struct Ring<K> {
    marks: Table<K, (u64, Day)>,
    by_order: Table<u64, K>,
    /// How many were ever marked; taken back with the rest.
    made: Table<(), u64>,
}

impl<K> Default for Ring<K> {
    fn default() -> Self {
        Self {
            marks: Table::default(),
            by_order: Table::default(),
            made: Table::default(),
        }
    }
}

impl<K: Ord + Copy> Ring<K> {
    /// Marks a key until the later of the days it was marked with, and drops the
    /// mark that was made `kept` new marks ago.
    pub(super) fn mark(&mut self, key: K, until: Day, kept: u64) {
        if let Some((order, day)) = self.marks.get(&key).copied() {
            self.marks.put(key, (order, until.max(day)));
            return;
        }
        let order = self.made.get(&()).copied().unwrap_or_default() + 1;
        self.made.put((), order);
        self.marks.put(key, (order, until));
        self.by_order.put(order, key);
        let oldest = self
            .by_order
            .iter()
            .next()
            .map(|(order, key)| (*order, *key));
        if let Some((first, key)) = oldest
            && first + kept <= order
        {
            self.by_order.remove(&first);
            self.marks.remove(&key);
        }
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.marks.contains(key)
    }

    /// In their own order.
    pub(super) fn keys(&self) -> Vec<K> {
        self.marks.iter().map(|(key, _)| *key).collect()
    }

    /// Drops marks of days before `day`.
    pub(super) fn prune(&mut self, day: Day) {
        let marks = &self.marks;
        self.by_order
            .remove_where(|_, key| marks.get(key).is_some_and(|(_, until)| *until < day));
        self.marks.remove_where(|_, (_, until)| *until < day);
    }

    pub(super) fn commit(&mut self) {
        self.marks.commit();
        self.by_order.commit();
        self.made.commit();
    }

    pub(super) fn rollback(&mut self) {
        self.marks.rollback();
        self.by_order.rollback();
        self.made.rollback();
    }
}
