//! Which of one author's messages to a group came: the newest ones, by number.
//!
//! Nothing is sent again in a group, so there is no number up to which all came.

use crate::limits::GROUP_REACH_MAX;

/// The highest number that came, and which of the 128 below it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Window {
    /// 0 for none.
    high: u32,
    /// Bit n: number `high − 1 − n` came.
    below: u128,
}

const _: () = assert!(GROUP_REACH_MAX == 1 + u128::BITS as usize);

impl Window {
    /// From a store row.
    pub(super) fn of(high: u32, below: u128) -> Self {
        Self { high, below }
    }

    /// For a store row.
    pub(super) fn parts(&self) -> (u32, u128) {
        (self.high, self.below)
    }

    /// Notes a number; one that is 0 or too old is not noted.
    pub(super) fn note(&mut self, number: u32) {
        self.take(number, 0);
    }

    /// Whether a number is known to have come.
    pub(super) fn has(&self, number: u32) -> bool {
        match self.high.checked_sub(number) {
            _ if number == 0 => false,
            Some(0) => true,
            Some(gap) => self.below & bit(gap) != 0,
            None => false,
        }
    }

    /// What of it another member is told.
    pub(super) fn told(&self) -> (u32, u64) {
        let newest = self.below & u128::from(u64::MAX);
        (self.high, u64::try_from(newest).unwrap_or(0))
    }

    /// Takes what another tells of what came to it.
    pub(super) fn take(&mut self, high: u32, bits: u64) {
        if high == 0 {
            return;
        }
        let before = *self;
        let (low, below) = match high > before.high {
            true => {
                *self = Self {
                    high,
                    below: u128::from(bits),
                };
                (before.high, before.below)
            }
            false => (high, u128::from(bits)),
        };
        let gap = self.high - low;
        if low > 0 && gap > 0 {
            self.below |= bit(gap);
        }
        self.below |= below.checked_shl(gap).unwrap_or(0);
    }
}

/// Of the number this much below the highest; 0 beyond the window.
fn bit(gap: u32) -> u128 {
    gap.checked_sub(1)
        .and_then(|place| 1u128.checked_shl(place))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_any_order_are_known_and_no_others() {
        let mut window = Window::default();
        assert!(!window.has(0) && !window.has(1));
        let came = [70, 3, 71, 65, 130, 131, 2];
        came.iter().for_each(|number| window.note(*number));
        for number in 3..200 {
            assert_eq!(window.has(number), came.contains(&number), "{number}");
        }
        // 2 is 129 below the highest: it was forgotten when it came.
        assert!(!window.has(2) && window.has(131 - 128));
        window.note(0);
        let (high, below) = window.parts();
        assert_eq!(Window::of(high, below), window);
    }

    #[test]
    fn what_is_told_adds_up_and_nothing_is_claimed_that_was_lost() {
        let (mut theirs, mut known) = (Window::default(), Window::default());
        for number in (1..=200_u32).filter(|number| number % 7 != 0) {
            theirs.note(number);
            let (high, bits) = theirs.told();
            // Only every 40th word of it arrives.
            if number % 40 == 0 {
                known.take(high, bits);
            }
        }
        let newest = 201 - u32::try_from(GROUP_REACH_MAX).unwrap();
        for number in newest..=200 {
            assert_eq!(known.has(number), number % 7 != 0, "{number}");
        }
        // An old word changes nothing.
        let before = known;
        known.take(3, 0b11);
        assert_eq!(known, before);
        known.take(u32::MAX, u64::MAX);
        assert!(known.has(u32::MAX - 64) && !known.has(u32::MAX - 65) && !known.has(200));
    }
}
