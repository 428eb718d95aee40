//! What one message to a person carries: a list of items, each with its length
//! (`docs/protocol/wire.md`, "Items").
//!
//! A list, because acknowledgements, keys and names ride on messages that go anyway.
//! An item of a kind that we do not know is skipped: a newer Starling means something
//! by it, and the others are good all the same.

use zeroize::Zeroizing;

use crate::limits::{CHUNKS_MAX, EMOJI_BYTES_MAX, ITEMS_MAX};
use crate::types::{MemberId, MessageId, Wall};

use super::codec::DecodeError;
use super::inner::TextPart;
use super::introduction::Introduction;

mod emoji;
mod group;

pub use emoji::is_emoji;
pub use group::{CAME_ITEM_BYTES, Came, GroupKeys, WelcomePiece};

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
const EDIT: u8 = 12;
const MENTION: u8 = 13;
const TIMER: u8 = 14;
const CAME: u8 = 15;
const GROUP_INVITE: u8 = 20;
const GROUP_KEYS: u8 = 21;
const GROUP_WELCOME: u8 = 22;
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
/// | 12 | edit: the text beside it replaces that of this message: message id 16 |
/// | 13 | mention: the text beside it names this member: member id 16 |
/// | 14 | timer: seconds u32, 0 for never; set at, Unix milliseconds u64 |
/// | 15 | of a member's messages to the group came: member id 16, highest number u32, bit n of u64: the number n + 1 below it |
/// | 20 | asked into a group: invitation 16, its name in UTF-8, at most 64 bytes |
/// | 21 | keys of the reader's invitation: invitation 16, GSK 32, MK 32 |
/// | 22 | a piece of a welcome: invitation 16, index 1, count 1, 1 to 1,536 bytes |
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
    /// The text beside it replaces that of one of the author's messages.
    Edit(MessageId),
    /// The text beside it names somebody.
    Mention(MemberId),
    /// What is written in the conversation from now on disappears so long after it was
    /// read.
    Timer(Timer),
    /// What came of a member's messages to the group.
    Came(Came),
    /// The author asks the reader into a group; its name there is a suggestion.
    GroupInvite([u8; 16], String),
    /// The author's keys for the group that the reader asked them into.
    GroupKeys(GroupKeys),
    /// A piece of what brings the reader into a group.
    GroupWelcome(WelcomePiece),
    /// The author vouches for the card of another.
    Introduction(Introduction),
}

/// A conversation's timer. Of two the later one counts; of two that were set in the
/// same millisecond the one with more seconds: the order of this type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Timer {
    /// By the clock of whoever set it.
    pub set_at: Wall,
    /// 0 for never.
    pub seconds: u32,
}

/// Encodes a list.
#[must_use]
pub fn encode(items: &[Item]) -> Vec<u8> {
    let parts: Vec<_> = items.iter().map(Item::parts).collect();
    let length = parts
        .iter()
        .map(|(_, content)| ITEM_HEAD_BYTES + content.len());
    // The room is there from the start: growing would leave copies of secrets.
    let mut bytes = Vec::with_capacity(length.sum());
    for (kind, content) in parts {
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

    fn parts(&self) -> (u8, Zeroizing<Vec<u8>>) {
        let (kind, content) = match self {
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
            Self::Edit(id) => (EDIT, id.0.to_vec()),
            Self::Mention(member) => (MENTION, member.0.to_vec()),
            Self::Timer(timer) => {
                let seconds = timer.seconds.to_le_bytes();
                let set_at = timer.set_at.0.to_le_bytes();
                (TIMER, [&seconds[..], &set_at[..]].concat())
            }
            Self::Came(came) => (CAME, came.encode()),
            Self::GroupInvite(invite, name) => {
                (GROUP_INVITE, [&invite[..], name.as_bytes()].concat())
            }
            Self::GroupKeys(keys) => (GROUP_KEYS, keys.encode()),
            Self::GroupWelcome(piece) => (GROUP_WELCOME, piece.encode()),
            Self::Introduction(told) => (INTRODUCTION, told.encode()),
        };
        (kind, Zeroizing::new(content))
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
            EDIT => Self::Edit(id()?),
            MENTION => Self::Mention(MemberId(id()?.0)),
            TIMER => Self::Timer(timer(content)?),
            CAME => group::read_came(content).ok_or(DecodeError)?,
            GROUP_INVITE => group::read_invite(content).ok_or(DecodeError)?,
            GROUP_KEYS => group::read_keys(content).ok_or(DecodeError)?,
            GROUP_WELCOME => group::read_piece(content).ok_or(DecodeError)?,
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

fn timer(content: &[u8]) -> Result<Timer, DecodeError> {
    let (seconds, set_at) = content.split_first_chunk::<4>().ok_or(DecodeError)?;
    Ok(Timer {
        set_at: Wall(name(set_at)?),
        seconds: u32::from_le_bytes(*seconds),
    })
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
    let is_harmful = |c: char| c.is_control() || emoji::turns_text(c);
    let fits = emoji.len() <= EMOJI_BYTES_MAX && !emoji.chars().any(is_harmful);
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
            Item::Edit(MessageId([10; 16])),
            Item::Mention(MemberId([11; 16])),
            Item::Timer(Timer {
                set_at: Wall(u64::MAX - 3),
                seconds: 3_600,
            }),
            Item::Introduction(Introduction {
                card: [9; 186],
                bundle: None,
                text: "from work".into(),
            }),
        ]
        .into_iter()
        .chain(group::samples())
        .collect()
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
    fn golden_bytes_of_edits_mentions_and_timers() {
        let timer = Timer {
            set_at: Wall(0x0102_0304_0506),
            seconds: 0x0708,
        };
        let items = [
            Item::Edit(MessageId([1; 16])),
            Item::Mention(MemberId([2; 16])),
            Item::Timer(timer),
        ];
        let mut expected = vec![12, 16, 0];
        expected.extend([1; 16]);
        expected.extend([13, 16, 0]);
        expected.extend([2; 16]);
        expected.extend([14, 12, 0, 8, 7, 0, 0, 6, 5, 4, 3, 2, 1, 0, 0]);
        assert_eq!(encode(&items), expected);
    }

    #[test]
    fn the_later_timer_counts_and_of_two_at_once_the_longer() {
        let timer = |set_at, seconds| Timer {
            set_at: Wall(set_at),
            seconds,
        };
        assert!(timer(2, 0) > timer(1, u32::MAX));
        assert!(timer(2, 1) > timer(2, 0));
        assert_eq!(timer(0, 0), Timer::default());
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
            [&[EDIT, 15, 0][..], &[0; 15]].concat(),
            [&[MENTION, 17, 0][..], &[0; 17]].concat(),
            [&[TIMER, 4, 0][..], &[0; 4]].concat(),
            [&[TIMER, 13, 0][..], &[0; 13]].concat(),
            vec![TIMER, 0, 0],
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
