//! A contact passes on the card of another (`docs/protocol/wire.md`, "Items", kind 30).
//!
//! | bytes | field |
//! |---|---|
//! | 186 | card, as its owner signed it |
//! | 2 | bytes of the bundle: 0 or 1,316 |
//! | 0 or 1,316 | the newest bundle of the same person |
//! | up to 200 | what the introducer says of them, UTF-8 |

use core::fmt;

use crate::limits::INTRODUCTION_TEXT_BYTES_MAX;

/// Bytes of a card.
pub const CARD_BYTES: usize = 186;
/// Bytes of a bundle.
pub const BUNDLE_BYTES: usize = 1_316;

/// Somebody's card with the word of whoever passes it on. Neither card nor bundle is
/// checked here but for their lengths.
#[derive(Clone, PartialEq, Eq)]
pub struct Introduction {
    /// As signed.
    pub card: [u8; CARD_BYTES],
    /// As signed.
    pub bundle: Option<Box<[u8; BUNDLE_BYTES]>>,
    /// At most [`INTRODUCTION_TEXT_BYTES_MAX`] bytes, without controls but for line
    /// feeds.
    pub text: String,
}

/// Whether a text may be said of somebody.
#[must_use]
pub fn is_introduction_text(text: &str) -> bool {
    let is_unfit = |c: char| c.is_control() && c != '\n';
    text.len() <= INTRODUCTION_TEXT_BYTES_MAX && !text.chars().any(is_unfit)
}

impl Introduction {
    /// As in a message.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let bundle = self.bundle.as_ref().map_or(&[][..], |bundle| &bundle[..]);
        let length = u16::try_from(bundle.len()).unwrap_or(u16::MAX);
        [
            &self.card[..],
            &length.to_le_bytes(),
            bundle,
            self.text.as_bytes(),
        ]
        .concat()
    }

    /// `None` for another form, or a text that is none.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (card, rest) = bytes.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (bundle, text) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
        let bundle = match bundle {
            [] => None,
            bundle => Some(Box::new(bundle.try_into().ok()?)),
        };
        let text = str::from_utf8(text).ok()?;
        is_introduction_text(text).then(|| Self {
            card: *card,
            bundle,
            text: text.to_owned(),
        })
    }
}

impl fmt::Debug for Introduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Introduction(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(bundle: bool, text: &str) -> Introduction {
        Introduction {
            card: [7; CARD_BYTES],
            bundle: bundle.then(|| Box::new([8; BUNDLE_BYTES])),
            text: text.to_owned(),
        }
    }

    #[test]
    fn an_introduction_comes_back_with_and_without_bundle_and_text() {
        let long = "x".repeat(INTRODUCTION_TEXT_BYTES_MAX);
        for (bundle, text) in [(true, "Ana\nfrom work"), (false, ""), (true, &long)] {
            let introduction = sample(bundle, text);
            let bytes = introduction.encode();
            assert_eq!(Introduction::decode(&bytes), Some(introduction));
            let fixed = bytes.len() - text.len();
            for len in 0..fixed {
                assert_eq!(Introduction::decode(&bytes[..len]), None, "{len}");
            }
        }
    }

    #[test]
    fn wrong_lengths_and_texts_are_refused() {
        let long = "x".repeat(INTRODUCTION_TEXT_BYTES_MAX + 1);
        for text in [long.as_str(), "a\tb", "\u{1b}[2J", "\0"] {
            assert_eq!(Introduction::decode(&sample(false, text).encode()), None);
        }
        let mut bytes = sample(false, "x").encode();
        bytes[CARD_BYTES] = 1;
        assert_eq!(Introduction::decode(&bytes), None);
        *bytes.last_mut().unwrap() = 0xff;
        bytes[CARD_BYTES] = 0;
        assert_eq!(Introduction::decode(&bytes), None);
    }

    #[test]
    fn golden_bytes() {
        let mut expected = vec![7; CARD_BYTES];
        expected.extend([0, 0]);
        expected.extend(b"ok");
        assert_eq!(sample(false, "ok").encode(), expected);
        let mut expected = vec![7; CARD_BYTES];
        expected.extend([0x24, 0x05]);
        expected.extend([8; BUNDLE_BYTES]);
        assert_eq!(sample(true, "").encode(), expected);
    }
}
