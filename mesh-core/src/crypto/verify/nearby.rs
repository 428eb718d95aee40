//! Two laptops without a camera, on one link: cards are exchanged by commitment and
//! opening, and the emoji cover everything that was said.
//!
//! | message | bytes |
//! |---|---|
//! | A → B, commitment | `H("starling/1 nearby commit" ‖ opening)`, 32 |
//! | B → A, answer | `card_B 186 ‖ OSPK_B 32 ‖ r_B 32` |
//! | A → B, opening | `card_A 186 ‖ OSPK_A 32 ‖ r_A 32` |
//!
//! `SAS = HKDF(0, H(commitment ‖ answer ‖ opening), "starling/1 nearby sas", 5)`. Who
//! stands on the link must fix what it tells either side before it sees what the
//! other draws: one guess in 2³⁶. It does see both cards.

use core::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;

use super::{Sas, labels};
use crate::crypto::identity::{CARD_BYTES, Card, is_low_order};
use crate::crypto::primitives::{hash, hkdf};

/// Bytes of an answer and of an opening.
pub const NEARBY_BYTES: usize = CARD_BYTES + 32 + 32;

type Hello = [u8; NEARBY_BYTES];

/// What the other side said is none of it: the exchange is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the exchange of cards failed")]
pub struct NearbyError;

/// Whom the emoji are of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearbyMatch {
    /// Theirs.
    pub card: Card,
    /// OSPK, for the knock.
    pub prekey: [u8; 32],
    /// To be compared before the card is anybody's.
    pub sas: Sas,
}

/// A, before B answered.
pub struct NearbyOffer(Hello);

impl NearbyOffer {
    /// With our card's bytes and the public key of a one-time prekey for this exchange.
    #[must_use]
    pub fn new(card: &[u8; CARD_BYTES], prekey: [u8; 32], rng: &mut dyn CryptoRng) -> Self {
        Self(hello(card, prekey, rng))
    }

    /// To be sent.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        commitment(&self.0)
    }

    /// B answered.
    ///
    /// # Errors
    /// It is no answer, or an echo of ourselves.
    pub fn answered(self, answer: &[u8]) -> Result<NearbyReveal, NearbyError> {
        let theirs: Hello = answer.try_into().map_err(|_| NearbyError)?;
        let sas = sas(&commitment(&self.0), &theirs, &self.0);
        let found = decode(&theirs, &self.0, sas)?;
        Ok(NearbyReveal {
            ours: self.0,
            found,
        })
    }
}

/// A, once B answered: nothing to see yet.
pub struct NearbyReveal {
    ours: Hello,
    found: NearbyMatch,
}

impl NearbyReveal {
    /// The opening, to be sent, and what may be shown once it is.
    #[must_use]
    pub fn reveal(self) -> ([u8; NEARBY_BYTES], NearbyMatch) {
        (self.ours, self.found)
    }
}

/// B: got the commitment, sends its answer, waits for the opening.
pub struct NearbyAnswer {
    commitment: [u8; 32],
    ours: Hello,
}

impl NearbyAnswer {
    /// As [`NearbyOffer::new`], for the commitment that came.
    #[must_use]
    pub fn new(
        commitment: [u8; 32],
        card: &[u8; CARD_BYTES],
        prekey: [u8; 32],
        rng: &mut dyn CryptoRng,
    ) -> Self {
        let ours = hello(card, prekey, rng);
        Self { commitment, ours }
    }

    /// To be sent.
    #[must_use]
    pub fn answer(&self) -> [u8; NEARBY_BYTES] {
        self.ours
    }

    /// The opening came. Either way the exchange is over.
    ///
    /// # Errors
    /// It is not what A committed to, or no opening at all, or an echo of ourselves.
    pub fn check(self, opening: &[u8]) -> Result<NearbyMatch, NearbyError> {
        let theirs: Hello = opening.try_into().map_err(|_| NearbyError)?;
        let is_opening: bool = commitment(&theirs).ct_eq(&self.commitment).into();
        is_opening.then_some(()).ok_or(NearbyError)?;
        let sas = sas(&self.commitment, &self.ours, &theirs);
        decode(&theirs, &self.ours, sas)
    }
}

fn hello(card: &[u8; CARD_BYTES], prekey: [u8; 32], rng: &mut dyn CryptoRng) -> Hello {
    let mut drawn = [0; 32];
    rng.fill_bytes(&mut drawn);
    let mut hello = [0; NEARBY_BYTES];
    let bytes = card.iter().chain(&prekey).chain(&drawn);
    hello
        .iter_mut()
        .zip(bytes)
        .for_each(|(slot, byte)| *slot = *byte);
    hello
}

fn commitment(opening: &Hello) -> [u8; 32] {
    hash(&[labels::NEARBY_COMMIT, opening])
}

fn sas(commitment: &[u8; 32], answer: &Hello, opening: &Hello) -> Sas {
    let all = hash(&[commitment, answer, opening]);
    Sas::new(&hkdf(&[0; 32], &all, &[labels::NEARBY_SAS]))
}

fn decode(theirs: &Hello, ours: &Hello, sas: Sas) -> Result<NearbyMatch, NearbyError> {
    let (card, rest) = theirs.split_at_checked(CARD_BYTES).ok_or(NearbyError)?;
    let prekey: &[u8; 32] = rest.first_chunk().ok_or(NearbyError)?;
    let (our_card, _) = ours.split_at_checked(CARD_BYTES).ok_or(NearbyError)?;
    let card = Card::decode(card).map_err(|_| NearbyError)?;
    let is_echo = Card::decode(our_card).is_ok_and(|ours| ours.id() == card.id());
    if is_echo || is_low_order(prekey) {
        return Err(NearbyError);
    }
    Ok(NearbyMatch {
        card,
        prekey: *prekey,
        sas,
    })
}

impl fmt::Debug for NearbyOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NearbyOffer(…)")
    }
}

impl fmt::Debug for NearbyReveal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NearbyReveal(…)")
    }
}

impl fmt::Debug for NearbyAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NearbyAnswer(…)")
    }
}
