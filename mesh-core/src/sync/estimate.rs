//! How many cells a difference needs, before it is known.
//!
//! Two views of one number. A *sample* travels with the first cells: sixteen sums of
//! keyed signs over a set; the squares of the differences between both sides' sums
//! average to the size of the difference (Alon, Matias, Szegedy 1996), give or take a
//! third. Later the cells themselves tell more: the share of a block's cells that
//! hold nothing or one symbol follows from how many are still hidden.

use crate::limits::{SYNC_FIRST_CELLS, SYNC_STEP_CELLS};
use crate::wire::sync::SAMPLE_BYTES;

use super::decoder::Density;

/// Fewer open cells than this in a block say only "very many".
const OPEN_CELLS_MIN: u32 = 3;

/// Sums of keyed signs over a set, modulo 256.
#[must_use]
pub(super) fn sample(signs: impl Iterator<Item = u16>) -> [u8; SAMPLE_BYTES] {
    let mut sums = [0_u8; SAMPLE_BYTES];
    for signs in signs {
        for (at, sum) in sums.iter_mut().enumerate() {
            let is_up = (signs >> at) & 1;
            *sum = sum.wrapping_add((is_up as u8).wrapping_mul(2).wrapping_sub(1));
        }
    }
    sums
}

/// The size of the difference between two sets, from their samples. Good up to
/// about 2,000; beyond that the sums wrap, and what comes out is about 5,000.
#[must_use]
pub fn difference(ours: &[u8; SAMPLE_BYTES], theirs: &[u8; SAMPLE_BYTES]) -> u32 {
    let squares = ours.iter().zip(theirs).map(|(a, b)| {
        let off = i32::from(a.wrapping_sub(*b).cast_signed());
        off.unsigned_abs() * off.unsigned_abs()
    });
    squares.sum::<u32>() / 16
}

/// Cells of which a difference needs no more in half of all cases (measured).
#[must_use]
pub fn cells_for(difference: u32) -> u32 {
    let straggling = (difference.isqrt() * 4 / 5).min(16);
    difference.saturating_mul(34) / 25 + straggling
}

/// The size of the whole difference, from how full a block was; `None` if it was
/// too full to say.
#[must_use]
pub(super) fn hidden(density: Density) -> Option<u32> {
    if density.open < OPEN_CELLS_MIN {
        return None;
    }
    let cells = density.start..density.start + density.cells;
    let expected_open = |hidden: f64| -> f64 {
        let each = cells.clone().map(|index| {
            let mean = hidden / (1.0 + f64::from(index) / 2.0);
            (1.0 + mean) * (-mean).exp()
        });
        each.sum()
    };
    // The expectation falls as more is hidden: halve the range until it is known.
    let (mut low, mut high) = (0, cells.end.saturating_mul(4));
    while low < high {
        let middle = low + (high - low) / 2;
        if expected_open(f64::from(middle)) > f64::from(density.open) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Some(density.known + low)
}

/// Decides how many cells to ask for.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// What the samples said.
    sampled: u32,
    asked: bool,
}

impl Plan {
    /// Before the first cells came.
    #[must_use]
    pub fn new(sampled: u32) -> Self {
        Self {
            sampled,
            asked: false,
        }
    }

    /// How many cells to have next, in all. An ask that falls short costs a round
    /// trip, one that goes too far costs its bytes: the first stays below what the
    /// estimate says, later ones have a better estimate.
    pub fn next(&mut self, density: Density) -> u32 {
        let have = density.start + density.cells;
        let is_first = !std::mem::replace(&mut self.asked, true);
        let guess = match hidden(density) {
            Some(hidden) if is_first => cells_for(hidden.midpoint(self.sampled)) / 10 * 9,
            Some(hidden) => cells_for(hidden) / 33 * 32,
            None if is_first => cells_for(self.sampled) / 4 * 3,
            // A full block of some length: twice as many as there are cells, or more.
            None if density.cells >= SYNC_FIRST_CELLS => have.saturating_mul(2),
            None => 0,
        };
        guess.max(have.saturating_add(SYNC_STEP_CELLS.max(have / 10)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ask_is_worth_its_round_trip_even_if_little_is_hidden() {
        let density = |cells, open| Density {
            start: 0,
            cells,
            open,
            known: 0,
        };
        // Nothing is hidden, if one believes the cells.
        let until = Plan::new(0).next(density(SYNC_FIRST_CELLS, SYNC_FIRST_CELLS));
        assert_eq!(until, SYNC_FIRST_CELLS + SYNC_STEP_CELLS);
        let until = Plan::new(0).next(density(1_000, 1_000));
        assert_eq!(until, 1_100, "a tenth of what came");
    }
}
