//! Draws the pane of people and links.

use egui::{Color32, Label, RichText, ScrollArea, Ui};

use super::data::PeopleData;
use crate::text;
use crate::theme::{Look, strong};
use crate::widgets::{author_ui, dot_ui, heading, weak};

/// Draws both lists.
pub fn people_ui(ui: &mut Ui, look: &Look, data: &PeopleData) {
    let s = &look.sizes;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.add_space(s.gap_s);
        heading(ui, look, text::LINKS);
        if data.links.is_empty() {
            weak(ui, look, text::LINKS_NONE);
        }
        for link in &data.links {
            let place = link.address.as_deref().unwrap_or(link.carrier);
            ui.scope(|ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                ui.add(Label::new(strong(place)).truncate());
                small_weak(ui, look, &format!("{} · {}", link.carrier, link.detail));
            });
            ui.add_space(s.gap_xs);
        }
        ui.add_space(s.gap_l);
        heading(ui, look, text::PEOPLE_SEEN);
        if data.people.is_empty() {
            weak(ui, look, text::PEOPLE_NONE);
        } else {
            small_weak(ui, look, text::PEOPLE_NOTE);
            ui.add_space(s.gap_xs);
        }
        for author in &data.people {
            ui.horizontal(|ui| {
                dot_ui(ui, look, author.key);
                ui.vertical(|ui| {
                    ui.spacing_mut().item_spacing.y = 1.0;
                    author_ui(ui, look, author, true);
                });
            });
        }
    });
}

fn small_weak(ui: &mut Ui, look: &Look, text: &str) {
    let text = RichText::new(text)
        .small()
        .color(Color32::from(look.colours.weak));
    ui.add(Label::new(text).wrap());
}
