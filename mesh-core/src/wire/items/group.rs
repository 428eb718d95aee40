//! Items that bring people into groups, and say what came there.

use zeroize::Zeroizing;

use crate::limits::{GROUP_NAME_BYTES_MAX, GROUP_WELCOME_PIECE_BYTES, GROUP_WELCOME_PIECES_MAX};
use crate::types::MemberId;

use super::{ITEM_HEAD_BYTES, Item};

/// Bytes of [`Item::Came`].
pub const CAME_ITEM_BYTES: usize = ITEM_HEAD_BYTES + 16 + 4 + 8;

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

impl Came {
    pub(super) fn encode(&self) -> Vec<u8> {
        let (base, bits) = (self.ack_base.to_le_bytes(), self.ack_bits.to_le_bytes());
        [&self.author.0[..], &base, &bits].concat()
    }
}

impl GroupKeys {
    pub(super) fn encode(&self) -> Vec<u8> {
        [&self.invite[..], &self.gsk, &self.mk].concat()
    }
}

impl WelcomePiece {
    pub(super) fn encode(&self) -> Vec<u8> {
        [&self.invite[..], &[self.index, self.count], &self.bytes].concat()
    }
}

pub(super) fn read_came(content: &[u8]) -> Option<Item> {
    let (author, rest) = content.split_first_chunk()?;
    let (base, bits) = rest.split_first_chunk()?;
    let came = Came {
        author: MemberId(*author),
        ack_base: u32::from_le_bytes(*base),
        ack_bits: u64::from_le_bytes(bits.try_into().ok()?),
    };
    (came.ack_base > 0).then_some(Item::Came(came))
}

pub(super) fn read_invite(content: &[u8]) -> Option<Item> {
    let (invite, name) = content.split_first_chunk()?;
    let name = str::from_utf8(name).ok()?;
    let fits = (1..=GROUP_NAME_BYTES_MAX).contains(&name.len());
    let is_one_line = !name.chars().any(char::is_control);
    (fits && is_one_line).then(|| Item::GroupInvite(*invite, name.to_owned()))
}

pub(super) fn read_keys(content: &[u8]) -> Option<Item> {
    let (invite, rest) = content.split_first_chunk()?;
    let (gsk, mk) = rest.split_first_chunk()?;
    Some(Item::GroupKeys(GroupKeys {
        invite: *invite,
        gsk: *gsk,
        mk: mk.try_into().ok()?,
    }))
}

pub(super) fn read_piece(content: &[u8]) -> Option<Item> {
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

/// One of each kind, for tests.
#[cfg(test)]
pub(super) fn samples() -> Vec<Item> {
    vec![
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

#[cfg(test)]
fn came(ack_base: u32, ack_bits: u64) -> Item {
    Item::Came(Came {
        author: MemberId([5; 16]),
        ack_base,
        ack_bits,
    })
}

#[cfg(test)]
fn piece(index: u8, count: u8, bytes: usize) -> Item {
    Item::GroupWelcome(WelcomePiece {
        invite: [14; 16],
        index,
        count,
        bytes: vec![15; bytes].into(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};
    use super::*;
    use crate::wire::codec::DecodeError;

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
}
