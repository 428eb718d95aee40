//! How a message to a group is cut into envelopes.

use crate::crypto::group::GROUP_MESSAGE_OVERHEAD_BYTES;
use crate::limits::{CHUNKS_MAX, ENVELOPE_BYTES_MEDIUM, ENVELOPE_BYTES_SMALL};
use crate::wire::inner::TextPart;
use crate::wire::items::ITEM_HEAD_BYTES;

/// The longest encoding of everything in an inner message but name and body.
const INNER_BYTES_MAX: usize = 59;
/// Index and count of a piece of a text.
const PART_BYTES: usize = 2;

/// The size of an envelope, and the piece of a text that goes into it.
pub(super) type Piece = (usize, Option<TextPart>);

/// Bytes of data that an envelope holds.
pub(super) fn data_bytes(envelope_bytes: usize) -> usize {
    envelope_bytes.saturating_sub(GROUP_MESSAGE_OVERHEAD_BYTES)
}

/// Bytes of items that an envelope holds beside a name.
pub(super) fn items_room(envelope_bytes: usize, name: &str) -> usize {
    data_bytes(envelope_bytes).saturating_sub(INNER_BYTES_MAX + name.len())
}

/// Cuts a text into envelopes, each with the same `items_bytes` of items beside it, as any
/// piece may come last; one envelope without a piece for what is no text. `None` if it
/// does not fit.
pub(super) fn cut(name: &str, text: &str, items_bytes: usize) -> Option<Vec<Piece>> {
    let sizes = [ENVELOPE_BYTES_SMALL, ENVELOPE_BYTES_MEDIUM];
    if text.is_empty() {
        let mut sizes = sizes.into_iter();
        let size = sizes.find(|size| items_bytes <= items_room(*size, name))?;
        return Some(vec![(size, None)]);
    }
    let beside = ITEM_HEAD_BYTES + PART_BYTES + items_bytes;
    let room = |size| items_room(size, name).saturating_sub(beside);
    let first_size = match text.len() <= room(ENVELOPE_BYTES_SMALL) {
        true => ENVELOPE_BYTES_SMALL,
        false => ENVELOPE_BYTES_MEDIUM,
    };
    let bytes = text.as_bytes();
    let whole = (bytes, &[][..]);
    let (first, rest) = bytes.split_at_checked(room(first_size)).unwrap_or(whole);
    // The smaller ones, unless many mentions leave too little room in them.
    let more = usize::from(CHUNKS_MAX) - 1;
    let mut sizes = sizes.into_iter();
    let size = sizes.find(|size| rest.len() <= more * room(*size))?;
    let rest = rest.chunks(room(size).max(1)).map(|piece| (size, piece));
    let pieces: Vec<(usize, &[u8])> = [(first_size, first)].into_iter().chain(rest).collect();
    let count = u8::try_from(pieces.len()).ok()?;
    let part = |(index, (size, bytes)): (u8, (usize, &[u8]))| {
        let bytes = bytes.to_vec();
        let part = TextPart {
            index,
            count,
            bytes,
        };
        (size, Some(part))
    };
    (!first.is_empty()).then(|| (0..count).zip(pieces).map(part).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{GROUP_MENTIONS_MAX, NAME_BYTES_MAX, TEXT_BYTES_MAX};
    use crate::types::{MemberId, MessageId, Wall};
    use crate::wire::inner::{Inner, KIND_ITEMS, Numbers};
    use crate::wire::items::{self, Item};

    #[test]
    fn every_text_fits_its_envelopes_and_comes_back() {
        let name = "n".repeat(NAME_BYTES_MAX);
        let mut beside = vec![Item::Reply(MessageId([1; 16]))];
        beside.extend(vec![Item::Mention(MemberId([2; 16])); GROUP_MENTIONS_MAX]);
        let items_bytes = items::encode(&beside).len();
        for length in (1..=TEXT_BYTES_MAX).step_by(37).chain([TEXT_BYTES_MAX]) {
            let text = "x".repeat(length);
            let pieces = cut(&name, &text, items_bytes).unwrap();
            let mut whole = Vec::new();
            for (size, part) in pieces {
                let part = part.unwrap();
                whole.extend(part.bytes.clone());
                let mut items = beside.clone();
                items.push(Item::Text(part));
                let inner = Inner {
                    kind: KIND_ITEMS,
                    message_id: MessageId([u8::MAX; 16]),
                    sent: Wall(u64::MAX),
                    name: name.clone(),
                    body: items::encode(&items),
                    numbers: Numbers {
                        seq: u32::MAX,
                        ack_base: u32::MAX,
                        ack_bits: u64::MAX,
                        expire: u32::MAX,
                    },
                };
                assert!(
                    inner.encode().unwrap().len() <= data_bytes(size),
                    "{length}"
                );
            }
            assert_eq!(whole, text.as_bytes());
        }
        assert_eq!(cut(&name, &"x".repeat(8_000), 0), None);
        assert_eq!(cut("", "", 0), Some(vec![(ENVELOPE_BYTES_SMALL, None)]));
        assert_eq!(cut("", "", 400), Some(vec![(ENVELOPE_BYTES_MEDIUM, None)]));
        assert_eq!(cut("", "", 1_800), None);
    }
}
