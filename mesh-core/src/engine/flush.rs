//! The end of a batch: what each neighbour is sent now.

use crate::gossip::Wants;
use crate::limits::KEEP_ALIVE_MS;
use crate::types::{LinkId, Now};
use crate::wire::frame::Record;

use super::peer::Peer;
use super::{Engine, EngineError, Output};

/// Bytes of a frame's length on the pipe.
const FRAME_LENGTH_BYTES: usize = 2;

impl Engine {
    pub(super) fn flush(&mut self, now: Now) -> Result<(), EngineError> {
        let contended = self.contended();
        if contended != self.contended {
            self.contended = contended;
            self.peers.mark_all();
        }
        for at in 0..self.peers.len() {
            let Some((link, is_due)) = self.peers.at(at, now.mono) else {
                break;
            };
            if is_due || self.wants.is_marked(link) {
                self.look_at(now, link)?;
            } else if cfg!(debug_assertions) {
                self.check_quiet(now, link)?;
            }
        }
        Ok(())
    }

    /// Does for one neighbour what is due.
    fn look_at(&mut self, now: Now, link: LinkId) -> Result<(), EngineError> {
        self.prepare(now, link);
        self.transmit(now, link)?;
        self.peers.looked_at(link);
        self.wants.looked_at(link);
        Ok(())
    }

    /// Looks at a neighbour without a mark: nothing may come of it. See `peers.rs`.
    fn check_quiet(&mut self, now: Now, link: LinkId) -> Result<(), EngineError> {
        let state = |engine: &Self| {
            let peer = engine.peers.get(link);
            let times = peer.map(|peer| (peer.next_timeout(), peer.is_restless()));
            (engine.outputs.len(), times, engine.wants.next_timeout())
        };
        let before = state(self);
        self.look_at(now, link)?;
        debug_assert_eq!(before, state(self), "{link:?} had no mark");
        #[cfg(test)]
        {
            self.peers.looks -= 1;
        }
        Ok(())
    }

    /// Queues what is due without anybody's asking.
    fn prepare(&mut self, now: Now, link: LinkId) {
        let contended = &self.contended;
        let Some(peer) = self.peers.touch(link) else {
            return;
        };
        if !peer.is_ready() {
            return;
        }
        if peer.pushes_told < peer.pushes_handled && !peer.pipe.acknowledges_later(now.mono) {
            peer.company.hold_took(now.mono, peer.allowance);
        }
        if peer.pad_at <= now.mono {
            // Also where it cannot leave: a neighbour that takes nothing must not keep
            // us awake.
            peer.pad_at = now.mono.plus_ms(KEEP_ALIVE_MS);
            if peer.outgoing.control_is_empty() {
                let _ = peer.outgoing.control(Record::Pad);
            }
        }
        // Without a mark it was asked for all that it may be asked for.
        if self.wants.is_marked(link) || peer.waits_for_room || !contended.is_empty() {
            Self::ask(now, link, peer, &mut self.wants, contended);
        }
        self.reconcile(now, link);
    }

    /// Asks a neighbour for what it offered: what there is room for first, then of the
    /// rest what the link's share allows.
    fn ask(now: Now, link: LinkId, peer: &mut Peer, wants: &mut Wants, contended: &[u8]) {
        let mut asked = wants.ask(now.mono, link, usize::MAX, contended);
        if !contended.is_empty() {
            let room = peer.admission.room(now.mono);
            asked.extend(wants.ask(now.mono, link, room, &[]));
        }
        asked.into_iter().for_each(|id| peer.outgoing.want(id));
        let waits = !contended.is_empty() && wants.has_offers_of(link);
        peer.waits_for_room = waits;
        peer.ask_at = waits
            .then(|| peer.admission.next_room())
            .filter(|at| *at > now.mono);
    }

    fn transmit(&mut self, now: Now, link: LinkId) -> Result<(), EngineError> {
        loop {
            while self.put_frame(now, link)? {}
            let Some(peer) = self.peers.touch(link) else {
                return Ok(());
            };
            let Some(bytes) = peer.pipe.poll_transmit(now.mono) else {
                return Ok(());
            };
            peer.bytes_out += bytes.len() as u64;
            self.outputs.push_back(Output::Transmit { link, bytes });
        }
    }

    /// Gives the link's pipe one more frame; `false` if there is none, or no room.
    fn put_frame(&mut self, now: Now, link: LinkId) -> Result<bool, EngineError> {
        self.say_sync(now, link);
        let Some(peer) = self.peers.touch(link) else {
            return Ok(false);
        };
        if !peer.is_ready() && peer.has_greeted {
            return Ok(false);
        }
        let has_offers = peer.outgoing.has_offers();
        let offers_are_due = peer.company.offers_are_due(now.mono);
        let speaks = peer.outgoing.is_pressed()
            || peer.company.took_is_due(now.mono)
            || (has_offers && offers_are_due);
        if speaks || offers_are_due {
            // They may have been cancelled since, or have to wait for credit only.
            peer.company.offers_leave(now.mono, has_offers);
        }
        if !speaks {
            return Ok(false);
        }
        peer.tell_took();
        let room = peer.pipe.room(peer.allowance.frame_bytes_max);
        let relay = &self.relay;
        let body = |id| relay.body(id);
        let Some(bytes) = peer.outgoing.next_bytes(room, body)? else {
            return Ok(false);
        };
        self.counters
            .sent(bytes.get(FRAME_LENGTH_BYTES..).unwrap_or_default());
        if let Some(session) = &mut peer.session {
            session.said(now.mono, bytes.len());
        }
        peer.pipe.put(bytes);
        peer.pad_at = now.mono.plus_ms(KEEP_ALIVE_MS);
        peer.has_greeted = true;
        Ok(true)
    }
}
