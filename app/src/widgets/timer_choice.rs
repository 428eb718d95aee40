//! The choice after how long messages disappear.

use egui::Ui;

use super::controls::{heading, weak};
use crate::action::{Action, Actions};
use crate::screens::chat::data::TimerData;
use crate::text::marks as words;
use crate::theme::Look;

/// Draws what can be chosen; the one in force is marked.
pub fn timer_ui(ui: &mut Ui, look: &Look, data: &TimerData, actions: &mut Actions) {
    heading(ui, look, words::TIMER);
    weak(ui, look, words::TIMER_NOTE);
    ui.horizontal_wrapped(|ui| {
        for choice in &data.choices {
            let chosen = choice.seconds == data.seconds;
            let pressed = ui.selectable_label(chosen, &choice.label).clicked();
            if pressed && !chosen {
                actions.push(Action::SetTimer {
                    conversation: data.conversation,
                    seconds: choice.seconds,
                });
            }
        }
    });
}
