//! What two neighbours say to find where their sets differ.
//!
//! Floor 1. Payloads of the records Sync, SyncMore, SyncDone and SyncList; what
//! they are for is `docs/protocol/sync.md`. Decoding is total, and what it allocates
//! follows from the bytes that came, never from a number in them.

use crate::types::Tick;

use super::envelope::Class;

/// Bytes of one cell: short ids 8, checks 4.
pub const CELL_BYTES: usize = 12;
/// Bytes of a short id.
pub const SHORT_BYTES: usize = 8;
/// Bytes of the front of a short id that asks for an envelope.
pub const STUB_BYTES: usize = 3;
/// Bytes of a fingerprint.
pub const PRINT_BYTES: usize = 6;
/// Counters in a sample.
pub const SAMPLE_BYTES: usize = 16;
/// Bytes of a SyncMore's payload in front of its cells, when they open a sketch.
pub const START_HEAD_BYTES: usize = 3 + 4 + 4 + SAMPLE_BYTES;
/// The same when they go on with one.
pub const CELLS_HEAD_BYTES: usize = 3 + 4;
/// Bytes of a SyncMore that asks, without its padding.
pub const ASK_HEAD_BYTES: usize = 3 + 4;
/// Bytes of a SyncDone's payload in front of its stubs.
pub const DONE_HEAD_BYTES: usize = 2;
/// Bytes of a SyncList's payload in front of its ids.
pub const PAGE_HEAD_BYTES: usize = 1 + 1 + 4 + 4;

/// In a SyncDone: another one follows for the same class.
const MORE_FOLLOWS: u8 = 0x80;

/// One cell of a sketch: everything that falls into it, xored.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cell {
    /// Of short ids.
    pub shorts: u64,
    /// Of their checks.
    pub checks: u32,
}

impl Cell {
    /// Adds one symbol or takes it out: the same thing.
    pub fn toggle(&mut self, short: u64, check: u32) {
        self.shorts ^= short;
        self.checks ^= check;
    }

    /// Whether nothing is left in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// What one side holds of a class.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Envelopes that expire after the cut.
    pub count: u32,
    /// The first bytes of all their short ids, xored.
    pub print: [u8; PRINT_BYTES],
}

/// Sync: epoch 1 ‖ cut 4 ‖ classes held 1 (a bit each) ‖ for each of them count
/// (LEB128, at most 5 bytes) ‖ print 6.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Names the exchange that begins.
    pub epoch: u8,
    /// Only what expires later is compared.
    pub cut: Tick,
    /// By class; a count of zero is not sent.
    pub held: [Summary; Class::ALL.len()],
}

/// SyncMore: epoch 1 ‖ class 1 ‖ what 1 ‖ the rest by kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct More {
    /// Of the opening.
    pub epoch: u8,
    /// Of all that is compared here.
    pub class: Class,
    /// The rest.
    pub say: Say,
}

/// What a SyncMore says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// 0: cut 4 ‖ count 4 ‖ sample 16 ‖ the first cells.
    Start {
        /// The later of both sides'.
        cut: Tick,
        /// Envelopes of the sender that expire after it.
        count: u32,
        /// Its counters, for an estimate of the difference.
        sample: [u8; SAMPLE_BYTES],
        /// From number 0 on.
        cells: Vec<Cell>,
    },
    /// 1: number of the first 4 ‖ cells.
    Cells {
        /// Cells sent before.
        start: u32,
        /// The next ones.
        cells: Vec<Cell>,
    },
    /// 2: how many 4 ‖ padding, ignored. "Send cells until I have so many."
    AskCells {
        /// In all, from number 0 on.
        until: u32,
        /// Bytes of padding: answers are paid for in bytes.
        pad: u16,
    },
    /// 3: cut 4 ‖ padding, ignored. "List your ids", or "go on".
    AskList {
        /// The later of both sides'.
        cut: Tick,
        /// Bytes of padding.
        pad: u16,
    },
}

