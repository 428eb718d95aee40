//! Emoji for a session: commit, answer, reveal.
//!
//! | message | in the session |
//! |---|---|
//! | A → B | `C = H("starling/1 sas commit" ‖ r_A)` |
//! | B → A | `r_B` |
//! | A → B | `r_A` |
//!
//! `SAS = HKDF(0, VK ‖ r_A ‖ r_B, "starling/1 sas", 5)`, of which 36 bits are shown.
//! Whoever stands between must fix both halves of what it tells either side before it
//! sees the other half: it has one guess in 2³⁶, and a wrong one is seen. The types
//! follow the order: there are no emoji before `r_A` was given out to be sent (at A)
//! or was checked against `C` (at B), and each random value serves once.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;

use super::{Sas, VerifyKey, join, labels};
use crate::crypto::primitives::{draw_secret, hash, hkdf};
use crate::crypto::secret::Secret;

/// A, before B answered.
#[derive(Debug)]
pub struct SasOffer(Secret<32>);

impl SasOffer {
    /// With a fresh random value.
    #[must_use]
    pub fn new(rng: &mut dyn CryptoRng) -> Self {
        Self(draw_secret(rng))
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

    /// `C`, to be sent.
    #[must_use]
    pub fn commitment(&self) -> [u8; 32] {
        commitment(self.0.expose())
    }

    /// `r_B` came. Only the first one counts.
    #[must_use]
    pub fn answered(self, theirs: [u8; 32]) -> SasReveal {
        SasReveal(join(&[self.0.expose(), &theirs]))
    }
}

/// A, once B answered: nothing to see yet.
#[derive(Debug)]
pub struct SasReveal(Secret<64>);

impl SasReveal {
    /// `r_A`, to be sent, and what may be shown once it is.
    #[must_use]
    pub fn reveal(self) -> ([u8; 32], SasRevealed) {
        let revealed = SasRevealed(self.0);
        (revealed.ours(), revealed)
    }
}

/// A, once `r_A` is on its way.
#[derive(Debug)]
pub struct SasRevealed(Secret<64>);

impl SasRevealed {
    /// From a store row.
    #[must_use]
    pub fn from_row(row: Secret<64>) -> Self {
        Self(row)
    }

    /// For a store row: `r_A 32 ‖ r_B 32`.
    #[must_use]
    pub fn row(&self) -> &Secret<64> {
        &self.0
    }

    /// `r_A`, to be sent again.
    #[must_use]
    pub fn ours(&self) -> [u8; 32] {
        let [ours, _] = halves(&self.0);
        ours
    }

    /// The emoji of the session that `key` is of.
    #[must_use]
    pub fn sas(&self, key: &VerifyKey) -> Sas {
        sas(key, &self.0)
    }
}

/// B: got `C`, sends `r_B`, waits for `r_A`.
#[derive(Debug)]
pub struct SasAnswer {
    /// `C 32 ‖ r_B 32`.
    row: Secret<64>,
}

impl SasAnswer {
    /// With a fresh random value, for the commitment that came.
    #[must_use]
    pub fn new(commitment: [u8; 32], rng: &mut dyn CryptoRng) -> Self {
        let row = join(&[&commitment, draw_secret(rng).expose()]);
        Self { row }
    }

    /// From a store row.
    #[must_use]
    pub fn from_row(row: Secret<64>) -> Self {
        Self { row }
    }

    /// For a store row: `C 32 ‖ r_B 32`.
    #[must_use]
    pub fn row(&self) -> &Secret<64> {
        &self.row
    }

    /// `r_B`, to be sent.
    #[must_use]
    pub fn ours(&self) -> [u8; 32] {
        let [_, ours] = halves(&self.row);
        ours
    }

    /// `r_A` came: the emoji, if it is what A committed to. Either way this attempt is
    /// over.
    ///
    /// # Errors
    /// See [`SasMismatch`].
    pub fn check(self, theirs: [u8; 32], key: &VerifyKey) -> Result<Sas, SasMismatch> {
        let [expected, ours] = halves(&self.row);
        let is_opening: bool = commitment(&theirs).ct_eq(&expected).into();
        is_opening.then_some(()).ok_or(SasMismatch)?;
        Ok(sas(key, &join(&[&theirs, &ours])))
    }
}

/// A revealed something else than it had committed to: somebody tries to choose the
/// emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side changed its mind: do not go on with this contact")]
pub struct SasMismatch;

fn commitment(drawn: &[u8; 32]) -> [u8; 32] {
    hash(&[labels::SAS_COMMIT, drawn])
}

/// `drawn` is `r_A ‖ r_B`.
fn sas(key: &VerifyKey, drawn: &Secret<64>) -> Sas {
    let ikm: Secret<96> = join(&[key.row().expose(), drawn.expose()]);
    Sas::new(&hkdf(&[0; 32], ikm.expose(), &[labels::SAS]))
}

fn halves(both: &Secret<64>) -> [[u8; 32]; 2] {
    let (halves, _) = both.expose().as_chunks::<32>();
    match halves {
        [first, second] => [*first, *second],
        _ => [[0; 32]; 2],
    }
}
