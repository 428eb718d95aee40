//! What each record of a neighbour means to us.

use crate::api::Event;
use crate::gossip::Held;
use crate::limits::{FRAME_BYTES_BLE_MAX, RECEIVED_STEP_MS};
use crate::link::{Fault, Item};
use crate::router::{admit, is_urgent, lifetime_ms_max};
use crate::store::RelayMeta;
use crate::types::{EnvelopeId, LinkId, LinkKind, Now, Source, Wall};
use crate::wire::envelope::{Class, Envelope};
use crate::wire::frame::{Hello, Record};

use super::clocks::their_base_ms;
use super::company::{Firsts, Patience};
use super::housekeeping::drop_at;
use super::{Engine, EngineError};

impl Engine {
    pub(super) fn record(
        &mut self,
        now: Now,
        link: LinkId,
        record: Record,
    ) -> Result<(), EngineError> {
        let Some(peer) = self.peers.get(link) else {
            return Ok(());
        };
        match record {
            Record::Hello(hello) => self.hello_came(now, link, hello),
            _ if !peer.is_ready() => self.blame(link, Fault::Protocol),
            Record::Offer { class, ids } => self.offer_came(now, link, class, &ids),
            Record::Want(ids) => self.want_came(link, ids),
            Record::Gone(ids) => self.gone_came(now, link, &ids),
            Record::Push(envelope) => self.push_came(now, link, envelope)?,
            Record::Sync(_) | Record::SyncMore(_) | Record::SyncDone(_) | Record::SyncList(_) => {
                self.sync_came(now, link, record)
            }
            Record::Pad => {}
            Record::Took(count) => self.confirmation_came(link, count),
        }
        Ok(())
    }

