//! What comes: put in order once, and acknowledged.

use std::collections::BTreeMap;

use crate::limits::{
    ACK_DELAY_MS, ACK_EVERY, ACK_EVERY_WITH_GAP, DATAGRAM_BYTES_MAX, REASSEMBLY_BYTES_MAX,
    REASSEMBLY_MS_MAX, REORDER_DATAGRAMS_MAX,
};
use crate::types::Mono;

/// The receiving half of a link.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// The first number that has not come.
    missing: u64,
    /// What came before its turn.
    early: BTreeMap<u64, Vec<u8>>,
    early_bytes: usize,
    /// Since when `missing` is waited for, while anything waits behind it.
    gap_since: Mono,
    /// Datagrams and bytes taken that no acknowledgement has told of.
    untold: usize,
    untold_bytes: usize,
    ack_at: Option<Mono>,
}

impl Inbound {
    /// Takes one datagram and appends to `stream` what is in order now.
    pub(super) fn take(&mut self, now: Mono, number: u64, bytes: &[u8], stream: &mut Vec<u8>) {
        if number < self.missing || self.early.contains_key(&number) {
            // The sender repeats itself: it has not heard that this came.
            self.ack_at = Some(now);
            return;
        }
        if number > self.missing {
            self.keep(now, number, bytes);
            return;
        }
        let had_gap = !self.early.is_empty();
        self.missing += 1;
        stream.extend_from_slice(bytes);
        while let Some(next) = self.early.remove(&self.missing) {
            self.missing += 1;
            self.early_bytes -= next.len();
            stream.extend_from_slice(&next);
        }
        self.gap_since = now;
        self.owe(now, bytes.len(), had_gap);
    }

    fn keep(&mut self, now: Mono, number: u64, bytes: &[u8]) {
        let places = number - self.missing;
        let has_room = self.early_bytes + bytes.len() <= REASSEMBLY_BYTES_MAX;
        if places >= REORDER_DATAGRAMS_MAX as u64 || !has_room {
            return;
        }
        let is_first = self.early.is_empty();
        if is_first {
            self.gap_since = now;
        }
        self.early_bytes += bytes.len();
        self.early.insert(number, bytes.to_vec());
        self.owe(now, bytes.len(), is_first);
    }

    /// An acknowledgement is due: at once if a gap opened or closed, or for many.
    fn owe(&mut self, now: Mono, bytes: usize, at_once: bool) {
        self.untold += 1;
        self.untold_bytes += bytes;
        let many = match self.early.is_empty() {
            true => ACK_EVERY,
            false => ACK_EVERY_WITH_GAP,
        };
        if at_once || self.untold >= many || self.untold_bytes >= DATAGRAM_BYTES_MAX / 2 {
            self.ack_at = Some(now);
        } else {
            self.ack_at.get_or_insert(now.plus_ms(ACK_DELAY_MS));
        }
    }

    /// The first number missing, and what came after it, if anything did.
    pub(super) fn state(&self) -> (u64, Option<u64>) {
        let bits = self.early.keys().fold(0, |bits, number| {
            // Behind `missing` and fewer than 64 places: `keep` sees to it.
            bits | 1 << (number - self.missing - 1)
        });
        (self.missing, (bits != 0).then_some(bits))
    }

    /// The first number missing.
    pub(super) fn missing(&self) -> u64 {
        self.missing
    }

    /// The sender was told all that came.
    pub(super) fn told(&mut self) {
        self.untold = 0;
        self.untold_bytes = 0;
        self.ack_at = None;
    }

    /// When an acknowledgement must go, with or without company.
    pub(super) fn ack_at(&self) -> Option<Mono> {
        self.ack_at
    }

    /// When what waits has waited too long for what is missing.
    pub(super) fn gives_up_at(&self) -> Option<Mono> {
        (!self.early.is_empty()).then(|| self.gap_since.plus_ms(REASSEMBLY_MS_MAX))
    }

    /// Bytes that wait for their turn.
    pub(super) fn waiting_bytes(&self) -> usize {
        self.early_bytes
    }
}
