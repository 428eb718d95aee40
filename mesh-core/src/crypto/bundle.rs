//! The daily bundle: keys for strangers, flooded so that only holders of the card
//! find and read them (`docs/protocol/crypto.md`, "Bundles").
//!
//! `envelope = header 16 ‖ tag 16 ‖ nonce 24 ‖ XChaCha20-Poly1305(key, nonce, padded,
//! AAD = header ‖ tag)`, 1,920 bytes; `padded = length ‖ SPK 32 ‖ XEK 1,216 ‖ day 4 ‖
//! signature 64 ‖ zeros`.

use core::fmt;

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::limits::{
    ENVELOPE_BYTES_MEDIUM, HEADER_BYTES, KNOCK_DAYS_AHEAD, KNOCK_DAYS_BACK, KNOCK_TAG_SLOTS,
    TAG_BYTES,
};
use crate::types::Day;

use super::channel::verify;
use super::identity::{Card, Identity, is_low_order};
use super::kem::{KEM_PUBLIC_BYTES, is_public};
use super::labels;
use super::padding::{pad, unpad};
use super::prekeys::{BUNDLE_KEYS_BYTES, DayPrekey, join, kem_id};
use super::primitives::{HmacKey, XSEAL_OVERHEAD_BYTES, hash, hkdf, xopen, xseal};
use super::seal::OpenError;
use super::secret::Secret;

/// Bytes of a bundle: SPK 32 ‖ XEK 1,216 ‖ day 4 ‖ signature 64.
pub const BUNDLE_BYTES: usize = BUNDLE_KEYS_BYTES + 64;
/// Header and tag: in clear, and in the associated data.
const CLEAR_BYTES: usize = HEADER_BYTES + TAG_BYTES;
/// Bytes of what an envelope of this kind seals.
pub(super) const CARD_PLAINTEXT_BYTES: usize =
    ENVELOPE_BYTES_MEDIUM - CLEAR_BYTES - XSEAL_OVERHEAD_BYTES;

/// A card's tags and keys for one UTC day. Whoever has the card has them.
///
/// | what | formula |
/// |---|---|
/// | tag of the bundle | `HMAC(CDS, "starling/1 bundle tag" ‖ day u32)[..16]` |
/// | tags of knocks | `HMAC(CDS, "starling/1 knock" ‖ day u32 ‖ slot u8)[..16]`, 64 slots |
/// | key of the bundle | `HKDF(0, CDS, "starling/1 bundle key" ‖ day u32, 32)` |
/// | key of knocks | `HKDF(0, CDS, "starling/1 knock key" ‖ day u32, 32)` |
pub struct CardDay {
    day: Day,
    card_secret: HmacKey,
    bundle_key: Secret<32>,
    knock_key: Secret<32>,
}

impl CardDay {
    /// Of a card on a day.
    #[must_use]
    pub fn new(card: &Card, day: Day) -> Self {
        let number = day.0.to_le_bytes();
        let key = |label| hkdf(&[0; 32], &card.card_secret, &[label, &number]);
        Self {
            day,
            card_secret: HmacKey::new(&join(&[&card.card_secret])),
            bundle_key: key(labels::BUNDLE_KEY),
            knock_key: key(labels::KNOCK_KEY),
        }
    }

    /// The days on which a person watches their own card for knocks: a knock travels
    /// for a day, and clocks err by one.
    pub fn watched(today: Day) -> impl Iterator<Item = Day> {
        let first = today.0.saturating_sub(KNOCK_DAYS_BACK);
        (first..=today.0.saturating_add(KNOCK_DAYS_AHEAD)).map(Day)
    }

    /// The days whose bundle of another's card is worth opening: a knock may use the
    /// one of the day or of the day before; tomorrow's comes from a fast clock.
    pub fn bundles_watched(today: Day) -> impl Iterator<Item = Day> {
        (today.0.saturating_sub(1)..=today.0.saturating_add(1)).map(Day)
    }

    /// Which day.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// The tag of the bundle.
    #[must_use]
    pub fn bundle_tag(&self) -> [u8; TAG_BYTES] {
        let day = self.day.0.to_le_bytes();
        self.card_secret.tag(&[labels::BUNDLE_TAG, &day].concat())
    }

