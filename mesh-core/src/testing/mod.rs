//! What tests of several floors share: chance from a seed, and bad air.

mod air;

use core::convert::Infallible;

use rand_core::{CryptoRng, TryCryptoRng, TryRng};

pub use air::{Air, Weather};

/// A reproducible random source: BLAKE3 in counter mode over a seed. For tests
/// and simulations only; nothing that ships draws from it.
#[derive(Debug, Clone)]
pub struct SeededRng(blake3::OutputReader);

/// The random source of a seed.
#[must_use]
pub fn rng(seed: u64) -> SeededRng {
    SeededRng(
        blake3::Hasher::new_derive_key("starling/1 test")
            .update(&seed.to_le_bytes())
            .finalize_xof(),
    )
}

/// The same, boxed for an engine.
#[must_use]
pub fn boxed_rng(seed: u64) -> Box<dyn CryptoRng + Send> {
    Box::new(rng(seed))
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(dst);
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}
