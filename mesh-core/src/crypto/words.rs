//! Phrases: words drawn at random, and how hard a chosen passphrase is to guess.

use rand_core::CryptoRng;

/// The BIP-39 English list: 2,048 words, 11 bits each, no two alike in their
/// first four letters (`assets/words/LICENSE`).
const WORDS: &str = include_str!("../../../assets/words/english.txt");
/// Words in a generated phrase: 66 bits, enough behind Argon2id.
const WORDS_PER_PHRASE: usize = 6;
/// Longest passphrase that is judged whole; what follows only makes it stronger.
#[cfg(feature = "node")]
const JUDGED_CHARS_MAX: usize = 100;

/// Six words drawn at random, separated by spaces. The list has 2¹¹ words, so a
/// masked draw is unbiased.
#[must_use]
pub fn draw_phrase(rng: &mut dyn CryptoRng) -> String {
    let words: Vec<&str> = WORDS.lines().collect();
    let draw = |_| {
        let drawn = usize::try_from(rng.next_u32()).unwrap_or(0) % words.len();
        words.get(drawn).copied().unwrap_or_default()
    };
    (0..WORDS_PER_PHRASE)
        .map(draw)
        .collect::<Vec<_>>()
        .join(" ")
}

/// Base-2 logarithm of the guesses that a good cracker needs. Words of the list
/// count 11 bits each, because a cracker knows the list; everything else is
/// judged by zxcvbn.
#[cfg(feature = "node")]
#[must_use]
pub fn guess_bits(passphrase: &str) -> u16 {
    let judged: String = passphrase.chars().take(JUDGED_CHARS_MAX).collect();
    let judged = judged.trim();
    if judged.is_empty() {
        return 0;
    }
    let list: std::collections::BTreeSet<&str> = WORDS.lines().collect();
    let mut distinct: Vec<&str> = judged.split_whitespace().collect();
    let is_phrase = distinct.iter().all(|word| list.contains(word));
    if is_phrase {
        distinct.sort_unstable();
        distinct.dedup();
        return u16::try_from(distinct.len() * 11).unwrap_or(u16::MAX);
    }
    let log10 = zxcvbn::zxcvbn(judged, &[]).guesses_log10();
    u16::try_from((log10 * std::f64::consts::LOG2_10).max(0.0) as u64).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_distinct_and_a_power_of_two() {
        let words: Vec<&str> = WORDS.lines().collect();
        assert_eq!(words.len(), 2_048);
        assert!(words.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(
            words
                .iter()
                .all(|word| word.bytes().all(|b| b.is_ascii_lowercase()))
        );
    }

    #[cfg(feature = "node")]
    #[test]
    fn generated_phrases_are_strong_and_common_passwords_weak() {
        assert_eq!(guess_bits("zoo abandon legal winner thank year"), 66);
        assert!(guess_bits("zoo zoo zoo zoo zoo zoo") < 45);
        assert!(guess_bits("password123") < 30);
        assert_eq!(guess_bits("   "), 0);
        assert!(guess_bits(&"ab ".repeat(100_000)) > 0);
    }
}
