//! Cards in the middle of an empty window, and dialogs on top of a full one.

use egui::{Color32, Context, Frame, Id, Margin, Modal, ScrollArea, Stroke, Ui};

use super::controls::title;
use crate::theme::{Look, strong};

/// A card in the middle; scrolls where the window is too small for it.
pub fn card_ui(ui: &mut Ui, look: &Look, contents: impl FnOnce(&mut Ui)) {
    let s = &look.sizes;
    let id = Id::new("card-height");
    let known: f32 = ui.data(|data| data.get_temp(id)).unwrap_or(0.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let room = ui.available_size();
        ui.add_space(((room.y - known) / 2.0 - s.gap_s).max(s.gap_m));
        let width = s.card_width.min(room.x - 2.0 * s.gap_m);
        let side = ((room.x - width) / 2.0).max(0.0);
        let height = ui
            .horizontal(|ui| {
                ui.spacing_mut().item_spacing.x = 0.0;
                ui.add_space(side);
                frame(look).show(ui, |ui| {
                    ui.spacing_mut().item_spacing.x = s.gap_s;
                    ui.set_width(width - 2.0 * s.gap_l * 1.4);
                    ui.vertical(contents);
                })
            })
            .response
            .rect
            .height();
        if (height - known).abs() > 1.0 {
            ui.data_mut(|data| data.insert_temp(id, height));
            ui.ctx().request_repaint();
        }
        ui.add_space(s.gap_m);
    });
}

/// A dialog over everything. True when the person wants it closed (Esc, or a
/// click beside it).
pub fn dialog_ui(
    ctx: &Context,
    look: &Look,
    name: &str,
    heading: &str,
    contents: impl FnOnce(&mut Ui),
) -> bool {
    let s = &look.sizes;
    let room = ctx.content_rect().size();
    let width = s.dialog_width.min(room.x - 2.0 * s.gap_l);
    let modal = Modal::new(Id::new(name))
        .backdrop_color(look.colours.backdrop.into())
        .frame(frame(look).inner_margin(Margin::same(20)));
    let response = modal.show(ctx, |ui| {
        ui.set_width(width - 40.0);
        ui.add(egui::Label::new(strong(heading).size(s.heading + 2.0)).wrap());
        ui.add_space(s.gap_xs);
        // An area offers the room it had in the last frame: without a minimum a
        // dialog whose contents grow would stay small and scroll.
        let height = room.y - 4.0 * s.gap_xl;
        ScrollArea::vertical()
            .max_height(height)
            .min_scrolled_height(height)
            .show(ui, |ui| {
                ui.set_width(ui.available_width());
                contents(ui);
            });
    });
    response.should_close()
}

/// The heading of a card with a sentence below.
pub fn card_heading(ui: &mut Ui, look: &Look, heading: &str, below: &str) {
    title(ui, look, heading);
    super::controls::weak(ui, look, below);
    ui.add_space(look.sizes.gap_m);
}

fn frame(look: &Look) -> Frame {
    let s = &look.sizes;
    Frame::new()
        .fill(look.colours.raised.into())
        .corner_radius(s.radius_card)
        .stroke(Stroke::new(s.line, Color32::from(look.colours.line)))
        .inner_margin(Margin::same(28))
        .shadow(egui::Shadow {
            offset: [0, 6],
            blur: 30,
            spread: 0,
            color: look.colours.shadow.into(),
        })
}
