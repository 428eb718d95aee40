//! What a link of each kind is given: the numbers of `limits.rs` by carrier.

use crate::limits::{
    BLE_CREDIT_BYTES, FRAME_BYTES_BLE_MAX, FRAME_BYTES_LAN_MAX, LAN_CREDIT_BYTES,
    OFFER_BATCH_BLE_MS, OFFER_BATCH_LAN_MS, OFFER_BEAT_BLE_MS, OFFER_BEAT_LAN_MS,
    OFFER_LONG_BLE_MS, OFFER_LONG_LAN_MS, TOOK_WAIT_BLE_MS, TOOK_WAIT_LAN_MS,
};
use crate::types::LinkKind;

/// What one link may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Largest frame taken and sent, bytes.
    pub frame_bytes_max: usize,
    /// Bytes given to the carrier and not yet taken by it.
    pub credit_bytes: usize,
    /// Offers wait up to this long to share a frame.
    pub offer_batch_ms: u64,
    /// After offers, the next ones wait at least this long.
    pub offer_beat_ms: u64,
    /// Offers that need not be the first wait about this long.
    pub offer_long_ms: u64,
    /// Confirmations wait up to this long for a frame that leaves anyway.
    pub took_wait_ms: u64,
}

impl Allowance {
    /// Of a link carried by `kind`.
    #[must_use]
    pub fn of(kind: LinkKind) -> Self {
        match kind {
            LinkKind::Lan | LinkKind::Courier => Self {
                frame_bytes_max: FRAME_BYTES_LAN_MAX,
                credit_bytes: LAN_CREDIT_BYTES,
                offer_batch_ms: OFFER_BATCH_LAN_MS,
                offer_beat_ms: OFFER_BEAT_LAN_MS,
                offer_long_ms: OFFER_LONG_LAN_MS,
                took_wait_ms: TOOK_WAIT_LAN_MS,
            },
            LinkKind::Ble => Self {
                frame_bytes_max: FRAME_BYTES_BLE_MAX,
                credit_bytes: BLE_CREDIT_BYTES,
                offer_batch_ms: OFFER_BATCH_BLE_MS,
                offer_beat_ms: OFFER_BEAT_BLE_MS,
                offer_long_ms: OFFER_LONG_BLE_MS,
                took_wait_ms: TOOK_WAIT_BLE_MS,
            },
        }
    }
}
