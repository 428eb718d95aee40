//! Frames: what two neighbours say to each other on a link.
//!
//! Floor 1. A frame is a run of records; a record is `kind u8 ‖ length u16 ‖
//! payload`, little-endian (`docs/protocol/link.md`). Decoding is total and
//! allocates no more than the frame it was given. How frames are cut out of a
//! byte pipe is `link/framing.rs`.

use crate::limits::{ENVELOPE_BYTES_LARGE, FRAME_BYTES_LAN_MAX};
use crate::types::{EnvelopeId, Tick};

use super::envelope::{Class, Envelope, EnvelopeError};
use super::sync::{Done, More, Opening, Page};

/// Bytes in front of each record's payload.
pub const RECORD_HEAD_BYTES: usize = 3;
/// Bytes of one id in a record.
pub const ID_BYTES: usize = 16;
/// Bytes of a Hello's payload.
const HELLO_BYTES: usize = 48;
/// First bytes of a Hello: whoever says something else is no Starling.
const MAGIC: [u8; 4] = *b"SLM1";

// Record kinds. 10 (BlobWant), 11 (BlobPart) and 12 (Busy) are reserved for attachments
// and back-off.
const HELLO: u8 = 1;
const OFFER: u8 = 2;
const WANT: u8 = 3;
const GONE: u8 = 4;
const PUSH: u8 = 5;
const SYNC: u8 = 6;
const SYNC_MORE: u8 = 7;
const SYNC_DONE: u8 = 8;
const SYNC_LIST: u8 = 9;
const PAD: u8 = 13;
const TOOK: u8 = 14;

/// The first record in each direction. Payload, 48 bytes:
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 4 | `SLM1` |
/// | 4 | 4 | largest frame the sender takes, bytes |
/// | 8 | 32 | random |
/// | 40 | 4 | clock in quarter hours since the Unix epoch, rounded to the nearest |
/// | 44 | 4 | held envelopes of each class: 0 for none, else 1 + ⌈log₂ n⌉ |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// Largest frame the sender takes, bytes.
    pub frame_bytes_max: u32,
    /// Fresh for every link; the smaller one breaks ties.
    pub random: [u8; 32],
    /// Quarter hours since the Unix epoch.
    pub clock_quarters: u32,
    /// For each class, 0 for none, else 1 + ⌈log₂ n⌉.
    pub held_log2: [u8; 4],
}

/// One thing said on a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    /// Who speaks, first of all.
    Hello(Hello),
    /// "I hold these": class 1 ‖ n × id 16.
    Offer {
        /// Of all of them.
        class: Class,
        /// Whole ids: two links offering one envelope must be seen to do so.
        ids: Vec<EnvelopeId>,
    },
    /// "Send me these": n × id 16.
    Want(Vec<EnvelopeId>),
    /// "I do not hold these any more": n × id 16.
    Gone(Vec<EnvelopeId>),
    /// One whole envelope.
    Push(Envelope),
    /// "This is what I hold": begins a comparison.
    Sync(Opening),
    /// Cells of a sketch, or an ask for cells or a list.
    SyncMore(More),
    /// "Compared", and what the sender lacks.
    SyncDone(Done),
    /// A page of short ids of all that is compared of a class.
    SyncList(Page),
    /// Nothing: keeps the link alive. Any payload, ignored.
    Pad,
    /// How many Push records the sender has dealt with on this link, on disk: count 8.
    Took(u64),
}

/// What a frame holds, in numbers, without looking into its records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Bytes of the records Sync, SyncMore, SyncDone and SyncList, heads included.
    pub sync_bytes: u64,
    /// Records that are a Push.
    pub pushes: u64,
    /// Ids offered.
    pub offers: u64,
    /// Ids wanted.
    pub wants: u64,
}

