//! From a set to cells: one `next index` for each id, and one sweep over all of them
//! for each block.
//!
//! A heap over the next indexes, as the authors' program has, is ten times slower:
//! a sweep reads memory in order, and a block touches most ids anyway.

use crate::wire::sync::Cell;

use super::key::LinkKey;
use super::mapping::Mapping;

#[derive(Debug, Clone, Copy)]
struct Item {
    short: u64,
    check: u32,
    walk: Mapping,
}

/// Makes the cells of one set, in order.
#[derive(Debug)]
pub struct Encoder {
    items: Vec<Item>,
    /// Cells made.
    made: u32,
}

impl Encoder {
    /// At cell 0 of a set.
    #[must_use]
    pub fn new(key: &LinkKey, shorts: impl Iterator<Item = u64>) -> Self {
        let item = |short| Item {
            short,
            check: key.check(short),
            walk: Mapping::new(short),
        };
        Self {
            items: shorts.map(item).collect(),
            made: 0,
        }
    }

    /// How many cells were made.
    #[must_use]
    pub fn made(&self) -> u32 {
        self.made
    }

    /// The next `count` cells.
    #[must_use]
    pub fn block(&mut self, count: usize) -> Vec<Cell> {
        let mut cells = vec![Cell::default(); count];
        self.xor_into(&mut cells);
        cells
    }

    /// Adds the next cells to those given: with a neighbour's, the difference.
    pub fn xor_into(&mut self, cells: &mut [Cell]) {
        let start = self.made;
        let end = start.saturating_add(u32::try_from(cells.len()).unwrap_or(u32::MAX));
        for item in &mut self.items {
            while item.walk.index < end {
                let at = (item.walk.index - start) as usize;
                if let Some(cell) = cells.get_mut(at) {
                    cell.toggle(item.short, item.check);
                }
                item.walk.advance();
            }
        }
        self.made = end;
    }
}
