//! Messages between two people that wait: own ones for an acknowledgement, others'
//! for an earlier one. Kept in the store as the bytes of these types.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::store::StoreError;
use crate::types::{EnvelopeId, Lifetime, MessageId, Wall};
use crate::wire::codec;
use crate::wire::items::{self, Item};

use super::direct::no_message;

/// An own message until the other side has it.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Unacked {
    /// As everybody knows it.
    pub(super) message_id: MessageId,
    /// As we drew it.
    pub(super) drawn: MessageId,
    /// When the person wrote it.
    pub(super) written_at: Wall,
    /// How long each try lives on the mesh.
    pub(super) lifetime: Lifetime,
    /// Empty if it is no text.
    pub(super) text: Zeroizing<String>,
    /// What it says beside the text.
    pub(super) items: Vec<Item>,
    /// Seconds after reading until it disappears; 0 for never.
    pub(super) expire: u32,
    /// When it went out last; none while it waits for a key.
    pub(super) sent_at: Option<Wall>,
    /// When the mesh drops what went out last.
    pub(super) expires_at: Wall,
    /// The session it went out in last, and its number there.
    pub(super) sealed: Option<([u8; 32], u32)>,
    /// What went out last, as far as no neighbour was known to have it then.
    pub(super) envelopes: Vec<EnvelopeId>,
    /// How often it went out.
    pub(super) tries: u8,
}

/// A message of theirs that came before an earlier one.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Early {
    /// As everybody knows it.
    pub(super) message_id: MessageId,
    /// By its author's clock.
    pub(super) written_at: Wall,
    /// When it came.
    pub(super) received_at: Wall,
    /// When the mesh drops it.
    pub(super) expires_at: Wall,
    /// Empty if it is no text.
    pub(super) text: Zeroizing<String>,
    /// What it says beside the text.
    pub(super) items: Vec<Item>,
    /// Seconds after reading until it disappears; 0 for never.
    pub(super) expire: u32,
}

#[derive(Serialize, Deserialize)]
struct UnackedLayout<'a> {
    version: u8,
    message_id: [u8; 16],
    drawn: [u8; 16],
    written_at: u64,
    lifetime_h: u64,
    text: &'a str,
    items: &'a [u8],
    sent_at: Option<u64>,
    expires_at: u64,
    sealed: Option<([u8; 32], u32)>,
    envelopes: &'a [u8],
    tries: u8,
    // Since version 2.
    expire: u32,
}

#[derive(Serialize, Deserialize)]
struct EarlyLayout<'a> {
    version: u8,
    message_id: [u8; 16],
    written_at: u64,
    received_at: u64,
    expires_at: u64,
    text: &'a str,
    // Since version 2.
    items: &'a [u8],
    expire: u32,
}

const VERSION: u8 = 2;
const MALFORMED: StoreError = StoreError::Malformed("a message that waits");

/// A row of version 1 as one of version 2: what it lacks stands at the end and is
/// `missing`, as encoded.
fn brought_up(bytes: &[u8], missing: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(match bytes.split_first() {
        Some((1, rest)) => [&[VERSION][..], rest, missing].concat(),
        _ => bytes.to_vec(),
    })
}

impl Unacked {
    /// Whether it is a line of the timeline: not a change of one, and not withdrawn.
    pub(super) fn is_line(&self) -> bool {
        !self.text.is_empty() && !self.items.iter().any(|item| matches!(item, Item::Edit(_)))
    }

    /// The message whose state its envelopes tell: nobody is told how far what is no
    /// line of the timeline has come.
    pub(super) fn line_id(&self) -> MessageId {
        match self.is_line() {
            true => self.message_id,
            false => no_message(),
        }
    }

    /// As the store keeps it.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let items = Zeroizing::new(items::encode(&self.items));
        let envelopes: Vec<u8> = self.envelopes.iter().flat_map(|id| id.0).collect();
        let layout = UnackedLayout {
            version: VERSION,
            message_id: self.message_id.0,
            drawn: self.drawn.0,
            written_at: self.written_at.0,
            lifetime_h: self.lifetime.hours(),
            text: &self.text,
            items: &items,
            sent_at: self.sent_at.map(|at| at.0),
            expires_at: self.expires_at.0,
            sealed: self.sealed,
            envelopes: &envelopes,
            tries: self.tries,
            expire: self.expire,
        };
        codec::encode(&layout).map(Zeroizing::new).ok_or(MALFORMED)
    }

    /// From a row.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let bytes = brought_up(bytes, &[0]);
        let layout: UnackedLayout<'_> = codec::decode(&bytes).map_err(|_| MALFORMED)?;
        let lifetime = Lifetime::of_hours(layout.lifetime_h);
        let is_known = layout.version == VERSION;
        Ok(Self {
            message_id: MessageId(layout.message_id),
            drawn: MessageId(layout.drawn),
            written_at: Wall(layout.written_at),
            lifetime: lifetime.filter(|_| is_known).ok_or(MALFORMED)?,
            text: Zeroizing::new(layout.text.to_owned()),
            items: items::decode(layout.items).map_err(|_| MALFORMED)?,
            sent_at: layout.sent_at.map(Wall),
            expires_at: Wall(layout.expires_at),
            sealed: layout.sealed,
            envelopes: layout
                .envelopes
                .as_chunks::<16>()
                .0
                .iter()
                .map(|id| EnvelopeId(*id))
                .collect(),
            tries: layout.tries,
            expire: layout.expire,
        })
    }
}

