//! Meeting: what people show each other, and how they make sure that nobody stands
//! between them (`docs/protocol/crypto.md`, "Verification").
//!
//! A card proves that its keys belong together, not whose they are. That is settled
//! by two people who compare six emoji, scan a code back, or read a number aloud.

mod code;
mod emoji;
mod link;
mod nearby;
mod safety_number;
mod sas;

use core::fmt;

use subtle::ConstantTimeEq as _;

use super::labels;
use super::prekeys::join;
use super::primitives::expand;
use super::secret::Secret;

pub use self::code::{CODE_BYTES, CodeError, ContactCode, contact_code};
pub use self::emoji::{Emoji, all_symbols};
pub use self::link::{LinkError, card_link, parse_card_link};
pub use self::nearby::{
    NEARBY_BYTES, NearbyAnswer, NearbyError, NearbyMatch, NearbyOffer, NearbyReveal,
};
pub use self::safety_number::{SAFETY_NUMBER_DIGITS, safety_number};
pub use self::sas::{SasAnswer, SasMismatch, SasOffer, SasReveal, SasRevealed};

/// Symbols of a short authentication string.
pub const SAS_SYMBOLS: usize = 6;
/// What a return code begins with.
const RETURN_CODE: &str = "SL1R:";

/// A short authentication string: 36 bits that two people compare. Equal on both
/// sides if and only if nobody stands between them, but for one guess in 2³⁶.
#[derive(Clone, PartialEq, Eq)]
pub struct Sas([Emoji; SAS_SYMBOLS]);

impl Sas {
    fn new(bits: &Secret<5>) -> Self {
        Self(emoji::symbols(*bits.expose()))
    }

    /// To be shown in this order.
    #[must_use]
    pub fn emoji(&self) -> &[Emoji; SAS_SYMBOLS] {
        &self.0
    }
}

impl fmt::Debug for Sas {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sas(…)")
    }
}

/// `EXP(SK, "starling/1 verify", 32)`: what remains of the secret of a knock until the
/// people have verified each other. The session's keys do not follow from it, so
/// keeping it for days costs no forward secrecy.
#[derive(Debug, PartialEq, Eq)]
pub struct VerifyKey(Secret<32>);

impl VerifyKey {
    pub(super) fn new(agreed: &Secret<32>) -> Self {
        Self(expand(agreed, &[labels::VERIFY]))
    }

    /// From a store row.
    #[must_use]
    pub fn from_row(row: Secret<32>) -> Self {
        Self(row)
    }

    /// For a store row.
    #[must_use]
    pub fn row(&self) -> &Secret<32> {
        &self.0
    }

    /// `EXP(VK, "starling/1 confirm", 32)` as the text of a return code, `SL1R:` and
    /// 48 characters: whoever shows it holds the secret of the session.
    #[must_use]
    pub fn return_code(&self) -> String {
        [RETURN_CODE, &base45::encode(self.confirmation().expose())].concat()
    }

    /// Whether a scanned text is the return code of this session. In constant time but
    /// for texts of the wrong form.
    #[must_use]
    pub fn is_return_code(&self, text: &str) -> bool {
        let scanned = text.strip_prefix(RETURN_CODE).and_then(decode_base45);
        scanned.is_some_and(|scanned| {
            scanned
                .as_slice()
                .ct_eq(self.confirmation().expose().as_slice())
                .into()
        })
    }

    fn confirmation(&self) -> Secret<32> {
        expand(&self.0, &[labels::CODE_CONFIRM])
    }
}

/// RFC 9285, one text for each value: two characters may stand for more than a byte
/// holds, which the crate cuts off.
fn decode_base45(text: &str) -> Option<Vec<u8>> {
    let bytes = base45::decode(text).ok()?;
    (base45::encode(&bytes) == text).then_some(bytes)
}

#[cfg(test)]
mod tests;
