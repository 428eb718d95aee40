//! What of a conversation has come, by number: acknowledgements without counting
//! anything twice (`docs/protocol/crypto.md`, "Direct messages").

use std::collections::BTreeSet;

use crate::limits::SESSION_UNACKNOWLEDGED_MAX;
use crate::wire::inner::Numbers;

/// Numbers beyond the first one missing that one acknowledgement tells of.
const AHEAD: u32 = u64::BITS;
/// Numbers beyond the first one missing that are noted: a sender goes no further.
const NOTED: u32 = SESSION_UNACKNOWLEDGED_MAX;

/// The other side's numbers that have come. They begin with 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Received {
    /// The lowest number that has not come.
    missing: u32,
    /// Those beyond it that have.
    ahead: BTreeSet<u32>,
}

impl Default for Received {
    fn default() -> Self {
        Self {
            missing: 1,
            ahead: BTreeSet::new(),
        }
    }
}

/// What a number is, when a message with it comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The one waited for.
    Next,
    /// Later ones than the one waited for.
    Early,
    /// It has come before, or is none.
    Again,
    /// So far ahead that no honest sender is there.
    TooFar,
}

impl Received {
    /// From a store row; [`Self::missing`] and [`Self::ahead`] give it.
    pub(super) fn of(missing: u32, ahead: impl IntoIterator<Item = u32>) -> Self {
        let mut received = Self {
            missing: missing.max(1),
            ahead: BTreeSet::new(),
        };
        ahead.into_iter().for_each(|number| received.note(number));
        received
    }

    /// The lowest number that has not come.
    pub(super) fn missing(&self) -> u32 {
        self.missing
    }

    /// Those beyond it that have come, in order.
    pub(super) fn ahead(&self) -> impl Iterator<Item = u32> {
        self.ahead.iter().copied()
    }

    /// What a message with this number would be.
    pub(super) fn place(&self, number: u32) -> Place {
        match number.checked_sub(self.missing) {
            None => Place::Again,
            Some(0) => Place::Next,
            Some(gap) if gap > NOTED => Place::TooFar,
            Some(_) if self.ahead.contains(&number) => Place::Again,
            Some(_) => Place::Early,
        }
    }

    /// Notes a number; what is too far is not noted.
    pub(super) fn note(&mut self, number: u32) {
        match self.place(number) {
            Place::Next => {
                self.missing = self.missing.saturating_add(1);
                while self.ahead.remove(&self.missing) {
                    self.missing = self.missing.saturating_add(1);
                }
            }
            Place::Early => _ = self.ahead.insert(number),
            Place::Again | Place::TooFar => {}
        }
    }

    /// Nothing with a smaller number comes any more.
    pub(super) fn skip_to(&mut self, floor: u32) {
        if floor <= self.missing {
            return;
        }
        self.ahead = self.ahead.split_off(&floor);
        self.missing = floor;
        while self.ahead.remove(&self.missing) {
            self.missing = self.missing.saturating_add(1);
        }
    }

    /// The acknowledgement that rides on a message.
    pub(super) fn acknowledge(&self, seq: u32) -> Numbers {
        let gaps = self.ahead().map(|number| number - self.missing);
        let told = gaps.take_while(|gap| *gap <= AHEAD);
        Numbers {
            seq,
            ack_base: self.missing,
            ack_bits: told.fold(0, |bits, gap| bits | 1 << (gap - 1)),
            expire: 0,
        }
    }
}

/// Whether an acknowledgement covers one of our numbers.
pub(super) fn covers(numbers: &Numbers, seq: u32) -> bool {
    match seq.checked_sub(numbers.ack_base) {
        None => true,
        Some(0) => false,
        Some(gap) => gap <= AHEAD && numbers.ack_bits & (1 << (gap - 1)) != 0,
    }
}

/// The highest of our numbers that an acknowledgement says has come; 0 for none.
pub(super) fn highest(numbers: &Numbers) -> u32 {
    match numbers.ack_bits {
        0 => numbers.ack_base.saturating_sub(1),
        bits => numbers
            .ack_base
            .saturating_add(AHEAD - bits.leading_zeros()),
    }
}

/// Whether a later message of ours than this one was acknowledged, so that this one
/// was probably lost.
pub(super) fn skips(numbers: &Numbers, seq: u32) -> bool {
    if covers(numbers, seq) {
        return false;
    }
    highest(numbers) > seq
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_any_order_end_with_nothing_missing() {
        let mut received = Received::default();
        for number in [3, 1, 5, 2, 64, 65, 4] {
            assert_ne!(received.place(number), Place::Again);
            received.note(number);
            assert_eq!(received.place(number), Place::Again);
        }
        assert_eq!(received.missing(), 6);
        assert_eq!(received.place(6), Place::Next);
        assert_eq!(received.place(63), Place::Early);
        (6..=63).for_each(|number| received.note(number));
        assert_eq!((received.missing(), received.ahead().count()), (66, 0));
    }

    #[test]
    fn what_is_too_far_ahead_is_not_noted() {
        let mut received = Received::default();
        assert_eq!(received.place(1 + NOTED), Place::Early);
        assert_eq!(received.place(2 + NOTED), Place::TooFar);
        received.note(2 + NOTED);
        assert_eq!(received, Received::default());
        assert_eq!(received.place(0), Place::Again);
        assert_eq!(received.place(u32::MAX), Place::TooFar);
    }

    #[test]
    fn what_is_stored_comes_back_and_the_last_number_is_no_trap() {
        let received = Received::of(4, [6, 9, 70]);
        assert_eq!(received.ahead().collect::<Vec<_>>(), [6, 9, 70]);
        let mut received = Received::of(u32::MAX, []);
        received.note(u32::MAX);
        assert_eq!(received.missing(), u32::MAX);
        assert_eq!(Received::of(0, []), Received::default());
    }

    #[test]
    fn what_was_given_up_is_not_waited_for() {
        let mut received = Received::of(2, [4, 5, 9]);
        received.skip_to(1);
        assert_eq!(received, Received::of(2, [4, 5, 9]));
        received.skip_to(4);
        assert_eq!(received, Received::of(6, [9]));
        received.skip_to(8);
        assert_eq!(received, Received::of(8, [9]));
        received.note(8);
        assert_eq!(received, Received::of(10, []));
    }

    #[test]
    fn an_acknowledgement_covers_what_came_and_nothing_else() {
        let mut received = Received::default();
        [1, 2, 4, 67]
            .into_iter()
            .for_each(|number| received.note(number));
        let numbers = received.acknowledge(9);
        let covered: Vec<u32> = (1..80).filter(|seq| covers(&numbers, *seq)).collect();
        assert_eq!(covered, [1, 2, 4, 67]);
        assert_eq!(highest(&numbers), 67);
        let skipped: Vec<u32> = (1..80).filter(|seq| skips(&numbers, *seq)).collect();
        assert_eq!(skipped, (3..67).filter(|seq| *seq != 4).collect::<Vec<_>>());
        let nothing = Received::default().acknowledge(0);
        assert_eq!(highest(&nothing), 0);
        assert!((1..80).all(|seq| !covers(&nothing, seq) && !skips(&nothing, seq)));
    }
}
