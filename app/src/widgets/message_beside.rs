//! What stands beside a message: what it answers, emoji under it, and its menu.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat, TextWrapping};
use egui::{
    Color32, FontId, Galley, Popup, Pos2, Rect, Sense, Stroke, StrokeKind, TextStyle, Ui, Vec2,
    WidgetInfo, WidgetType, pos2, vec2,
};
use mesh_core::types::MessageId;

use super::controls::named;
use super::message_bubble::layout;
use crate::action::{Action, Actions};
use crate::screens::chat::data::{Chip, MenuData, Quote};
use crate::text::marks as words;
use crate::theme::Look;

/// A quote laid out for one width.
pub(super) struct QuoteLayout {
    name: Option<Arc<Galley>>,
    text: Arc<Galley>,
    bar: f32,
    size: Vec2,
}

impl QuoteLayout {
    pub(super) fn new(ui: &Ui, look: &Look, quote: &Quote, room: f32) -> Self {
        let (s, c) = (&look.sizes, &look.colours);
        let bar = s.gap_s + 2.0 * s.line;
        let one_line = |text: &str, font: FontId, ink: Color32| {
            let mut job = LayoutJob::default();
            job.append(text, 0.0, TextFormat::simple(font, ink));
            job.wrap = TextWrapping::truncate_at_width(room - bar);
            layout(ui, job)
        };
        let strong = FontId::new(s.small, crate::theme::strong_family());
        let name = quote
            .is_here
            .then(|| one_line(&quote.name, strong, c.text.into()));
        let small = TextStyle::Small.resolve(ui.style());
        let text = one_line(&quote.text, small, c.weak.into());
        let name_size = name.as_ref().map_or(Vec2::ZERO, |name| name.size());
        let width = name_size.x.max(text.size().x) + bar;
        Self {
            size: vec2(width, name_size.y + text.size().y),
            name,
            text,
            bar,
        }
    }

    pub(super) fn size(&self) -> Vec2 {
        self.size
    }

    /// True when it was pressed.
    pub(super) fn show(&self, ui: &Ui, look: &Look, quote: &Quote, at: Pos2, width: f32) -> bool {
        let (s, c) = (&look.sizes, &look.colours);
        let rect = Rect::from_min_size(at, vec2(width, self.size.y));
        let sense = if quote.is_here {
            Sense::click()
        } else {
            Sense::hover()
        };
        let response = ui.interact(rect, ui.id().with("quote"), sense);
        let kind = if quote.is_here {
            WidgetType::Button
        } else {
            WidgetType::Label
        };
        response.widget_info(|| WidgetInfo::labeled(kind, true, &quote.label));
        let painter = ui.painter();
        let ink = quote
            .key
            .map_or(Color32::from(c.accent), |key| c.author(key));
        let bar = Rect::from_min_size(at, vec2(2.0 * s.line, self.size.y));
        painter.rect_filled(bar, s.line, ink);
        if response.hovered() || response.has_focus() {
            let stroke = Stroke::new(s.line, Color32::from(c.field_line));
            painter.rect_stroke(rect.expand(2.0), s.gap_xs, stroke, StrokeKind::Outside);
        }
        let mut text_at = at + vec2(self.bar, 0.0);
        if let Some(name) = &self.name {
            painter.galley(text_at, name.clone(), c.text.into());
            text_at.y += name.size().y;
        }
        painter.galley(text_at, self.text.clone(), c.weak.into());
        response.clicked()
    }
}

/// Emoji under a message, laid out for one width: as many rows as it takes.
pub(super) struct ChipsLayout {
    /// Each with its place, from the upper left corner of all.
    chips: Vec<(Arc<Galley>, Rect)>,
    size: Vec2,
}

impl ChipsLayout {
    pub(super) fn new(ui: &Ui, look: &Look, chips: &[Chip], room: f32) -> Self {
        let s = &look.sizes;
        let height = s.heading + s.gap_s;
        let mut at = pos2(0.0, s.gap_xs);
        let mut size = Vec2::ZERO;
        let mut laid_out = Vec::with_capacity(chips.len());
        for chip in chips {
            let galley = chip_galley(ui, look, chip);
            let width = galley.size().x + 2.0 * s.gap_s;
            if at.x > 0.0 && at.x + width > room {
                at = pos2(0.0, at.y + height + s.gap_xs);
            }
            let place = Rect::from_min_size(at, vec2(width, height));
            size = size.max(place.max.to_vec2());
            laid_out.push((galley, place));
            at.x += width + s.gap_xs;
        }
        Self {
            chips: laid_out,
            size,
        }
    }

    pub(super) fn height(&self) -> f32 {
        self.size.y
    }

    /// Draws them below a message, under its own edge.
    pub(super) fn show(
        &self,
        ui: &Ui,
        look: &Look,
        (chips, message_id): (&[Chip], Option<MessageId>),
        (corner, is_own): (Pos2, bool),
        actions: &mut Actions,
    ) {
        let left = if is_own {
            corner.x - self.size.x
        } else {
            corner.x
        };
        let origin = vec2(left, corner.y);
        for (number, (chip, (galley, place))) in chips.iter().zip(&self.chips).enumerate() {
            let id = ui.id().with(("chip", number));
            let pressed = chip_ui(ui, look, chip, (galley, place.translate(origin)), id);
            if let Some(message_id) = message_id.filter(|_| pressed) {
                let emoji = chip.emoji.clone().into();
                actions.push(Action::React { message_id, emoji });
            }
        }
    }
}

