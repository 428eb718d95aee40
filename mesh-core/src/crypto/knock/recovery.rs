//! The proof that who knocks again is who the old session was with.

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;

use crate::crypto::primitives::{draw_secret, hmac};
use crate::crypto::secret::Secret;

/// RS: 32 random bytes that each side gives the other inside the session, renewed at
/// each acknowledged round trip. A knock from somebody with whom there is a session
/// takes its place only with a proof by one of the last two.
#[derive(Debug, PartialEq, Eq)]
pub struct RecoverySecret(Secret<32>);

impl RecoverySecret {
    /// A fresh one, to be given.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(draw_secret(rng))
    }

    /// From a store row or from a message.
    #[must_use]
    pub fn from_row(row: Secret<32>) -> Self {
        Self(row)
    }

    /// For a store row or for a message.
    #[must_use]
    pub fn row(&self) -> &Secret<32> {
        &self.0
    }

    /// `HMAC(RS, H(SK))`, to be sent inside the new session, whose id that is.
    #[must_use]
    pub fn proof(&self, session_id: &[u8; 32]) -> [u8; 32] {
        *hmac(&self.0, session_id).expose()
    }

    /// Whether the proof is of this secret and that session. In constant time.
    #[must_use]
    pub fn is_proof(&self, session_id: &[u8; 32], proof: &[u8; 32]) -> bool {
        self.proof(session_id).ct_eq(proof).into()
    }
}
