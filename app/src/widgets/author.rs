//! Who wrote something: name and badge, never one without the other.

use egui::{
    Align2, Color32, FontId, Label, RichText, Sense, TextStyle, Ui, WidgetInfo, WidgetType,
};

use mesh_core::types::ConversationKind;

use crate::screens::chat::data::AuthorData;
use crate::theme::{Look, strong};

/// Name and badge on one line.
pub fn author_ui(ui: &mut Ui, look: &Look, author: &AuthorData, full_badge: bool) {
    let colour = look.colours.author(author.key);
    let badge = if full_badge {
        &author.badge_full
    } else {
        &author.badge
    };
    ui.add(Label::new(strong(&author.name).color(colour)).truncate());
    let badge = RichText::new(badge)
        .monospace()
        .color(Color32::from(look.colours.weak));
    ui.add(Label::new(badge).truncate());
}

/// Name and badge in the colour of text, for a ground on which the author's own
/// colour could not be read.
pub fn author_plain_ui(ui: &mut Ui, look: &Look, author: &AuthorData) {
    let ink = Color32::from(look.colours.text);
    ui.add(Label::new(strong(&author.name).color(ink)).truncate());
    let badge = RichText::new(&author.badge).monospace().color(ink);
    ui.add(Label::new(badge).truncate())
        .on_hover_text(&author.badge_full);
}

/// A round sign for a conversation: `#` for public ones, a lock for keyed ones, a
/// person for those with one person, two for groups.
pub fn avatar_ui(ui: &mut Ui, look: &Look, rect: egui::Rect, kind: ConversationKind) {
    let c = &look.colours;
    let (ground, ink): (Color32, Color32) = match kind {
        ConversationKind::Public => (c.warn_soft.into(), c.warn.into()),
        ConversationKind::Keyed => (c.good_soft.into(), c.good.into()),
        ConversationKind::Direct | ConversationKind::Group => {
            (c.own_bubble.into(), c.accent.into())
        }
    };
    let painter = ui.painter();
    painter.circle_filled(rect.center(), rect.width() / 2.0, ground);
    match kind {
        ConversationKind::Public => {
            let mut font = strong_font(ui);
            font.size = rect.width() * 0.48;
            painter.text(rect.center(), Align2::CENTER_CENTER, "#", font, ink);
        }
        ConversationKind::Keyed => lock(ui, rect, ink, ground),
        ConversationKind::Direct => person(ui, rect, ink),
        ConversationKind::Group => people(ui, rect, (ink, ground)),
    }
}

/// A coloured dot for a person, in the colour of their badge.
pub fn dot_ui(ui: &mut Ui, look: &Look, key: [u8; 8]) {
    let size = egui::Vec2::splat(look.sizes.badge_dot);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let colour = look.colours.author(key);
    ui.painter()
        .circle_filled(rect.center(), size.x / 2.0, colour);
    response.widget_info(|| WidgetInfo::new(WidgetType::Other));
}

/// Painted, because not every font has one.
fn lock(ui: &Ui, rect: egui::Rect, ink: Color32, ground: Color32) {
    let unit = rect.width() / 40.0;
    let painter = ui.painter();
    let body = egui::Rect::from_center_size(
        rect.center() + egui::vec2(0.0, 3.5 * unit),
        egui::vec2(16.0, 12.0) * unit,
    );
    let bow = egui::pos2(rect.center().x, body.top());
    painter.circle_stroke(bow, 5.0 * unit, egui::Stroke::new(2.2 * unit, ink));
    painter.rect_filled(body, 2.5 * unit, ink);
    painter.circle_filled(body.center(), 1.8 * unit, ground);
}

/// Head and shoulders.
fn person(ui: &Ui, rect: egui::Rect, ink: Color32) {
    let unit = rect.width() / 40.0;
    let painter = ui.painter();
    let head = rect.center() - egui::vec2(0.0, 5.5 * unit);
    painter.circle_filled(head, 5.0 * unit, ink);
    let shoulders = egui::Rect::from_center_size(
        rect.center() + egui::vec2(0.0, 6.5 * unit),
        egui::vec2(18.0, 9.0) * unit,
    );
    let mut corners = egui::CornerRadius::same((9.0 * unit) as u8);
    (corners.sw, corners.se) = ((2.0 * unit) as u8, (2.0 * unit) as u8);
    painter.rect_filled(shoulders, corners, ink);
}

/// Two of them, the one behind the other.
fn people(ui: &Ui, rect: egui::Rect, (ink, ground): (Color32, Color32)) {
    let unit = rect.width() / 40.0;
    let at = |x: f32| rect.translate(egui::vec2(x * unit, 0.0));
    person(ui, at(5.0), ink.gamma_multiply(0.55));
    let halo = rect.translate(egui::vec2(-4.0 * unit, 0.0)).center();
    let head = halo - egui::vec2(0.0, 5.5 * unit);
    ui.painter().circle_filled(head, 6.5 * unit, ground);
    person(ui, at(-4.0), ink);
}

fn strong_font(ui: &Ui) -> FontId {
    TextStyle::Heading.resolve(ui.style())
}
