//! What is wanted, and from whom: one outstanding want for each id, a time-out,
//! then the next that offered it.
//!
//! A neighbour that offers and does not deliver costs one time-out and is asked
//! last from then on; it can neither stop an id nor make it come twice.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::limits::{
    OFFERERS_MAX, WANT_AGE_MS_MAX, WANT_TIMEOUT_MS, WANTS_LATE_MAX, WANTS_OUTSTANDING_MAX,
    WANTS_OUTSTANDING_POOR_MAX, WANTS_QUEUED_MAX,
};
use crate::types::{EnvelopeId, LinkId, Mono};

/// Most urgent class first, then the newest offer.
type Key = (u8, std::cmp::Reverse<u64>, EnvelopeId);

#[derive(Debug)]
struct Wanted {
    class_code: u8,
    number: u64,
    offerers: Vec<LinkId>,
    asked: Option<LinkId>,
}

#[derive(Debug, Default)]
struct Supplier {
    /// Offered here and not asked from anybody yet.
    queued: BTreeSet<Key>,
    /// Asked here, and when.
    outstanding: BTreeMap<EnvelopeId, Mono>,
    /// Asked here and given up: may still come, and is no fault then.
    late: VecDeque<EnvelopeId>,
    /// When something that was asked came last.
    progress_at: Mono,
    wanted: u64,
    delivered: u64,
}

impl Supplier {
    /// Whether it let us down for more than half of what it was asked and had
    /// time for.
    fn is_poor(&self) -> bool {
        let judged = self.wanted.saturating_sub(self.outstanding.len() as u64);
        judged >= 16 && self.delivered * 2 < judged
    }

    /// A neighbour that lets us down can hold up few ids at a time; the others
    /// that offered them are asked meanwhile.
    fn outstanding_max(&self) -> usize {
        match self.is_poor() {
            true => WANTS_OUTSTANDING_POOR_MAX,
            false => WANTS_OUTSTANDING_MAX,
        }
    }

    /// An id is given up when nothing that was asked came for a while, and in any
    /// case when it is old: other deliveries must not buy time for one withheld.
    fn gives_up_at(&self, asked_at: Mono) -> Mono {
        let quiet = asked_at.max(self.progress_at).plus_ms(WANT_TIMEOUT_MS);
        quiet.min(asked_at.plus_ms(WANT_AGE_MS_MAX))
    }

    fn deadline(&self) -> Option<Mono> {
        self.outstanding
            .values()
            .min()
            .map(|oldest| self.gives_up_at(*oldest))
    }

    fn give_up(&mut self, id: EnvelopeId) {
        if self.outstanding.remove(&id).is_some() {
            self.late.push_back(id);
            if self.late.len() > WANTS_LATE_MAX {
                self.late.pop_front();
            }
        }
    }
}

/// All wants of one node.
#[derive(Debug, Default)]
pub struct Wants {
    by_id: HashMap<EnvelopeId, Wanted>,
    suppliers: BTreeMap<LinkId, Supplier>,
    offers: u64,
}

impl Wants {
    /// A neighbour is there and may offer.
    pub fn link_up(&mut self, link: LinkId) {
        self.suppliers.entry(link).or_default();
    }

    /// A neighbour is gone: what it was asked for goes to the next offerer.
    pub fn link_down(&mut self, link: LinkId) {
        let Some(supplier) = self.suppliers.remove(&link) else {
            return;
        };
        let ids: Vec<_> = supplier
            .queued
            .into_iter()
            .map(|(_, _, id)| id)
            .chain(supplier.outstanding.into_keys())
            .collect();
        for id in ids {
            self.drop_offerer(id, link);
        }
    }

    /// A neighbour offers an id we do not have. `false` if there is no room for
    /// this neighbour's offer: the caller reconciles with it later. Room is counted
    /// for each neighbour, so that one who offers what does not exist fills its own.
    pub fn offered(&mut self, link: LinkId, id: EnvelopeId, class_code: u8) -> bool {
        let Some(supplier) = self.suppliers.get_mut(&link) else {
            return false;
        };
        let has_room = supplier.queued.len() < WANTS_QUEUED_MAX;
        if let Some(wanted) = self.by_id.get_mut(&id) {
            if wanted.offerers.contains(&link) {
                return true;
            }
            if !has_room || wanted.offerers.len() >= OFFERERS_MAX {
                return false;
            }
            wanted.offerers.push(link);
            if wanted.asked.is_none() {
                supplier.queued.insert(key(wanted, id));
            }
            return true;
        }
        if !has_room {
            return false;
        }
        self.offers += 1;
        let wanted = Wanted {
            class_code,
            number: self.offers,
            offerers: vec![link],
            asked: None,
        };
        supplier.queued.insert(key(&wanted, id));
        self.by_id.insert(id, wanted);
        true
    }

    /// Which ids to ask of a neighbour now, at most `count`; they count as asked.
    pub fn ask(&mut self, now: Mono, link: LinkId, count: usize) -> Vec<EnvelopeId> {
        let mut asked = Vec::new();
        while asked.len() < count {
            let Some(supplier) = self.suppliers.get_mut(&link) else {
                break;
            };
            if supplier.outstanding.len() >= supplier.outstanding_max() {
                break;
            }
            let Some((_, _, id)) = supplier.queued.pop_first() else {
                break;
            };
            supplier.outstanding.insert(id, now);
            supplier.wanted += 1;
            if supplier.outstanding.len() == 1 {
                supplier.progress_at = now;
            }
            self.withdraw_from_others(id, link);
            asked.push(id);
        }
        asked
    }

