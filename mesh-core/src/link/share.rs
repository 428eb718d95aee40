//! A priority that may not take everything: first in line, up to its share.

/// Lets something go before the rest while it keeps to one part in `parts` of the
/// bytes sent, with a burst. What the others did not use is not owed to them.
#[derive(Debug, Clone, Copy)]
pub struct Share {
    /// Bytes that the others send for each of ours.
    others_per_byte: u64,
    burst_bytes: u64,
    /// Bytes that the others are behind.
    debt: u64,
}

impl Share {
    /// One part in `parts` (at least 2), `burst_bytes` ahead of the others at most.
    #[must_use]
    pub fn one_in(parts: u64, burst_bytes: usize) -> Self {
        let others_per_byte = parts.saturating_sub(1);
        Self {
            others_per_byte,
            burst_bytes: others_per_byte.saturating_mul(burst_bytes as u64),
            debt: 0,
        }
    }

    /// Whether it may go before the others now.
    #[must_use]
    pub fn goes_first(&self) -> bool {
        self.debt <= self.burst_bytes
    }

    /// It sent bytes.
    pub fn took(&mut self, bytes: usize) {
        let owed = self.others_per_byte.saturating_mul(bytes as u64);
        // Beyond one burst a debt is forgiven: it sent because nobody else had anything.
        self.debt = (self.debt + owed).min(self.burst_bytes + owed);
    }

    /// The others sent bytes.
    pub fn others_took(&mut self, bytes: usize) {
        self.debt = self.debt.saturating_sub(bytes as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_first_until_its_share_is_used_and_again_after_the_others() {
        let mut share = Share::one_in(4, 0);
        assert!(share.goes_first());
        share.took(100);
        assert!(!share.goes_first());
        share.others_took(299);
        assert!(!share.goes_first());
        share.others_took(1);
        assert!(share.goes_first());
    }

    #[test]
    fn a_long_time_alone_costs_no_more_than_one_burst() {
        let mut share = Share::one_in(5, 1_000);
        (0..1_000).for_each(|_| share.took(100));
        share.others_took(4 * 100);
        assert!(share.goes_first());
    }

    #[test]
    fn under_load_from_both_it_gets_its_part() {
        let mut share = Share::one_in(4, 0);
        let (mut first, mut rest) = (0, 0);
        for _ in 0..1_000 {
            if share.goes_first() {
                share.took(480);
                first += 1;
            } else {
                share.others_took(480);
                rest += 1;
            }
        }
        assert_eq!((first, rest), (250, 750));
    }
}
