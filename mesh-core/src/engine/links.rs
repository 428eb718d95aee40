//! Links coming, going, and the bytes that come on them.

use crate::api::Event;
use crate::gossip::Slot;
use crate::limits::DATAGRAM_LINKS_MAX;
use crate::link::{Allowance, Fault};
use crate::types::{LinkId, LinkInfo, LinkShape, Now};
use crate::wire::envelope::Class;
use crate::wire::frame::{Hello, Record, clock_quarters, decode_frame, held_log2};

use super::peer::Peer;
use super::pipe::{Pipe, PipeError};
use super::{Engine, EngineError, Output};

impl Engine {
    pub(super) fn link_up(&mut self, now: Now, link: LinkId, info: LinkInfo) {
        let Some(slot) = Slot::lowest_free(self.peers.values().map(|peer| peer.slot)) else {
            self.outputs.push_back(Output::CloseLink { link });
            return;
        };
        let Some(pipe) = self.pipe(&info) else {
            self.outputs.push_back(Output::CloseLink { link });
            return;
        };
        let hello = self.hello(now, &info);
        let mut peer = Peer::new(now, info, pipe, slot, hello);
        // The queue is new and empty: it takes the record.
        let _ = peer.outgoing.control(Record::Hello(hello));
        self.wants.link_up(link, peer.info.kind);
        self.peers.insert(link, Box::new(peer));
    }

    /// What a new link needs between frames and carrier; `None` if it can have none.
    fn pipe(&mut self, info: &LinkInfo) -> Option<Pipe> {
        let peers = self.peers.values();
        let layers = peers.filter_map(|peer| peer.pipe.datagrams());
        let is_full = layers.count() >= DATAGRAM_LINKS_MAX;
        if is_full && info.shape != LinkShape::Pipe {
            return None;
        }
        Pipe::new(info, self.rng.as_mut())
    }

    pub(super) fn link_down(&mut self, link: LinkId) {
        let Some(peer) = self.peers.remove(link) else {
            return;
        };
        self.wants.link_down(link);
        self.inventory.forget_neighbour(peer.slot);
        if peer.is_ready() {
            self.tell(Event::LinkDown { link });
        }
    }

    pub(super) fn received(
        &mut self,
        now: Now,
        link: LinkId,
        bytes: &[u8],
    ) -> Result<(), EngineError> {
        let Some(peer) = self.peers.touch(link) else {
            return Ok(());
        };
        peer.bytes_in += bytes.len() as u64;
        peer.sweep_is_unpaid = false;
        if let Some(session) = &mut peer.session {
            session.heard(now.mono, bytes.len());
        }
        let frames = match peer.pipe.receive(now.mono, bytes) {
            Ok(frames) => frames,
            // It does not keep the link alive either: stacks garble and broadcast.
            Err(PipeError::Stray) => return Ok(()),
            Err(PipeError::Protocol) => {
                self.blame(link, Fault::Protocol);
                return Ok(());
            }
        };
        peer.heard_at = now.mono;
        for frame in frames {
            let Ok(records) = decode_frame(&frame) else {
                self.blame(link, Fault::Protocol);
                return Ok(());
            };
            self.counters.received(&frame);
            for record in records {
                self.record(now, link, record)?;
            }
        }
        Ok(())
    }

    /// Adds a fault to a link, and closes it when that is enough.
    pub(super) fn blame(&mut self, link: LinkId, fault: Fault) {
        let closes = self
            .peers
            .touch(link)
            .is_some_and(|peer| peer.score.blame(fault));
        if closes {
            self.link_down(link);
            self.outputs.push_back(Output::CloseLink { link });
        }
    }

    pub(super) fn close_silent_peers(&mut self, now: Now) {
        let silent: Vec<LinkId> = self
            .peers
            .due(now.mono)
            .filter(|(_, peer)| peer.is_silent(now.mono))
            .map(|(link, _)| link)
            .collect();
        for link in silent {
            self.blame(link, Fault::Silent);
        }
    }

    fn hello(&mut self, now: Now, info: &LinkInfo) -> Hello {
        let frame_bytes_max = Allowance::of(info.kind).frame_bytes_max;
        let mut random = [0; 32];
        self.rng.fill_bytes(&mut random);
        Hello {
            frame_bytes_max: u32::try_from(frame_bytes_max).unwrap_or(u32::MAX),
            random,
            clock_quarters: clock_quarters(now.wall.tick()),
            held_log2: Class::ALL.map(|class| held_log2(self.inventory.count(class))),
        }
    }
}
