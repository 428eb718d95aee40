//! Channels: names and phrases, the root key, the keys of one day, pseudonyms
//! (`docs/protocol/crypto.md`, "Channels").

use core::fmt;

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

use crate::limits::{CHANNEL_NAME_BYTES_MAX, CHANNEL_TAG_SLOTS, PHRASE_BYTES_MAX};
use crate::types::{ConversationId, Day};

use super::labels;
use super::primitives::{HmacKey, KdfError, KdfParams, argon2id, hash, hkdf};
use super::secret::Secret;

/// Work of a phrase channel. Fixed for ever: all who have the phrase must agree.
const PHRASE_KDF: KdfParams = KdfParams {
    m_kib: 256 * 1_024,
    t: 3,
    p: 4,
};

/// The name of a public channel: NFKC, lower case, single spaces, no leading `#`,
/// no control characters, 1 to 32 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChannelName(String);

impl ChannelName {
    /// Normalises what a person typed; `None` if nothing usable is left.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        if typed.trim().chars().any(char::is_control) {
            return None;
        }
        let words = normal_words(typed, CHANNEL_NAME_BYTES_MAX)?;
        let name = words.trim_start_matches(['#', ' ']);
        let fits = !name.is_empty() && name.len() <= CHANNEL_NAME_BYTES_MAX;
        fits.then(|| Self(name.to_owned()))
    }

    /// The normalised name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The phrase of a keyed channel: NFKC, lower case, single spaces, 1 to 256 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Phrase(Zeroizing<String>);

impl Phrase {
    /// Normalises what a person typed; `None` if nothing usable is left.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let phrase = normal_words(typed, PHRASE_BYTES_MAX)?;
        let fits = !phrase.is_empty() && phrase.len() <= PHRASE_BYTES_MAX;
        fits.then_some(Self(phrase))
    }

    /// The normalised phrase.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Phrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Phrase(…)")
    }
}

/// NFKC, lower case, NFKC again (some lower-case forms decompose, and normalising
/// twice must be normalising once), white space as single spaces. `None` if a
/// control character is left, or the input is far longer than `bytes_max`.
fn normal_words(typed: &str, bytes_max: usize) -> Option<Zeroizing<String>> {
    // Bounded first: normalising costs time by length, and a paste may be megabytes.
    if typed.len() > 4 * bytes_max {
        return None;
    }
    let composed = Zeroizing::new(typed.nfkc().collect::<String>());
    let lower = Zeroizing::new(composed.to_lowercase());
    let lower = Zeroizing::new(lower.nfkc().collect::<String>());
    let mut words = Zeroizing::new(String::with_capacity(lower.len()));
    for word in lower.split_whitespace() {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    (!words.chars().any(char::is_control)).then_some(words)
}

/// What a channel's keys follow from, for ever. Whoever has it reads everything.
#[derive(Debug, PartialEq, Eq)]
pub struct ChannelRoot(Secret<32>);

impl ChannelRoot {
    /// `H("starling/1 chan public" ‖ name)`: no secret, the same for everybody.
    #[must_use]
    pub fn public(name: &ChannelName) -> Self {
        Self(Secret::take(&mut hash(&[
            labels::CHANNEL_PUBLIC,
            name.as_str().as_bytes(),
        ])))
    }

    /// `Argon2id(phrase, salt = H("starling/1 chan")[..16], 256 MiB, t = 3, p = 4)`.
    /// Takes about a second.
    ///
    /// # Errors
    /// There is no memory for it.
    pub fn from_phrase(phrase: &Phrase) -> Result<Self, KdfError> {
        let mut salt = [0; 16];
        salt.iter_mut()
            .zip(hash(&[labels::CHANNEL]))
            .for_each(|(slot, byte)| *slot = byte);
        argon2id(phrase.as_str().as_bytes(), &salt, PHRASE_KDF).map(Self)
    }

    /// From a store row.
    #[must_use]
    pub fn from_bytes(mut bytes: [u8; 32]) -> Self {
        Self(Secret::take(&mut bytes))
    }

    /// For a store row.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; 32] {
        *self.0.expose()
    }

    /// `H("starling/1 conversation" ‖ root)[..16]`, for this device only.
    #[must_use]
    pub fn conversation(&self) -> ConversationId {
        let mut id = [0; 16];
        let full = hash(&[labels::CONVERSATION, self.0.expose()]);
        id.iter_mut()
            .zip(full)
            .for_each(|(slot, byte)| *slot = byte);
        ConversationId(id)
    }

    /// The keys of one day: `HKDF(0, root, "starling/1 chan" ‖ day u32, 64) → K ‖ T`.
    #[must_use]
    pub fn day(&self, day: Day) -> ChannelDay {
        let info: [&[u8]; 2] = [labels::CHANNEL, &day.0.to_le_bytes()];
        let keys: Secret<64> = hkdf(&[0; 32], self.0.expose(), &info);
        let mut body_key = Secret::zeroed();
        let mut tag_key = Secret::<32>::zeroed();
        let slots = body_key
            .expose_mut()
            .iter_mut()
            .chain(tag_key.expose_mut().iter_mut());
        slots
            .zip(keys.expose())
            .for_each(|(slot, byte)| *slot = *byte);
        let tag_key = HmacKey::new(&tag_key);
        ChannelDay {
            root_hash: hash(&[self.0.expose()]),
            day,
            body_key,
            tag_key,
        }
    }
}

