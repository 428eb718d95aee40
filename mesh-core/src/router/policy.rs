//! Lifetimes, admission, eviction.

use crate::limits::{
    CLASS_SHARES, ENVELOPE_BYTES_SMALL, EXPIRY_SLACK_MS, KEYS_LIFETIME_MS, SOS_LIFETIME_MS,
    TEXT_LIFETIME_MS_MAX,
};
use crate::types::{Tick, Wall};
use crate::wire::envelope::{Class, Header};

/// Why an envelope may not use our space. Nobody's fault: clocks differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Its time is over.
    Expired,
    /// It wants to live longer than its class may.
    TooLong,
}

/// The longest an envelope of a class is kept, from when it came here.
#[must_use]
pub fn lifetime_ms_max(class: Class) -> u64 {
    match class {
        Class::Sos => SOS_LIFETIME_MS,
        Class::Text => TEXT_LIFETIME_MS_MAX,
        Class::Manifest | Class::Keys => KEYS_LIFETIME_MS,
    }
}

/// Judges a header by our clock: expiry in (now − 15 min, now + class maximum + 15 min].
///
/// # Errors
/// Says on which side it is out.
pub fn admit(header: Header, now: Wall) -> Result<(), Refusal> {
    let expiry = header.expiry.start();
    if expiry <= now.minus_ms(EXPIRY_SLACK_MS) {
        return Err(Refusal::Expired);
    }
    if expiry > now.plus_ms(lifetime_ms_max(header.class) + EXPIRY_SLACK_MS) {
        return Err(Refusal::TooLong);
    }
    Ok(())
}

/// The expiry of an own envelope: now + lifetime × U(0.9, 1.0), rounded down to a
/// tick. A fixed lifetime would date the message, and jitter that only shortens
/// cannot break a bound. `chance` is uniform over all of `u32`.
#[must_use]
pub fn expiry_of(now: Wall, lifetime_ms: u64, chance: u32) -> Tick {
    let shortened = lifetime_ms / 10 * u64::from(chance) / u64::from(u32::MAX);
    now.plus_ms(lifetime_ms - shortened).tick()
}

/// Whether an envelope is pushed unasked: an SOS of the smallest size.
#[must_use]
pub fn is_urgent(class: Class, bytes: usize) -> bool {
    class == Class::Sos && bytes == ENVELOPE_BYTES_SMALL
}

/// The share of `bytes_max` that a class may fill.
#[must_use]
pub fn quota(class: Class, bytes_max: u64) -> u64 {
    let share = CLASS_SHARES.get(usize::from(class.code()));
    bytes_max / 64 * share.copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{DAY_MS, TICK_MS};

    const NOW: Wall = Wall(20_000 * DAY_MS);

    fn header(class: Class, expiry: Wall) -> Header {
        Header {
            class,
            expiry: expiry.tick(),
        }
    }

    #[test]
    fn expiry_is_judged_within_slack_of_the_class_maximum() {
        for class in Class::ALL {
            let longest = NOW.plus_ms(lifetime_ms_max(class) + EXPIRY_SLACK_MS);
            assert_eq!(admit(header(class, longest), NOW), Ok(()));
            let over = header(class, longest.plus_ms(TICK_MS));
            assert_eq!(admit(over, NOW), Err(Refusal::TooLong));
            let past = header(class, NOW.minus_ms(EXPIRY_SLACK_MS));
            assert_eq!(admit(past, NOW), Err(Refusal::Expired));
            assert_eq!(admit(header(class, NOW), NOW), Ok(()));
        }
    }

    #[test]
    fn own_expiry_only_shortens() {
        assert_eq!(expiry_of(NOW, DAY_MS, 0).start(), NOW.plus_ms(DAY_MS));
        let shortest = expiry_of(NOW, DAY_MS, u32::MAX).start();
        assert_eq!(shortest, NOW.plus_ms(DAY_MS / 10 * 9).tick().start());
    }

    #[test]
    fn no_class_may_fill_more_than_its_share() {
        for class in Class::ALL {
            let share = CLASS_SHARES[usize::from(class.code())];
            assert_eq!(quota(class, 64_000), share * 1_000);
        }
    }

    #[test]
    fn the_shares_of_all_classes_fill_the_store() {
        let all: u64 = Class::ALL.iter().map(|class| quota(*class, 6_400)).sum();
        assert_eq!(all, 6_400);
    }
}
