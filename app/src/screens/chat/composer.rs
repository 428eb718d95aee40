//! Draws the composer: Enter sends, Shift+Enter begins a new line.

use egui::containers::menu::MenuButton;
use egui::{
    Align, Color32, Frame, Id, Key, KeyboardShortcut, Layout, Margin, Modifiers, RichText,
    ScrollArea, Stroke, TextEdit, Ui, vec2,
};
use mesh_core::limits::TEXT_BYTES_MAX;
use mesh_core::types::Lifetime;

use super::data::{AboutLine, ChatData};
use super::names::{NamesLocal, names_ui, take_keys};
use crate::action::{Action, Actions};
use crate::text;
use crate::theme::{Look, strong};
use crate::widgets::{Tone, button, callout_ui, focus_ring, icon_button, named, weak};

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
    local: &mut NamesLocal,
    actions: &mut Actions,
) -> bool {
    let (s, c) = (&look.sizes, &look.colours);
    let composer = &data.composer;
    if let Some(gone) = data.gone {
        callout_ui(ui, look, Tone::Warning, gone);
        return false;
    }
    if let Some(keys) = data.keys {
        callout_ui(ui, look, Tone::Plain, keys);
    }
    if let Some(refused) = &composer.refused {
        callout_ui(ui, look, Tone::Danger, refused);
    } else if let Some(nobody_near) = &data.nobody_near {
        let words = RichText::new(nobody_near)
            .small()
            .color(Color32::from(c.weak));
        ui.add(egui::Label::new(words).wrap());
    }
    if let Some(about) = &composer.about {
        about_ui(ui, look, data, about, actions);
    }
    local.follow(ui.ctx(), data);
    // Before the field sees them: Enter would become a line break.
    let has_focus = ui.memory(|memory| memory.has_focus(composer_id()));
    take_keys(ui, data, has_focus, local, actions);
    names_ui(ui, look, data, local, actions);
    let enter = has_focus && ui.input_mut(consume_enter);
    if has_focus && composer.can_edit && composer.draft.is_empty() && composer.about.is_none() {
        let up = |input: &mut egui::InputState| input.consume_key(Modifiers::NONE, Key::ArrowUp);
        if ui.input_mut(up) {
            actions.push(Action::EditLast(data.conversation));
        }
    }
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
        button(ui, look, Tone::Primary, composer.can_send, composer.send).clicked()
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
    if let Some(lifetime) = composer.lifetime {
        lifetime_ui(ui, look, data, lifetime, actions);
    }
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

fn lifetime_ui(
    ui: &mut Ui,
    look: &Look,
    data: &ChatData<'_>,
    chosen: Lifetime,
    actions: &mut Actions,
) {
    let words = RichText::new(text::lifetime_button(chosen)).small();
    let choice = egui::Button::new(words);
    let (choice, _) = MenuButton::from_button(choice).ui(ui, |ui| {
        ui.set_max_width(look.sizes.list_width);
        ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
            weak(ui, look, text::LIFETIME_NOTE);
        });
        for lifetime in Lifetime::ALL {
            let name = text::lifetime(lifetime);
            if ui.selectable_label(lifetime == chosen, name).clicked() {
                actions.push(Action::ChooseLifetime {
                    conversation: data.conversation,
                    lifetime,
                });
                ui.close();
            }
        }
    });
    named(choice, text::LIFETIME);
}

/// What the composer answers or changes, and the way out of it.
fn about_ui(
    ui: &mut Ui,
    look: &Look,
    data: &ChatData<'_>,
    about: &AboutLine,
    actions: &mut Actions,
) {
    let (s, c) = (&look.sizes, &look.colours);
    let frame = Frame::new()
        .fill(c.side.into())
        .corner_radius(s.radius)
        .inner_margin(Margin::symmetric(12, 6));
    frame.show(ui, |ui| {
        let size = vec2(ui.available_width(), s.button_height + s.gap_xs);
        ui.allocate_ui_with_layout(size, Layout::right_to_left(Align::Center), |ui| {
            let end = icon_button(ui, look, "×", about.cancel).clicked();
            if end || is_escape(ui) {
                actions.push(Action::PutAside(data.conversation));
                ui.memory_mut(|memory| memory.request_focus(composer_id()));
            }
            ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                let title = strong(&about.title).size(s.small);
                ui.add(egui::Label::new(title).truncate());
                let said = RichText::new(&about.text).small();
                let said = said.color(Color32::from(c.weak));
                ui.add(egui::Label::new(said).truncate());
            });
        });
    });
}

/// Escape, unless something lies on top that it closes first.
fn is_escape(ui: &Ui) -> bool {
    let is_covered = egui::Popup::is_any_open(ui.ctx())
        || ui.memory(|memory| memory.top_modal_layer().is_some());
    !is_covered && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
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
