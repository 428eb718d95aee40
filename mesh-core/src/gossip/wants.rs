//! What is wanted, and from whom: one outstanding want for each id, a time-out,
//! then the next that offered it.
//!
//! A neighbour that offers and does not deliver costs one time-out and is asked
//! last from then on; it can neither stop an id nor make it come twice.

mod supplier;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use crate::limits::OFFERERS_MAX;
use crate::types::{EnvelopeId, LinkId, LinkKind, Mono};

use supplier::{Key, Supplier};

#[derive(Debug)]
struct Wanted {
    class_code: u8,
    number: u64,
    offerers: Vec<LinkId>,
    asked: Option<LinkId>,
}

impl Wanted {
    fn key(&self, id: EnvelopeId) -> Key {
        (self.class_code, Reverse(self.number), id)
    }
}

/// One neighbour as a supplier, with its mark and what is asked of it most.
#[derive(Debug)]
struct Seat {
    link: LinkId,
    /// [`Supplier::deadline`] at the last look.
    deadline: Option<Mono>,
    is_marked: bool,
    supplier: Box<Supplier>,
}

impl Seat {
    fn touch(&mut self) -> &mut Supplier {
        self.is_marked = true;
        &mut self.supplier
    }

    fn deadline(&self) -> Option<Mono> {
        match self.is_marked {
            true => self.supplier.deadline(),
            false => self.deadline,
        }
    }
}

/// All wants of one node.
#[derive(Debug, Default)]
pub struct Wants {
    by_id: HashMap<EnvelopeId, Wanted>,
    /// In order of their links: a few.
    suppliers: Vec<Seat>,
    offers: u64,
}

impl Wants {
    /// A neighbour is there and may offer.
    pub fn link_up(&mut self, link: LinkId, kind: LinkKind) {
        if self.supplier(link).is_none() {
            let at = self.suppliers.partition_point(|seat| seat.link < link);
            let seat = Seat {
                link,
                deadline: None,
                is_marked: true,
                supplier: Box::new(Supplier::new(kind)),
            };
            self.suppliers.insert(at, seat);
        }
    }

    /// A neighbour is gone: what it was asked for goes to the others that offered it.
    pub fn link_down(&mut self, link: LinkId) {
        let Some(at) = self.suppliers.iter().position(|seat| seat.link == link) else {
            return;
        };
        let seat = self.suppliers.remove(at);
        for id in seat.supplier.into_ids() {
            self.drop_offerer(id, link);
        }
    }

    /// A neighbour has an id that we do not. `false` if there is no room for it: the
    /// caller reconciles later. Room is counted for each neighbour, so that one who
    /// offers what does not exist fills its own.
    pub fn offered(&mut self, link: LinkId, id: EnvelopeId, class_code: u8) -> bool {
        let Some(supplier) = supplier_mut(&mut self.suppliers, link) else {
            return false;
        };
        let has_room = supplier.has_room();
        let Some(wanted) = self.by_id.get(&id) else {
            if has_room {
                self.offers += 1;
                let wanted = Wanted {
                    class_code,
                    number: self.offers,
                    offerers: vec![link],
                    asked: None,
                };
                supplier.note(id);
                supplier.queue(wanted.key(id));
                self.by_id.insert(id, wanted);
            }
            return has_room;
        };
        // Whoever was asked and did not bring it does not get in the way again while
        // somebody else offers it.
        if wanted.offerers.contains(&link) || supplier.has_failed(id) {
            return true;
        }
        if !has_room || (wanted.offerers.len() >= OFFERERS_MAX && !self.make_way(id, link)) {
            return false;
        }
        self.raise(id, class_code);
        if let Some(wanted) = self.by_id.get_mut(&id)
            && let Some(supplier) = supplier_mut(&mut self.suppliers, link)
        {
            wanted.offerers.push(link);
            supplier.note(id);
            if wanted.asked.is_none() {
                supplier.queue(wanted.key(id));
            }
        }
        true
    }

