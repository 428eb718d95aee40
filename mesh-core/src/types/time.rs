//! Time as data. Nothing below the node reads a clock: whoever calls brings [`Now`].

use crate::limits::{DAY_MS, TICK_MS};

/// Milliseconds since this node started; never runs backwards. Own type because
/// `std::time::Instant` cannot be built from a number and so cannot be simulated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mono(pub u64);

/// Milliseconds since the Unix epoch by this device's clock, which may be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Wall(pub u64);

/// Five-minute ticks since the Unix epoch: the only precision an envelope shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Tick(pub u32);

/// Days since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Day(pub u32);

/// The two clocks, read together once for each call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// For timers and ages.
    pub mono: Mono,
    /// For expiry, days and what people are shown.
    pub wall: Wall,
}

impl Mono {
    /// The moment `span_ms` milliseconds later; saturates.
    #[must_use]
    pub fn plus_ms(self, span_ms: u64) -> Self {
        Self(self.0.saturating_add(span_ms))
    }

    /// Milliseconds from `earlier` to this moment; zero if `earlier` is later.
    #[must_use]
    pub fn ms_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

impl Wall {
    /// The tick this moment lies in (rounded down).
    #[must_use]
    pub fn tick(self) -> Tick {
        Tick(u32::try_from(self.0 / TICK_MS).unwrap_or(u32::MAX))
    }

    /// The UTC day this moment lies in.
    #[must_use]
    pub fn day(self) -> Day {
        Day(u32::try_from(self.0 / DAY_MS).unwrap_or(u32::MAX))
    }

    /// The moment `span_ms` milliseconds later; saturates.
    #[must_use]
    pub fn plus_ms(self, span_ms: u64) -> Self {
        Self(self.0.saturating_add(span_ms))
    }

    /// The moment `span_ms` milliseconds earlier; stops at the epoch.
    #[must_use]
    pub fn minus_ms(self, span_ms: u64) -> Self {
        Self(self.0.saturating_sub(span_ms))
    }
}

impl Tick {
    /// The first moment of this tick.
    #[must_use]
    pub fn start(self) -> Wall {
        Wall(u64::from(self.0).saturating_mul(TICK_MS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tick_rounds_down_and_saturates() {
        assert_eq!(Wall(TICK_MS - 1).tick(), Tick(0));
        assert_eq!(Wall(TICK_MS).tick(), Tick(1));
        assert_eq!(Wall(u64::MAX).tick(), Tick(u32::MAX));
    }

    #[test]
    fn age_of_the_future_is_zero() {
        assert_eq!(Mono(5).ms_since(Mono(9)), 0);
    }
}
