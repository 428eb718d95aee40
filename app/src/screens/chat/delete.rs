//! The question before a message is deleted.

use egui::{Label, Ui};

use crate::action::{Action, Actions};
use crate::model::{Dialog, Model};
use crate::text;
use crate::text::marks as words;
use crate::theme::Look;
use crate::widgets::{Tone, bullet_ui, button, buttons_ui, dialog_ui};

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
pub struct DeleteData {
    /// The heading.
    pub title: &'static str,
    /// How the message begins.
    pub text: String,
    /// What will happen, point by point.
    pub points: &'static [&'static str],
    /// What the button says.
    pub button: &'static str,
}

/// Characters of the message that are shown.
const TEXT_CHARS: usize = 160;

impl DeleteData {
    /// What to ask; none while the dialog is closed.
    #[must_use]
    pub fn new(model: &Model) -> Option<Self> {
        let Some(Dialog::Delete {
            message_id,
            everybody,
            ..
        }) = &model.route.dialog
        else {
            return None;
        };
        let message = model.timeline.as_ref()?.message(*message_id);
        let text = message.map_or_else(String::new, |message| {
            super::beside::short(&message.text, TEXT_CHARS)
        });
        Some(match everybody {
            true => Self {
                title: words::DELETE_EVERYBODY_TITLE,
                text,
                points: &words::DELETE_EVERYBODY_POINTS,
                button: words::DELETE_EVERYBODY_BUTTON,
            },
            false => Self {
                title: words::DELETE_HERE_TITLE,
                text,
                points: &words::DELETE_HERE_POINTS,
                button: words::DELETE_HERE_BUTTON,
            },
        })
    }
}

/// Draws the question.
pub fn delete_ui(ui: &Ui, look: &Look, data: &DeleteData, actions: &mut Actions) {
    let close = dialog_ui(ui.ctx(), look, "delete", data.title, |ui| {
        ui.add(Label::new(&data.text).wrap());
        for point in data.points {
            bullet_ui(ui, look, point);
        }
        ui.add_space(look.sizes.gap_m);
        buttons_ui(ui, |ui| {
            if button(ui, look, Tone::Danger, true, data.button).clicked() {
                actions.push(Action::Delete);
            }
            if button(ui, look, Tone::Plain, true, text::CANCEL).clicked() {
                actions.push(Action::CloseDialog);
            }
        });
    });
    if close {
        actions.push(Action::CloseDialog);
    }
}
