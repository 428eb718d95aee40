//! Text of other people, made safe to lay out: plain, and only plain.
//!
//! A peer's text can hold characters that reorder the line, hide others or look
//! like our own lines. They are replaced by a visible mark (or dropped in names),
//! so that nobody can write a line that seems to come from Starling or from
//! somebody else.

/// Stands for a character that was taken out.
const REPLACED: char = '\u{FFFD}';
/// Combining marks that may follow one letter; real writing needs fewer.
const MARKS_MAX: usize = 4;
/// Characters of an emoji that are shown: families are several in a row.
const EMOJI_CHARS_MAX: usize = 4;
/// Characters of a name that are shown.
const NAME_CHARS_MAX: usize = 24;

/// A text of several lines: line breaks stay, at most one empty line in a row.
#[must_use]
pub fn block(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut marks, mut breaks) = (0, 0);
    for c in text.trim_end().chars() {
        if c == '\n' {
            breaks += 1;
            if breaks <= 2 {
                out.push('\n');
            }
            continue;
        }
        breaks = if c == '\r' { breaks } else { 0 };
        marks = if is_mark(c) { marks + 1 } else { 0 };
        match c {
            '\r' => {}
            '\t' => out.push_str("    "),
            _ if marks > MARKS_MAX => {}
            _ if is_forbidden(c) => out.push(REPLACED),
            _ => out.push(c),
        }
    }
    out
}

/// A single line, such as a preview in the list.
#[must_use]
pub fn line(text: &str) -> String {
    block(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A claimed name: one line, no invisible characters, bounded.
#[must_use]
pub fn name(text: &str) -> String {
    let visible: String = text
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !is_invisible(*c) && !is_forbidden(*c))
        .collect();
    let short: String = line(&visible).chars().take(NAME_CHARS_MAX).collect();
    if short.is_empty() {
        crate::text::NAMELESS.to_owned()
    } else {
        short
    }
}

/// An emoji that somebody chose: what is drawn of it. Joins, variants and shades of
/// skin, which no font here knows, are left out.
#[must_use]
pub fn emoji(text: &str) -> String {
    let is_shade = |c: char| matches!(c, '\u{1F3FB}'..='\u{1F3FF}');
    let visible = text
        .chars()
        .filter(|c| !is_invisible(*c) && !is_forbidden(*c) && !is_shade(*c) && !is_mark(*c));
    let short: String = visible
        .filter(|c| !c.is_whitespace())
        .take(EMOJI_CHARS_MAX)
        .collect();
    if short.is_empty() {
        REPLACED.to_string()
    } else {
        short
    }
}

/// Controls, overrides of writing direction, and characters without a place in text.
fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061C}' | '\u{180E}' | '\u{200E}' | '\u{200F}'
            | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
            | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFC}' | '\u{E0000}'..='\u{E0FFF}'
            | '\u{E000}'..='\u{F8FF}')
}

/// Joins and spaces of no width: right inside words of some languages, but in a
/// name they only make two look alike.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{115F}' | '\u{1160}' | '\u{200B}'..='\u{200D}'
        | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FFA0}')
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{0300}'..='\u{036F}' | '\u{0483}'..='\u{0489}' | '\u{1AB0}'..='\u{1AFF}'
        | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_override_becomes_a_visible_mark() {
        assert_eq!(block("a\u{202E}b\u{2066}c"), "a\u{FFFD}b\u{FFFD}c");
    }

    #[test]
    fn controls_cannot_move_the_cursor() {
        assert_eq!(
            block("a\u{8}\u{1b}[2Jb\tc\r\nd"),
            "a\u{FFFD}\u{FFFD}[2Jb    c\nd"
        );
    }

    #[test]
    fn empty_lines_shrink_to_one() {
        assert_eq!(block("a\n\n\n\n\r\n\nb\n\n"), "a\n\nb");
    }

    #[test]
    fn stacked_marks_are_bounded() {
        assert_eq!(
            block(&format!("a{}", "\u{0301}".repeat(200)))
                .chars()
                .count(),
            1 + MARKS_MAX
        );
    }

    #[test]
    fn hostile_name_is_one_short_line() {
        assert_eq!(name("Ana\u{200B}\n\u{202E}Starling:"), "Ana Starling:");
        assert_eq!(name(&"W".repeat(500)).chars().count(), NAME_CHARS_MAX);
        assert_eq!(name("\u{200B}\u{2066}"), crate::text::NAMELESS);
    }

    #[test]
    fn hostile_emoji_is_short_and_visible() {
        assert_eq!(emoji("\u{1F44D}\u{1F3FD}\u{FE0F}"), "\u{1F44D}");
        assert_eq!(emoji("all members must leave"), "allm");
        assert_eq!(emoji("\u{202E}\n\u{200D}"), "\u{FFFD}");
    }

    #[test]
    fn ordinary_writing_is_untouched() {
        for text in ["Où es-tu ?", "کجایی؟ می‌خواهم", "👩‍👩‍👧 ok", "第二行\nline"]
        {
            assert_eq!(block(text), text);
        }
    }
}
