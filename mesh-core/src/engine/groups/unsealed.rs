//! An own message to a group that waits for keys, as the store keeps it.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::store::StoreError;
use crate::types::{Lifetime, MessageId, Wall};
use crate::wire::codec;
use crate::wire::items::{self, Item};

/// What is to be sealed.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Unsealed {
    /// As everybody will know it.
    pub(super) message_id: MessageId,
    /// As we drew it.
    pub(super) drawn: MessageId,
    /// When the person wrote it.
    pub(super) written_at: Wall,
    /// How long it lives on the mesh.
    pub(super) lifetime: Lifetime,
    /// Empty if it is no text.
    pub(super) text: Zeroizing<String>,
    /// What it says beside the text.
    pub(super) items: Vec<Item>,
    /// Seconds after reading until it disappears; 0 for never.
    pub(super) expire: u32,
}

#[derive(Serialize, Deserialize)]
struct Layout<'a> {
    version: u8,
    message_id: [u8; 16],
    drawn: [u8; 16],
    written_at: u64,
    lifetime_h: u64,
    text: &'a str,
    items: &'a [u8],
    expire: u32,
}

const VERSION: u8 = 1;
const MALFORMED: StoreError = StoreError::Malformed("a message that waits for keys");

impl Unsealed {
    /// As the store keeps it.
    pub(super) fn encode(&self) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let items = Zeroizing::new(items::encode(&self.items));
        let layout = Layout {
            version: VERSION,
            message_id: self.message_id.0,
            drawn: self.drawn.0,
            written_at: self.written_at.0,
            lifetime_h: self.lifetime.hours(),
            text: &self.text,
            items: &items,
            expire: self.expire,
        };
        codec::encode(&layout).map(Zeroizing::new).ok_or(MALFORMED)
    }

    /// From a row.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let layout: Layout<'_> = codec::decode(bytes).map_err(|_| MALFORMED)?;
        let lifetime = Lifetime::of_hours(layout.lifetime_h);
        let is_known = layout.version == VERSION;
        Ok(Self {
            message_id: MessageId(layout.message_id),
            drawn: MessageId(layout.drawn),
            written_at: Wall(layout.written_at),
            lifetime: lifetime.filter(|_| is_known).ok_or(MALFORMED)?,
            text: Zeroizing::new(layout.text.to_owned()),
            items: items::decode(layout.items).map_err(|_| MALFORMED)?,
            expire: layout.expire,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_comes_back_whole_and_damaged_rows_are_refused() {
        let row = Unsealed {
            message_id: MessageId([1; 16]),
            drawn: MessageId([2; 16]),
            written_at: Wall(1_795_000_000_000),
            lifetime: Lifetime::Long,
            text: Zeroizing::new("at the fountain".into()),
            items: vec![Item::Reply(MessageId([3; 16]))],
            expire: 60,
        };
        let bytes = row.encode().unwrap();
        assert!(Unsealed::decode(&bytes).unwrap() == row);
        for len in 0..bytes.len() {
            assert!(Unsealed::decode(&bytes[..len]).is_err());
        }
    }
}
