//! How two sets are compared, and what it costs to ask.

use crate::limits::{SYNC_ANSWER_RATIO, SYNC_FIRST_CELLS, SYNC_LIST_PERCENT};
use crate::wire::sync::ASK_HEAD_BYTES;

/// Heads of records and frames around an answer, bytes.
const HEADS_BYTES: usize = 32;

/// How one class is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// We list our ids.
    WeList,
    /// The other side lists its ids.
    TheyList,
    /// By cells, as long as they cost no more than the smaller side's list.
    Sketch {
        /// That many.
        cells_max: u32,
    },
}

impl Way {
    /// The smaller side lists if it is much smaller, or if its list is no longer
    /// than the first cells would be. Both sides come to the same answer; between
    /// equals whoever is asked lists.
    pub(super) fn of(ours: u32, theirs: u32, cells_max: u32) -> Self {
        let (small, large) = (u64::from(ours.min(theirs)), u64::from(ours.max(theirs)));
        let cells_max = cells_worth(ours.min(theirs)).min(cells_max);
        if small * 100 >= large * SYNC_LIST_PERCENT && cells_max >= SYNC_FIRST_CELLS {
            Self::Sketch { cells_max }
        } else if ours <= theirs {
            Self::WeList
        } else {
            Self::TheyList
        }
    }
}

/// Cells that a comparison with a smaller side of so many ids may cost: 7.5 bytes an
/// id, so that a list on top of them, with its heads, stays below 16.
pub(super) fn cells_worth(ids: u32) -> u32 {
    ids / 8 * 5 + ids % 8 * 5 / 8
}

/// Bytes of padding that an ask needs to pay for an answer of so many bytes, if what
/// was said on the link before pays for `paid_bytes` only.
pub(super) fn pad_for(answer_bytes: usize, paid_bytes: usize) -> u16 {
    // The other side's account may differ by what is on its way: some to spare.
    if answer_bytes + answer_bytes / 4 + 2 * HEADS_BYTES <= paid_bytes {
        return 0;
    }
    let cost = (answer_bytes + HEADS_BYTES).div_ceil(SYNC_ANSWER_RATIO as usize);
    u16::try_from(cost.saturating_sub(ASK_HEAD_BYTES)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn much_smaller_and_very_small_sides_list() {
        let of = |ours, theirs| Way::of(ours, theirs, 4_096);
        let least = u32::try_from(10 * SYNC_LIST_PERCENT).unwrap();
        assert_eq!(of(least - 1, 1_000), Way::WeList);
        assert_eq!(of(1_000, least - 1), Way::TheyList);
        assert_eq!(of(least, 1_000), Way::Sketch { cells_max: 425 });
        assert_eq!(of(25, 25), Way::WeList);
        let cells_max = SYNC_FIRST_CELLS;
        assert_eq!(of(26, 26), Way::Sketch { cells_max });
        assert_eq!(of(0, 0), Way::WeList);
        assert_eq!(of(u32::MAX, u32::MAX), Way::Sketch { cells_max: 4_096 });
    }
}
