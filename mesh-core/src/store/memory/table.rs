//! A map that can take back what happened since the last commit.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

/// Rows in order of their keys, and the way back to the last commit.
///
/// An undo log and not a copy: the relay set holds a million ids, and a
/// transaction touches a few of them.
#[derive(Clone)]
pub(super) struct Table<K, V> {
    rows: BTreeMap<K, V>,
    undo: Vec<(K, Option<V>)>,
}

impl<K, V> Default for Table<K, V> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
            undo: Vec::new(),
        }
    }
}

impl<K: Ord + Clone, V> Table<K, V> {
    pub(super) fn put(&mut self, key: K, value: V) {
        let before = self.rows.insert(key.clone(), value);
        self.undo.push((key, before));
    }

    pub(super) fn commit(&mut self) {
        self.undo.clear();
    }

    pub(super) fn rollback(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.rows.insert(key, value),
                None => self.rows.remove(&key),
            };
        }
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.rows.get(key)
    }

    pub(super) fn contains(&self, key: &K) -> bool {
        self.rows.contains_key(key)
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.iter()
    }

    pub(super) fn range(
        &self,
        keys: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.rows.range(keys)
    }
}

impl<K: Ord + Clone, V: Clone> Table<K, V> {
    pub(super) fn remove(&mut self, key: &K) -> Option<V> {
        let before = self.rows.remove(key)?;
        self.undo.push((key.clone(), Some(before.clone())));
        Some(before)
    }

    pub(super) fn remove_where(&mut self, mut drop: impl FnMut(&K, &V) -> bool) {
        let keys: Vec<K> = self
            .rows
            .iter()
            .filter(|(key, value)| drop(key, value))
            .map(|(key, _)| key.clone())
            .collect();
        for key in keys {
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rollback_restores_what_was_added_changed_and_removed() {
        let mut table = Table::default();
        table.put(1, "one");
        table.put(2, "two");
        table.commit();
        let committed = table.rows.clone();

        table.put(1, "uno");
        table.put(1, "eins");
        table.remove(&2);
        table.put(2, "zwei");
        table.put(3, "drei");
        table.rollback();

        assert_eq!(table.rows, committed);
        assert!(table.undo.is_empty());
    }
}
