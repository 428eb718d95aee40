//! What one message to a person carries: a list of items, each with its length
//! (`docs/protocol/wire.md`, "Items").
//!
//! A list, because acknowledgements, keys and names ride on messages that go anyway.
//! An item of a kind that we do not know is skipped: a newer Starling means something
//! by it, and the others are good all the same.

use crate::limits::{CHUNKS_MAX, EMOJI_BYTES_MAX, ITEMS_MAX};
use crate::types::MessageId;

use super::codec::DecodeError;
use super::inner::TextPart;
use super::introduction::Introduction;

/// Bytes before the content of an item: kind 1, length 2.
pub const ITEM_HEAD_BYTES: usize = 3;
/// Bytes of an item that holds a key or a hash.
pub const KEY_ITEM_BYTES: usize = ITEM_HEAD_BYTES + 32;
/// Bytes of [`Item::Numbering`].
pub const NUMBERING_ITEM_BYTES: usize = ITEM_HEAD_BYTES + 8;

const TEXT: u8 = 1;
const SAS_COMMIT: u8 = 2;
const SAS_ANSWER: u8 = 3;
const SAS_OPEN: u8 = 4;
const NUMBERING: u8 = 5;
const COUNTING: u8 = 6;
const READ: u8 = 7;
const REACTION: u8 = 8;
const DELETE: u8 = 9;
const REPLY: u8 = 10;
const FLOOR: u8 = 11;
const INTRODUCTION: u8 = 30;

/// One thing that a message to a person says:
///
/// | kind | content |
/// |---|---|
/// | 1 | a piece of a text: index 1, count 1, UTF-8 |
/// | 2, 3, 4 | emoji check: hash of the initiator's 32 random bytes, the answerer's 32, the initiator's 32 |
/// | 5 | numbers of this author begin anew with 1 under this name, u64 |
/// | 6 | the reader's messages are acknowledged under this name, u64 |
/// | 7 | everything up to this number was read, u32 |
/// | 8 | reaction: message id 16, emoji in UTF-8, at most 32 bytes, none to take it back |
/// | 9 | delete: message id 16 |
/// | 10 | the text of this message answers: message id 16 |
/// | 11 | nothing of the author with a smaller number comes any more, u32 |
/// | 30 | introduction: see [`Introduction`] |
#[derive(Clone, PartialEq, Eq)]
pub enum Item {
    /// A piece of a text.
    Text(TextPart),
    /// The initiator commits to its random bytes.
    SasCommit([u8; 32]),
    /// The answerer's random bytes.
    SasAnswer([u8; 32]),
    /// The initiator's random bytes.
    SasOpen([u8; 32]),
    /// Numbers of the author's messages are counted under this random name: another one
    /// means that they begin anew.
    Numbering(u64),
    /// What is acknowledged here are numbers under this name.
    Counting(u64),
    /// Everything that you wrote up to this number was read.
    Read(u32),
    /// How the author feels about a message; empty takes it back.
    Reaction(MessageId, String),
    /// The author asks that one of their messages be deleted.
    Delete(MessageId),
    /// The text beside it answers this message.
    Reply(MessageId),
    /// Nothing with a smaller number comes any more: it was given up.
    Floor(u32),
    /// The author vouches for the card of another.
    Introduction(Introduction),
}

/// Encodes a list.
#[must_use]
pub fn encode(items: &[Item]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for item in items {
        let (kind, content) = item.parts();
        bytes.push(kind);
        let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&content);
    }
    bytes
}

/// Decodes a list of at most [`ITEMS_MAX`]; skips kinds it does not know.
///
/// # Errors
/// A length beyond the end, a known kind of the wrong form, or too many: the
/// author's fault.
pub fn decode(mut bytes: &[u8]) -> Result<Vec<Item>, DecodeError> {
    let mut items = Vec::new();
    for _ in 0..ITEMS_MAX {
        let Some(([kind], rest)) = bytes.split_first_chunk() else {
            return Ok(items);
        };
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(DecodeError)?;
        let (content, rest) = rest
            .split_at_checked(usize::from(u16::from_le_bytes(*length)))
            .ok_or(DecodeError)?;
        items.extend(Item::read(*kind, content)?);
        bytes = rest;
    }
    bytes.is_empty().then_some(items).ok_or(DecodeError)
}

