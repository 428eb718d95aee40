//! X-Wing (draft-connolly-cfrg-xwing-kem): X25519 and ML-KEM-768 (FIPS 203) in one
//! key encapsulation, which holds as long as either half does.
//!
//! The only file that names the crate. Beyond the draft, an X25519 half of low order
//! is refused, in keys and in ciphertexts, as everywhere in `crypto`.

use rand_core::CryptoRng;
use x_wing::{
    Ciphertext, Decapsulate as _, DecapsulationKey, Decapsulator as _, Encapsulate as _,
    EncapsulationKey, KeyExport as _,
};

use super::identity::is_low_order;
use super::secret::Secret;

/// Bytes of a public key: ML-KEM-768 1,184 ‖ X25519 32.
pub const KEM_PUBLIC_BYTES: usize = 1_216;
/// Bytes of a ciphertext: ML-KEM-768 1,088 ‖ X25519 32.
pub const KEM_CIPHERTEXT_BYTES: usize = 1_120;

/// A secret key. Follows from a seed of 32 bytes, which is what a store row holds.
pub struct KemSecret(DecapsulationKey);

impl KemSecret {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = Secret::<32>::zeroed();
        rng.fill_bytes(seed.expose_mut());
        Self::from_seed(&seed)
    }

    /// From a store row. Expands the seed, a tenth of a millisecond.
    #[must_use]
    pub fn from_seed(seed: &Secret<32>) -> Self {
        Self(DecapsulationKey::from(*seed.expose()))
    }

    /// For a store row.
    #[must_use]
    pub fn seed(&self) -> Secret<32> {
        let mut seed = Secret::zeroed();
        *seed.expose_mut() = *self.0.as_bytes();
        seed
    }

    /// The key to hand out.
    #[must_use]
    pub fn public(&self) -> [u8; KEM_PUBLIC_BYTES] {
        self.0.encapsulation_key().to_bytes().0
    }

    /// The shared secret of a ciphertext. An altered ciphertext gives another secret
    /// (FIPS 203 rejects implicitly); `None` only for one whose X25519 half has low
    /// order.
    #[must_use]
    pub fn decapsulate(&self, ciphertext: &[u8; KEM_CIPHERTEXT_BYTES]) -> Option<Secret<32>> {
        let half: &[u8; 32] = ciphertext.last_chunk()?;
        if is_low_order(half) {
            return None;
        }
        let mut shared = self.0.decapsulate(&Ciphertext::from(*ciphertext));
        Some(Secret::take(&mut shared.0))
    }
}

impl core::fmt::Debug for KemSecret {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("KemSecret(…)")
    }
}

/// Encapsulates a fresh shared secret to a public key: what to send, and the secret.
/// `None` if the bytes are no key: a coefficient out of range, or an X25519 half of
/// low order.
pub fn encapsulate(
    public: &[u8; KEM_PUBLIC_BYTES],
    rng: &mut dyn CryptoRng,
) -> Option<([u8; KEM_CIPHERTEXT_BYTES], Secret<32>)> {
    let key = decode_public(public)?;
    let (ciphertext, mut shared) = key.encapsulate_with_rng(rng);
    Some((ciphertext.0, Secret::take(&mut shared.0)))
}

/// Whether bytes are a public key that [`encapsulate`] takes.
#[must_use]
pub fn is_public(public: &[u8; KEM_PUBLIC_BYTES]) -> bool {
    decode_public(public).is_some()
}

fn decode_public(public: &[u8; KEM_PUBLIC_BYTES]) -> Option<EncapsulationKey> {
    let half: &[u8; 32] = public.last_chunk()?;
    let key = EncapsulationKey::try_from(public.as_slice()).ok()?;
    (!is_low_order(half)).then_some(key)
}

#[cfg(test)]
mod tests;
