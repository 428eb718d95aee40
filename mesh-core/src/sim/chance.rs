//! Chance from a seed: small, fast, the same on every machine.

use core::convert::Infallible;
use core::ops::Range;

use rand_core::{TryCryptoRng, TryRng};

/// xoshiro256++ (Blackman and Vigna). An engine costs 32 bytes of it, which is why
/// it stands here and no cipher does.
#[derive(Debug, Clone)]
pub struct Chance([u64; 4]);

impl Chance {
    /// The source of one purpose within one seed.
    #[must_use]
    pub fn new(seed: u64, purpose: u64) -> Self {
        let mut state = seed ^ purpose.wrapping_mul(0xa076_1d64_78bd_642f);
        Self(core::array::from_fn(|_| split_mix(&mut state)))
    }

    /// The next 64 bits.
    pub fn draw(&mut self) -> u64 {
        let [a, b, c, d] = self.0;
        let drawn = a.wrapping_add(d).rotate_left(23).wrapping_add(a);
        let (c, d) = (c ^ a, d ^ b);
        self.0 = [a ^ d, b ^ c, c ^ (b << 17), d.rotate_left(45)];
        drawn
    }

    /// Uniform below `bound`; 0 if that is 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        let product = u128::from(self.draw()) * u128::from(bound);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// Uniform in a range; its start if it is empty.
    pub fn within(&mut self, range: Range<u64>) -> u64 {
        range.start + self.below(range.end.saturating_sub(range.start))
    }

    /// Uniform in 0 to 1, without 1.
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True once in `1 / probability` times.
    pub fn happens(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.unit() < probability
    }

    /// Puts a list into random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for at in (1..list.len()).rev() {
            let other = usize::try_from(self.below(at as u64 + 1)).unwrap_or(0);
            list.swap(at, other);
        }
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

impl TryRng for Chance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.draw() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.draw())
    }

    fn try_fill_bytes(&mut self, dst: &mut [u8]) -> Result<(), Infallible> {
        for chunk in dst.chunks_mut(8) {
            let bytes = self.draw().to_le_bytes();
            chunk
                .iter_mut()
                .zip(bytes)
                .for_each(|(slot, byte)| *slot = byte);
        }
        Ok(())
    }
}

/// It is none: nothing that ships draws from it, and engines take no less.
impl TryCryptoRng for Chance {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_and_purpose_give_one_sequence() {
        let draws = |seed, purpose| {
            let mut chance = Chance::new(seed, purpose);
            [(); 4].map(|()| chance.draw())
        };
        assert_eq!(draws(1, 2), draws(1, 2));
        assert_ne!(draws(1, 2), draws(1, 3));
        assert_ne!(draws(1, 2), draws(2, 2));
    }

    #[test]
    fn below_stays_below_and_reaches_everything() {
        let mut chance = Chance::new(7, 0);
        let mut hits = [0; 5];
        (0..500).for_each(|_| hits[chance.below(5) as usize] += 1);
        assert!(hits.iter().all(|count| *count > 60), "{hits:?}");
        assert_eq!(chance.below(0), 0);
    }

    #[test]
    fn shuffling_keeps_every_element() {
        let mut list: Vec<u32> = (0..100).collect();
        Chance::new(3, 0).shuffle(&mut list);
        assert!(list.iter().zip(0..).any(|(drawn, at)| *drawn != at));
        list.sort_unstable();
        assert!(list.iter().zip(0..).all(|(drawn, at)| *drawn == at));
    }
}
