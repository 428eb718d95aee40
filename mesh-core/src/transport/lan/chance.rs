//! The run's own stream of random numbers: jitter, beacon nonces, ranks.
//!
//! Floor 5. No system randomness is read here: a BLAKE3 stream keyed by the
//! local secret over the run's fresh public key is unknown to others and never
//! the same twice.

/// A stream of numbers nobody else can foresee.
pub(super) struct Chance(blake3::OutputReader);

impl Chance {
    /// `purpose` keeps streams of one run apart.
    pub(super) fn new(secret: &[u8; 32], run: &[u8], purpose: &[u8]) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(secret);
        hasher.update(b"starling/1 lan chance");
        hasher.update(&(purpose.len() as u64).to_le_bytes());
        hasher.update(purpose);
        hasher.update(run);
        Self(hasher.finalize_xof())
    }

    pub(super) fn bytes(&mut self) -> [u8; 8] {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        bytes
    }

    pub(super) fn number(&mut self) -> u64 {
        u64::from_le_bytes(self.bytes())
    }

    /// Even over `low..high`, or `low` when that is empty.
    pub(super) fn between(&mut self, low: u64, high: u64) -> u64 {
        match high.saturating_sub(low) {
            0 => low,
            width => low.saturating_add(self.number() % width),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_purposes_draw_different_numbers() {
        let first = Chance::new(&[1; 32], b"run", b"beacon").number();
        assert_ne!(
            first,
            Chance::new(&[1; 32], b"other run", b"beacon").number()
        );
        assert_ne!(first, Chance::new(&[1; 32], b"run", b"dials").number());
        assert_ne!(first, Chance::new(&[2; 32], b"run", b"beacon").number());
    }

    #[test]
    fn between_stays_inside_and_takes_an_empty_range() {
        let mut chance = Chance::new(&[1; 32], b"run", b"range");
        assert!((0..1_000).all(|_| (3..9).contains(&chance.between(3, 9))));
        assert_eq!(chance.between(7, 7), 7);
    }
}
