//! The end of a batch: what each neighbour is sent now.

use rand_core::CryptoRng;

use crate::limits::KEEP_ALIVE_MS;
use crate::types::{LinkId, Now};
use crate::wire::frame::Record;

use super::peer::Peer;
use super::{Engine, EngineError, Output};

/// Bytes of a frame's length on the pipe.
const FRAME_LENGTH_BYTES: usize = 2;

impl Peer {
    /// Offers queued now wait a moment, at random, for company.
    pub(super) fn hold_offers(&mut self, now: Now, rng: &mut dyn CryptoRng) {
        let wait_ms = u64::from(rng.next_u32()) % (self.allowance.offer_batch_ms + 1);
        self.offers_at.get_or_insert(now.mono.plus_ms(wait_ms));
    }
}

impl Engine {
    pub(super) fn flush(&mut self, now: Now) -> Result<(), EngineError> {
        let links: Vec<LinkId> = self.peers.keys().copied().collect();
        for link in links {
            self.prepare(now, link);
            self.transmit(now, link)?;
        }
        Ok(())
    }

    /// Queues what is due without anybody's asking.
    fn prepare(&mut self, now: Now, link: LinkId) {
        let contended = self.is_contended();
        let Some(peer) = self.peers.get_mut(&link) else {
            return;
        };
        if !peer.is_ready() {
            return;
        }
        if peer.pushes_told < peer.pushes_handled
            && !peer.pipe.acknowledges_later(now.mono)
            && peer.outgoing.control(Record::Took(peer.pushes_handled))
        {
            peer.pushes_told = peer.pushes_handled;
        }
        if peer.pad_at <= now.mono {
            // Also where it cannot leave: a neighbour that takes nothing must not keep
            // us awake.
            peer.pad_at = now.mono.plus_ms(KEEP_ALIVE_MS);
            if peer.outgoing.control_is_empty() {
                let _ = peer.outgoing.control(Record::Pad);
            }
        }
        let room = match contended {
            true => peer.admission.room(now.mono),
            false => usize::MAX,
        };
        for id in self.wants.ask(now.mono, link, room) {
            peer.outgoing.want(id);
        }
        let waits = contended && self.wants.has_offers_of(link);
        peer.ask_at = waits
            .then(|| peer.admission.next_room())
            .filter(|at| *at > now.mono);
        self.reconcile(now, link);
    }

    fn transmit(&mut self, now: Now, link: LinkId) -> Result<(), EngineError> {
        loop {
            while self.put_frame(now, link)? {}
            let Some(peer) = self.peers.get_mut(&link) else {
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
        let Some(peer) = self.peers.get_mut(&link) else {
            return Ok(false);
        };
        if !peer.is_ready() && peer.has_greeted {
            return Ok(false);
        }
        let with_offers = peer.offers_at.is_none_or(|at| at <= now.mono);
        if with_offers {
            peer.offers_at = None;
        }
        let room = peer.pipe.room(peer.allowance.frame_bytes_max);
        let relay = &self.relay;
        let body = |id| relay.body(id);
        let Some(bytes) = peer.outgoing.next_bytes(room, with_offers, body)? else {
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
