//! Comparing with neighbours what is held, and offering what they turn out to lack.
//!
//! The comparison itself is `sync`'s; here it gets what is held, its records get
//! on their way, and what it finds out becomes offers. Offers that follow from
//! a comparison are paid for like its records: what a neighbour says it lacks must
//! not cost more than 20 times the saying.

use crate::gossip::{Inventory, Slot};
use crate::limits::SYNC_DUE_OFFERS_MAX;
use crate::link::{Fault, Outgoing};
use crate::sync::{Carried, Finding, Held, Offence, Session};
use crate::types::{LinkId, Now};
use crate::wire::envelope::Class;
use crate::wire::frame::{Hello, ID_BYTES, RECORD_HEAD_BYTES, Record};

use super::Engine;
use super::outbox::Outbox;
use super::peer::Peer;
use super::records::item;

/// Offers taken from a sweep at once.
const SWEEP_OFFERS: usize = 256;
/// A sweep goes on while at least this many offers fit the queue.
const SWEEP_ROOM: usize = 2 * SWEEP_OFFERS;
/// A sweep looks at this many runs of entries in one batch, so that a neighbour
/// who has everything cannot make one batch long.
const SWEEP_RUNS: usize = 16;
/// What one offer is charged, bytes: an id and its part of the record's head.
const OFFER_BYTES: usize = ID_BYTES + 1;

impl Engine {
    /// Hello went both ways: feeds whoever holds nothing of a class, and begins to
    /// compare if that is ours to do.
    pub(super) fn begin_session(&mut self, now: Now, link: LinkId, hello: Hello) {
        let chance = self.rng.next_u64();
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        let frame_bytes_max = usize::try_from(hello.frame_bytes_max).unwrap_or(usize::MAX);
        let carried = Carried {
            kind: peer.info.kind,
            payload_bytes_max: peer.allowance.frame_bytes_max.min(frame_bytes_max)
                - RECORD_HEAD_BYTES,
        };
        let ours = peer.our_hello;
        let mut session = Session::new(now.mono, chance, carried, &ours.random, &hello.random);
        session.heard(
            now.mono,
            usize::try_from(peer.bytes_in).unwrap_or(usize::MAX),
        );
        let is_opener = opens(&ours, &hello, session.is_senior());
        peer.session = Some(session);
        let held = ours.held_log2.into_iter().zip(hello.held_log2);
        let mut is_worth_it = false;
        for (class, (ours, theirs)) in Class::ALL.into_iter().zip(held) {
            is_worth_it |= ours > 0 && theirs > 0;
            if ours > 0 && theirs == 0 {
                peer.sweeps.insert(class, u64::MAX);
            }
        }
        if is_opener && is_worth_it {
            self.open_session(now, link);
        }
    }

    /// A record of a comparison came.
    pub(super) fn sync_came(&mut self, now: Now, link: LinkId, record: Record) {
        let mesh = self.mesh_now(now);
        let awaited = self.wants.len();
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        let held = held(&self.inventory, &self.outbox, peer.slot, &peer.outgoing);
        let Some(session) = peer.session.as_mut() else {
            return;
        };
        match session.came(mesh, record, awaited, held) {
            Ok(findings) => findings
                .into_iter()
                .for_each(|finding| self.found(link, finding)),
            Err(Offence::Gap) => {}
            Err(Offence::Overrun | Offence::Nonsense) => self.blame(link, Fault::Overrun),
        }
    }

    /// Ids were offered: the neighbour may count them as an answer.
    pub(super) fn note_offers(&mut self, now: Now, link: LinkId, count: usize) {
        let peer = self.peers.touch(link);
        if let Some(session) = peer.and_then(|peer| peer.session.as_mut()) {
            session.was_offered(now.mono, count * OFFER_BYTES);
        }
    }

