//! Comparing by cells: one side sends them, the other reads them and decides when it
//! knows enough.

use crate::limits::{SYNC_ASK_CELLS_MAX, SYNC_FIRST_CELLS, SYNC_LACKS_MAX};
use crate::sync::decoder::{Decoder, Progress};
use crate::sync::encoder::Encoder;
use crate::sync::estimate::{Plan, cells_for, difference};
use crate::sync::key::LinkKey;
use crate::sync::snapshot::{Snapshot, stub};
use crate::types::Tick;
use crate::wire::sync::{
    ASK_HEAD_BYTES, CELL_BYTES, CELLS_HEAD_BYTES, Cell, SAMPLE_BYTES, START_HEAD_BYTES, STUB_BYTES,
    Say,
};

use super::listing::{Listening, Listing, Telling};
use super::turn::{Bounds, Heard, Room, Step, Turn, told};
use super::way::{cells_worth, pad_for};
use super::{Finding, Offence};

/// Fewer cells than this are not sent alone while more are due.
const RUN_CELLS: usize = 32;

/// We send cells as they are asked for.
#[derive(Debug)]
pub(super) struct Encoding {
    set: Snapshot,
    coder: Encoder,
    theirs: u32,
    cells_max: u32,
    /// Cells to send, in all.
    asked: u32,
    lacks: Vec<[u8; STUB_BYTES]>,
}

impl Encoding {
    pub(super) fn new(key: &LinkKey, set: Snapshot, theirs: u32, cells_max: u32) -> Self {
        // The difference is at least what the counts differ by.
        let least = cells_for(set.count().abs_diff(theirs));
        Self {
            coder: Encoder::new(key, set.shorts()),
            set,
            theirs,
            cells_max,
            asked: least.max(SYNC_FIRST_CELLS).min(cells_max),
            lacks: Vec::new(),
        }
    }

    pub(super) fn step(mut self, bounds: Bounds<'_>, heard: Heard) -> Result<Step, Offence> {
        let we_are_larger = self.set.count() > self.theirs;
        match heard {
            Heard::More(Say::AskCells { until, .. }) if until <= self.cells_max => {
                self.asked = self.asked.max(until);
                Ok(Turn::Encoding(self).into())
            }
            // So much differs that the smaller side's list is shorter.
            Heard::More(Say::AskCells { .. }) if we_are_larger => {
                let listening = Listening::new(self.set, Some(self.theirs));
                Ok(Turn::Listening(listening).into())
            }
            Heard::More(Say::AskList { .. }) if we_are_larger => Err(Offence::Nonsense),
            Heard::More(Say::AskCells { .. } | Say::AskList { .. }) => {
                Ok(Turn::Listing(Listing::new(self.set)).into())
            }
            Heard::Page(page) => Listening::new(self.set, None).page(bounds, &page),
            Heard::Done { lacks, more } => {
                self.lacks.extend(lacks);
                match more {
                    _ if self.lacks.len() > SYNC_LACKS_MAX => Err(Offence::Overrun),
                    true => Ok(Turn::Encoding(self).into()),
                    false => Ok(told(bounds.class, &self.set, &mut self.lacks)),
                }
            }
            Heard::More(_) => Err(Offence::Nonsense),
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.coder.made() < self.asked
    }

    pub(super) fn next(&mut self, cut: Tick, room: usize) -> Option<Say> {
        let is_first = self.coder.made() == 0;
        let head = if is_first {
            START_HEAD_BYTES
        } else {
            CELLS_HEAD_BYTES
        };
        let due = (self.asked - self.coder.made()) as usize;
        let count = due.min(room.saturating_sub(head) / CELL_BYTES);
        if count == 0 || count < due.min(RUN_CELLS) {
            return None;
        }
        let start = self.coder.made();
        let cells = self.coder.block(count);
        if !is_first {
            // The head of a record is part of what a sketch may cost.
            self.cells_max = self.cells_max.saturating_sub(1).max(self.asked);
            return Some(Say::Cells { start, cells });
        }
        // What did not fit is asked for, if it is needed at all.
        self.asked = self.coder.made();
        Some(Say::Start {
            cut,
            count: self.set.count(),
            sample: self.set.sample(),
            cells,
        })
    }
}

/// We read cells and ask for more.
#[derive(Debug)]
pub(super) struct Decoding {
    set: Snapshot,
    coder: Encoder,
    decoder: Decoder,
    plan: Plan,
    theirs: u32,
    cells_max: u32,
    /// Cells to come, in all; `None` before the first came.
    asked: Option<u32>,
    /// Whether the ask is still to be sent.
    is_asking: bool,
}

impl Decoding {
    pub(super) fn new(
        bounds: Bounds<'_>,
        set: Snapshot,
        theirs: u32,
        sample: &[u8; SAMPLE_BYTES],
    ) -> Box<Self> {
        // A later cut may have left us less than we said: then there is little to ask.
        let cells_max = cells_worth(set.count().min(theirs)).min(bounds.cells_max);
        Box::new(Self {
            coder: Encoder::new(bounds.key, set.shorts()),
            decoder: Decoder::default(),
            plan: Plan::new(difference(&set.sample(), sample)),
            set,
            theirs,
            cells_max,
            asked: None,
            is_asking: false,
        })
    }

