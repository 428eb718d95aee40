//! Between a link's frames and its carrier: nothing on an ordered pipe, the datagram
//! layer where datagrams get lost (`docs/protocol/datagram.md`).

use std::borrow::Cow;

use crate::link::{Allowance, Datagrams, Stray};
use crate::types::{LinkInfo, LinkShape, Mono};

/// What stands between frames and carrier on one link.
#[derive(Debug)]
pub(super) enum Pipe {
    /// The carrier keeps order and loses nothing. Holds what is to leave next.
    Direct(Option<Vec<u8>>),
    /// The carrier moves datagrams.
    Datagrams(Box<Datagrams>),
}

impl Pipe {
    /// Of a fresh link; `None` if its carrier's datagrams are too small to be of use.
    pub(super) fn new(info: &LinkInfo) -> Option<Self> {
        match info.shape {
            LinkShape::Pipe => Some(Self::Direct(None)),
            LinkShape::Datagrams { mtu } => {
                let credit_bytes = Allowance::of(info.kind).credit_bytes;
                let datagrams = Datagrams::new(mtu, credit_bytes)?;
                Some(Self::Datagrams(Box::new(datagrams)))
            }
        }
    }

    /// What the queue of outgoing frames counts for itself: the bytes on an ordered
    /// pipe. The datagram layer counts its own.
    pub(super) fn outgoing_credit(&self, allowance: Allowance) -> usize {
        match self {
            Self::Direct(_) => allowance.credit_bytes,
            Self::Datagrams(_) => usize::MAX,
        }
    }

    /// Stream bytes out of what the carrier brought.
    pub(super) fn receive<'a>(
        &mut self,
        now: Mono,
        bytes: &'a [u8],
    ) -> Result<Cow<'a, [u8]>, Stray> {
        match self {
            Self::Direct(_) => Ok(Cow::Borrowed(bytes)),
            Self::Datagrams(datagrams) => datagrams.receive(now, bytes).map(Cow::Owned),
        }
    }

    /// Bytes of a frame and its length that may be put now. A frame of
    /// `frame_bytes_max` may always begin on an idle link.
    pub(super) fn room(&self, frame_bytes_max: usize) -> usize {
        match self {
            Self::Direct(None) => usize::MAX,
            Self::Direct(Some(_)) => 0,
            Self::Datagrams(datagrams) => datagrams.room(frame_bytes_max + 2),
        }
    }

    /// Appends a frame and its length, no more than [`Self::room`].
    pub(super) fn put(&mut self, bytes: Vec<u8>) {
        match self {
            Self::Direct(ready) => *ready = Some(bytes),
            Self::Datagrams(datagrams) => datagrams.put(&bytes),
        }
    }

    /// What to give the carrier next.
    pub(super) fn poll_transmit(&mut self, now: Mono) -> Option<Vec<u8>> {
        match self {
            Self::Direct(ready) => ready.take(),
            Self::Datagrams(datagrams) => datagrams.poll_transmit(now),
        }
    }

    /// Whether an acknowledgement will leave soon on its own: what is in no hurry can
    /// travel with it.
    pub(super) fn acknowledges_later(&self, now: Mono) -> bool {
        match self {
            Self::Direct(_) => false,
            Self::Datagrams(datagrams) => datagrams.acknowledges_later(now),
        }
    }

    /// See [`Datagrams::next_timeout`].
    pub(super) fn next_timeout(&self) -> Option<Mono> {
        match self {
            Self::Direct(_) => None,
            Self::Datagrams(datagrams) => datagrams.next_timeout(),
        }
    }

    /// See [`Datagrams::is_broken`].
    pub(super) fn is_broken(&self, now: Mono) -> bool {
        match self {
            Self::Direct(_) => false,
            Self::Datagrams(datagrams) => datagrams.is_broken(now),
        }
    }
}
