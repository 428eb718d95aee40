//! Who a person is to their contacts: identity keys and the contact card
//! (`docs/protocol/crypto.md`, "Keys").
//!
//! Never used in channels: there a pseudonym signs.

use core::fmt;

use ed25519_dalek::{Signer as _, SigningKey};

use crate::types::ConversationId;

use super::channel::verify;
use super::labels;
use super::names::is_name;
use super::primitives::{agree, hash, hkdf, public_key};
use super::secret::Secret;

/// Bytes of a contact card.
pub const CARD_BYTES: usize = 186;
const SIGNED_BYTES: usize = CARD_BYTES - 64;
const VERSION: u8 = 1;

/// Both identity keys, derived from one seed:
/// `IKs = HKDF(0, S, "starling/1 id sign", 32)`, `IKd = HKDF(0, S, "starling/1 id dh", 32)`.
pub struct Identity {
    sign: SigningKey,
    dh: Secret<32>,
}

impl Identity {
    /// From a store row.
    #[must_use]
    pub fn from_seed(seed: &Secret<32>) -> Self {
        let sign: Secret<32> = hkdf(&[0; 32], seed.expose(), &[labels::IDENTITY_SIGN]);
        let dh = hkdf(&[0; 32], seed.expose(), &[labels::IDENTITY_DH]);
        Self {
            sign: SigningKey::from_bytes(sign.expose()),
            dh,
        }
    }

    /// The card to hand out. `None` if the name is longer than 24 bytes or has
    /// something in it that is not seen ([`is_name`]).
    #[must_use]
    pub fn card(&self, card_secret: [u8; 32], name: &str) -> Option<Card> {
        is_name(name).then(|| Card {
            sign_key: self.sign.verifying_key().to_bytes(),
            dh_key: public_key(&self.dh),
            card_secret,
            name: name.to_owned(),
        })
    }

    /// The card's bytes, signed.
    #[must_use]
    pub fn encode_card(&self, card: &Card) -> Vec<u8> {
        let mut bytes = card.signed_part();
        let signature = self.sign(&[labels::CARD, &bytes]);
        bytes.extend_from_slice(&signature);
        bytes
    }

    /// [`Card::id`] of every card of this identity.
    #[must_use]
    pub fn card_id(&self) -> [u8; 32] {
        hash(&[self.sign.verifying_key().as_bytes(), &public_key(&self.dh)])
    }

    /// By IKs, over the parts in order; the first is the label.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> [u8; 64] {
        self.sign.sign(&parts.concat()).to_bytes()
    }

    /// `X25519(IKd, public)`; `None` for a public key of low order.
    pub(super) fn agree(&self, public: &[u8; 32]) -> Option<Secret<32>> {
        agree(&self.dh, public)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// A person's long-term keys and claimed name, 186 bytes:
///
/// | offset | bytes | field |
/// |---|---|---|
/// | 0 | 1 | version, 1 |
/// | 1 | 32 | signing key, Ed25519 |
/// | 33 | 32 | Diffie-Hellman key, X25519 |
/// | 65 | 32 | card secret |
/// | 97 | 1 | length of the name |
/// | 98 | 24 | name, UTF-8, padded with zeros |
/// | 122 | 64 | signature over `"starling/1 card"` and the 122 bytes before |
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// Ed25519.
    pub sign_key: [u8; 32],
    /// X25519.
    pub dh_key: [u8; 32],
    /// Whoever has it can address this person; replaceable.
    pub card_secret: [u8; 32],
    /// As claimed.
    pub name: String,
}

/// The bytes are no card, or its signature is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no contact card")]
pub struct CardError;

impl Card {
    /// Decodes and checks everything, the signature included. A card proves that
    /// its keys belong together, not whose they are.
    ///
    /// # Errors
    /// See [`CardError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CardError> {
        let bytes: &[u8; CARD_BYTES] = bytes.try_into().map_err(|_| CardError)?;
        let (signed, signature) = bytes.split_at_checked(SIGNED_BYTES).ok_or(CardError)?;
        let signature: &[u8; 64] = signature.try_into().map_err(|_| CardError)?;
        let ([version], rest) = signed.split_first_chunk().ok_or(CardError)?;
        let (sign_key, rest) = rest.split_first_chunk::<32>().ok_or(CardError)?;
        let (dh_key, rest) = rest.split_first_chunk::<32>().ok_or(CardError)?;
        let (card_secret, rest) = rest.split_first_chunk::<32>().ok_or(CardError)?;
        let ([length], rest) = rest.split_first_chunk().ok_or(CardError)?;
        let (name, zeros) = rest
            .split_at_checked(usize::from(*length))
            .ok_or(CardError)?;
        let name = str::from_utf8(name).map_err(|_| CardError)?;
        let is_valid = *version == VERSION
            && zeros.iter().all(|byte| *byte == 0)
            && is_name(name)
            && !is_low_order(dh_key)
            && verify(sign_key, &[labels::CARD, signed].concat(), signature);
        is_valid.then_some(()).ok_or(CardError)?;
        Ok(Self {
            sign_key: *sign_key,
            dh_key: *dh_key,
            card_secret: *card_secret,
            name: name.to_owned(),
        })
    }

    /// `H(IKs ‖ IKd)`: what a contact is known by.
    #[must_use]
    pub fn id(&self) -> [u8; 32] {
        hash(&[&self.sign_key, &self.dh_key])
    }

    /// The conversation of this person and another on either's device:
    /// `H("starling/1 conversation direct" ‖ the smaller card id ‖ the larger)[..16]`.
    #[must_use]
    pub fn conversation_with(&self, other: &Self) -> ConversationId {
        let (ours, theirs) = (self.id(), other.id());
        let ids = [ours.min(theirs), ours.max(theirs)];
        let full = hash(&[labels::CONVERSATION_DIRECT, &ids.concat()]);
        let mut id = [0; 16];
        id.iter_mut()
            .zip(full)
            .for_each(|(slot, byte)| *slot = byte);
        ConversationId(id)
    }

    fn signed_part(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend_from_slice(&self.sign_key);
        bytes.extend_from_slice(&self.dh_key);
        bytes.extend_from_slice(&self.card_secret);
        bytes.push(u8::try_from(self.name.len()).unwrap_or(0));
        bytes.extend_from_slice(self.name.as_bytes());
        bytes.resize(SIGNED_BYTES, 0);
        bytes
    }
}

