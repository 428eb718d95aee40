//! Who a person is to their contacts: identity keys and the contact card
//! (`docs/protocol/crypto.md`, "Keys").
//!
//! Never used in channels: there a pseudonym signs.

use core::fmt;

use ed25519_dalek::{Signer as _, SigningKey};
use x25519_dalek::{PublicKey, StaticSecret};

use crate::limits::NAME_BYTES_MAX;

use super::channel::verify;
use super::labels;
use super::primitives::{hash, hkdf};
use super::secret::Secret;

/// Bytes of a contact card.
pub const CARD_BYTES: usize = 186;
const SIGNED_BYTES: usize = CARD_BYTES - 64;
const VERSION: u8 = 1;

/// Both identity keys, derived from one seed:
/// `IKs = HKDF(0, S, "starling/1 id sign", 32)`, `IKd = HKDF(0, S, "starling/1 id dh", 32)`.
pub struct Identity {
    sign: SigningKey,
    dh: StaticSecret,
}

impl Identity {
    /// From a store row.
    #[must_use]
    pub fn from_seed(seed: &Secret<32>) -> Self {
        let sign: Secret<32> = hkdf(&[0; 32], seed.expose(), &[labels::IDENTITY_SIGN]);
        let dh: Secret<32> = hkdf(&[0; 32], seed.expose(), &[labels::IDENTITY_DH]);
        Self {
            sign: SigningKey::from_bytes(sign.expose()),
            dh: StaticSecret::from(*dh.expose()),
        }
    }

    /// The card to hand out. `None` if the name is longer than 24 bytes.
    #[must_use]
    pub fn card(&self, card_secret: [u8; 32], name: &str) -> Option<Card> {
        let fits = name.len() <= NAME_BYTES_MAX && !name.contains('\0');
        fits.then(|| Card {
            sign_key: self.sign.verifying_key().to_bytes(),
            dh_key: PublicKey::from(&self.dh).to_bytes(),
            card_secret,
            name: name.to_owned(),
        })
    }

    /// The card's bytes, signed.
    #[must_use]
    pub fn encode_card(&self, card: &Card) -> Vec<u8> {
        let mut bytes = card.signed_part();
        let signature = self.sign.sign(&[labels::CARD, &bytes].concat());
        bytes.extend_from_slice(&signature.to_bytes());
        bytes
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
            && !name.contains('\0')
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

impl fmt::Debug for Card {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Card(…)")
    }
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
    fn long_names_get_no_card() {
        let (identity, _) = card();
        assert_eq!(identity.card([0; 32], &"x".repeat(25)), None);
    }
}