    /// Begins, ends and judges what is due on a link.
    pub(super) fn reconcile(&mut self, now: Now, link: LinkId) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        let offers_are_due = !peer.due_offers.is_empty() || !peer.sweeps.is_empty();
        if let Some(session) = &mut peer.session {
            if self.wants.is_marked(link) {
                let (judged, delivered) = self.wants.deliveries(link);
                session.judge(now.mono, judged, delivered);
            }
            session.expire(now.mono);
            if session.is_due(now.mono) {
                let is_busy = offers_are_due || self.wants.is_busy(link);
                if !(is_busy && session.put_off(now.mono)) {
                    self.open_session(now, link);
                }
            }
        }
    }

    /// Queues the next record of a comparison, once the one before is on its way; when
    /// all is said, the offers that follow from comparisons.
    pub(super) fn say_sync(&mut self, now: Now, link: LinkId) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        if peer.outgoing.control_is_empty()
            && let Some(record) = peer
                .session
                .as_mut()
                .and_then(|session| session.poll(now.mono))
        {
            let _ = peer.outgoing.control(record);
        }
        self.offer_due(now, link);
        self.sweep(now, link);
    }

    fn open_session(&mut self, now: Now, link: LinkId) {
        let mesh = self.mesh_now(now);
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        let held = held(&self.inventory, &self.outbox, peer.slot, &peer.outgoing);
        if let Some(session) = peer.session.as_mut() {
            session.open(mesh, held);
        }
    }

    pub(super) fn found(&mut self, link: LinkId, finding: Finding) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        match finding {
            Finding::Lacks { class, ids } => {
                // A later comparison knows better than an earlier one.
                peer.due_offers.retain(|(of, _)| *of != class);
                let room = SYNC_DUE_OFFERS_MAX.saturating_sub(peer.due_offers.len());
                let due = ids.into_iter().take(room).map(|id| (class, id));
                peer.due_offers.extend(due);
            }
            Finding::HoldsOnly { class, cut, ids } => {
                self.inventory.forget_known(peer.slot, class, cut);
                for id in ids {
                    self.inventory.mark_known(id, peer.slot);
                }
                peer.due_offers.retain(|(of, _)| *of != class);
                peer.sweeps.insert(class, u64::MAX);
            }
        }
    }

    /// Offers what a comparison found lacking.
    fn offer_due(&mut self, now: Now, link: LinkId) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        while let Some((class, _)) = peer.due_offers.front()
            && peer.outgoing.offers_free(*class) > 0
            && peer.pays_for_offers(now) > 0
        {
            let Some((_, id)) = peer.due_offers.pop_front() else {
                return;
            };
            if let Some(held) = self.inventory.held(id)
                && peer.outgoing.carries(held.bytes)
            {
                // There is room: nothing is dropped for it.
                peer.outgoing.offer(item(id, held));
                self.inventory.mark_known(id, peer.slot);
                peer.charge_offers(now, 1);
            }
        }
    }

    /// Offers what a neighbour that holds little is not known to have.
    fn sweep(&mut self, now: Now, link: LinkId) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        for _ in 0..SWEEP_RUNS {
            let Some((class, below)) = peer.sweeps.first_key_value().map(|(c, b)| (*c, *b)) else {
                return;
            };
            let paid = peer.pays_for_offers(now);
            peer.sweep_is_unpaid = paid == 0;
            if paid == 0 || peer.outgoing.offers_free(class) < SWEEP_ROOM {
                return;
            }
            let count = paid.min(SWEEP_OFFERS);
            let (ids, rest) = self.inventory.unknown_to(peer.slot, class, below, count);
            peer.charge_offers(now, ids.len());
            for id in ids {
                if let Some(held) = self.inventory.held(id)
                    && peer.outgoing.carries(held.bytes)
                {
                    peer.outgoing.offer(item(id, held));
                    self.inventory.mark_known(id, peer.slot);
                }
            }
            match rest {
                Some(below) => peer.sweeps.insert(class, below),
                None => peer.sweeps.remove(&class),
            };
        }
    }
}

impl Peer {
    /// Whether it has more to be offered than one batch allowed.
    pub(super) fn sweep_is_due(&self) -> bool {
        let next = self.sweeps.first_key_value();
        let fits = next.is_some_and(|(class, _)| self.outgoing.offers_free(*class) >= SWEEP_ROOM);
        fits && self.is_ready() && !self.sweep_is_unpaid
    }

    /// How many offers the neighbour has paid for: none while a comparison has
    /// something to say, or its answers would wait behind the offers.
    fn pays_for_offers(&mut self, now: Now) -> usize {
        let session = self
            .session
            .as_mut()
            .filter(|session| !session.is_speaking());
        session.map_or(0, |session| session.charge().left(now.mono) / OFFER_BYTES)
    }

    fn charge_offers(&mut self, now: Now, count: usize) {
        if let Some(session) = &mut self.session {
            session.charge().said(now.mono, count * OFFER_BYTES);
        }
    }
}

/// Everything held that the link can carry, as a comparison reads it; but nothing that
/// another neighbour is told of first.
fn held(
    inventory: &Inventory,
    outbox: &Outbox,
    slot: Slot,
    outgoing: &Outgoing,
) -> impl Iterator<Item = Held> {
    let is_told =
        move |id| !outbox.is_confided(id) || inventory.is_known_by(id, slot) == Some(true);
    inventory
        .iter()
        .filter(move |(id, held)| outgoing.carries(held.bytes) && is_told(*id))
        .map(|(id, held)| (id, held.class, held.expiry))
}

/// Whether we begin to compare when a link comes up: the side that holds more does,
/// so that the other, if it holds much less, can list at once.
fn opens(ours: &Hello, theirs: &Hello, is_senior: bool) -> bool {
    let total = |hello: &Hello| -> u64 {
        let counts = hello.held_log2.iter().filter(|log2| **log2 > 0);
        counts.map(|log2| 1 << (log2 - 1).min(40)).sum()
    };
    let (ours, theirs) = (total(ours), total(theirs));
    ours > theirs || ours == theirs && is_senior
}
