//! Safety numbers, to be compared at any later time: the algorithm of libsignal's
//! numeric fingerprints, version 0, with 5,200 iterations.
//!
//! `F_0 = SHA-512(0 u16 ‖ key ‖ id ‖ key)`, `F_n = SHA-512(F_{n−1} ‖ key)`; of
//! `F_5199` the first 30 bytes, five at a time and big-endian, modulo 100,000, are the
//! 30 digits of one person. The smaller of both comes first. For us `id` is the card
//! id and `key` is `IKs ‖ IKd`.

use sha2::{Digest as _, Sha512};

use crate::crypto::identity::Card;

/// Digits of a safety number, to be shown in groups of five.
pub const SAFETY_NUMBER_DIGITS: usize = 60;
const ITERATIONS: usize = 5_200;
const VERSION: [u8; 2] = [0, 0];

/// The safety number of two people, the same on both sides: 60 decimal digits. Takes a
/// few milliseconds; that is on purpose, against searching for look-alikes.
#[must_use]
pub fn safety_number(one: &Card, other: &Card) -> String {
    let digits = |card: &Card| digits(&card.id(), &[card.sign_key, card.dh_key].concat());
    both(digits(one), digits(other))
}

fn both(one: String, other: String) -> String {
    let (first, second) = if one <= other {
        (one, other)
    } else {
        (other, one)
    };
    first + &second
}

/// The 30 digits of one person.
fn digits(id: &[u8], key: &[u8]) -> String {
    let first = Sha512::new()
        .chain_update(VERSION)
        .chain_update(key)
        .chain_update(id)
        .chain_update(key)
        .finalize();
    let last = (1..ITERATIONS).fold(first, |fingerprint, _| {
        Sha512::new()
            .chain_update(fingerprint)
            .chain_update(key)
            .finalize()
    });
    let (groups, _) = last.as_slice().as_chunks::<5>();
    groups
        .iter()
        .take(SAFETY_NUMBER_DIGITS / 10)
        .map(|group| {
            let number = group
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
            format!("{:05}", number % 100_000)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::identity::Identity;
    use crate::crypto::secret::Secret;

    fn key(text: &str) -> Vec<u8> {
        let pairs = text.as_bytes().chunks(2);
        pairs
            .map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    #[test]
    fn digits_are_those_that_libsignal_publishes() {
        // fingerprint_test_v1 of libsignal: two telephone numbers and two keys.
        let alice = digits(
            b"+14152222222",
            &key("0506863bc66d02b40d27b8d49ca7c09e9239236f9d7d25d6fcca5ce13c7064d868"),
        );
        let bob = digits(
            b"+14153333333",
            &key("05f781b6fb32fed9ba1cf2de978d4d5da28dc34046ae814402b5c0dbd96fda907b"),
        );
        let published = "300354477692869396892869876765458257569162576843440918079131";
        assert_eq!(both(alice.clone(), bob.clone()), published);
        assert_eq!(both(bob, alice), published);
    }

    #[test]
    fn both_people_get_one_number_and_a_third_changes_it() {
        let card = |seed: u8| {
            let identity = Identity::from_seed(&Secret::take(&mut [seed; 32]));
            identity.card([seed; 32], "Ana").unwrap()
        };
        let (ana, bob, eve) = (card(1), card(2), card(3));
        let number = safety_number(&ana, &bob);
        assert_eq!(number.len(), SAFETY_NUMBER_DIGITS);
        assert!(number.bytes().all(|digit| digit.is_ascii_digit()));
        assert_eq!(safety_number(&bob, &ana), number);
        assert_ne!(safety_number(&ana, &eve), number);
        let renamed = Card {
            name: "B".into(),
            card_secret: [9; 32],
            ..bob
        };
        assert_eq!(safety_number(&ana, &renamed), number);
    }
}