impl Tally {
    /// Adds the records of a frame that was built here or decoded without a fault.
    pub fn add(&mut self, frame: &[u8]) {
        let mut rest = frame;
        while let [kind, l0, l1, tail @ ..] = rest {
            let length = u16::from_le_bytes([*l0, *l1]);
            let ids = u64::from(length) / ID_BYTES as u64;
            match *kind {
                SYNC..=SYNC_LIST => self.sync_bytes += u64::from(length) + RECORD_HEAD_BYTES as u64,
                PUSH => self.pushes += 1,
                OFFER => self.offers += ids,
                WANT => self.wants += ids,
                _ => {}
            }
            rest = tail.get(usize::from(length)..).unwrap_or_default();
        }
    }
}

/// Why bytes are no frame. Always the sender's fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A record runs past the end of its frame.
    #[error("the record at byte {offset} runs past the end of the frame")]
    Truncated {
        /// Of the record, bytes into the frame.
        offset: usize,
    },
    /// A payload has the wrong length or a field out of range.
    #[error("the record of kind {kind} at byte {offset} is malformed")]
    Record {
        /// As sent.
        kind: u8,
        /// Of the record, bytes into the frame.
        offset: usize,
    },
    /// A push holds no envelope.
    #[error("a push holds no envelope: {0}")]
    Push(#[from] EnvelopeError),
}

/// Appends one record to a frame under construction.
pub fn encode_record(frame: &mut Vec<u8>, record: &Record) {
    match record {
        Record::Hello(hello) => append(frame, HELLO, &[&encode_hello(hello)]),
        Record::Offer { class, ids } => append_ids(frame, OFFER, &[class.code()], ids),
        Record::Want(ids) => append_ids(frame, WANT, &[], ids),
        Record::Gone(ids) => append_ids(frame, GONE, &[], ids),
        Record::Push(envelope) => append(frame, PUSH, &[envelope.as_bytes()]),
        Record::Sync(opening) => append(frame, SYNC, &[&opening.encode()]),
        Record::SyncMore(more) => append(frame, SYNC_MORE, &[&more.encode()]),
        Record::SyncDone(done) => append(frame, SYNC_DONE, &[&done.encode()]),
        Record::SyncList(page) => append(frame, SYNC_LIST, &[&page.encode()]),
        Record::Pad => append(frame, PAD, &[]),
        Record::Took(count) => append(frame, TOOK, &[&count.to_le_bytes()]),
    }
}

/// Appends a Push of bytes that are an envelope already (they come from the store).
pub fn encode_push(frame: &mut Vec<u8>, envelope: &[u8]) {
    append(frame, PUSH, &[envelope]);
}

/// Reads all records of one frame, in order. Records of unknown kind are left
/// out: a newer neighbour may say more than we understand.
///
/// # Errors
/// The first malformed record ends it; nothing of the frame may be used then.
pub fn decode_frame(frame: &[u8]) -> Result<Vec<Record>, FrameError> {
    let mut records = Vec::new();
    let mut rest = frame;
    while let [kind, l0, l1, tail @ ..] = rest {
        let offset = frame.len() - rest.len();
        let length = usize::from(u16::from_le_bytes([*l0, *l1]));
        let (payload, next) = tail
            .split_at_checked(length)
            .ok_or(FrameError::Truncated { offset })?;
        let malformed = FrameError::Record {
            kind: *kind,
            offset,
        };
        if let Some(record) = decode_record(*kind, payload, malformed)? {
            records.push(record);
        }
        rest = next;
    }
    if rest.is_empty() {
        Ok(records)
    } else {
        Err(FrameError::Truncated {
            offset: frame.len() - rest.len(),
        })
    }
}

