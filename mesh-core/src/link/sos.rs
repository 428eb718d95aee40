//! How many SOS go to one neighbour unasked, and whose.

use std::collections::BTreeMap;

use super::Bucket;
use crate::limits::{SOS_BURST, SOS_INTERVAL_MS};
use crate::types::{Mono, Source};

/// The allowance of one link, in equal parts for the links that bring SOS; this
/// laptop's own is always one part, so that no flood of others' takes it.
#[derive(Debug)]
pub struct SosAllowance {
    all: Bucket,
    parts: BTreeMap<Source, Bucket>,
}

impl Default for SosAllowance {
    fn default() -> Self {
        Self {
            all: Bucket::new(SOS_BURST, SOS_INTERVAL_MS),
            parts: BTreeMap::new(),
        }
    }
}

impl SosAllowance {
    /// Whether an SOS of `source` may be pushed now; it counts then. `sources` is how
    /// many there may be, this laptop included.
    pub fn take(&mut self, now: Mono, source: Source, sources: usize) -> bool {
        let sources = (sources as u64).max(1);
        let burst = (SOS_BURST / sources).max(1);
        let part = self
            .parts
            .entry(source)
            .or_insert_with(|| Bucket::new(burst, SOS_INTERVAL_MS));
        part.reshape(burst, SOS_INTERVAL_MS.saturating_mul(sources));
        // Our own part is kept for us: others cannot use up all of it first.
        let fits = part.has_one(now) && (source == Source::HERE || self.all.take(now));
        fits && part.take(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_others_leaves_our_own_part() {
        let mut allowance = SosAllowance::default();
        let mut flood = |now| {
            (0..100)
                .filter(|_| allowance.take(Mono(now), Source(1), 4))
                .count()
        };
        let later_ms = 6 * SOS_INTERVAL_MS;
        assert_eq!((flood(0), flood(later_ms)), (2, 1));
        assert!(allowance.take(Mono(later_ms), Source::HERE, 4));
    }

    #[test]
    fn others_together_keep_to_the_links_allowance() {
        let mut allowance = SosAllowance::default();
        let taken = (1..=32).filter(|n| allowance.take(Mono(0), Source(*n), 33));
        assert_eq!(taken.count() as u64, SOS_BURST);
        assert!(
            allowance.take(Mono(0), Source::HERE, 33),
            "our own part is left"
        );
    }
}