    /// The tag of one slot of knocks; senders draw one below [`KNOCK_TAG_SLOTS`].
    #[must_use]
    pub fn knock_tag(&self, slot: u8) -> [u8; TAG_BYTES] {
        let day = self.day.0.to_le_bytes();
        self.card_secret
            .tag(&[labels::KNOCK, &day[..], &[slot]].concat())
    }

    /// The tags of all slots.
    pub fn knock_tags(&self) -> impl Iterator<Item = [u8; TAG_BYTES]> {
        (0..KNOCK_TAG_SLOTS).map(|slot| self.knock_tag(slot))
    }

    /// `plaintext` fills the envelope: [`CARD_PLAINTEXT_BYTES`].
    pub(super) fn seal_knock(
        &self,
        header: [u8; HEADER_BYTES],
        slot: u8,
        plaintext: &[u8],
        rng: &mut dyn CryptoRng,
    ) -> Vec<u8> {
        seal(
            &self.knock_key,
            header,
            self.knock_tag(slot),
            plaintext,
            rng,
        )
    }

    pub(super) fn open_knock(&self, envelope: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let tag = envelope_tag(envelope)?;
        let is_ours = self.knock_tags().any(|ours| ours == *tag);
        is_ours.then(|| open(&self.knock_key, envelope)).flatten()
    }
}

impl fmt::Debug for CardDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CardDay({:?}, …)", self.day)
    }
}

/// Keys for strangers of another person, for one day, signed by them.
#[derive(Clone, PartialEq, Eq)]
pub struct Bundle {
    /// X25519.
    pub prekey: [u8; 32],
    /// X-Wing.
    pub kem: Box<[u8; KEM_PUBLIC_BYTES]>,
    /// As signed.
    pub day: Day,
    signature: [u8; 64],
}

/// The bytes are no bundle of that person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes are no bundle of this person")]
pub struct BundleError;

impl Bundle {
    /// Decodes and checks everything: keys, and the signature by the card's owner over
    /// `"starling/1 bundle" ‖ card id ‖ SPK ‖ XEK ‖ day`. For bundles out of the store
    /// and from introductions; what floods comes through [`open_bundle`].
    ///
    /// # Errors
    /// See [`BundleError`].
    pub fn decode(card: &Card, bytes: &[u8]) -> Result<Self, BundleError> {
        let bytes: &[u8; BUNDLE_BYTES] = bytes.try_into().map_err(|_| BundleError)?;
        let (keys, signature) = bytes
            .split_at_checked(BUNDLE_KEYS_BYTES)
            .ok_or(BundleError)?;
        let signature: &[u8; 64] = signature.try_into().map_err(|_| BundleError)?;
        let (prekey, rest) = keys.split_first_chunk::<32>().ok_or(BundleError)?;
        let (kem, day) = rest
            .split_first_chunk::<KEM_PUBLIC_BYTES>()
            .ok_or(BundleError)?;
        let day: &[u8; 4] = day.try_into().map_err(|_| BundleError)?;
        let signed = [labels::BUNDLE, &card.id(), keys].concat();
        let is_valid =
            verify(&card.sign_key, &signed, signature) && !is_low_order(prekey) && is_public(kem);
        is_valid.then_some(()).ok_or(BundleError)?;
        Ok(Self {
            prekey: *prekey,
            kem: Box::new(*kem),
            day: Day(u32::from_le_bytes(*day)),
            signature: *signature,
        })
    }

