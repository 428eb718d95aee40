//! The contact code, shown as QR: `SL1:` and Base45 (RFC 9285) of 314 bytes:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 186 | card |
//! | 186 | 32 | OSPK, X25519, for this code alone |
//! | 218 | 16 | OTS, a token that only this code carries |
//! | 234 | 16 | `H(XEK)[..16]` of the X-Wing key of the day |
//! | 250 | 64 | signature over `"starling/1 qr" ‖ card id ‖ OSPK ‖ OTS ‖ H(XEK)[..16]` |
//!
//! 475 characters of the alphanumeric set: QR version 13 at level M holds 483. A
//! whole XEK would need version 32, which cameras of laptops do not read.

use core::fmt;

use super::{decode_base45, join, labels};
use crate::crypto::channel::verify;
use crate::crypto::identity::{CARD_BYTES, Card, Identity, is_low_order};
use crate::crypto::prekeys::OneTimePrekey;
use crate::crypto::secret::Secret;

const PREFIX: &str = "SL1:";
/// OSPK, OTS and `H(XEK)[..16]`.
const KEYS_BYTES: usize = 32 + 16 + 16;
/// Bytes of a contact code before Base45.
pub const CODE_BYTES: usize = CARD_BYTES + KEYS_BYTES + 64;

/// What somebody showed on their screen. A screen can be photographed: it is theirs
/// only if the emoji agree as well.
pub struct ContactCode {
    /// Who.
    pub card: Card,
    /// The card as its owner signed it.
    pub card_bytes: [u8; CARD_BYTES],
    /// OSPK.
    pub prekey: [u8; 32],
    /// `H(XEK)[..16]`: which X-Wing key goes with it. The key itself comes with the
    /// bundle of the day.
    pub kem_id: [u8; 16],
    pub(in crate::crypto) token: Secret<16>,
}

/// The text is no contact code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the code is no Starling contact code")]
pub struct CodeError;

/// The text to show. `kem_id` is that of [`OneTimePrekey::kem_day`].
#[must_use]
pub fn contact_code(
    identity: &Identity,
    card: &Card,
    prekey: &OneTimePrekey,
    kem_id: [u8; 16],
) -> String {
    let keys = [&prekey.public()[..], prekey.token.expose(), &kem_id].concat();
    let signature = identity.sign(&[labels::CODE, &identity.card_id(), &keys]);
    let bytes = [identity.encode_card(card), keys, signature.to_vec()].concat();
    [PREFIX, &base45::encode(bytes)].concat()
}

impl ContactCode {
    /// Decodes and checks everything, both signatures included.
    ///
    /// # Errors
    /// See [`CodeError`].
    pub fn parse(text: &str) -> Result<Self, CodeError> {
        let digits = text.strip_prefix(PREFIX).ok_or(CodeError)?;
        // Bounded before it is decoded: a scan is an input like any other.
        if digits.len() != CODE_BYTES / 2 * 3 {
            return Err(CodeError);
        }
        let bytes = decode_base45(digits).ok_or(CodeError)?;
        let (card_bytes, rest) = bytes.split_first_chunk::<CARD_BYTES>().ok_or(CodeError)?;
        let (keys, signature) = rest.split_at_checked(KEYS_BYTES).ok_or(CodeError)?;
        let signature: &[u8; 64] = signature.try_into().map_err(|_| CodeError)?;
        let (prekey, rest) = keys.split_first_chunk::<32>().ok_or(CodeError)?;
        let (token, kem_id) = rest.split_first_chunk::<16>().ok_or(CodeError)?;
        let card = Card::decode(card_bytes).map_err(|_| CodeError)?;
        let signed = [labels::CODE, &card.id(), keys].concat();
        let is_valid = verify(&card.sign_key, &signed, signature) && !is_low_order(prekey);
        is_valid.then_some(()).ok_or(CodeError)?;
        Ok(Self {
            card,
            card_bytes: *card_bytes,
            prekey: *prekey,
            kem_id: kem_id.try_into().map_err(|_| CodeError)?,
            token: join(&[token]),
        })
    }
}

impl fmt::Debug for ContactCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ContactCode(…)")
    }
}
