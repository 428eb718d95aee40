//! When to compare next: soon after a difference, ever more rarely while there is none
//! (the Trickle timer, RFC 6206).

use crate::types::Mono;

/// The timer of one link.
#[derive(Debug, Clone)]
pub struct Trickle {
    interval_ms: u64,
    bounds_ms: core::ops::Range<u64>,
    next_at: Mono,
    /// Chance for the moment within an interval: neighbours must not beat in step.
    state: u64,
}

impl Trickle {
    /// Starts with the shortest interval.
    #[must_use]
    pub fn new(now: Mono, bounds_ms: core::ops::Range<u64>, seed: u64) -> Self {
        let mut trickle = Self {
            interval_ms: bounds_ms.start,
            bounds_ms,
            next_at: now,
            state: seed,
        };
        trickle.schedule(now);
        trickle
    }

    /// When to compare.
    #[must_use]
    pub fn next_at(&self) -> Mono {
        self.next_at
    }

    /// Nothing differed: twice the time until the next.
    pub fn agreed(&mut self, now: Mono) {
        self.interval_ms = (self.interval_ms * 2).min(self.bounds_ms.end);
        self.schedule(now);
    }

    /// Something differed.
    pub fn differed(&mut self, now: Mono) {
        self.interval_ms = self.bounds_ms.start;
        self.schedule(now);
    }

    /// Another interval of the same length: nothing was found out.
    pub fn again(&mut self, now: Mono) {
        self.schedule(now);
    }

    /// At a random moment in the second half of the interval.
    fn schedule(&mut self, now: Mono) {
        // SplitMix64: spreads moments, protects nothing.
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let half = self.interval_ms / 2;
        self.next_at = now.plus_ms(half + (mixed ^ (mixed >> 31)) % (half + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_double_up_to_the_bound_and_begin_anew_after_a_difference() {
        let mut trickle = Trickle::new(Mono(0), 5_000..60_000, 7);
        let mut spans = Vec::new();
        for round in 0..8 {
            spans.push(trickle.next_at().ms_since(Mono(0)));
            match round {
                6 => trickle.differed(Mono(0)),
                _ => trickle.agreed(Mono(0)),
            }
        }
        let bounds = [5, 10, 20, 40, 60, 60, 60, 5].map(|s| s * 1_000);
        for (span, bound) in spans.iter().zip(bounds) {
            assert!((bound / 2..=bound).contains(span), "{span} of {bound}");
        }
    }
}