impl Item {
    /// Bytes that the item takes in a list.
    #[must_use]
    pub fn encoded_bytes(&self) -> usize {
        ITEM_HEAD_BYTES + self.parts().1.len()
    }

    /// The piece of a text, if it is one.
    #[must_use]
    pub fn text_part(&self) -> Option<&TextPart> {
        match self {
            Self::Text(part) => Some(part),
            _ => None,
        }
    }

    /// The name under which the author's messages are counted, if it says that.
    #[must_use]
    pub fn numbering(&self) -> Option<u64> {
        match self {
            Self::Numbering(name) => Some(*name),
            _ => None,
        }
    }

    fn parts(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Text(part) => (TEXT, [&[part.index, part.count][..], &part.bytes].concat()),
            Self::SasCommit(bytes) => (SAS_COMMIT, bytes.to_vec()),
            Self::SasAnswer(bytes) => (SAS_ANSWER, bytes.to_vec()),
            Self::SasOpen(bytes) => (SAS_OPEN, bytes.to_vec()),
            Self::Numbering(name) => (NUMBERING, name.to_le_bytes().to_vec()),
            Self::Counting(name) => (COUNTING, name.to_le_bytes().to_vec()),
            Self::Floor(number) => (FLOOR, number.to_le_bytes().to_vec()),
            Self::Read(number) => (READ, number.to_le_bytes().to_vec()),
            Self::Reaction(id, emoji) => (REACTION, [&id.0[..], emoji.as_bytes()].concat()),
            Self::Delete(id) => (DELETE, id.0.to_vec()),
            Self::Reply(id) => (REPLY, id.0.to_vec()),
            Self::Introduction(told) => (INTRODUCTION, told.encode()),
        }
    }

    fn read(kind: u8, content: &[u8]) -> Result<Option<Self>, DecodeError> {
        let key = || <[u8; 32]>::try_from(content).map_err(|_| DecodeError);
        let id = || {
            <[u8; 16]>::try_from(content)
                .map(MessageId)
                .map_err(|_| DecodeError)
        };
        Ok(Some(match kind {
            TEXT => Self::Text(text_part(content)?),
            SAS_COMMIT => Self::SasCommit(key()?),
            SAS_ANSWER => Self::SasAnswer(key()?),
            SAS_OPEN => Self::SasOpen(key()?),
            NUMBERING => Self::Numbering(name(content)?),
            COUNTING => Self::Counting(name(content)?),
            FLOOR => Self::Floor(number(content)?),
            READ => Self::Read(number(content)?),
            REACTION => reaction(content)?,
            DELETE => Self::Delete(id()?),
            REPLY => Self::Reply(id()?),
            INTRODUCTION => Self::Introduction(Introduction::decode(content).ok_or(DecodeError)?),
            _ => return Ok(None),
        }))
    }
}

fn number(content: &[u8]) -> Result<u32, DecodeError> {
    let bytes = content.try_into().map_err(|_| DecodeError)?;
    Ok(u32::from_le_bytes(bytes))
}

fn name(content: &[u8]) -> Result<u64, DecodeError> {
    let bytes = content.try_into().map_err(|_| DecodeError)?;
    Ok(u64::from_le_bytes(bytes))
}

/// A piece of a text, with its numbers in range.
fn text_part(content: &[u8]) -> Result<TextPart, DecodeError> {
    match content {
        [index, count @ 1..=CHUNKS_MAX, bytes @ ..] if index < count && !bytes.is_empty() => {
            Ok(TextPart {
                index: *index,
                count: *count,
                bytes: bytes.to_vec(),
            })
        }
        _ => Err(DecodeError),
    }
}