/// Whether an X25519 key gives one shared secret with every key (RFC 7748 §6.1):
/// whoever agreed on a secret with it would agree with everybody.
pub(super) fn is_low_order(public: &[u8; 32]) -> bool {
    agree(&Secret::take(&mut [1; 32]), public).is_none()
}

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Card(…)")
    }
}

/// The points of <https://cr.yp.to/ecdh.html#validate>, and the same with the top bit
/// set, which X25519 ignores.
#[cfg(test)]
pub(super) fn low_order_points() -> Vec<[u8; 32]> {
    let mut points = vec![[0; 32], [0; 32]];
    points[1][0] = 1;
    for first in [0xec, 0xed, 0xee] {
        let mut point = [0xff; 32];
        (point[0], point[31]) = (first, 0x7f);
        points.push(point);
    }
    points.push(
        *b"\xe0\xeb\x7a\x7c\x3b\x41\xb8\xae\x16\x56\xe3\xfa\xf1\x9f\xc4\x6a\
        \xda\x09\x8d\xeb\x9c\x32\xb1\xfd\x86\x62\x05\x16\x5f\x49\xb8\x00",
    );
    points.push(
        *b"\x5f\x9c\x95\xbc\xa3\x50\x8c\x24\xb1\xd0\xb1\x55\x9c\x83\xef\x5b\
        \x04\x44\x5c\xc4\x58\x1c\x8e\x86\xd8\x22\x4e\xdd\xd0\x9f\x11\x57",
    );
    let tops = points.clone().into_iter().map(|mut point| {
        point[31] |= 0x80;
        point
    });
    let tops: Vec<_> = tops.collect();
    points.extend(tops);
    points
}

#[cfg(test)]
mod tests {
    use super::*;

    fn card() -> (Identity, Card) {
        let identity = Identity::from_seed(&Secret::take(&mut [7; 32]));
        let card = identity.card([9; 32], "Ana").unwrap();
        (identity, card)
    }

    #[test]
    fn a_card_comes_back_and_its_layout_is_fixed() {
        let (identity, card) = card();
        let bytes = identity.encode_card(&card);
        assert_eq!((bytes.len(), bytes[0], bytes[97]), (CARD_BYTES, 1, 3));
        assert_eq!(&bytes[65..97], [9; 32]);
        assert_eq!(&bytes[98..103], b"Ana\0\0");
        assert_eq!(Card::decode(&bytes), Ok(card));
    }

    #[test]
    fn any_altered_byte_and_any_length_is_refused() {
        let (identity, card) = card();
        let bytes = identity.encode_card(&card);
        for index in 0..CARD_BYTES {
            let mut altered = bytes.clone();
            altered[index] ^= 1;
            assert_eq!(Card::decode(&altered), Err(CardError), "byte {index}");
        }
        for len in 0..CARD_BYTES {
            assert_eq!(Card::decode(&bytes[..len]), Err(CardError));
        }
    }

    #[test]
    fn long_names_and_control_characters_get_no_card() {
        let (identity, card) = card();
        for name in ["x".repeat(25), "two\nlines".into(), "\u{202e}Ana".into()] {
            assert_eq!(identity.card([0; 32], &name), None);
            if name.len() < 25 {
                let bytes = identity.encode_card(&Card {
                    name,
                    ..card.clone()
                });
                assert_eq!(Card::decode(&bytes), Err(CardError));
            }
        }
    }

    #[test]
    fn cards_with_a_point_of_low_order_are_refused() {
        // The signatures are valid.
        let (identity, card) = card();
        for dh_key in low_order_points() {
            let bytes = identity.encode_card(&Card {
                dh_key,
                ..card.clone()
            });
            assert_eq!(Card::decode(&bytes), Err(CardError), "{dh_key:02x?}");
        }
    }
}