/// SyncDone: epoch 1 ‖ classes 1 (a bit each; 0x80: another one follows) ‖ n × stub 3.
/// "Compared; I lack what these short ids begin."
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// Of the opening.
    pub epoch: u8,
    /// A bit each. Stubs go with a single class.
    pub classes: u8,
    /// Whether another one follows for the same class.
    pub more: bool,
    /// First bytes of short ids that the sender lacks.
    pub lacks: Vec<[u8; STUB_BYTES]>,
}

/// SyncList: epoch 1 ‖ class 1 ‖ cut 4 ‖ ids left after this page 4 ‖ n × short id 8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Of the opening.
    pub epoch: u8,
    /// Of all of them.
    pub class: Class,
    /// Only what expires later is listed.
    pub cut: Tick,
    /// Ids that later pages bring; 0 on the last.
    pub left: u32,
    /// Short ids, in no particular order.
    pub shorts: Vec<u64>,
}

impl Opening {
    pub(super) fn encode(&self) -> Vec<u8> {
        let held = |class: &Class| {
            let summary = self.held.get(usize::from(class.code()));
            summary.copied().filter(|summary| summary.count > 0)
        };
        let listed: Vec<(Class, Summary)> = Class::ALL
            .into_iter()
            .filter_map(|class| held(&class).map(|summary| (class, summary)))
            .collect();
        let mask = listed.iter().fold(0, |mask, (class, _)| mask | bit(*class));
        let mut payload = vec![self.epoch];
        payload.extend_from_slice(&self.cut.0.to_le_bytes());
        payload.push(mask);
        for (_, summary) in listed {
            put_count(&mut payload, summary.count);
            payload.extend_from_slice(&summary.print);
        }
        payload
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let (epoch, rest) = payload.split_first()?;
        let (cut, rest) = take_u32(rest)?;
        let (mask, mut rest) = rest.split_first()?;
        let mut held = [Summary::default(); Class::ALL.len()];
        for (class, summary) in Class::ALL.into_iter().zip(held.iter_mut()) {
            if mask & bit(class) != 0 {
                (summary.count, rest) = take_count(rest)?;
                let (print, after) = rest.split_first_chunk()?;
                summary.print = *print;
                rest = after;
            }
        }
        let known = Class::ALL
            .into_iter()
            .fold(0, |all, class| all | bit(class));
        (rest.is_empty() && mask & !known == 0).then_some(Self {
            epoch: *epoch,
            cut: Tick(cut),
            held,
        })
    }
}

impl More {
    pub(super) fn encode(&self) -> Vec<u8> {
        let head = |what| vec![self.epoch, self.class.code(), what];
        match &self.say {
            Say::Start {
                cut,
                count,
                sample,
                cells,
            } => {
                let mut payload = head(0);
                payload.extend_from_slice(&cut.0.to_le_bytes());
                payload.extend_from_slice(&count.to_le_bytes());
                payload.extend_from_slice(sample);
                put_cells(payload, cells)
            }
            Say::Cells { start, cells } => {
                let mut payload = head(1);
                payload.extend_from_slice(&start.to_le_bytes());
                put_cells(payload, cells)
            }
            Say::AskCells { until, pad } => put_ask(head(2), *until, *pad),
            Say::AskList { cut, pad } => put_ask(head(3), cut.0, *pad),
        }
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let [epoch, class, what, rest @ ..] = payload else {
            return None;
        };
        let (number, rest) = take_u32(rest)?;
        let pad = || u16::try_from(rest.len()).ok();
        let say = match what {
            0 => {
                let (count, rest) = take_u32(rest)?;
                let (sample, rest) = rest.split_first_chunk()?;
                Say::Start {
                    cut: Tick(number),
                    count,
                    sample: *sample,
                    cells: take_cells(rest)?,
                }
            }
            1 => Say::Cells {
                start: number,
                cells: take_cells(rest)?,
            },
            2 => Say::AskCells {
                until: number,
                pad: pad()?,
            },
            3 => Say::AskList {
                cut: Tick(number),
                pad: pad()?,
            },
            _ => return None,
        };
        Some(Self {
            epoch: *epoch,
            class: Class::from_code(*class)?,
            say,
        })
    }
}

