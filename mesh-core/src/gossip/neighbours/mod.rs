//! Whom to keep a link with, when more are near than links are to be had.
//!
//! Floor 2. A rule over opaque keys for Bluetooth, [`BleNeighbours`]; the LAN's rule
//! is `transport/lan/neighbours.rs`, bound to its connections. A carrier says whom it
//! hears, what became of its calls and which links stand, asks
//! [`BleNeighbours::decide`], and does what it is told. Nothing here knows addresses,
//! envelopes or people; keys mean what the carrier wants (`docs/protocol/link.md`,
//! "Whom to keep").

mod ble;

pub use ble::BleNeighbours;

/// What a carrier is to do about one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision<K> {
    /// Call it; the outcome is expected as `linked` or `call_failed`.
    Connect(K),
    /// Close the link with it; `unlinked` is expected.
    Disconnect(K),
}
