//! How hard a passphrase is to guess: a bar and words.

use egui::{Color32, Label, Rect, RichText, Sense, Ui, vec2};
use mesh_core::api::Grade;

use crate::screens::onboarding::data::StrengthData;
use crate::theme::Look;

/// Draws the bar and says it in words.
pub fn strength_bar_ui(ui: &mut Ui, look: &Look, strength: StrengthData) {
    let c = &look.colours;
    let ink: Color32 = match strength.grade {
        Grade::Weak => c.bad.into(),
        Grade::Fair => c.warn.into(),
        Grade::Strong => c.good.into(),
    };
    let size = vec2(ui.available_width(), look.sizes.bar_height);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    let round = look.sizes.bar_height / 2.0;
    ui.painter()
        .rect_filled(rect, round, Color32::from(c.button));
    let width = rect.width() * f32::from(strength.percent) / 100.0;
    let filled = Rect::from_min_size(rect.min, vec2(width, rect.height()));
    ui.painter().rect_filled(filled, round, ink);
    let words = RichText::new(strength.words).small().color(ink);
    ui.add(Label::new(words).wrap());
}
