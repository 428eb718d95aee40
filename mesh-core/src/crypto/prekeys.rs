//! Keys for strangers: what a person must have of another to write to them first
//! (`docs/protocol/crypto.md`, "Bundles").
//!
//! Each is short-lived, as the secrecy of a first message lasts no longer than the
//! private part of the prekey that it was sealed to.

use core::fmt;

use rand_core::CryptoRng;

use crate::limits::{CODE_LIFETIME_MS, CODE_SHOWN_MS, PREKEY_DAYS_KEPT};
use crate::types::{Day, Wall};

use super::kem::{KEM_PUBLIC_BYTES, KemSecret};
use super::labels;
use super::primitives::{draw_secret, hash, public_key};
use super::secret::Secret;

/// Bytes of a [`DayPrekey`] in the store.
pub const DAY_PREKEY_BYTES: usize = 4 + 32 + 32;
/// Bytes of a [`OneTimePrekey`] in the store.
pub const ONE_TIME_PREKEY_BYTES: usize = 8 + 4 + 32 + 16;
/// Bytes of the public keys in a bundle: SPK 32 ‖ XEK 1,216 ‖ day 4.
pub(super) const BUNDLE_KEYS_BYTES: usize = 32 + KEM_PUBLIC_BYTES + 4;

/// A stored row is no prekey: the store is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored bytes are no prekey")]
pub struct PrekeyRowError;

/// The keys for strangers of one UTC day: SPK (X25519) and XEK (X-Wing), both random.
pub struct DayPrekey {
    day: Day,
    pub(super) secret: Secret<32>,
    pub(super) kem: KemSecret,
}

impl DayPrekey {
    /// Fresh keys for a day.
    #[must_use]
    pub fn generate(day: Day, rng: &mut dyn CryptoRng) -> Self {
        let secret = draw_secret(rng);
        let kem = KemSecret::generate(rng);
        Self { day, secret, kem }
    }

    /// Their day.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// Whether they are to be erased: a knock may arrive under a tag of the day before
    /// yesterday and name the bundle of the day before that, or, by a wrong clock, one
    /// of tomorrow; no knock may name any other. A key far ahead of today was made by
    /// a wrong clock. Not to be asked with a clock that is known to be wrong.
    #[must_use]
    pub fn is_over(&self, today: Day) -> bool {
        let last = self.day.0.saturating_add(PREKEY_DAYS_KEPT);
        today.0 >= last || self.day.0 > today.0.saturating_add(1)
    }

    /// For a store row: `day u32 ‖ SPK secret 32 ‖ XEK seed 32`.
    #[must_use]
    pub fn encode(&self) -> Secret<DAY_PREKEY_BYTES> {
        let day = self.day.0.to_le_bytes();
        join(&[&day, self.secret.expose(), self.kem.seed().expose()])
    }

    /// From a store row.
    ///
    /// # Errors
    /// See [`PrekeyRowError`].
    pub fn decode(row: &[u8]) -> Result<Self, PrekeyRowError> {
        let row: &[u8; DAY_PREKEY_BYTES] = row.try_into().map_err(|_| PrekeyRowError)?;
        let (day, rest) = row.split_first_chunk().ok_or(PrekeyRowError)?;
        let (secret, seed) = rest.split_first_chunk::<32>().ok_or(PrekeyRowError)?;
        Ok(Self {
            day: Day(u32::from_le_bytes(*day)),
            secret: join(&[secret]),
            kem: KemSecret::from_seed(&join(&[seed])),
        })
    }

    /// `SPK 32 ‖ XEK 1,216 ‖ day u32`: what the bundle signs beside label and card id.
    pub(super) fn bundle_keys(&self) -> Vec<u8> {
        let mut keys = self.public().to_vec();
        keys.extend_from_slice(&self.kem.public());
        keys.extend_from_slice(&self.day.0.to_le_bytes());
        keys
    }

    /// SPK.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        public_key(&self.secret)
    }

    /// How a knock names them.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        prekey_id(&self.public())
    }

    /// `H(XEK)[..16]`: how a contact code names the key of the day.
    #[must_use]
    pub fn kem_id(&self) -> [u8; 16] {
        kem_id(&self.kem.public())
    }
}

impl fmt::Debug for DayPrekey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DayPrekey({:?}, …)", self.day)
    }
}

/// The one-time key of one contact code: OSPK (X25519), and OTS, a token that only
/// the code carries. Erased when the emoji were confirmed, or after a day.
pub struct OneTimePrekey {
    made: Wall,
    kem_day: Day,
    pub(super) secret: Secret<32>,
    pub(super) token: Secret<16>,
}

