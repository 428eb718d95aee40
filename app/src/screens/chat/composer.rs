//! Draws the composer: Enter sends, Shift+Enter begins a new line.

use egui::containers::menu::MenuButton;
use egui::{
    Align, Color32, Frame, Id, Key, KeyboardShortcut, Layout, Margin, Modifiers, RichText,
    ScrollArea, Stroke, TextEdit, Ui,
};
use mesh_core::limits::TEXT_BYTES_MAX;
use mesh_core::types::Lifetime;

use super::data::ChatData;
use crate::action::{Action, Actions};
use crate::text;
use crate::theme::{Look, strong};
use crate::widgets::{Tone, button, callout_ui, focus_ring, named, weak};

/// Characters that a draft can have: enough to see that it is too long and to shorten
/// it; a pasted megabyte would freeze the window, which lays all of it out.
pub const DRAFT_CHARS_MAX: usize = 2 * TEXT_BYTES_MAX;

/// The composer's own id: Ctrl+M finds it from anywhere.
pub(super) fn composer_id() -> Id {
    Id::new("composer")
}

/// Draws the composer. True when something was sent.
pub(super) fn composer_ui(
    ui: &mut Ui,
    look: &Look,
    data: &ChatData<'_>,
    actions: &mut Actions,
) -> bool {
    let (s, c) = (&look.sizes, &look.colours);
    let composer = &data.composer;
    if let Some(refused) = &composer.refused {
        callout_ui(ui, look, Tone::Danger, refused);
    } else if let Some(nobody_near) = &data.nobody_near {
        let words = RichText::new(nobody_near)
            .small()
            .color(Color32::from(c.weak));
        ui.add(egui::Label::new(words).wrap());
    }
    // Before the field sees it, or it would become a line break.
    let has_focus = ui.memory(|memory| memory.has_focus(composer_id()));
    let enter = has_focus && ui.input_mut(consume_enter);
    let mut draft = composer.draft.clone();
    let send = ui.horizontal(|ui| {
        let send_width = s.button_height * 2.0;
        let width = ui.available_width() - send_width - s.gap_s;
        let field = ui.vertical(|ui| {
            ui.set_width(width);
            field_ui(ui, look, composer.hint, &mut draft)
        });
        if field.inner.changed() {
            actions.push(Action::EditDraft {
                conversation: data.conversation,
                text: draft.into(),
            });
        }
        ui.spacing_mut().interact_size.x = send_width;
        button(ui, look, Tone::Primary, composer.can_send, text::SEND).clicked()
    });
    ui.horizontal(|ui| below_ui(ui, look, data, actions));
    let sent = composer.can_send && (enter || send.inner);
    if sent {
        actions.push(Action::Send(data.conversation));
        ui.memory_mut(|memory| memory.request_focus(composer_id()));
    }
    sent
}

/// Below the field: how long it is carried, the room left, and the way to an SOS.
fn below_ui(ui: &mut Ui, look: &Look, data: &ChatData<'_>, actions: &mut Actions) {
    let (s, c) = (&look.sizes, &look.colours);
    let composer = &data.composer;
    let words = RichText::new(text::lifetime_button(composer.lifetime)).small();
    let choice = egui::Button::new(words);
    let (choice, _) = MenuButton::from_button(choice).ui(ui, |ui| {
        ui.set_max_width(s.list_width);
        ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
            weak(ui, look, text::LIFETIME_NOTE);
        });
        for lifetime in Lifetime::ALL {
            let chosen = lifetime == composer.lifetime;
            let name = text::lifetime(lifetime);
            if ui.selectable_label(chosen, name).clicked() {
                actions.push(Action::ChooseLifetime {
                    conversation: data.conversation,
                    lifetime,
                });
                ui.close();
            }
        }
    });
    named(choice, text::LIFETIME);
    if let Some(counter) = &composer.counter {
        let ink: Color32 = if composer.too_long {
            c.bad.into()
        } else {
            c.weak.into()
        };
        ui.label(RichText::new(counter).small().color(ink));
    }
    if !composer.has_sos {
        return;
    }
    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
        let words = strong(text::SOS_BUTTON)
            .size(s.small)
            .color(Color32::from(c.bad));
        let sos = egui::Button::new(words)
            .fill(Color32::TRANSPARENT)
            .stroke(Stroke::new(s.line, Color32::from(c.bad)));
        if named(ui.add(sos), text::SOS_BUTTON_LABEL).clicked() {
            actions.push(Action::AskSos(data.conversation));
        }
    });
}

fn field_ui(ui: &mut Ui, look: &Look, hint: &str, draft: &mut String) -> egui::Response {
    let (s, c) = (&look.sizes, &look.colours);
    let frame = Frame::new()
        .fill(c.field.into())
        .corner_radius(s.radius)
        .stroke(Stroke::new(s.line, Color32::from(c.field_line)))
        .inner_margin(Margin::symmetric(12, 8));
    let shown = frame.show(ui, |ui| {
        ScrollArea::vertical()
            .max_height(s.body * 1.3 * s.composer_rows)
            .show(ui, |ui| {
                let edit = TextEdit::multiline(draft)
                    .id(composer_id())
                    .char_limit(DRAFT_CHARS_MAX)
                    .frame(Frame::NONE)
                    .hint_text(RichText::new(hint).color(Color32::from(c.weak)))
                    .desired_rows(1)
                    .desired_width(f32::INFINITY)
                    .return_key(KeyboardShortcut::new(Modifiers::SHIFT, Key::Enter));
                let response = ui.add(edit);
                ui.ctx().accesskit_node_builder(response.id, |node| {
                    node.set_label(text::COMPOSER);
                });
                response
            })
            .inner
    });
    let response = shown.inner;
    focus_ring(
        ui,
        look,
        &response.clone().with_new_rect(shown.response.rect),
    );
    response
}

/// Enter alone; with Shift it is a line break.
fn consume_enter(input: &mut egui::InputState) -> bool {
    // `consume_key` also matches with Shift held.
    !input.modifiers.shift && input.consume_key(Modifiers::NONE, Key::Enter)
}
