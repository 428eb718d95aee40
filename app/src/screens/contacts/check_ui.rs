//! Draws the page on which two people compare emoji.

use egui::{Align, Color32, Frame, Label, Layout, Margin, RichText, Ui, vec2};
use mesh_core::api::PeopleCommand;

use super::data::CheckData;
use crate::action::{Action, Actions};
use crate::model::PeoplePage;
use crate::text::contacts as words;
use crate::theme::{Look, strong};
use crate::widgets::{Tone, bullet_ui, busy_ui, button, callout_ui, heading, weak};

/// Symbols beside each other: one row of six, or two of three in a narrow window.
const COLUMNS: [usize; 2] = [6, 3];
/// A symbol's room, in units of the width of its drawing.
const ROOM: f32 = 1.5;

/// Draws the six symbols with their words, and what comes of comparing them.
pub(super) fn check_ui(
    ui: &mut Ui,
    look: &Look,
    data: &CheckData,
    can: bool,
    actions: &mut Actions,
) {
    ui.add(Label::new(strong(&data.name).size(look.sizes.heading)).wrap());
    if let Some(trouble) = &data.trouble {
        callout_ui(ui, look, Tone::Warning, trouble);
    }
    let Some(emoji) = &data.emoji else {
        busy_ui(ui, look, words::CHECK_WAIT);
        return;
    };
    weak(ui, look, &words::check_text(&data.name));
    symbols_ui(ui, look, emoji);
    if data.differ {
        different_ui(ui, look, data, can, actions);
        return;
    }
    weak(ui, look, words::CHECK_NOTE);
    ui.add_space(look.sizes.gap_s);
    ui.horizontal_wrapped(|ui| {
        if button(ui, look, Tone::Primary, can, words::MATCH).clicked() {
            let symbols: String = emoji.iter().map(|(symbol, _)| *symbol).collect();
            actions.push(Action::AskPeople(PeopleCommand::Verify {
                contact: data.contact,
                emoji: symbols.into(),
            }));
        }
        if button(ui, look, Tone::Danger, can, words::DIFFER).clicked() {
            actions.push(Action::EmojiDiffer);
        }
    });
    ui.add_space(look.sizes.gap_m);
    heading(ui, look, words::SAFETY_NUMBER);
    let number = RichText::new(&data.safety_number)
        .monospace()
        .size(look.sizes.body);
    ui.add(Label::new(number).wrap());
    weak(ui, look, words::SAFETY_NUMBER_NOTE);
}

fn symbols_ui(ui: &mut Ui, look: &Look, emoji: &[(char, &'static str); 6]) {
    let s = &look.sizes;
    let side = s.avatar * ROOM;
    let columns = match ui.available_width() > COLUMNS[0] as f32 * side {
        true => COLUMNS[0],
        false => COLUMNS[1],
    };
    let frame = Frame::new()
        .fill(look.colours.side.into())
        .corner_radius(s.radius)
        .inner_margin(Margin::symmetric(0, 12));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.x = 0.0;
        let width = ui.available_width() / columns as f32;
        for row in emoji.chunks(columns) {
            ui.horizontal(|ui| {
                for (symbol, word) in row {
                    let layout = Layout::top_down(Align::Center);
                    ui.allocate_ui_with_layout(vec2(width, side), layout, |ui| {
                        symbol_ui(ui, look, *symbol, word);
                    });
                }
            });
        }
    });
}

fn symbol_ui(ui: &mut Ui, look: &Look, symbol: char, word: &str) {
    let s = &look.sizes;
    ui.set_width(ui.available_width());
    let ink = Color32::from(look.colours.text);
    let drawn = RichText::new(symbol).size(s.avatar * 0.9).color(ink);
    ui.add(Label::new(drawn).selectable(false));
    ui.add(Label::new(strong(word).size(s.small)).selectable(false));
}

fn different_ui(ui: &mut Ui, look: &Look, data: &CheckData, can: bool, actions: &mut Actions) {
    callout_ui(ui, look, Tone::Danger, words::DIFFERENT_TITLE);
    for point in words::DIFFERENT_POINTS {
        bullet_ui(ui, look, point);
    }
    ui.add_space(look.sizes.gap_s);
    ui.horizontal_wrapped(|ui| {
        if button(ui, look, Tone::Danger, can, words::REMOVE_ASK).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::AskRemove(data.contact)));
        }
        if button(ui, look, Tone::Plain, can, words::BLOCK_ASK).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::AskBlock(data.contact)));
        }
    });
}
