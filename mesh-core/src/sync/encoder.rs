//! From a set to cells: one `next index` for each id, and one sweep over all of them
//! for each block.
//!
//! A heap over the next indexes, as the authors' program has, is ten times slower:
//! a sweep reads memory in order, and a block touches most ids anyway. It goes by runs
//! of ids that fit the nearest cache, one step of each at a time: how many steps an id
//! takes is chance, and a loop that ends by chance costs more than the steps.

use core::ops::Range;

use crate::wire::sync::Cell;

use super::key::LinkKey;
use super::mapping::Mapping;

#[derive(Debug, Clone, Copy)]
struct Item {
    short: u64,
    check: u32,
    walk: Mapping,
}

/// Ids in one run: with their numbers, some 16 kB.
const RUN: usize = 512;

/// Takes one step with each of the first `count` items that `ahead` names, from cells
/// within `block`; `ahead` then names those that are still within it, as many as it
/// gives back.
fn step(
    run: &mut [Item],
    ahead: &mut [u16; RUN],
    count: usize,
    block: Range<u32>,
    cells: &mut [Cell],
) -> usize {
    let mut left = 0;
    for at in 0..count {
        let number = ahead.get(at).copied().unwrap_or_default();
        let Some(item) = run.get_mut(usize::from(number)) else {
            continue;
        };
        let cell = item.walk.index.wrapping_sub(block.start) as usize;
        if let Some(cell) = cells.get_mut(cell) {
            cell.toggle(item.short, item.check);
        }
        item.walk.advance();
        // Written in any case, and kept or not: no branch depends on chance.
        put(ahead, left, number);
        left += usize::from(item.walk.index < block.end);
    }
    left
}

fn put(ahead: &mut [u16; RUN], at: usize, number: u16) {
    if let Some(slot) = ahead.get_mut(at) {
        *slot = number;
    }
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
        let mut ahead = [0; RUN];
        for run in self.items.chunks_mut(RUN) {
            let mut count = 0;
            for (number, item) in (0..).zip(run.iter()) {
                put(&mut ahead, count, number);
                count += usize::from(item.walk.index < end);
            }
            while count > 0 {
                count = step(run, &mut ahead, count, start..end, cells);
            }
        }
        self.made = end;
    }
}
