//! What one message to a person carries: a list of items, each with its length
//! (`docs/protocol/wire.md`, "Items").
//!
//! A list, because acknowledgements, keys and names ride on messages that go anyway.
//! An item of a kind that we do not know is skipped: a newer Starling means something
//! by it, and the others are good all the same.

use zeroize::Zeroizing;

use crate::limits::{
    CHUNKS_MAX, EMOJI_BYTES_MAX, GROUP_NAME_BYTES_MAX, GROUP_WELCOME_PIECE_BYTES,
    GROUP_WELCOME_PIECES_MAX, ITEMS_MAX,
};
use crate::types::{MemberId, MessageId};

use super::codec::DecodeError;
use super::inner::TextPart;

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
const MENTION: u8 = 13;
const CAME: u8 = 15;
const GROUP_INVITE: u8 = 20;
const GROUP_KEYS: u8 = 21;
const GROUP_WELCOME: u8 = 22;
/// Bytes of [`Item::Came`].
pub const CAME_ITEM_BYTES: usize = ITEM_HEAD_BYTES + 16 + 4 + 8;

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
/// | 13 | the text beside it names a member of the group: member id 16 |
/// | 15 | of a member's messages to the group came: member id 16, highest number u32, bit n of u64: the number n + 1 below it |
/// | 20 | asked into a group: invitation 16, its name in UTF-8, at most 64 bytes |
/// | 21 | keys of the reader's invitation: invitation 16, GSK 32, MK 32 |
/// | 22 | a piece of a welcome: invitation 16, index 1, count 1, 1 to 1,536 bytes |
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
    /// The text beside it names this member of the group.
    Mention(MemberId),
    /// What came of a member's messages to the group.
    Came(Came),
    /// The author asks the reader into a group; its name there is a suggestion.
    GroupInvite([u8; 16], String),
    /// The author's keys for the group that the reader asked them into.
    GroupKeys(GroupKeys),
    /// A piece of what brings the reader into a group.
    GroupWelcome(WelcomePiece),
}

/// What came of a member's messages to a group. Of those that are not named it says
/// nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Came {
    /// Who wrote them.
    pub author: MemberId,
    /// The highest number that came; not 0.
    pub ack_base: u32,
    /// Bit n: number `ack_base − 1 − n` came.
    pub ack_bits: u64,
}

/// Public keys made for one group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupKeys {
    /// The invitation that they answer.
    pub invite: [u8; 16],
    /// Signs: Ed25519.
    pub gsk: [u8; 32],
    /// Secrets are wrapped to it: X25519.
    pub mk: [u8; 32],
}

