//! From the difference of two sketches to the short ids in it, within bounds that a
//! neighbour's bytes cannot move.
//!
//! Rules: a pure cell counts only if its index lies on its symbol's walk; more
//! symbols than cells is a lie; so is more work than [`SYNC_WORK_PER_CELL`] steps a
//! cell; the end is reached when cell 0 is empty, as every id is in it.

use crate::limits::SYNC_WORK_PER_CELL;
use crate::wire::sync::Cell;

use super::key::LinkKey;
use super::mapping::Mapping;

/// How far it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// More cells are needed.
    More,
    /// The difference is known.
    Done,
    /// No sets have such a difference.
    Broken,
}

/// What the cells of a block looked like before anything was taken out of them by
/// what they brought themselves: tells how much is still hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Density {
    /// Number of the first cell.
    pub start: u32,
    /// How many cells.
    pub cells: u32,
    /// How many of them held nothing or one symbol.
    pub open: u32,
    /// Symbols known before the block.
    pub known: u32,
}

#[derive(Debug, Clone, Copy)]
struct Symbol {
    short: u64,
    check: u32,
    /// Its first cell that has not come yet.
    walk: Mapping,
}

/// Takes the cells of a difference and gives the short ids in it.
#[derive(Debug, Default)]
pub struct Decoder {
    cells: Vec<Cell>,
    found: Vec<Symbol>,
    /// Steps made so far.
    work: usize,
    is_broken: bool,
}

impl Decoder {
    /// How many cells came.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether no cell came yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Short ids found so far.
    #[must_use]
    pub fn found(&self) -> usize {
        self.found.len()
    }

    /// Steps made so far, each of a few nanoseconds.
    #[must_use]
    pub fn work(&self) -> usize {
        self.work
    }

    /// Takes the next cells of the difference and goes as far as they lead.
    pub fn absorb(&mut self, key: &LinkKey, mut block: Vec<Cell>) -> (Progress, Density) {
        let start = self.cells.len();
        self.take_out_known(start, &mut block);
        let density = Density {
            start: u32::try_from(start).unwrap_or(u32::MAX),
            cells: u32::try_from(block.len()).unwrap_or(u32::MAX),
            open: block.iter().fold(0, |open, cell| {
                open + u32::from(cell.is_empty() || key.check(cell.shorts) == cell.checks)
            }),
            known: u32::try_from(self.found.len()).unwrap_or(u32::MAX),
        };
        self.cells.append(&mut block);
        if !self.is_broken {
            self.is_broken = !self.peel(key, start);
        }
        let progress = match self.cells.first() {
            _ if self.is_broken => Progress::Broken,
            Some(first) if first.is_empty() => Progress::Done,
            _ => Progress::More,
        };
        (progress, density)
    }

    /// The difference, sorted; both sides' together.
    #[must_use]
    pub fn into_shorts(self) -> Vec<u64> {
        let mut shorts: Vec<u64> = self.found.into_iter().map(|symbol| symbol.short).collect();
        shorts.sort_unstable();
        shorts.dedup();
        shorts
    }

    /// Takes what is known already out of a block that begins at cell `start`.
    fn take_out_known(&mut self, start: usize, block: &mut [Cell]) {
        let end = start + block.len();
        for symbol in &mut self.found {
            while (symbol.walk.index as usize) < end {
                let at = (symbol.walk.index as usize).checked_sub(start);
                if let Some(cell) = at.and_then(|at| block.get_mut(at)) {
                    cell.toggle(symbol.short, symbol.check);
                }
                symbol.walk.advance();
                self.work += 1;
            }
        }
    }

    /// Peels pure cells, beginning with those from `start` on. `false` if a bound
    /// was passed.
    fn peel(&mut self, key: &LinkKey, start: usize) -> bool {
        let work_max = self.cells.len().saturating_mul(SYNC_WORK_PER_CELL);
        let mut ahead: Vec<usize> = (start..self.cells.len()).rev().collect();
        while let Some(at) = ahead.pop() {
            self.work += 1;
            let Some(cell) = self.cells.get(at).copied() else {
                continue;
            };
            if cell.is_empty() || key.check(cell.shorts) != cell.checks {
                continue;
            }
            let index = u32::try_from(at).unwrap_or(u32::MAX);
            let (is_there, steps) = Mapping::reaches(cell.shorts, index);
            self.work += steps;
            if is_there {
                self.take_out(key, cell, &mut ahead);
            }
            if self.found.len() > self.cells.len() || self.work > work_max {
                return false;
            }
        }
        true
    }

    /// Takes a pure cell's symbol out of all cells that are there, itself included.
    fn take_out(&mut self, key: &LinkKey, pure: Cell, ahead: &mut Vec<usize>) {
        let mut walk = Mapping::new(pure.shorts);
        while let Some(cell) = self.cells.get_mut(walk.index as usize) {
            cell.toggle(pure.shorts, pure.checks);
            if !cell.is_empty() && key.check(cell.shorts) == cell.checks {
                ahead.push(walk.index as usize);
            }
            walk.advance();
            self.work += 1;
        }
        self.found.push(Symbol {
            short: pure.shorts,
            check: pure.checks,
            walk,
        });
    }
}