impl OneTimePrekey {
    /// A fresh key for a code shown from now on beside the X-Wing key of `kem_day`.
    #[must_use]
    pub fn generate(now: Wall, kem_day: Day, rng: &mut dyn CryptoRng) -> Self {
        let secret = draw_secret(rng);
        let mut token = Secret::zeroed();
        rng.fill_bytes(token.expose_mut());
        Self {
            made: now,
            kem_day,
            secret,
            token,
        }
    }

    /// Whether the code that carries it may still be shown: for a quarter of an hour,
    /// so that its token tells who saw it.
    #[must_use]
    pub fn is_shown(&self, now: Wall) -> bool {
        is_within(self.made, now, CODE_SHOWN_MS)
    }

    /// Until when.
    #[must_use]
    pub fn shown_until(&self) -> Wall {
        self.made.plus_ms(CODE_SHOWN_MS)
    }

    /// Whether it is to be erased: after a day, or if it was made in the future.
    #[must_use]
    pub fn is_over(&self, now: Wall) -> bool {
        !is_within(self.made, now, CODE_LIFETIME_MS)
    }

    /// The day whose X-Wing key its code names.
    #[must_use]
    pub fn kem_day(&self) -> Day {
        self.kem_day
    }

    /// How a knock names it.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        prekey_id(&self.public())
    }

    /// OSPK.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        public_key(&self.secret)
    }

    /// For a store row: `made u64 Unix ms ‖ kem day u32 ‖ OSPK secret 32 ‖ OTS 16`.
    #[must_use]
    pub fn encode(&self) -> Secret<ONE_TIME_PREKEY_BYTES> {
        let made = self.made.0.to_le_bytes();
        let day = self.kem_day.0.to_le_bytes();
        join(&[&made, &day, self.secret.expose(), self.token.expose()])
    }

    /// From a store row.
    ///
    /// # Errors
    /// See [`PrekeyRowError`].
    pub fn decode(row: &[u8]) -> Result<Self, PrekeyRowError> {
        let row: &[u8; ONE_TIME_PREKEY_BYTES] = row.try_into().map_err(|_| PrekeyRowError)?;
        let (made, rest) = row.split_first_chunk().ok_or(PrekeyRowError)?;
        let (day, rest) = rest.split_first_chunk().ok_or(PrekeyRowError)?;
        let (secret, token) = rest.split_first_chunk::<32>().ok_or(PrekeyRowError)?;
        Ok(Self {
            made: Wall(u64::from_le_bytes(*made)),
            kem_day: Day(u32::from_le_bytes(*day)),
            secret: join(&[secret]),
            token: join(&[token]),
        })
    }
}

impl fmt::Debug for OneTimePrekey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimePrekey(…)")
    }
}

/// A key given to one contact inside the session, for the case that the session is
/// lost (`docs/protocol/crypto.md`, "The knock").
#[derive(Debug)]
pub struct RecoveryPrekey(pub(super) Secret<32>);

impl RecoveryPrekey {
    /// A fresh key.
    #[must_use]
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        Self(draw_secret(rng))
    }

    /// From a store row.
    #[must_use]
    pub fn from_row(secret: Secret<32>) -> Self {
        Self(secret)
    }

    /// For a store row.
    #[must_use]
    pub fn row(&self) -> &Secret<32> {
        &self.0
    }

    /// The key to give.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        public_key(&self.0)
    }

    /// How a knock names it.
    #[must_use]
    pub fn id(&self) -> [u8; 8] {
        prekey_id(&self.public())
    }
}

/// `H("starling/1 prekey id" ‖ public key)[..8]`.
pub(super) fn prekey_id(public: &[u8; 32]) -> [u8; 8] {
    first(&hash(&[labels::PREKEY_ID, public]))
}

/// `H(XEK)[..16]`.
pub(super) fn kem_id(public: &[u8; KEM_PUBLIC_BYTES]) -> [u8; 16] {
    first(&hash(&[public]))
}

/// The first bytes of a hash.
pub(super) fn first<const N: usize>(full: &[u8; 32]) -> [u8; N] {
    const { assert!(N <= 32, "a hash has no more") };
    let mut part = [0; N];
    part.iter_mut()
        .zip(full)
        .for_each(|(slot, byte)| *slot = *byte);
    part
}

/// Parts in order, as one secret; they must fill it.
pub(super) fn join<const N: usize>(parts: &[&[u8]]) -> Secret<N> {
    debug_assert_eq!(parts.iter().map(|part| part.len()).sum::<usize>(), N);
    let mut joined = Secret::zeroed();
    let slots = joined.expose_mut().iter_mut();
    slots
        .zip(parts.iter().copied().flatten())
        .for_each(|(slot, byte)| *slot = *byte);
    joined
}

fn is_within(since: Wall, now: Wall, span_ms: u64) -> bool {
    now.0
        .checked_sub(since.0)
        .is_some_and(|age_ms| age_ms < span_ms)
}

#[cfg(test)]
mod tests;
