//! The end of a batch: what each neighbour is sent now.

use rand_core::CryptoRng;

use crate::limits::KEEP_ALIVE_MS;
use crate::types::{LinkId, Now};
use crate::wire::frame::Record;

use super::peer::Peer;
use super::records::item;
use super::{Engine, EngineError, Output};

/// Offers taken from a sweep at once.
const SWEEP_OFFERS: usize = 256;
/// A sweep goes on while at least this many offers fit the queue.
const SWEEP_ROOM: usize = 2 * SWEEP_OFFERS;
/// A sweep looks at this many runs of entries in one batch, so that a neighbour
/// who has everything cannot make one batch long.
const SWEEP_RUNS: usize = 16;

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
        if peer.resync_at.is_some_and(|at| at <= now.mono) {
            peer.list_everything();
        }
        if peer.pushes_told < peer.pushes_handled
            && !peer.pipe.acknowledges_later(now.mono)
            && peer.outgoing.control(Record::Took(peer.pushes_handled))
        {
            peer.pushes_told = peer.pushes_handled;
        }
        if now.mono.ms_since(peer.said_at) >= KEEP_ALIVE_MS && peer.outgoing.control_is_empty() {
            let _ = peer.outgoing.control(Record::Pad);
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
        self.sweep(link);
    }

    /// Offers what a neighbour that listed its own is not known to have.
    fn sweep(&mut self, link: LinkId) {
        let Some(peer) = self.peers.get_mut(&link) else {
            return;
        };
        for _ in 0..SWEEP_RUNS {
            let Some((class, below)) = peer.sweeps.first_key_value().map(|(c, b)| (*c, *b)) else {
                return;
            };
            if peer.outgoing.offers_free(class) < SWEEP_ROOM {
                return;
            }
            let (ids, rest) = self
                .inventory
                .unknown_to(peer.slot, class, below, SWEEP_OFFERS);
            for id in ids {
                if let Some(held) = self.inventory.held(id) {
                    // There is room: nothing is dropped for it.
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
        self.list(link);
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
        peer.pipe.put(bytes);
        peer.said_at = now.mono;
        peer.has_greeted = true;
        Ok(true)
    }

    /// Queues one page of a list that we owe, once the one before is on its way.
    fn list(&mut self, link: LinkId) {
        let Some(peer) = self.peers.get_mut(&link) else {
            return;
        };
        if !peer.is_ready() || !peer.outgoing.control_is_empty() {
            return;
        }
        let Some((class, below)) = peer.lists.pop_front() else {
            return;
        };
        let count = peer.outgoing.ids_per_record();
        let (ids, rest) = self.inventory.list_to(peer.slot, class, below, count);
        if let Some(below) = rest {
            peer.lists.push_front((class, below));
        }
        let _ = peer.outgoing.control(Record::SyncList {
            class,
            last: rest.is_none(),
            ids,
        });
    }

    /// Whether a link has more to be offered than one batch allowed.
    pub(super) fn sweep_is_due(&self) -> bool {
        self.peers.values().any(|peer| {
            let next = peer.sweeps.first_key_value();
            let fits =
                next.is_some_and(|(class, _)| peer.outgoing.offers_free(*class) >= SWEEP_ROOM);
            fits && peer.is_ready()
        })
    }
}