/// A piece of a welcome.
#[derive(Clone, PartialEq, Eq)]
pub struct WelcomePiece {
    /// The invitation, or a name drawn for these pieces.
    pub invite: [u8; 16],
    /// From 0.
    pub index: u8,
    /// 1 to [`GROUP_WELCOME_PIECES_MAX`].
    pub count: u8,
    /// Not empty, at most [`GROUP_WELCOME_PIECE_BYTES`]. Secret.
    pub bytes: Zeroizing<Vec<u8>>,
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
            Self::Mention(id) => (MENTION, id.0.to_vec()),
            Self::Came(came) => {
                let (base, bits) = (came.ack_base.to_le_bytes(), came.ack_bits.to_le_bytes());
                (CAME, [&came.author.0[..], &base, &bits].concat())
            }
            Self::GroupInvite(invite, name) => {
                (GROUP_INVITE, [&invite[..], name.as_bytes()].concat())
            }
            Self::GroupKeys(GroupKeys { invite, gsk, mk }) => {
                (GROUP_KEYS, [&invite[..], gsk, mk].concat())
            }
            Self::GroupWelcome(piece) => {
                let place = [piece.index, piece.count];
                (
                    GROUP_WELCOME,
                    [&piece.invite[..], &place, &piece.bytes].concat(),
                )
            }
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
            MENTION => Self::Mention(MemberId(id()?.0)),
            CAME => came(content).ok_or(DecodeError)?,
            GROUP_INVITE => group_invite(content).ok_or(DecodeError)?,
            GROUP_KEYS => group_keys(content).ok_or(DecodeError)?,
            GROUP_WELCOME => welcome_piece(content).ok_or(DecodeError)?,
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

fn came(content: &[u8]) -> Option<Item> {
    let (author, rest) = content.split_first_chunk()?;
    let (base, bits) = rest.split_first_chunk()?;
    let came = Came {
        author: MemberId(*author),
        ack_base: u32::from_le_bytes(*base),
        ack_bits: u64::from_le_bytes(bits.try_into().ok()?),
    };
    (came.ack_base > 0).then_some(Item::Came(came))
}

fn group_invite(content: &[u8]) -> Option<Item> {
    let (invite, name) = content.split_first_chunk()?;
    let name = str::from_utf8(name).ok()?;
    let fits = (1..=GROUP_NAME_BYTES_MAX).contains(&name.len());
    let is_one_line = !name.chars().any(char::is_control);
    (fits && is_one_line).then(|| Item::GroupInvite(*invite, name.to_owned()))
}

fn group_keys(content: &[u8]) -> Option<Item> {
    let (invite, rest) = content.split_first_chunk()?;
    let (gsk, mk) = rest.split_first_chunk()?;
    Some(Item::GroupKeys(GroupKeys {
        invite: *invite,
        gsk: *gsk,
        mk: mk.try_into().ok()?,
    }))
}

fn welcome_piece(content: &[u8]) -> Option<Item> {
    let (invite, rest) = content.split_first_chunk()?;
    let ([index, count], bytes) = rest.split_first_chunk()?;
    let is_valid = index < count
        && *count <= GROUP_WELCOME_PIECES_MAX
        && (1..=GROUP_WELCOME_PIECE_BYTES).contains(&bytes.len());
    is_valid.then(|| {
        Item::GroupWelcome(WelcomePiece {
            invite: *invite,
            index: *index,
            count: *count,
            bytes: Zeroizing::new(bytes.to_vec()),
        })
    })
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
            Item::Mention(MemberId([9; 16])),
            came(7, 5),
            Item::GroupInvite([10; 16], "Kitchen".into()),
            Item::GroupKeys(GroupKeys {
                invite: [11; 16],
                gsk: [12; 32],
                mk: [13; 32],
            }),
            piece(1, 2, 3),
        ]
    }

    fn came(ack_base: u32, ack_bits: u64) -> Item {
        Item::Came(Came {
            author: MemberId([5; 16]),
            ack_base,
            ack_bits,
        })
    }

    fn piece(index: u8, count: u8, bytes: usize) -> Item {
        Item::GroupWelcome(WelcomePiece {
            invite: [14; 16],
            index,
            count,
            bytes: vec![15; bytes].into(),
        })
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
    fn golden_bytes_of_what_concerns_groups() {
        let items = [
            Item::Mention(MemberId([9; 16])),
            came(258, 1),
            Item::GroupInvite([10; 16], "ok".into()),
            piece(1, 2, 2),
        ];
        let mut expected = vec![13, 16, 0];
        expected.extend([9; 16]);
        expected.extend([15, 28, 0]);
        expected.extend([5; 16]);
        expected.extend([2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]);
        expected.extend([20, 18, 0]);
        expected.extend([10; 16]);
        expected.extend(b"ok");
        expected.extend([22, 20, 0]);
        expected.extend([14; 16]);
        expected.extend([1, 2, 15, 15]);
        assert_eq!(encode(&items), expected);
        assert_eq!(came(258, 1).encoded_bytes(), CAME_ITEM_BYTES);
    }

    #[test]
    fn what_concerns_groups_and_is_out_of_range_is_refused() {
        let most = GROUP_WELCOME_PIECES_MAX;
        for good in [
            piece(most - 1, most, GROUP_WELCOME_PIECE_BYTES),
            Item::GroupInvite([0; 16], "x".repeat(GROUP_NAME_BYTES_MAX)),
            came(u32::MAX, u64::MAX),
        ] {
            assert_eq!(decode(&encode(std::slice::from_ref(&good))), Ok(vec![good]));
        }
        for wrong in [
            piece(0, most + 1, 1),
            piece(2, 2, 1),
            piece(0, 0, 1),
            piece(0, 1, 0),
            piece(0, 1, GROUP_WELCOME_PIECE_BYTES + 1),
            Item::GroupInvite([0; 16], String::new()),
            Item::GroupInvite([0; 16], "two\nlines".into()),
            Item::GroupInvite([0; 16], "x".repeat(GROUP_NAME_BYTES_MAX + 1)),
            came(0, 1),
        ] {
            assert_eq!(decode(&encode(&[wrong])), Err(DecodeError));
        }
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
