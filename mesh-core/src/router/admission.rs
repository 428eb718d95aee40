//! What one link may bring that is new while room is short.
//!
//! Senders are anonymous, links are not: the share is a link's. It counts under
//! contention only; what is over it is taken later, never dropped.

use crate::limits::{
    ADMIT_BLE_BURST, ADMIT_BLE_INTERVAL_MS, ADMIT_LAN_BURST, ADMIT_LAN_INTERVAL_MS,
    ENVELOPE_BYTES_SMALL,
};
use crate::types::{LinkKind, Mono};

/// A link's allowance of new envelopes, counted in the smallest ones that live for as
/// long as their class may: what an envelope costs us is bytes times time.
#[derive(Debug, Clone, Copy)]
pub struct Admission {
    burst: u64,
    interval_us: u64,
    /// When it is whole again, microseconds: finer than the parts it is used in.
    whole_at_us: u64,
}

impl Admission {
    /// A whole one for a link of this kind.
    #[must_use]
    pub fn of(kind: LinkKind) -> Self {
        let (burst, interval_ms) = match kind {
            LinkKind::Lan | LinkKind::Courier => (ADMIT_LAN_BURST, ADMIT_LAN_INTERVAL_MS),
            LinkKind::Ble => (ADMIT_BLE_BURST, ADMIT_BLE_INTERVAL_MS),
        };
        Self {
            burst,
            interval_us: interval_ms * 1_000,
            whole_at_us: 0,
        }
    }

    /// How many new envelopes may be asked for now.
    #[must_use]
    pub fn room(&self, now: Mono) -> usize {
        let used_us = self.whole_at_us.saturating_sub(now.0 * 1_000);
        let used = used_us.div_ceil(self.interval_us);
        usize::try_from(self.burst.saturating_sub(used)).unwrap_or(usize::MAX)
    }

    /// When there is room for one, if there is none now.
    #[must_use]
    pub fn next_room(&self) -> Mono {
        let used_us = (self.burst - 1) * self.interval_us;
        Mono(self.whole_at_us.saturating_sub(used_us).div_ceil(1_000))
    }

    /// A new envelope came: `bytes` long, to be kept for `left_ms` of the `class_ms`
    /// that its class may be. At least a quarter of one is charged.
    pub fn charge(&mut self, now: Mono, bytes: usize, left_ms: u64, class_ms: u64) {
        let sizes = bytes.div_ceil(ENVELOPE_BYTES_SMALL) as u64;
        let life = left_ms.saturating_mul(100) / class_ms.max(1);
        let cost_us = self.interval_us * sizes * life.clamp(25, 100) / 100;
        self.whole_at_us = self.whole_at_us.max(now.0 * 1_000) + cost_us;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Mono = Mono(10_000);

    fn flood(admission: &mut Admission, from: Mono, span_ms: u64, bytes: usize) -> u64 {
        let mut taken = 0;
        for at in from.0..from.0 + span_ms {
            while admission.room(Mono(at)) > 0 {
                admission.charge(Mono(at), bytes, 100, 100);
                taken += 1;
            }
        }
        taken
    }

    #[test]
    fn a_burst_and_then_the_rate_of_the_links_kind() {
        for (kind, burst, interval_ms) in [
            (LinkKind::Lan, ADMIT_LAN_BURST, ADMIT_LAN_INTERVAL_MS),
            (LinkKind::Ble, ADMIT_BLE_BURST, ADMIT_BLE_INTERVAL_MS),
        ] {
            let per_s = 1_000 / interval_ms;
            let mut admission = Admission::of(kind);
            assert_eq!(flood(&mut admission, NOW, 1, 480), burst);
            let taken = flood(&mut admission, NOW.plus_ms(1), 10_000, 480);
            assert!(
                (10 * per_s - 1..=10 * per_s + 1).contains(&taken),
                "{taken}"
            );
        }
    }

    #[test]
    fn large_envelopes_cost_by_their_bytes_and_short_lived_ones_less() {
        let mut admission = Admission::of(LinkKind::Lan);
        assert_eq!(flood(&mut admission, NOW, 1, 1_920), ADMIT_LAN_BURST / 4);
        let mut admission = Admission::of(LinkKind::Lan);
        (0..ADMIT_LAN_BURST * 4).for_each(|_| admission.charge(NOW, 480, 1, 100));
        assert_eq!(admission.room(NOW), 0);
        assert_eq!(admission.room(admission.next_room()), 1);
    }
}