/// The emoji larger than its number: small, one face looks like another.
fn chip_galley(ui: &Ui, look: &Look, chip: &Chip) -> Arc<Galley> {
    let s = &look.sizes;
    let ink = Color32::from(look.colours.text);
    let format = |size| TextFormat {
        valign: egui::Align::Center,
        ..TextFormat::simple(FontId::proportional(size), ink)
    };
    let mut job = LayoutJob::default();
    job.append(&chip.shown, 0.0, format(s.heading));
    job.append(&chip.count, s.gap_xs, format(s.small));
    layout(ui, job)
}

fn chip_ui(
    ui: &Ui,
    look: &Look,
    chip: &Chip,
    (galley, rect): (&Arc<Galley>, Rect),
    id: egui::Id,
) -> bool {
    let (s, c) = (&look.sizes, &look.colours);
    let sense = if chip.can_press {
        Sense::click()
    } else {
        Sense::hover()
    };
    let response = ui.interact(rect, id, sense);
    response.widget_info(|| {
        WidgetInfo::selected(WidgetType::Button, chip.can_press, chip.own, &chip.label)
    });
    let fill: Color32 = match (chip.own, response.hovered()) {
        (true, _) => c.selected.into(),
        (false, true) => c.hover.into(),
        (false, false) => c.button.into(),
    };
    let line: (f32, Color32) = match (response.has_focus(), chip.own) {
        (true, _) => (2.0, c.accent.into()),
        (false, true) => (1.0, c.accent.into()),
        (false, false) => (1.0, c.line.into()),
    };
    let painter = ui.painter();
    let radius = rect.height() / 2.0;
    painter.rect_filled(rect, radius, fill);
    let stroke = Stroke::new(line.0 * s.line, line.1);
    painter.rect_stroke(rect, radius, stroke, StrokeKind::Inside);
    let at = rect.center() - galley.size() / 2.0;
    painter.galley(at, galley.clone(), c.text.into());
    let clicked = response.clicked();
    response.on_hover_text(&chip.label);
    clicked
}

/// The way to what can be done about a message: a button beside it, seen when the
/// pointer or the keyboard is there, and a right click anywhere on it.
pub(super) fn menu_ui(
    ui: &mut Ui,
    look: &Look,
    data: &MenuData,
    (bubble, row, is_own): (Rect, Rect, bool),
    actions: &mut Actions,
) {
    let (s, c) = (&look.sizes, &look.colours);
    let side = s.field_height - s.gap_s;
    let x = if is_own {
        bubble.left() - s.gap_xs - side / 2.0
    } else {
        bubble.right() + s.gap_xs + side / 2.0
    };
    let middle = pos2(x, bubble.top() + side / 2.0);
    let rect = Rect::from_center_size(middle, Vec2::splat(side));
    let response = ui.interact(rect, ui.id().with("menu"), Sense::click());
    let popup = Popup::default_response_id(&response);
    let is_open = Popup::is_id_open(ui.ctx(), popup);
    let is_near = ui.rect_contains_pointer(row.union(bubble));
    if is_near || is_open || response.has_focus() {
        let painter = ui.painter();
        let fill: Color32 = match response.hovered() || is_open || response.has_focus() {
            true => c.hover.into(),
            false => Color32::TRANSPARENT,
        };
        painter.rect_filled(rect, s.radius, fill);
        for step in [-1.0, 0.0, 1.0] {
            let dot = middle + vec2(step * s.gap_xs * 1.5, 0.0);
            painter.circle_filled(dot, 1.5 * s.line, Color32::from(c.weak));
        }
        if response.has_focus() {
            let stroke = Stroke::new(2.0 * s.line, Color32::from(c.accent));
            painter.rect_stroke(rect, s.radius, stroke, StrokeKind::Inside);
        }
    }
    let is_right_click =
        ui.rect_contains_pointer(bubble) && ui.input(|input| input.pointer.secondary_clicked());
    let response = named(response, &data.label);
    if is_right_click {
        Popup::open_id(ui.ctx(), popup);
    }
    Popup::menu(&response).show(|ui| items_ui(ui, look, data, actions));
}

fn items_ui(ui: &mut Ui, look: &Look, data: &MenuData, actions: &mut Actions) {
    let message_id = data.message_id;
    if data.can_react {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = look.sizes.gap_xs;
            for (emoji, name) in words::REACTIONS {
                let face = egui::RichText::new(emoji).size(look.sizes.heading);
                let size = Vec2::splat(look.sizes.button_height);
                let button = egui::Button::new(face).min_size(size);
                if named(ui.add(button), &words::react(name)).clicked() {
                    let emoji = emoji.to_owned().into();
                    actions.push(Action::React { message_id, emoji });
                    ui.close();
                }
            }
        });
    }
    let copy = data.copies.as_ref();
    let copy = copy.map(|text| (words::COPY, Action::Copy(text.clone().into())));
    let delete = |everybody| Action::AskDelete {
        message_id,
        everybody,
    };
    let items = [
        data.can_reply
            .then_some((words::REPLY, Action::Reply(message_id))),
        data.can_edit
            .then_some((words::EDIT, Action::Edit(message_id))),
        copy,
        data.can_delete_here
            .then_some((words::DELETE_HERE, delete(false))),
        data.can_withdraw
            .then_some((words::DELETE_EVERYBODY, delete(true))),
    ];
    for (label, action) in items.into_iter().flatten() {
        if ui.button(label).clicked() {
            actions.push(action);
            ui.close();
        }
    }
}