/// A channel's keys for one day.
pub struct ChannelDay {
    root_hash: [u8; 32],
    day: Day,
    pub(super) body_key: Secret<32>,
    tag_key: HmacKey,
}

impl ChannelDay {
    /// Which day.
    #[must_use]
    pub fn day(&self) -> Day {
        self.day
    }

    /// `HMAC(T, slot u16)[..16]`.
    #[must_use]
    pub fn tag(&self, slot: u16) -> [u8; 16] {
        self.tag_key.tag(&slot.to_le_bytes())
    }

    /// The tags of all slots.
    pub fn tags(&self) -> impl Iterator<Item = [u8; 16]> {
        (0..CHANNEL_TAG_SLOTS).map(|slot| self.tag(slot))
    }

    /// What a post signs: `"starling/1 chan post" ‖ H(root) ‖ day u32 ‖ inner`. Root
    /// and day keep a post from being lifted into another channel or time.
    pub(super) fn signed_bytes(&self, inner: &[u8]) -> Vec<u8> {
        [
            labels::CHANNEL_POST,
            &self.root_hash,
            &self.day.0.to_le_bytes(),
            inner,
        ]
        .concat()
    }
}

impl fmt::Debug for ChannelDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelDay")
            .field("day", &self.day)
            .finish_non_exhaustive()
    }
}

/// The key that signs our posts in one channel, made for it alone.
pub struct Pseudonym(SigningKey);

impl Pseudonym {
    /// From a store row.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// What readers know the author by.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.0.verifying_key().to_bytes()
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pseudonym(…)")
    }
}