fn reaction(content: &[u8]) -> Result<Item, DecodeError> {
    let (id, emoji) = content.split_first_chunk::<16>().ok_or(DecodeError)?;
    let emoji = str::from_utf8(emoji).map_err(|_| DecodeError)?;
    let fits = emoji.len() <= EMOJI_BYTES_MAX && !emoji.chars().any(char::is_control);
    fits.then(|| Item::Reaction(MessageId(*id), emoji.to_owned()))
        .ok_or(DecodeError)
}

// By hand: what people write, and keys, must not reach a log.
impl core::fmt::Debug for Item {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (kind, content) = self.parts();
        write!(f, "Item(kind {kind}, {} bytes)", content.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples() -> Vec<Item> {
        let part = TextPart {
            index: 1,
            count: 2,
            bytes: b"word".to_vec(),
        };
        vec![
            Item::Text(part),
            Item::SasCommit([1; 32]),
            Item::SasAnswer([2; 32]),
            Item::SasOpen([3; 32]),
            Item::Numbering(u64::MAX - 1),
            Item::Counting(3),
            Item::Floor(9),
            Item::Read(70_000),
            Item::Reaction(MessageId([6; 16]), "👍".into()),
            Item::Delete(MessageId([7; 16])),
            Item::Reply(MessageId([8; 16])),
            Item::Introduction(Introduction {
                card: [9; 186],
                bundle: None,
                text: "from work".into(),
            }),
        ]
    }

    #[test]
    fn every_item_comes_back_alone_and_together() {
        for item in samples() {
            let bytes = encode(std::slice::from_ref(&item));
            assert_eq!(bytes.len(), item.encoded_bytes());
            assert_eq!(decode(&bytes), Ok(vec![item]));
        }
        assert_eq!(decode(&encode(&samples())), Ok(samples()));
        assert_eq!(decode(&[]), Ok(Vec::new()));
    }

    #[test]
    fn golden_bytes() {
        let items = [
            Item::Read(258),
            Item::Reaction(MessageId([6; 16]), "ok".into()),
        ];
        let mut expected = vec![7, 4, 0, 2, 1, 0, 0, 8, 18, 0];
        expected.extend([6; 16]);
        expected.extend(b"ok");
        assert_eq!(encode(&items), expected);
    }

    #[test]
    fn every_truncation_is_an_error_or_a_shorter_list() {
        let bytes = encode(&samples());
        let ends: Vec<usize> = samples()
            .iter()
            .scan(0, |end, item| {
                *end += item.encoded_bytes();
                Some(*end)
            })
            .collect();
        for len in 1..bytes.len() {
            let is_whole = ends.contains(&len);
            assert_eq!(decode(&bytes[..len]).is_ok(), is_whole, "{len}");
        }
    }

    #[test]
    fn unknown_kinds_are_skipped_and_wrong_forms_refused() {
        let mut bytes = vec![200, 3, 0, 1, 2, 3];
        bytes.extend(encode(&[Item::Read(1)]));
        assert_eq!(decode(&bytes), Ok(vec![Item::Read(1)]));
        for wrong in [
            vec![SAS_OPEN, 1, 0, 9],
            vec![TEXT, 2, 0, 0, 1],
            vec![TEXT, 3, 0, 4, 4, 65],
            vec![READ, 3, 0, 0, 0, 0],
            vec![REACTION, 2, 0, 0, 0],
        ] {
            assert_eq!(decode(&wrong), Err(DecodeError), "{wrong:?}");
        }
        let long = Item::Reaction(MessageId([0; 16]), "x".repeat(EMOJI_BYTES_MAX + 1));
        assert_eq!(decode(&encode(&[long])), Err(DecodeError));
    }

    #[test]
    fn more_items_than_allowed_are_refused() {
        let many = vec![Item::Read(1); ITEMS_MAX];
        assert_eq!(
            decode(&encode(&many)).map(|items| items.len()),
            Ok(ITEMS_MAX)
        );
        let more = vec![Item::Read(1); ITEMS_MAX + 1];
        assert_eq!(decode(&encode(&more)), Err(DecodeError));
    }
}
