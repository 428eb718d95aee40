//! Names that people claim: what may not stand in one, and which two look alike
//! (Unicode Technical Standard 39).

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::skeleton;

use crate::limits::NAME_BYTES_MAX;

/// Whether a text may be a person's name: at most 24 bytes, and nothing in it that is
/// not seen.
#[must_use]
pub fn is_name(name: &str) -> bool {
    name.len() <= NAME_BYTES_MAX && !name.chars().any(is_unseen)
}

/// What is left of a typed text as a name: without what is not seen, without white
/// space at the ends, cut at 24 bytes.
#[must_use]
pub fn to_name(typed: &str) -> String {
    let mut name = String::new();
    for seen in typed.trim().chars().filter(|c| !is_unseen(*c)) {
        if name.len() + seen.len_utf8() > NAME_BYTES_MAX {
            break;
        }
        name.push(seen);
    }
    name.truncate(name.trim_end().len());
    name
}

/// Controls, marks of direction, characters without width or without ink. With them one
/// name can be drawn as another, or as something that is no name; where a script uses
/// them inside words (U+200C, U+200D) a name stays readable without.
fn is_unseen(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'                     // soft hyphen
            | '\u{34f}'                  // grapheme joiner
            | '\u{61c}'                  // Arabic letter mark
            | '\u{115f}' | '\u{1160}'    // Hangul fillers
            | '\u{17b4}' | '\u{17b5}'    // Khmer inherent vowels
            | '\u{180b}'..='\u{180f}'    // Mongolian selectors
            | '\u{200b}'..='\u{200f}'    // zero width, marks of direction
            | '\u{2028}'..='\u{202e}'    // separators, embeddings, overrides
            | '\u{2060}'..='\u{206f}'    // joiners, isolates, invisible operators
            | '\u{2800}'                 // Braille blank
            | '\u{3164}' | '\u{ffa0}'    // Hangul fillers
            | '\u{fe00}'..='\u{fe0f}'    // variation selectors
            | '\u{feff}'                 // zero width no-break space
            | '\u{fff0}'..='\u{fffb}'    // unassigned, annotations
            | '\u{1bca0}'..='\u{1bca3}'  // shorthand formats
            | '\u{1d173}'..='\u{1d17a}'  // musical formats
            | '\u{e0000}'..='\u{e0fff}'  // tags, further selectors
        )
}

/// Whether two names may be taken for each other: their skeletons agree, with or
/// without regard to case, whatever else the spaces. One name is confusable with
/// itself.
#[must_use]
pub fn are_confusable(one: &str, other: &str) -> bool {
    let (one, other) = (Skeletons::of(one), Skeletons::of(other));
    one.forms()
        .zip(other.forms())
        .any(|(one, other)| one == other)
}

/// What a name is compared by: two are confusable if they agree in one form. Takes a
/// while to find, and is to be kept where many names are compared.
#[derive(Clone, PartialEq, Eq)]
pub struct Skeletons([String; 3]);

impl Skeletons {
    /// Of a name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        // Case folding before or after: `I` looks like `l`, and `A` is a large `a`.
        let name = plain(name);
        let shape: String = skeleton(&name).collect();
        let of_lower = skeleton(&name.to_lowercase()).collect();
        let lower_of_shape = skeleton(&shape.to_lowercase()).collect();
        Self([shape, of_lower, lower_of_shape])
    }

    /// Each form with its number.
    pub fn forms(&self) -> impl Iterator<Item = (usize, &str)> {
        self.0.iter().map(String::as_str).enumerate()
    }
}

