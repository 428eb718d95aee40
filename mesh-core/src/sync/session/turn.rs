//! One class in one comparison: who sends cells or a list, who reads them, and what
//! follows from each record.

use crate::sync::key::LinkKey;
use crate::sync::snapshot::Snapshot;
use crate::types::Tick;
use crate::wire::envelope::Class;
use crate::wire::frame::Record;
use crate::wire::sync::{Done, More, Page, STUB_BYTES, Say, bit};

use super::listing::{Listening, Listing, Telling};
use super::sketching::{Decoding, Encoding};
use super::{Finding, Offence};

/// Where a class stands.
#[derive(Debug, Default)]
pub(super) enum Turn {
    /// Nothing more is to be said.
    #[default]
    Closed,
    /// We said our fingerprint.
    Opened(Snapshot),
    /// We send cells as they are asked for.
    Encoding(Encoding),
    /// We read cells and ask for more.
    Decoding(Box<Decoding>),
    /// We list our ids, and are told then what the other side lacks.
    Listing(Listing),
    /// We read a list.
    Listening(Listening),
    /// We say what we lack.
    Telling(Telling),
}

/// What came for a class.
#[derive(Debug)]
pub(super) enum Heard {
    More(Say),
    Page(Page),
    Done {
        lacks: Vec<[u8; STUB_BYTES]>,
        more: bool,
    },
}

impl Heard {
    /// The cut that it names.
    pub(super) fn cut(&self) -> Option<Tick> {
        match self {
            Self::More(Say::Start { cut, .. } | Say::AskList { cut, .. })
            | Self::Page(Page { cut, .. }) => Some(*cut),
            Self::More(_) | Self::Done { .. } => None,
        }
    }
}

/// What a turn may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds<'a> {
    pub(super) key: &'a LinkKey,
    pub(super) class: Class,
    pub(super) cut: Tick,
    pub(super) cells_max: u32,
}

/// What a record may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// Bytes of its payload that are paid for and fit.
    pub(super) bytes: usize,
    /// Bytes of any payload that fit.
    pub(super) frame_bytes: usize,
    /// Bytes of answers that we have paid for and did not get.
    pub(super) paid_bytes: usize,
}

/// What follows from a record.
#[derive(Debug, Default)]
pub(super) struct Step {
    pub(super) turn: Turn,
    pub(super) finding: Option<Finding>,
    /// How many ids we found that we lack.
    pub(super) lacks: usize,
}

impl From<Turn> for Step {
    fn from(turn: Turn) -> Self {
        Self {
            turn,
            ..Self::default()
        }
    }
}

impl Turn {
    pub(super) fn opened(set: Snapshot) -> Self {
        match set.count() {
            0 => Self::Closed,
            _ => Self::Opened(set),
        }
    }

    /// # Errors
    /// What came fits no honest comparison.
    pub(super) fn step(self, bounds: Bounds<'_>, heard: Heard) -> Result<Step, Offence> {
        match self {
            Self::Opened(set) => opened(bounds, set, heard),
            Self::Encoding(encoding) => encoding.step(bounds, heard),
            Self::Decoding(decoding) => decoding.step(bounds, heard),
            Self::Listing(listing) => listing.step(bounds, heard),
            Self::Listening(listening) => listening.step(bounds, heard),
            // It crossed with our word that we are done.
            Self::Telling(_) | Self::Closed => Ok(self.into()),
        }
    }

    /// Whether we are to say something now.
    pub(super) fn is_speaking(&self) -> bool {
        match self {
            Self::Closed | Self::Opened(_) => false,
            Self::Encoding(encoding) => encoding.is_speaking(),
            Self::Decoding(decoding) => decoding.is_speaking(),
            Self::Listing(listing) => listing.is_speaking(),
            Self::Listening(listening) => listening.is_speaking(),
            Self::Telling(_) => true,
        }
    }

    /// The next record of this class.
    pub(super) fn next_record(
        &mut self,
        epoch: u8,
        class: Class,
        cut: Tick,
        room: Room,
    ) -> Option<Record> {
        let more = |say| Record::SyncMore(More { epoch, class, say });
        match self {
            Self::Closed | Self::Opened(_) => None,
            Self::Encoding(encoding) => encoding.next(cut, room.bytes).map(more),
            Self::Decoding(decoding) => decoding.next(room).map(more),
            Self::Listening(listening) => listening.next(cut, room).map(more),
            Self::Listing(listing) => listing.next(room.bytes).map(|(left, shorts)| {
                Record::SyncList(Page {
                    epoch,
                    class,
                    cut,
                    left,
                    shorts,
                })
            }),
            Self::Telling(telling) => {
                let (more, lacks) = telling.next(room.bytes)?;
                if !more {
                    *self = Self::Closed;
                }
                Some(Record::SyncDone(Done {
                    epoch,
                    classes: bit(class),
                    more,
                    lacks,
                }))
            }
        }
    }
}

/// The first answer to our opening.
fn opened(bounds: Bounds<'_>, mut set: Snapshot, heard: Heard) -> Result<Step, Offence> {
    set.cut(bounds.cut);
    match heard {
        Heard::More(Say::Start {
            count,
            sample,
            cells,
            ..
        }) => Decoding::new(bounds, set, count, &sample).cells(bounds, 0, cells),
        Heard::More(Say::AskList { .. }) => Ok(Turn::Listing(Listing::new(set)).into()),
        Heard::Page(page) => Listening::new(set, None).page(bounds, &page),
        // The other side has the same.
        Heard::Done { .. } => Ok(Step::default()),
        Heard::More(_) => Err(Offence::Nonsense),
    }
}

/// All that the other side lacks was named: it can be offered.
pub(super) fn told(class: Class, set: &Snapshot, lacks: &mut [[u8; STUB_BYTES]]) -> Step {
    let ids = match lacks.is_empty() {
        true => Vec::new(),
        false => set.matching(lacks),
    };
    Step {
        finding: (!ids.is_empty()).then_some(Finding::Lacks { class, ids }),
        ..Step::default()
    }
}
