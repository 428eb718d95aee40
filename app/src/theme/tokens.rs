//! The values of `assets/theme`, read once at start-up.

use egui::Color32;
use serde::{Deserialize, Deserializer};

const LIGHT: &str = include_str!("../../../assets/theme/light.toml");
const DARK: &str = include_str!("../../../assets/theme/dark.toml");
const SIZES: &str = include_str!("../../../assets/theme/sizes.toml");

/// A theme file that does not say what it should; the tests read all of them.
#[derive(Debug, thiserror::Error)]
#[error("theme: {0}")]
pub struct ThemeError(#[from] toml::de::Error);

/// Colours and sizes of one theme.
#[derive(Debug, Clone)]
pub struct Look {
    /// Colours by what they are for.
    pub colours: Colours,
    /// Sizes in points.
    pub sizes: Sizes,
}

/// Light and dark.
#[derive(Debug, Clone)]
pub struct Looks {
    light: Look,
    dark: Look,
}

impl Looks {
    /// The looks that the program carries.
    pub fn embedded() -> Result<Self, ThemeError> {
        let sizes: Sizes = toml::from_str(SIZES)?;
        Ok(Self {
            light: Look {
                colours: toml::from_str(LIGHT)?,
                sizes,
            },
            dark: Look {
                colours: toml::from_str(DARK)?,
                sizes,
            },
        })
    }

    /// The look of a theme.
    #[must_use]
    pub fn of(&self, theme: egui::Theme) -> &Look {
        match theme {
            egui::Theme::Light => &self.light,
            egui::Theme::Dark => &self.dark,
        }
    }
}

/// Declares a struct of tokens whose fields explain themselves in the asset.
macro_rules! tokens {
    ($(#[$doc:meta])* $name:ident: $type:ty { $($field:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[allow(missing_docs, reason = "the asset says what each is for")]
        pub struct $name { $(pub $field: $type),* }
    };
}

tokens! {
    /// Sizes in points (`assets/theme/sizes.toml`).
    Sizes: f32 {
        title, heading, body, small,
        gap_xs, gap_s, gap_m, gap_l, gap_xl,
        radius, radius_bubble, radius_card,
        line, button_height, field_height, avatar, badge_dot, bar_height, code, spinner,
        one_pane, three_panes, list_width, people_width, header_height, status_height,
        conversation_row, card_width, dialog_width, bubble_width, composer_rows,
        window_width, window_height, window_width_min, window_height_min,
    }
}

/// Colours by what they are for (`assets/theme/light.toml`).
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs, reason = "the asset says what each is for")]
pub struct Colours {
    pub ground: Colour,
    pub side: Colour,
    pub raised: Colour,
    pub field: Colour,
    pub field_line: Colour,
    pub line: Colour,
    pub text: Colour,
    pub weak: Colour,
    pub accent: Colour,
    pub accent_hover: Colour,
    pub on_accent: Colour,
    pub selected: Colour,
    pub hover: Colour,
    pub button: Colour,
    pub own_bubble: Colour,
    pub other_bubble: Colour,
    pub good: Colour,
    pub good_soft: Colour,
    pub warn: Colour,
    pub warn_soft: Colour,
    pub bad: Colour,
    pub bad_soft: Colour,
    pub code_dark: Colour,
    pub code_light: Colour,
    pub backdrop: Colour,
    pub shadow: Colour,
    authors: [Colour; 8],
}

impl Colours {
    /// The colour of an author: the same badge, the same colour, everywhere.
    #[must_use]
    pub fn author(&self, badge: [u8; 8]) -> Color32 {
        let sum = badge
            .iter()
            .fold(0u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(*byte));
        let [first, ..] = self.authors;
        let chosen = self.authors.get(usize::from(sum) % self.authors.len());
        chosen.copied().unwrap_or(first).into()
    }
}

/// A colour as the files write it, `#rrggbb` or `#rrggbbaa`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour(Color32);

impl From<Colour> for Color32 {
    fn from(colour: Colour) -> Self {
        colour.0
    }
}

impl<'de> Deserialize<'de> for Colour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Color32::from_hex(&text)
            .map(Self)
            .map_err(|_| serde::de::Error::custom("expected #rrggbb"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.2 relative luminance.
    fn luminance(colour: Colour) -> f32 {
        let linear = egui::Rgba::from(colour.0);
        0.2126 * linear.r() + 0.7152 * linear.g() + 0.0722 * linear.b()
    }

    fn contrast(one: Colour, other: Colour) -> f32 {
        let (a, b) = (luminance(one), luminance(other));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_text_can_be_read_on_every_ground_it_lies_on() {
        let looks = Looks::embedded().unwrap();
        for theme in [egui::Theme::Light, egui::Theme::Dark] {
            let c = &looks.of(theme).colours;
            let grounds = [
                c.ground,
                c.side,
                c.raised,
                c.selected,
                c.hover,
                c.own_bubble,
                c.other_bubble,
            ];
            let mut pairs: Vec<(Colour, Colour)> = Vec::new();
            for ground in grounds {
                pairs.extend([c.text, c.weak].map(|ink| (ink, ground)));
            }
            for ground in [c.ground, c.other_bubble, c.side] {
                pairs.extend(c.authors.map(|ink| (ink, ground)));
            }
            pairs.extend([
                (c.on_accent, c.accent),
                (c.on_accent, c.accent_hover),
                (c.text, c.button),
                (c.good, c.good_soft),
                (c.warn, c.warn_soft),
                (c.bad, c.bad_soft),
                (c.text, c.bad_soft),
                (c.bad, c.side),
                (c.bad, c.selected),
                (c.bad, c.hover),
                (c.bad, c.ground),
                (c.good, c.raised),
                (c.warn, c.raised),
                (c.bad, c.raised),
                (c.accent, c.raised),
                (c.accent, c.own_bubble),
                (c.accent, c.other_bubble),
                (c.warn, c.own_bubble),
            ]);
            for (ink, ground) in pairs {
                let ratio = contrast(ink, ground);
                assert!(
                    ratio >= 4.5,
                    "{theme:?}: {ink:?} on {ground:?} is {ratio:.2}"
                );
            }
        }
    }

    #[test]
    fn author_keeps_the_colour_of_the_badge() {
        let looks = Looks::embedded().unwrap();
        let colours = &looks.of(egui::Theme::Light).colours;
        assert_eq!(colours.author([7; 8]), colours.author([7; 8]));
        assert_ne!(
            colours.author([7; 8]),
            colours.author([7, 7, 7, 7, 7, 7, 7, 8])
        );
    }
}
