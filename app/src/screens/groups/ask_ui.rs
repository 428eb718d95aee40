//! Draws the questions before somebody is cut off, and what came of it.

use egui::{Label, Ui};

use super::data::{AskData, CameData};
use crate::action::{Action, Actions};
use crate::text::groups as words;
use crate::theme::{Look, strong};
use crate::widgets::{Tone, bullet_ui, button, callout_ui, weak};

/// Draws a question and the one button that does it.
pub(super) fn ask_ui(ui: &mut Ui, look: &Look, data: &AskData, can: bool, actions: &mut Actions) {
    who_ui(ui, look, &data.who);
    for point in &data.points {
        bullet_ui(ui, look, point);
    }
    ui.add_space(look.sizes.gap_s);
    if button(ui, look, Tone::Danger, can, &data.button).clicked() {
        actions.push(Action::AskGroup(data.ask.clone()));
    }
}

/// Draws what was done, and what is left to do.
pub(super) fn came_ui(ui: &mut Ui, look: &Look, data: &CameData, can: bool, actions: &mut Actions) {
    who_ui(ui, look, &data.who);
    if let Some(nothing) = data.nothing {
        callout_ui(ui, look, Tone::Plain, nothing);
    }
    if let Some(removed) = &data.removed {
        callout_ui(ui, look, Tone::Good, removed);
    }
    if let Some(signed) = &data.signed {
        callout_ui(ui, look, Tone::Warning, signed);
        weak(ui, look, words::CAME_SIGNED_NOTE);
    }
    if let Some(left) = &data.left {
        callout_ui(ui, look, Tone::Warning, left);
        weak(ui, look, words::CAME_LEFT_NOTE);
        weak(ui, look, words::WITHOUT_OLD);
    }
    for row in &data.without {
        match &row.ask {
            Some(ask) => {
                if button(ui, look, Tone::Primary, can, &row.button).clicked() {
                    actions.push(Action::AskGroup(ask.clone()));
                }
            }
            None => {
                button(ui, look, Tone::Plain, false, &row.button)
                    .on_disabled_hover_text(words::CAME_UNKNOWN);
            }
        }
    }
}

fn who_ui(ui: &mut Ui, look: &Look, who: &str) {
    ui.add(Label::new(strong(who).size(look.sizes.heading)).wrap());
}
