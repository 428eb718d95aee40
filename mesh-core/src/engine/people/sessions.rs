//! All sessions, found by their ids and by whom they are with.

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::types::ContactId;

use super::live::Live;

/// Sessions by id; read like the map that they are.
#[derive(Default)]
pub(super) struct Sessions {
    all: BTreeMap<[u8; 32], Live>,
    /// Ids in their order, by contact; none without any.
    with: BTreeMap<ContactId, Vec<[u8; 32]>>,
}

impl Deref for Sessions {
    type Target = BTreeMap<[u8; 32], Live>;

    fn deref(&self) -> &Self::Target {
        &self.all
    }
}

impl Sessions {
    /// The ids of those with somebody, in order.
    pub(super) fn with(&self, contact: ContactId) -> &[[u8; 32]] {
        self.with.get(&contact).map_or(&[], Vec::as_slice)
    }

    pub(super) fn get_mut(&mut self, session: &[u8; 32]) -> Option<&mut Live> {
        self.all.get_mut(session)
    }

    /// Adds one, or puts another in its place.
    pub(super) fn insert(&mut self, session: [u8; 32], live: Live) {
        self.remove(&session);
        let with = self.with.entry(live.contact).or_default();
        let place = with.partition_point(|other| *other < session);
        with.insert(place, session);
        self.all.insert(session, live);
    }

    pub(super) fn remove(&mut self, session: &[u8; 32]) -> Option<Live> {
        let live = self.all.remove(session)?;
        if let Some(with) = self.with.get_mut(&live.contact) {
            with.retain(|other| other != session);
            if with.is_empty() {
                self.with.remove(&live.contact);
            }
        }
        Some(live)
    }
}