fn decode_record(
    kind: u8,
    payload: &[u8],
    malformed: FrameError,
) -> Result<Option<Record>, FrameError> {
    let record = match (kind, payload) {
        (HELLO, _) => Record::Hello(decode_hello(payload).ok_or(malformed)?),
        (OFFER, [class, ids @ ..]) => Record::Offer {
            class: Class::from_code(*class).ok_or(malformed)?,
            ids: decode_ids(ids).ok_or(malformed)?,
        },
        (WANT, ids) => Record::Want(decode_ids(ids).ok_or(malformed)?),
        (GONE, ids) => Record::Gone(decode_ids(ids).ok_or(malformed)?),
        (PUSH, envelope) => Record::Push(Envelope::parse(envelope.to_vec())?),
        (SYNC, _) => Record::Sync(Opening::decode(payload).ok_or(malformed)?),
        (SYNC_MORE, _) => Record::SyncMore(More::decode(payload).ok_or(malformed)?),
        (SYNC_DONE, _) => Record::SyncDone(Done::decode(payload).ok_or(malformed)?),
        (SYNC_LIST, _) => Record::SyncList(Page::decode(payload).ok_or(malformed)?),
        (PAD, _) => Record::Pad,
        (TOOK, count) => Record::Took(u64::from_le_bytes(count.try_into().map_err(|_| malformed)?)),
        (OFFER, _) => return Err(malformed),
        _ => return Ok(None),
    };
    Ok(Some(record))
}

fn append(frame: &mut Vec<u8>, kind: u8, parts: &[&[u8]]) {
    let length: usize = parts.iter().map(|part| part.len()).sum();
    debug_assert!(length <= FRAME_BYTES_LAN_MAX.max(ENVELOPE_BYTES_LARGE));
    frame.push(kind);
    frame.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_le_bytes());
    for part in parts {
        frame.extend_from_slice(part);
    }
}

fn append_ids(frame: &mut Vec<u8>, kind: u8, head: &[u8], ids: &[EnvelopeId]) {
    let mut payload = Vec::with_capacity(head.len() + ids.len() * ID_BYTES);
    payload.extend_from_slice(head);
    for id in ids {
        payload.extend_from_slice(&id.0);
    }
    append(frame, kind, &[&payload]);
}

fn decode_ids(payload: &[u8]) -> Option<Vec<EnvelopeId>> {
    let (ids, rest) = payload.as_chunks::<ID_BYTES>();
    rest.is_empty()
        .then(|| ids.iter().copied().map(EnvelopeId).collect())
}

fn encode_hello(hello: &Hello) -> Vec<u8> {
    let mut payload = Vec::with_capacity(HELLO_BYTES);
    payload.extend_from_slice(&MAGIC);
    payload.extend_from_slice(&hello.frame_bytes_max.to_le_bytes());
    payload.extend_from_slice(&hello.random);
    payload.extend_from_slice(&hello.clock_quarters.to_le_bytes());
    payload.extend_from_slice(&hello.held_log2);
    payload
}

fn decode_hello(payload: &[u8]) -> Option<Hello> {
    let payload: &[u8; HELLO_BYTES] = payload.try_into().ok()?;
    let rest = payload.strip_prefix(MAGIC.as_slice())?;
    let (frame_bytes_max, rest) = rest.split_first_chunk()?;
    let (random, rest) = rest.split_first_chunk()?;
    let (clock_quarters, rest) = rest.split_first_chunk()?;
    let held_log2: [u8; 4] = rest.try_into().ok()?;
    Some(Hello {
        frame_bytes_max: u32::from_le_bytes(*frame_bytes_max),
        random: *random,
        clock_quarters: u32::from_le_bytes(*clock_quarters),
        held_log2,
    })
}

/// How Hello says a count: 0 for none, else 1 + ⌈log₂ n⌉.
#[must_use]
pub fn held_log2(count: usize) -> u8 {
    match count {
        0 => 0,
        n => u8::try_from(n.next_power_of_two().trailing_zeros() + 1).unwrap_or(u8::MAX),
    }
}

/// How Hello says the time: quarter hours since the epoch, to the nearest.
#[must_use]
pub fn clock_quarters(tick: Tick) -> u32 {
    tick.0.saturating_add(1) / 3
}

#[cfg(test)]
mod tests;
