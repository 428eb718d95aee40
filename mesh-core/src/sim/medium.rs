//! What carries bytes between hosts: range, rate, delay, loss, and the air that all
//! radios near each other share.
//!
//! This file says what a medium is; [`super::waves`] moves bytes by it.

use std::ops::Range;

use crate::types::{LinkKind, LinkShape};

/// A kind of radio or wire, and what it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Medium {
    /// What engines are told carries their links.
    pub kind: LinkKind,
    /// Whether bytes come in order, or datagrams as it happens.
    pub shape: LinkShape,
    /// Links exist up to this distance, metres; `None` on a LAN.
    pub range_m: Option<f32>,
    /// What one radio moves, sending and receiving together, bytes a second.
    pub radio_bytes_per_s: u64,
    /// What all radios near each other move together, bytes a second; 0 for no bound.
    pub air_bytes_per_s: u64,
    /// From the end of sending to arrival, milliseconds.
    pub delay_ms: u64,
    /// Added to the delay at random, milliseconds; datagrams overtake by it.
    pub jitter_ms: u64,
    /// Chance that one transmission fails. A pipe repeats it, a datagram is lost.
    pub loss: f64,
    /// From call to link, milliseconds.
    pub set_up_ms: Range<u64>,
    /// From out of range to both ends knowing, milliseconds.
    pub notice_ms: Range<u64>,
    /// Bytes of headers that the medium adds to each transmission, per fragment.
    pub fragment_head_bytes: u64,
    /// Largest fragment, bytes.
    pub fragment_bytes: u64,
    /// Links of each host in a random graph that stands still; 0 if links follow
    /// from who is near.
    pub degree: usize,
}

impl Medium {
    /// Bluetooth LE with GATT as measured (4 to 8 s for a link, 25 kB/s a radio,
    /// 509 bytes a write, 50 ms a connection interval), 37 channels shared by all
    /// within range. Datagrams, as the real carrier will give them: writes come out
    /// of order and may be lost.
    #[must_use]
    pub fn ble() -> Self {
        Self {
            kind: LinkKind::Ble,
            shape: LinkShape::Datagrams { mtu: 509 },
            range_m: Some(20.0),
            radio_bytes_per_s: 25_000,
            air_bytes_per_s: 1_500_000,
            delay_ms: 50,
            jitter_ms: 25,
            loss: 0.02,
            set_up_ms: 4_000..8_000,
            notice_ms: 500..2_000,
            fragment_head_bytes: 7,
            fragment_bytes: 509,
            degree: 0,
        }
    }

    /// One Wi-Fi network in which everybody reaches everybody.
    #[must_use]
    pub fn lan() -> Self {
        Self {
            kind: LinkKind::Lan,
            shape: LinkShape::Pipe,
            range_m: None,
            radio_bytes_per_s: 2_000_000,
            air_bytes_per_s: 0,
            delay_ms: 3,
            jitter_ms: 3,
            loss: 0.0,
            set_up_ms: 50..300,
            notice_ms: 10..200,
            fragment_head_bytes: 66,
            fragment_bytes: 1_448,
            degree: 6,
        }
    }

    /// A graph without cost, for experiments with the protocol alone.
    #[must_use]
    pub fn ideal() -> Self {
        Self {
            radio_bytes_per_s: 0,
            delay_ms: 10,
            jitter_ms: 0,
            fragment_head_bytes: 0,
            ..Self::lan()
        }
    }

    /// Bytes in the air for `bytes` given to the medium.
    pub(super) fn air_bytes(&self, bytes: usize) -> u64 {
        let bytes = bytes as u64;
        bytes + bytes.div_ceil(self.fragment_bytes.max(1)) * self.fragment_head_bytes
    }
}
