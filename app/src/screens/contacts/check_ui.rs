//! Draws the page on which two people compare emoji.

use egui::{
    Align2, Color32, FontId, Frame, Label, Margin, RichText, Sense, Ui, Vec2, WidgetInfo,
    WidgetType, pos2, vec2,
};
use mesh_core::api::PeopleCommand;

use super::data::CheckData;
use crate::action::{Action, Actions};
use crate::model::PeoplePage;
use crate::text::contacts as words;
use crate::theme::{Look, strong, strong_family};
use crate::widgets::{Tone, bullet_ui, busy_ui, button, buttons_ui, callout_ui, heading, weak};

/// Symbols beside each other: two rows of three leave room for large ones.
const COLUMNS: usize = 3;

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
    buttons_ui(ui, |ui| {
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
    let height = 2.0 * s.avatar + s.gap_s;
    let frame = Frame::new()
        .fill(look.colours.side.into())
        .corner_radius(s.radius)
        .inner_margin(Margin::symmetric(0, 12));
    frame.show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.x = 0.0;
        let width = ui.available_width() / COLUMNS as f32;
        for row in emoji.chunks(COLUMNS) {
            ui.horizontal(|ui| {
                for (symbol, word) in row {
                    symbol_ui(ui, look, (*symbol, word), vec2(width, height));
                }
            });
        }
    });
}

/// Painted: the fonts that know such symbols disagree about the height of a line.
fn symbol_ui(ui: &mut Ui, look: &Look, (symbol, word): (char, &str), size: Vec2) {
    let s = &look.sizes;
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    response.widget_info(|| {
        let said = format!("{symbol} {word}");
        WidgetInfo::labeled(WidgetType::Label, true, said)
    });
    let ink = Color32::from(look.colours.text);
    let foot = rect.center_bottom() - vec2(0.0, s.gap_xs);
    let font = FontId::new(s.body, strong_family());
    let painter = ui.painter();
    let below = painter.text(foot, Align2::CENTER_BOTTOM, word, font, ink);
    let font = FontId::proportional(s.avatar * 1.2);
    let galley = painter.layout_no_wrap(symbol.to_string(), font, ink);
    let middle = pos2(rect.center().x, (rect.top() + below.top()) / 2.0);
    let drawn = galley.mesh_bounds;
    painter.galley(middle - drawn.center().to_vec2(), galley, ink);
}

fn different_ui(ui: &mut Ui, look: &Look, data: &CheckData, can: bool, actions: &mut Actions) {
    callout_ui(ui, look, Tone::Danger, words::DIFFERENT_TITLE);
    for point in words::DIFFERENT_POINTS {
        bullet_ui(ui, look, point);
    }
    ui.add_space(look.sizes.gap_s);
    buttons_ui(ui, |ui| {
        if button(ui, look, Tone::Danger, can, words::REMOVE_ASK).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::AskRemove(data.contact)));
        }
        if button(ui, look, Tone::Plain, can, words::BLOCK_ASK).clicked() {
            actions.push(Action::ShowPeople(PeoplePage::AskBlock(data.contact)));
        }
    });
}
