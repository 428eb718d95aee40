//! Draws introductions.

use egui::{Color32, RichText, Ui};
use mesh_core::api::PeopleCommand;

use super::data::Form;
use super::meet::{IntroduceData, IntroducedRow};
use crate::action::{Action, Actions};
use crate::text::contacts;
use crate::text::meet as words;
use crate::theme::Look;
use crate::widgets::{
    Tone, author_ui, button, buttons_ui, callout_ui, dot_ui, field_ui, heading, named, weak,
};

/// Draws those whom contacts introduced.
pub(super) fn introduced_ui(
    ui: &mut Ui,
    look: &Look,
    rows: &[IntroducedRow],
    can: bool,
    actions: &mut Actions,
) {
    if rows.is_empty() {
        return;
    }
    ui.add_space(look.sizes.gap_m);
    heading(ui, look, words::HEADING);
    weak(ui, look, words::NOTE);
    for row in rows {
        ui.add_space(look.sizes.gap_xs);
        ui.push_id((row.from, row.contact), |ui| {
            row_ui(ui, look, row, can, actions);
        });
    }
}

fn row_ui(ui: &mut Ui, look: &Look, row: &IntroducedRow, can: bool, actions: &mut Actions) {
    ui.horizontal(|ui| {
        dot_ui(ui, look, row.author.key);
        author_ui(ui, look, &row.author, false);
        let time = RichText::new(&row.time).small();
        ui.label(time.color(Color32::from(look.colours.weak)));
    });
    ui.add(egui::Label::new(&row.said).wrap());
    weak(ui, look, &row.worth);
    if let Some(looks_like) = &row.looks_like {
        callout_ui(ui, look, Tone::Warning, looks_like);
    }
    let (from, contact) = (row.from, row.contact);
    buttons_ui(ui, |ui| {
        let accept = button(ui, look, Tone::Primary, can, contacts::ACCEPT);
        if named(accept, &words::accept(&row.by, &row.author.name)).clicked() {
            let ask = PeopleCommand::AcceptIntroduction { from, contact };
            actions.push(Action::AskPeople(ask));
        }
        let decline = button(ui, look, Tone::Plain, can, contacts::DECLINE);
        if named(decline, &words::decline(&row.by, &row.author.name)).clicked() {
            let ask = PeopleCommand::DeclineIntroduction { from, contact };
            actions.push(Action::AskPeople(ask));
        }
    });
}

/// Draws the page that introduces somebody to somebody.
pub(super) fn introduce_ui(
    ui: &mut Ui,
    look: &Look,
    data: &IntroduceData,
    form: &mut Form,
    actions: &mut Actions,
) {
    weak(ui, look, &data.text);
    if data.others.is_empty() {
        callout_ui(ui, look, Tone::Plain, words::NOBODY);
        return;
    }
    for (contact, label, is_chosen) in &data.others {
        ui.push_id(contact, |ui| {
            if ui.radio(*is_chosen, label).clicked() {
                form.introduce_to = Some(*contact);
            }
        });
    }
    ui.add_space(look.sizes.gap_s);
    let typed = &mut form.introduce_text;
    field_ui(ui, look, words::TEXT, words::TEXT_HINT, typed);
    if let Some(over) = &data.over {
        callout_ui(ui, look, Tone::Warning, over);
    }
    ui.add_space(look.sizes.gap_s);
    let pressed = button(ui, look, Tone::Primary, data.to.is_some(), words::BUTTON).clicked();
    if let Some(to) = data.to.filter(|_| pressed) {
        actions.push(Action::AskPeople(PeopleCommand::Introduce {
            contact: data.contact,
            to,
            text: typed.trim().to_owned().into(),
        }));
    }
}