impl Done {
    pub(super) fn encode(&self) -> Vec<u8> {
        let more = if self.more { MORE_FOLLOWS } else { 0 };
        let mut payload = vec![self.epoch, self.classes | more];
        payload.extend(self.lacks.iter().flatten());
        payload
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let [epoch, classes, rest @ ..] = payload else {
            return None;
        };
        let (lacks, rest) = rest.as_chunks::<STUB_BYTES>();
        rest.is_empty().then(|| Self {
            epoch: *epoch,
            classes: classes & !MORE_FOLLOWS,
            more: classes & MORE_FOLLOWS != 0,
            lacks: lacks.to_vec(),
        })
    }
}

impl Page {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut payload = vec![self.epoch, self.class.code()];
        payload.extend_from_slice(&self.cut.0.to_le_bytes());
        payload.extend_from_slice(&self.left.to_le_bytes());
        for short in &self.shorts {
            payload.extend_from_slice(&short.to_le_bytes());
        }
        payload
    }

    pub(super) fn decode(payload: &[u8]) -> Option<Self> {
        let [epoch, class, rest @ ..] = payload else {
            return None;
        };
        let (cut, rest) = take_u32(rest)?;
        let (left, rest) = take_u32(rest)?;
        let (shorts, rest) = rest.as_chunks::<SHORT_BYTES>();
        rest.is_empty().then_some(Self {
            epoch: *epoch,
            class: Class::from_code(*class)?,
            cut: Tick(cut),
            left,
            shorts: shorts
                .iter()
                .map(|short| u64::from_le_bytes(*short))
                .collect(),
        })
    }
}

/// The bit of a class in a mask.
#[must_use]
pub fn bit(class: Class) -> u8 {
    1 << class.code()
}

fn put_cells(mut payload: Vec<u8>, cells: &[Cell]) -> Vec<u8> {
    for cell in cells {
        payload.extend_from_slice(&cell.shorts.to_le_bytes());
        payload.extend_from_slice(&cell.checks.to_le_bytes());
    }
    payload
}

fn take_cells(bytes: &[u8]) -> Option<Vec<Cell>> {
    let (cells, rest) = bytes.as_chunks::<CELL_BYTES>();
    let cell = |[s0, s1, s2, s3, s4, s5, s6, s7, c0, c1, c2, c3]: &[u8; CELL_BYTES]| Cell {
        shorts: u64::from_le_bytes([*s0, *s1, *s2, *s3, *s4, *s5, *s6, *s7]),
        checks: u32::from_le_bytes([*c0, *c1, *c2, *c3]),
    };
    rest.is_empty().then(|| cells.iter().map(cell).collect())
}

fn put_ask(mut payload: Vec<u8>, number: u32, pad: u16) -> Vec<u8> {
    payload.extend_from_slice(&number.to_le_bytes());
    payload.resize(payload.len() + usize::from(pad), 0);
    payload
}

fn take_u32(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn put_count(payload: &mut Vec<u8>, mut count: u32) {
    while count >= 0x80 {
        payload.push((count & 0x7f) as u8 | 0x80);
        count >>= 7;
    }
    payload.push(count as u8);
}

/// A LEB128 number in its shortest form: one count has one encoding.
fn take_count(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let mut count = 0_u64;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        count |= u64::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            let rest = bytes.get(at + 1..)?;
            let is_shortest = *byte != 0 || at == 0;
            return u32::try_from(count)
                .ok()
                .filter(|count| is_shortest && *count > 0)
                .map(|count| (count, rest));
        }
    }
    None
}
