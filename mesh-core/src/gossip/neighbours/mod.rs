//! Whom to keep a link with, when more are near than links are to be had.
//!
//! Floor 2. Two rules over opaque keys, one for each radio: [`BleNeighbours`] and
//! [`LanNeighbours`]. A carrier says whom it hears, what became of its calls and
//! which links stand, asks [`BleNeighbours::decide`], and does what it is told.
//! Nothing here knows addresses, envelopes or people; keys mean what the carrier
//! wants (`docs/protocol/link.md`, "Neighbours").

mod ble;
mod lan;

pub use ble::BleNeighbours;
pub use lan::{Found, LanNeighbours};

/// What a carrier is to do about one candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision<K> {
    /// Call it; the outcome is expected as `linked` or `call_failed`.
    Connect(K),
    /// Close the link with it; `unlinked` is expected.
    Disconnect(K),
}
