//! What may stand under a message as a reaction.

use crate::limits::EMOJI_BYTES_MAX;

/// Characters that change the direction of what stands around them (Unicode UAX #9).
pub(super) fn turns_text(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a text is made of emoji alone, and of what joins and colours them: symbols
/// of the blocks that hold emoji (Unicode UTS #51), and digits that are key caps. A
/// reaction that is none is not shown: it could say anything in somebody's name.
#[must_use]
pub fn is_emoji(text: &str) -> bool {
    let mut has_symbol = false;
    let is_part = |c: char| matches!(c, '\u{200d}' | '\u{20e3}' | '\u{fe0f}' | '#' | '*' | '0'..='9' | '\u{e0020}'..='\u{e007f}');
    let is_symbol = |c: char| {
        matches!(c,
            '©' | '®' | '\u{203c}' | '\u{2049}' | '\u{20e3}' | '\u{2122}' | '\u{2139}'
            | '\u{2194}'..='\u{21aa}' | '\u{231a}'..='\u{23ff}' | '\u{24c2}'
            | '\u{25aa}'..='\u{27bf}' | '\u{2934}'..='\u{2935}' | '\u{2b05}'..='\u{2b55}'
            | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1fbff}')
    };
    let fits = text.chars().all(|c| {
        has_symbol |= is_symbol(c);
        is_part(c) || is_symbol(c)
    });
    fits && has_symbol && text.len() <= EMOJI_BYTES_MAX
}

#[cfg(test)]
mod tests {
    use super::super::{Item, decode, encode};
    use super::*;
    use crate::types::MessageId;
    use crate::wire::codec::DecodeError;

    #[test]
    fn emoji_are_told_from_words() {
        for emoji in ["👍", "❤️", "👩🏽‍🚀", "🇺🇦", "1️⃣", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "☂", "©️"]
        {
            assert!(is_emoji(emoji), "{emoji}");
        }
        for other in [
            "",
            "ok",
            "1",
            "👍!",
            " ",
            "é",
            "\u{200d}",
            "👍\u{202e}",
            "👍👍👍👍👍👍👍👍👍",
        ] {
            assert!(!is_emoji(other), "{other:?}");
        }
    }

    #[test]
    fn emoji_that_turn_or_break_a_line_are_refused() {
        for harmful in [
            "\n",
            "\u{202e}",
            "👍\u{2067}",
            "\u{200f}",
            "\u{7f}",
            "\u{85}",
        ] {
            let item = Item::Reaction(MessageId([1; 16]), harmful.to_owned());
            assert_eq!(decode(&encode(&[item])), Err(DecodeError), "{harmful:?}");
        }
    }
}
