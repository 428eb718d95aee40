//! Draws the dialog about safety.

use egui::Ui;

use super::data::Form;
use crate::action::{Action, Actions};
use crate::text;
use crate::text::safety as words;
use crate::theme::Look;
use crate::widgets::{Tone, button, dialog_ui, heading, hold_ui, weak};

/// Draws the dialog.
pub fn safety_ui(ui: &Ui, look: &Look, form: &mut Form, actions: &mut Actions) {
    let close = dialog_ui(ui.ctx(), look, "safety", words::TITLE, |ui| {
        let gap = look.sizes.gap_m;
        heading(ui, look, words::LOCK_HEADING);
        weak(ui, look, words::LOCK_TEXT);
        if button(ui, look, Tone::Primary, true, words::LOCK_NOW).clicked() {
            actions.push(Action::Lock);
        }
        ui.add_space(gap);
        heading(ui, look, words::DESTROY_HEADING);
        weak(ui, look, words::DESTROY_TEXT);
        let said: (&str, fn(u32) -> String) = (words::DESTROY, words::destroying_in);
        if hold_ui(ui, look, &mut form.hold, said) {
            actions.push(Action::Wipe);
        }
        ui.add_space(gap);
        if button(ui, look, Tone::Plain, true, text::CLOSE).clicked() {
            actions.push(Action::CloseDialog);
        }
    });
    if close {
        actions.push(Action::CloseDialog);
    }
}