/// Without what is not seen and without white space, in NFKC.
fn plain(name: &str) -> String {
    let seen = name.chars().filter(|c| !is_unseen(*c));
    seen.nfkc().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes_of_a_name_are_confusable_with_it() {
        let look_alikes = [
            "Ana",
            "ana",
            "ANA",
            "\u{410}na",                   // Cyrillic A
            "An\u{430}",                   // Cyrillic a
            "\u{391}n\u{3b1}",             // Greek Alpha, alpha
            "\u{ff21}na",                  // full width
            "\u{1d400}\u{1d427}\u{1d41a}", // mathematical bold
            " A n a ",
            "A\u{200b}na",
            "\u{202e}Ana",
            "Ana\u{fe0f}",
        ];
        for name in look_alikes {
            assert!(are_confusable("Ana", name), "{name:?}");
            assert!(are_confusable(name, "Ana"), "{name:?}");
        }
        assert!(are_confusable("Ilya", "llya") && are_confusable("IlyA", "llya"));
        assert!(are_confusable("rnarta", "marta"));
    }

    #[test]
    fn a_thousand_ways_to_draw_a_name_are_confusable_with_it_or_no_name() {
        let capitals = "A\u{410}\u{391}\u{ff21}\u{1d400}\u{1d5a0}\u{1d670}\u{13aa}\u{a4ee}";
        let middles = "n\u{578}\u{ff4e}\u{1d427}\u{1d5c7}";
        let smalls = "a\u{430}\u{3b1}\u{ff41}\u{1d41a}\u{1d5ba}\u{251}\u{237a}";
        let unseen = ["", "\u{200b}", "\u{202e}", "\u{2066}", "\u{feff}"];
        let mut tried = 0;
        for (capital, middle) in capitals
            .chars()
            .flat_map(|c| middles.chars().map(move |m| (c, m)))
        {
            for (small, mark) in smalls.chars().flat_map(|s| unseen.map(|mark| (s, mark))) {
                let name = format!("{mark}{capital}{middle}{small}");
                assert!(are_confusable("Ana", &name), "{name:?}");
                assert_eq!(is_name(&name), mark.is_empty(), "{name:?}");
                tried += 1;
            }
        }
        assert_eq!(tried, 9 * 5 * 8 * 5);
    }

    #[test]
    fn other_names_are_not() {
        for name in [
            "",
            "Anna",
            "Bob",
            "An",
            "Анна",
            "\u{645}\u{631}\u{6cc}\u{645}",
        ] {
            assert!(!are_confusable("Ana", name), "{name:?}");
        }
    }

    #[test]
    fn what_is_not_seen_is_in_no_name_and_is_left_out_of_what_was_typed() {
        let unseen = [
            '\0',
            '\n',
            '\u{7f}',
            '\u{85}',
            '\u{ad}',
            '\u{34f}',
            '\u{61c}',
            '\u{115f}',
            '\u{180e}',
            '\u{200b}',
            '\u{200c}',
            '\u{200d}',
            '\u{200e}',
            '\u{200f}',
            '\u{2028}',
            '\u{202a}',
            '\u{202e}',
            '\u{2060}',
            '\u{2066}',
            '\u{2069}',
            '\u{206f}',
            '\u{2800}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{feff}',
            '\u{ffa0}',
            '\u{fff9}',
            '\u{e0001}',
            '\u{e0100}',
        ];
        for c in unseen {
            let name = format!("A{c}na");
            assert!(!is_name(&name), "{c:?}");
            assert_eq!(to_name(&name), "Ana", "{c:?}");
        }
    }

    #[test]
    fn names_of_many_scripts_are_names() {
        let names = [
            "",
            "Ana",
            "José",
            "Łukasz",
            "Оксана",
            "علی",
            "समीर",
            "王小明",
            "김",
            "Ana \u{1f98b}",
        ];
        for name in names {
            assert!(is_name(name) && to_name(name) == name, "{name}");
        }
    }

    #[test]
    fn a_name_is_cut_between_characters() {
        assert!(is_name(&"x".repeat(NAME_BYTES_MAX)) && !is_name(&"x".repeat(NAME_BYTES_MAX + 1)));
        assert_eq!(to_name(&"ß".repeat(20)), "ß".repeat(NAME_BYTES_MAX / 2));
        assert_eq!(to_name(&format!("  x{}y", " ".repeat(30))), "x");
        assert!(is_name(&to_name(&"\u{200b}é\n".repeat(1_000))));
    }
}
