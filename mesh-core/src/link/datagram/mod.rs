//! A byte stream over a carrier that loses, doubles and reorders.
//!
//! Floor 2; `docs/protocol/datagram.md`. Sans IO: datagrams and time come in, and
//! stream bytes in order; datagrams go out. What the bytes mean is `framing.rs`'s.
//! Nothing here is authenticated: whoever can write on this very link can break
//! it, and no other one (see the page).

mod head;
mod inbound;
mod outbound;
mod rtt;

use crate::limits::{
    DATAGRAM_BYTES_MAX, DATAGRAM_BYTES_MIN, DATAGRAMS_IN_FLIGHT_MAX, REASSEMBLY_BYTES_MAX,
    REORDER_DATAGRAMS_MAX,
};
use crate::types::Mono;

use head::{GAPS_BYTES, HEAD_BYTES, Head, from_wire, on_wire};
use inbound::Inbound;
use outbound::Outbound;

/// Both directions of one link.
///
/// The caller puts bytes while [`Self::room`] allows, takes datagrams from
/// [`Self::poll_transmit`] until it gives `None`, says [`Self::sent`] when the
/// carrier took one, and looks again at [`Self::next_timeout`].
#[derive(Debug)]
pub struct Datagrams {
    datagram_bytes_max: usize,
    credit_bytes: usize,
    /// Given to the carrier and not yet taken by it.
    with_carrier_bytes: usize,
    inbound: Inbound,
    outbound: Outbound,
}

/// Bytes that are no datagram of this link: empty, malformed, or acknowledging what
/// was never sent. They change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no datagram of this link")]
pub struct Stray;

impl Datagrams {
    /// A fresh link whose carrier takes datagrams of `mtu` bytes and that may have
    /// `credit_bytes` on the way. `None` if they are too small to be of use.
    #[must_use]
    pub fn new(mtu: usize, credit_bytes: usize) -> Option<Self> {
        if mtu < DATAGRAM_BYTES_MIN {
            return None;
        }
        let datagram_bytes_max = mtu.min(DATAGRAM_BYTES_MAX);
        let cut_bytes = datagram_bytes_max - HEAD_BYTES;
        // What waits at the other side for one lost datagram must fit there.
        let span_max = (REASSEMBLY_BYTES_MAX / cut_bytes).min(REORDER_DATAGRAMS_MAX);
        let flights_max = (credit_bytes / datagram_bytes_max).clamp(2, DATAGRAMS_IN_FLIGHT_MAX);
        Some(Self {
            datagram_bytes_max,
            credit_bytes: flights_max * datagram_bytes_max,
            with_carrier_bytes: 0,
            inbound: Inbound::default(),
            outbound: Outbound::new(cut_bytes, flights_max.min(span_max), span_max),
        })
    }

    /// Takes one datagram and returns the stream bytes that are in order now, each
    /// exactly once.
    ///
    /// # Errors
    /// It is none of this link; nothing changed.
    pub fn receive(&mut self, now: Mono, datagram: &[u8]) -> Result<Vec<u8>, Stray> {
        let (head, bytes) = Head::decode(datagram).ok_or(Stray)?;
        // An old acknowledgement may lie before the first datagram; it says nothing.
        let missing = from_wire(self.outbound.next(), head.ack).unwrap_or(0);
        if missing > self.outbound.next() {
            return Err(Stray);
        }
        self.outbound
            .acknowledged(now, missing, head.gaps.unwrap_or(0));
        let mut stream = Vec::new();
        let number = head
            .number
            .and_then(|wire| from_wire(self.inbound.missing(), wire));
        if let Some(number) = number {
            self.inbound.take(now, number, bytes, &mut stream);
        }
        Ok(stream)
    }

    /// Stream bytes that may be put now: what the datagrams free to go can carry, so
    /// that something urgent never waits behind more than those on the way. On an
    /// idle link `at_least`, for a frame that is larger than all of them.
    #[must_use]
    pub fn room(&self, at_least: usize) -> usize {
        match self.outbound.is_idle() {
            true => self.outbound.room().max(at_least),
            false => self.outbound.room(),
        }
    }

    /// Appends bytes to the stream, no more than [`Self::room`].
    pub fn put(&mut self, bytes: &[u8]) {
        self.outbound.put(bytes);
    }

    /// The next datagram for the carrier; `None` when there is none, or when the
    /// carrier has not taken what it was given.
    pub fn poll_transmit(&mut self, now: Mono) -> Option<Vec<u8>> {
        if !self.has_carrier_credit() {
            return None;
        }
        let (missing, gaps) = self.inbound.state();
        let ack = on_wire(missing);
        let mut datagram = Vec::with_capacity(self.datagram_bytes_max);
        if let Some((number, bytes)) = self.outbound.poll(now) {
            let fits = HEAD_BYTES + GAPS_BYTES + bytes.len() <= self.datagram_bytes_max;
            let told = gaps.filter(|_| fits);
            let number = Some(on_wire(number));
            let head = Head {
                ack,
                gaps: told,
                number,
            };
            head.encode(&mut datagram);
            datagram.extend_from_slice(bytes);
            if told == gaps {
                self.inbound.told();
            }
        } else if self.inbound.ack_at().is_some_and(|at| at <= now) {
            let number = None;
            Head { ack, gaps, number }.encode(&mut datagram);
            self.inbound.told();
        } else {
            return None;
        }
        self.with_carrier_bytes += datagram.len();
        Some(datagram)
    }

    /// Whether an acknowledgement is owed that still waits for company.
    #[must_use]
    pub fn acknowledges_later(&self, now: Mono) -> bool {
        self.inbound.ack_at().is_some_and(|at| at > now)
    }

    /// The carrier took bytes.
    pub fn sent(&mut self, bytes: usize) {
        self.with_carrier_bytes = self.with_carrier_bytes.saturating_sub(bytes);
    }

    /// When [`Self::poll_transmit`] may have something, or [`Self::is_broken`] may
    /// have become true.
    #[must_use]
    pub fn next_timeout(&self) -> Option<Mono> {
        let sending = [self.outbound.next_timeout(), self.inbound.ack_at()];
        let giving_up = [self.outbound.gives_up_at(), self.inbound.gives_up_at()];
        let sending = sending.into_iter().filter(|_| self.has_carrier_credit());
        sending.chain(giving_up).flatten().min()
    }

    /// Whether the other side acknowledged nothing, or left something out, for so
    /// long that the stream will not go on.
    #[must_use]
    pub fn is_broken(&self, now: Mono) -> bool {
        let giving_up = [self.outbound.gives_up_at(), self.inbound.gives_up_at()];
        giving_up.into_iter().flatten().any(|at| at <= now)
    }

    /// Bytes kept for both directions: what a peer makes this link hold.
    #[must_use]
    pub fn held_bytes(&self) -> usize {
        self.inbound.waiting_bytes() + self.outbound.kept_bytes()
    }

    fn has_carrier_credit(&self) -> bool {
        self.with_carrier_bytes + self.datagram_bytes_max <= self.credit_bytes
    }
}

#[cfg(test)]
mod tests;