    /// An envelope came. Whether it was wanted: from anybody, or from this
    /// neighbour before it was given up.
    pub fn arrived(&mut self, now: Mono, link: LinkId, id: EnvelopeId) -> bool {
        let mut was_late = false;
        if let Some(supplier) = self.suppliers.get_mut(&link) {
            if supplier.outstanding.contains_key(&id) {
                supplier.progress_at = now;
                supplier.delivered += 1;
            }
            if let Some(at) = supplier.late.iter().position(|late| *late == id) {
                supplier.late.remove(at);
                supplier.delivered += 1;
                was_late = true;
            }
        }
        let Some(wanted) = self.by_id.remove(&id) else {
            return was_late;
        };
        for offerer in &wanted.offerers {
            if let Some(supplier) = self.suppliers.get_mut(offerer) {
                supplier.queued.remove(&key(&wanted, id));
                // Whoever else was asked may have it on the way: no fault of theirs.
                if *offerer == link {
                    supplier.outstanding.remove(&id);
                } else {
                    supplier.give_up(id);
                }
            }
        }
        true
    }

    /// A neighbour does not hold it any more.
    pub fn gone(&mut self, link: LinkId, id: EnvelopeId) {
        if let Some(supplier) = self.suppliers.get_mut(&link) {
            supplier.outstanding.remove(&id);
        }
        self.drop_offerer(id, link);
    }

    /// Moves what is given up to the next offerer. Returns the links that let an
    /// id go for which nobody else is left: reconcile with them later.
    pub fn expire(&mut self, now: Mono) -> BTreeSet<LinkId> {
        let mut given_up = Vec::new();
        for (link, supplier) in &self.suppliers {
            let late = supplier
                .outstanding
                .iter()
                .filter(|(_, asked_at)| supplier.gives_up_at(**asked_at) <= now);
            given_up.extend(late.map(|(id, _)| (*link, *id)));
        }
        let mut abandoned = BTreeSet::new();
        for (link, id) in given_up {
            if let Some(supplier) = self.suppliers.get_mut(&link) {
                supplier.give_up(id);
            }
            self.drop_offerer(id, link);
            if !self.by_id.contains_key(&id) {
                abandoned.insert(link);
            }
        }
        abandoned
    }

    /// When [`Self::expire`] may have something to do.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        self.suppliers.values().filter_map(Supplier::deadline).min()
    }

    /// Whether a neighbour has offered something that it can be asked for now.
    #[must_use]
    pub fn can_ask(&self, link: LinkId) -> bool {
        self.suppliers.get(&link).is_some_and(|supplier| {
            !supplier.queued.is_empty() && supplier.outstanding.len() < supplier.outstanding_max()
        })
    }

    /// How many ids a neighbour was asked for and had time for, and how many of them
    /// it delivered.
    #[must_use]
    pub fn deliveries(&self, link: LinkId) -> (u64, u64) {
        self.suppliers.get(&link).map_or((0, 0), |supplier| {
            let open = supplier.outstanding.len() as u64;
            (supplier.wanted.saturating_sub(open), supplier.delivered)
        })
    }

    /// Whether a neighbour is asked for something, or will be.
    #[must_use]
    pub fn is_busy(&self, link: LinkId) -> bool {
        self.suppliers
            .get(&link)
            .is_some_and(|supplier| !supplier.queued.is_empty() || !supplier.outstanding.is_empty())
    }

    /// Whether the id is wanted from anybody.
    #[must_use]
    pub fn is_wanted(&self, id: EnvelopeId) -> bool {
        self.by_id.contains_key(&id)
    }

    /// Ids wanted and not here yet.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether nothing is wanted.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    fn withdraw_from_others(&mut self, id: EnvelopeId, asked: LinkId) {
        let Some(wanted) = self.by_id.get_mut(&id) else {
            return;
        };
        wanted.asked = Some(asked);
        for offerer in wanted.offerers.iter().filter(|link| **link != asked) {
            if let Some(supplier) = self.suppliers.get_mut(offerer) {
                supplier.queued.remove(&key(wanted, id));
            }
        }
    }

    /// Takes a neighbour off an id; the id is queued at the best one left, or
    /// forgotten when there is none.
    fn drop_offerer(&mut self, id: EnvelopeId, link: LinkId) {
        let Some(wanted) = self.by_id.get_mut(&id) else {
            return;
        };
        // Whoever takes an offer back leaves nothing behind.
        if let Some(supplier) = self.suppliers.get_mut(&link) {
            supplier.queued.remove(&key(wanted, id));
        }
        wanted.offerers.retain(|offerer| *offerer != link);
        if wanted.asked == Some(link) {
            wanted.asked = None;
        }
        if wanted.offerers.is_empty() {
            self.by_id.remove(&id);
            return;
        }
        if wanted.asked.is_some() {
            return;
        }
        let poor = |link: &LinkId| self.suppliers.get(link).is_none_or(Supplier::is_poor);
        let next = wanted
            .offerers
            .iter()
            .min_by_key(|link| poor(link))
            .copied();
        if let Some(supplier) = next.and_then(|link| self.suppliers.get_mut(&link)) {
            supplier.queued.insert(key(wanted, id));
        }
    }
}

fn key(wanted: &Wanted, id: EnvelopeId) -> Key {
    (wanted.class_code, std::cmp::Reverse(wanted.number), id)
}

#[cfg(test)]
mod tests;
