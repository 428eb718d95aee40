//! What went over all links since the start, in numbers, for measuring.

use crate::wire::frame::Tally;

/// Sums over all links, those that are gone included. Nothing depends on them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counters {
    /// Bytes of Sync, SyncMore, SyncDone and SyncList records sent, heads included.
    pub sync_bytes_out: u64,
    /// The same, received.
    pub sync_bytes_in: u64,
    /// Envelopes pushed.
    pub pushes_out: u64,
    /// Ids offered.
    pub offers_out: u64,
    /// Ids wanted.
    pub wants_out: u64,
    /// Pushes of what was here already, or had been refused.
    pub duplicate_pushes_in: u64,
}

impl Counters {
    /// Counts a frame given to a carrier.
    pub(super) fn sent(&mut self, frame: &[u8]) {
        let mut tally = Tally::default();
        tally.add(frame);
        self.sync_bytes_out += tally.sync_bytes;
        self.pushes_out += tally.pushes;
        self.offers_out += tally.offers;
        self.wants_out += tally.wants;
    }

    /// Counts a frame that a neighbour sent.
    pub(super) fn received(&mut self, frame: &[u8]) {
        let mut tally = Tally::default();
        tally.add(frame);
        self.sync_bytes_in += tally.sync_bytes;
    }
}
