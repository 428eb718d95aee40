//! Which cells a short id falls into: the index mapping of the rateless IBLT paper
//! (arXiv 2402.02668, section 4.2).
//!
//! An id is in cell 0, and in cell i with probability 1 ÷ (1 + i/2). The distance to
//! the next cell is drawn by inverting that distribution, so that a set of n ids
//! costs n ln(m) steps for m cells and not n·m.

/// Multiplier of the generator, as in the authors' program.
const MULTIPLIER: u64 = 0xda94_2042_e4dd_58b5;

/// Walks through the cells of one short id.
#[derive(Debug, Clone, Copy)]
pub struct Mapping {
    state: u64,
    /// The cell it has come to.
    pub index: u32,
}

impl Mapping {
    /// At cell 0, where every id is.
    #[must_use]
    pub fn new(short: u64) -> Self {
        Self {
            state: short,
            index: 0,
        }
    }

    /// Goes to the next cell. Always forward, by one at least: for the highest
    /// states the formula gives zero, and a program that stays there never ends.
    pub fn advance(&mut self) {
        self.state = self.state.wrapping_mul(MULTIPLIER);
        // Addition, root, quotient and product are exact to the last bit in IEEE
        // arithmetic, on every machine.
        let chance = (self.state as f64 + 1.0).sqrt();
        let step = (f64::from(self.index) + 1.5) * (4_294_967_296.0 / chance - 1.0);
        // Rounded up without a call: not every processor has an instruction for it.
        let whole = step as u32;
        let is_more = f64::from(whole) < step;
        let rounded_up = whole.saturating_add(u32::from(is_more)).max(1);
        self.index = self.index.saturating_add(rounded_up);
    }

    /// Whether the walk comes through a cell, and how many steps that took.
    #[must_use]
    pub fn reaches(short: u64, index: u32) -> (bool, usize) {
        let mut walk = Self::new(short);
        let mut steps = 0;
        while walk.index < index {
            walk.advance();
            steps += 1;
        }
        (walk.index == index, steps)
    }
}
