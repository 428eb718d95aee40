//! What is wanted, and from whom: one outstanding want for each id, a time-out,
//! then the next that offered it.
//!
//! A neighbour that offers and does not deliver costs one time-out and is asked
//! last from then on; it can neither stop an id nor make it come twice.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::limits::{
    OFFERERS_MAX, WANT_TIMEOUT_MS, WANTS_OUTSTANDING_MAX, WANTS_OUTSTANDING_POOR_MAX,
    WANTS_PENDING_MAX,
};
use crate::types::{EnvelopeId, LinkId, Mono};

#[derive(Debug)]
struct Wanted {
    class_code: u8,
    number: u64,
    offerers: Vec<LinkId>,
    asked: Option<LinkId>,
}

#[derive(Debug, Default)]
struct Supplier {
    /// Offered here and not asked from anybody yet, most urgent class first,
    /// then the newest offer.
    queued: BTreeSet<(u8, std::cmp::Reverse<u64>, EnvelopeId)>,
    outstanding: BTreeMap<EnvelopeId, Mono>,
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

    fn deadline(&self) -> Option<Mono> {
        let asked_at = self.outstanding.values().min()?;
        Some((*asked_at).max(self.progress_at).plus_ms(WANT_TIMEOUT_MS))
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

    /// A neighbour offers an id we do not have. `false` if there is no room: the
    /// caller reconciles with that neighbour later.
    pub fn offered(&mut self, link: LinkId, id: EnvelopeId, class_code: u8) -> bool {
        let Some(supplier) = self.suppliers.get_mut(&link) else {
            return false;
        };
        if let Some(wanted) = self.by_id.get_mut(&id) {
            if !wanted.offerers.contains(&link) && wanted.offerers.len() < OFFERERS_MAX {
                wanted.offerers.push(link);
                if wanted.asked.is_none() {
                    supplier.queued.insert(key(wanted, id));
                }
            }
            return true;
        }
        if self.by_id.len() >= WANTS_PENDING_MAX {
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

    /// An envelope came, from whomever. Whether it was wanted at all.
    pub fn arrived(&mut self, now: Mono, link: LinkId, id: EnvelopeId) -> bool {
        if let Some(supplier) = self.suppliers.get_mut(&link) {
            supplier.progress_at = now;
            if supplier.outstanding.contains_key(&id) {
                supplier.delivered += 1;
            }
        }
        let Some(wanted) = self.by_id.remove(&id) else {
            return false;
        };
        for offerer in &wanted.offerers {
            if let Some(supplier) = self.suppliers.get_mut(offerer) {
                supplier.outstanding.remove(&id);
                supplier.queued.remove(&key(&wanted, id));
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

    /// Moves what got no progress in time to the next offerer. Returns the links
    /// that let an id go for which nobody else is left: reconcile with them later.
    pub fn expire(&mut self, now: Mono) -> BTreeSet<LinkId> {
        let late: Vec<(LinkId, Vec<EnvelopeId>)> = self
            .suppliers
            .iter()
            .filter(|(_, supplier)| supplier.deadline().is_some_and(|deadline| deadline <= now))
            .map(|(link, supplier)| (*link, supplier.outstanding.keys().copied().collect()))
            .collect();
        let mut abandoned = BTreeSet::new();
        for (link, ids) in late {
            for id in ids {
                self.gone(link, id);
                if !self.by_id.contains_key(&id) {
                    abandoned.insert(link);
                }
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

fn key(wanted: &Wanted, id: EnvelopeId) -> (u8, std::cmp::Reverse<u64>, EnvelopeId) {
    (wanted.class_code, std::cmp::Reverse(wanted.number), id)
}

#[cfg(test)]
mod tests;
