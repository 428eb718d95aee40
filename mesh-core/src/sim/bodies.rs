//! Every sealed envelope of a world once: ten thousand hosts that carry the same
//! three hundred messages share the bytes and know them by a number.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::RelayMeta;
use crate::types::EnvelopeId;

/// One envelope as it was first seen anywhere.
#[derive(Debug, Clone)]
pub(super) struct Body {
    pub(super) meta: RelayMeta,
    pub(super) bytes: Arc<[u8]>,
}

#[derive(Debug, Default)]
struct Shelf {
    number_of: HashMap<EnvelopeId, u32>,
    bodies: Vec<Body>,
}

/// Shared by all hosts of one world.
#[derive(Debug, Clone, Default)]
pub(super) struct Bodies(Arc<Mutex<Shelf>>);

impl Bodies {
    /// The number of an envelope, new or not.
    pub(super) fn put(&self, meta: &RelayMeta, bytes: &[u8]) -> u32 {
        let mut shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = shelf.number_of.get(&meta.id) {
            return *number;
        }
        let number = u32::try_from(shelf.bodies.len()).unwrap_or(u32::MAX);
        shelf.number_of.insert(meta.id, number);
        shelf.bodies.push(Body {
            meta: *meta,
            bytes: Arc::from(bytes),
        });
        number
    }

    pub(super) fn number(&self, id: EnvelopeId) -> Option<u32> {
        let shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.number_of.get(&id).copied()
    }

    pub(super) fn body(&self, number: u32) -> Option<Body> {
        let shelf = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        shelf.bodies.get(number as usize).cloned()
    }
}
