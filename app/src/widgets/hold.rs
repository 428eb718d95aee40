//! A button that must be held, for what cannot be taken back and may have to be quick.

use std::time::Duration;

use egui::{Color32, Key, Rect, Sense, Ui, vec2};

use super::controls::{Tone, button};
use crate::theme::Look;

/// How long it must be held, seconds.
const HOLD_S: f64 = 3.0;
/// Between two pictures of the countdown.
const FRAME: Duration = Duration::from_millis(50);

/// Since when a button is held. Widget state.
#[derive(Debug, Default)]
pub struct Hold {
    /// Seconds of egui's clock; none while it is not held.
    since: Option<f64>,
    /// Whether it was held to the end, and not let go since.
    is_done: bool,
}

/// Draws the button, which counts down while it is held by pointer or keyboard. True
/// once, when it was held to the end. `said` is the label at rest and during the
/// countdown, with the seconds left.
pub fn hold_ui(
    ui: &mut Ui,
    look: &Look,
    hold: &mut Hold,
    (rest, counting): (&str, fn(u32) -> String),
) -> bool {
    let now = ui.input(|input| input.time);
    let passed = hold.since.map(|since| now - since);
    let label = passed.map_or_else(
        || rest.to_owned(),
        |passed| counting((HOLD_S - passed).ceil().clamp(1.0, HOLD_S) as u32),
    );
    // The id must not change with the label, or the button would be let go by itself.
    let response = ui
        .push_id("hold", |ui| {
            ui.vertical_centered_justified(|ui| button(ui, look, Tone::Danger, true, &label))
                .inner
        })
        .inner
        // What only senses clicks is let go by egui after less than a second.
        .interact(Sense::click_and_drag());
    if let Some(passed) = passed {
        let share = (passed / HOLD_S).clamp(0.0, 1.0) as f32;
        let rect = response.rect;
        let height = look.sizes.bar_height;
        let left = rect.left_bottom() + vec2(0.0, look.sizes.gap_xs);
        let bar = Rect::from_min_size(left, vec2(rect.width() * share, height));
        let ink = Color32::from(look.colours.bad);
        ui.painter().rect_filled(bar, height / 2.0, ink);
        ui.ctx().request_repaint_after(FRAME);
    }
    ui.add_space(look.sizes.bar_height);
    let is_held = ui.input(|input| input.focused)
        && (response.is_pointer_button_down_on()
            || response.has_focus()
                && ui.input(|input| input.key_down(Key::Space) || input.key_down(Key::Enter)));
    if !is_held {
        *hold = Hold::default();
        return false;
    }
    let since = *hold.since.get_or_insert(now);
    let is_over = now - since >= HOLD_S && !hold.is_done;
    hold.is_done |= is_over;
    is_over
}
