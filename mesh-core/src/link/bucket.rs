//! A token bucket in virtual time: so many at once, then one each interval.

use crate::types::Mono;

/// Allows a burst, then one each interval (the generic cell rate algorithm: all
/// state is the moment at which the bucket is full again).
#[derive(Debug, Clone, Copy)]
pub struct Bucket {
    burst: u64,
    interval_ms: u64,
    full_at: Mono,
}

impl Bucket {
    /// A full bucket.
    #[must_use]
    pub fn new(burst: u64, interval_ms: u64) -> Self {
        Self {
            burst,
            interval_ms,
            full_at: Mono(0),
        }
    }

    /// Another size and rate from now on; what was taken stays taken.
    pub fn reshape(&mut self, burst: u64, interval_ms: u64) {
        (self.burst, self.interval_ms) = (burst, interval_ms);
    }

    /// Whether there is one.
    #[must_use]
    pub fn has_one(&self, now: Mono) -> bool {
        Self::take(&mut { *self }, now)
    }

    /// Takes one if there is one.
    pub fn take(&mut self, now: Mono) -> bool {
        let full_at = self.full_at.max(now).plus_ms(self.interval_ms);
        let fits = full_at.ms_since(now) <= self.burst.saturating_mul(self.interval_ms);
        if fits {
            self.full_at = full_at;
        }
        fits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_and_then_one_each_interval() {
        let mut bucket = Bucket::new(3, 1_000);
        let mut taken = |at: u64| (0..10).filter(|_| bucket.take(Mono(at))).count();
        assert_eq!(
            [
                taken(0),
                taken(999),
                taken(1_000),
                taken(3_500),
                taken(99_000)
            ],
            [3, 0, 1, 2, 3]
        );
    }
}