/// RFC 8032 with the strict checks: no small-order key, no malleable signature.
pub(super) fn verify(public: &[u8; 32], bytes: &[u8], signature: &[u8; 64]) -> bool {
    let Ok(key) = VerifyingKey::from_bytes(public) else {
        return false;
    };
    key.verify_strict(bytes, &Signature::from_bytes(signature))
        .is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn day_key_and_tag_are_the_known_answer() {
        let day = ChannelRoot::from_bytes([0x42; 32]).day(Day(20_780));
        let key: String = day
            .body_key
            .expose()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        assert_eq!(
            key,
            "4b52317c162be5d5f2e06e760248f61ced0aab2c0a6e77620519eb9b48ce1656"
        );
        let tag: String = day.tag(5).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(tag, "9eea74b0de57ea3a3728388fc0ba1ef0");
    }

    #[test]
    fn spellings_of_a_name_are_one_channel() {
        for typed in ["nearby", " #Nearby ", "ＮＥＡＲＢＹ", "##nearby"] {
            assert_eq!(
                ChannelName::parse(typed).map(|n| n.0),
                Some("nearby".into()),
                "{typed}"
            );
        }
        let square = ChannelName::parse("Place\u{a0}de  la  Re\u{301}publique").unwrap();
        assert_eq!(square.as_str(), "place de la république");
        let longest = "x".repeat(CHANNEL_NAME_BYTES_MAX);
        assert!(ChannelName::parse(&longest).is_some());
        // U+FB03 is three letters in NFKC: what counts is the length after.
        let long = "\u{fb03}".repeat(11);
        for typed in [
            "",
            "  ",
            "#",
            "# #",
            "a\nb",
            "a\tb",
            "a\0b",
            &long,
            &"x".repeat(CHANNEL_NAME_BYTES_MAX + 1),
        ] {
            assert_eq!(ChannelName::parse(typed), None, "{typed:?}");
        }
    }

    #[test]
    fn spellings_of_a_phrase_are_one_phrase() {
        let phrase = Phrase::parse("six words of some length here").unwrap();
        for typed in [
            "  Six words\tof SOME length\n here ",
            "six\u{a0}words of some length here",
        ] {
            assert_eq!(Phrase::parse(typed).as_ref(), Some(&phrase), "{typed:?}");
        }
        assert_eq!(Phrase::parse(" \n"), None);
        assert_eq!(Phrase::parse(&"x".repeat(PHRASE_BYTES_MAX + 1)), None);
        assert_eq!(format!("{phrase:?}"), "Phrase(…)");
    }

    proptest! {
        #[test]
        fn normalising_twice_is_normalising_once(typed in "\\PC{0,24}") {
            if let Some(name) = ChannelName::parse(&typed) {
                prop_assert_eq!(ChannelName::parse(name.as_str()), Some(name));
            }
            if let Some(phrase) = Phrase::parse(&typed) {
                prop_assert_eq!(Phrase::parse(phrase.as_str()), Some(phrase));
            }
        }
    }

    #[test]
    fn signature_is_rfc_8032_test_2_and_a_second_form_of_it_is_refused() {
        let bytes = |hex: &str| -> Vec<u8> {
            let digits = hex
                .as_bytes()
                .chunks(2)
                .map(|pair| str::from_utf8(pair).unwrap());
            digits
                .map(|pair| u8::from_str_radix(pair, 16).unwrap())
                .collect()
        };
        let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
        let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
        let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                         085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
        let pseudonym = Pseudonym::from_seed(&bytes(seed).try_into().unwrap());
        let mut signed: [u8; 64] = bytes(signature).try_into().unwrap();
        assert_eq!(pseudonym.public().as_slice(), bytes(public));
        assert_eq!(pseudonym.sign(&[0x72]), signed);
        assert!(verify(&pseudonym.public(), &[0x72], &signed));
        assert!(!verify(&pseudonym.public(), &[0x73], &signed));
        // s + L is the same scalar written a second way.
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
        let mut carry = 0;
        for (byte, add) in signed[32..].iter_mut().zip(order) {
            let sum = u16::from(*byte) + u16::from(add) + carry;
            *byte = sum.to_le_bytes()[0];
            carry = sum >> 8;
        }
        assert!(!verify(&pseudonym.public(), &[0x72], &signed));
    }

    #[test]
    fn a_key_of_low_order_signs_nothing() {
        // With the identity as key, R = identity and s = 0 satisfy the plain
        // equation for every message.
        let mut identity = [0; 32];
        identity[0] = 1;
        let mut signature = [0; 64];
        signature[0] = 1;
        assert!(!verify(&identity, b"anything", &signature));
    }

    #[test]
    fn roots_days_and_channels_differ() {
        let one = ChannelRoot::public(&ChannelName::parse("nearby").unwrap());
        let other = ChannelRoot::public(&ChannelName::parse("elsewhere").unwrap());
        assert_ne!(one.conversation(), other.conversation());
        assert_ne!(one.day(Day(1)).tag(0), one.day(Day(2)).tag(0));
        assert_ne!(one.day(Day(1)).tag(0), other.day(Day(1)).tag(0));
    }
}
