//! A small sign for what became of an own message; the words beside it say the same.

use egui::{Color32, Painter, Pos2, Stroke, pos2, vec2};

use crate::screens::chat::data::Mark;
use crate::theme::Look;

/// Width that [`paint`] needs, in units of the text's height.
pub(super) const WIDTH: f32 = 1.15;

/// Paints the sign with its left middle at `at`, for text of the given height.
pub(super) fn paint(painter: &Painter, look: &Look, mark: Mark, at: Pos2, height: f32) {
    let c = &look.colours;
    let unit = height / 14.0;
    let ink: Color32 = match mark {
        Mark::Expired => c.warn.into(),
        Mark::Delivered | Mark::Read | Mark::WithMesh => c.accent.into(),
        Mark::Storing | Mark::Waiting => c.weak.into(),
    };
    let stroke = Stroke::new(1.5 * unit, ink);
    let middle = at + vec2(6.0 * unit, 0.0);
    match mark {
        Mark::Storing => {
            painter.circle_stroke(middle, 1.5 * unit, stroke);
        }
        Mark::Waiting => {
            painter.circle_stroke(middle, 4.5 * unit, stroke);
            painter.line_segment([middle, middle - vec2(0.0, 3.0 * unit)], stroke);
            painter.line_segment([middle, middle + vec2(2.2 * unit, 0.0)], stroke);
        }
        Mark::Expired => {
            painter.circle_stroke(middle, 4.5 * unit, stroke);
            let from = middle - vec2(0.0, 2.4 * unit);
            painter.line_segment([from, middle + vec2(0.0, 0.6 * unit)], stroke);
            painter.circle_filled(middle + vec2(0.0, 2.4 * unit), 0.8 * unit, ink);
        }
        Mark::WithMesh => tick(painter, middle, unit, stroke),
        Mark::Delivered => {
            tick(painter, middle - vec2(2.0 * unit, 0.0), unit, stroke);
            tick(painter, middle + vec2(2.0 * unit, 0.0), unit, stroke);
        }
        Mark::Read => {
            painter.circle_filled(middle, 5.5 * unit, ink);
            let light = Stroke::new(1.4 * unit, Color32::from(c.own_bubble));
            tick(painter, middle, 0.7 * unit, light);
        }
    }
}

fn tick(painter: &Painter, middle: Pos2, unit: f32, stroke: Stroke) {
    let point = |x: f32, y: f32| pos2(middle.x + x * unit, middle.y + y * unit);
    let points = vec![point(-4.0, 0.5), point(-1.2, 3.2), point(4.2, -3.2)];
    painter.line(points, stroke);
}
