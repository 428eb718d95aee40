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
        let Some(peer) = self.peers.get_mut(&link) else {
            return;
        };
        if !peer.is_ready() {
            return;
        }
        if peer.pushes_told < peer.pushes_handled
            && peer.outgoing.control(Record::Took(peer.pushes_handled))
        {
            peer.pushes_told = peer.pushes_handled;
        }
        if now.mono.ms_since(peer.said_at) >= KEEP_ALIVE_MS && peer.outgoing.control_is_empty() {
            let _ = peer.outgoing.control(Record::Pad);
        }
        for id in self.wants.ask(now.mono, link, usize::MAX) {
            peer.outgoing.want(id);
        }
        self.reconcile(now, link);
    }

    fn transmit(&mut self, now: Now, link: LinkId) -> Result<(), EngineError> {
        loop {
            self.say_sync(now, link);
            let Some(peer) = self.peers.get_mut(&link) else {
                return Ok(());
            };
            if !peer.is_ready() && peer.bytes_out > 0 {
                return Ok(());
            }
            let with_offers = peer.offers_at.is_none_or(|at| at <= now.mono);
            if with_offers {
                peer.offers_at = None;
            }
            let relay = &self.relay;
            let Some(bytes) = peer.outgoing.next_bytes(with_offers, |id| relay.body(id))? else {
                return Ok(());
            };
            peer.bytes_out += bytes.len() as u64;
            self.counters
                .sent(bytes.get(FRAME_LENGTH_BYTES..).unwrap_or_default());
            peer.said_at = now.mono;
            if let Some(session) = &mut peer.session {
                session.said(now.mono, bytes.len());
            }
            self.outputs.push_back(Output::Transmit { link, bytes });
        }
    }
}