    pub(super) fn step(self: Box<Self>, bounds: Bounds<'_>, heard: Heard) -> Result<Step, Offence> {
        match heard {
            Heard::More(Say::Cells { start, cells }) => self.cells(bounds, start, cells),
            Heard::Page(page) => Listening::new(self.set, None).page(bounds, &page),
            Heard::More(Say::AskList { .. }) if self.set.count() <= self.theirs => {
                Ok(Turn::Listing(Listing::new(self.set)).into())
            }
            Heard::More(_) | Heard::Done { .. } => Err(Offence::Nonsense),
        }
    }

    pub(super) fn cells(
        mut self: Box<Self>,
        bounds: Bounds<'_>,
        start: u32,
        mut cells: Vec<Cell>,
    ) -> Result<Step, Offence> {
        if start != self.coder.made() {
            return Err(Offence::Gap);
        }
        let have = start.saturating_add(u32::try_from(cells.len()).unwrap_or(u32::MAX));
        // Each record costs a sweep over all that we hold: dribbled cells are an attack.
        let dribbles = |asked| have < asked && cells.len() < RUN_CELLS;
        let is_wrong = |asked| have > asked || dribbles(asked);
        if cells.is_empty() || self.asked.is_some_and(is_wrong) {
            return Err(Offence::Nonsense);
        }
        self.coder.xor_into(&mut cells);
        let (progress, density) = self.decoder.absorb(bounds.key, cells);
        match progress {
            Progress::Broken => Err(Offence::Nonsense),
            Progress::Done => Ok(self.finish(bounds)),
            Progress::More if self.asked.is_some_and(|asked| have < asked) => {
                Ok(Turn::Decoding(self).into())
            }
            Progress::More => {
                let until = self.plan.next(density).min(have + SYNC_ASK_CELLS_MAX);
                Ok(self.ask(until).into())
            }
        }
    }

    fn ask(mut self: Box<Self>, until: u32) -> Turn {
        if until <= self.cells_max {
            self.asked = Some(until);
            self.is_asking = true;
            Turn::Decoding(self)
        } else if self.set.count() < self.theirs {
            Turn::Listing(Listing::new(self.set))
        } else {
            Turn::Listening(Listening::new(self.set, Some(self.theirs)))
        }
    }

    fn finish(self, bounds: Bounds<'_>) -> Step {
        let (ours, theirs) = self.set.split(&self.decoder.into_shorts());
        let lacks = theirs.into_iter().map(stub).collect::<Vec<_>>();
        let class = bounds.class;
        Step {
            lacks: lacks.len(),
            finding: (!ours.is_empty()).then_some(Finding::Lacks { class, ids: ours }),
            turn: Turn::Telling(Telling::new(lacks)),
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.is_asking
    }

    pub(super) fn next(&mut self, room: Room) -> Option<Say> {
        let until = self.asked.filter(|_| self.is_asking)?;
        let cells = until.saturating_sub(self.coder.made()) as usize;
        let pad = pad_for(cells * CELL_BYTES, room.paid_bytes);
        if ASK_HEAD_BYTES + usize::from(pad) > room.bytes {
            return None;
        }
        self.is_asking = false;
        Some(Say::AskCells { until, pad })
    }
}
