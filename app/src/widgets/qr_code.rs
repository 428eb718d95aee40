//! A QR code, painted module by module.

use egui::{Color32, Rect, Sense, Ui, WidgetInfo, WidgetType, pos2, vec2};
use qrcode::{Color, QrCode};

use crate::theme::Look;

/// Light modules around the code (ISO/IEC 18004 asks for four).
const QUIET: usize = 4;
/// Pixels of a module where there is room: a long link makes a larger code, not a
/// finer one.
const MODULE_PIXELS: f32 = 4.0;

/// Draws `content` as a code; draws nothing where it is too long for one. `label` is
/// what a screen reader says.
pub fn qr_code_ui(ui: &mut Ui, look: &Look, content: &str, label: &str) {
    let Ok(code) = QrCode::new(content) else {
        return;
    };
    let c = &look.colours;
    let modules = code.width() + 2 * QUIET;
    // Whole pixels: a camera reads even modules better.
    let scale = ui.pixels_per_point();
    let wanted = look.sizes.code.max(MODULE_PIXELS * modules as f32 / scale);
    let room = wanted.min(ui.available_width());
    let module = (room * scale / modules as f32).floor().max(1.0) / scale;
    let side = module * modules as f32;
    let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(WidgetType::Image, true, label));
    let painter = ui.painter();
    painter.rect_filled(rect, look.sizes.gap_xs, Color32::from(c.code_light));
    let ink = Color32::from(c.code_dark);
    let origin = rect.min + vec2(module, module) * QUIET as f32;
    for (at, colour) in code.to_colors().into_iter().enumerate() {
        if colour == Color::Dark {
            let (x, y) = (at % code.width(), at / code.width());
            let corner = pos2(origin.x + module * x as f32, origin.y + module * y as f32);
            painter.rect_filled(Rect::from_min_size(corner, vec2(module, module)), 0.0, ink);
        }
    }
}