    fn hello_came(&mut self, now: Now, link: LinkId, hello: Hello) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        let is_mirror = hello.random == peer.our_hello.random;
        let frame_bytes_max = usize::try_from(hello.frame_bytes_max).unwrap_or(usize::MAX);
        if peer.is_ready() || is_mirror || frame_bytes_max < FRAME_BYTES_BLE_MAX {
            self.blame(link, Fault::Protocol);
            return;
        }
        peer.outgoing.limit_frames(frame_bytes_max);
        peer.their_hello = Some(hello);
        peer.their_base_ms = their_base_ms(now.mono, hello);
        let view = peer.view(link);
        self.tell(Event::LinkUp(view));
        self.begin_session(now, link, hello);
    }

    fn offer_came(&mut self, now: Now, link: LinkId, class: Class, ids: &[EnvelopeId]) {
        self.note_offers(now, link, ids.len());
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        for id in ids {
            if self.inventory.contains(*id) {
                self.inventory.mark_known(*id, peer.slot);
                peer.outgoing.cancel(*id);
            } else if !self.seen.contains(*id) && !self.wants.offered(link, *id, class.code()) {
                peer.resync_later(now.mono);
            }
        }
    }

    fn want_came(&mut self, link: LinkId, ids: Vec<EnvelopeId>) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        let mut gone = Vec::new();
        let mut fits = true;
        for id in ids {
            match self.inventory.held(id) {
                Some(held) => fits &= peer.outgoing.push(item(id, held)),
                None => gone.push(id),
            }
            self.inventory.mark_known(id, peer.slot);
        }
        for ids in gone.chunks(peer.outgoing.ids_per_record()) {
            fits &= peer.outgoing.control(Record::Gone(ids.to_vec()));
        }
        if !fits {
            self.blame(link, Fault::Overrun);
        }
    }

    fn gone_came(&mut self, now: Now, link: LinkId, ids: &[EnvelopeId]) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        for id in ids {
            self.wants.gone(now.mono, link, *id);
            peer.outgoing.refused(*id);
        }
    }

    fn confirmation_came(&mut self, link: LinkId, count: u64) {
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        match peer.outgoing.confirmed(count) {
            Some(ids) => self.pending.confirmed.extend(ids),
            None => self.blame(link, Fault::Protocol),
        }
    }

    fn push_came(&mut self, now: Now, link: LinkId, envelope: Envelope) -> Result<(), EngineError> {
        let Some(peer) = self.peers.touch(link) else {
            return Ok(());
        };
        peer.pushes_handled += 1;
        self.pushed.came += 1;
        let slot = peer.slot;
        let id = envelope.id();
        let header = envelope.header();
        let is_urgent = is_urgent(header.class, envelope.as_bytes().len());
        let is_welcome =
            self.wants.arrived(now.mono, link, id) || (is_urgent && self.may_push_sos(now, link));
        if !is_welcome {
            self.blame(link, Fault::Unasked);
        }
        if !self.peers.contains(link) {
            // That closed it: its slot may mean another one now.
            return Ok(());
        }
        if self.inventory.contains(id) {
            self.counters.duplicate_pushes_in += 1;
            self.inventory.mark_known(id, slot);
            return Ok(());
        }
        if !is_welcome || self.seen.contains(id) {
            self.counters.duplicate_pushes_in += u64::from(self.seen.contains(id));
            self.refuse(link, id);
            return Ok(());
        }
        // Also what is refused below: bringing it costs its share.
        self.charge(now, link, &envelope);
        if admit(header, self.mesh_now(now).wall).is_err() {
            self.wants.came(id);
            self.remember(id, Some(slot))?;
            self.refuse(link, id);
            return Ok(());
        }
        self.keep(now, id, &envelope, slot.source())?;
        self.pushed.kept += 1;
        self.inventory.mark_known(id, slot);
        self.announce(now, id);
        self.outbox.relayed_one();
        self.open_later(now, id, envelope);
        Ok(())
    }

    /// Says that a push was not kept, before it is counted as dealt with.
    fn refuse(&mut self, link: LinkId, id: EnvelopeId) {
        if let Some(peer) = self.peers.touch(link) {
            // A full queue means that it reads nothing: then it hears nothing.
            let _ = peer.outgoing.control(Record::Gone(vec![id]));
        }
    }

    fn may_push_sos(&mut self, now: Now, link: LinkId) -> bool {
        let peer = self.peers.touch(link);
        peer.is_some_and(|peer| peer.sos_in.take(now.mono))
    }

    /// Puts an admitted envelope, own or not, into relay store and inventory.
    pub(super) fn keep(
        &mut self,
        now: Now,
        id: EnvelopeId,
        envelope: &Envelope,
        source: Source,
    ) -> Result<(), EngineError> {
        let header = envelope.header();
        let body = envelope.as_bytes();
        let bytes = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let meta = RelayMeta {
            id,
            class: header.class.code(),
            expiry: header.expiry,
            tag: envelope.tag(),
            bytes,
            // Whole hours: the exact moment would tell who had an envelope first.
            received_at: Wall(now.wall.0 / RECEIVED_STEP_MS * RECEIVED_STEP_MS),
        };
        let relay = self.relay_to_write()?;
        if !relay.insert(&meta, body)? {
            // Only its id was left, of a body evicted earlier.
            relay.forget(id)?;
            relay.insert(&meta, body)?;
        }
        let drop_at = drop_at(self.mesh_now(now), header.class, header.expiry);
        let held = Held {
            class: header.class,
            expiry: header.expiry,
            tag: meta.tag,
            bytes,
            source,
            drop_at,
        };
        self.inventory.insert(id, held);
        // Whoever offered it has it.
        for link in self.wants.came(id) {
            if let Some(peer) = self.peers.get(link) {
                self.inventory.mark_known(id, peer.slot);
            }
        }
        self.make_room()
    }

    /// Tells every neighbour that is not known to have it.
    pub(super) fn announce(&mut self, now: Now, id: EnvelopeId) {
        self.announce_to(now, id, None);
    }

    /// The same for one neighbour alone, if that is said.
    pub(super) fn announce_to(&mut self, now: Now, id: EnvelopeId, only: Option<LinkId>) {
        let Some(held) = self.inventory.held(id).copied() else {
            return;
        };
        let item = item(id, &held);
        let is_urgent = is_urgent(held.class, held.bytes as usize);
        let Some(mut known) = self.inventory.known_by(id) else {
            return;
        };
        let sources = self.peers.len() + 1;
        let is_told = |link: LinkId| only.is_none_or(|only| only == link);
        let lacking = self.peers.iter().filter(|(link, peer)| {
            is_told(*link) && peer.info.kind == LinkKind::Lan && !known.contains(peer.slot)
        });
        let mut firsts = Firsts::of(lacking.count());
        for seat in self.peers.seats_mut() {
            let peer = seat.peer();
            let lacks = is_told(seat.link()) && !known.contains(peer.slot);
            if !lacks || !peer.outgoing.carries(held.bytes) {
                continue;
            }
            let peer = seat.touch();
            known.insert(peer.slot);
            if is_urgent && peer.sos_out.take(now.mono, held.source, sources) {
                // A full queue of SOS that it asked for means that it reads nothing.
                peer.outgoing.push(item);
                continue;
            }
            if let Some(dropped) = peer.outgoing.offer(item) {
                match dropped == id {
                    true => known.remove(peer.slot),
                    false => self.inventory.mark_unknown(dropped, peer.slot),
                }
                // Comparing finds it again.
                peer.resync_later(now.mono);
            }
            let rng = self.rng.as_mut();
            let patience = match peer.info.kind {
                _ if is_urgent => Patience::None,
                LinkKind::Lan if !firsts.draw(rng) => Patience::Long,
                _ => Patience::Beat,
            };
            peer.company
                .hold_offers(now.mono, rng, peer.allowance, patience);
        }
        self.inventory.set_known_by(id, known);
    }

    /// Counts a new envelope against its link's share.
    fn charge(&mut self, now: Now, link: LinkId, envelope: &Envelope) {
        let header = envelope.header();
        let mesh_ms = self.mesh_now(now).wall.0;
        let left_ms = header.expiry.start().0.saturating_sub(mesh_ms);
        let class_ms = lifetime_ms_max(header.class);
        if let Some(peer) = self.peers.touch(link) {
            let bytes = envelope.as_bytes().len();
            peer.admission.charge(now.mono, bytes, left_ms, class_ms);
        }
    }
}

/// A held envelope as it waits for a link.
pub(super) fn item(id: EnvelopeId, held: &Held) -> Item {
    Item {
        id,
        class: held.class,
        source: held.source,
        bytes: held.bytes,
    }
}
