//! What the first run shows.

use mesh_core::api::{Grade, Strength};
use mesh_core::limits::NAME_BYTES_MAX;

use crate::model::Entry;
use crate::text;

/// What was typed so far. Widget state: it never enters the model.
#[derive(Default)]
pub struct Form {
    /// Whether the second page is on show.
    pub on_wifi_page: bool,
    /// The name to claim.
    pub name: String,
    /// As typed.
    pub passphrase: String,
    /// As typed again.
    pub repeat: String,
    /// Whether the passphrase can be read on screen.
    pub visible: bool,
    /// Whether the passphrase is one that Starling drew.
    pub suggested: bool,
    /// Set by the screen: draw a passphrase.
    pub wants_suggestion: bool,
    /// Set by the screen: the passphrase changed, `strength` is out of date.
    pub needs_strength: bool,
    /// Of the passphrase; none while it is empty.
    pub strength: Option<Strength>,
}

/// What the first run shows.
#[derive(Debug, PartialEq, Eq)]
pub struct OnboardingData {
    /// Whether the second page is on show.
    pub on_wifi_page: bool,
    /// Whether the node is being started.
    pub busy: bool,
    /// Why the last try failed.
    pub error: Option<String>,
    /// How good the passphrase is.
    pub strength: Option<StrengthData>,
    /// What is still to do on the first page; none if it is complete.
    pub missing: Option<String>,
}

/// How good a passphrase is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StrengthData {
    /// Of three classes.
    pub grade: Grade,
    /// How much of the bar is filled, percent.
    pub percent: u8,
    /// In words.
    pub words: &'static str,
}

impl Form {
    /// Whether the screen asked for something that is not done yet.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.wants_suggestion || self.needs_strength
    }

    /// What is still to do on the first page; none if it is complete.
    #[must_use]
    pub fn missing(&self) -> Option<String> {
        let name = self.name.trim();
        if name.is_empty() {
            return Some(text::NAME_MISSING.to_owned());
        }
        if name.len() > NAME_BYTES_MAX {
            return Some(text::bytes_over(name.len() - NAME_BYTES_MAX));
        }
        let missing = if self.passphrase.is_empty() {
            text::PASSPHRASE_MISSING
        } else if self.repeat.is_empty() {
            text::REPEAT_MISSING
        } else if self.repeat != self.passphrase {
            text::REPEAT_DIFFERS
        } else {
            return None;
        };
        Some(missing.to_owned())
    }
}

impl OnboardingData {
    /// What to show.
    #[must_use]
    pub fn new(entry: &Entry, form: &Form) -> Self {
        Self {
            on_wifi_page: form.on_wifi_page,
            busy: entry.busy,
            error: entry.error.clone(),
            strength: form.strength.map(StrengthData::new),
            missing: form.missing(),
        }
    }
}

impl StrengthData {
    /// A bar that is full at 80 bits: beyond that nobody gains anything.
    #[must_use]
    pub fn new(strength: Strength) -> Self {
        let percent = u32::from(strength.bits) * 100 / 80;
        Self {
            grade: strength.grade,
            percent: u8::try_from(percent.clamp(4, 100)).unwrap_or(100),
            words: text::strength(strength.grade),
        }
    }
}
