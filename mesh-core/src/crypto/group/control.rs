//! What members tell each other's devices, in control chains only.
//!
//! | first byte | then |
//! |---|---|
//! | 0x81 | a piece of an operation: `eid[..8] ‖ index u8 ‖ count u8 ‖ bytes` |
//! | 0x82 | what the sender knows: `count u8 ‖ heads × 32` |
//! | 0x83 | a new wrapping key: `seq u32 ‖ MK 32` |
//! | 0x84 | a consent: `count u16 ‖ removes × 16 ‖ signature 64` |
//!
//! The first byte is no version of what people write (`wire::inner`, 1): a signature
//! does not say in which of its two chains a message stands, so another member could
//! seal a message in the other one, where it must not be understood.

use crate::limits::GROUP_PARENTS_MAX;

use super::member::MemberId;
use super::op::{Consent, Eid, OP_BYTES_MAX, Reader};

const PIECE: u8 = 0x81;
const HEADS: u8 = 0x82;
const KEY: u8 = 0x83;
const CONSENT: u8 = 0x84;
/// Bytes of a piece before its part of the operation.
const PIECE_HEAD_BYTES: usize = 1 + 8 + 1 + 1;

/// One control message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Control {
    /// A piece of an operation.
    Piece {
        /// First bytes of its hash: which pieces belong together.
        op: [u8; 8],
        /// Which piece, from 0.
        index: u8,
        /// How many there are, from 1.
        count: u8,
        /// Its part.
        bytes: Vec<u8>,
    },
    /// The heads that the sender knows, at most 8; everything before them is
    /// acknowledged.
    Heads(Vec<Eid>),
    /// The sender's new wrapping key.
    Key {
        /// How many it had before.
        seq: u32,
        /// X25519.
        mk: [u8; 32],
    },
    /// The sender agrees that these are removed.
    Consent {
        /// In the order that was signed.
        removes: Vec<MemberId>,
        /// By the sender's GSK.
        signature: [u8; 64],
    },
}

impl Control {
    /// The pieces of an operation, each for a message with room for `room` bytes: 1,798
    /// in an envelope of 1,920. Empty if that room is too small.
    #[must_use]
    pub fn pieces(eid: &Eid, op: &[u8], room: usize) -> Vec<Self> {
        let part = room.saturating_sub(PIECE_HEAD_BYTES);
        let count = u8::try_from(op.len().div_ceil(part.max(1)));
        let (Ok(count), true) = (count, part > 0) else {
            return Vec::new();
        };
        let mut name = [0; 8];
        name.iter_mut()
            .zip(eid)
            .for_each(|(slot, byte)| *slot = *byte);
        let piece = |(index, bytes): (u8, &[u8])| Self::Piece {
            op: name,
            index,
            count,
            bytes: bytes.to_vec(),
        };
        (0..count).zip(op.chunks(part)).map(piece).collect()
    }

    /// A consent of `signer`, who sealed the message.
    #[must_use]
    pub fn consent(&self, signer: MemberId) -> Option<Consent> {
        match self {
            Self::Consent { signature, .. } => Some(Consent {
                signer,
                signature: *signature,
            }),
            _ => None,
        }
    }

    /// The data of a control message.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Piece {
                op,
                index,
                count,
                bytes,
            } => [&[PIECE][..], op, &[*index, *count], bytes].concat(),
            Self::Heads(heads) => {
                let count = u8::try_from(heads.len()).unwrap_or(u8::MAX);
                [&[HEADS, count][..], heads.as_flattened()].concat()
            }
            Self::Key { seq, mk } => [&[KEY][..], &seq.to_le_bytes(), mk].concat(),
            Self::Consent { removes, signature } => {
                let count = u16::try_from(removes.len()).unwrap_or(u16::MAX);
                let ids: Vec<u8> = removes.iter().flat_map(|id| id.0).collect();
                [&[CONSENT][..], &count.to_le_bytes(), &ids, signature].concat()
            }
        }
    }

    /// The inverse; `None` for anything else.
    #[must_use]
    pub fn decode(data: &[u8]) -> Option<Self> {
        let mut reader = Reader(data);
        let [kind] = reader.take()?;
        let control = match kind {
            PIECE => {
                let (op, [index, count]) = (reader.take()?, reader.take()?);
                let bytes = reader.slice(reader.0.len())?.to_vec();
                let is_valid = index < count && !bytes.is_empty() && bytes.len() <= OP_BYTES_MAX;
                is_valid.then_some(())?;
                Self::Piece {
                    op,
                    index,
                    count,
                    bytes,
                }
            }
            HEADS => {
                let [count] = reader.take()?;
                (1..=GROUP_PARENTS_MAX)
                    .contains(&usize::from(count))
                    .then_some(())?;
                let heads: Option<Vec<Eid>> = (0..count).map(|_| reader.take()).collect();
                Self::Heads(heads?)
            }
            KEY => Self::Key {
                seq: u32::from_le_bytes(reader.take()?),
                mk: reader.take()?,
            },
            CONSENT => {
                let ids: Option<Vec<MemberId>> = (0..reader.count()?)
                    .map(|_| reader.take().map(MemberId))
                    .collect();
                Self::Consent {
                    removes: ids?,
                    signature: reader.take()?,
                }
            }
            _ => return None,
        };
        reader.0.is_empty().then_some(control)
    }
}
