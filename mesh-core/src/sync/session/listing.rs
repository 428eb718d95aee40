//! Comparing by lists: the smaller side names what it holds, the other reads it and
//! says what it lacks.

use crate::limits::{SYNC_LACKS_MAX, SYNC_LIST_IDS_MAX};
use crate::sync::snapshot::{Listener, Snapshot, stub};
use crate::types::Tick;
use crate::wire::sync::{
    ASK_HEAD_BYTES, DONE_HEAD_BYTES, PAGE_HEAD_BYTES, Page, SHORT_BYTES, STUB_BYTES, Say,
};

use super::turn::{Bounds, Heard, Room, Step, Turn, told};
use super::way::pad_for;
use super::{Finding, Offence};

/// Fewer ids than this are not sent alone while more are due.
const RUN_IDS: usize = 16;
/// Pages after the first are paid for as a whole: shorter ones would be mostly head.
const PAGE_IDS_MIN: usize = 64;

/// We list our ids, and are told then what the other side lacks.
#[derive(Debug)]
pub(super) struct Listing {
    set: Snapshot,
    sent: usize,
    is_complete: bool,
    lacks: Vec<[u8; STUB_BYTES]>,
}

impl Listing {
    pub(super) fn new(set: Snapshot) -> Self {
        Self {
            set,
            sent: 0,
            is_complete: false,
            lacks: Vec::new(),
        }
    }

    pub(super) fn step(mut self, bounds: Bounds<'_>, heard: Heard) -> Result<Step, Offence> {
        match heard {
            Heard::Done { lacks, more } => {
                self.lacks.extend(lacks);
                match more {
                    _ if self.lacks.len() > SYNC_LACKS_MAX => Err(Offence::Overrun),
                    true => Ok(Turn::Listing(self).into()),
                    false => Ok(told(bounds.class, &self.set, &mut self.lacks)),
                }
            }
            // "Go on": what pays for the next page is counted elsewhere.
            Heard::More(_) => Ok(Turn::Listing(self).into()),
            Heard::Page(_) => Err(Offence::Nonsense),
        }
    }

    pub(super) fn is_speaking(&self) -> bool {
        !self.is_complete
    }

    /// The next page, and how many ids follow it.
    pub(super) fn next(&mut self, room: usize) -> Option<(u32, Vec<u64>)> {
        let due = (self.set.count() as usize).saturating_sub(self.sent);
        let room = room.checked_sub(PAGE_HEAD_BYTES)?;
        let count = due.min(room / SHORT_BYTES);
        let least = if self.sent == 0 {
            RUN_IDS
        } else {
            PAGE_IDS_MIN
        };
        if self.is_complete || count < due.min(least) {
            return None;
        }
        let shorts = self.set.page(self.sent, count);
        self.sent += count;
        self.is_complete = count == due;
        Some((u32::try_from(due - count).unwrap_or(u32::MAX), shorts))
    }
}

/// We read a list.
#[derive(Debug)]
pub(super) struct Listening {
    listener: Listener,
    /// Bytes of the list to ask and pay for, if that is still to be sent.
    asks_bytes: Option<usize>,
}

impl Listening {
    /// Waits for a list; asks for it if it is given how many ids are to come.
    pub(super) fn new(set: Snapshot, asks_ids: Option<u32>) -> Self {
        Self {
            listener: Listener::new(set),
            asks_bytes: asks_ids.map(|ids| (ids as usize).saturating_mul(SHORT_BYTES)),
        }
    }

    pub(super) fn step(self, bounds: Bounds<'_>, heard: Heard) -> Result<Step, Offence> {
        match heard {
            Heard::Page(page) => self.page(bounds, &page),
            // Cells and asks that crossed with our asking for a list.
            Heard::More(_) => Ok(Turn::Listening(self).into()),
            Heard::Done { .. } => Err(Offence::Nonsense),
        }
    }

    pub(super) fn page(mut self, bounds: Bounds<'_>, page: &Page) -> Result<Step, Offence> {
        self.listener.page(&page.shorts, SYNC_LACKS_MAX);
        if self.listener.heard() > SYNC_LIST_IDS_MAX || page.shorts.is_empty() && page.left > 0 {
            return Err(Offence::Nonsense);
        }
        if page.left > 0 {
            self.asks_bytes = Some((page.left as usize).saturating_mul(SHORT_BYTES));
            return Ok(Turn::Listening(self).into());
        }
        let (ids, lacks) = self.listener.finish();
        let lacks: Vec<_> = lacks.into_iter().map(stub).collect();
        Ok(Step {
            lacks: lacks.len(),
            finding: Some(Finding::HoldsOnly {
                class: bounds.class,
                cut: bounds.cut,
                ids,
            }),
            turn: Turn::Telling(Telling::new(lacks)),
        })
    }

    pub(super) fn is_speaking(&self) -> bool {
        self.asks_bytes.is_some()
    }

    pub(super) fn next(&mut self, cut: Tick, room: Room) -> Option<Say> {
        // Two pages ahead: the next comes while the one before is read.
        let pad = pad_for(self.asks_bytes?.min(2 * room.frame_bytes), room.paid_bytes);
        if ASK_HEAD_BYTES + usize::from(pad) > room.bytes {
            return None;
        }
        self.asks_bytes = None;
        Some(Say::AskList { cut, pad })
    }
}

/// We say what we lack.
#[derive(Debug)]
pub(super) struct Telling {
    lacks: Vec<[u8; STUB_BYTES]>,
    told: usize,
}

impl Telling {
    pub(super) fn new(lacks: Vec<[u8; STUB_BYTES]>) -> Self {
        Self { lacks, told: 0 }
    }

    /// The next part, and whether another one follows.
    pub(super) fn next(&mut self, room: usize) -> Option<(bool, Vec<[u8; STUB_BYTES]>)> {
        let due = self.lacks.len().saturating_sub(self.told);
        let room = room.checked_sub(DONE_HEAD_BYTES)?;
        let count = due.min(room / STUB_BYTES);
        if count < due.min(RUN_IDS) {
            return None;
        }
        let part = self.lacks.iter().skip(self.told).take(count);
        let part = part.copied().collect();
        self.told += count;
        Some((count < due, part))
    }
}
