//! What the dialog about safety shows.

use crate::model::{Dialog, Model};
use crate::widgets::Hold;

/// What was typed so far, and the held button. Widget state.
#[derive(Debug, Default)]
pub struct Form {
    /// The button that destroys everything.
    pub hold: Hold,
}

/// The dialog about safety.
#[derive(Debug, PartialEq, Eq)]
pub struct SafetyData;

impl SafetyData {
    /// What to show; none while the dialog is closed.
    #[must_use]
    pub fn new(model: &Model) -> Option<Self> {
        matches!(model.route.dialog, Some(Dialog::Safety)).then_some(Self)
    }
}