    /// Which ids to ask of a neighbour now, at most `count`, none of the classes
    /// `held_back`; they count as asked.
    pub fn ask(
        &mut self,
        now: Mono,
        link: LinkId,
        count: usize,
        held_back: &[u8],
    ) -> Vec<EnvelopeId> {
        let mut asked = Vec::new();
        while asked.len() < count {
            let supplier = supplier_mut(&mut self.suppliers, link);
            let Some(id) = supplier.and_then(|supplier| supplier.ask(now, held_back)) else {
                break;
            };
            self.withdraw_from_others(id, link);
            asked.push(id);
        }
        asked
    }

    /// An envelope came from a neighbour. Whether it was asked for there, be it so
    /// long ago that it was given up: an offer alone entitles to nothing.
    pub fn arrived(&mut self, now: Mono, link: LinkId, id: EnvelopeId) -> bool {
        let supplier = supplier_mut(&mut self.suppliers, link);
        supplier.is_some_and(|supplier| supplier.arrived(now, id))
    }

    /// An envelope is here, whoever brought it. Returns who offered it: they have it.
    pub fn came(&mut self, id: EnvelopeId) -> Vec<LinkId> {
        let Some(wanted) = self.by_id.remove(&id) else {
            return Vec::new();
        };
        for offerer in &wanted.offerers {
            if let Some(seat) = self.suppliers.iter_mut().find(|seat| seat.link == *offerer) {
                seat.supplier.forget(wanted.key(id));
                // Whoever else was asked may have it on the way: no fault of theirs.
                seat.is_marked |= seat.supplier.excuse(id);
            }
        }
        wanted.offerers
    }

    /// A neighbour does not hold it any more.
    pub fn gone(&mut self, now: Mono, link: LinkId, id: EnvelopeId) {
        if let Some(supplier) = supplier_mut(&mut self.suppliers, link) {
            supplier.gone(now, id);
        }
        self.drop_offerer(id, link);
    }