impl Early {
    /// As the store keeps it.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let items = Zeroizing::new(items::encode(&self.items));
        let layout = EarlyLayout {
            version: VERSION,
            message_id: self.message_id.0,
            written_at: self.written_at.0,
            received_at: self.received_at.0,
            expires_at: self.expires_at.0,
            text: &self.text,
            items: &items,
            expire: self.expire,
        };
        codec::encode(&layout).map(Zeroizing::new).ok_or(MALFORMED)
    }

    /// From a row.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let bytes = brought_up(bytes, &[0, 0]);
        let layout: EarlyLayout<'_> = codec::decode(&bytes).map_err(|_| MALFORMED)?;
        if layout.version != VERSION {
            return Err(MALFORMED);
        }
        Ok(Self {
            message_id: MessageId(layout.message_id),
            written_at: Wall(layout.written_at),
            received_at: Wall(layout.received_at),
            expires_at: Wall(layout.expires_at),
            text: Zeroizing::new(layout.text.to_owned()),
            items: items::decode(layout.items).map_err(|_| MALFORMED)?,
            expire: layout.expire,
        })
    }
}

// By hand: what people write must not reach a log.
impl core::fmt::Debug for Unacked {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Unacked({:?}, {} tries)", self.message_id, self.tries)
    }
}

impl core::fmt::Debug for Early {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Early({:?})", self.message_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unacked() -> Unacked {
        Unacked {
            message_id: MessageId([1; 16]),
            drawn: MessageId([2; 16]),
            written_at: Wall(1_795_000_000_000),
            lifetime: Lifetime::Long,
            text: Zeroizing::new("at the fountain".into()),
            items: vec![Item::Reply(MessageId([3; 16]))],
            sent_at: Some(Wall(1_795_000_000_500)),
            expires_at: Wall(1_795_000_900_000),
            sealed: Some(([4; 32], 5)),
            envelopes: vec![EnvelopeId([6; 16]), EnvelopeId([7; 16])],
            tries: 2,
            expire: 3_600,
        }
    }

    fn early() -> Early {
        Early {
            message_id: MessageId([1; 16]),
            written_at: Wall(1),
            received_at: Wall(2),
            expires_at: Wall(3),
            text: Zeroizing::new(String::new()),
            items: vec![Item::Delete(MessageId([3; 16]))],
            expire: 60,
        }
    }

    #[test]
    fn what_waits_comes_back_whole() {
        for sent_at in [None, Some(Wall(7))] {
            let row = Unacked {
                sent_at,
                ..unacked()
            };
            assert_eq!(Unacked::decode(&row.encode().unwrap()).unwrap(), row);
        }
        assert_eq!(Early::decode(&early().encode().unwrap()).unwrap(), early());
    }

    #[test]
    fn rows_of_version_1_come_back_with_nothing_beside_them() {
        let (mine, theirs) = (unacked().encode().unwrap(), early().encode().unwrap());
        let old = |bytes: &[u8], lacks: usize| {
            let mut old = bytes[..bytes.len() - lacks].to_vec();
            old[0] = 1;
            old
        };
        let expected = Unacked {
            expire: 0,
            ..unacked()
        };
        // 251 and two bytes for 3,600.
        assert_eq!(Unacked::decode(&old(&mine, 3)).unwrap(), expected);
        let expected = Early {
            items: Vec::new(),
            expire: 0,
            ..early()
        };
        let lacks = 1 + items::encode(&early().items).len() + 1;
        assert_eq!(Early::decode(&old(&theirs, lacks)).unwrap(), expected);
    }

    #[test]
    fn damaged_rows_are_refused() {
        let (mine, theirs) = (unacked().encode().unwrap(), early().encode().unwrap());
        for len in 0..mine.len() {
            assert!(Unacked::decode(&mine[..len]).is_err());
        }
        for len in 0..theirs.len() {
            assert!(Early::decode(&theirs[..len]).is_err());
        }
        let mut newer = mine.to_vec();
        newer[0] = VERSION + 1;
        assert!(Unacked::decode(&newer).is_err());
    }
}
