//! A card as a link, to be sent by other means: `starling:c/` and 248 characters of
//! base64url (RFC 4648 §5) without padding.

use base64ct::{Base64UrlUnpadded, Encoding as _};

use crate::crypto::identity::{CARD_BYTES, Card};

const PREFIX: &str = "starling:c/";
/// 186 is a multiple of three: there is no padding, and one text for each card.
const DIGITS: usize = CARD_BYTES / 3 * 4;

/// The text is no link to a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text is no Starling card")]
pub struct LinkError;

/// The link to a card, of its bytes as [`crate::crypto::identity::Identity::encode_card`]
/// gives them. Whoever has it can knock.
#[must_use]
pub fn card_link(card: &[u8]) -> String {
    [PREFIX, &Base64UrlUnpadded::encode_string(card)].concat()
}

/// The card of a link, and its bytes as its owner signed them. Nothing may stand before
/// or behind it.
///
/// # Errors
/// See [`LinkError`].
pub fn parse_card_link(text: &str) -> Result<(Card, Vec<u8>), LinkError> {
    let digits = text.strip_prefix(PREFIX).ok_or(LinkError)?;
    if digits.len() != DIGITS {
        return Err(LinkError);
    }
    let bytes = Base64UrlUnpadded::decode_vec(digits).map_err(|_| LinkError)?;
    let card = Card::decode(&bytes).map_err(|_| LinkError)?;
    Ok((card, bytes))
}