    /// Moves what is given up to the others that offered it. Returns the links that
    /// let an id go for which nobody else is left: reconcile with them later.
    pub fn expire(&mut self, now: Mono) -> BTreeSet<LinkId> {
        let mut given_up = Vec::new();
        for seat in &mut self.suppliers {
            if seat.deadline().is_some_and(|at| at <= now) {
                let expired = seat.touch().expire(now);
                given_up.extend(expired.into_iter().map(|id| (seat.link, id)));
            }
        }
        let mut abandoned = BTreeSet::new();
        for (link, id) in given_up {
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
        self.suppliers.iter().filter_map(Seat::deadline).min()
    }

    /// Whether a neighbour may be asked for more, or be judged otherwise, than when it
    /// was looked at last. What only leaves its queue marks nobody.
    #[must_use]
    pub fn is_marked(&self, link: LinkId) -> bool {
        let mut seats = self.suppliers.iter();
        seats.any(|seat| seat.link == link && seat.is_marked)
    }

    /// It was asked for all that it may be asked for now.
    pub fn looked_at(&mut self, link: LinkId) {
        if let Some(seat) = self.suppliers.iter_mut().find(|seat| seat.link == link) {
            seat.deadline = seat.supplier.deadline();
            seat.is_marked = false;
        }
    }

    /// Whether a neighbour offered what nobody was asked for yet.
    #[must_use]
    pub fn has_offers_of(&self, link: LinkId) -> bool {
        self.supplier(link).is_some_and(Supplier::has_offers)
    }

    /// How many ids a neighbour was asked for and had time to send, and how many of
    /// them it sent.
    #[must_use]
    pub fn deliveries(&self, link: LinkId) -> (u64, u64) {
        self.supplier(link).map_or((0, 0), Supplier::deliveries)
    }

    /// Whether a neighbour is asked for something, or will be.
    #[must_use]
    pub fn is_busy(&self, link: LinkId) -> bool {
        self.supplier(link).is_some_and(Supplier::is_busy)
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

    fn supplier(&self, link: LinkId) -> Option<&Supplier> {
        supplier(&self.suppliers, link)
    }

    fn withdraw_from_others(&mut self, id: EnvelopeId, asked: LinkId) {
        let Some(wanted) = self.by_id.get_mut(&id) else {
            return;
        };
        wanted.asked = Some(asked);
        for offerer in wanted.offerers.iter().filter(|link| **link != asked) {
            if let Some(supplier) = unmarked(&mut self.suppliers, *offerer) {
                supplier.unqueue(wanted.key(id));
            }
        }
    }

    /// Takes a neighbour off an id. The id is queued at all the others that offered it
    /// and serve, or at all of them if none does, or is forgotten when there is none:
    /// queued at one alone, it would wait behind whatever else that one offers.
    fn drop_offerer(&mut self, id: EnvelopeId, link: LinkId) {
        let Some(wanted) = self.by_id.get_mut(&id) else {
            return;
        };
        // Whoever takes an offer back leaves nothing behind.
        if let Some(supplier) = unmarked(&mut self.suppliers, link) {
            supplier.forget(wanted.key(id));
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
        let serves = |link: &LinkId| supplier(&self.suppliers, *link).is_some_and(|s| !s.is_poor());
        let any_serves = wanted.offerers.iter().any(serves);
        for offerer in &wanted.offerers {
            if let Some(supplier) = supplier_mut(&mut self.suppliers, *offerer)
                && (!any_serves || !supplier.is_poor())
            {
                supplier.queue(wanted.key(id));
            }
        }
    }

    /// All places for one id are taken: the offerer of least merit gives its place to a
    /// newcomer of more. Whether one did.
    fn make_way(&mut self, id: EnvelopeId, newcomer: LinkId) -> bool {
        let merit = |link: &LinkId| supplier(&self.suppliers, *link).map_or(0, Supplier::merit);
        let Some(wanted) = self.by_id.get(&id) else {
            return false;
        };
        let others = wanted
            .offerers
            .iter()
            .filter(|link| wanted.asked != Some(**link));
        let Some(worst) = others.min_by_key(|link| merit(link)).copied() else {
            return false;
        };
        let is_better = merit(&newcomer) > merit(&worst);
        if is_better {
            self.drop_offerer(id, worst);
        }
        is_better
    }

    /// Somebody offers an id as of a more urgent class than was known: that counts, or
    /// whoever offers it first as something idle would delay it.
    fn raise(&mut self, id: EnvelopeId, class_code: u8) {
        let Some(wanted) = self.by_id.get_mut(&id) else {
            return;
        };
        if class_code >= wanted.class_code {
            return;
        }
        let before = wanted.key(id);
        wanted.class_code = class_code;
        for offerer in &wanted.offerers {
            if let Some(supplier) = supplier_mut(&mut self.suppliers, *offerer)
                && supplier.unqueue(before)
            {
                supplier.queue(wanted.key(id));
            }
        }
    }
}

fn supplier(seats: &[Seat], link: LinkId) -> Option<&Supplier> {
    let found = seats.iter().find(|seat| seat.link == link);
    found.map(|seat| seat.supplier.as_ref())
}

/// To change what it may be asked for, or what it was.
fn supplier_mut(seats: &mut [Seat], link: LinkId) -> Option<&mut Supplier> {
    let found = seats.iter_mut().find(|seat| seat.link == link);
    found.map(Seat::touch)
}

/// To take something out of its queue.
fn unmarked(seats: &mut [Seat], link: LinkId) -> Option<&mut Supplier> {
    let found = seats.iter_mut().find(|seat| seat.link == link);
    found.map(|seat| seat.supplier.as_mut())
}

#[cfg(test)]
mod tests;
