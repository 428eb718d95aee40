//! Draws the question before an SOS, and the alert of somebody else's.

use egui::{Color32, Frame, Id, Label, Margin, RichText, Stroke, TextEdit, Ui};

use super::data::{AlertData, Form, SosData};
use crate::action::{Action, Actions};
use crate::screens::chat::composer::DRAFT_CHARS_MAX;
use crate::text;
use crate::theme::{Look, strong};
use crate::widgets::{
    Tone, author_plain_ui, bullet_ui, button, callout_ui, dialog_ui, focus_ring, weak,
};

/// Draws the question. Enter begins a new line: an SOS goes out by a press of its
/// own button alone.
pub fn sos_ui(ui: &Ui, look: &Look, data: &SosData, form: &mut Form, actions: &mut Actions) {
    let close = dialog_ui(ui.ctx(), look, "sos", text::SOS_TITLE, |ui| {
        weak(ui, look, text::SOS_TO);
        ui.add(Label::new(strong(&data.name).size(look.sizes.heading)).wrap());
        let tone = if data.public {
            Tone::Warning
        } else {
            Tone::Plain
        };
        callout_ui(ui, look, tone, data.sign);
        ui.add_space(look.sizes.gap_xs);
        draft_ui(ui, look, data, form, actions);
        for point in text::SOS_POINTS {
            bullet_ui(ui, look, point);
        }
        bullet_ui(ui, look, &text::sos_lifetime());
        ui.add_space(look.sizes.gap_s);
        ui.horizontal(|ui| {
            if button(ui, look, Tone::Danger, data.can_send, text::SOS_SEND).clicked() {
                actions.push(Action::SendSos(data.conversation));
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

fn draft_ui(ui: &mut Ui, look: &Look, data: &SosData, form: &mut Form, actions: &mut Actions) {
    let c = &look.colours;
    let mut draft = data.draft.clone();
    let id = Id::new("sos-text").with(data.conversation);
    let label = ui.add(Label::new(strong(text::SOS_FIELD)).selectable(false));
    let frame = Frame::new()
        .fill(c.field.into())
        .corner_radius(look.sizes.radius)
        .stroke(Stroke::new(look.sizes.line, Color32::from(c.field_line)))
        .inner_margin(Margin::symmetric(11, 9));
    let shown = frame.show(ui, |ui| {
        let edit = TextEdit::multiline(&mut draft)
            .id(id)
            .char_limit(DRAFT_CHARS_MAX)
            .frame(Frame::NONE)
            .hint_text(RichText::new(text::SOS_HINT).color(Color32::from(c.weak)))
            .desired_rows(3)
            .desired_width(f32::INFINITY);
        ui.add(edit).labelled_by(label.id)
    });
    let field = shown.inner;
    focus_ring(ui, look, &field.clone().with_new_rect(shown.response.rect));
    if !core::mem::replace(&mut form.focused, true) {
        field.request_focus();
    }
    if field.changed() {
        actions.push(Action::EditDraft {
            conversation: data.conversation,
            text: draft.into(),
        });
    }
    let ink: Color32 = if data.too_long {
        c.bad.into()
    } else {
        c.weak.into()
    };
    ui.label(RichText::new(&data.counter).small().color(ink));
}

/// Draws the alert: in words and in colour, who calls and where.
pub fn alert_ui(ui: &mut Ui, look: &Look, alert: &AlertData, actions: &mut Actions) {
    let c = &look.colours;
    let ink = Color32::from(c.text);
    Frame::new()
        .fill(c.bad_soft.into())
        .stroke(Stroke::new(look.sizes.line, Color32::from(c.bad)))
        .corner_radius(look.sizes.radius)
        .inner_margin(Margin::symmetric(12, 9))
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            let heading = strong(&alert.heading).color(Color32::from(c.bad));
            ui.add(Label::new(heading).wrap());
            ui.horizontal_wrapped(|ui| {
                author_plain_ui(ui, look, &alert.author);
                ui.add(Label::new(RichText::new(&alert.time).small().color(ink)));
            });
            ui.add(Label::new(RichText::new(&alert.text).color(ink)).wrap());
            ui.horizontal(|ui| {
                if button(ui, look, Tone::Danger, true, text::SHOW_SOS).clicked() {
                    actions.push(Action::Open(alert.conversation));
                }
                if button(ui, look, Tone::Plain, true, text::DISMISS).clicked() {
                    actions.push(Action::DismissAlert);
                }
            });
        });
}
