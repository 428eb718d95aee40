//! What the door shows.

use crate::model::{Dialog, Model, Stage};
use crate::text;
use crate::widgets::Hold;

/// What was typed so far. Widget state.
#[derive(Default)]
pub struct Form {
    /// As typed.
    pub passphrase: String,
    /// Whether it can be read on screen.
    pub visible: bool,
    /// What was typed to confirm that the profile is to be erased.
    pub confirmation: String,
    /// The button that destroys everything.
    pub hold: Hold,
    /// Whether the field has had the keyboard already.
    pub focused: bool,
}

/// What the door shows.
#[derive(Debug, PartialEq, Eq)]
pub enum DoorData {
    /// A passphrase is asked for.
    Unlock {
        /// One line.
        title: &'static str,
        /// A sentence below it.
        text: &'static str,
        /// What is going on.
        busy: Option<&'static str>,
        /// Why the last try failed.
        error: Option<String>,
        /// The question whether to erase the profile, on top.
        start_anew: Option<StartAnewData>,
        /// Whether the node runs and only relays; else the profile can be erased.
        is_running: bool,
        /// A sentence at the bottom.
        note: &'static str,
    },
    /// The profile is being destroyed, or was.
    Wiped {
        /// Whether it is under way.
        busy: bool,
        /// Why it could not be done.
        error: Option<String>,
    },
    /// Nothing can be done here.
    Message {
        /// One line.
        title: &'static str,
        /// Sentences below it.
        lines: Vec<String>,
        /// Whether trying again makes sense.
        can_reopen: bool,
    },
}

/// The question whether to erase the profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartAnewData {
    /// Whether it is being erased.
    pub busy: bool,
    /// Why it could not be.
    pub error: Option<String>,
    /// Whether the confirmation was typed.
    pub confirmed: bool,
}

impl DoorData {
    /// What to show; none where the door is not on show.
    #[must_use]
    pub fn new(model: &Model, form: &Form) -> Option<Self> {
        match &model.stage {
            Stage::Unlock(entry) => Some(Self::Unlock {
                title: text::UNLOCK_TITLE,
                text: text::UNLOCK_TEXT,
                busy: entry.busy.then_some(text::OPENING),
                error: entry.error.clone(),
                is_running: false,
                note: text::UNLOCK_WIFI,
                start_anew: match &model.route.dialog {
                    Some(Dialog::StartAnew { busy, error }) => Some(StartAnewData {
                        busy: *busy,
                        error: error.clone(),
                        confirmed: form.confirmation.trim().to_lowercase() == text::ERASE_WORD,
                    }),
                    _ => None,
                },
            }),
            Stage::Locked { entry, is_done } => Some(Self::Unlock {
                title: text::LOCKED_TITLE,
                text: text::LOCKED_TEXT,
                busy: entry.busy.then_some(match is_done {
                    true => text::OPENING,
                    false => text::LOCKING,
                }),
                error: entry.error.clone(),
                is_running: true,
                note: text::LOCKED_NOTE,
                start_anew: None,
            }),
            Stage::Unreadable { reason } => Some(Self::Message {
                title: text::UNREADABLE_TITLE,
                lines: vec![reason.clone(), text::UNREADABLE_ADVICE.to_owned()],
                can_reopen: false,
            }),
            Stage::Stopped { error } => Some(Self::Message {
                title: text::STOPPED_TITLE,
                lines: error
                    .clone()
                    .into_iter()
                    .chain([text::STOPPED_TEXT.to_owned()])
                    .collect(),
                can_reopen: true,
            }),
            Stage::Wiped { busy, error } => Some(Self::Wiped {
                busy: *busy,
                error: error.clone(),
            }),
            Stage::Onboarding(_) | Stage::Main => None,
        }
    }
}