    /// For the store, and for an introduction.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let day = self.day.0.to_le_bytes();
        [&self.prekey[..], &self.kem[..], &day, &self.signature].concat()
    }

    /// Whether this one takes the place of what is held: only one of a later day does, as
    /// an old one may come again at any time.
    ///
    /// Of two for one day the first stays, although its owner may have made the second
    /// after losing the first. Nothing signed says which is the later one, and whoever
    /// has the card can bring either again whenever they like.
    #[must_use]
    pub fn replaces(&self, held: Option<&Self>) -> bool {
        held.is_none_or(|held| held.day < self.day)
    }

    /// The day under whose tag a knock that uses this bundle is sent: today's, if the
    /// bundle is of today or yesterday; its own if that is tomorrow, as then our clock
    /// is slow. `None` if the bundle is of no use today.
    #[must_use]
    pub fn knock_day(&self, today: Day) -> Option<Day> {
        let day = self.day.max(today);
        let is_of_use = self.day.0 <= today.0.saturating_add(1) && is_bundle_day(self.day, day);
        is_of_use.then_some(day)
    }

    /// `H(XEK)[..16]`: what a contact code may name.
    #[must_use]
    pub fn kem_id(&self) -> [u8; 16] {
        kem_id(&self.kem)
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        hash(&[&self.encode()])
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bundle({:?}, …)", self.day)
    }
}

/// Whether a knock under a tag of `tag_day` may use the bundle of `day`.
pub(super) fn is_bundle_day(day: Day, tag_day: Day) -> bool {
    tag_day.0.checked_sub(day.0).is_some_and(|age| age <= 1)
}

/// One's own bundle of a day. The signature has no randomness, so that the bundle of
/// a prekey is always the same.
#[must_use]
pub fn bundle(identity: &Identity, prekey: &DayPrekey) -> Bundle {
    let keys = prekey.bundle_keys();
    Bundle {
        prekey: prekey.public(),
        kem: Box::new(prekey.kem.public()),
        day: prekey.day(),
        signature: identity.sign(&[labels::BUNDLE, &identity.card_id(), &keys]),
    }
}

/// Seals one's own bundle into an envelope of 1,920 bytes, for all who have the card.
/// The day is the prekey's.
#[must_use]
pub fn seal_bundle(
    identity: &Identity,
    card: &Card,
    prekey: &DayPrekey,
    header: [u8; HEADER_BYTES],
    rng: &mut dyn CryptoRng,
) -> Vec<u8> {
    let day = CardDay::new(card, prekey.day());
    let bundle = bundle(identity, prekey).encode();
    // 1,316 bytes into 1,848: this never fails.
    let padded = pad(&bundle, CARD_PLAINTEXT_BYTES).unwrap_or_default();
    seal(&day.bundle_key, header, day.bundle_tag(), &padded, rng)
}

/// Opens the bundle of another's card. The envelope's tag must be the day's, and the
/// signed day the same.
///
/// # Errors
/// It is no bundle of this person and day, whatever the cause.
pub fn open_bundle(card: &Card, day: &CardDay, envelope: &[u8]) -> Result<Bundle, OpenError> {
    let tag = envelope_tag(envelope).ok_or(OpenError)?;
    if *tag != day.bundle_tag() {
        return Err(OpenError);
    }
    let padded = open(&day.bundle_key, envelope).ok_or(OpenError)?;
    let bytes = unpad(&padded).ok_or(OpenError)?;
    let bundle = Bundle::decode(card, bytes).map_err(|_| OpenError)?;
    (bundle.day == day.day).then_some(bundle).ok_or(OpenError)
}

fn envelope_tag(envelope: &[u8]) -> Option<&[u8; TAG_BYTES]> {
    let (_, rest) = envelope.split_first_chunk::<HEADER_BYTES>()?;
    rest.first_chunk()
}

fn seal(
    key: &Secret<32>,
    header: [u8; HEADER_BYTES],
    tag: [u8; TAG_BYTES],
    plaintext: &[u8],
    rng: &mut dyn CryptoRng,
) -> Vec<u8> {
    debug_assert_eq!(plaintext.len(), CARD_PLAINTEXT_BYTES);
    let mut nonce = [0; 24];
    rng.fill_bytes(&mut nonce);
    let mut envelope = [&header[..], &tag].concat();
    let sealed = xseal(key, nonce, plaintext, &envelope);
    envelope.extend(sealed);
    envelope
}

fn open(key: &Secret<32>, envelope: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if envelope.len() != ENVELOPE_BYTES_MEDIUM {
        return None;
    }
    let (clear, sealed) = envelope.split_at_checked(CLEAR_BYTES)?;
    xopen(key, sealed, clear)
}

#[cfg(test)]
mod tests;
