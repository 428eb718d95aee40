//! Sealed envelopes in memory.

use std::sync::Arc;

use super::Gate;
use super::table::Table;
use crate::store::{RelayMeta, RelayStore, StoreError, Transact};
use crate::types::EnvelopeId;

#[derive(Clone)]
struct Entry {
    order: u64,
    meta: RelayMeta,
    /// Shared, so that a snapshot of a full store copies no bodies.
    body: Arc<[u8]>,
}

/// A relay store in memory.
///
/// ```
/// use mesh_core::store::{MemoryRelay, RelayMeta, RelayStore, Transact};
/// use mesh_core::types::{EnvelopeId, Tick, Wall};
///
/// # fn main() -> Result<(), mesh_core::store::StoreError> {
/// let mut store = MemoryRelay::new();
/// let meta = RelayMeta {
///     id: EnvelopeId([7; 16]),
///     class: 1,
///     expiry: Tick(10),
///     tag: [0; 16],
///     bytes: 6,
///     received_at: Wall(0),
/// };
/// store.begin()?;
/// assert!(store.insert(&meta, b"sealed")?);
/// store.commit()?;
/// assert_eq!(store.body(meta.id)?.as_deref(), Some(&b"sealed"[..]));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct MemoryRelay {
    gate: Gate,
    order_next: u64,
    entries: Table<EnvelopeId, Entry>,
    order: Table<u64, EnvelopeId>,
}

/// What a relay store held at its last commit.
#[derive(Clone)]
pub struct RelaySnapshot(MemoryRelay);

impl MemoryRelay {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A store as it comes up after a crash: the state of the last commit.
    #[must_use]
    pub fn restore(snapshot: &RelaySnapshot) -> Self {
        snapshot.0.clone()
    }

    /// What a crash now would leave; an open transaction is not in it.
    #[must_use]
    pub fn snapshot(&self) -> RelaySnapshot {
        let mut copy = self.clone();
        copy.undo();
        RelaySnapshot(copy)
    }

    fn undo(&mut self) {
        self.gate.open = false;
        self.entries.rollback();
        self.order.rollback();
    }
}

impl Transact for MemoryRelay {
    fn begin(&mut self) -> Result<(), StoreError> {
        self.gate.begin()
    }

    fn commit(&mut self) -> Result<(), StoreError> {
        self.gate.commit()?;
        self.entries.commit();
        self.order.commit();
        Ok(())
    }

    fn rollback(&mut self) -> Result<(), StoreError> {
        self.undo();
        Ok(())
    }
}

impl RelayStore for MemoryRelay {
    fn insert(&mut self, meta: &RelayMeta, body: &[u8]) -> Result<bool, StoreError> {
        self.gate.write()?;
        if self.entries.contains(&meta.id) {
            return Ok(false);
        }
        let entry = Entry {
            order: self.order_next,
            meta: RelayMeta {
                bytes: crate::store::body_bytes(body)?,
                ..*meta
            },
            body: Arc::from(body),
        };
        self.order.put(entry.order, meta.id);
        self.entries.put(meta.id, entry);
        self.order_next = self.order_next.saturating_add(1);
        Ok(true)
    }

    fn body(&self, id: EnvelopeId) -> Result<Option<Vec<u8>>, StoreError> {
        let entry = self.entries.get(&id).filter(|entry| entry.meta.bytes > 0);
        Ok(entry.map(|entry| entry.body.to_vec()))
    }

    fn evict(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        self.gate.write()?;
        if let Some(mut entry) = self.entries.get(&id).cloned() {
            entry.meta.bytes = 0;
            entry.body = Arc::from([]);
            self.entries.put(id, entry);
        }
        Ok(())
    }

    fn forget(&mut self, id: EnvelopeId) -> Result<(), StoreError> {
        self.gate.write()?;
        if let Some(entry) = self.entries.remove(&id) {
            self.order.remove(&entry.order);
        }
        Ok(())
    }

    fn load(&self) -> Result<Vec<RelayMeta>, StoreError> {
        let entries = self.order.iter().map(|(_, id)| self.entries.get(id));
        Ok(entries.flatten().map(|entry| entry.meta).collect())
    }
}
