//! The symbols of a short authentication string: 64, each drawn unlike all others and
//! named by one plain word, which the window shows beneath it, so that two people can
//! also compare them aloud. All have a picture in the fonts that egui brings.

use super::SAS_SYMBOLS;

/// One symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Emoji {
    /// As drawn.
    pub symbol: char,
    /// As read aloud, in English; a translation looks it up by this.
    pub word: &'static str,
}

/// Fixed for ever, as all must show the same: by the first letter of the word.
const TABLE: [(char, &str); 64] = [
    ('\u{2693}', "anchor"),      // ⚓
    ('\u{1f388}', "balloon"),    // 🎈
    ('\u{1f34c}', "banana"),     // 🍌
    ('\u{1f6c1}', "bathtub"),    // 🛁
    ('\u{1f41d}', "bee"),        // 🐝
    ('\u{1f514}', "bell"),       // 🔔
    ('\u{1f462}', "boot"),       // 👢
    ('\u{1f42b}', "camel"),      // 🐫
    ('\u{1f4f7}', "camera"),     // 📷
    ('\u{1f56f}', "candle"),     // 🕯
    ('\u{1f3f0}', "castle"),     // 🏰
    ('\u{1f352}', "cherries"),   // 🍒
    ('\u{1f340}', "clover"),     // 🍀
    ('\u{1f42e}', "cow"),        // 🐮
    ('\u{1f40a}', "crocodile"),  // 🐊
    ('\u{1f451}', "crown"),      // 👑
    ('\u{2615}', "cup"),         // ☕
    ('\u{1f48e}', "diamond"),    // 💎
    ('\u{1f3b2}', "dice"),       // 🎲
    ('\u{1f6aa}', "door"),       // 🚪
    ('\u{1f457}', "dress"),      // 👗
    ('\u{1f418}', "elephant"),   // 🐘
    ('\u{2709}', "envelope"),    // ✉
    ('\u{1f441}', "eye"),        // 👁
    ('\u{1f374}', "fork"),       // 🍴
    ('\u{1f438}', "frog"),       // 🐸
    ('\u{2699}', "gear"),        // ⚙
    ('\u{1f47b}', "ghost"),      // 👻
    ('\u{1f347}', "grapes"),     // 🍇
    ('\u{1f528}', "hammer"),     // 🔨
    ('\u{270b}', "hand"),        // ✋
    ('\u{1f681}', "helicopter"), // 🚁
    ('\u{1f3e0}', "house"),      // 🏠
    ('\u{1f511}', "key"),        // 🔑
    ('\u{1f341}', "leaf"),       // 🍁
    ('\u{26a1}', "lightning"),   // ⚡
    ('\u{1f36d}', "lollipop"),   // 🍭
    ('\u{1f3a4}', "microphone"), // 🎤
    ('\u{1f319}', "moon"),       // 🌙
    ('\u{1f344}', "mushroom"),   // 🍄
    ('\u{1f419}', "octopus"),    // 🐙
    ('\u{1f334}', "palm"),       // 🌴
    ('\u{1f427}', "penguin"),    // 🐧
    ('\u{1f3b9}', "piano"),      // 🎹
    ('\u{1f34d}', "pineapple"),  // 🍍
    ('\u{1f4fb}', "radio"),      // 📻
    ('\u{1f308}', "rainbow"),    // 🌈
    ('\u{1f48d}', "ring"),       // 💍
    ('\u{26f5}', "sailboat"),    // ⛵
    ('\u{2696}', "scales"),      // ⚖
    ('\u{2702}', "scissors"),    // ✂
    ('\u{1f41a}', "shell"),      // 🐚
    ('\u{1f40c}', "snail"),      // 🐌
    ('\u{1f40d}', "snake"),      // 🐍
    ('\u{26c4}', "snowman"),     // ⛄
    ('\u{1f577}', "spider"),     // 🕷
    ('\u{2b50}', "star"),        // ⭐
    ('\u{260e}', "telephone"),   // ☎
    ('\u{26fa}', "tent"),        // ⛺
    ('\u{1f69c}', "tractor"),    // 🚜
    ('\u{2602}', "umbrella"),    // ☂
    ('\u{1f3bb}', "violin"),     // 🎻
    ('\u{1f30b}', "volcano"),    // 🌋
    ('\u{1f433}', "whale"),      // 🐳
];

/// All of them, for whoever must be able to draw each.
#[must_use]
pub fn all_symbols() -> [(char, &'static str); 64] {
    TABLE
}

/// Six bits for each symbol, the highest of `bits` first; the lowest four are not used.
pub(super) fn symbols(bits: [u8; 5]) -> [Emoji; SAS_SYMBOLS] {
    let [a, b, c, d, e] = bits.map(u64::from);
    let bits = a << 32 | b << 24 | c << 16 | d << 8 | e;
    core::array::from_fn(|place| {
        let shift = 40 - 6 * (place + 1);
        emoji(usize::try_from(bits >> shift & 63).unwrap_or(0))
    })
}

fn emoji(number: usize) -> Emoji {
    let [first, ..] = TABLE;
    let (symbol, word) = TABLE.get(number).copied().unwrap_or(first);
    Emoji { symbol, word }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn symbols_and_words_are_distinct_and_in_order() {
        let symbols: BTreeSet<char> = TABLE.iter().map(|(symbol, _)| *symbol).collect();
        let words: BTreeSet<&str> = TABLE.iter().map(|(_, word)| *word).collect();
        assert_eq!((symbols.len(), words.len()), (64, 64));
        assert!(TABLE.is_sorted_by_key(|(_, word)| *word));
    }

    #[test]
    fn thirty_six_bits_are_used_from_the_highest() {
        let words = |bits| symbols(bits).map(|emoji| emoji.word);
        assert_eq!(words([0; 5]), ["anchor"; 6]);
        assert_eq!(words([0xff; 5]), ["whale"; 6]);
        assert_eq!(words([0, 0, 0, 0, 0x0f]), ["anchor"; 6]);
        let first = words([0x04, 0, 0, 0, 0]);
        assert_eq!((first[0], first[1]), ("balloon", "anchor"));
        assert_eq!(words([0, 0, 0, 0, 0x10])[5], "balloon");
        let last = words([0, 0, 0, 0x03, 0xf0]);
        assert_eq!((last[4], last[5]), ("anchor", "whale"));
    }
}
