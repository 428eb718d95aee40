//! How long an answer takes: smoothed, with its variation (RFC 6298).

use crate::limits::{ACK_DELAY_MS, RETRANSMIT_MS_FIRST, RETRANSMIT_MS_MAX, RETRANSMIT_MS_MIN};

/// Variation below this is the clock's grain, not the link's.
const GRAIN_MS: u64 = 20;

/// Round trips of one link, milliseconds.
#[derive(Debug, Default)]
pub(super) struct Rtt {
    /// Eight times the smoothed round trip; 0 before the first.
    smoothed_x8: u64,
    /// Four times the smoothed deviation.
    deviation_x4: u64,
    shortest_ms: u64,
}

impl Rtt {
    /// One more was measured.
    pub(super) fn measured(&mut self, rtt_ms: u64) {
        let rtt_ms = rtt_ms.max(1);
        if self.smoothed_x8 == 0 {
            self.smoothed_x8 = 8 * rtt_ms;
            self.deviation_x4 = 2 * rtt_ms;
            self.shortest_ms = rtt_ms;
            return;
        }
        let off = rtt_ms.abs_diff(self.smoothed_x8 / 8);
        self.deviation_x4 = self.deviation_x4 - self.deviation_x4 / 4 + off;
        self.smoothed_x8 = self.smoothed_x8 - self.smoothed_x8 / 8 + rtt_ms;
        self.shortest_ms = self.shortest_ms.min(rtt_ms);
    }

    /// The shortest one; 0 before the first.
    pub(super) fn shortest_ms(&self) -> u64 {
        self.shortest_ms
    }

    /// Smoothed; 0 before the first.
    pub(super) fn smoothed_ms(&self) -> u64 {
        self.smoothed_x8 / 8
    }

    /// Silence after which something is sent again, `doublings` times without an
    /// answer.
    pub(super) fn patience_ms(&self, doublings: u32) -> u64 {
        let once = match self.smoothed_x8 {
            0 => RETRANSMIT_MS_FIRST,
            smoothed_x8 => smoothed_x8 / 8 + self.deviation_x4.max(GRAIN_MS) + ACK_DELAY_MS,
        };
        let factor = 1_u64.checked_shl(doublings).unwrap_or(u64::MAX);
        once.max(RETRANSMIT_MS_MIN)
            .saturating_mul(factor)
            .min(RETRANSMIT_MS_MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patience_follows_the_link_and_doubles_up_to_its_bound() {
        let mut rtt = Rtt::default();
        assert_eq!(rtt.patience_ms(0), RETRANSMIT_MS_FIRST);
        (0..50).for_each(|_| rtt.measured(60));
        assert_eq!((rtt.shortest_ms(), rtt.smoothed_ms()), (60, 60));
        assert_eq!(rtt.patience_ms(0), RETRANSMIT_MS_MIN);
        (0..50).for_each(|n| rtt.measured(300 + n % 2 * 100));
        let once = rtt.patience_ms(0);
        assert!((450..800).contains(&once), "{once}");
        assert_eq!(rtt.patience_ms(1), 2 * once);
        assert_eq!(rtt.patience_ms(u32::MAX), RETRANSMIT_MS_MAX);
    }
}
