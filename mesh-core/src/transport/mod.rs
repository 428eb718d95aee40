//! Carriers: ways to make links. Each is a byte pipe to a neighbour and knows
//! nothing of frames, envelopes, keys or people.
//!
//! Floor 5. Imports floor 0 and the carrier's own libraries. What a carrier must
//! keep: events of one link come in order, beginning with `LinkUp` and ending
//! with `LinkDown`; after `LinkDown` a link id is never used again; every
//! `Transmit` ends in one `Sent` of the same length, or in `LinkDown`.

#[cfg(feature = "lan")]
pub mod lan;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::types::{CarrierStatus, LinkId, LinkInfo};

/// What a carrier tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportEvent {
    /// A neighbour is there and bytes can flow.
    LinkUp {
        /// Fresh.
        link: LinkId,
        /// What is known of it.
        info: LinkInfo,
    },
    /// Nothing more can flow.
    LinkDown {
        /// Which.
        link: LinkId,
    },
    /// Bytes came; any cut is possible.
    Received {
        /// From where.
        link: LinkId,
        /// Not empty.
        bytes: Vec<u8>,
    },
    /// The carrier took the bytes of one `Transmit` and handed them to the system.
    Sent {
        /// On which link.
        link: LinkId,
        /// As many as were given.
        bytes: usize,
    },
    /// Where this carrier can be dialled now, `IP:PORT`, all of them.
    Listening {
        /// Sorted.
        addresses: Vec<String>,
    },
    /// What the carrier can do changed.
    Status(CarrierStatus),
}

/// What a carrier is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TransportCommand {
    /// Write these bytes to the link, whole and in order.
    Transmit {
        /// Where to. Unknown links are ignored: they went down meanwhile.
        link: LinkId,
        /// Not empty.
        bytes: Vec<u8>,
    },
    /// Close the link; `LinkDown` follows.
    Close {
        /// Which.
        link: LinkId,
    },
    /// Call an address given by a person, and keep calling it when it fails.
    Dial {
        /// `IP:PORT`, checked.
        address: std::net::SocketAddr,
    },
}

/// Draws link ids that are unique within a run, whatever carriers there are.
#[derive(Debug, Clone, Default)]
pub struct LinkIds(Arc<AtomicU64>);

impl LinkIds {
    /// A link id never given before.
    #[must_use]
    pub fn fresh(&self) -> LinkId {
        LinkId(self.0.fetch_add(1, Ordering::Relaxed))
    }
}
