//! The status chip: a sign, a colour, and words that say the same.

use egui::{Button, Color32, Response, RichText, Ui, pos2, vec2};

use super::controls::named;
use crate::screens::status::data::{ChipData, Tone};
use crate::text;
use crate::theme::Look;

/// Draws the chip; click to have it explained.
pub fn status_chip_ui(ui: &mut Ui, look: &Look, chip: &ChipData) -> Response {
    let c = &look.colours;
    let (ink, ground): (Color32, Color32) = match chip.tone {
        Tone::Good => (c.good.into(), c.good_soft.into()),
        Tone::Calm => (c.weak.into(), c.button.into()),
        Tone::Trouble => (c.warn.into(), c.warn_soft.into()),
    };
    let sign_room = look.sizes.badge_dot + look.sizes.gap_s;
    let height = look.sizes.status_height - 2.0 * look.sizes.gap_xs - 2.0;
    let response = ui.scope(|ui| {
        ui.spacing_mut().button_padding = vec2(look.sizes.gap_m, 0.0);
        ui.spacing_mut().interact_size.y = height;
        let text = RichText::new(&chip.text).small().color(ink);
        let mut button = Button::new(text)
            .fill(ground)
            .corner_radius(height / 2.0)
            .left_text(" ".repeat(4))
            .truncate();
        button = button.min_size(vec2(0.0, height));
        ui.add(button)
    });
    let response = response.inner;
    let middle = pos2(response.rect.left() + sign_room, response.rect.center().y);
    let radius = look.sizes.badge_dot / 2.0;
    match chip.tone {
        Tone::Good => {
            ui.painter().circle_filled(middle, radius, ink);
        }
        Tone::Calm => {
            let stroke = egui::Stroke::new(1.5 * look.sizes.line, ink);
            ui.painter().circle_stroke(middle, radius, stroke);
        }
        Tone::Trouble => {
            let up = vec2(0.0, -radius);
            let points = vec![
                middle + up,
                middle + vec2(radius, radius),
                middle + vec2(-radius, radius),
            ];
            let shape = egui::Shape::convex_polygon(points, ink, egui::Stroke::NONE);
            ui.painter().add(shape);
        }
    }
    named(response, &format!("{}: {}", text::STATUS_OPEN, chip.text))
}
